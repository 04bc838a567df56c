"""One camera without its network: registers in front, exposures behind, driven by `now`."""

from __future__ import annotations

from collections.abc import Sequence

from tiscam_emu.camera import image_format, transport, white_balance
from tiscam_emu.camera.acquisition import AcquisitionSchedule, Exposure
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.registry import ROOMS
from tiscam_emu.camera.state import CameraState
from tiscam_emu.camera.transport import StreamSettings
from tiscam_emu.errors import RegisterError, Status
from tiscam_emu.features.layout import XML_BASE
from tiscam_emu.features.registers import RegisterMap
from tiscam_emu.genicam.document import build_xml, file_name, zipped
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.spec.load import load_model
from tiscam_emu.spec.model import CameraModel
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire.bootstrap import local_url
from tiscam_emu.wire.endpoint import Endpoint, ipv4_to_int

_DISCOVERY_BYTES = 0xF8
_SET_AT_START = ("GevFirstURL", "GevSCSP")


def load(name: str) -> CameraModel:
    """The model called `name`, with every feature the camera knows.

    Raises
    ------
    UnknownModel, SpecError
        If there is no such model, or its YAML is wrong.
    """
    return load_model(name, ROOMS)


class Camera:
    """A camera that answers register accesses and says when exposures open.

    Every call takes the device time `now` in nanoseconds, which never goes back. Nothing here sleeps or sends.
    """

    def __init__(self, model: CameraModel, options: CameraOptions | None = None) -> None:
        self.model = model
        self.state = CameraState(model, options or CameraOptions())
        self.schedule = AcquisitionSchedule(self.state, frame_request)
        self.registers = RegisterMap(self.state, model.layout)
        self.xml = build_xml(model)
        self._opened: list[Exposure] = []
        self._serve_xml()

    def _serve_xml(self) -> None:
        content, name = self.xml, file_name(self.model, "xml")
        if not self.state.options.plain_xml:
            content, name = zipped(content, name), file_name(self.model, "zip")
        self.registers.add_memory(XML_BASE, content)
        self.state.put("GevFirstURL", local_url(name, XML_BASE, len(content)))

    def read(self, address: int, length: int, now: Nanoseconds) -> bytes:
        """Registers as bytes; see `RegisterMap.read`."""
        self._catch_up(now)
        return self.registers.read(address, length)

    def write(self, address: int, data: bytes, now: Nanoseconds) -> None:
        """Write registers, all or nothing; see `RegisterMap.write`."""
        self._catch_up(now)
        self.registers.write(address, data)

    def write_pairs(self, pairs: Sequence[tuple[int, int]], now: Nanoseconds) -> tuple[int, Status]:
        """Write (address, value) pairs in order; the number done, and the status the next one met."""
        self._catch_up(now)
        done, status, self.last_refusal = self.registers.write_pairs(pairs)
        return done, status

    last_refusal: RegisterError | None = None

    def discovery(self) -> bytes:
        """The 248 bytes of a DISCOVERY_ACK: the registers from 0 on, holes as zeros (GigE Vision, DISCOVERY)."""
        image = bytearray(_DISCOVERY_BYTES)
        for address in range(0, _DISCOVERY_BYTES, 4):
            try:
                image[address : address + 4] = self.registers.read(address, 4)
            except RegisterError:
                continue
        return bytes(image)

    def control_changed(self, ccp: int, owner: Endpoint | None, now: Nanoseconds) -> None:
        """Note who is in control, for clients to read."""
        self.state.now = now
        self.state.put("GevCCP", ccp)
        self.state.put("GevPrimaryApplicationSocket", owner.port if owner else 0)
        self.state.put("GevPrimaryApplicationIPAddress", ipv4_to_int(owner.host) if owner else 0)

    def release(self, now: Nanoseconds) -> None:
        """Control was lost or given back: stop acquiring and close the stream channel."""
        self._catch_up(now)
        self.state.acquiring = False
        transport.close_stream(self.state)

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
    def mac(self) -> bytes:
        """The MAC address, six bytes."""
        return self.state.mac

    @property
    def stream(self) -> StreamSettings:
        """The stream channel as it is set now."""
        return transport.stream_settings(self.state)

    def advance(self, now: Nanoseconds) -> list[Exposure]:
        """Exposures that opened up to `now`."""
        self._catch_up(now)
        opened, self._opened = self._opened, []
        return opened

    def _catch_up(self, now: Nanoseconds) -> None:
        """Open the exposures that are due before an access can change what they depend on."""
        self.state.now = now
        self._opened += self.schedule.advance(now)

    def next_wakeup(self) -> Nanoseconds | None:
        """When `advance` has something to do next; None while nothing is planned."""
        return self._opened[0].start_ns if self._opened else self.schedule.next_wakeup()

    def take_test_packet_request(self) -> bool:
        """Whether a test packet was asked for since the last call."""
        requested, self.state.test_packet_requested = self.state.test_packet_requested, False
        return requested

    def take_reset_request(self) -> bool:
        """Whether DeviceReset was executed since the last call; if so the settings are those of power-up again."""
        state = self.state
        requested, state.reset_requested = state.reset_requested, False
        if requested:
            self.release(state.now)
            set_at_start = {name: state.stored(name) for name in _SET_AT_START}
            state.reset(keep_persistent=not state.factory_reset_requested)
            state.factory_reset_requested = False
            for name, value in set_at_start.items():
                state.put(name, value)
            transport.reset_timestamp(state)
        return requested


def frame_request(state: CameraState, frame_id: int, now: Nanoseconds) -> FrameRequest:
    """What the frame whose exposure opens `now` depends on."""
    return FrameRequest(
        frame_id=frame_id,
        exposure_start_ns=state.timestamp(now),
        exposure_us=state["ExposureTime"],
        gain_db=state["Gain"],
        black_level=state.get("BlackLevel", 240.0),
        pixel_format=image_format.pixel_format(state),
        region=image_format.region(state),
        white_balance=white_balance.ratios(state),
        gamma=state["Gamma"],
    )
