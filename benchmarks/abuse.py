"""Flood a streaming camera and see whether its control channel and its stream stay whole.

    python benchmarks/abuse.py [--seconds N] [--only WORD]

Aravis streams 1280x1024 at 30 fps; a client on the side reads a register every 5 ms and times the answers; a third one
floods the camera. Needs root or user namespaces: it starts itself again in a network namespace of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from contestants import enter_lonely_namespace, machine
from control_client import CCP, GVCP_PORT, command, open_socket, read_register, resend, write_register
from figures import percentile

import tiscam_emu

ADDRESS = "127.0.0.1"
MODEL = "33GP1300"
ARAVIS_CLIENT = Path(__file__).with_name("aravis_client.py")
SYSTEM_PYTHON = "/usr/bin/python3"
FLOOD_PER_S = 10_000
BATCH = 50


def _paced(seconds: float, datagram: Callable[[int], bytes], per_s: int = FLOOD_PER_S) -> int:
    """Send so many datagrams a second, in batches; returns how many were sent."""
    began = time.perf_counter()
    count = 0
    with open_socket() as sock:
        sock.settimeout(0)
        while (now := time.perf_counter() - began) < seconds:
            while count < now * per_s:
                for _ in range(BATCH):
                    with contextlib.suppress(BlockingIOError):
                        sock.sendto(datagram(count), (ADDRESS, GVCP_PORT))
                    count += 1
                _drain(sock)
            time.sleep(0.001)
    return count


def _drain(sock: socket.socket) -> None:
    try:
        while True:
            sock.recv(2048)
    except BlockingIOError:
        return


def nothing(seconds: float) -> int:
    time.sleep(seconds)
    return 0


def register_reads(seconds: float) -> int:
    return _paced(seconds, lambda number: read_register(CCP, number % 65535 + 1))


def register_writes(seconds: float) -> int:
    return _paced(seconds, lambda _number: write_register(CCP, 2))


def malformed(seconds: float) -> int:
    """Writes of half a register, reads with a wrong length field, commands that do not exist."""
    datagrams = (command(0x82, bytes(4)), read_register(CCP)[:-1], command(0x1234, b""))
    return _paced(seconds, lambda number: datagrams[number % len(datagrams)])


def discoveries(seconds: float) -> int:
    return _paced(seconds, lambda _number: bytes.fromhex("42010002 0000 ffff"))


def resends(seconds: float) -> int:
    """Whole blocks of the last ids, which a stranger guesses."""
    return _paced(seconds, lambda number: resend(number // 300 % 65535 + 1, 0, 0xFFFFFF))


def connections(seconds: float) -> int:
    """A thousand clients, one after another, that try to take control and read."""
    end = time.perf_counter() + seconds
    count = 0
    while time.perf_counter() < end or count < 1000:
        with open_socket() as sock:
            for datagram in (write_register(CCP, 2), read_register(CCP), write_register(CCP, 0)):
                sock.sendto(datagram, (ADDRESS, GVCP_PORT))
                sock.recv(2048)
        count += 1
    return count


FLOODS = {
    "nothing": nothing,
    "READREG": register_reads,
    "WRITEREG of CCP": register_writes,
    "malformed commands": malformed,
    "DISCOVERY": discoveries,
    "PACKETRESEND of whole blocks": resends,
    "clients that come and go": connections,
}


def measure(name: str, seconds: float) -> None:
    with tiscam_emu.serve(MODEL, address=ADDRESS) as camera:
        options = f"--address {ADDRESS} --fps 30 --exposure-us 2000 --packet-size 1500 --seconds {seconds + 1}".split()
        streaming = [SYSTEM_PYTHON, str(ARAVIS_CLIENT), "stream", "--server-pid", str(os.getpid()), *options]
        with subprocess.Popen(streaming, stdout=subprocess.PIPE, text=True) as client:
            while camera.status().frames < 30:
                time.sleep(0.1)
            # A process of its own, so that the flood does not delay it.
            probing = [sys.executable, str(Path(__file__).with_name("control_client.py")), ADDRESS, str(seconds)]
            with subprocess.Popen(probing, stdout=subprocess.PIPE, text=True) as probe:
                flood = FLOODS[name](seconds)
                latencies, unanswered = json.loads(probe.communicate()[0])
            figures = json.loads(client.communicate()[0].splitlines()[-1])
        status = camera.status()
    print(
        f"| {name} | {flood / seconds:.0f} | {percentile(latencies, 50):.2f} | {percentile(latencies, 99):.2f} "
        f"| {max(latencies):.1f} | {unanswered} | {figures['frames']} | {figures['failed_frames']} "
        f"| {figures['missing_frames']} | {status.skipped_frames} | {status.lost_datagrams} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each flood")
    parser.add_argument("--only", default="", help="floods whose name contains this")
    args = parser.parse_args()
    enter_lonely_namespace()
    logging.getLogger("tiscam_emu").setLevel(logging.ERROR)  # clients' mistakes are what this is about
    for key, value in machine().items():
        print(f"{key}: {value}")
    print("\n| flood | a second | ack ms p50 | p99 | max | none | frames | failed | missing | skipped | dropped |")
    print("| --- " * 11 + "|")
    for name in FLOODS:
        if args.only in name:
            measure(name, args.seconds)


if __name__ == "__main__":
    main()
