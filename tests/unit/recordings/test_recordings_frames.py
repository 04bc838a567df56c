from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from tests.unit.recordings import made

from tiscam_emu.gvsp.all_in import AllInPacket
from tiscam_emu.gvsp.multi_part import MultiPartTable
from tiscam_emu.recordings import frames
from tiscam_emu.recordings.blocks import Frame, Stream, richest
from tiscam_emu.recordings.capture import Capture, CaptureError
from tiscam_emu.recordings.frame_reader import FrameReader
from tiscam_emu.wire.gvsp import ImageLeader, ImageTrailer, PayloadType
from tiscam_emu.wire.multi_part import DataType, MultiPartLeader, MultiPartTrailer, Part

IMAGE = made.image_of("Mono8", 40, 30)
OTHER = made.image_of("Mono8", 40, 30, seed=1)


def _streams(path: Path) -> list[Stream]:
    return list(frames.index(Capture(path)).streams.values())


def _frames(path: Path) -> list[Frame]:
    (stream,) = _streams(path)
    return stream.frames()


def _image(path: Path, frame: Frame, before: bytes | None = None) -> bytes:
    image = np.frombuffer(before or bytes(frame.description.image_bytes), np.uint8).copy()
    with FrameReader(path) as reader:
        reader.fill(frame, image)
    return image.tobytes()


def _captured(tmp_path: Path, *datagrams: list[bytes]) -> Path:
    return made.write(tmp_path / "a.pcapng", made.over_ip([each for block in datagrams for each in block]))


@pytest.mark.parametrize("extended", [False, True])
def test_a_frame_is_found_with_its_description_and_read_bit_for_bit(tmp_path: Path, extended: bool) -> None:
    path = _captured(tmp_path, made.block(IMAGE, 1 << 40 if extended else 7, extended=extended, timestamp=99))
    (frame,) = _frames(path)
    description = frame.description
    assert (description.width, description.height, description.timestamp) == (40, 30, 99)
    assert description.pixel_format is not None
    assert description.pixel_format.name == "Mono8"
    assert (frame.packets, frame.lost, frame.leader_lost, frame.block.trailer_id) == (3, 0, False, 4)
    assert _image(path, frame) == IMAGE


def test_packets_in_any_order_and_sent_again_make_the_same_frame(tmp_path: Path) -> None:
    leader, *rest = made.block(IMAGE, data=60)
    again = rest[3:6]
    random.Random(1).shuffle(rest)
    path = _captured(tmp_path, [leader, *rest, *again, leader])
    (frame,) = _frames(path)
    assert (frame.lost, _image(path, frame)) == (0, IMAGE)
    assert frame.block.again >= 3


def test_a_packet_that_comes_while_the_next_frames_do_belongs_to_its_own(tmp_path: Path) -> None:
    first, second = made.block(IMAGE, 1), made.block(OTHER, 2)
    path = _captured(tmp_path, [*first[:2], *first[3:], *second, first[2]])
    one, two = _frames(path)
    assert (one.lost, two.lost) == (0, 0)
    assert (_image(path, one), _image(path, two)) == (IMAGE, OTHER)


def test_lost_packets_are_counted_and_leave_what_was_there(tmp_path: Path) -> None:
    packets = made.block(IMAGE, data=100)
    path = _captured(tmp_path, packets[:3] + packets[5:])
    (frame,) = _frames(path)
    assert (frame.packets, frame.lost) == (10, 2)
    assert _image(path, frame, OTHER) == IMAGE[:200] + OTHER[200:400] + IMAGE[400:]


@pytest.mark.parametrize("lost", [0, -1, -2])
def test_a_lost_leader_trailer_or_last_packet_does_not_lose_the_frame(tmp_path: Path, lost: int) -> None:
    second = made.block(OTHER, 2, data=350)
    del second[lost]
    path = _captured(tmp_path, made.block(IMAGE, 1, data=350), second)
    _, frame = _frames(path)
    assert frame.leader_lost == (lost == 0)
    assert frame.lost == (lost == -2)
    assert _image(path, frame, OTHER) == OTHER


def test_answers_that_a_packet_is_not_there_are_no_packets(tmp_path: Path) -> None:
    packets = made.block(IMAGE)
    refusal = b"\x80\x0c" + packets[2][2:8]
    (frame,) = _frames(_captured(tmp_path, [*packets[:2], refusal, *packets[3:]]))
    assert frame.lost == 1


def test_block_ids_that_wrap_or_begin_anew_are_other_frames(tmp_path: Path) -> None:
    ids = [65_534, 65_535, 1, 2, 1, 2]
    blocks = [
        made.block(made.image_of("Mono8", 40, 30, seed), number, timestamp=seed) for seed, number in enumerate(ids)
    ]
    path = _captured(tmp_path, *blocks)
    found = _frames(path)
    assert [frame.block.block_id for frame in found] == ids
    assert [_image(path, frame) for frame in found] == [made.image_of("Mono8", 40, 30, seed) for seed in range(6)]


def test_chunks_behind_the_image_are_left_out_and_padding_counts(tmp_path: Path) -> None:
    path = _captured(tmp_path, made.block(IMAGE + b"chunks" * 20, data=300))
    (frame,) = _frames(path)
    assert (frame.lost, _image(path, frame)) == (0, IMAGE)
    padded = made.block(made.image_of("Mono8", 44, 30), padding_x=4, name="Mono8")
    (frame,) = _frames(_captured(tmp_path, padded))
    assert frame.description.image_bytes == 44 * 30


def test_datagrams_in_ip_fragments_are_put_together(tmp_path: Path) -> None:
    packets = made.over_ip(made.block(IMAGE, data=900))
    pieces = [(time, piece) for time, packet in packets for piece in made.fragments(packet, 256)]
    path = made.write(tmp_path / "a.pcap", pieces)
    (frame,) = _frames(path)
    assert (frame.packets, frame.lost, _image(path, frame)) == (2, 0, IMAGE)


def test_streams_are_told_apart_and_the_richest_is_chosen(tmp_path: Path) -> None:
    other = made.FLOW._replace(source="10.0.0.8")
    unknown = made.FLOW._replace(source="10.0.0.9")
    packets = [
        *made.over_ip(made.block(IMAGE)),
        *(each for number in (1, 2) for each in made.over_ip(made.block(OTHER, number), other)),
        *(each for number in (1, 2, 3) for each in made.over_ip(made.block(OTHER, number, code=0x01080099), unknown)),
    ]
    streams = _streams(made.write(tmp_path / "a.pcap", packets))
    assert [len(stream.frames()) for stream in streams] == [1, 2, 3]
    chosen = richest(iter(streams))
    assert chosen is not None
    assert chosen[0].ends.source == "10.0.0.8"


def test_what_is_no_stream_makes_none(tmp_path: Path) -> None:
    leader, *_ = made.block(IMAGE)
    control = made.FLOW._replace(source_port=3956)
    packets = [
        *made.over_ip([b"", b"x" * 7, leader[:20], made.block(IMAGE)[1], bytes(400)]),
        *made.over_ip([leader], control),
        *made.over_ip([leader[:24] + b"\xff" * 8 + leader[32:]]),
    ]
    assert _streams(made.write(tmp_path / "a.pcap", packets)) == []


def test_no_more_is_looked_up_than_memory_is_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MAX_PACKETS", 5)
    monkeypatch.setattr(frames, "MAX_BLOCKS", 2)
    index = frames.index(Capture(_captured(tmp_path, *(made.block(IMAGE, number) for number in (1, 2, 3)))))
    (stream,) = index.streams.values()
    assert len(stream.blocks) == 2
    assert sum(len(each.ids) for each in stream.blocks) == 5
    assert index.left_out == 9 - 5 + 1


def test_a_file_that_has_become_shorter_is_an_error_of_one_line(tmp_path: Path) -> None:
    path = _captured(tmp_path, made.block(IMAGE))
    (frame,) = _frames(path)
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(CaptureError, match="has become shorter"):
        _image(path, frame)


@pytest.mark.parametrize("chunks", [b"", b"chunks" * 20])
def test_an_image_in_one_packet_with_leader_and_trailer_is_a_frame(tmp_path: Path, chunks: bytes) -> None:
    table = AllInPacket(len(IMAGE + chunks), 9000, extended=True)
    kind = PayloadType.IMAGE_EXTENDED_CHUNK if chunks else PayloadType.IMAGE
    leader = ImageLeader(5, 0x01080001, 40, 30, payload_type=kind)
    table.fill(np.frombuffer(IMAGE + chunks, np.uint8), leader, ImageTrailer(30, kind))
    path = _captured(tmp_path, [_stamped(table, 3), _stamped(table, 4)])
    first, second = _frames(path)
    assert [frame.block.block_id for frame in (first, second)] == [3, 4]
    assert (first.lost, _image(path, first)) == (0, IMAGE)


def _stamped(table: AllInPacket, block_id: int) -> bytes:
    table.stamp(block_id)
    return bytes(table.packets[0])


def test_an_image_in_parts_is_read_from_the_first_part(tmp_path: Path) -> None:
    tail = b"chunk" * 60
    table = MultiPartTable((len(IMAGE), len(tail)), 400)
    parts = (Part(DataType.IMAGE_2D, len(IMAGE), 0x01080001, 40, 30), Part(DataType.CHUNK_DATA, len(tail)))
    table.fill(np.frombuffer(IMAGE + tail, np.uint8), MultiPartLeader(5, parts), MultiPartTrailer(parts))
    table.stamp(1 << 33)
    packets = [bytes(packet) for packet in table.packets]
    (frame,) = _frames(_captured(tmp_path, packets))
    assert (frame.packets, frame.lost) == (4, 0)
    assert _image(tmp_path / "a.pcapng", frame) == IMAGE
    data = 400 - 28 - 20 - 8
    path = _captured(tmp_path, [*packets[:2], *packets[3:], packets[1]])
    (frame,) = _frames(path)
    assert (frame.packets, frame.lost) == (3, 1)
    assert _image(path, frame, OTHER) == IMAGE[:data] + OTHER[data : 2 * data] + IMAGE[2 * data :]
