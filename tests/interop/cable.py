"""Two network namespaces, joined by a cable that is a veth pair: a camera at one end, its clients at the other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.interop.emulator import CLIENTS, GI_PYTHON, Emulator, run

CAMERA, CLIENT, FAR_CLIENT, GATEWAY = "10.77.0.1", "10.77.0.2", "10.88.0.2", "10.77.0.254"
NONE = -1


@dataclass(frozen=True, slots=True)
class Cable:
    """Two namespaces, by the process that holds each: the camera's and the client's end."""

    camera: int
    client: int

    def at(self, end: int) -> list[str]:
        """What runs a command at one end."""
        return ["nsenter", "--target", str(end), "--net"]

    def ask(self, end: int, source: str, *commands: tuple[str, str], answers: int = 1) -> list[tuple[str, str]]:
        """What comes back for raw datagrams; for NONE half a second is listened."""
        wait = {"timeout_s": 5.0, "answers": answers} if answers > 0 else {"timeout_s": 0.5, "answers": 1000}
        job = {"source": source, "commands": commands, **wait}
        script = [sys.executable, str(CLIENTS / "wire_commands.py"), json.dumps(job)]
        return [(source, data) for source, data in json.loads(run([*self.at(end), *script]))]

    def aravis(self, script: str, **job: Any) -> dict[str, Any]:
        """An Aravis script at the client's end."""
        output = run([*self.at(self.client), GI_PYTHON, str(CLIENTS / f"{script}.py"), json.dumps(job)])
        answer: dict[str, Any] = json.loads(output.splitlines()[-1])
        assert "error" not in answer, answer["error"]
        return answer


@contextmanager
def namespace() -> Iterator[int]:
    """The process that holds a network namespace of its own."""
    command = ["unshare", "--net", "sh", "-c", "ip link set lo up && echo && exec cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
        yield process.pid
        process.stdin.close()


def ip(within: Sequence[str], *commands: str) -> None:
    """Run commands of `ip` there."""
    for command in commands:
        run([*within, "ip", *command.split()])


@contextmanager
def laid_cable() -> Iterator[Cable]:
    """A cable that is there while this runs."""
    with namespace() as camera, namespace() as client:
        cable = Cable(camera, client)
        ip(
            cable.at(camera),
            f"link add cam0 type veth peer name eth0 netns {client}",
            f"address add {CAMERA}/24 broadcast + dev cam0",
            "link set cam0 up",
            f"route add default via {GATEWAY} dev cam0",
        )
        ip(
            cable.at(client),
            f"address add {CLIENT}/24 broadcast + dev eth0",
            f"address add {FAR_CLIENT}/24 dev eth0",
            "link set eth0 up",
        )
        yield cable


@contextmanager
def camera_on(cable: Cable, *arguments: str) -> Iterator[Emulator]:
    """A 33GP1300 at the camera's end."""
    running = Emulator("--model", "33GP1300", *arguments, within=cable.at(cable.camera))
    try:
        yield running
    finally:
        running.close()
