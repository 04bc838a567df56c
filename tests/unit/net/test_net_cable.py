"""The cable: whole, faulty, unplugged, and from one to the other while it is used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tiscam_emu.gvsp.packets import Packet, Run
from tiscam_emu.net.cable import Cable
from tiscam_emu.net.clock import ManualClock
from tiscam_emu.net.fault_plan import FaultPlan
from tiscam_emu.net.faulty_link import Carried

MS = 1_000_000
A, B = ("192.0.2.1", 1000, True), ("192.0.2.2", 2000, True)


@dataclass
class Receiver:
    """Datagrams by where they went; `handed` are the very objects that came."""

    at: tuple[str, int, bool] | None = None
    got: list[tuple[tuple[str, int, bool] | None, bytes]] = field(default_factory=list)
    handed: list[Sequence[Packet]] = field(default_factory=list)
    told: list[tuple[list[Packet], float]] = field(default_factory=list)

    def target(self, host: str, port: int, do_not_fragment: bool) -> None:
        self.at = (host, port, do_not_fragment)

    def send(self, packets: Sequence[Packet]) -> None:
        self.handed.append(packets)
        self.got += [(self.at, bytes(packet)) for packet in packets]

    def descriptor(self) -> int | None:
        return 7

    def left(self, packets: Iterable[Packet], span_ns: float) -> None:
        self.told.append((list(packets), span_ns))

    def send_runs(self, runs: Sequence[Run]) -> None:
        self.send([packet for run in runs for packet in run.packets()])


class Bench:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.receiver = Receiver()
        self.woken = 0
        self.cable: Cable[str] = Cable(self.receiver, self.clock, self._wake, "seed")
        self.cable.stream.target(*A)

    def _wake(self) -> None:
        self.woken += 1

    def use(self, *texts: str) -> None:
        self.cable.use(FaultPlan.parse(texts))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_only_a_whole_cable_lets_the_socket_be_used_directly(bench: Bench) -> None:
    stream = bench.cable.stream
    assert stream.descriptor() == 7
    bench.use("drop=0.5,on=stream")
    assert stream.descriptor() is None
    bench.cable.use(FaultPlan())
    assert stream.descriptor() == 7
    bench.cable.plug(plugged=False)
    assert stream.descriptor() is None


def test_a_whole_cable_hands_packets_over_as_they_are(bench: Bench) -> None:
    packets = [b"one", b"two"]
    bench.cable.stream.send(packets)
    assert bench.receiver.handed[0] is packets
    assert bench.cable.next_wakeup() is None


def test_stream_faults_leave_control_alone(bench: Bench) -> None:
    bench.use("drop=1,on=stream")
    bench.cable.stream.send([b"gone"])
    assert bench.receiver.got == []
    assert bench.cable.whole
    assert bench.cable.counters()["stream"]["dropped"] == 1


def test_control_faults_act_both_ways(bench: Bench) -> None:
    bench.use("drop=1,on=control")
    assert not bench.cable.whole
    assert list(bench.cable.arriving(b"question", "client", 0)) == []
    assert list(bench.cable.leaving(b"answer", "client", 0)) == []
    assert bench.cable.counters()["control"]["dropped"] == 2
    bench.cable.stream.send([b"image"])
    assert bench.receiver.got == [(A, b"image")]


def test_a_late_question_and_a_late_answer_come_in_their_time(bench: Bench) -> None:
    bench.use("delay_ms=4,on=control")
    bench.cable.arriving(b"question", "client", 0)
    bench.cable.leaving(b"answer", "client", MS)
    assert bench.cable.next_wakeup() == 4 * MS
    arrived, left = bench.cable.advance(4 * MS)
    assert ([bytes(a.data) for a in arrived], list(left)) == ([b"question"], [])
    arrived, left = bench.cable.advance(5 * MS)
    assert (list(arrived), [(bytes(item.data), item.to) for item in left]) == ([], [(b"answer", "client")])


def test_late_packets_wake_the_loop_and_go_where_they_were_meant_to(bench: Bench) -> None:
    bench.use("delay_ms=2,on=stream")
    bench.cable.stream.send([b"to A"])
    assert bench.woken == 1
    bench.cable.stream.target(*B)
    bench.cable.stream.send([b"to B"])
    bench.cable.advance(2 * MS)
    assert bench.receiver.got == [(A, b"to A"), (B, b"to B")]
    bench.use()
    bench.cable.stream.send([b"to B again"])
    assert bench.receiver.got[-1] == (B, b"to B again")


def test_ending_a_delay_delivers_what_is_on_its_way(bench: Bench) -> None:
    bench.use("delay_ms=1000")
    bench.cable.stream.send([b"late"])
    bench.use()
    assert bench.receiver.got == [(A, b"late")]
    assert bench.cable.next_wakeup() is None


def test_nothing_passes_an_unplugged_cable(bench: Bench) -> None:
    bench.cable.plug(plugged=False)
    bench.cable.stream.send([b"image"])
    assert list(bench.cable.arriving(b"question", "client", 0)) == []
    assert list(bench.cable.leaving(b"answer", "client", 0)) == []
    assert bench.receiver.got == []
    assert not bench.cable.plugged
    assert bench.cable.counters()["stream"]["unplugged"] == 1
    assert bench.cable.counters()["control"]["unplugged"] == 2


def test_a_cable_plugged_in_again_is_as_it_was(bench: Bench) -> None:
    bench.use("duplicate=1,on=stream")
    bench.cable.plug(plugged=False)
    bench.cable.plug(plugged=True)
    bench.cable.stream.send([b"image"])
    assert bench.receiver.got == [(A, b"image")] * 2
    assert bench.cable.whole


def test_what_arrives_while_unplugged_is_lost_although_it_was_sent_before(bench: Bench) -> None:
    bench.use("delay_ms=5")
    bench.cable.stream.send([b"image"])
    bench.cable.plug(plugged=False)
    bench.cable.advance(5 * MS)
    bench.cable.plug(plugged=True)
    bench.cable.advance(20 * MS)
    assert bench.receiver.got == []


def test_the_same_faults_set_again_begin_anew(bench: Bench) -> None:
    packets = [bytes([number]) for number in range(100)]
    runs = []
    for _ in range(2):
        bench.use("drop=0.5,on=stream")
        bench.receiver.got.clear()
        bench.cable.stream.send(packets)
        runs.append(list(bench.receiver.got))
    assert runs[0] == runs[1]
    assert 0 < len(runs[0]) < 100


def test_who_is_interposed_sees_all_datagrams_and_decides_which_go_on(bench: Bench) -> None:
    seen: list[bytes] = []

    def meddle(datagrams: Sequence[Carried[Any]], _now: int) -> Sequence[Carried[Any]]:
        seen.extend(bytes(datagram.data) for datagram in datagrams)
        return [datagram for datagram in datagrams if datagram.data != b"two"]

    bench.cable.interpose(meddle, meddle, meddle)
    bench.cable.stream.send([b"one", b"two", b"three"])
    arriving = bench.cable.arriving(b"two", "peer", 0)
    leaving = bench.cable.leaving(b"four", "peer", 0)

    assert seen == [b"one", b"two", b"three", b"two", b"four"]
    assert [data for _, data in bench.receiver.got] == [b"one", b"three"]
    assert ([*arriving], [datagram.data for datagram in leaving]) == ([], [b"four"])
    assert not bench.cable.whole

    bench.cable.interpose(None, None, None)
    assert bench.cable.whole


def test_what_has_left_by_the_socket_itself_is_told_to_whoever_listens_behind() -> None:
    bench = Bench()
    bench.cable.stream.left([b"packet"], 5.0)
    assert bench.receiver.told == [([b"packet"], 5.0)]
