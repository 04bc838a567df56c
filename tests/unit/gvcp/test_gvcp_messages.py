from __future__ import annotations

import pytest

from tiscam_emu.gvcp.effects import SendMessage
from tiscam_emu.gvcp.messages import QUEUE_LENGTH, MessageChannel
from tiscam_emu.units import NS_PER_MS
from tiscam_emu.wire import gvcp, gvcp_codec
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.messages import MAX_EVENT_DATA_BYTES, EventMessage, MessageSettings

HOST = Endpoint("192.168.0.5", 4444)
SETTINGS = MessageSettings(HOST.host, HOST.port, timeout_ms=100, retries=2)
NO_ACK = MessageSettings(HOST.host, HOST.port, timeout_ms=0, retries=2)


def _channel(settings: MessageSettings = SETTINGS) -> MessageChannel:
    channel = MessageChannel()
    channel.configure(settings)
    return channel


def _event(number: int) -> EventMessage:
    return EventMessage(0x9001 + number, 1000 + number)


def _sent(effects: list[SendMessage]) -> list[tuple[int, int]]:
    """Request and event id of each datagram."""
    pairs = []
    for effect in effects:
        assert effect.peer == HOST
        command = gvcp_codec.parse_command(effect.data)
        assert isinstance(command, gvcp.EventCmd)
        pairs.append((command.req_id, command.events[0].event_id))
    return pairs


def _ack(channel: MessageChannel, req_id: int, now_ms: int, peer: Endpoint = HOST) -> list[SendMessage]:
    return channel.receive(gvcp_codec.build_ack(gvcp.EventAck(req_id)), peer, now_ms * NS_PER_MS)


def test_event_leaves_at_once_and_asks_for_an_acknowledge() -> None:
    channel = _channel()
    (effect,) = channel.post(EventMessage(0x9003, 123456789, block_id=7), 0)
    assert effect == SendMessage(bytes.fromhex("420100c0 0010 0001 0000 9003 0000 0007 00000000075bcd15"), HOST)
    assert channel.next_wakeup() == 100 * NS_PER_MS
    assert channel.counters.sent == 1


def test_event_with_data_travels_as_eventdata() -> None:
    message = EventMessage(0x9004, 123456789, bytes.fromhex("1122334455667788"), stream_channel=1, block_id=7)
    (effect,) = _channel().post(message, 0)
    assert effect.data == bytes.fromhex("420100c2 0018 0001 0000 9004 0001 0007 00000000075bcd15 1122334455667788")


def test_closed_channel_takes_nothing() -> None:
    channel = MessageChannel()
    assert channel.post(_event(0), 0) == []
    channel.configure(MessageSettings("0.0.0.0", 4444, 100, 2))
    assert channel.post(_event(0), 0) == []
    assert channel.next_wakeup() is None
    assert (channel.counters.sent, channel.counters.dropped) == (0, 0)


def test_next_message_waits_for_the_acknowledge_of_the_one_before() -> None:
    channel = _channel()
    assert _sent(channel.post(_event(0), 0)) == [(1, 0x9001)]
    assert channel.post(_event(1), 0) == []
    assert channel.post(_event(2), 0) == []
    assert _sent(_ack(channel, 1, 30)) == [(2, 0x9002)]
    assert channel.next_wakeup() == 130 * NS_PER_MS
    assert _sent(_ack(channel, 2, 40)) == [(3, 0x9003)]
    assert _ack(channel, 3, 50) == []
    assert channel.next_wakeup() is None
    assert (channel.counters.sent, channel.counters.acknowledged) == (3, 3)


def test_unacknowledged_message_is_sent_again_with_the_same_bytes_and_then_given_up() -> None:
    channel = _channel()
    first = channel.post(_event(0), 0)
    assert channel.advance(100 * NS_PER_MS - 1) == []
    assert channel.advance(100 * NS_PER_MS) == first
    assert channel.advance(200 * NS_PER_MS) == first
    assert channel.next_wakeup() == 300 * NS_PER_MS
    assert channel.advance(300 * NS_PER_MS) == []
    assert channel.next_wakeup() is None
    assert (channel.counters.sent, channel.counters.retransmitted, channel.counters.given_up) == (1, 2, 1)


def test_waiting_message_leaves_when_the_one_before_is_given_up() -> None:
    channel = _channel(MessageSettings(HOST.host, HOST.port, timeout_ms=100, retries=0))
    channel.post(_event(0), 0)
    channel.post(_event(1), 0)
    assert _sent(channel.advance(150 * NS_PER_MS)) == [(2, 0x9002)]
    # It left when its turn came, however late that was noticed.
    assert channel.next_wakeup() == 200 * NS_PER_MS


def test_acknowledge_of_a_retransmission_is_accepted() -> None:
    channel = _channel()
    channel.post(_event(0), 0)
    assert _sent(channel.advance(100 * NS_PER_MS)) == [(1, 0x9001)]
    assert _ack(channel, 1, 150) == []
    assert channel.advance(1000 * NS_PER_MS) == []
    assert (channel.counters.acknowledged, channel.counters.given_up) == (1, 0)


def test_timeout_0_sends_everything_at_once_without_asking_for_acknowledges() -> None:
    channel = _channel(NO_ACK)
    (first,) = channel.post(_event(0), 0)
    assert first.data == bytes.fromhex("420000c0 0010 0001 0000 9001 0000 0000 00000000000003e8")
    assert _sent(channel.post(_event(1), 0)) == [(2, 0x9002)]
    assert channel.next_wakeup() is None
    assert channel.advance(10**12) == []


def test_messages_that_waited_leave_together_when_acknowledges_are_switched_off() -> None:
    channel = _channel()
    for number in range(3):
        channel.post(_event(number), 0)
    channel.configure(NO_ACK)
    assert _sent(_ack(channel, 1, 10)) == [(2, 0x9002), (3, 0x9003)]


def test_message_keeps_the_timeout_it_was_sent_with() -> None:
    channel = _channel()
    channel.post(_event(0), 0)
    channel.configure(MessageSettings(HOST.host, HOST.port, timeout_ms=5, retries=0))
    assert channel.advance(50 * NS_PER_MS) == []
    assert _sent(channel.advance(100 * NS_PER_MS)) == [(1, 0x9001)]


def test_full_queue_keeps_the_oldest_and_counts_the_rest() -> None:
    channel = _channel()
    for number in range(QUEUE_LENGTH + 3):
        channel.post(_event(number), 0)
    assert channel.counters.dropped == 2
    left = [_sent(_ack(channel, req_id, 1)) for req_id in range(1, QUEUE_LENGTH + 2)]
    assert left == [[(req_id, 0x9000 + req_id)] for req_id in range(2, QUEUE_LENGTH + 2)] + [[]]


@pytest.mark.parametrize(
    "settings", [MessageSettings(HOST.host, 0, 100, 2), MessageSettings(HOST.host, HOST.port + 1, 100, 2)]
)
def test_closing_or_moving_the_channel_empties_it(settings: MessageSettings) -> None:
    channel = _channel()
    channel.post(_event(0), 0)
    channel.post(_event(1), 0)
    channel.configure(settings)
    assert channel.next_wakeup() is None
    assert channel.advance(10**12) == []


def test_request_ids_go_on_when_the_channel_is_opened_again() -> None:
    channel = _channel()
    channel.post(_event(0), 0)
    channel.configure(MessageSettings())
    channel.configure(SETTINGS)
    assert _sent(channel.post(_event(1), 0)) == [(2, 0x9002)]


def test_request_id_0_is_skipped() -> None:
    channel = _channel(NO_ACK)
    sent = [channel.post(_event(0), 0) for _ in range(65537)]
    ids = [_sent(effects)[0][0] for effects in (*sent[:2], *sent[65534:])]
    assert ids == [1, 2, 65535, 1, 2]


@pytest.mark.parametrize(
    "hex_bytes",
    [
        "",
        "000000c1000000",
        "0000 00c1 0000 0002",  # another id
        "0000 00c3 0000 0001",  # of an EVENTDATA
        "0000 00c1 0004 0001",  # length without payload
        "420100c0 0000 0001",
    ],
)
def test_what_does_not_acknowledge_the_message_is_ignored(hex_bytes: str) -> None:
    channel = _channel()
    channel.post(_event(0), 0)
    assert channel.receive(bytes.fromhex(hex_bytes), HOST, 0) == []
    assert channel.next_wakeup() == 100 * NS_PER_MS
    assert channel.counters.ignored_datagrams == 1


def test_acknowledge_from_another_port_is_ignored() -> None:
    channel = _channel()
    channel.post(_event(0), 0)
    _ack(channel, 1, 1, Endpoint(HOST.host, HOST.port + 1))
    assert channel.counters.acknowledged == 0


def test_acknowledge_from_another_address_of_the_host_counts() -> None:
    channel = _channel()
    channel.post(_event(0), 0)
    _ack(channel, 1, 1, Endpoint("127.0.0.1", HOST.port))
    assert channel.counters.acknowledged == 1


@pytest.mark.parametrize("hex_bytes", ["8001 00c1 0000 0001", "1234 00c1 0000 0001"])
def test_refused_event_is_not_sent_again(hex_bytes: str) -> None:
    channel = _channel()
    channel.post(_event(0), 0)
    channel.receive(bytes.fromhex(hex_bytes), HOST, 0)
    assert channel.next_wakeup() is None


def test_second_acknowledge_of_a_message_is_ignored() -> None:
    channel = _channel()
    channel.post(_event(0), 0)
    _ack(channel, 1, 1)
    _ack(channel, 1, 2)
    assert (channel.counters.acknowledged, channel.counters.ignored_datagrams) == (1, 1)


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"event_id": 0x10000}, "event_id 65536 of an event is not a 16-bit number"),
        ({"timestamp": -1}, "timestamp -1 of an event is not a 64-bit number"),
        ({"block_id": 65536}, "block_id 65536 of an event is not a 16-bit number"),
        ({"data": bytes(MAX_EVENT_DATA_BYTES + 1)}, "event data of 525 bytes exceeds 524"),
    ],
)
def test_message_that_does_not_fit_is_refused(fields: dict[str, int | bytes], match: str) -> None:
    values: dict[str, int | bytes] = {"event_id": 0x9001, "timestamp": 0, **fields}
    with pytest.raises(ValueError, match=match):
        EventMessage(**values)  # type: ignore[arg-type]


def test_largest_event_fills_the_576_byte_datagram() -> None:
    (effect,) = _channel().post(EventMessage(0x9001, 0, bytes(MAX_EVENT_DATA_BYTES)), 0)
    assert len(effect.data) == 576 - 20 - 8


def test_events_with_64_bit_block_ids_have_the_longer_item() -> None:
    # GigE Vision 2.x, EVENT and EVENTDATA with the extended id flag; tshark decodes both.
    channel = _channel(NO_ACK)
    (effect,) = channel.post(EventMessage(0x9003, 123456789, block_id=7, extended=True), 0)
    assert effect.data == bytes.fromhex("421000c0 0018 0001 0000 9003 0000 0000 0000000000000007 00000000075bcd15")
    message = EventMessage(0x9004, 123456789, bytes.fromhex("11223344"), block_id=2**40, extended=True)
    (effect,) = channel.post(message, 0)
    assert effect.data == bytes.fromhex(
        "421000c2 001c 0002 0000 9004 0000 0000 0000010000000000 00000000075bcd15 11223344"
    )


def test_data_behind_a_64_bit_block_id_are_8_bytes_fewer() -> None:
    (effect,) = _channel().post(EventMessage(0x9001, 0, bytes(516), extended=True), 0)
    assert len(effect.data) == 548
    with pytest.raises(ValueError, match="event data of 517 bytes exceeds 516"):
        EventMessage(0x9001, 0, bytes(517), extended=True)


def test_block_id_of_17_bits_needs_the_longer_item() -> None:
    with pytest.raises(ValueError, match="block_id 65536 of an event is not a 16-bit number"):
        EventMessage(0x9001, 0, block_id=65_536)
