"""A bench of one camera on threads of this process, and a client that talks to the application without a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.unit.http.asgi_client import Client

from tiscam_emu.handle import Camera
from tiscam_emu.http.app import make_app
from tiscam_emu.http.bench import Bench


@pytest.fixture
def camera(tiscam_camera_factory: Callable[..., Camera]) -> Camera:
    return tiscam_camera_factory("33GP1300", in_process=True, scene="flat")


@pytest.fixture
def bench(camera: Camera, tiscam_camera_factory: Callable[..., Camera]) -> Iterator[Bench]:
    bench = Bench()
    bench.add("left", camera, lambda: tiscam_camera_factory("33GP1300", in_process=True, scene="flat"))
    yield bench
    bench.stop_all()


@pytest.fixture
def client(bench: Bench) -> Client:
    return Client(make_app(bench))


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of this computer that nobody may read over HTTP."""
    path = tmp_path / "secret.png"
    path.write_bytes(b"secret")
    return path
