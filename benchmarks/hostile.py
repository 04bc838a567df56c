"""Throw a million mutated datagrams at a camera that streams to Aravis.

    python benchmarks/hostile.py [--datagrams N] [--batch N] [--seed N]

Every datagram begins as a command of the standard's tables, and then bits are flipped, bytes cut off, added or swapped,
and the length field is put right in half of them. A stranger sends them, in batches on loopback, and waits after each
until the camera has answered a last read. Told are: whether the camera still runs, registers that changed although the
stranger had no control, frames that were lost, memory. Needs root or user namespaces.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from contestants import enter_lonely_namespace
from control_client import CCP, GVCP_PORT, SCPD, command, open_socket, read_register, resend, write_register

import tiscam_emu
from tiscam_emu.camera.core import load

ADDRESS = "127.0.0.1"
MODEL = "33GP1300"
ARAVIS_CLIENT = Path(__file__).with_name("aravis_client.py")
SYSTEM_PYTHON = "/usr/bin/python3"
MARK = 0xFFFE
SEEDS = (
    command(0x02, b""),
    command(0x04, bytes(56)),
    resend(1, 0, 0xFFFFFF),
    read_register(CCP),
    write_register(CCP, 2),
    write_register(CCP, 0),
    write_register(SCPD, 1000),
    write_register(0x0D00, 5000),
    command(0x84, struct.pack(">IHH", 0x0200, 0, 512)),
    command(0x86, struct.pack(">I", SCPD) + bytes(8)),
    command(0x0100, struct.pack(">III", 1, 1, 1)),
    command(0x0100, struct.pack(">IIIQ", 1, 1, 1, 1), flags=0x81),
    command(0xC0, bytes(24)),
)


def mutated(rng: random.Random) -> bytes:
    """One datagram."""
    data = bytearray(rng.choice(SEEDS))
    for _ in range(rng.choice((0, 1, 1, 2, 4, 8))):
        at = rng.randrange(len(data)) if data else 0
        match rng.randrange(5):
            case 0 if data:
                data[at] ^= 1 << rng.randrange(8)
            case 1 if data:
                data[at] = rng.choice((0, 1, 0x42, 0x7F, 0x80, 0xFF))
            case 2:
                del data[at:]
            case 3:
                data += rng.randbytes(rng.choice((1, 4, 8, 64, 600)))
            case _ if len(data) > 8:
                data[8:] = rng.randbytes(len(data) - 8)
    if len(data) >= 8 and rng.random() < 0.5:
        data[4:6] = struct.pack(">H", len(data) - 8)
    return bytes(data)


def registers() -> dict[str, int]:
    """Every register of a feature, as a bystander reads it; what changes by itself left out."""
    model = load(MODEL)
    by_itself = {"DeviceTemperature", "GevTimestampValue", "TimestampLatchValue", "GevSCPSFireTestPacket"}
    values = {}
    with open_socket() as sock:
        for number, (name, feature) in enumerate(model.features.items()):
            if name in by_itself or feature.slot is None:
                continue
            sock.sendto(read_register(feature.slot.address & ~3, number % 65535 + 1), (ADDRESS, GVCP_PORT))
            answer = sock.recv(2048)
            values[name] = int.from_bytes(answer[8:12], "big") if len(answer) == 12 else -answer[1]
    return values


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def bombard(count: int, batch: int, rng: random.Random) -> Iterator[int]:
    """Yields the number of datagrams sent after each batch."""
    with open_socket() as stranger:
        for sent in range(0, count, batch):
            for _ in range(min(batch, count - sent)):
                stranger.sendto(mutated(rng), (ADDRESS, GVCP_PORT))
            # Its own datagrams are served in order: the answer to the last one says that all were looked at.
            stranger.sendto(read_register(0x0934, MARK), (ADDRESS, GVCP_PORT))
            while stranger.recv(2048)[2:8] != struct.pack(">HHH", 0x81, 4, MARK):
                pass
            yield min(count, sent + batch)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datagrams", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    enter_lonely_namespace()
    logging.getLogger("tiscam_emu").setLevel(logging.ERROR)
    stop = Path(f"/tmp/tiscam-emu-hostile-{os.getpid()}")
    with tiscam_emu.serve(MODEL, address=ADDRESS) as camera:
        options = f"--address {ADDRESS} --fps 30 --exposure-us 2000 --packet-size 1500 --until {stop}".split()
        command_line = [SYSTEM_PYTHON, str(ARAVIS_CLIENT), "stream", "--server-pid", str(os.getpid()), *options]
        with subprocess.Popen(command_line, stdout=subprocess.PIPE, text=True) as client:
            while camera.status().frames < 60:
                time.sleep(0.1)
            pid = camera._backend.pid  # type: ignore[attr-defined]
            controller, before, memory_mb = camera.status().controller, registers(), [resident_mb(pid)]
            began = time.perf_counter()
            for sent in bombard(args.datagrams, args.batch, random.Random(args.seed)):
                if sent * 10 // args.datagrams >= len(memory_mb):
                    memory_mb += [resident_mb(pid)]
            seconds = time.perf_counter() - began
            after, status = registers(), camera.status()
            stop.touch()
            figures = json.loads(client.communicate()[0].splitlines()[-1])
    stop.unlink()
    changed = sorted(name for name in before if after[name] != before[name])
    print(f"datagrams {args.datagrams}, {args.datagrams / seconds:.0f} a second; looked at: {_heard(status)}")
    print(f"controller kept: {status.controller == controller}; registers changed: {', '.join(changed) or 'none'}")
    print(f"frames {figures['frames']}, failed {figures['failed_frames']}, missing {figures['missing_frames']}, "
          f"skipped {status.skipped_frames}")  # fmt: skip
    print(f"resident MB at each tenth: {', '.join(f'{value:.0f}' for value in memory_mb)}")


def _heard(status: tiscam_emu.CameraStatus) -> str:
    return ", ".join(f"{name} {count}" for name, count in status.control.items() if count) + (
        f", refused resends {status.refused_resends}, dropped {status.lost_datagrams}"
    )


if __name__ == "__main__":
    main()
