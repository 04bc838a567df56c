"""How datagrams are handed to the process that writes them down: one burst after the other, as bytes."""

from __future__ import annotations

import socket
import struct
from array import array
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

_HEAD = struct.Struct("=QQ4sH4sHI")
_SIZES = "I"

Datagram = bytes | memoryview


class Flow(NamedTuple):
    """Where datagrams come from and go to: dotted addresses and ports."""

    source: str
    source_port: int
    destination: str
    destination_port: int


class Burst(NamedTuple):
    """Datagrams that left or came at a time since 1970, or evenly one after the other within `span_ns` from then on."""

    time_ns: int
    span_ns: int
    flow: Flow
    datagrams: list[memoryview]


def packed(time_ns: int, span_ns: int, flow: Flow, datagrams: Sequence[Datagram]) -> bytes:
    """A burst as bytes; a copy."""
    head = _HEAD.pack(
        time_ns,
        span_ns,
        socket.inet_aton(flow.source),
        flow.source_port,
        socket.inet_aton(flow.destination),
        flow.destination_port,
        len(datagrams),
    )
    return b"".join((head, array(_SIZES, map(len, datagrams)).tobytes(), *datagrams))


def unpacked(stream: BinaryIO) -> Iterator[Burst]:
    """Burst after burst until the stream ends; what is cut off by its end is not given."""
    while len(head := stream.read(_HEAD.size)) == _HEAD.size:
        time_ns, span_ns, source, source_port, destination, destination_port, count = _HEAD.unpack(head)
        sizes = array(_SIZES, bytes(count * array(_SIZES).itemsize))
        if stream.readinto(sizes) != count * sizes.itemsize:  # type: ignore[attr-defined]
            return
        data = memoryview(stream.read(sum(sizes)))
        if len(data) != sum(sizes):
            return
        datagrams, at = [], 0
        for size in sizes:
            datagrams.append(data[at : at + size])
            at += size
        flow = Flow(socket.inet_ntoa(source), source_port, socket.inet_ntoa(destination), destination_port)
        yield Burst(time_ns, span_ns, flow, datagrams)
