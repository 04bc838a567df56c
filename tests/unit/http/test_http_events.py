"""The stream of happenings over HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.unit.net.test_net_happenings import Heard
from typer.testing import CliRunner

import tiscam_emu
from tiscam_emu.cli import app
from tiscam_emu.handle import Camera
from tiscam_emu.http import events
from tiscam_emu.http.bench import Bench
from tiscam_emu.http.events import EventHub
from tiscam_emu.http.server import serving
from tiscam_emu.remote.server import Server


@pytest.fixture
def url(bench: Bench) -> Iterator[str]:
    with serving(bench, "127.0.0.1:0") as url:
        yield url


def _runner(camera: Camera) -> Any:
    return camera._backend.runner  # type: ignore[attr-defined]


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def _listening(server: Server, last_id: str = "") -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
    """Happenings with their ids."""
    connection = server.connection(20)
    response = server.ask(connection, "GET", "/events", headers={"Last-Event-ID": last_id} if last_id else {})

    def happenings() -> Iterator[tuple[str, dict[str, Any]]]:
        number = ""
        for line in response:
            name, _, text = line.decode().rstrip().partition(": ")
            number = text if name == "id" else number
            if name == "data":
                yield number, json.loads(text)

    yield happenings()
    response.close()
    connection.close()


def test_a_camera_from_afar_tells_what_happens(url: str, camera: Camera) -> None:
    there, heard = tiscam_emu.connect(url)["left"], Heard()
    end = there.watch(heard)
    camera["GPOut"] = 1
    assert heard.kind("feature", name="GPOut").told == {"name": "GPOut", "value": 1, "before": 0, "by": "bench"}
    changed = Heard()
    end_change = there.on_change("ExposureAuto", changed)
    there["ExposureAuto"] = "Off"
    assert changed.wait_for(lambda _: True).value == "Off"
    end()
    end_change()


def test_cameras_are_watched_only_while_somebody_listens(
    url: str, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_LINGER_S", 0.05)
    assert _runner(camera).happenings is None
    end = tiscam_emu.connect(url)["left"].watch(lambda _: None)
    assert _runner(camera).happenings is not None
    end()
    camera.unplug()  # something to say: else a server learns only from its next heartbeat that nobody listens
    _until(lambda: _runner(camera).happenings is None)


def test_who_comes_back_is_told_what_it_missed(url: str, camera: Camera) -> None:
    server = Server(url)
    with _listening(server) as happenings:
        camera.unplug()
        last_id = next(number for number, told in happenings if told["kind"] == "plug")
    camera.plug()
    _until(lambda: _runner(camera).happenings._figures["plug"]["plugged"])
    with _listening(server, last_id) as happenings:
        missed = next(told for _, told in happenings if told["kind"] == "plug")
    assert missed["plugged"] is True
    with _listening(server, "of-another-server-0") as happenings:
        camera.unplug()
        assert next(told for _, told in happenings if told["kind"] == "plug")["plugged"] is False


def test_cameras_that_come_and_go_are_told_and_watched(url: str, bench: Bench) -> None:
    far, heard = tiscam_emu.connect(url), Heard()
    end = far["left"].watch(heard)
    far.power_cycle("left")
    heard.kind("camera", running=False)
    heard.kind("camera", running=True)
    bench["left"]["GPOut"] = 1
    heard.kind("feature", name="GPOut", value=1)
    end()


def test_the_shell_watches(url: str, camera: Camera) -> None:
    done: list[str] = []

    def watch() -> None:
        done.append(CliRunner().invoke(app, ["ctl", "--url", url, "watch", "left", "--count", "1"]).stdout)

    thread = threading.Thread(target=watch)
    thread.start()
    _until(lambda: _runner(camera).happenings is not None)
    camera.unplug()
    thread.join(20)
    assert done[0].split("\t")[1:] == ["left", "plug", "plugged=false\n"]


def test_listeners_are_bounded_and_their_places_come_free(bench: Bench) -> None:
    hub = EventHub(bench)
    there = [hub.subscribe() for _ in range(events.MOST_LISTENERS)]
    assert hub.subscribe() is None
    assert there[0] is not None
    there[0].end()
    assert hub.subscribe() is not None
    hub.close()
