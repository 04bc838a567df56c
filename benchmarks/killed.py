"""Kill controlling clients with -9 and time how long it takes until another client gets control.

    python benchmarks/killed.py [--count N]

The heartbeat timeout is 500 ms and the client sends a heartbeat every 100 ms, so control should be free 400 to 500 ms
after the kill. Needs root or user namespaces: it starts itself again in a network namespace of its own.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import time
from pathlib import Path

from contestants import enter_lonely_namespace, machine
from control_client import CCP, GVCP_PORT, HEARTBEAT, open_socket, read_register, write_register
from figures import percentile

import tiscam_emu

ADDRESS = "127.0.0.1"
TIMEOUT_MS = 500
HEARTBEAT_EVERY_S = 0.1
POLL_S = 0.002


def keep_control() -> None:
    """Be the client that is killed: take control and keep it."""
    with open_socket() as sock:
        sock.connect((ADDRESS, GVCP_PORT))
        for datagram in (write_register(CCP, 2), write_register(HEARTBEAT, TIMEOUT_MS, 2)):
            sock.send(datagram)
            sock.recv(2048)
        print("in control", flush=True)
        while True:
            sock.send(read_register(CCP, 1))
            sock.recv(2048)
            time.sleep(HEARTBEAT_EVERY_S)


def free_after_ms() -> float:
    """Milliseconds from the kill until another client has control."""
    command = [sys.executable, str(Path(__file__)), "--be-killed"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client, open_socket() as sock:
        assert client.stdout is not None
        client.stdout.readline()
        time.sleep(HEARTBEAT_EVERY_S * 2.5)
        sock.connect((ADDRESS, GVCP_PORT))
        client.kill()
        began = time.perf_counter()
        for number in itertools.count(1):  # a repeated id would be answered from memory
            sock.send(write_register(CCP, 2, number))
            if sock.recv(2048)[:2] == b"\0\0":
                break
            time.sleep(POLL_S)
        took_ms = (time.perf_counter() - began) * 1e3
        sock.send(write_register(CCP, 0, 0xFFFF))
        sock.recv(2048)
        return took_ms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--be-killed", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.be_killed:
        keep_control()
    enter_lonely_namespace()
    about = machine()
    with tiscam_emu.serve("33GP1300", address=ADDRESS):
        took = [free_after_ms() for _ in range(args.count)]
    print("\n".join(f"{key}: {value}" for key, value in about.items()), end="\n\n")
    print(f"control free after ms: p50 {percentile(took, 50):.0f}, p99 {percentile(took, 99):.0f}, max {max(took):.0f}")


if __name__ == "__main__":
    main()
