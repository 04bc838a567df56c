"""The public Python interface: start a camera; what one can do with it then is a `Camera`'s."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tiscam_emu.camera.options import DEFAULT_MAX_PACKET_SIZE
from tiscam_emu.errors import CameraFailed, InvalidOption
from tiscam_emu.frame import Frame
from tiscam_emu.handle import Camera
from tiscam_emu.net.clock import Clock
from tiscam_emu.net.frame_fetch import fetched
from tiscam_emu.net.options import DEFAULT_RECORD_LIMIT, ServeOptions
from tiscam_emu.net.process import CameraProcess
from tiscam_emu.net.scene_parcel import packed
from tiscam_emu.net.watchers import Told, Watchers
from tiscam_emu.sensor.optics.illuminant import NEUTRAL_K
from tiscam_emu.spec.catalog import model_keys

_READY_TIMEOUT_S = 20.0


class _InProcess:
    def __init__(self, options: ServeOptions, clock: Clock | None) -> None:
        from tiscam_emu.net.runner import serve_in_thread  # noqa: PLC0415 - numpy and the renderer, only where needed

        self._ended = threading.Event()
        self.runner = serve_in_thread(options, clock, self._ended.set)
        self._watchers = Watchers(lambda watched: self.ask("watch", watched))
        self.runner.tell = self._watchers.tell

    def ask(self, name: str, *arguments: Any) -> Any:
        from tiscam_emu.net.requests import answer  # noqa: PLC0415 - as above

        self.check_running()
        return answer(self.runner, name, list(arguments))

    def look_at(self, scene: Any) -> None:
        self.ask("look_at", scene)

    def watch(self, function: Callable[[Told], None]) -> Callable[[], None]:
        return self._watchers.add(function)

    def last_frame(self, known: str, width: int) -> Frame | None:
        return fetched(self.ask, known, width)

    def check_running(self) -> None:
        if self._ended.is_set():
            raise CameraFailed(f"the camera at {self.runner.address} has ended")

    def stop(self) -> None:
        if not self._ended.is_set():
            self.runner.stop()
            self._ended.wait()


def serve(
    model: str | Path,
    *,
    address: str = "127.0.0.1",
    serial: str = "",
    user_name: str = "",
    scene: str | Path | Callable[..., Any] | Any = "chart",
    sensor: str = "",
    seed: int = 0,
    noise: str = "fast",
    light_k: float = NEUTRAL_K,
    state_dir: str | Path = "",
    max_packet_size: int = DEFAULT_MAX_PACKET_SIZE,
    plain_xml: bool = False,
    gso: str = "auto",
    full_speed: bool = False,
    stamp: bool = False,
    strict: bool = False,
    allow_redirect: bool = False,
    multi_part: bool = False,
    faults: str | Sequence[str] = (),
    play: str = "",
    record: str | Path = "",
    record_limit: int = DEFAULT_RECORD_LIMIT,
    interface: str = "",
    expose: bool = False,
    in_process: bool = False,
    clock: Clock | None = None,
) -> Camera:
    """Start a camera; it can be found when this returns.

    Parameters
    ----------
    model
        Name of a model, with or without DFK or DMK, in any case; or the path of a YAML file of your own
        (`docs/your-own-camera.md`), of a camera's own description, or of a folder that ``tiscam-emu clone`` saved
        (`docs/foreign-cameras.md`). A text is a path if it ends in .yaml, has a separator in it, or is there.
    address
        A loopback address; one camera each. With `interface` one of its addresses. A camera that kept a persistent
        address in `state_dir` starts there, and `Camera.address` tells it.
    serial
        Eight digits. By default the model's own, counted up with the address.
    scene
        See `Camera.scene`.
    sensor
        Size of the sensor, as ``"2448x2048"``, for a camera whose own description does not say it.
    seed
        Of all randomness: equal seeds give equal frames.
    noise
        ``fast`` or ``exact``: scaled pre-drawn normals, or every photon drawn.
    light_k
        Colour temperature of the light on the scene in kelvin, 1500 to 20000; at 6500 a grey is neutral.
    state_dir
        Folder for what the camera keeps across restarts; by default nothing is kept.
    max_packet_size
        Largest stream packet, bytes with all headers.
    plain_xml
        Serve the description uncompressed.
    gso
        Segmentation offload (Linux), which spares the computer work: ``on``, ``off`` or ``auto``. Packet sockets, of
        captures or of Aravis for root, would see packets uncut: ``auto`` uses it on loopback while there are none.
    full_speed
        Ignore the limits of the model's link and sensor, for load tests: `AcquisitionFrameRate` goes up to 10 kHz, and
        frames are as many as the computer can make.
    stamp
        Write frame id, timestamp and checksum into the first bytes of every frame, for `read_stamp`.
    strict
        Refuse writes that the real cameras acknowledge, and ignore or fit: for tests of drivers. Without it they are
        counted as mistakes in the status.
    allow_redirect
        Let clients send streams to other hosts than their own.
    multi_part
        Offer multi-part streams: with 64-bit ids, clients that switch them on get every frame in parts.
    faults
        What goes wrong from the start, as for `Camera.faults`; one text or several.
    play
        How a scene that is a recording is played: ``raw``, ``timed``, ``once``, or several with commas between them.
    record, record_limit
        Path of a .pcapng file for what the camera sends and hears, and the bytes that it may take together with the
        one before, ``FILE.1.pcapng``; 0: no limit. Needs the extra ``recordings``. See `docs/recordings.md`.
    interface, expose
        Network interface to show the camera on instead of loopback, at its first address or at `address`; only with
        ``expose=True``, because everybody on that network can use the camera then.
    in_process
        Run on threads of this process instead of in one of its own: slower, but `clock` may be an object and
        `scene` any function.
    clock
        A `ManualClock` to step the camera by hand; only with `in_process`.

    Returns
    -------
    Camera
        To be used in a ``with`` statement, or ended with `Camera.stop`.

    Raises
    ------
    UserError
        An option or a model's file is wrong, the address is taken, or the scene cannot be used.
    """
    if clock is not None and not in_process:
        raise InvalidOption("clock: a clock can only be handed over with in_process=True")
    options = ServeOptions(
        model=str(model.absolute()) if isinstance(model, Path) else model,
        address=address,
        serial=serial,
        user_name=user_name,
        scene=scene,
        sensor=sensor,
        seed=seed,
        noise=noise,
        light_k=light_k,
        state_dir=str(state_dir),
        max_packet_size=max_packet_size,
        plain_xml=plain_xml,
        gso=gso,
        full_speed=full_speed,
        stamp=stamp,
        strict=strict,
        allow_redirect=allow_redirect,
        multi_part=multi_part,
        faults=(faults,) if isinstance(faults, str) else tuple(faults),
        play=play,
        record=str(record),
        record_limit=record_limit,
        interface=interface,
        expose=expose,
    ).checked()
    if in_process:
        backend = _InProcess(options, clock)
        camera = backend.runner.camera
        return Camera(backend, camera.model.identity.name, camera.state.serial, backend.runner.address, scene)
    with packed(scene) as parcel:
        process = CameraProcess(replace(options, scene=parcel))
        process.wait_ready(_READY_TIMEOUT_S)
    return Camera(process, process.model, process.serial, process.address, scene)


def list_models() -> list[str]:
    """Names of the models that `serve` knows."""
    return model_keys()
