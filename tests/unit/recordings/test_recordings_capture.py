from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest
from dpkt import pcapng
from tests.unit.recordings import made

from tiscam_emu.recordings.capture import Capture, CaptureError, ends_of, is_capture

DATA = bytes(range(200))


def _read(path: Path) -> tuple[Capture, list[bytes]]:
    capture = Capture(path)
    return capture, [datagram.data for datagram in capture.datagrams()]


@pytest.mark.parametrize("suffix", ["pcap", "pcapng"])
@pytest.mark.parametrize("link", made.LINKS)
def test_datagrams_are_found_in_every_link_layer_with_ends_time_and_place(
    tmp_path: Path, link: str, suffix: str
) -> None:
    path = made.write(tmp_path / f"a.{suffix}", made.over_ip([DATA, b"", b"xyz"]), link)
    found = list(Capture(path).datagrams())
    assert [datagram.data for datagram in found] == [DATA, b"", b"xyz"]
    assert tuple(ends_of(found[0].ends)) == tuple(made.FLOW)
    assert found[0].time_ns == pytest.approx(made.BEGAN_S * 1e9, abs=1000)
    for datagram in found:
        assert path.read_bytes()[datagram.place :][: len(datagram.data)] == datagram.data


def test_nanoseconds_of_a_classic_capture_are_kept(tmp_path: Path) -> None:
    path = made.write(tmp_path / "a.pcap", [(1.000000001, made.over_ip([DATA])[0][1])], nano=True)
    (datagram,) = Capture(path).datagrams()
    assert datagram.time_ns in {1_000_000_000, 1_000_000_001}


def test_several_interfaces_in_one_file_have_each_its_link_layer_and_ticks(tmp_path: Path) -> None:
    path, packet = tmp_path / "a.pcapng", made.over_ip([DATA])[0][1]
    nanoseconds = [pcapng.PcapngOptionLE(code=9, data=b"\x09"), pcapng.PcapngOptionLE(code=14, data=bytes(8))]
    end = pcapng.PcapngOptionLE(code=0)
    first = pcapng.InterfaceDescriptionBlockLE(linktype=1, snaplen=0)
    second = pcapng.InterfaceDescriptionBlockLE(linktype=276, snaplen=0, opts=[*nanoseconds, end])
    with path.open("wb") as file:
        writer = pcapng.Writer(file, idb=[first, second])
        for number, link in enumerate(("ethernet", "cooked, version 2")):
            writer.writepkt(
                pcapng.EnhancedPacketBlockLE(
                    iface_id=number, ts_low=5000, pkt_data=made.LINKS[link][1] + packet, opts=[end]
                ),
            )
    found = list(Capture(path).datagrams())
    assert [datagram.data for datagram in found] == [DATA, DATA]
    assert [datagram.time_ns for datagram in found] == [5_000_000, 5000]


def test_fragments_come_with_their_place_in_the_datagram(tmp_path: Path) -> None:
    ((_, packet),) = made.over_ip([bytes(1000) + DATA])
    packets = [(1.0, piece) for piece in made.fragments(packet, 400)]
    found = list(Capture(made.write(tmp_path / "a.pcap", packets)).datagrams())
    assert [(datagram.start, len(datagram.data), datagram.size) for datagram in found] == [
        (0, 392, 1200),
        (392, 400, 1200),
        (792, 400, 1200),
        (1192, 8, 1200),
    ]
    assert b"".join(datagram.data for datagram in found) == bytes(1000) + DATA


def test_a_fragment_whose_first_one_is_missing_is_left_alone(tmp_path: Path) -> None:
    ((_, packet),) = made.over_ip([bytes(1000)])
    packets = [(1.0, piece) for piece in made.fragments(packet, 400)[1:]]
    assert _read(made.write(tmp_path / "a.pcap", packets))[1] == []


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x45",
        b"\x60" + bytes(60),  # IPv6
        bytes(60),
        b"\x45\0\0\x20" + bytes(5) + b"\x06" + bytes(50),  # TCP
        b"\x45\0\0\x14" + bytes(5) + b"\x11" + bytes(10),  # UDP without its header
        b"\x4f\0\0\x20" + bytes(5) + b"\x11" + bytes(12),  # an IP header longer than the packet
        b"\x45\0\0\x20\0\0\x3f\xff\0\x11" + bytes(40),
    ],
)
def test_what_is_no_udp_is_left_alone(tmp_path: Path, packet: bytes) -> None:
    path = made.write(tmp_path / "a.pcap", [(1.0, packet), *made.over_ip([DATA])])
    capture, found = _read(path)
    assert found == [DATA]
    assert (capture.packets, capture.damage) == (2, "")


@pytest.mark.parametrize("suffix", ["pcap", "pcapng"])
def test_a_capture_cut_anywhere_gives_what_comes_before(tmp_path: Path, suffix: str) -> None:
    whole = made.write(tmp_path / f"a.{suffix}", made.over_ip([DATA] * 3)).read_bytes()
    path = tmp_path / f"cut.{suffix}"
    seen = set()
    for size in range(4, len(whole)):
        path.write_bytes(whole[:size])
        capture, found = _read(path)
        seen.add(len(found))
        assert found == [DATA] * len(found)
        assert capture.damage.count("\n") == 0
        if capture.damage:
            assert "cut off" in capture.damage or "damaged" in capture.damage
    assert seen == {0, 1, 2}


def _block(kind: int, size: int, body: bytes = b"") -> bytes:
    return struct.pack("<II", kind, size & 0xFFFFFFFF) + body


HEADER = _block(0x0A0D0D0A, 28, struct.pack("<IHHqI", 0x1A2B3C4D, 1, 0, -1, 28))
INTERFACE = _block(1, 20, struct.pack("<HHII", 101, 0, 0, 20))
HOSTILE = {
    "a block of four gigabytes": _block(6, 0xFFFFFFFC) + bytes(100),
    "a block of no size": _block(6, 0) + bytes(100),
    "a block of odd size": _block(6, 33) + bytes(100),
    "a packet larger than its block": _block(6, 36, struct.pack("<5I", 0, 0, 0, 0xFFFFFFFF, 4) + bytes(8)),
    "a packet of no interface": _block(6, 36, struct.pack("<5I", 7, 0, 0, 4, 4) + bytes(8)),
    "an interface of a megabyte": _block(1, 1 << 20) + bytes(1 << 20),
    "an interface with an endless option": _block(1, 28, struct.pack("<HHIHHI", 101, 0, 0, 9, 0xFFFF, 0) + bytes(4)),
    "a terabyte": _block(0x0BAD, 0xFFFFFFFC) + bytes(100),
    "a section of four gigabytes": _block(0x0A0D0D0A, 0xFFFFFFFC, b"\x4d\x3c\x2b\x1a") + bytes(100),
    "a section of no size": _block(0x0A0D0D0A, 0, b"\x4d\x3c\x2b\x1a") + bytes(100),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_blocks_end_the_reading_with_one_line_and_little_memory(tmp_path: Path, name: str) -> None:
    import tracemalloc

    path = tmp_path / "a.pcapng"
    good = pcapng.EnhancedPacketBlockLE(pkt_data=made.over_ip([DATA])[0][1], opts=[pcapng.PcapngOptionLE(code=0)])
    path.write_bytes(HEADER + INTERFACE + bytes(good) + HOSTILE[name])
    tracemalloc.start()
    capture, found = _read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == [DATA]
    assert capture.damage.startswith(f"{path}: ")
    assert "\n" not in capture.damage
    assert peak < 4_000_000


def test_a_classic_capture_with_a_packet_of_gigabytes_ends_there(tmp_path: Path) -> None:
    path = made.write(tmp_path / "a.pcap", made.over_ip([DATA]))
    path.write_bytes(path.read_bytes() + struct.pack("<4I", 1, 1, 0xFFFFFFF0, 0xFFFFFFF0) + bytes(50))
    capture, found = _read(path)
    assert found == [DATA]
    assert "a packet of 4294967280 bytes" in capture.damage


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"<?xml version", b"\0" * 100])
def test_another_file_is_no_capture(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(data)
    assert not is_capture(path)
    with pytest.raises(CaptureError, match=r"a.bin: not a capture"):
        Capture(path)


def test_a_missing_file_and_a_missing_library_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CaptureError, match="No such file"):
        Capture(tmp_path / "a.pcap")
    path = made.write(tmp_path / "a.pcap", [])
    monkeypatch.setitem(sys.modules, "dpkt.pcapng", None)
    with pytest.raises(CaptureError, match=r"the extra tiscam-emu\[recordings\]: pip install dpkt"):
        Capture(path)
