"""The process that writes a recording: bursts come by standard input, and leave as a pcapng file of raw IP packets.

A process of its own, so that nothing of this takes the interpreter from the camera; it ends when its input does. The
first line it prints is empty once the file is open, or says why it cannot be.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from dpkt import pcapng

from tiscam_emu.recordings.handover import Burst, Flow, unpacked

LINK_TYPE_RAW_IP = 101
_SNAP_BYTES = 262_144
_BUFFER_BYTES = 1 << 20
_HEADERS = struct.Struct(">BBHHHBBH4s4sHHHH")
_IP_BYTES, _UDP_BYTES = 20, 8
_FIRST = (0x45, 0)
_THEN = (0x4000, 64, 17)
"""Version and kind of service; do not fragment, time to live, and UDP."""
_BESIDE_DATA_BYTES = 32 + 3
"""What the file needs for a packet beside its bytes, at most."""


def before(path: Path) -> Path:
    """Where the earlier half of a recording is that had to rotate, or the recording before: ``FILE.1.pcapng``."""
    return path.with_name(f"{path.stem}.1{path.suffix}")


class RotatingFile:
    """State: the file being written. When it is half as large as all may be, it takes the place of the one before.

    Parameters
    ----------
    limit_bytes
        Of both files together; 0: no limit.
    """

    def __init__(self, path: Path, limit_bytes: int) -> None:
        self._path = path
        self._half = limit_bytes // 2
        self._headers: dict[Flow, IpHeaders] = {}
        before(path).unlink(missing_ok=True)
        if path.is_file():
            path.replace(before(path))
        self._open()

    def _open(self) -> None:
        self._file = self._path.open("wb", _BUFFER_BYTES)
        self._writer = pcapng.Writer(self._file, snaplen=_SNAP_BYTES, linktype=LINK_TYPE_RAW_IP)
        self._size = self._file.tell()

    def write(self, burst: Burst) -> None:
        """Append a burst.

        Raises
        ------
        OSError
            The disk is full, for instance.
        """
        size = sum(map(len, burst.datagrams)) + len(burst.datagrams) * (_HEADERS.size + _BESIDE_DATA_BYTES)
        if self._half and self._size + size > self._half and self._size > size:
            self._file.close()
            self._path.replace(before(self._path))
            self._open()
        self._writer.writepkts(self._packets(burst))
        self._size += size

    def flush(self) -> None:
        """Have all that was written be in the file."""
        self._file.flush()

    def _packets(self, burst: Burst) -> Iterator[tuple[float, bytes]]:
        seconds, apart = burst.time_ns / 1e9, burst.span_ns / 1e9 / len(burst.datagrams or "1")
        headers = self._headers.get(burst.flow)
        if headers is None:
            headers = self._headers[burst.flow] = IpHeaders(burst.flow)
        for datagram in burst.datagrams:
            seconds += apart
            yield seconds, headers.packet(datagram)


class IpHeaders:
    """State: the headers of IP and UDP for one flow, and the number of its next packet."""

    def __init__(self, flow: Flow, number: int = 0) -> None:
        self._number = number
        self._ends = socket.inet_aton(flow.source), socket.inet_aton(flow.destination)
        self._ports = flow.source_port, flow.destination_port
        same = _HEADERS.pack(*_FIRST, 0, 0, *_THEN, 0, *self._ends, *self._ports, 0, 0)
        self._sum = sum(struct.unpack_from(">10H", same))

    def packet(self, datagram: bytes | memoryview) -> bytes:
        """The next packet; the checksum of UDP is left out, as the standard allows."""
        number, udp_bytes = self._number, _UDP_BYTES + len(datagram)
        self._number = number + 1 & 0xFFFF
        total = self._sum + _IP_BYTES + udp_bytes + number
        total = (total & 0xFFFF) + (total >> 16)
        checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
        head = _HEADERS.pack(
            *_FIRST, _IP_BYTES + udp_bytes, number, *_THEN, checksum, *self._ends, *self._ports, udp_bytes, 0
        )
        return b"".join((head, datagram))


def ip_packet(flow: Flow, datagram: bytes | memoryview, number: int) -> bytes:
    """One datagram with headers of IP and UDP."""
    return IpHeaders(flow, number).packet(datagram)


def _stand_back() -> None:
    """Take what the camera and its clients leave of the processors."""
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Write until the input ends: arguments are the path and the limit."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C means the camera, and what it has said is still to be written
    _stand_back()
    path = Path(sys.argv[1])
    try:
        file = RotatingFile(path, int(sys.argv[2]))
        file.flush()
    except OSError as error:
        _say(error.strerror or str(error))
        return
    _say("")
    try:
        for burst in unpacked(sys.stdin.buffer):
            file.write(burst)
            file.flush()
    except OSError as error:
        sys.exit(f"tiscam-emu: recording {path}: {error.strerror}")


if __name__ == "__main__":
    main()
