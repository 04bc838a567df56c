"""What a capture alone tells of a client, by the rules of the report card."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from tests.unit.recordings import made
from tests.unit.recordings.talk import ASKED, Talk

from tiscam_emu.errors import Status
from tiscam_emu.recordings.capture import Capture
from tiscam_emu.score import captured
from tiscam_emu.score.captured import Captured, CapturedRecord
from tiscam_emu.score.inspection import as_json, as_text, inspect
from tiscam_emu.score.record import Record
from tiscam_emu.score.rules import RULES, Rule
from tiscam_emu.wire import gvcp
from tiscam_emu.wire.bootstrap import FIRST_URL

CCP, HEARTBEAT, SCP, SCPS, FEATURE = 0x0A00, 0x0938, 0x0D00, 0x0D04, 0xF000_0000
IMAGE = made.image_of("Mono8", 40, 30)
LAST = 4
"""The trailer's id: 1200 bytes in packets of 500."""


class Session(Talk):
    """State: a client that has opened the camera and streams."""

    def __init__(self, *, port: int = 50_000) -> None:
        super().__init__()
        self.read(FIRST_URL.address)
        self.write(CCP, 2)
        self.write(SCP, port)

    def stream(self, packets: Sequence[bytes]) -> None:
        for packet in packets:
            self.at_s += 0.0001
            self.packets += made.over_ip([packet], at_s=self.at_s)

    def frames(self, first: int = 1, count: int = 1, *, without: Sequence[int] = ()) -> None:
        for number in range(first, first + count):
            self.stream([packet for at, packet in enumerate(made.block(IMAGE, number)) if at not in without])

    def ask_again(self, block: int, first: int, last: int) -> None:
        self.number += 1
        self.ask(gvcp.PacketResendCmd(self.number, 0, block, first, last), wait_s=0.02)

    def later(self, block: int, packet: int) -> None:
        """A packet of a frame comes, again or for the first time."""
        self.stream([made.block(IMAGE, block)[packet]])

    def close(self) -> None:
        self.write(CCP, 0)


def _record(talk: Talk, path: Path) -> CapturedRecord:
    found = Captured()
    for datagram in Capture(made.write(path / "a.pcap", talk.packets)).datagrams():
        found.add(datagram)
    found.close(datagram.time_ns)
    return found.records["10.0.0.7", "10.0.0.2:40000"]


def _grade(talk: Talk, path: Path, rule: str) -> tuple[str, str]:
    record = _record(talk, path)
    (verdict,) = [each.judge(record) for each in RULES if each.name == rule]
    return verdict.grade.value, verdict.seen


def test_every_rule_says_what_it_expects_and_why() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.expected.endswith(".") and rule.why.endswith(".") for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_of_a_client_that_did_nothing_nothing_is_said(rule: Rule, tmp_path: Path) -> None:
    assert rule.judge(Record(partial=True)).grade.value == "not seen"
    talk = Talk()
    talk.read()
    assert rule.judge(_record(talk, tmp_path)).grade.value == "not seen"


# What was lost


def test_a_packet_that_never_came_is_lost(tmp_path: Path) -> None:
    session = Session()
    session.frames(1, without=[2])
    session.frames(2)
    record = _record(session, tmp_path)
    assert [(block.lost_once, block.whole) for block in record.blocks] == [({2}, False), (set(), True)]


def test_a_packet_that_came_only_after_it_was_asked_for_was_lost(tmp_path: Path) -> None:
    session = Session()
    session.frames(1, without=[2])
    session.ask_again(1, 2, 2)
    session.later(1, 2)
    record = _record(session, tmp_path)
    assert [(block.lost_once, block.whole) for block in record.blocks] == [({2}, True)]
    assert record.needless() == []


def test_a_packet_that_was_only_late_was_not_lost_and_asking_for_it_was_needless(tmp_path: Path) -> None:
    session = Session()
    session.frames(1, without=[2])
    session.ask_again(1, 2, 2)
    session.later(1, 2)
    session.later(1, 2)
    record = _record(session, tmp_path)
    assert [block.lost_once for block in record.blocks] == [set()]
    assert len(record.needless()) == 1


def test_a_packet_that_had_to_be_asked_for_twice_was_lost(tmp_path: Path) -> None:
    session = Session()
    session.frames(1, without=[2])
    session.ask_again(1, 2, 2)
    session.ask_again(1, 1, 3)
    session.later(1, 2)
    session.later(1, 2)
    record = _record(session, tmp_path)
    assert [block.lost_once for block in record.blocks] == [{2}]


def test_asking_for_what_had_come_is_needless(tmp_path: Path) -> None:
    session = Session()
    session.frames(1)
    session.ask_again(1, 2, 3)
    session.later(1, 2)
    assert len(_record(session, tmp_path).needless()) == 1
    assert _grade(session, tmp_path, "requests") == ("bad", "1 frames, 1 requests for packets that were not lost")


def test_a_frame_of_which_nothing_is_there_may_have_been_lost(tmp_path: Path) -> None:
    session = Session()
    session.frames(1)
    session.ask_again(2, 0, LAST)
    assert _record(session, tmp_path).needless() == []


def test_a_frame_without_a_trailer_lost_it_if_others_follow(tmp_path: Path) -> None:
    session = Session()
    session.frames(1)
    session.frames(2, without=[LAST])
    session.frames(3, without=[LAST])
    record = _record(session, tmp_path)
    assert [block.block_id for block in record.hurt()] == [2]
    assert [block.block_id for block in record.finished()] == [1, 2]  # the stream may have ended within the last one


def test_block_ids_of_a_stream_that_is_opened_anew_are_those_of_other_frames(tmp_path: Path) -> None:
    session = Session()
    session.frames(1, 2)
    session.write(SCP, 50_000)
    session.frames(1)
    assert [block.block_id for block in _record(session, tmp_path).whole()] == [1, 2, 1]


@pytest.mark.parametrize(("mended", "grade"), [(True, "good"), (False, "bad")])
def test_a_client_that_never_asks_again_is_told_from_one_that_does(tmp_path: Path, grade: str, *, mended: bool) -> None:
    session = Session()
    for number in range(1, 9):
        session.frames(number, without=[3])
        if mended:
            session.ask_again(number, 3, 3)
            session.later(number, 3)
    session.at_s += 1
    session.close()
    asked = 8 if mended else 0
    assert _grade(session, tmp_path, "losses") == (
        grade,
        f"8 frames lost 8 packets, {asked} requests, {asked} frames mended",
    )
    assert _grade(session, tmp_path, "requests")[0] == ("good" if mended else "not seen")


# The channel of control


def test_control_that_was_given_back(tmp_path: Path) -> None:
    session = Session()
    session.close()
    assert _grade(session, tmp_path, "control") == ("good", "gave control back")


@pytest.mark.parametrize(("silent_s", "grade"), [(2.0, "not seen"), (3.5, "bad")])
def test_control_at_the_end_of_a_capture_counts_when_the_heartbeat_has_run_out(
    tmp_path: Path, silent_s: float, grade: str
) -> None:
    session = Session()
    session.packets += made.over_ip([b"of somebody else"], at_s=session.at_s + silent_s)
    assert _grade(session, tmp_path, "control")[0] == grade
    assert _grade(session, tmp_path, "heartbeat")[0] == "good"


@pytest.mark.parametrize(
    ("silent_s", "timeout_ms", "grade"), [(0.9, 3000, "good"), (2.5, 3000, "bad"), (2.5, 10_000, "good")]
)
def test_silence_is_held_against_the_timeout_in_force(
    tmp_path: Path, silent_s: float, timeout_ms: int, grade: str
) -> None:
    session = Session()
    session.write(HEARTBEAT, timeout_ms)
    session.read(wait_s=silent_s)
    session.close()
    told, seen = _grade(session, tmp_path, "heartbeat")
    assert told == grade
    assert seen.endswith(f" ms of {timeout_ms}")


def test_a_client_that_never_asks_for_the_description(tmp_path: Path) -> None:
    talk = Talk()
    talk.write(CCP, 2)
    assert _grade(talk, tmp_path, "description") == ("bad", "never asked where the description is")
    assert _grade(Session(), tmp_path, "description")[0] == "good"


@pytest.mark.parametrize(("blocks", "grade"), [(0, "not seen"), (1, "bad"), (2, "good")])
def test_a_description_is_read_to_its_end_or_not_at_all(tmp_path: Path, blocks: int, grade: str) -> None:
    talk = Talk()
    talk.memory(FIRST_URL.address, b"local:acme.xml;10000;400".ljust(512, b"\0"))
    for number in range(blocks):
        talk.memory(0x10000 + 512 * number, bytes(512))
    assert _grade(talk, tmp_path, "reading")[0] == grade


def test_writing_without_control(tmp_path: Path) -> None:
    talk = Talk()
    talk.write(FEATURE, 1, Status.ACCESS_DENIED)
    talk.write(CCP, 2, Status.ACCESS_DENIED)
    assert _grade(talk, tmp_path, "writes") == ("bad", "wrote 1 times without control")


@pytest.mark.parametrize(("same", "grade"), [(True, "good"), (False, "bad")])
def test_a_command_without_an_answer_comes_again_under_its_id(tmp_path: Path, grade: str, *, same: bool) -> None:
    session = Session()
    for number in (100, 100 if same else 101):
        session.ask(gvcp.WriteRegCmd(number, ((FEATURE, 1),), flags=1))
    session.answer(gvcp.WriteRegAck(100, 1))
    assert _grade(session, tmp_path, "repeating")[0] == grade


def test_writing_the_same_again_after_it_was_acknowledged_is_another_command(tmp_path: Path) -> None:
    session = Session()
    session.write(FEATURE, 1)
    session.write(FEATURE, 1)
    assert _grade(session, tmp_path, "repeating") == ("not seen", "nothing had to come again")


@pytest.mark.parametrize(("wait_s", "grade"), [(0.2, "bad"), (0.8, "good")])
def test_patience_lasts_as_long_as_was_asked_for(tmp_path: Path, wait_s: float, grade: str) -> None:
    session = Session()
    session.ask(gvcp.WriteRegCmd(100, ((FEATURE, 1),), flags=1))
    session.answer(gvcp.PendingAck(100, 500))
    session.ask(gvcp.WriteRegCmd(100, ((FEATURE, 1),), flags=1), wait_s=wait_s)
    assert _grade(session, tmp_path, "patience")[0] == grade


@pytest.mark.parametrize(("frames", "grade"), [(0, "bad"), (5, "good")])
def test_busy_is_no_reason_to_give_up(tmp_path: Path, frames: int, grade: str) -> None:
    session = Session()
    session.write(FEATURE, 1, Status.BUSY)
    session.frames(1, frames)
    assert _grade(session, tmp_path, "busy")[0] == grade


def test_packets_that_any_path_carries_need_no_test(tmp_path: Path) -> None:
    session = Session()
    session.frames(1, 3)
    seen = "packets of 536 bytes: 3 of 3 frames arrived"
    assert _grade(session, tmp_path, "packet-size") == ("good", seen)


@pytest.mark.parametrize(("tested", "grade"), [(True, "good"), (False, "bad")])
def test_large_packets_are_tried_first(tmp_path: Path, grade: str, *, tested: bool) -> None:
    session = Session()
    if tested:
        session.stream([bytes(3000 + 8)])
    for number in range(1, 4):
        session.stream(made.block(made.image_of("Mono8", 80, 80), number, size=(80, 80), data=3000))
    assert _grade(session, tmp_path, "packet-size")[0] == grade


# As a whole


def test_the_report_has_grades_below_each_client_and_what_a_good_one_does(tmp_path: Path) -> None:
    session = Session()
    session.read(wait_s=2.5)
    session.close()
    lines = as_text(inspect(made.write(tmp_path / "a.pcap", session.packets))).splitlines()
    assert lines[-5:] == [
        "    good: description: asked where the description is",
        "    good: control: gave control back",
        "    bad: heartbeat: was silent for 2501 ms of 3000",
        "      a good client: Says something well inside the heartbeat timeout. A late thread or a lost datagram takes "
        "control from a client that waits until the last moment.",
        "    good: writes: wrote in control alone",
    ]


def test_the_report_for_programs_has_every_rule(tmp_path: Path) -> None:
    session = Session()
    session.frames(1, 3, without=[2])
    session.close()
    told = json.loads(as_json(inspect(made.write(tmp_path / "a.pcap", session.packets))))
    (camera,), (stream,) = told["cameras"], told["streams"]
    (client,) = camera["clients"]
    assert [rule["name"] for rule in client["rules"]] == [rule.name for rule in RULES]
    assert client["good"] + client["bad"] + client["not_seen"] == len(RULES)
    assert {"grade", "seen", "expected", "why"} <= client["rules"][0].keys()
    assert stream["frames"] == {"40 x 30 Mono8": 3}
    assert stream["losses"] == "3 packets of 3 frames lost"


def test_each_program_is_graded_by_itself(tmp_path: Path) -> None:
    session = Session()
    other = ASKED._replace(source_port=40_001)
    session.packets += made.over_ip([bytes.fromhex("4201008000040007") + bytes(4)], other, at_s=session.at_s)
    graded = inspect(made.write(tmp_path / "a.pcap", session.packets)).graded
    assert [client for _, client in graded] == ["10.0.0.2:40000", "10.0.0.2:40001"]


def test_what_is_too_much_is_left_out_and_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captured, "_Limits", partial(captured._Limits, datagrams=7, packets=LAST + 1))
    session = Session()
    session.frames(1, 3)
    session.close()
    found = Captured()
    for datagram in Capture(made.write(tmp_path / "a.pcap", session.packets)).datagrams():
        found.add(datagram)
    found.close(datagram.time_ns)
    assert found.left_out > 0
    (record,) = found.records.values()
    assert len(record.blocks) == 1


def test_a_hostile_packet_id_takes_no_memory(tmp_path: Path) -> None:
    session = Session()
    session.stream([bytes.fromhex("0000 0001 82000000 0000000000000001 ffffffff") + bytes(8)])
    session.ask_again(1, 0, 0xFFFFFF)
    (block,) = _record(session, tmp_path).blocks
    assert (block.last_id, block.lost_once) == (None, set())
