"""One camera on the network: its sockets, and the loop that joins control, camera and stream."""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from tiscam_emu.camera.behaviour import earliest
from tiscam_emu.camera.core import Camera, frame_request, load
from tiscam_emu.errors import UserError
from tiscam_emu.gvcp.effects import Effect, SendDatagram, SendMessage
from tiscam_emu.gvcp.engine import ControlEngine
from tiscam_emu.gvcp.messages import MessageChannel
from tiscam_emu.net.clock import Clock, SystemClock
from tiscam_emu.net.options import ServeOptions
from tiscam_emu.net.persistence import KeptValues
from tiscam_emu.net.pipeline import FramePipeline, Measurement
from tiscam_emu.net.sockets import (
    StreamSocket,
    open_broadcast_socket,
    open_control_socket,
    open_message_socket,
    send_quietly,
)
from tiscam_emu.net.status import CameraStatus
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.scene import load_scene
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire.endpoint import Endpoint

_DATAGRAM_BYTES = 2048
_DATAGRAMS_PER_TURN = 64

log = logging.getLogger("tiscam_emu")
_Result = TypeVar("_Result")


class CameraRunner:
    """State: a camera with its sockets and threads.

    `open` takes the address, `run` serves until `stop` is called from any thread, `close` gives everything back.

    Raises
    ------
    UserError
        From the constructor, for a wrong model or scene, before any socket is opened.
    """

    def __init__(self, options: ServeOptions, clock: Clock | None = None) -> None:
        model = load(options.model)
        self.options = options
        self.clock = clock or SystemClock()
        self.camera = Camera(model, options.camera_options(model.identity.serial))
        self.engine = ControlEngine(self.camera)
        self.messages = MessageChannel()
        scene = load_scene(options.scene)
        self._renderer = Renderer(
            model.sensor,
            scene,
            seed=options.seed,
            noise=options.noise,  # type: ignore[arg-type]
            serial=self.camera.state.serial,
            light_k=options.light_k,
        )
        self._kept: KeptValues | None = None
        if options.state_dir:
            self._kept = KeptValues(Path(options.state_dir), self.camera.state, log.warning)
            self._kept.restore()
        self._measurements: deque[Measurement] = deque()
        self._stopping = False
        self._streaming = False
        self._lock = threading.Lock()
        self._resources = contextlib.ExitStack()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.settimeout(0)
        self._wake_out.settimeout(0)
        self.clock.on_jump(self._wake)

    @property
    def address(self) -> str:
        """The camera's IPv4 address."""
        return self.options.address

    def open(self) -> None:
        """Bind the sockets and start the stream's threads; from then on the camera can be found.

        Raises
        ------
        AddressInUse, UserError
            If the address is taken or does not belong to this computer.
        """
        try:
            self._control = self._kept_open(open_control_socket(self.address))
            broadcast = open_broadcast_socket()
            self._sockets = [self._control]
            if broadcast is not None:
                self._sockets.append(self._kept_open(broadcast))
            self._message_socket = self._kept_open(open_message_socket(self.address))
            self._stream_socket = self._resources.enter_context(contextlib.closing(StreamSocket(self.address)))
        except UserError:
            self.close()
            raise
        self.camera.power_up(self.clock.now())
        self.camera.state.put("GevSCSP", self._stream_socket.port)
        if "GevMCSP" in self.camera.state:
            self.camera.state.put("GevMCSP", self._message_socket.getsockname()[1])
        self.pipeline = FramePipeline(
            self._renderer, self._stream_socket, self.clock, on_error=_report, on_measured=self._take_measurement
        )
        self.pipeline.start()
        self._resources.callback(self.pipeline.stop)

    def _kept_open(self, sock: socket.socket) -> socket.socket:
        return self._resources.enter_context(contextlib.closing(sock))

    def run(self) -> None:
        """Serve until `stop`."""
        self.pipeline.prepare(frame_request(self.camera.state, 0, self.clock.now()))
        with selectors.DefaultSelector() as selector:
            for sock in (*self._sockets, self._message_socket, self._wake_in):
                selector.register(sock, selectors.EVENT_READ)
            while not self._stopping:
                ready = selector.select(self._patience_s())
                with self._lock:
                    self._pass_measurements_on()
                    for key, _ in ready:
                        if key.fileobj is self._wake_in:
                            self._wake_in.recv(_DATAGRAM_BYTES)
                        else:
                            self._serve(key.fileobj)  # type: ignore[arg-type]
                    self._let_time_pass(self.clock.now())

    def stop(self) -> None:
        """End `run`; may be called from any thread."""
        self._stopping = True
        self._wake()

    def close(self) -> None:
        """Close the sockets and end the threads."""
        self._resources.close()
        self._wake_in.close()
        self._wake_out.close()

    def status(self) -> CameraStatus:
        """A snapshot of what runs; may be called from any thread."""
        with self._lock:
            state, counters = self.camera.state, self.pipeline.counters()
            return CameraStatus(
                controller=str(self.engine.controller or ""),
                acquiring=state.acquiring,
                pixel_format=state.entry("PixelFormat"),
                width=state["Width"],
                height=state["Height"],
                time_ns=self.clock.now(),
                frames=counters.frames,
                payload_bytes=counters.payload_bytes,
                packets=counters.packets,
                resent_packets=counters.resent_packets,
                skipped_frames=counters.skipped_frames,
                triggers_missed=state.triggers.missed,
                control=asdict(self.engine.counters),
                messages=asdict(self.messages.counters),
                status_led=self.camera.status_led(self.clock.now()),
            )

    def call(self, function: Callable[[Camera, Nanoseconds], _Result]) -> _Result:
        """Have `function` act on the camera between two turns of the loop; may be called from any thread."""
        with self._lock:
            result = function(self.camera, self.clock.now())
        self._wake()
        return result

    def _patience_s(self) -> float | None:
        parts = (self.engine, self.camera, self.messages)
        return self.clock.timeout_s(earliest(part.next_wakeup() for part in parts))

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            self._wake_out.send(b"\0")

    def _take_measurement(self, measurement: Measurement) -> None:
        self._measurements.append(measurement)
        self._wake()

    def _pass_measurements_on(self) -> None:
        while self._measurements:
            taken = self._measurements.popleft()
            self.camera.frame_measured(taken.request, taken.statistics, taken.roi, self.clock.now())

    def _serve(self, sock: socket.socket) -> None:
        for _ in range(_DATAGRAMS_PER_TURN):
            try:
                data, (host, port) = sock.recvfrom(_DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError as error:  # an ICMP answer to an earlier datagram
                log.debug("receiving: %s", error)
                continue
            now = self.clock.now()
            peer = Endpoint(host, port)
            if sock is self._message_socket:
                self._send_messages(self.messages.receive(data, peer, now))
            else:
                self._carry_out(self.engine.receive(data, peer, now))
            self._let_camera_act(now)

    def _let_time_pass(self, now: Nanoseconds) -> None:
        self._carry_out(self.engine.advance(now))
        self._send_messages(self.messages.advance(now))
        self._let_camera_act(now)
        if self._kept is not None:
            self._kept.save_changes()

    def _let_camera_act(self, now: Nanoseconds) -> None:
        camera = self.camera
        stream = camera.stream
        for exposure in camera.advance(now):
            self.pipeline.submit(exposure, stream, camera.measured_region())
        self._post_messages(now)
        if self._streaming and not stream.port:
            self.pipeline.discard()
        self._streaming = bool(stream.port)
        if camera.take_test_packet_request():
            self.pipeline.send_test_packet(stream)
        if camera.take_reset_request():
            self.engine.reset(now)
            self.pipeline.discard()
            self._post_messages(now)

    def _post_messages(self, now: Nanoseconds) -> None:
        self.messages.configure(self.camera.message_settings)
        for message in self.camera.take_messages():
            self._send_messages(self.messages.post(message, now))

    def _send_messages(self, effects: Iterable[SendMessage]) -> None:
        for effect in effects:
            send_quietly(self._message_socket, effect.data, effect.peer.host, effect.peer.port)

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, SendDatagram):
                send_quietly(self._control, effect.data, effect.peer.host, effect.peer.port)
            else:
                self.pipeline.resend(effect.block_id, effect.first, effect.last)


def _report(error: Exception) -> None:
    log.error("a frame could not be made or sent: %s: %s", type(error).__name__, error)


def serve_in_thread(options: ServeOptions, clock: Clock | None, on_end: Callable[[], None]) -> CameraRunner:
    """Start a camera on a thread of this process.

    Returns
    -------
    CameraRunner
        Serving; `stop` ends the thread, which then closes the camera and calls `on_end`.
    """
    runner = CameraRunner(options, clock)
    runner.open()

    def run() -> None:
        try:
            runner.run()
        finally:
            runner.close()
            on_end()

    threading.Thread(target=run, name=f"tiscam-emu {runner.address}", daemon=True).start()
    return runner
