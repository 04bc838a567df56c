"""One camera without its network: registers in front, exposures behind, driven by `now`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import cache
from os import PathLike
from typing import Any

from tiscam_emu.camera.behaviour import Behaviour, earliest
from tiscam_emu.camera.by_name import Features
from tiscam_emu.camera.control import control_channel, device, ptp, user_sets
from tiscam_emu.camera.control.clock import CameraClock
from tiscam_emu.camera.control.status_led import StatusLed
from tiscam_emu.camera.faces import Face, OwnFace
from tiscam_emu.camera.imaging import color, image_format, lut, white_balance
from tiscam_emu.camera.imaging.automatics import Automatics
from tiscam_emu.camera.imaging.schedule import AcquisitionSchedule, Exposure
from tiscam_emu.camera.lens import lens_motors
from tiscam_emu.camera.lens.autofocus import AutoFocus, FocusLook
from tiscam_emu.camera.messages import message_channel
from tiscam_emu.camera.messages.events import EventMessages
from tiscam_emu.camera.notices import FrameMeasured, SettingsReplaced
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.registry import ROOMS
from tiscam_emu.camera.state import CameraState
from tiscam_emu.camera.stream import multi_part, transport
from tiscam_emu.camera.stream.transport import StreamSettings
from tiscam_emu.camera.trigger_io import actions
from tiscam_emu.camera.trigger_io.actions import ActionScheduler
from tiscam_emu.camera.trigger_io.digital_io import LineInput, OutputEdge, OutputRecord
from tiscam_emu.camera.trigger_io.strobe import Strobe
from tiscam_emu.camera.trigger_io.trigger_input import TriggerInput
from tiscam_emu.errors import Busy, InvalidAddress, RegisterError, Status
from tiscam_emu.features.derived import derived
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.sensor.statistics import FrameStatistics, Roi
from tiscam_emu.spec.catalog import find_model, is_file
from tiscam_emu.spec.load import load_model
from tiscam_emu.spec.model import CameraModel
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire.bootstrap import local_url
from tiscam_emu.wire.endpoint import Endpoint, ipv4_to_int
from tiscam_emu.wire.messages import EventMessage, MessageSettings

_DISCOVERY_BYTES = 0xF8
"""The registers of DISCOVERY, from address 0 on."""
_SET_AT_START = ("GevFirstURL", "GevSecondURL", "GevSCSP", "GevMCSP")


def load(name: str | PathLike[str]) -> CameraModel:
    """The model called `name`, or that of a YAML file, with every feature the camera knows.

    Raises
    ------
    UnknownModel, SpecError
        If there is no such model, or its YAML is wrong.
    """
    model = find_model(name)
    return load_model(model, ROOMS) if is_file(model) else _packaged(model)


@cache
def _packaged(key: str) -> CameraModel:
    return load_model(key, ROOMS)


class Camera:
    """A camera that answers register accesses and says when exposures open.

    Every call takes the device time `now` in nanoseconds, which never goes back. Nothing here sleeps or sends.
    What a signal on TRIGGER_IN does is told to `line1`; `next_wakeup` may be earlier after that.
    """

    def __init__(
        self, model: CameraModel, options: CameraOptions | None = None, face: Callable[[Camera], Face] | None = None
    ) -> None:
        options = options or CameraOptions()
        self.model = model = multi_part.with_multi_part(model) if options.multi_part else model
        self.state = CameraState(model, options)
        self.schedule = AcquisitionSchedule(self.state, frame_request)
        self.line1 = LineInput(self.state)
        self._output = OutputRecord(self.state)
        self.behaviours: tuple[Behaviour, ...] = (
            self.line1,
            TriggerInput(self.state),
            Strobe(self.state),
            ActionScheduler(self.state),
            lens_motors.LensMotors(self.state),
        )
        self.automatics = Automatics(self.state)
        self._autofocus = AutoFocus(self.state, frame_request)
        self._opened: list[Exposure] = []
        self._features: Features | None = None
        self._events = EventMessages(self.state)
        self._led = StatusLed(self.state)
        ptp.follow_settings(self.state)
        self.registers: Face = face(self) if face else OwnFace(self.state)
        for register, file in zip(("GevFirstURL", "GevSecondURL"), self.registers.files(), strict=True):
            self.registers.add_memory(file.address, file.content)
            self.state.put(register, local_url(file.name, file.address, len(file.content)))

    def by_name(self, now: Nanoseconds) -> Features:
        """The features by name, for who holds the camera itself: past the client's privilege."""
        self._catch_up(now)
        if self._features is None:
            self._features = self.registers.by_name()
        return self._features

    @property
    def xml(self) -> bytes:
        """The description that clients get, unzipped."""
        return self.registers.xml

    def power_up(self, now: Nanoseconds) -> None:
        """Let the camera be switched on now instead of at device time 0; to be called before all else."""
        state = self.state
        state.now = state.powered_up_ns = state.started_ns = now
        state.clock = CameraClock(state.options.clock_offset_ns, state.options.clock_drift_ppb)
        state.clock.set(now + state.options.clock_offset_ns, now)
        ptp.apply_setting(state)

    def read(self, address: int, length: int, now: Nanoseconds) -> bytes:
        """Registers as bytes; see `RegisterMap.read`. In a block of those of DISCOVERY, holes read as zeros."""
        self._catch_up(now)
        self.state.health.check_busy()
        aligned = address % 4 == length % 4 == 0
        if aligned and length > 4 and address + length <= _DISCOVERY_BYTES:
            return self._with_holes(address, length)
        return self.registers.read(address, length)

    def take_forgiven(self) -> list[RegisterError]:
        """What strict cameras would have refused of the writes since the last call."""
        forgiven, self.state.forgiven = self.state.forgiven, []
        return forgiven

    def write(self, address: int, data: bytes, now: Nanoseconds) -> None:
        """Write registers, all or nothing; see `RegisterMap.write`."""
        self._catch_up(now)
        self.state.health.check_busy()
        self.registers.write(address, data)

    def write_pairs(self, pairs: Sequence[tuple[int, int]], now: Nanoseconds) -> tuple[int, Status]:
        """Write (address, value) pairs in order; the number done, and the status the next one met."""
        self._catch_up(now)
        try:
            self.state.health.check_busy()
        except Busy as error:
            return 0, error.status
        return self.registers.write_pairs(pairs)[:2]

    def discovery(self) -> bytes:
        """The 248 bytes of a DISCOVERY_ACK: the registers from 0 on, holes as zeros (GigE Vision, DISCOVERY)."""
        return self._with_holes(0, _DISCOVERY_BYTES)

    def _with_holes(self, start: int, length: int) -> bytes:
        image = bytearray(length)
        for offset in range(0, length, 4):
            with contextlib.suppress(InvalidAddress):
                image[offset : offset + 4] = self.registers.read(start + offset, 4)
        return bytes(image)

    def control_changed(self, ccp: int, owner: Endpoint | None, now: Nanoseconds) -> None:
        """Note who is in control, for clients to read."""
        self.state.now = now
        before = (self.state["GevPrimaryApplicationIPAddress"], self.state["GevPrimaryApplicationSocket"])
        if owner and before[1] and before != (ipv4_to_int(owner.host), owner.port):
            self._events.application_switched()
        self.state.put("GevCCP", ccp)
        self.state.put("GevPrimaryApplicationSocket", owner.port if owner else 0)
        self.state.put("GevPrimaryApplicationIPAddress", ipv4_to_int(owner.host) if owner else 0)
        if owner is not None:
            transport.forget_strangers_destination(self.state)

    def release(self, now: Nanoseconds) -> None:
        """Control was lost or given back: stop acquiring and close the channels.

        An unconditional stream goes on (GevSCCFGUnconditionalStreaming).
        """
        self._catch_up(now)
        if not transport.streams_on(self.state):
            self._stop_streaming()
        message_channel.close_messages(self.state)

    def _stop_streaming(self) -> None:
        self.state.acquiring = False
        transport.close_stream(self.state)

    def force_ip(self, address: str, mask: str, gateway: str, now: Nanoseconds) -> bool:
        """Take another IP configuration (FORCEIP); see `control_channel.force_ip`."""
        self._catch_up(now)
        taken = control_channel.force_ip(self.state, address, mask, gateway)
        if taken:
            self._stop_streaming()
        return taken

    def reaches(self, host: str) -> bool:
        """Whether an address is in the camera's network; on loopback, where nothing else can ask, always."""
        return control_channel.reaches(self.state, host)

    @property
    def heartbeat_timeout_ms(self) -> int:
        """Silence after which control is given up."""
        return int(self.state["GevHeartbeatTimeout"])

    @property
    def heartbeat_disabled(self) -> bool:
        """Whether control never expires."""
        return bool(self.state["GevGVCPHeartbeatDisable"])

    @property
    def switchover_key(self) -> int:
        """Key with which another client may take control over."""
        return int(self.state.stored("GevPrimaryApplicationSwitchoverKey"))

    @property
    def unconditional_action(self) -> bool:
        """Whether actions are performed while nobody has control."""
        return bool(self.state.get("ActionUnconditionalMode", 0))

    @property
    def extended_status_2_0(self) -> bool:
        """Whether the client wants the status codes of version 2.0."""
        return bool(self.state.get("GevGVCPExtendedStatusCodes", 0))

    @property
    def extended_status_1_1(self) -> bool:
        """Whether the client wants the status codes of version 1.1."""
        return bool(self.state["GevGVCPExtendedStatusCodesVersion1_1"])

    def resend_destination(self, requester: Endpoint) -> Endpoint | None:
        """Where packets are sent again: to a requester of the camera's network if that is wanted, else None.

        None is the stream's destination. Farther away an address is easily forged.
        """
        wanted = self.state["GevSCCFGPacketResendDestination"]
        return requester if wanted and self.reaches(requester.host) else None

    @property
    def discovery_ack_delay_ms(self) -> int:
        """The longest time an answer to DISCOVERY is held back."""
        return int(self.state["GevDiscoveryAckDelay"])

    @property
    def pending_ack_enabled(self) -> bool:
        """Whether the client wants to be told that an acknowledge comes late."""
        return bool(self.state["GevGVCPPendingAck"])

    def take_write_duration(self) -> Nanoseconds:
        """How long the writes since the last call take."""
        duration_ns, self.state.write_duration_ns = self.state.write_duration_ns, 0
        return duration_ns + self.state.health.faults.late_ack_ns

    def execute_action(
        self, device_key: int, group_key: int, group_mask: int, action_time: int | None, now: Nanoseconds
    ) -> Status | None:
        """Perform or plan an action; see `actions.execute`."""
        self._catch_up(now)
        return actions.execute(self.state, device_key, group_key, group_mask, action_time)

    @property
    def message_settings(self) -> MessageSettings:
        """The message channel as it is set now."""
        return message_channel.message_settings(self.state)

    def take_messages(self) -> list[EventMessage]:
        """Events of the kinds that are switched on, since the last call."""
        return self._events.take()

    def status_led(self, now: Nanoseconds) -> str:
        """The status LED; see `StatusLed.color`."""
        return self._led.color(now)

    @property
    def mac(self) -> bytes:
        """The MAC address, six bytes."""
        return self.state.mac

    @property
    def stream(self) -> StreamSettings:
        """The stream channel as it is set now."""
        return transport.stream_settings(self.state)

    @property
    def output_edges(self) -> tuple[OutputEdge, ...]:
        """The last edges on STROBE_OUT with their device times, the oldest first."""
        return tuple(self._output.edges)

    def line1_level(self, now: Nanoseconds) -> bool:
        """The level on TRIGGER_IN."""
        self._catch_up(now)
        return self.line1.high

    def advance(self, now: Nanoseconds) -> list[Exposure]:
        """Exposures that opened up to `now`."""
        self._catch_up(now)
        opened, self._opened = self._opened, []
        return opened

    def _catch_up(self, now: Nanoseconds) -> None:
        """Do what is due before an access can change what it depends on, event by event."""
        while (due := self._next_event()) is not None and due < now:
            self._advance_to(max(due, self.state.now))
        self._advance_to(now)

    def _advance_to(self, now: Nanoseconds) -> None:
        self.state.now = now
        for behaviour in self.behaviours:
            behaviour.advance(now)
        self._opened += self.schedule.advance(now)

    def _next_event(self) -> Nanoseconds | None:
        return earliest([self.schedule.next_wakeup(), *[behaviour.next_wakeup() for behaviour in self.behaviours]])

    def next_wakeup(self) -> Nanoseconds | None:
        """When `advance` has something to do next; None while nothing is planned."""
        return self._opened[0].start_ns if self._opened else self._next_event()

    def measured_region(self) -> Roi | None:
        """The part of a frame that has to be measured for the automatics, if any."""
        return self.automatics.region()

    def frame_measured(self, request: FrameRequest, statistics: FrameStatistics, roi: Roi, now: Nanoseconds) -> None:
        """Take what the `roi` of a rendered frame looks like; the automatics act on it."""
        self._catch_up(now)
        self.state.notices.notify(FrameMeasured(request, statistics, roi, now))

    @property
    def ptp_from_ns(self) -> Nanoseconds | None:
        """Device time from which the clock follows that of the network; None while PTP is off."""
        return self.state.clock.follows_from_ns

    def elect_master(self, elected: bool | None) -> None:
        """Say whether the camera is the PTP master of its network; None leaves that to its address."""
        self.state.elected_master = elected

    def take_focus_look(self) -> FocusLook | None:
        """Frames that autofocus waits for, since the last call; to be rendered and measured, never to be sent."""
        return self._autofocus.take_look()

    def focus_looked(self, number: int, sharpness: float, now: Nanoseconds) -> None:
        """Take how sharp the frames of a look are together, see `sensor.sharpness`; autofocus goes on."""
        self._catch_up(now)
        self._autofocus.looked(number, sharpness, now)

    def take_test_packet_request(self) -> bool:
        """Whether a test packet was asked for since the last call."""
        requested, self.state.test_packet_requested = self.state.test_packet_requested, False
        return requested

    def take_reset_request(self) -> bool:
        """Whether DeviceReset was executed since the last call; if so the settings are those of power-up again."""
        state = self.state
        requested, state.reset_requested = state.reset_requested, False
        if requested:
            self._stop_streaming()
            self.release(state.now)
            set_at_start = {name: state.stored(name) for name in _SET_AT_START if name in state}
            state.reset(keep_persistent=not state.factory_reset_requested)
            if state.factory_reset_requested:
                state.user_sets.clear()
            state.factory_reset_requested = False
            user_sets.apply_default(state)
            control_channel.configure_ip(state)
            for name, value in set_at_start.items():
                state.put(name, value)
            state.actions.cancel()
            self.registers.reset()
            state.started_ns = state.now
            state.clock.run_alone(state.now)
            control_channel.reset_timestamp(state)
            state.notices.notify(SettingsReplaced())
        return requested


def frame_request(state: CameraState, frame_id: int, now: Nanoseconds) -> FrameRequest:
    """What the frame whose exposure opens `now` depends on."""
    imaging = lens_motors.imaging_at(state, now)
    return FrameRequest(
        **_frame_settings(state),
        frame_id=frame_id,
        exposure_start_ns=state.timestamp(now),
        illumination=imaging.illumination,
        defocus_px=imaging.defocus_px,
        zoom=imaging.zoom,
        infrared=imaging.infrared,
        temperature_c=device.temperature_c(state),
    )


@derived
def _frame_settings(state: CameraState) -> dict[str, Any]:
    """What all frames have in common until a setting changes, as fields of their requests."""
    return {
        "exposure_us": state["ExposureTime"],
        "gain_db": state["Gain"],
        "black_level": state.get("BlackLevel", 240.0),
        "pixel_format": image_format.pixel_format(state),
        "region": image_format.region(state),
        "white_balance": white_balance.ratios(state),
        "gamma": state["Gamma"],
        "lut": lut.table(state),
        "hue_deg": color.hue_deg(state),
        "saturation": color.saturation(state),
        "color_matrix": color.matrix(state),
    }
