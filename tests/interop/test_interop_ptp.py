"""Three cameras of one host and their one PTP master, in processes of their own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.interop.emulator import PATIENCE_S, emulator, wait_until
from tests.interop.gvcp_client import CCP, HEARTBEAT_TIMEOUT, GvcpClient

if TYPE_CHECKING:
    from tests.interop.genapi_camera import GenApiCamera

_ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def held(address: str) -> Iterator[GenApiCamera]:
    """A node map in control, of a camera that may end meanwhile."""
    from tests.interop.genapi_camera import GenApiCamera

    with GvcpClient(address) as client:
        client.write_register(CCP, 2)
        client.write_register(HEARTBEAT_TIMEOUT, 60_000)
        yield GenApiCamera(client)


@pytest.fixture(autouse=True)
def _clients(need: Callable[..., None]) -> None:
    need("genicam")


def test_exactly_one_camera_is_master_and_another_follows_it() -> None:
    # The cameras of other tests would stand for election, too: this needs a namespace of its own.
    namespace = ["unshare", "--net", *(["--map-root-user"] if os.geteuid() else [])]
    shell = ["sh", "-c", 'ip link set lo up && exec "$@"', "sh", sys.executable, "-m", "tests.interop.test_interop_ptp"]
    done = subprocess.run(
        [*namespace, *shell], capture_output=True, text=True, cwd=_ROOT, timeout=5 * PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stderr


def elect() -> None:
    """As manual 5.15.2: one master clock, the others synchronise to it. None of them has the first address."""

    addresses = [f"127.0.9.{last}" for last in (2, 3, 4)]
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(emulator("--model", "39GX265-Z20", "--address", each)) for each in addresses]
        nodes = [stack.enter_context(held(address)) for address in addresses]

        def roles(of: list[int]) -> list[str]:
            return sorted(nodes[index]["PtpStatus"] for index in of)

        alive = [0, 1, 2]
        wait_until(lambda: roles(alive) == ["Master", "Slave", "Slave"], "one master of three", PATIENCE_S)

        master = next(index for index in alive if nodes[index]["PtpStatus"] == "Master")
        running[master].process.kill()
        running[master].process.wait()
        alive.remove(master)
        wait_until(lambda: roles(alive) == ["Master", "Slave"], "one master of two", PATIENCE_S)

        master = next(index for index in alive if nodes[index]["PtpStatus"] == "Master")
        nodes[master]["PtpEnable"] = False
        assert nodes[master]["PtpStatus"] == "Disabled"
        wait_until(lambda: roles(alive) == ["Disabled", "Master"], "the other one is master", PATIENCE_S)
        nodes[master]["PtpEnable"] = True
        assert nodes[master]["PtpStatus"] == "Listening"
        wait_until(lambda: roles(alive) == ["Master", "Slave"], "slave of the new master", PATIENCE_S)


if __name__ == "__main__":
    elect()
