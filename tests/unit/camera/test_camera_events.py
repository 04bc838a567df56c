"""Events and the message channel's registers (manual 5.17; GigE Vision, chapter "Message channel")."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tiscam_emu.camera.core import frame_request
from tiscam_emu.camera.messages.events import EVENTS
from tiscam_emu.camera.notices import ExposureEnded, ExposureOpened, LineChanged, MoveCompleted, TriggerMissed
from tiscam_emu.errors import Status
from tiscam_emu.gvcp.messages import MessageChannel
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.messages import EventMessage, MessageSettings

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk

    DeskOf = Callable[..., Desk]

S, MS = 1_000_000_000, 1_000_000
MCP, MCDA, MCTT, MCRC, MCSP = 0x0B00, 0x0B10, 0x0B14, 0x0B18, 0x0B1C
LOOPBACK = 0x7F00_0001
EXPOSURE_END, MISSED, FALLING, RISING, TEST, FOCUS, ZOOM = range(0x9001, 0x9008)


def _listen(desk: Desk, *events: str) -> Desk:
    desk.set(GevMCDA=LOOPBACK, GevMCPHostPort=30_000)
    for event in events:
        desk.set(EventSelector=event, EventNotification="On")
    return desk


@pytest.fixture
def listening(desk: Desk) -> Desk:
    """All events on, small frames prepared."""
    desk.prepare_small_frames()
    return _listen(desk, *(event.name for event in EVENTS))


def _messages(desk: Desk, to: int) -> list[EventMessage]:
    desk.advance(to)
    return desk.camera.take_messages()


def test_message_channel_is_closed_at_the_start(desk: Desk) -> None:
    assert desk.camera.message_settings == MessageSettings(timeout_ms=300, retries=3)
    assert desk.camera.message_settings.destination is None


def test_registers_set_the_message_channel(desk: Desk) -> None:
    for address, value in ((MCDA, LOOPBACK), (MCTT, 50), (MCRC, 7), (MCP, 30_000)):
        assert desk.write_word(address, value) is Status.SUCCESS
        assert desk.word(address) == value
    assert desk.camera.message_settings == MessageSettings("127.0.0.1", 30_000, 50, 7)
    assert desk.write_word(MCSP, 1) is Status.WRITE_PROTECT


def test_messages_go_to_this_host_or_the_controlling_client_alone(desk: Desk) -> None:
    assert desk.write_word(MCDA, 0x0808_0808) is Status.INVALID_PARAMETER
    assert desk.word(MCDA) == 0


def test_lost_control_closes_the_message_channel(listening: Desk) -> None:
    listening.camera.release(0)
    assert (listening.word(MCP), listening.camera.message_settings.destination) == (0, None)


def test_reset_closes_the_channel_and_keeps_its_source_port(listening: Desk) -> None:
    listening.camera.state.put("GevMCSP", 45_000)
    listening.run("DeviceReset")
    listening.camera.take_reset_request()
    assert (listening.word(MCP), listening.word(MCSP)) == (0, 45_000)
    listening.run("TestEventGenerate")
    assert listening.camera.take_messages() == []


@pytest.mark.parametrize(("model", "channels"), [("39GX265-Z20", 1), ("38GX541-a", 1), ("33GP1300", 0), ("38UX267", 0)])
def test_only_models_with_events_have_a_message_channel(desk_of: DeskOf, model: str, channels: int) -> None:
    desk = desk_of(model)
    assert desk.word(0x0900) == desk.get("DeviceEventChannelCount") == channels
    assert desk.word(0x0930) == 0x8000_0000 * channels
    assert desk.word(0x0934) & 0x18 == 0x18 * channels
    assert desk.read_status(MCP) is (Status.SUCCESS if channels else Status.INVALID_ADDRESS)
    assert desk.camera.message_settings.destination is None
    assert desk.camera.take_messages() == []


def test_test_event_carries_its_time_alone(listening: Desk) -> None:
    listening.now = 123_456_789
    listening.run("TestEventGenerate")
    assert listening.camera.take_messages() == [EventMessage(TEST, 123_456_789)]
    assert listening.camera.take_messages() == []


def test_nothing_is_told_of_events_that_are_off(desk: Desk) -> None:
    _listen(desk, "FrameTriggerMissed")
    desk.run("TestEventGenerate")
    assert desk.camera.take_messages() == []
    desk.set(EventSelector="Test", EventNotification="On")
    desk.run("TestEventGenerate")
    desk.set(EventNotification="Off")
    desk.run("TestEventGenerate")
    assert desk.camera.take_messages() == [EventMessage(TEST, 0)]


@pytest.mark.parametrize("closed", [{"GevMCDA": 0}, {"GevMCPHostPort": 0}])
def test_nothing_is_kept_for_a_closed_channel(listening: Desk, closed: dict[str, int]) -> None:
    listening.set(**closed)
    listening.run("TestEventGenerate")
    listening.set(GevMCDA=LOOPBACK, GevMCPHostPort=30_000)
    assert listening.camera.take_messages() == []


def test_exposure_end_tells_the_block_id_and_the_moment(listening: Desk) -> None:
    listening.set(GevSCDA=LOOPBACK, GevSCPHostPort=5000)
    listening.run("AcquisitionStart")
    messages = _messages(listening, 250 * MS)
    assert messages == [
        EventMessage(EXPOSURE_END, 5 * MS + k * 100 * MS, (k + 1).to_bytes(8, "big"), block_id=k + 1) for k in range(3)
    ]


def test_camera_wakes_up_for_the_end_of_an_exposure(listening: Desk) -> None:
    listening.run("AcquisitionStart")
    listening.advance(0)
    assert listening.camera.next_wakeup() == 5 * MS
    assert _messages(listening, 5 * MS - 1) == []
    assert [message.timestamp for message in _messages(listening, 5 * MS)] == [5 * MS]


def test_block_ids_begin_with_the_channel_and_are_0_without_it(listening: Desk) -> None:
    ids = []
    listening.run("AcquisitionStart")
    ids += _messages(listening, 150 * MS)
    listening.set(GevSCDA=LOOPBACK, GevSCPHostPort=5000)
    ids += _messages(listening, 350 * MS)
    listening.set(GevSCPHostPort=0)
    listening.set(GevSCPHostPort=5001)
    ids += _messages(listening, 550 * MS)
    listening.set(GevSCPHostPort=0)
    ids += _messages(listening, 650 * MS)
    assert [message.block_id for message in ids] == [0, 0, 1, 2, 1, 2, 0]


def test_frame_exposed_when_the_channel_was_reopened_belongs_to_none(listening: Desk) -> None:
    listening.set(GevSCDA=LOOPBACK, GevSCPHostPort=5000)
    listening.run("AcquisitionStart")
    listening.advance(101 * MS)
    listening.set(GevSCPHostPort=5001)
    assert [message.block_id for message in _messages(listening, 250 * MS)] == [1, 0, 1]


def test_block_id_wraps_as_the_stream_s_does(listening: Desk) -> None:
    listening.set(GevSCDA=LOOPBACK, GevSCPHostPort=5000)
    listening.run("AcquisitionStart")
    request = listening.advance(0)[0].request
    notify = listening.camera.state.notices.notify
    for frame_id in (65_534, 65_535):
        notify(ExposureEnded(replace(request, frame_id=frame_id), 0))
    assert [message.block_id for message in listening.camera.take_messages()] == [65_535, 1]


def test_other_events_follow_what_happens(listening: Desk) -> None:
    notify = listening.camera.state.notices.notify
    notify(TriggerMissed(10))
    notify(LineChanged(high=True, at_ns=20))
    notify(LineChanged(high=False, at_ns=30))
    notify(MoveCompleted("Focus", 501, 40))
    notify(MoveCompleted("Zoom", 1000, 50))
    assert listening.camera.take_messages() == [
        EventMessage(MISSED, 10),
        EventMessage(RISING, 20),
        EventMessage(FALLING, 30),
        EventMessage(FOCUS, 40, (501).to_bytes(4, "big")),
        EventMessage(ZOOM, 50, (1000).to_bytes(4, "big")),
    ]


def test_trigger_during_an_exposure_is_told_as_missed(listening: Desk) -> None:
    listening.set(TriggerMode="On", TriggerSource="Software")
    listening.run("AcquisitionStart")
    listening.run("TriggerSoftware")
    listening.advance(2 * MS)
    listening.run("TriggerSoftware")
    listening.advance(50 * MS)
    assert MISSED in [message.event_id for message in listening.camera.take_messages()]


def test_client_that_loses_control_to_another_one_hears_of_it(desk: Desk) -> None:
    first, second = Endpoint("127.0.0.1", 40_000), Endpoint("127.0.0.1", 40_001)
    _listen(desk)
    desk.camera.control_changed(6, first, 10)
    desk.camera.control_changed(2, first, 20)
    assert desk.camera.take_messages() == []
    desk.camera.control_changed(2, second, 30)
    assert desk.camera.take_messages() == [EventMessage(0x0007, 30)]
    desk.camera.control_changed(0, None, 40)
    desk.camera.control_changed(2, first, 50)
    assert desk.camera.take_messages() == []


def test_nobody_hears_of_a_switchover_without_a_message_channel(desk_of: DeskOf) -> None:
    for model in ("39GX265-Z20", "33GP1300"):
        desk = desk_of(model)
        for port in (40_000, 40_001):
            desk.camera.control_changed(6, Endpoint("127.0.0.1", port), 0)
        assert desk.camera.take_messages() == []


# What the reference implementation of GenICam makes of the messages, as they leave the message channel.


def _device_port(genapi: Any, desk: Desk) -> Any:
    """The camera's registers, as every client's node map is connected to them."""

    class Port(genapi.AbstractPort):  # type: ignore[misc]
        def read(self, address: int, length: int) -> bytes:
            return desk.camera.read(address, length, desk.now)

        def write(self, address: int, data: bytes) -> None:
            desk.camera.write(address, data, desk.now)

        def get_access_mode(self) -> Any:
            return genapi.EAccessMode.RW

    return Port()


class Client:
    """State: a node map that events are delivered to, and the names of the nodes that were told."""

    def __init__(self, desk: Desk) -> None:
        genapi: Any = pytest.importorskip("genicam.genapi", reason="the wheel exists for Linux alone")
        self.nodes = genapi.NodeMap()
        self.nodes.load_xml_from_string(desk.camera.xml.decode())
        self._port = _device_port(genapi, desk)
        self.nodes.connect(self._port, "Device")
        self.adapter = genapi.EventAdapterGEV(self.nodes.pointer)
        self.channel = MessageChannel()
        self.desk = desk

    def deliver(self) -> int:
        """Let the client have all messages; how many there were."""
        self.channel.configure(MessageSettings("127.0.0.1", 30_000))
        count = 0
        for message in self.desk.camera.take_messages():
            for effect in self.channel.post(message, self.desk.now):
                self.adapter.deliver_message(effect.data)
                count += 1
        return count

    def __getitem__(self, name: str) -> int:
        value: int = self.nodes.get_node(name).value
        return value


@pytest.fixture
def client(listening: Desk) -> Iterator[Client]:
    client = Client(listening)
    yield client
    client.adapter.detach_node_map()


def test_reference_adapter_delivers_event_without_data(client: Client) -> None:
    client.desk.now = 77
    client.desk.run("TestEventGenerate")
    assert client.deliver() == 1
    assert client["EventTestTimestamp"] == 77


def test_reference_adapter_delivers_event_with_data(client: Client) -> None:
    client.desk.set(GevSCDA=LOOPBACK, GevSCPHostPort=5000)
    client.desk.run("AcquisitionStart")
    client.desk.advance(150 * MS)
    assert client.deliver() == 2
    assert (client["EventExposureEndTimestamp"], client["EventExposureEndFrameID"]) == (105 * MS, 2)


def test_reference_adapter_finds_time_and_data_behind_64_bit_block_ids(client: Client) -> None:
    client.desk.set(GevGVSPExtendedIDMode="On", GevSCDA=LOOPBACK, GevSCPHostPort=5000)
    client.desk.run("AcquisitionStart")
    client.desk.advance(150 * MS)
    assert client.deliver() == 2
    assert (client["EventExposureEndTimestamp"], client["EventExposureEndFrameID"]) == (105 * MS, 2)


def test_block_ids_of_events_do_not_wrap_at_65535_with_64_bits(listening: Desk) -> None:
    listening.set(GevGVSPExtendedIDMode="On", GevSCDA=LOOPBACK, GevSCPHostPort=5000)
    state = listening.camera.state
    for frame_id in (0, 65_535):
        request = frame_request(state, frame_id, 0)
        state.notices.notify(ExposureOpened(request, 0, None))
        state.notices.notify(ExposureEnded(request, 5))
    first, last = listening.camera.take_messages()
    assert (first.block_id, last.block_id, last.extended) == (1, 65_536, True)
    assert int.from_bytes(last.data, "big") == 65_536


def test_reference_adapter_delivers_lens_events(client: Client) -> None:
    client.desk.camera.state.notices.notify(MoveCompleted("Zoom", 1000, 50))
    client.desk.camera.state.notices.notify(MoveCompleted("Focus", 501, 60))
    assert client.deliver() == 2
    assert (client["EventZoomMoveCompletedTimestamp"], client["EventZoomMoveCompletedZoom"]) == (50, 1000)
    assert (client["EventFocusMoveCompletedTimestamp"], client["EventFocusMoveCompletedFocus"]) == (60, 501)


def test_reference_adapter_calls_who_watches_the_event_and_nobody_else(client: Client) -> None:
    genapi: Any = pytest.importorskip("genicam.genapi")
    called: list[str] = []
    for event in EVENTS:
        genapi.register(client.nodes.get_node(f"Event{event.name}").node, lambda node: called.append(node.node.name))
    client.desk.run("TestEventGenerate")
    client.deliver()
    assert called == ["EventTest"]
