"""The message channel under arbitrary bytes, losses and steps of time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tiscam_emu.gvcp.effects import SendMessage
from tiscam_emu.gvcp.messages import MessageChannel
from tiscam_emu.units import NS_PER_MS
from tiscam_emu.wire import gvcp, gvcp_codec
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.messages import EventMessage, MessageSettings

REPRODUCIBLE = settings(deadline=None, derandomize=True, max_examples=300)

HOST = Endpoint("10.0.0.1", 4444)
SETTINGS = st.builds(MessageSettings, st.just(HOST.host), st.just(HOST.port), st.integers(0, 50), st.integers(0, 4))
ALMOST_ACKS = st.builds(
    lambda *words: b"".join(word.to_bytes(2, "big") for word in words),
    st.sampled_from([0, 0x8001, 0x1234, 0x4201]),
    st.sampled_from([0x00C0, 0x00C1, 0x00C3, 0x0089]),
    st.sampled_from([0, 4]),
    st.integers(0, 5),
)
BYTES = st.one_of(st.binary(max_size=40), ALMOST_ACKS)


def _open(settings: MessageSettings) -> MessageChannel:
    channel = MessageChannel()
    channel.configure(settings)
    return channel


def _ack(req_id: int) -> bytes:
    return gvcp_codec.build_ack(gvcp.EventAck(req_id))


@REPRODUCIBLE
@given(SETTINGS, st.lists(BYTES, max_size=10), st.booleans())
def test_any_bytes_are_taken_for_an_acknowledge_or_ignored(
    settings: MessageSettings, datagrams: list[bytes], data: bool
) -> None:
    channel = _open(settings)
    for number in range(3):
        channel.post(EventMessage(0x9001, number, bytes(4) if data else b""), 0)
    for datagram in datagrams:
        channel.receive(datagram, HOST, 1)
    counters = channel.counters
    assert counters.acknowledged + counters.ignored_datagrams == len(datagrams)


@REPRODUCIBLE
@given(
    SETTINGS,
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 6)), max_size=15),
    st.lists(st.integers(0, 900), max_size=15),
)
def test_one_big_step_of_time_sends_what_many_small_ones_send(
    settings: MessageSettings, happenings: list[tuple[int, int]], steps: list[int]
) -> None:
    """A happening is a message to send (0), or the acknowledge of a request id."""
    outcomes = []
    for pauses in (steps, []):
        channel = _open(settings)
        sent: list[SendMessage] = []
        for ms, happening in sorted([*happenings, *((ms, -1) for ms in pauses)]):
            now = ms * NS_PER_MS
            if happening < 0:
                sent += channel.advance(now)
            elif happening == 0:
                sent += channel.post(EventMessage(0x9001, now), now)
            else:
                sent += channel.receive(_ack(happening), HOST, now)
        sent += channel.advance(10_000 * NS_PER_MS)
        outcomes.append((sent, channel.counters))
    assert outcomes[0] == outcomes[1]


@REPRODUCIBLE
@given(SETTINGS, st.integers(0, 80), st.sets(st.integers(1, 80)))
def test_every_message_is_acknowledged_given_up_or_dropped(
    settings: MessageSettings, posted: int, answered: set[int]
) -> None:
    channel = _open(settings)
    for number in range(posted):
        channel.post(EventMessage(0x9001, number), 0)
    sends: dict[int, list[bytes]] = {}
    while (now := channel.next_wakeup()) is not None:
        req_id = channel.counters.sent
        if req_id in answered:
            channel.receive(_ack(req_id), HOST, now - 1)
        for effect in channel.advance(now):
            sends.setdefault(gvcp_codec.parse_command(effect.data).req_id, []).append(effect.data)
    counters = channel.counters
    assert counters.sent + counters.dropped == posted
    if settings.timeout_ms:
        assert counters.acknowledged + counters.given_up == counters.sent
        assert counters.given_up == sum(req_id not in answered for req_id in range(1, counters.sent + 1))
        assert counters.retransmitted == counters.given_up * settings.retries
    assert all(len(set(datagrams)) == 1 for datagrams in sends.values())
