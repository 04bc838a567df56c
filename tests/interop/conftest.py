"""Real clients, real sockets: where these tests may run, what they need, and the cameras they share.

Clients send their discovery broadcasts out of every interface, so the tests run in a network namespace that holds
nothing but ``lo``; ``tools/test`` makes one.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import pytest

_ROOT = str(Path(__file__).parents[2])
if _ROOT not in sys.path:  # the modules beside the tests are imported as tests.interop.*
    sys.path.insert(0, _ROOT)

from tests.interop import emulator as emu  # noqa: E402
from tests.interop import own_namespace  # noqa: E402
from tests.interop.gentl_fixtures import everything, gentl_camera, gentl_cameras, opened  # noqa: E402, F401 - fixtures
from tests.interop.gvcp_client import GvcpClient  # noqa: E402
from tests.interop.twins import VARIABLE, in_place_of  # noqa: E402

from tiscam_emu import Camera  # noqa: E402
from tiscam_emu.pytest_plugin import DEFAULT_MODEL  # noqa: E402

_HERE = Path(__file__).parent
_PACKAGES = {
    "arv-tool-0.8": "Debian package aravis-tools-cli",
    "arv-test-0.8": "Debian package aravis-tools",
    "tshark": "Debian package tshark",
    "curl": "Debian package curl",
    "gcc": "Debian packages gcc and libc6-dev",
    "make": "Debian package make",
    "gst-launch-1.0": "Debian package gstreamer1.0-tools",
    "viva-camctl": "PyPI package viva-genicam",
}
_MODULES = {
    "genicam": "PyPI package genicam",
    "harvesters": "PyPI package harvesters",
    "pyGigEVision": "PyPI package pyGigEVision",
    "telegenic": "PyPI package telegenicam",
}
_LONGEST = ("test_interop_twins", "test_interop_formats")
"""Files that take so long that one of two workers would wait for the other if they came last."""
collect_ignore = [] if os.environ.get("TISCAM_EMU_FOREIGN_CAMERAS") else ["test_interop_foreign_corpus.py"]
"""Descriptions of real cameras are other people's: who has some names their folder."""


def pytest_configure(config: pytest.Config) -> None:
    """Give every worker of ``-n`` a network of its own."""
    if hasattr(config, "workerinput"):
        own_namespace.enter()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, and begin with the files that take longest."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.interop)
    items.sort(key=lambda item: _LONGEST.index(item.path.stem) if item.path.stem in _LONGEST else len(_LONGEST))


def missing(reason: str) -> NoReturn:
    """Skip, or fail where the environment says that nothing may be missing."""
    if os.environ.get("TISCAM_EMU_INTEROP") == "require":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def _lo_only() -> None:
    # Not /sys/class/net: that shows the namespace in which /sys was mounted.
    others = sorted(name for _, name in socket.if_nameindex() if name != "lo")
    if others:
        missing(f"run tools/test: discovery broadcasts would leave by {', '.join(others)}")


@pytest.fixture(scope="session")
def need(_lo_only: None) -> Callable[..., None]:
    """Call it with the names of programs and modules that a test cannot do without."""
    return _need


def _need(*names: str) -> None:
    for name in names:
        if name == "aravis":
            if not _has_aravis():
                missing(f"{emu.GI_PYTHON} cannot import Aravis: Debian packages gir1.2-aravis-0.8 and python3-gi")
        elif name == "aravissrc":
            if not _has_aravissrc():
                missing("GStreamer has no aravissrc: Debian package libaravis-0.8-0")
        elif name in _MODULES:
            if importlib.util.find_spec(name) is None:
                missing(f"no module {name}: {_MODULES[name]}")
        elif emu.program(name) is None:
            missing(f"no program {name}: {_PACKAGES[name]}")


@cache
def _has_aravis() -> bool:
    probe = "import gi; gi.require_version('Aravis', '0.8'); from gi.repository import Aravis"
    try:
        return subprocess.run([emu.GI_PYTHON, "-c", probe], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@cache
def _has_aravissrc() -> bool:
    try:
        return subprocess.run(["gst-inspect-1.0", "aravissrc"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.fixture(scope="session")
def producer(need: Callable[..., None]) -> Path:
    """The GenTL producer of this project, built anew if its sources have changed."""
    need("genicam", "harvesters", "make")
    built = subprocess.run(["make", "-s", "-C", f"{_ROOT}/gentl"], capture_output=True, text=True, check=False)
    if built.returncode:
        missing(f"the GenTL producer cannot be built (tools/producer installs what it needs): {built.stderr}")
    return Path(_ROOT) / "gentl/build/gige_vision.cti"


@pytest.fixture
def tiscam_camera_factory(tiscam_camera_factory: Callable[..., Camera]) -> Callable[..., Camera]:
    """The plugin's, but with twins where the tests are to have them."""

    def start(model: str | Path = DEFAULT_MODEL, **options: Any) -> Camera:
        return tiscam_camera_factory(in_place_of(str(model)), **options)

    return start


@pytest.fixture(scope="session")
def first_address() -> str:
    """Where this worker's shared cameras begin; test workers side by side do not meet. 127.0.0.1 stays free."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return f"127.{int(VARIABLE in os.environ)}.{worker + 1}.1"


@pytest.fixture(scope="session")
def cameras(_lo_only: None, first_address: str) -> Iterator[dict[str, emu.Ready]]:
    """All five models side by side, by one command; tests leave them free but not as they found them."""
    models = [word for model in emu.MODELS for word in ("--model", model)]
    with emu.emulator(*models, "--address", first_address, cameras=len(emu.MODELS)) as running:
        yield {ready.key: ready for ready in running.ready}


@pytest.fixture(params=emu.MODELS)
def camera(request: pytest.FixtureRequest, cameras: dict[str, emu.Ready]) -> emu.Ready:
    """Each of the five in turn."""
    return cameras[request.param]


@pytest.fixture
def aravis_fake() -> Iterator[str]:
    """It listens at an interface's own address alone."""
    address = "127.0.0.1"
    program = shutil.which("arv-fake-gv-camera-0.8")
    if program is None:
        missing("no program arv-fake-gv-camera-0.8: Debian package aravis-tools")
    with subprocess.Popen([program, "-i", address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as fake:
        try:
            with GvcpClient(address, timeout_s=0.2) as client:
                emu.wait_until(lambda: _answers(client), "Aravis' fake camera answers")
            yield address
            assert fake.poll() is None, "Aravis' fake camera has crashed"
        finally:
            fake.kill()


def _answers(client: GvcpClient) -> bool:
    try:
        client.command(0x0002, b"")
    except (TimeoutError, ConnectionError, AssertionError):
        return False
    return True
