"""The cameras that are measured, as processes, and the machine they run on."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ADDRESS = "127.0.0.1"
PEER_COMMAND = "arv-fake-gv-camera-0.8"
_DISCOVERY_CMD = bytes.fromhex("4211 0002 0000 ffff")
_GVCP_PORT = 3956
_START_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 20.0
_FETCHED_BYTES = 1_000_000_000
"""What a camera and a client of the largest frames use together."""
_IN_NAMESPACE = "TISCAM_EMU_BENCHMARK_NAMESPACE"


@dataclass(frozen=True, slots=True)
class Server:
    """A camera that is being served.

    Attributes
    ----------
    pid
        Process that does the work: of our camera the worker, not the command.
    ready_s
        Seconds from starting the command until the camera could be found.
    """

    pid: int
    ready_s: float
    address: str = ADDRESS

    def resident_mb(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


@contextlib.contextmanager
def our_camera(model: str, *options: str) -> Iterator[Server]:
    with our_cameras(model, 1, *options) as (server,):
        yield server


@contextlib.contextmanager
def our_cameras(model: str, count: int, *options: str) -> Iterator[list[Server]]:
    """So many cameras of a model, by one command, each with a process of its own."""
    models = [word for _ in range(count) for word in ("--model", model)]
    command = [_command(), *models, "--address", ADDRESS, *options]
    began = time.perf_counter()
    with _running(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as process:
        assert process.stdout is not None
        addresses = [_ready_address(process.stdout.readline(), command) for _ in range(count)]
        ready_s = time.perf_counter() - began
        workers = zip(_workers(process.pid), addresses, strict=True)
        yield [Server(pid, ready_s, address) for pid, address in workers]


def _ready_address(line: str, command: list[str]) -> str:
    if not line.startswith("ready "):
        raise SystemExit(f"benchmark: {' '.join(command)} did not start")
    return line.rsplit(maxsplit=1)[-1]


def offload(wanted: str) -> list[str]:
    """Options for segmentation offload ``on`` or ``off``, as this version of the command has them."""
    chosen = subprocess.run([_command(), "--gso", wanted, "--list-models"], capture_output=True, check=False)
    if chosen.returncode == 0:
        return ["--gso", wanted]
    return ["--gso"] if wanted == "on" else []


def _command() -> str:
    return str(Path(sysconfig.get_path("scripts")) / "tiscam-emu")


@contextlib.contextmanager
def peer_camera(_model: str, *_options: str) -> Iterator[Server]:
    began = time.perf_counter()
    with _running(subprocess.Popen([PEER_COMMAND, "-i", ADDRESS], stdout=subprocess.DEVNULL)) as process:
        _wait_until_found(began + _START_TIMEOUT_S)
        yield Server(process.pid, time.perf_counter() - began)


@contextlib.contextmanager
def _running(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield process  # type: ignore[misc]
    finally:
        process.terminate()
        process.wait(_STOP_TIMEOUT_S)
        if process.stdout is not None:
            process.stdout.close()


def _workers(pid: int) -> list[int]:
    """Processes that serve the cameras of a command, in the order of their start: those that start no others."""
    lists = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    children = [int(child) for some in lists for child in some]
    return sorted(worker for child in children for worker in _workers(child) or [child])


def _wait_until_found(deadline: float) -> None:
    """Ask until the camera answers a discovery."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.005)
        while time.perf_counter() < deadline:
            with contextlib.suppress(OSError):
                sock.sendto(_DISCOVERY_CMD, (ADDRESS, _GVCP_PORT))
                sock.recv(1024)
                return
            time.sleep(0.002)
    raise SystemExit(f"benchmark: {PEER_COMMAND} does not answer")


def enter_lonely_namespace() -> None:
    """Start this program again where ``lo`` is the only interface up: discovery leaves by every interface."""
    if os.environ.get(_IN_NAMESPACE) or [name for _, name in socket.if_nameindex()] == ["lo"]:
        return
    os.environ[_IN_NAMESPACE] = "1"
    unshare = ["unshare", "--net", *(["--map-root-user"] if os.geteuid() else [])]
    again = ["sh", "-c", 'ip link set lo up && exec "$0" "$@"', sys.executable, *sys.argv]
    os.execvp(unshare[0], [*unshare, *again])


def fetch_memory() -> None:
    """Have the host of a virtual machine give memory that it took back: touching it again costs milliseconds per MB."""
    touch = f"import numpy; numpy.ones({_FETCHED_BYTES}, numpy.uint8)"
    subprocess.run([sys.executable, "-c", touch], check=True)


def machine() -> dict[str, str]:
    """What the figures depend on."""
    cpu_lines = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cpu": cpu_lines[0].split(":", 1)[1].strip() if cpu_lines else platform.machine(),
        "cores": str(os.cpu_count()),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "numpy": _package_version("numpy"),
        "tiscam-emu": _package_version("tiscam-emu"),
        "aravis": _aravis_version(),
        "load average at start": f"{os.getloadavg()[0]:.2f}",
    }


def _package_version(name: str) -> str:
    from importlib.metadata import version

    return version(name)


def _aravis_version() -> str:
    if shutil.which("dpkg-query") is None:
        return "0.8"
    query = ["dpkg-query", "-W", "-f", "${Version}", "libaravis-0.8-0"]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout or "0.8"
