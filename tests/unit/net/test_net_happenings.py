"""What is told of a camera while somebody watches."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tiscam_emu.errors import CameraFailed, UnknownFeature
from tiscam_emu.handle import Camera
from tiscam_emu.net.clock import ManualClock
from tiscam_emu.net.happenings import Happenings
from tiscam_emu.net.watchers import FeatureChange, Happening, Outbox, Watchers
from tiscam_emu.wire.gvcp import WriteRegCmd
from tiscam_emu.wire.gvcp_codec import build_command

_PATIENCE_S = 20.0
_CCP, _CONTROL, _HEARTBEAT = 0x0A00, 2, 0x0938


class Heard:
    """State: what was told, to be waited for."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._changed = threading.Condition()

    def __call__(self, told: Any) -> None:
        with self._changed:
            self.all.append(told)
            self._changed.notify_all()

    def wait_for(self, wanted: Callable[[Any], bool]) -> Any:
        def find() -> Any:
            return next((told for told in self.all if wanted(told)), None)

        with self._changed:
            found = self._changed.wait_for(find, _PATIENCE_S)
        assert found, self.all
        return found

    def kind(self, kind: str, **told: Any) -> Happening:
        def is_it(happening: Happening) -> bool:
            return happening.kind == kind and all(happening.told[key] == value for key, value in told.items())

        happening: Happening = self.wait_for(is_it)
        return happening


@pytest.fixture
def camera(tiscam_camera_factory: Callable[..., Camera]) -> Camera:
    return tiscam_camera_factory("33GP1300", in_process=True, scene="flat")


@pytest.fixture
def heard(camera: Camera) -> Iterator[Heard]:
    heard = Heard()
    end = camera.watch(heard)
    yield heard
    end()


def test_a_change_from_the_bench_is_told_with_what_was_before(camera: Camera, heard: Heard) -> None:
    before = camera["PixelFormat"]
    other = "BayerRG16"
    camera["PixelFormat"] = other
    change = heard.kind("feature", name="PixelFormat")
    assert change.told == {"name": "PixelFormat", "value": other, "before": before, "by": "bench"}
    assert change.time_ns > 0
    assert heard.kind("feature", name="PayloadSize").told["by"] == "camera", "nobody can write it"


def test_changes_a_tenth_of_a_second_apart_are_all_seen(camera: Camera, heard: Heard) -> None:
    for level in (1, 0, 1):
        camera["GPOut"] = level
        assert heard.kind("feature", name="GPOut").told["value"] == level
        heard.all.clear()
        time.sleep(0.1)


def test_looking_takes_one_part_of_fifty_whatever_is_written(camera: Camera, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = camera._backend.runner  # type: ignore[attr-defined]
    clock = ManualClock(start_ns=runner.clock.now())
    used_ns = [0]

    def thread_time_ns() -> int:
        used_ns[0] += 100_000  # each look at the clock; there are many in a look through the features
        return used_ns[0]

    with runner._lock:
        happenings = Happenings(runner, lambda _told: None, clock.now())
        monkeypatch.setattr("tiscam_emu.net.happenings.time.thread_time_ns", thread_time_ns)
        looks = 0
        for _ in range(20_000):
            clock.advance(100_000)
            before = used_ns[0]
            happenings.wrote("bench", clock.now())
            happenings.look(clock.now())
            looks += used_ns[0] != before
        monkeypatch.undo()
    assert looks > 10
    one_part, saved_up = 20_000 * 100_000 // 50, 10_000_000
    assert used_ns[0] < 1.2 * (one_part + saved_up), "the first look at the clock of each is not counted"


def test_a_change_by_a_client_is_told_with_its_address(camera: Camera, heard: Heard) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(_PATIENCE_S)
        client.connect((camera.address, 3956))
        peer = ":".join(map(str, client.getsockname()))
        for number, (register, value) in enumerate([(_CCP, _CONTROL), (_HEARTBEAT, 5000)], start=1):
            client.send(build_command(WriteRegCmd(number, ((register, value),))))
            client.recv(1024)
        assert heard.kind("controller", controller=peer)
        assert heard.kind("feature", name="GevHeartbeatTimeout", value=5000).told["by"] == peer


def test_a_mistake_of_a_client_is_told_and_counted(camera: Camera, heard: Heard) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(_PATIENCE_S)
        client.connect((camera.address, 3956))
        peer = ":".join(map(str, client.getsockname()))
        for number in (1, 2):
            client.send(build_command(WriteRegCmd(number, ((_HEARTBEAT, 5000),))))
            client.recv(1024)
        mistake = heard.kind("mistake", count=2).told
    assert (mistake["mistake"], mistake["peer"]) == ("write without control", peer)


def test_plug_faults_scene_and_lines_are_told(camera: Camera, heard: Heard) -> None:
    camera.unplug()
    assert heard.kind("plug", plugged=False)
    camera.faults("busy=0.5")
    assert heard.kind("faults", faults=["busy=0.5"])
    camera.scene = "star"
    assert heard.kind("scene", scene="star")
    camera.drive_line1(True)
    assert heard.kind("edges").told["edges"][0]["line"] == "TRIGGER_IN"
    camera["GPOut"] = 1
    at_ns, high = camera.output_edges()[-1]
    heard.wait_for(lambda told: told.told.get("edges") == [{"line": "STROBE_OUT", "at_ns": at_ns, "high": high}])


def test_watching_ends_and_then_nothing_is_looked_at(camera: Camera) -> None:
    runner = camera._backend.runner  # type: ignore[attr-defined]
    first, second = Heard(), Heard()
    ends = [camera.watch(first), camera.watch(second)]
    ends[0]()
    camera.unplug()
    second.kind("plug", plugged=False)
    assert not first.all
    ends[1]()
    assert runner.happenings is None
    camera.stop()
    with pytest.raises(CameraFailed):
        camera.watch(first)


def test_one_feature_is_watched(camera: Camera) -> None:
    heard = Heard()
    end = camera.on_change("GPOut", heard)
    camera["GPOut"], camera["ExposureAuto"] = 1, "Off"
    change: FeatureChange = heard.wait_for(lambda _: True)
    assert (change.name, change.value, change.before, change.by) == ("GPOut", 1, 0, "bench")
    end()
    with pytest.raises(UnknownFeature):
        camera.on_change("GPOu", heard)


def test_a_camera_in_a_process_of_its_own_tells_the_same(tiscam_camera_factory: Callable[..., Camera]) -> None:
    camera, heard = tiscam_camera_factory("33GP1300", scene="flat"), Heard()

    def ask_back(happening: Happening) -> None:  # who is told may ask
        assert camera.status().frames == 0
        heard(happening)

    end = camera.watch(ask_back)
    camera["GPOut"] = 1
    assert heard.kind("feature", name="GPOut").told["by"] == "bench"
    end()


def test_who_fails_is_told_the_next_thing(caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()

    def fail(told: Any) -> None:
        if not told:
            raise ValueError("nothing")
        heard(told)

    outbox = Outbox(fail)
    outbox.put({})
    outbox.put({"number": 1})
    heard.wait_for(lambda told: told["number"] == 1)
    assert "ValueError: nothing" in caplog.text
    outbox.close()


def test_who_does_not_keep_up_holds_nobody_up() -> None:
    reached, go_on, heard = threading.Event(), threading.Event(), Heard()

    def slow(told: Any) -> None:
        reached.set()
        go_on.wait()
        heard(told)

    outbox = Outbox(slow)
    outbox.put({"number": -1})
    reached.wait()
    for number in range(10_000):
        outbox.put({"number": number})
    go_on.set()
    heard.wait_for(lambda told: told["number"] == 9999)
    assert heard.all[1]["number"] == 10_000 - 4096
    outbox.close()


def test_the_camera_is_told_of_the_first_and_of_the_last_who_watches() -> None:
    switched: list[bool] = []
    watchers = Watchers(switched.append)
    ends = [watchers.add(lambda _: None) for _ in range(2)]
    for end in [*ends, *ends]:
        end()
    assert switched == [True, False]
