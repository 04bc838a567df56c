"""Search for the largest stream packet that arrives, as programs do that know the standard's test packet alone.

Job: camera, source (address to send from), do_not_fragment, low, high, step. The answer: the largest size whose test
packet came, exactly as long as asked.
"""

from __future__ import annotations

import json
import socket
import struct
import sys

_CCP, _SCP, _SCPS, _SCDA = 0x0A00, 0x0D00, 0x0D04, 0x0D18
_FIRE, _DO_NOT_FRAGMENT = 0x8000_0000, 0x4000_0000
_IP_UDP_BYTES = 28
_TRIES = 3
_TIMEOUT_S = 0.1


class Search:
    """State: control of a camera, and a stream channel that leads here."""

    def __init__(self, camera: str, source: str, do_not_fragment: bool) -> None:
        self.camera, self.flags = camera, _FIRE | (_DO_NOT_FRAGMENT if do_not_fragment else 0)
        self.control, self.stream = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self.control.bind((source, 0))
        self.control.settimeout(2.0)
        self.stream.bind((source, 0))
        self.stream.settimeout(_TIMEOUT_S)
        self.write(_CCP, 2)
        self.write(_SCDA, int.from_bytes(socket.inet_aton(source), "big"))
        self.write(_SCP, self.stream.getsockname()[1])

    def write(self, address: int, value: int) -> None:
        """WRITEREG, which has to succeed."""
        self.control.sendto(struct.pack(">BBHHHII", 0x42, 1, 0x0082, 8, 1, address, value), (self.camera, 3956))
        (status,) = struct.unpack_from(">H", self.control.recv(576))
        if status:
            raise SystemExit(f"WRITEREG 0x{address:04X} 0x{value:08X}: 0x{status:04X}")

    def arrives(self, size: int) -> bool:
        """Whether a test packet of this size does."""
        for _ in range(_TRIES):
            self.write(_SCPS, self.flags | size)
            try:
                while len(self.stream.recv(65536)) != size - _IP_UDP_BYTES:
                    pass
            except TimeoutError:
                continue
            return True
        return False

    def largest(self, low: int, high: int, step: int) -> int:
        """By halves; `low` has to arrive."""
        if not self.arrives(low):
            raise SystemExit(f"{low}: nothing arrives")
        while high > low:
            middle = low + ((high - low) // step + 1) // 2 * step
            low, high = (middle, high) if self.arrives(middle) else (low, middle - step)
        return low


def main() -> None:
    """Search, and release the camera."""
    job = json.loads(sys.argv[1])
    search = Search(job["camera"], job["source"], job["do_not_fragment"])
    found = search.largest(job["low"], job["high"], job["step"])
    search.write(_SCP, 0)
    search.write(_CCP, 0)
    print(json.dumps({"largest": found}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
