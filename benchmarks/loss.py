"""Count the frames that clients get whole when packets are lost.

    python benchmarks/loss.py [--seconds N] [--only WORD] [--json FILE]

Packets are lost by the emulator's own faults, or by the kernel: an nftables rule at the egress of ``lo`` (Debian:
``apt install nftables``), or netem where the kernel has it. Clients are Aravis (``aravis_client.py``) and viva-genicam
(PyPI). Needs root or user namespaces: it starts itself again in a network namespace of its own.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from contestants import enter_lonely_namespace, machine

import tiscam_emu

ADDRESS = "127.0.0.1"
MODEL = "33GP1300"
FPS = 30
PACKET_SIZE = 1500
ARAVIS_CLIENT = Path(__file__).with_name("aravis_client.py")
SYSTEM_PYTHON = "/usr/bin/python3"
_SUMMARY = re.compile(r"^Summary: .*\bcomplete=(\d+) incomplete=(\d+) missed=(\d+)", re.MULTILINE)
# A stream packet and no request: from a port of the camera's to another than the control port.
_NFT = """table netdev loss {{
 chain egress {{
  type filter hook egress device "lo" priority 0
  udp sport != 3956 udp dport != 3956 numgen random mod 1000 < {permille} drop
 }}
}}
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What a client got."""

    loss: str
    by: str
    client: str
    sent: int = 0
    whole: int = 0
    lost_packets: int = 0
    resent_packets: int = 0
    skipped: int = 0

    @property
    def percent(self) -> float:
        """Whole frames of those that were sent."""
        return 100 * self.whole / self.sent if self.sent else 0.0


def aravis(camera: tiscam_emu.Camera, seconds: float) -> tuple[int, int]:
    """Whole and failed frames of a stream to Aravis."""
    options = f"--address {camera.address} --fps {FPS} --exposure-us 2000 --packet-size {PACKET_SIZE}".split()
    command = [SYSTEM_PYTHON, str(ARAVIS_CLIENT), "stream", "--server-pid", str(_parent()), *options]
    done = subprocess.run([*command, "--seconds", str(seconds)], capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout.splitlines()[-1])
    return figures["frames"], figures["failed_frames"] + figures["missing_frames"]


def viva(camera: tiscam_emu.Camera, seconds: float) -> tuple[int, int]:
    """Whole and failed frames of a stream to viva-camctl."""
    program = str(Path(sys.executable).with_name("viva-camctl"))
    for name, value in (("ExposureAuto", "Off"), ("ExposureTime", "2000"), ("AcquisitionFrameRate", str(FPS))):
        subprocess.run(
            [program, "set", "--ip", camera.address, "--name", name, "--value", value], capture_output=True, check=True
        )
    while camera.status().controller:  # where the kernel loses packets, the release of control may be lost, too
        time.sleep(0.1)
    options = ["--packet-size", str(PACKET_SIZE), "--duration-s", str(round(seconds)), "--save", "0"]
    done = subprocess.run(
        [program, "--json", "stream", "--ip", camera.address, *options], capture_output=True, text=True, check=True
    )
    summary = _SUMMARY.search(done.stdout)
    if summary is None:
        raise SystemExit(f"loss: viva-camctl said {done.stdout!r}")
    complete, incomplete, missed = (int(number) for number in summary.groups())
    return complete, incomplete + missed


CLIENTS: dict[str, Callable[[tiscam_emu.Camera, float], tuple[int, int]]] = {"Aravis": aravis, "viva-genicam": viva}
FAULTS = {
    "0.1 %": "drop=0.001,on=stream",
    "1 %": "drop=0.01,on=stream",
    "5 %": "drop=0.05,on=stream",
    "1 %, 20 in a row": "drop=0.01,burst=20,on=stream",
    "5 %, 20 in a row": "drop=0.05,burst=20,on=stream",
    "1 %, 100 in a row": "drop=0.01,burst=100,on=stream",
}
PERMILLE = {"0.1 %": 1, "1 %": 10, "5 %": 50}


def _parent() -> int:
    import os

    return os.getpid()


@contextmanager
def kernel_loss(permille: int) -> Iterator[str]:
    """Let the kernel lose stream packets; yields what does it."""
    if shutil.which("nft"):
        subprocess.run(["nft", "-f", "-"], input=_NFT.format(permille=permille), text=True, check=True)
        try:
            yield "nftables"
        finally:
            subprocess.run(["nft", "delete", "table", "netdev", "loss"], check=True)
        return
    subprocess.run(["tc", "qdisc", "add", "dev", "lo", "root", "netem", "loss", f"{permille / 10}%"], check=True)
    try:
        yield "netem"
    finally:
        subprocess.run(["tc", "qdisc", "del", "dev", "lo", "root"], check=True)


def measure(row: Row, seconds: float, faults: str = "") -> Row:
    """One stream to one client."""
    with tiscam_emu.serve(MODEL, address=ADDRESS, faults=faults or (), seed=1) as camera:
        whole, failed = CLIENTS[row.client](camera, seconds)
        status = camera.status()
    return replace(
        row,
        sent=whole + failed,
        whole=whole,
        lost_packets=status.faults["stream"]["dropped"],
        resent_packets=status.resent_packets,
        skipped=status.skipped_frames,
    )


def rows(seconds: float, only: str) -> Iterator[Row]:
    for client in CLIENTS:
        for loss, fault in {"none": "", **FAULTS}.items():
            row = Row(loss, "emulator", client)
            if only in f"{row.loss} {row.by} {row.client}":
                yield measure(row, seconds, fault)
        for loss, permille in PERMILLE.items():
            row = Row(loss, "kernel", client)
            if only in f"{row.loss} {row.by} {row.client}":
                with kernel_loss(permille) as by:
                    yield measure(replace(row, by=by), seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each stream")
    parser.add_argument("--only", default="", help="rows that contain this, such as '1 %% kernel Aravis'")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    enter_lonely_namespace()
    for name, value in machine().items():
        print(f"{name}: {value}")
    print(f"\n{MODEL}, 1280x1024 BayerRG8, {FPS} fps, packets of {PACKET_SIZE}, {args.seconds:g} s each\n")
    print("| loss | by | client | frames sent | whole | % | packets lost | resent | skipped |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    done = []
    for row in rows(args.seconds, args.only):
        done.append(asdict(row))
        lost = row.lost_packets if row.by == "emulator" else ""
        print(
            f"| {row.loss} | {row.by} | {row.client} | {row.sent} | {row.whole} | {row.percent:.2f} | {lost} "
            f"| {row.resent_packets} | {row.skipped} |",
            flush=True,
        )
    if args.json:
        args.json.write_text(json.dumps(done, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
