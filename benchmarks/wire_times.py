"""When leaders and trailers pass the loopback interface, by the kernel's clock: what no client's buffering changes."""

from __future__ import annotations

import ctypes
import socket
import struct
from dataclasses import dataclass
from itertools import pairwise
from types import TracebackType
from typing import Self

from control_client import percentile

_ALL_IPV4 = 0x0800
_SO_ATTACH_FILTER, _SO_RCVBUFFORCE, _SO_TIMESTAMPNS = 26, 33, 35
_QUEUE_BYTES = 16_000_000
_LEADER, _TRAILER = 1, 2

_GVCP_PORT = 3956
_RETURN, _KEPT_BYTES = 0x06, 64
_LOAD_WORD, _LOAD_HALF, _LOAD_BYTE, _AND, _IF_EQUAL = 0x20, 0x28, 0x30, 0x54, 0x15
_DIRECTION = 0xFFFFF004
"""Where classic BPF finds whether a packet comes or goes; on loopback each one does both."""

_FILTER = (
    (_LOAD_WORD, 0, 0, _DIRECTION),
    (_IF_EQUAL, 0, 11, 0),
    (_LOAD_BYTE, 0, 0, 9),
    (_IF_EQUAL, 0, 9, socket.IPPROTO_UDP),
    (_LOAD_HALF, 0, 0, 20),
    (_IF_EQUAL, 7, 0, _GVCP_PORT),
    (_LOAD_HALF, 0, 0, 22),
    (_IF_EQUAL, 5, 0, _GVCP_PORT),
    (_LOAD_BYTE, 0, 0, 32),
    (_AND, 0, 0, 0x0F),
    (_IF_EQUAL, 1, 0, _LEADER),
    (_IF_EQUAL, 0, 1, _TRAILER),
    (_RETURN, 0, 0, _KEPT_BYTES),
    (_RETURN, 0, 0, 0),
)
"""(code, steps on if so, steps on if not, value): incoming UDP, not GVCP, whose GVSP format is leader or trailer."""


@dataclass(frozen=True, slots=True)
class WireTimes:
    """Arrival times in nanoseconds of the wall clock, in order."""

    leaders_ns: list[int]
    trailers_ns: list[int]

    def jitter_ms(self, seconds: float) -> dict[str, float]:
        """How far the intervals of leaders within the last `seconds` are from their median."""
        stamps = [stamp for stamp in self.leaders_ns if stamp > self.leaders_ns[-1] - seconds * 1e9]
        intervals = [after - before for before, after in pairwise(stamps)]
        middle = percentile(intervals, 50)
        off_ms = [abs(interval - middle) / 1e6 for interval in intervals]
        return {"wire_jitter_p50_ms": percentile(off_ms, 50), "wire_jitter_p99_ms": percentile(off_ms, 99)}

    def after_ms(self, began_ns: list[int]) -> list[float]:
        """From each of these times to the first trailer behind it, none of which belongs to two."""
        latencies, trailers = [], iter(self.trailers_ns)
        for began, next_one in pairwise([*began_ns, 1 << 63]):
            behind = next((stamp for stamp in trailers if stamp > began), next_one)
            if behind < next_one:
                latencies.append((behind - began) / 1e6)
        return latencies


class WireWatch:
    """State: a socket that lets the kernel stamp and keep leaders and trailers while a `with` statement runs.

    They are read at its end, so that watching takes no processor time from what is measured. Needs the rights for
    packet sockets, which the benchmarks have in their own network namespace.
    """

    def __enter__(self) -> Self:
        program = b"".join(struct.pack("HBBI", *step) for step in _FILTER)
        kept = ctypes.create_string_buffer(program, len(program))
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _QUEUE_BYTES)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(_FILTER), ctypes.addressof(kept))
        )
        self._socket.bind(("lo", _ALL_IPV4))
        self._socket.settimeout(0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()

    def times(self) -> WireTimes:
        """What has passed so far."""
        seen: dict[int, list[int]] = {_LEADER: [], _TRAILER: []}
        while True:
            try:
                data, ancillary, _, _ = self._socket.recvmsg(_KEPT_BYTES, 64)
            except BlockingIOError:
                return WireTimes(seen[_LEADER], seen[_TRAILER])
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            seen[data[32] & 0x0F].append(seconds * 10**9 + nanoseconds)
