"""One camera on the network: its sockets, and the loop that joins control, camera and stream."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from tiscam_emu import native
from tiscam_emu.camera.behaviour import earliest
from tiscam_emu.camera.control import control_channel, ptp
from tiscam_emu.camera.core import Camera, frame_request
from tiscam_emu.camera.lens.autofocus import FocusLook
from tiscam_emu.errors import UserError
from tiscam_emu.gvcp.effects import Effect, ResendRequested, SendDatagram, SendMessage
from tiscam_emu.gvcp.engine import ControlEngine
from tiscam_emu.gvcp.messages import MessageChannel
from tiscam_emu.gvcp.mistakes import Kind
from tiscam_emu.gvsp.destination import Destination
from tiscam_emu.gvsp.resend import ResendRequest
from tiscam_emu.net.cable import Cable, Meddle, Target
from tiscam_emu.net.cameras import Reading, open_camera, set_features
from tiscam_emu.net.clock import Clock, SystemClock
from tiscam_emu.net.fair_queue import FairQueue
from tiscam_emu.net.fault_plan import FaultPlan
from tiscam_emu.net.frame_work import Measurement
from tiscam_emu.net.happenings import BENCH, Happenings, hear_edges
from tiscam_emu.net.listener import Listener
from tiscam_emu.net.master_seat import POLL_NS, MasterSeat
from tiscam_emu.net.offload import Gso
from tiscam_emu.net.options import ServeOptions
from tiscam_emu.net.persistence import KeptValues
from tiscam_emu.net.pipeline import FramePipeline
from tiscam_emu.net.ports import DATAGRAM_BYTES, Ports, Wire
from tiscam_emu.net.scene_parcel import scene_label
from tiscam_emu.net.scene_switch import SceneSwitch
from tiscam_emu.net.sockets import send_quietly
from tiscam_emu.net.status import CameraStatus, ClientMistake
from tiscam_emu.net.timeline import Timeline
from tiscam_emu.net.watchers import Told
from tiscam_emu.recordings import play
from tiscam_emu.sensor.render import Renderer
from tiscam_emu.sensor.scenes.scene import SceneSpec
from tiscam_emu.sensor.sharpness import sharpness_in_steps
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire.endpoint import Endpoint

_SERVED_PER_TURN = 16
log = logging.getLogger("tiscam_emu")
_Result = TypeVar("_Result")


class CameraRunner:
    """State: a camera with its sockets and threads.

    `open` takes the address, `run` serves until `stop` is called from any thread, `close` gives everything back.

    Raises
    ------
    UserError
        From the constructor, for a wrong model or scene, before any socket is opened.

    Attributes
    ----------
    timeline
        What `follow` was given.
    announce
        Called from the loop with what whoever started the camera has to know: an event's name and plain data.
    """

    def __init__(self, options: ServeOptions, clock: Clock | None = None, reading: Reading | None = None) -> None:
        self.options = options
        self.clock = clock or SystemClock()
        self.camera, self.notes = open_camera(options, reading)
        self.engine = ControlEngine(self.camera)
        self.messages = MessageChannel()
        self._scenes = SceneSwitch(self._renderer_of(options.scene))
        self._kept: KeptValues | None = None
        if options.state_dir:
            self._kept = KeptValues(Path(options.state_dir), self.camera.state, log.warning, self.camera.registers)
            self._kept.restore()
        self.faults = FaultPlan()
        self.scene = scene_label(options.scene)
        self.tell: Callable[[Told], None] = lambda _told: None
        self.happenings: Happenings | None = None
        self._edges_are_heard = False
        self._measurements: deque[Measurement] = deque()
        self._refused_resends = 0
        self._asked_again: list[ResendRequested] = []
        self._heard: FairQueue[Wire, bytes] = FairQueue()
        self._looks: deque[tuple[int, float]] = deque()
        self._resources = contextlib.ExitStack()
        self._elected = clock is None
        self._stopping = False
        self._rest_due_ns: Nanoseconds | None = 0
        self._streaming = False
        self._prepared_for: Destination | None = None
        self.timeline: Timeline | None = None
        self.announce: Callable[[str, dict[str, Any]], None] = lambda _event, _data: None
        self._lock = threading.RLock()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.settimeout(0)
        self._wake_out.settimeout(0)
        self.clock.on_jump(self._wake)

    @property
    def address(self) -> str:
        """The camera's IPv4 address; a start may change it, see `open`."""
        return self.options.address

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping

    def open(self) -> None:
        """Bind the sockets and start the stream's threads; from then on the camera can be found.

        A camera that is to use its persistent address starts there if it can, else at the one of the options.

        Raises
        ------
        AddressInUse, UserError
            If the address is taken or does not belong to this computer.
        """
        try:
            self._open()
        except UserError:
            self.close()
            raise

    def _open(self) -> None:
        self._ports = Ports(self.options, control_channel.persistent_address(self.camera.state))
        self._resources.enter_context(contextlib.closing(self._ports))
        if self._ports.options is not self.options:
            self._move(self._ports.options)
        self._seat = self._resources.enter_context(contextlib.closing(self._master_seat()))
        control_channel.configure_ip(self.camera.state)
        self.camera.power_up(self.clock.now())
        self.camera.state.put("GevSCSP", self._ports.stream.port)
        if "GevMCSP" in self.camera.state:
            self.camera.state.put("GevMCSP", self._ports.message.getsockname()[1])
        set_features(self.camera, self.options.features, self.clock.now())
        seed = f"{self.options.seed} {self.address}"
        self._cable: Cable[Wire] = Cable(self._ports.stream, self.clock, self._wake, seed)
        self.pipeline = FramePipeline(
            self._scenes,
            self._cable.stream,
            self.clock,
            on_error=_report,
            on_measured=self._take_measurement,
            gso=Gso(self.options.gso),
        )
        self.pipeline.stamping = self.options.stamp
        self.use_faults(FaultPlan.parse(self.options.faults))
        self.pipeline.start()
        self._resources.callback(self.pipeline.stop)
        self.pipeline.prepare(frame_request(self.camera.state, 0, self.clock.now()))

    def _move(self, moved: ServeOptions) -> None:
        """Be at another address; who the camera is, by serial number and MAC address, stays."""
        state, there = self.camera.state, moved.camera_options(self.camera.model.identity.serial)
        state.options = replace(state.options, address=there.address, netmask=there.netmask, gateway=there.gateway)
        self.options = moved

    def run(self) -> None:
        """Serve until `stop`."""
        with contextlib.closing(Listener((*self._ports.all, self._wake_in))) as listener:
            while not self._stopping:
                with self._lock:
                    patience_s = self._patience_s()
                ready = listener.wait(patience_s)
                with self._lock:
                    self._take_turn(ready)
        if self._kept is not None:
            self._kept.save_before_end(self.clock.now())
        if self._ports.recorder is not None:
            self._ports.recorder.close()

    def _take_turn(self, ready: Sequence[socket.socket]) -> None:
        """Serve what has come, and do what is due: mostly an exposure opens, and nothing else has to be looked at.

        Whatever else can become due tells when, in `_rest_due_ns`, or wakes the loop through its socket.
        """
        for sock in ready:
            if sock is self._wake_in:
                self._wake_in.recv(DATAGRAM_BYTES)
            else:
                for wire, data in self._ports.received(sock):
                    self._heard.put(wire, data)
        now = self.clock.now()
        self.pipeline.skip(self.camera.schedule.leave_out(now))
        rest_is_due = self._rest_due_ns is not None and self._rest_due_ns <= now
        if ready or self._heard or rest_is_due or not self._cable.whole:
            if self.timeline is not None:
                self._follow(self.timeline, now)
            self._pass_measurements_on(now)
            self._serve()
            self._let_time_pass(self.clock.now())
            rest = (self.engine, self._cable, self._seat, self._kept, self.timeline)
            self._rest_due_ns = earliest(part.next_wakeup() for part in rest if part is not None)
        else:
            self._let_camera_act(now)
        if self.happenings is not None:
            self.happenings.look(now)

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
            state, counters, recorder = self.camera.state, self.pipeline.counters(), self._ports.recorder
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
                mistakes=tuple(
                    ClientMistake(mistake.kind, str(mistake.peer), mistake.count, mistake.first)
                    for mistake in self.engine.mistakes
                ),
                refused_resends=counters.refused_resends,
                lost_datagrams=self._heard.dropped,
                plugged=self._cable.plugged,
                engine=native.ENGINE,
                faults=self._cable.counters(),
                recording=asdict(recorder.counters()) if recorder else {},
            )

    def use_faults(self, plan: FaultPlan) -> None:
        """Let these faults take the place of the former ones; may be called from any thread."""
        with self._lock:
            self.faults = plan
            self._cable.use(plan)
            self.pipeline.look_again()
            self.camera.state.health.suffer(plan.device)

    def interpose(
        self, arriving: Meddle[Wire] | None, leaving: Meddle[Wire] | None, stream: Meddle[Target] | None
    ) -> None:
        """Let somebody see all datagrams, and meddle with them, see `Cable.interpose`; from any thread."""
        with self._lock:
            self._cable.interpose(arriving, leaving, stream)
            self.pipeline.look_again()

    @property
    def plugged(self) -> bool:
        """Whether the network plug is in."""
        return self._cable.plugged

    def watch(self, *, watched: bool) -> None:
        """Hand what happens from now on to `tell`, or nothing any more; may be called from any thread."""
        with self._lock:
            if watched and not self._edges_are_heard:
                hear_edges(self)
                self._edges_are_heard = True
            self.happenings = Happenings(self, self.tell, self.clock.now()) if watched else None
        self._wake()

    def plug(self, *, plugged: bool) -> None:
        """Pull the network plug, or put it in again; may be called from any thread."""
        with self._lock:
            self._cable.plug(plugged=plugged)
            self.pipeline.look_again()

    def note_writer(self, by: str | Endpoint, now: Nanoseconds) -> None:
        """Remember who has set features, for who watches; to be called between two turns of the loop, or in one."""
        if self.happenings is not None:
            self.happenings.wrote(str(by), now)

    def call(self, function: Callable[[Camera, Nanoseconds], _Result], *, writes: bool = False) -> _Result:
        """Have `function` act on the camera between two turns of the loop; may be called from any thread.

        Parameters
        ----------
        writes
            Whether it sets features, for who holds the camera.
        """
        with self._lock:
            now = self.clock.now()
            result = function(self.camera, now)
            if writes:
                self.note_writer(BENCH, now)
        self._wake()
        return result

    def look_at(self, scene: SceneSpec) -> None:
        """Change the scene for all exposures that open from now on; may be called from any thread but the loop's.

        The scene is prepared on the caller's thread, while frames still show the old one.

        Raises
        ------
        SceneError
            It cannot be used; the old one stays.
        """
        self.show(scene, self.prepared(scene))

    def prepared(self, scene: SceneSpec) -> Renderer:
        """A renderer for `show`; on the caller's thread, and raises as `look_at`."""
        renderer = self._renderer_of(scene)
        self.prepare(renderer)
        return renderer

    def prepare(self, renderer: Renderer) -> None:
        """Have a renderer compute ahead what all frames of the present settings share; on the caller's thread."""
        for _ in renderer.prepare(self.call(lambda camera, now: frame_request(camera.state, 0, now))):
            pass

    def show(self, scene: SceneSpec, renderer: Renderer) -> None:
        """Let all exposures that open from now on see what `prepared` gave; may be called from any thread."""
        self.call(lambda camera, _now: self._scenes.look_at(renderer, camera.schedule.frames_taken))
        self.scene = scene_label(scene)

    def follow(self, timeline: Timeline) -> None:
        """Have the steps of a timeline done from now on; may be called from any thread."""
        with self._lock:
            self.timeline = timeline
        self._wake()

    def _follow(self, timeline: Timeline, now: Nanoseconds) -> None:
        timeline.advance(now)
        for event in timeline.take_events():
            log.info("%s", event.sentence())
            self.announce("step", event._asdict())

    def _note_first_frame(self, timeline: Timeline, at_ns: Nanoseconds) -> None:
        timeline.frame_taken(at_ns)
        self._rest_due_ns = 0
        self.announce("first_frame", {"at_ns": at_ns})

    def _renderer_of(self, scene: SceneSpec) -> Renderer:
        sensor, options = self.camera.model.sensor, self.options
        loaded, playback = play.load_any(scene, play.Play.parse(options.play), _report_scene)
        made: Callable[..., Renderer] = Renderer
        if playback is not None:
            self.notes += playback.source.notes
            made = partial(play.RawRenderer, playback) if playback.play.raw else Renderer
        return made(
            sensor,
            loaded,
            options.seed,
            options.noise,
            serial=self.camera.state.serial,
            light_k=options.light_k,
        )

    def _master_seat(self) -> MasterSeat:
        """The first address comes first. On a clock that tests move there is no seat, for their results repeat."""
        if not self._elected:
            return MasterSeat(exists=False)
        return MasterSeat(0 if ptp.has_first_address(self.camera.state) else POLL_NS)

    def _patience_s(self) -> float | None:
        if self._heard:
            return 0.0
        watched = self.happenings.next_wakeup() if self.happenings is not None else None
        return self.clock.timeout_s(
            earliest((self.camera.next_wakeup(), self.messages.next_wakeup(), self._rest_due_ns, watched))
        )

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            self._wake_out.send(b"\0")

    def _take_measurement(self, measurement: Measurement) -> None:
        self._measurements.append(measurement)
        self._wake()

    def _pass_measurements_on(self, now: Nanoseconds) -> None:
        for _ in range(len(self._measurements)):  # not those that come meanwhile: there may be no end to them
            taken = self._measurements.popleft()
            self.camera.frame_measured(taken.request, taken.statistics, taken.roi, now)
        while self._looks:
            self.camera.focus_looked(*self._looks.popleft(), now)

    def _look(self, look: FocusLook) -> Iterator[None]:
        """Measure what autofocus waits for; on the stream's thread."""
        seen = 0.0  # a scene that cannot be rendered has no contrast
        try:
            seen = yield from sharpness_in_steps(self._scenes.aside(), look.requests)
        finally:
            self._looks.append((look.number, seen))
            self._wake()

    def _serve(self) -> None:
        for _ in range(_SERVED_PER_TURN):
            if not self._heard:
                return
            wire, data = self._heard.take()
            now = self.clock.now()
            if self._cable.whole:
                self._hear(wire, data, now)
                continue
            for arrived in self._cable.arriving(data, wire, now):
                self._hear(arrived.to, bytes(arrived.data), now)

    def _hear(self, wire: Wire, data: bytes, now: Nanoseconds) -> None:
        sock, peer = wire
        if sock is self._ports.message:
            self._send_messages(self.messages.receive(data, peer, now), now)
            return
        self._carry_out(self.engine.receive(data, peer, now), now)
        if self.engine.take_change():
            self.note_writer(peer, now)
            self._let_camera_act(now)

    def _say(self, sock: socket.socket, data: bytes, peer: Endpoint, now: Nanoseconds) -> None:
        if self._cable.whole:
            send_quietly(sock, data, peer.host, peer.port)
            return
        for left in self._cable.leaving(data, (sock, peer), now):
            send_quietly(left.to[0], left.data, left.to[1].host, left.to[1].port)

    def _pass_late_datagrams_on(self, now: Nanoseconds) -> None:
        arrived, left = self._cable.advance(now)
        for datagram in left:
            send_quietly(datagram.to[0], datagram.data, datagram.to[1].host, datagram.to[1].port)
        for datagram in arrived:
            self._hear(datagram.to, bytes(datagram.data), now)

    def _let_time_pass(self, now: Nanoseconds) -> None:
        self.camera.elect_master(self._seat.advance(self.camera.ptp_from_ns, now))
        self._pass_late_datagrams_on(now)
        if self._asked_again:
            self._pass_resends_on(self._asked_again)
            self._asked_again.clear()
        for sentence in self.engine.mistakes.take_sentences():
            log.warning("%s", sentence)
        self._carry_out(self.engine.advance(now), now)
        self._let_camera_act(now)
        if self._kept is not None:
            self._kept.save_changes(now)

    def _pass_resends_on(self, requests: list[ResendRequested]) -> None:
        camera, marked = self.camera, self.camera.extended_status_1_1
        self.pipeline.resend(
            [
                ResendRequest(asked.block_id, asked.first, asked.last, marked, camera.resend_destination(asked.peer))
                for asked in requests
                if not asked.channel  # there is one stream channel, and its number is 0
            ]
        )
        refused = self.pipeline.counters().refused_resends
        if refused != self._refused_resends:
            self._refused_resends = refused
            asked = "more packets asked for again than can have been lost"
            self.engine.mistakes.note(Kind.RESEND_STORM, requests[-1].peer, asked)

    def _let_camera_act(self, now: Nanoseconds) -> None:
        self._send_messages(self.messages.advance(now), now)
        camera = self.camera
        stream = camera.stream
        for exposure in camera.advance(now):
            taken = self.pipeline.submit(exposure, stream, camera.measured_region())
            if taken and self.timeline is not None and self.timeline.awaits_frame:
                self._note_first_frame(self.timeline, exposure.start_ns)
        if (look := camera.take_focus_look()) is not None:
            self.pipeline.between_frames(self._look(look))
        self._post_messages(now)
        if self._streaming and not stream.port:
            self.pipeline.discard()
        self._streaming = bool(stream.port)
        if self._streaming and not camera.state.acquiring and stream is not self._prepared_for:
            self._prepare_ahead(stream, now)
        if camera.take_test_packet_request():
            self.pipeline.send_test_packet(stream)
        if camera.take_reset_request():
            self.engine.reset(now)
            self.pipeline.discard()
            self._post_messages(now)

    def _prepare_ahead(self, stream: Destination, now: Nanoseconds) -> None:
        """The client is about to start: compute what its frames share. Functions and files are asked later."""
        self._prepared_for = stream  # another one after every change of a setting
        if self._scenes.quick:
            self.pipeline.prepare(frame_request(self.camera.state, self.camera.schedule.frames_taken, now))

    def _post_messages(self, now: Nanoseconds) -> None:
        self.messages.configure(self.camera.message_settings)
        for message in self.camera.take_messages():
            self._send_messages(self.messages.post(message, now), now)

    def _send_messages(self, effects: Iterable[SendMessage], now: Nanoseconds) -> None:
        for effect in effects:
            self._say(self._ports.message, effect.data, effect.peer, now)

    def _carry_out(self, effects: Iterable[Effect], now: Nanoseconds) -> None:
        for effect in effects:
            if isinstance(effect, SendDatagram):
                self._say(self._ports.control, effect.data, effect.peer, now)
            else:
                self._asked_again.append(effect)


def _report(error: Exception) -> None:
    log.error("a frame could not be made or sent: %s: %s", type(error).__name__, error)


def _report_scene(error: Exception) -> None:
    log.error("%s; the last good image is shown instead", error)


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
