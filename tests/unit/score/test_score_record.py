"""What the report card makes of the datagrams it saw."""

from __future__ import annotations

import struct

import pytest

from tiscam_emu.errors import InvalidOption
from tiscam_emu.score.meddler import LosesLarge, LosesPackets, LosesShare, Meddler, RepeatsPackets, SwapsPackets
from tiscam_emu.score.record import Datagram, Record, StreamPacket, stream_packet
from tiscam_emu.score.trials import all_trials, chosen
from tiscam_emu.wire.endpoint import Endpoint

MS = 1_000_000
CLIENT, OTHER = Endpoint("127.0.0.1", 5000), Endpoint("127.0.0.1", 6000)
LEADER, TRAILER, PAYLOAD = 1, 2, 3


def packet(block: int, number: int, form: int = PAYLOAD, *, status: int = 0, size: int = 100) -> StreamPacket:
    return stream_packet(struct.pack(">HHI", status, block, form << 24 | number) + bytes(size - 8))


def write(at_ms: int, address: int, value: int, *, number: int, peer: Endpoint = CLIENT) -> Datagram:
    return Datagram(at_ms * MS, peer, struct.pack(">BBHHHII", 0x42, 1, 0x82, 8, number, address, value))


def read(at_ms: int, address: int, *, number: int, peer: Endpoint = CLIENT) -> Datagram:
    return Datagram(at_ms * MS, peer, struct.pack(">BBHHHI", 0x42, 1, 0x80, 4, number, address))


def ack(at_ms: int, number: int, *, status: int = 0, code: int = 0x83, peer: Endpoint = CLIENT) -> Datagram:
    return Datagram(at_ms * MS, peer, struct.pack(">HHHHI", status, code, 4, number, 0))


def passed(meddler: Meddler, packets: list[StreamPacket]) -> list[tuple[int, int]]:
    """Block and packet ids of what goes on."""
    return [
        (seen.block_id, seen.packet_id)
        for each in packets
        for data in meddler.packet(each, 0)
        for seen in [stream_packet(data)]
    ]


def frame(block: int, payload: int = 3) -> list[StreamPacket]:
    inner = [packet(block, number) for number in range(1, payload + 1)]
    return [packet(block, 0, LEADER), *inner, packet(block, payload + 1, TRAILER)]


def test_a_frame_that_lost_a_packet_is_whole_when_that_arrives_after_all() -> None:
    record = Record()
    for each in frame(1):
        record.saw(each, 0, arrived=each.packet_id != 2)
    assert (record.hurt(), record.whole()) == (record.blocks, [])

    record.saw(packet(1, 2, status=0x0100), MS, arrived=True)
    assert record.whole() == record.hurt() == record.blocks


def test_block_ids_of_a_stream_that_is_opened_anew_are_those_of_other_frames() -> None:
    record = Record()
    for each in frame(1) + frame(2):
        record.saw(each, 0, arrived=True)
    record.heard(write(1, 0x0D00, 50_000, number=1))
    for each in frame(1):
        record.saw(each, 0, arrived=True)
    assert [block.block_id for block in record.whole()] == [1, 2, 1]


def test_a_leader_sent_again_without_saying_so_is_of_the_same_frame() -> None:
    record = Record()
    for each in frame(1):
        record.saw(each, 0, arrived=each.packet_id != 0)
    record.saw(packet(1, 0, LEADER), MS, arrived=True)
    assert [block.whole for block in record.blocks] == [True]


def test_test_packets_and_packets_that_are_gone_belong_to_no_frame() -> None:
    record = Record()
    record.saw(packet(0, 0, size=1472), 0, arrived=False)
    record.saw(packet(7, 3, status=0x800C), 0, arrived=True)
    assert (record.blocks, [(test.ip_bytes, test.arrived) for test in record.test_packets]) == ([], [(1500, False)])


def test_extended_headers_are_understood() -> None:
    data = struct.pack(">HHIQI", 0, 0x2000, (0x80 | PAYLOAD) << 24, 1 << 40, 70_000)
    seen = stream_packet(data)
    assert (seen.block_id, seen.packet_id, seen.extended) == (1 << 40, 70_000, True)


def test_control_counts_as_taken_only_if_the_camera_agreed() -> None:
    record = Record()
    record.commands = [write(0, 0x0A00, 2, number=1), write(10, 0x0A00, 2, number=2, peer=OTHER)]
    record.answers = [ack(1, 1), ack(11, 2, status=0x8006, peer=OTHER)]
    assert [datagram.peer for datagram in record.taken()] == [CLIENT]


def test_silences_last_from_command_to_command_of_who_has_control() -> None:
    record = Record()
    record.commands = [write(0, 0x0A00, 2, number=1), read(900, 0x0A00, number=2), read(950, 0, number=9, peer=OTHER)]
    record.commands += [read(1500, 0x0A00, number=3), write(1600, 0x0A00, 0, number=4)]
    record.answers = [ack(1, 1)]
    assert [silence // MS for silence in record.silences()] == [900, 600, 100, 0]


def test_a_lost_acknowledge_is_none() -> None:
    record = Record()
    command = write(0, 0x0D00, 5, number=1)
    lost = ack(1, 1)
    record.answers = [Datagram(lost.at_ns, lost.peer, lost.data, lost=True)]
    assert record.answer_to(command) is None


# Who sits on the cable


def test_chosen_packets_are_lost_once() -> None:
    loses = LosesPackets(lambda seen: seen.packet_id == 2)
    assert passed(loses, frame(1)) == [(1, 0), (1, 1), (1, 3), (1, 4)]
    assert passed(loses, [packet(1, 2)]) == [(1, 2)]


def test_a_share_is_lost_in_bursts() -> None:
    packets = [packet(1, number) for number in range(20_000)]
    arrived = passed(LosesShare(0.05, 10), packets)
    assert 0.03 < 1 - len(arrived) / len(packets) < 0.07


def test_large_packets_vanish_test_packets_too() -> None:
    assert passed(LosesLarge(1500), [packet(0, 0, size=1473), packet(1, 1, size=1472)]) == [(1, 1)]


def test_packets_are_swapped_and_repeated() -> None:
    assert passed(SwapsPackets(2), frame(1)) == [(1, 0), (1, 1), (1, 3), (1, 2), (1, 4)]
    assert passed(RepeatsPackets(2), frame(1)) == [(1, 0), (1, 1), (1, 1), (1, 2), (1, 3), (1, 3), (1, 4)]


# The trials


def test_every_trial_says_what_it_expects_and_why() -> None:
    trials = all_trials()
    assert len({trial.name for trial in trials}) == len(trials)
    assert all(trial.expected.endswith(".") and trial.why.endswith(".") and trial.flaw for trial in trials)


@pytest.mark.parametrize("name", [trial.name for trial in all_trials()])
def test_of_a_client_that_did_nothing_no_trial_says_that_it_is_good(name: str) -> None:
    (trial,) = chosen([name])
    assert trial.judge(Record()).grade.value == "not seen"


def test_trials_are_chosen_by_name_or_by_how_names_begin() -> None:
    assert [trial.name for trial in chosen(["mtu-*", "opening", "mtu-1500"])] == ["mtu-1500", "mtu-4000", "opening"]
    with pytest.raises(InvalidOption, match=r"trial 'lost': there are .*lost-leader"):
        chosen(["lost"])
