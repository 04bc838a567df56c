"""What clients do wrong is counted and told once, with who did it."""

from __future__ import annotations

import pytest
from tests.unit.gvcp.conftest import Bench

from tiscam_emu.camera.core import Camera, load
from tiscam_emu.errors import AccessDenied, OutOfRange, RegisterError, Status
from tiscam_emu.gvcp.effects import SendDatagram
from tiscam_emu.gvcp.engine import ControlEngine
from tiscam_emu.gvcp.mistakes import MISTAKES_KEPT, SENTENCES, Kind, MistakeLog
from tiscam_emu.gvcp.token_bucket import TokenBucket
from tiscam_emu.units import NS_PER_MS, NS_PER_S
from tiscam_emu.wire import gvcp, gvcp_codec
from tiscam_emu.wire.endpoint import Endpoint

CCP = 0x0A00


def noted(bench: Bench) -> list[tuple[Kind, Endpoint, int]]:
    return [(mistake.kind, mistake.peer, mistake.count) for mistake in bench.engine.mistakes]


def test_a_well_behaved_client_makes_no_mistakes(bench: Bench) -> None:
    bench.write(CCP, 2)
    bench.write(0xA004, 1)
    bench.read(0xA004, bench.b)
    bench.write(CCP, 0)
    assert noted(bench) == []
    assert bench.engine.mistakes.take_sentences() == []


def test_writing_without_control_is_told_once_and_counted_each_time(bench: Bench) -> None:
    bench.write(CCP, 2)
    for _ in range(3):
        assert bench.write(0xA004, 1, bench.b) is Status.ACCESS_DENIED
    assert noted(bench) == [(Kind.WRITE_WITHOUT_CONTROL, bench.b, 3)]
    assert bench.engine.mistakes.take_sentences() == [
        "192.168.0.5:50001: write without control: 192.168.0.5:50001 has no control"
    ]
    assert bench.engine.mistakes.take_sentences() == []


@pytest.mark.parametrize(
    ("datagram", "kind"),
    [
        ("42010080 0004 0001 0000a002", Kind.UNALIGNED_ACCESS),
        ("42010084 0008 0001 0000a000 0000 0003", Kind.UNALIGNED_ACCESS),
        ("42010080 0004 0001 0000b000", Kind.UNKNOWN_ADDRESS),
        ("42010082 0008 0001 0000a000 00000001", Kind.REFUSED_ACCESS),
        ("42010082 0008 0001 0000b000 00000001", Kind.UNKNOWN_ADDRESS),
        ("42010080 0005 0001 0000a000", Kind.MALFORMED_COMMAND),
        ("42010080 0004 0000 0000a000", Kind.MALFORMED_COMMAND),
        ("4201 0777 0000 0001", Kind.UNKNOWN_COMMAND),
        ("00010080 0004 0001 0000a000", Kind.BAD_DATAGRAM),
        ("42", Kind.BAD_DATAGRAM),
    ],
)
def test_each_kind_of_mistake_is_told_from_the_others(bench: Bench, datagram: str, kind: Kind) -> None:
    bench.write(CCP, 2)
    bench.engine.receive(bytes.fromhex(datagram), bench.a, bench.now)
    assert noted(bench) == [(kind, bench.a, 1)]


def _forgive(bench: Bench, *errors: RegisterError) -> Status:
    """Write to a register that forgives these errors."""
    bench.device.forgiven += errors
    return bench.write(0xA004, 1)


def test_fitted_and_ignored_writes_succeed_and_are_told_once_and_counted_each_time(bench: Bench) -> None:
    bench.write(CCP, 2)
    for value in (37, 38, 39):
        assert _forgive(bench, OutOfRange("Width", value, 16, 32, 16)) is Status.SUCCESS
    for _ in range(2):
        assert _forgive(bench, AccessDenied("OffsetX is locked: OffsetAutoCenter is On")) is Status.SUCCESS
    assert noted(bench) == [(Kind.FITTED_WRITE, bench.a, 3), (Kind.IGNORED_WRITE, bench.a, 2)]
    assert bench.engine.mistakes.take_sentences() == [
        "192.168.0.5:50000: write of a value that had to be fitted: Width: 37 is not in 16 to 32 in steps of 16",
        "192.168.0.5:50000: write that was acknowledged and ignored: OffsetX is locked: OffsetAutoCenter is On",
    ]


def test_all_that_one_message_had_forgiven_is_counted(bench: Bench) -> None:
    bench.write(CCP, 2)
    _forgive(bench, *(OutOfRange("LUTValue", value, 0, 65535, 1) for value in range(70_000, 70_005)))
    assert noted(bench) == [(Kind.FITTED_WRITE, bench.a, 5)]
    _forgive(bench)
    assert noted(bench) == [(Kind.FITTED_WRITE, bench.a, 5)]


def test_what_is_forgiven_is_the_mistake_of_the_client_that_wrote_it(bench: Bench) -> None:
    bench.write(CCP, 2)
    _forgive(bench, OutOfRange("Width", 37, 16, 32, 16))
    bench.write(CCP, 0)
    bench.write(CCP, 2, bench.b)
    bench.device.forgiven.append(OutOfRange("Width", 38, 16, 32, 16))
    assert bench.write(0xA004, 1, bench.b) is Status.SUCCESS
    assert noted(bench) == [(Kind.FITTED_WRITE, bench.a, 1), (Kind.FITTED_WRITE, bench.b, 1)]


def test_repeated_datagram_is_no_second_mistake(bench: Bench) -> None:
    bench.write(CCP, 2)
    write = "42010082 0008 0777 0000a004 00000001"
    bench.device.forgiven.append(OutOfRange("Width", 37, 16, 32, 16))
    assert bench.raw(write) == bench.raw(write) == "0000008300040777" + "00000001"
    assert noted(bench) == [(Kind.FITTED_WRITE, bench.a, 1)]


def test_mistakes_on_the_registers_of_a_camera_are_told_with_its_names() -> None:
    engine, client = ControlEngine(Camera(load("33GP1300"))), Endpoint("127.0.0.1", 50000)

    def write(number: int, *pairs: tuple[int, int]) -> None:
        command = gvcp_codec.build_command(gvcp.WriteRegCmd(number, pairs))
        (answer,) = engine.receive(command, client, 0)
        assert isinstance(answer, SendDatagram)
        ack = gvcp_codec.parse_ack(answer.data)
        assert isinstance(ack, gvcp.WriteRegAck)
        assert (ack.status, ack.index) == (Status.SUCCESS, len(pairs))

    write(1, (CCP, 2))
    write(2, (0xFF00_0090, 0), (0xFF00_00A0, 0), (0xFF00_0070, 1281))
    assert [(mistake.kind, mistake.count) for mistake in engine.mistakes] == [
        (Kind.IGNORED_WRITE, 2),
        (Kind.FITTED_WRITE, 1),
    ]
    assert engine.mistakes.take_sentences() == [
        "127.0.0.1:50000: write that was acknowledged and ignored: OffsetX is locked: OffsetAutoCenter is On",
        "127.0.0.1:50000: write of a value that had to be fitted: Width: 1281 is not in 256 to 1280 in steps of 16",
    ]


def _force_ip(address: str) -> bytes:
    return bytes.fromhex("42010004 0038 1234 0000 0207060504ff" + "00" * 12 + address + "00" * 32)


def test_forced_address_that_cannot_be_taken_is_told(bench: Bench) -> None:
    bench.engine.receive(_force_ip("0a000002"), bench.a, 0)
    bench.write(CCP, 2)
    bench.engine.receive(_force_ip("c0a80009"), bench.b, 0)
    assert noted(bench) == [(Kind.FORCED_ADDRESS, bench.a, 1), (Kind.FORCED_ADDRESS, bench.b, 1)]
    assert bench.engine.mistakes.take_sentences() == [
        "192.168.0.5:50000: FORCEIP that cannot be followed: to 10.0.0.2: a camera changes its address only at a start",
        "192.168.0.5:50001: FORCEIP that cannot be followed: to 192.168.0.9: 192.168.0.5:50000 has control",
    ]


def test_forced_address_that_the_camera_has_is_no_mistake(bench: Bench) -> None:
    bench.engine.receive(_force_ip("c0a80009"), bench.a, 0)
    bench.engine.receive(_force_ip("00000000"), bench.a, 0)
    assert noted(bench) == []


def test_reading_past_an_exclusive_owner_is_a_mistake(bench: Bench) -> None:
    bench.write(CCP, 1)
    bench.read(0xA004, bench.b)
    assert noted(bench) == [(Kind.READ_WITHOUT_PRIVILEGE, bench.b, 1)]


def test_a_missed_heartbeat_names_the_client_that_missed_it(bench: Bench) -> None:
    bench.write(CCP, 2)
    bench.wait_ms(3000)
    assert noted(bench) == [(Kind.MISSED_HEARTBEAT, bench.a, 1)]
    (sentence,) = bench.engine.mistakes.take_sentences()
    assert sentence == "192.168.0.5:50000: missed heartbeat: silent for 3000 ms, so control is lost"


def test_discovery_is_answered_a_hundred_times_at_once_and_fifty_times_a_second(bench: Bench) -> None:
    discovery = "42010002 0000 ffff"
    answers = [bench.raw(discovery) for _ in range(1000)]
    assert sum(answer is not None for answer in answers) == 100
    assert answers[99] is not None
    assert bench.engine.counters.unanswered_discoveries == 900
    assert noted(bench) == [(Kind.DISCOVERY_FLOOD, bench.a, 900)]
    bench.wait_ms(1000)
    assert sum(bench.raw(discovery) is not None for _ in range(1000)) == 50


def test_no_answer_is_more_than_thirty_five_times_as_long_as_its_question(bench: Bench) -> None:
    """The longest one is READMEM: 16 bytes ask for 536, which come in 548."""
    questions = {
        "discovery": "42010002 0000 ffff",
        "read register": "42010080 0004 0001 0000a004",
        "read memory": "42010084 0008 0001 0000a004 0000 0218",
        "write register": "42010082 0008 0002 0000a004 00000001",
        "resend": "42000040 000c 0001 0000 0001 00000000 00ffffff",
        "unknown": "4201 0777 0000 0001",
    }
    bench.write(CCP, 2)
    factors = {}
    for name, question in questions.items():
        answer = bench.raw(question) if name != "resend" else None
        factors[name] = len(answer or "") / len(question.replace(" ", ""))
    assert factors["discovery"] == 256 / 8
    assert factors["read memory"] == 548 / 16
    assert max(factors.values()) < 35


def test_the_log_keeps_the_latest_mistakes_and_ends_telling() -> None:
    log = MistakeLog()
    for port in range(1000):
        log.note(Kind.BAD_DATAGRAM, Endpoint("10.0.0.1", port), "1 byte")
    assert [mistake.peer.port for mistake in log] == list(range(1000 - MISTAKES_KEPT, 1000))
    sentences = log.take_sentences()
    assert len(sentences) == SENTENCES + 1
    assert sentences[-1] == "datagram that is not GVCP: more clients do it; they are counted and not told"
    log.note(Kind.UNKNOWN_COMMAND, Endpoint("10.0.0.1", 1), "0x0777")
    assert log.take_sentences() == ["10.0.0.1:1: unknown command: 0x0777"]


def test_a_bucket_refills_evenly_and_not_beyond_its_depth() -> None:
    bucket = TokenBucket(per_s=10, at_once=3)
    assert [bucket.take(0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(100 * NS_PER_MS - 1)
    assert bucket.take(100 * NS_PER_MS)
    assert not bucket.take(100 * NS_PER_MS)
    assert [bucket.take(60 * NS_PER_S) for _ in range(4)] == [True, True, True, False]


def test_the_engine_bounds_what_it_remembers_of_strangers(bench: Bench) -> None:
    engine: ControlEngine = bench.engine
    for port in range(2000):
        engine.receive(b"nonsense", Endpoint("10.0.0.1", port), 0)
    assert len(list(engine.mistakes)) == MISTAKES_KEPT
