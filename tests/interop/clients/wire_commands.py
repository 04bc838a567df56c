"""Send raw GVCP datagrams and tell what comes back: a client of plain sockets for another network namespace.

Job: source (address to send from), commands (a list of destination and hex), timeout_s, answers (how many to wait for).
Answers are (source, hex), in the order they come, to the source address or to everybody.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time

_EVERYBODY = "255.255.255.255"


def main() -> None:
    """Send everything, then listen until the time is over."""
    job = json.loads(sys.argv[1])
    answers: list[tuple[str, str]] = []
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as everybody,
    ):
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sender.bind((job["source"], 0))
        everybody.bind((_EVERYBODY, sender.getsockname()[1]))
        for destination, datagram in job["commands"]:
            sender.sendto(bytes.fromhex(datagram), (destination, 3956))
        until = time.monotonic() + job["timeout_s"]
        while len(answers) < job["answers"] and (left := until - time.monotonic()) > 0:
            for sock in select.select([sender, everybody], [], [], left)[0]:
                data, source = sock.recvfrom(2048)
                answers.append((source[0], data.hex()))
    print(json.dumps(answers), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
