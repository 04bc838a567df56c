"""The process that cameras are forked from; the cameras here wait for their options, which never come."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tiscam_emu.net import forking
from tiscam_emu.net.prepared import ForkedProcess, PreparedServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has what this needs")
_PATIENCE_S = 60.0


@pytest.fixture
def server() -> Iterator[PreparedServer]:
    server = PreparedServer({}, {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}, "33GP1300", "")
    yield server
    server.end()


def _forked(server: PreparedServer) -> ForkedProcess:
    camera = server.fork()
    assert camera is not None
    return camera


def _end(camera: ForkedProcess) -> int:
    camera.stdin.close()
    code = camera.wait(_PATIENCE_S)
    camera.stdout.close()
    return code


def _wait_until(condition: Callable[[], bool]) -> None:
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < _PATIENCE_S
        time.sleep(0.01)


def _status(pid: int, name: str) -> str:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(line.split(":")[1].strip() for line in lines if line.startswith(f"{name}:"))


def _is_gone(pid: int) -> bool:
    """Whether there is no such process, nor what is left of it until its parent looks, unless that is the system."""
    try:
        return _status(pid, "State").startswith("Z") and _status(pid, "PPid") == "1"
    except (FileNotFoundError, ProcessLookupError):
        return True


def _open_files(pid: int) -> dict[int, Path]:
    """What each descriptor of a process is of."""
    return {int(link.name): link.readlink() for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}


def test_a_forked_process_inherits_streams_and_nothing_else_and_has_one_thread(server: PreparedServer) -> None:
    others = [_forked(server) for _ in range(2)]
    camera = _forked(server)
    _wait_until(lambda: len(_open_files(camera.pid)) == 4)  # its own way out is the fourth
    files, own = _open_files(camera.pid), _open_files(os.getpid())
    assert files[0] == own[camera.stdin.fileno()]
    assert files[3] == own[camera.stdout.fileno()]
    assert files[1] == files[2] == own[2]
    assert _status(camera.pid, "Threads") == _status(server.pid, "Threads") == "1"
    assert _status(camera.pid, "PPid") == str(server.pid)
    for one in (*others, camera):
        _end(one)


def test_how_it_ends_is_told_and_nothing_is_left_of_it(
    server: PreparedServer, capfd: pytest.CaptureFixture[str]
) -> None:
    first, second = _forked(server), _forked(server)
    assert first.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        first.wait(0.0)
    first.kill()
    assert first.wait(_PATIENCE_S) == -signal.SIGKILL
    assert _end(second) == 1
    assert "JSONDecodeError" in capfd.readouterr().err  # as an interpreter ends that met what nobody expected
    first.kill()
    assert (first.poll(), second.poll()) == (-signal.SIGKILL, 1)
    assert _is_gone(first.pid)
    assert _is_gone(second.pid)
    first.stdin.close()
    first.stdout.close()


def test_a_process_whose_server_has_died_goes_on_and_its_end_is_seen(server: PreparedServer) -> None:
    camera = _forked(server)
    os.kill(server.pid, signal.SIGKILL)
    _wait_until(lambda: _status(server.pid, "State").startswith("Z"))
    with pytest.raises(ConnectionError):
        server.fork()
    assert camera.poll() is None
    assert _end(camera) == 255


def test_threads_may_ask_at_once() -> None:
    source = (
        "import threading; from tiscam_emu.net.starting import start\n"
        "start(('33GP1300', 'chart')).stdin.close()\n"
        "made = []\n"
        "threads = [threading.Thread(target=lambda: made.append(start(('33GP1300', 'chart')))) for _ in range(8)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
        "print(len({p.pid for p in made}), {type(p).__name__ for p in made})\n"
        "[p.stdin.close() for p in made]; print({p.wait() for p in made})\n"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "8 {'ForkedProcess'}\n{1}\n"


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ("pass", ["Popen", "ForkedProcess", "ForkedProcess"]),
        ("os.chdir('/')", ["Popen", "Popen", "Popen"]),
        ("os.kill(starting._server._server.pid, signal.SIGKILL)", ["Popen", "Popen", "Popen"]),
        ("os.fork() and os._exit(os.waitstatus_to_exitcode(os.wait()[1]))", ["Popen", "Popen", "ForkedProcess"]),
    ],
)
def test_a_process_is_forked_only_from_a_server_that_is_like_the_caller(change: str, kinds: list[str]) -> None:
    source = (
        "import os, signal; from tiscam_emu.net import starting\n"
        "made = [starting.start(('33GP1300', 'chart'))]\n"
        f"{change}\n"
        "made += [starting.start(('33GP1300', 'chart')) for _ in range(2)]\n"
        "print([type(p).__name__ for p in made], flush=True)\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == f"{kinds}\n"


def test_a_program_with_one_camera_prepares_nothing() -> None:
    source = "from tiscam_emu.net import starting; starting.start(None).stdin.close(); print(starting._server._server)"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(0)", "pass"])
def test_server_and_cameras_end_with_their_parent_however_it_ends(end: str) -> None:
    source = (
        "import json, os, signal; from tiscam_emu.net import starting\n"
        "made = [starting.start(('33GP1300', 'chart')) for _ in range(3)]\n"
        "print(json.dumps([starting._server._server.pid, *[p.pid for p in made]]), flush=True)\n"
        f"{end}"
    )
    with subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        assert parent.stdout is not None
        pids = json.loads(parent.stdout.readline())
        parent.wait(_PATIENCE_S)
    assert len(set(pids)) == 4
    _wait_until(lambda: all(map(_is_gone, pids)))


def test_with_more_threads_than_one_nothing_is_forked() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    idle = threading.Event()
    thread = threading.Thread(target=idle.wait)
    thread.start()
    try:
        passed = [os.dup(theirs.fileno()) for _ in range(forking.PASSED)]
        with ours, theirs:
            forking._Server(theirs)._answer(passed)
            assert ours.recv(16) == forking.REFUSED
    finally:
        idle.set()
        thread.join()
    for descriptor in passed:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)


def test_a_camera_like_the_one_prepared_for_imports_and_draws_nothing_that_all_have_in_common() -> None:
    source = (
        "import sys; from tiscam_emu.net.preparation import prepare; prepare('33GP1300', 'chart')\n"
        "from tiscam_emu.genicam.document import build_xml, zipped; from tiscam_emu.sensor.scenes import chart\n"
        "from tiscam_emu.sensor.fast.noise_pool import white_pool\n"
        "from tiscam_emu.net.runner import CameraRunner; from tiscam_emu.net.options import ServeOptions\n"
        "caches = build_xml, zipped, chart._draw, white_pool\n"
        "before, made = set(sys.modules), [cache.cache_info().misses for cache in caches]\n"
        "runner = CameraRunner(ServeOptions('33GP1300', '127.77.0.1')); runner.open(); runner.pipeline.flush()\n"
        "print(set(sys.modules) - before, [cache.cache_info().misses for cache in caches] == made, made)\n"
        "runner.close()"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "set() True [1, 1, 1, 1]\n"
