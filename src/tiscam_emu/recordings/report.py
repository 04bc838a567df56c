"""What is in a capture, in words: cameras, what clients did with them, streams, frames and losses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tiscam_emu.recordings.blocks import Frame, Stream
from tiscam_emu.recordings.capture import Capture, Datagram
from tiscam_emu.recordings.control import Client, ControlLog, SeenCamera
from tiscam_emu.recordings.frames import FrameIndex
from tiscam_emu.units import NS_PER_S, Nanoseconds
from tiscam_emu.wire.gvsp import IP_UDP_HEADER_BYTES, header_bytes

Hear = Callable[[Datagram], None]
Graded = Callable[[str, str], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Report:
    """What is in a capture; times in nanoseconds since 1970.

    Attributes
    ----------
    packets
        Of whatever protocol.
    left_out
        Packets of frames that were too many to be looked up.
    damage
        Why it could not be read to its end; empty if it was.
    """

    path: Path
    first_ns: Nanoseconds
    last_ns: Nanoseconds
    packets: int
    damage: str
    left_out: int
    cameras: list[SeenCamera]
    streams: list[tuple[Stream, list[Frame]]]


def read(path: Path, hear: Hear = lambda _datagram: None) -> Report:
    """Look through a capture; `hear` is told every datagram.

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
        hear(datagram)
    streams = [(stream, frames) for stream in index.streams.values() if (frames := stream.frames())]
    cameras = [camera for camera in control.cameras.values() if camera.name or camera.clients]
    return Report(path, first_ns, last_ns, capture.packets, capture.damage, index.left_out, cameras, streams)


def text(report: Report, graded: Graded = lambda _camera, _client: ()) -> str:
    """All that is told of a capture; below each client the lines that `graded` has of it, by both their addresses."""
    counts = (_count(len(report.cameras), "camera"), _count(len(report.streams), "stream"))
    seconds = (report.last_ns - report.first_ns) / NS_PER_S
    lines = [f"{report.path}: {seconds:.3f} s, {report.packets} packets, {', '.join(counts)}"]
    if report.damage:
        lines.append(report.damage)
    if report.left_out:
        lines.append(f"too long: {report.left_out} packets of frames were not looked up")
    for camera in report.cameras:
        lines += _camera(camera, report.first_ns, graded)
    for stream, frames in report.streams:
        lines += _stream(stream, frames)
    return "\n".join(lines)


def to_json(report: Report) -> dict[str, Any]:
    """The same for programs; times in seconds from the first datagram."""
    return {
        "file": str(report.path),
        "seconds": (report.last_ns - report.first_ns) / NS_PER_S,
        "packets": report.packets,
        "damage": report.damage,
        "left_out": report.left_out,
        "cameras": [
            {
                "address": camera.address,
                "name": camera.name,
                "serial": camera.serial,
                "clients": [_client_to_json(client, report.first_ns) for client in camera.clients.values()],
            }
            for camera in report.cameras
        ],
        "streams": [_stream_to_json(stream, frames) for stream, frames in report.streams],
    }


def _client_to_json(client: Client, first_ns: Nanoseconds) -> dict[str, Any]:
    return {
        "address": client.address,
        "commands": dict(client.commands),
        "refused": {f"0x{status:04X}": count for status, count in client.refused.items()},
        "control": [
            [_seconds(session.begin_ns, first_ns), _seconds(session.end_ns, first_ns)] for session in client.sessions
        ],
        "silence_s": client.silence_ns / NS_PER_S,
        "heartbeat_s": client.heartbeat_ms / 1000,
        "packet_size": client.packet_size,
        "packets_asked_again": client.asked_again,
        "repeated": client.repeated,
        "unanswered": client.unanswered,
    }


def _seconds(time_ns: Nanoseconds | None, first_ns: Nanoseconds) -> float | None:
    return None if time_ns is None else (time_ns - first_ns) / NS_PER_S


def _stream_to_json(stream: Stream, frames: list[Frame]) -> dict[str, Any]:
    return {
        "from": f"{stream.ends.source}:{stream.ends.source_port}",
        "to": f"{stream.ends.destination}:{stream.ends.destination_port}",
        "frames": _kinds(frames),
        "frames_a_second": _rate(frames),
        "packet_size": _packet_size(stream, frames),
        "block_id_bits": _id_bits(stream),
        "losses": _losses(frames),
    }


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _camera(camera: SeenCamera, first_ns: Nanoseconds, graded: Graded) -> Iterator[str]:
    serial = f", serial {camera.serial}" if camera.serial else ""
    yield f"camera {camera.address}: {camera.name or 'it has not said its name'}{serial}"
    for client in camera.clients.values():
        yield from (f"  {line}" for line in _client(client, first_ns))
        yield from (f"    {line}" for line in graded(camera.address, client.address))


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
        yield f"  was silent for {longest:.1f} s at most, of a heartbeat timeout of {client.heartbeat_ms / 1000:g} s"
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
    if rate := _rate(frames):
        yield f"  {rate:.2f} frames a second"
    yield f"  packets of {_packet_size(stream, frames)} bytes, {_id_bits(stream)}-bit block ids"
    yield f"  {_losses(frames)}"


def _rate(frames: list[Frame]) -> float:
    """Frames a second; 0 for a single one."""
    length_ns = frames[-1].time_ns - frames[0].time_ns
    return (len(frames) - 1) * NS_PER_S / length_ns if length_ns > 0 else 0.0


def _packet_size(stream: Stream, frames: list[Frame]) -> int:
    """The largest, with all headers."""
    return max(frame.packet_bytes for frame in frames) + IP_UDP_HEADER_BYTES + header_bytes(extended=stream.extended)


def _id_bits(stream: Stream) -> int:
    return 64 if stream.extended else 16


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
