"""When leaders and trailers pass the loopback interface, by the kernel's clock: what no client's buffering changes."""

from __future__ import annotations

import ctypes
import socket
import struct
import threading
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from types import TracebackType
from typing import Self

from figures import jitter

_ALL_IPV4 = 0x0800
_SO_ATTACH_FILTER, _SO_TIMESTAMPNS = 26, 35
_FETCHED_EVERY_S = 0.2
_LEADER, _TRAILER = 1, 2

_GVCP_PORT = 3956
_RETURN, _KEPT_BYTES = 0x06, 64
_LOAD_HALF, _LOAD_BYTE, _AND, _IF_EQUAL = 0x28, 0x30, 0x54, 0x15

_FILTER = (
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
"""(code, steps on if so, steps on if not, value): UDP, not GVCP, whose GVSP format is leader or trailer. A packet
socket for one protocol sees only what comes, so that nothing is seen twice."""


@dataclass(frozen=True, slots=True)
class WireTimes:
    """Arrival times in nanoseconds of the wall clock, in order."""

    leaders_ns: list[int]
    trailers_ns: list[int]

    def jitter_ms(self, seconds: float) -> dict[str, float]:
        """How far the intervals of leaders within the last `seconds` are from their median."""
        stamps = [stamp for stamp in self.leaders_ns if stamp > self.leaders_ns[-1] - seconds * 1e9]
        return jitter(stamps, "wire_jitter")

    def after_ms(self, began_ns: list[int]) -> list[float]:
        """From each of these times to the first trailer behind it, if one comes before the next of them."""
        latencies = []
        for began, next_one in pairwise([*began_ns, 1 << 63]):
            behind = bisect_right(self.trailers_ns, began)
            if behind < len(self.trailers_ns) and self.trailers_ns[behind] < next_one:
                latencies.append((self.trailers_ns[behind] - began) / 1e6)
        return latencies


class WireWatch:
    """State: leaders and trailers that pass while a `with` statement runs, stamped by the kernel.

    They are fetched a few times a second. While something is measured, watching costs one run of the filter for each
    packet. Needs the rights for packet sockets, which the benchmarks have in their own network namespace.
    """

    def __init__(self) -> None:
        self._seen: dict[int, list[int]] = {_LEADER: [], _TRAILER: []}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._fetch_now_and_then, daemon=True)

    def __enter__(self) -> Self:
        program = b"".join(struct.pack("HBBI", *step) for step in _FILTER)
        kept = ctypes.create_string_buffer(program, len(program))
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(_FILTER), ctypes.addressof(kept))
        )
        self._socket.bind(("lo", _ALL_IPV4))
        self._socket.settimeout(0)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()
        self._socket.close()

    def times(self) -> WireTimes:
        """What has passed; nothing more is watched."""
        self._end()
        return WireTimes(self._seen[_LEADER], self._seen[_TRAILER])

    def _end(self) -> None:
        self._over.set()
        self._thread.join()

    def _fetch_now_and_then(self) -> None:
        while not self._over.wait(_FETCHED_EVERY_S):
            self._fetch()
        self._fetch()

    def _fetch(self) -> None:
        while True:
            try:
                data, ancillary, _, _ = self._socket.recvmsg(_KEPT_BYTES, 64)
            except BlockingIOError:
                return
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            self._seen[data[32] & 0x0F].append(seconds * 10**9 + nanoseconds)
