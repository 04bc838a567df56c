"""The cameras of a bench, held from afar: the same objects as `serve` gives."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tiscam_emu.errors import InvalidOption, SceneError, UnknownCamera
from tiscam_emu.frame import FRAME_NUMBERS, Frame
from tiscam_emu.handle import Camera
from tiscam_emu.net.watchers import Told
from tiscam_emu.remote.server import Server
from tiscam_emu.remote.watching import watch


class RemoteBench(Mapping[str, Camera]):
    """The cameras of a bench by name; the names are asked for whenever they are needed."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def __getitem__(self, name: str) -> Camera:
        """A camera by its name; raises `UnknownCamera`."""
        return _RemoteCamera(self.server, self.server.call("GET", f"/cameras/{_quoted(name)}"))

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def __iter__(self) -> Iterator[str]:
        return iter([str(told["name"]) for told in self.server.call("GET", "/cameras")])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def start(self, model: str, **options: Any) -> Camera:
        """Start a camera of a packaged model.

        Parameters
        ----------
        options
            ``name`` on the bench, and those of `serve` that name no file: see `docs/http.md`.

        Raises
        ------
        UserError
            What is wrong with them; nothing has been started then.
        """
        told = self.server.call("POST", "/cameras", json.dumps({"model": model, **options}).encode())
        return self[told["name"]]

    def power_cycle(self, name: str) -> Camera:
        """Switch a camera off and on; scene, faults and plug stay as they are."""
        self.server.call("POST", f"/cameras/{_quoted(name)}/power-cycle")
        return self[name]


class _RemoteCamera(Camera):
    def __init__(self, server: Server, told: Mapping[str, Any]) -> None:
        self._remote = _Backend(server, told["name"])
        super().__init__(self._remote, told["model"], told["serial"], told["address"], told["scene"])

    @property
    def scene(self) -> Any:
        """What the camera looks at, in a word; set it to a name, an array, or the path of a PNG, JPEG or NumPy file."""
        return self.looks_at()

    @scene.setter
    def scene(self, scene: Any) -> None:
        self._remote.look_at(scene)


class _Backend:
    """A camera of another process, asked over HTTP."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self._name = name
        self._path = f"/cameras/{_quoted(name)}"

    def call(self, method: str, path: str, body: bytes | None = None) -> Any:
        return self._server.call(method, self._path + path, body)

    def ask(self, name: str, *arguments: Any) -> Any:
        return _ASKED[name](self, *arguments)

    def look_at(self, scene: Any) -> None:
        self.call("PUT", "/scene", _scene_bytes(scene))

    def check_running(self) -> None:
        self.call("GET", "")

    def watch(self, function: Callable[[Told], None]) -> Callable[[], None]:
        return watch(self._server, self._name, function)

    def last_frame(self, known: str, width: int) -> Frame | None:
        del width  # all of it comes, for whatever is made of it
        data, headers = self._server.fetch("GET", f"{self._path}/frame.raw?known={_quoted(known)}")
        if headers.get("x-frame-key", known) == known:
            return None
        return Frame(
            pixel_format=headers["x-pixel-format"],
            data=data,
            key=headers["x-frame-key"],
            **{name: int(headers[f"x-{name.replace('_', '-')}"]) for name in FRAME_NUMBERS},
        )

    def stop(self) -> None:
        try:
            self.call("DELETE", "")
        except UnknownCamera:
            return  # it has ended before


def _get(path: str, then: Callable[[Any], Any] = lambda answer: answer) -> Callable[..., Any]:
    return lambda backend: then(backend.call("GET", path))


def _put(path: str) -> Callable[..., Any]:
    return lambda backend, value: backend.call("PUT", path, json.dumps(value).encode())


def _post(path: str) -> Callable[..., Any]:
    return lambda backend: backend.call("POST", path)


def _feature(end: str = "") -> Callable[..., Any]:
    return lambda backend, name: backend.call("GET", f"/features/{_quoted(name)}{end}")


def _set(backend: _Backend, name: str, value: Any) -> Any:
    if not isinstance(value, str | int | float):
        raise InvalidOption(f"{name}: {value!r} is neither a number, a text, true nor false")
    return backend.call("PUT", f"/features/{_quoted(name)}", json.dumps(value).encode())


_ASKED: Mapping[str, Callable[..., Any]] = {
    "status": _get("", lambda told: told["status"]),
    "overview": _get("", lambda told: {key: told[key] for key in ("scene", "stamp", "line1", "faults", "status")}),
    "status_led": _get("", lambda told: told["status"]["status_led"]),
    "drive_line1": _put("/line1"),
    "pulse_line1": lambda backend, train: backend.call("POST", "/line1/pulses", json.dumps(train).encode()),
    "line1": _get("/line1"),
    "output_edges": _get("/strobe", lambda edges: [(edge["at_ns"], edge["high"]) for edge in edges]),
    "scene": _get("/scene", lambda told: told["scene"]),
    "stamp": _get("/stamp"),
    "set_stamp": _put("/stamp"),
    "faults": _put("/faults"),
    "fault_texts": _get("/faults"),
    "plug": _post("/plug"),
    "unplug": _post("/unplug"),
    "features": _get("/features", lambda told: [feature["name"] for feature in told]),
    "feature": _feature(),
    "every_feature": _get("/features"),
    "value": _feature("/value"),
    "set": _set,
    "timeline": _get("/timeline"),
}
"""`net.requests` by their routes."""


def _scene_bytes(scene: Any) -> bytes:
    if isinstance(scene, str) and not Path(scene).suffix:
        return json.dumps(scene).encode()
    if isinstance(scene, str | Path):
        try:
            return Path(scene).read_bytes()
        except OSError as error:
            raise SceneError(f"scene {scene}: {error.strerror}") from None
    if callable(scene):
        raise SceneError("a function cannot be sent to a bench; give an image, or start the camera with `serve`")
    import numpy as np  # noqa: PLC0415 - slow to load, and only needed here

    out = io.BytesIO()
    try:
        np.save(out, scene, allow_pickle=False)
    except ValueError:
        raise SceneError(f"scene {scene!r}: must be a name, a path or an array") from None
    return out.getvalue()


def _quoted(name: str) -> str:
    return quote(name, safe="")
