"""What is in a capture, in words: cameras, what clients did with them, streams, frames and losses."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from tiscam_emu.recordings.blocks import Frame, Stream
from tiscam_emu.recordings.capture import Capture
from tiscam_emu.recordings.control import Client, ControlLog, SeenCamera
from tiscam_emu.recordings.frames import FrameIndex
from tiscam_emu.units import NS_PER_MS, NS_PER_S, Nanoseconds
from tiscam_emu.wire.gvsp import IP_UDP_HEADER_BYTES, header_bytes

_SILENCE_WELL_INSIDE = 2
"""A client that is silent for longer than this part of the heartbeat timeout loses control by one lost datagram."""


def text(path: Path) -> str:
    """All that is told of a capture.

    Raises
    ------
    CaptureError
        The file is none.
    """
    capture = Capture(path)
    index, control = FrameIndex(), ControlLog()
    first_ns = last_ns = 0
    for datagram in capture.datagrams():
        first_ns = first_ns or datagram.time_ns
        last_ns = datagram.time_ns
        index.add(datagram)
        control.add(datagram)
    streams = [(stream, frames) for stream in index.streams.values() if (frames := stream.frames())]
    cameras = [camera for camera in control.cameras.values() if camera.name or camera.clients]
    counts = (_count(len(cameras), "camera"), _count(len(streams), "stream"))
    lines = [f"{path}: {(last_ns - first_ns) / NS_PER_S:.3f} s, {capture.packets} packets, {', '.join(counts)}"]
    if capture.damage:
        lines.append(capture.damage)
    if index.left_out:
        lines.append(f"too long: {index.left_out} packets of frames were not looked up")
    for camera in cameras:
        lines += _camera(camera, first_ns)
    for stream, frames in streams:
        lines += _stream(stream, frames)
    return "\n".join(lines)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _camera(camera: SeenCamera, first_ns: Nanoseconds) -> Iterator[str]:
    serial = f", serial {camera.serial}" if camera.serial else ""
    yield f"camera {camera.address}: {camera.name or 'it has not said its name'}{serial}"
    for client in camera.clients.values():
        yield from (f"  {line}" for line in _client(client, first_ns))


def _client(client: Client, first_ns: Nanoseconds) -> Iterator[str]:
    kinds = ", ".join(f"{count} {name}" for name, count in client.commands.most_common())
    yield f"client {client.address}: {kinds}"
    for session in client.sessions:
        taken = f"  took control at {(session.begin_ns - first_ns) / NS_PER_S:.3f} s"
        given = (
            "and kept it"
            if session.end_ns is None
            else f"gave it back at {(session.end_ns - first_ns) / NS_PER_S:.3f} s"
        )
        yield f"{taken}, {given}"
    if client.sessions:
        longest = client.silence_ns / NS_PER_S
        yield (
            f"  was silent for {longest:.1f} s at most, of a heartbeat timeout of {client.heartbeat_ms / 1000:g} s"
            + (
                ": it lost control"
                if client.outlasted_heartbeat
                else ": one lost datagram would have lost control"
                if client.silence_ns * _SILENCE_WELL_INSIDE > client.heartbeat_ms * NS_PER_MS
                else ""
            )
        )
    if client.packet_size:
        yield f"  chose packets of {client.packet_size} bytes"
    if client.asked_again:
        yield f"  asked for {_count(client.asked_again, 'packet')} again"
    if client.repeated:
        yield f"  sent {_count(client.repeated, 'command')} again"
    if client.unanswered:
        yield f"  had no answer to {_count(client.unanswered, 'command')}"
    for status, count in sorted(client.refused.items()):
        yield f"  was refused {_count(count, 'time')} with 0x{status:04X}"


def _stream(stream: Stream, frames: list[Frame]) -> Iterator[str]:
    ends = stream.ends
    yield f"stream {ends.source}:{ends.source_port} to {ends.destination}:{ends.destination_port}"
    for kind, count in _kinds(frames).items():
        yield f"  {_count(count, 'frame')} of {kind}"
    length_ns = frames[-1].time_ns - frames[0].time_ns
    if length_ns > 0:
        yield f"  {(len(frames) - 1) * NS_PER_S / length_ns:.2f} frames a second"
    size = max(frame.packet_bytes for frame in frames) + IP_UDP_HEADER_BYTES + header_bytes(extended=stream.extended)
    yield f"  packets of {size} bytes, {64 if stream.extended else 16}-bit block ids"
    yield f"  {_losses(frames)}"


def _kinds(frames: list[Frame]) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for frame in frames:
        described = frame.description
        known = described.pixel_format
        name = known.name if known else f"pixel format 0x{described.code:08X}, which cannot be developed"
        kind = f"{described.width} x {described.height} {name}"
        kinds[kind] = kinds.get(kind, 0) + 1
    return kinds


def _losses(frames: list[Frame]) -> str:
    cut_off = frames[-1].cut_off
    again = sum(frame.block.again for frame in frames)
    gaps = sum(_gap(one.block.block_id, other.block.block_id) for one, other in pairwise(frames))
    frames = frames[:-1] if cut_off else frames
    lost = sum(frame.lost for frame in frames)
    damaged = sum(frame.lost > 0 for frame in frames)
    leaders = sum(frame.leader_lost for frame in frames)
    trailers = sum(frame.block.trailer_id == 0 for frame in frames)
    told = [
        (lost, f"{_count(lost, 'packet')} of {_count(damaged, 'frame')} lost"),
        (leaders, f"{_count(leaders, 'leader')} lost"),
        (trailers, f"{_count(trailers, 'trailer')} lost"),
        (gaps, f"{_count(gaps, 'block id')} left out"),
        (again, f"{_count(again, 'packet')} came again or late"),
        (cut_off, "the last frame does not come to its end"),
    ]
    return "; ".join(words for count, words in told if count) or "nothing lost"


def _gap(one: int, other: int) -> int:
    """Block ids left out between two frames; none where ids begin anew."""
    return max(0, other - one - 1)
