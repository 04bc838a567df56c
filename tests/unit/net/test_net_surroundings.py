"""Each test changes one thing that a new process would inherit, in a child that may be changed at will."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import threading

import pytest

from tiscam_emu.net.surroundings import surroundings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")

_CLONE_NEWNET, _CLONE_NEWNS = 0x40000000, 0x00020000
_CHANGES = {
    "folder": ("os.chdir('/')", {"cwd"}),
    "variable": ("os.environ['TISCAM_EMU_NEW'] = '1'", {"environment"}),
    "umask": ("os.umask(0o027 ^ os.umask(0))", {"status"}),
    "limit": ("resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))", {"limits file"}),
    "niceness": ("os.nice(3)", {"scheduling"}),
    "group": ("os.setsid()", {"group"}),
    "processors": ("os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})", {"status"}),
    "ignored": (
        "ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN\n"  # as nohup leaves it
        "signal.signal(signal.SIGHUP, signal.SIG_DFL if ignored else signal.SIG_IGN)",
        {"status"},
    ),
    "blocked": ("signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})", {"status"}),
}


@pytest.mark.parametrize("name", _CHANGES)
def test_whatever_a_new_process_would_inherit_is_part_of_the_surroundings(name: str) -> None:
    change, told = _CHANGES[name]
    if name == "processors" and len(os.sched_getaffinity(0)) == 1:
        pytest.skip("this process may run on one processor only")
    source = (
        "import json, os, resource, signal; from tiscam_emu.net.surroundings import surroundings\n"
        "before = surroundings(); assert before == surroundings()\n"
        f"{change}\n"
        "now = surroundings(); print(json.dumps([key for key in now if now[key] != before[key]]))"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)) == told


def test_what_pytest_tells_of_the_present_test_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    before = surroundings()
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "another (call)")
    assert surroundings() == before is not None


@pytest.mark.parametrize(("flag", "name"), [(_CLONE_NEWNET, "net"), (_CLONE_NEWNS, "mnt")])
def test_namespaces_are_those_of_the_thread_that_asks(flag: int, name: str) -> None:
    before = surroundings()
    assert before is not None
    found: list[object] = []

    def elsewhere() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        found.append(surroundings() if libc.unshare(flag) == 0 else None)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    (there,) = found
    if there is None:
        pytest.skip("no right to make a namespace")
    assert isinstance(there, dict)
    assert {key for key in there if there[key] != before[key]} >= {name}
    assert surroundings() == before
