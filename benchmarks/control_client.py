"""A client of plain sockets for floods and probes: GVCP from the standard's tables."""

from __future__ import annotations

import json
import socket
import struct
import sys
import time
from dataclasses import dataclass, field

GVCP_PORT = 3956
CCP, HEARTBEAT, SCPD = 0x0A00, 0x0938, 0x0D08
_HEADER = struct.Struct(">BBHHH")


def command(code: int, payload: bytes, req_id: int = 1, flags: int = 1) -> bytes:
    """One GVCP command."""
    return _HEADER.pack(0x42, flags, code, len(payload), req_id) + payload


def read_register(address: int, req_id: int = 1) -> bytes:
    return command(0x80, struct.pack(">I", address), req_id)


def write_register(address: int, value: int, req_id: int = 1) -> bytes:
    return command(0x82, struct.pack(">II", address, value), req_id)


def resend(block_id: int, first: int, last: int) -> bytes:
    return command(0x40, struct.pack(">HHII", 0, block_id, first, last), flags=0)


def open_socket(host: str = "127.0.0.1") -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    sock.settimeout(1.0)
    return sock


@dataclass(slots=True)
class Probe:
    """State: one client that reads a register now and then, as a control application does."""

    address: str
    latencies_ms: list[float] = field(default_factory=list)
    unanswered: int = 0

    def run(self, seconds: float, period_s: float = 0.005) -> None:
        """Read until the time is over."""
        end = time.perf_counter() + seconds
        with open_socket() as sock:
            sock.connect((self.address, GVCP_PORT))
            number = 0
            while (began := time.perf_counter()) < end:
                number = number % 0xFFFF + 1
                sock.send(read_register(CCP, number))
                if self._answered(sock, number):
                    self.latencies_ms.append((time.perf_counter() - began) * 1e3)
                else:
                    self.unanswered += 1
                time.sleep(period_s)

    def _answered(self, sock: socket.socket, number: int) -> bool:
        try:
            while int.from_bytes(sock.recv(2048)[6:8], "big") != number:
                pass
        except TimeoutError:
            return False
        return True


if __name__ == "__main__":  # probe ADDRESS for so many SECONDS, and print the figures
    probe = Probe(sys.argv[1])
    probe.run(float(sys.argv[2]))
    print(json.dumps([probe.latencies_ms, probe.unanswered]))
