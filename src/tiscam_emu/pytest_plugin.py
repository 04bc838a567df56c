"""A pytest plugin: cameras as fixtures, each on an address of its own.

``tiscam_camera`` is one camera; the marker ``tiscam_camera(model, **options)`` chooses which. ``tiscam_camera_factory``
starts as many as a test wants.
"""

from __future__ import annotations

import itertools
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from tiscam_emu.api import serve
from tiscam_emu.errors import AddressInUse
from tiscam_emu.handle import Camera

DEFAULT_MODEL = "39GX265-Z20"
_FIRST = int(IPv4Address("127.64.0.1"))
_SPAN = 2**21
_TRIES = 50


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "tiscam_camera(model, **options): which camera the tiscam_camera fixture starts, options of serve()"
    )


def _addresses() -> Iterator[str]:
    """Loopback addresses, beginning elsewhere in every process: runs side by side seldom meet, and step aside then."""
    start = zlib.crc32(f"{os.getpid()} {os.environ.get('PYTEST_XDIST_WORKER', '')}".encode())
    for number in itertools.count(start):
        yield str(IPv4Address(_FIRST + number % _SPAN))


@pytest.fixture(scope="session")
def _tiscam_addresses() -> Iterator[str]:
    return _addresses()


@pytest.fixture
def tiscam_camera_factory(_tiscam_addresses: Iterator[str]) -> Iterator[Callable[..., Camera]]:
    """Call it as `serve`; without an address the camera gets a free one. The cameras end with the test."""
    with ExitStack() as cameras:

        def start(model: str | Path = DEFAULT_MODEL, **options: Any) -> Camera:
            return cameras.enter_context(_serve_somewhere(model, options, _tiscam_addresses))

        yield start


def _serve_somewhere(model: str | Path, options: dict[str, Any], addresses: Iterator[str]) -> Camera:
    if "address" in options:
        return serve(model, **options)
    for _ in range(_TRIES):
        try:
            return serve(model, address=next(addresses), **options)
        except AddressInUse:
            continue
    raise AddressInUse(f"none of {_TRIES} loopback addresses was free")


@pytest.fixture
def tiscam_camera(request: pytest.FixtureRequest, tiscam_camera_factory: Callable[..., Camera]) -> Camera:
    """A running camera: by default a DFK 39GX265-Z20, else what the marker `tiscam_camera` says."""
    marker = request.node.get_closest_marker("tiscam_camera")
    return tiscam_camera_factory(*marker.args, **marker.kwargs) if marker else tiscam_camera_factory()
