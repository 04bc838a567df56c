from __future__ import annotations

import io
from pathlib import Path

import pytest
from dpkt import ip as dpkt_ip
from dpkt import pcapng

from tiscam_emu.recordings import writer
from tiscam_emu.recordings.handover import Burst, Flow, packed, unpacked

FLOW = Flow("127.0.0.1", 3956, "127.0.0.9", 50_000)
BACK = Flow("127.0.0.9", 50_000, "127.0.0.1", 3956)
AT = 1_700_000_000_000_001_000


def _handed(*bursts: bytes) -> list[Burst]:
    return list(unpacked(io.BytesIO(b"".join(bursts))))


def _packets(path: Path) -> list[tuple[float, dpkt_ip.IP]]:
    with path.open("rb") as file:
        return [(time, dpkt_ip.IP(data)) for time, data in pcapng.Reader(file)]


def test_bursts_come_out_as_they_went_in() -> None:
    first, second = _handed(
        packed(AT, 0, FLOW, [b"one", memoryview(b""), b"three"]), packed(AT + 5, 7, BACK, [b"answer"])
    )
    assert first == Burst(AT, 0, FLOW, [memoryview(b"one"), memoryview(b""), memoryview(b"three")])
    assert second == Burst(AT + 5, 7, BACK, [memoryview(b"answer")])


@pytest.mark.parametrize("missing", [1, 5, 9, 30, 34])
def test_a_burst_cut_off_is_not_given(missing: int) -> None:
    whole = packed(AT, 0, FLOW, [b"whole"])
    assert len(_handed(whole + whole[: len(whole) - missing])) == 1


def test_the_file_has_raw_ip_packets_with_times_ends_and_rising_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    file = writer.RotatingFile(path, 0)
    file.write(Burst(AT, 0, FLOW, [memoryview(b"one"), memoryview(b"two")]))
    file.write(Burst(AT + 2_000_000, 0, BACK, [memoryview(b"three")]))
    file.write(Burst(AT + 3_000_000, 0, FLOW, [memoryview(b"four")]))
    file.flush()
    times, packets = zip(*_packets(path), strict=True)
    assert [round((time - AT / 1e9) * 1e3) for time in times] == [0, 0, 2, 3]
    assert [bytes(packet.data.data) for packet in packets] == [b"one", b"two", b"three", b"four"]
    assert [packet.id for packet in packets] == [0, 1, 0, 2]
    assert (packets[0].src, packets[0].dst) == (b"\x7f\0\0\1", b"\x7f\0\0\x09")
    assert (packets[0].data.sport, packets[0].data.dport) == (3956, 50_000)


def test_the_header_has_the_checksum_that_another_program_computes() -> None:
    built = writer.ip_packet(FLOW, b"data", 0xABCD)
    other = dpkt_ip.IP(built)
    other.sum = 0
    assert bytes(other)[10:12] == built[10:12] != b"\0\0"


def test_a_file_that_is_half_as_large_as_it_may_be_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    file = writer.RotatingFile(path, 20_000)
    for number in range(40):
        file.write(Burst(AT, 0, FLOW, [memoryview(bytes([number]) * 1000)]))
        file.flush()
        sizes = [each.stat().st_size for each in tmp_path.iterdir()]
        assert sum(sizes) <= 20_000
    kept = [packet.data.data[0] for each in (writer.before(path), path) for _, packet in _packets(each)]
    assert kept == list(range(40 - len(kept), 40))
    assert len(kept) >= 10
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.1.pcapng", "a.pcapng"]


def test_without_a_limit_nothing_rotates(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    file = writer.RotatingFile(path, 0)
    for _ in range(50):
        file.write(Burst(AT, 0, FLOW, [memoryview(bytes(1000))]))
    file.flush()
    assert len(_packets(path)) == 50
    assert list(tmp_path.iterdir()) == [path]


def test_packets_of_a_frame_are_as_far_apart_as_they_left(tmp_path: Path) -> None:
    file = writer.RotatingFile(tmp_path / "a.pcapng", 0)
    file.write(Burst(AT, 8_000_000, FLOW, [memoryview(b"packet")] * 4))
    file.flush()
    assert [round((time - AT / 1e9) * 1e3) for time, _ in _packets(tmp_path / "a.pcapng")] == [2, 4, 6, 8]


def test_the_recording_before_is_kept_as_a_camera_that_is_started_again_would_lose_it(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    for text in (b"first", b"second", b"third"):
        file = writer.RotatingFile(path, 0)
        file.write(Burst(AT, 0, FLOW, [memoryview(text)]))
        file.flush()
    assert [packet.data.data for each in (writer.before(path), path) for _, packet in _packets(each)] == [
        b"second",
        b"third",
    ]
