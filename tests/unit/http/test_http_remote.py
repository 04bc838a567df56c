"""Cameras held from afar: the same objects as `serve` gives, and the commands of the shell, over a real socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import tiscam_emu
from tiscam_emu.cli import app
from tiscam_emu.handle import Camera
from tiscam_emu.http.bench import Bench
from tiscam_emu.http.server import serving
from tiscam_emu.remote import RemoteBench

Ctl = Callable[..., Result]


@pytest.fixture
def url(bench: Bench) -> Iterator[str]:
    with serving(bench, "127.0.0.1:0") as url:
        yield url


@pytest.fixture
def far(url: str) -> RemoteBench:
    return tiscam_emu.connect(url)


@pytest.fixture
def ctl(url: str) -> Ctl:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["ctl", *arguments], env={"TISCAM_EMU_HTTP": url})

    return run


def test_a_camera_from_afar_is_like_the_one_at_hand(far: RemoteBench, camera: Camera) -> None:
    there = far["left"]
    assert isinstance(there, Camera)
    assert list(far) == ["left"]
    assert (there.model, there.serial, there.address) == (camera.model, camera.serial, camera.address)
    there["ExposureAuto"] = "Off"
    there["ExposureTime"] = 3000.5
    assert there["ExposureTime"] == camera["ExposureTime"]
    assert there.features() == camera.features()
    assert there.feature("ExposureTime") == camera.feature("ExposureTime")
    assert there.every_feature()[3] == camera.every_feature()[3]
    there["GPOut"] = 1 - int(camera["GPOut"])
    assert there.output_edges() == camera.output_edges()
    there.drive_line1(True)
    assert there.line1 is camera.line1 is True
    there.pulse_line1([(60.0, False)])
    there.stamp = True
    assert there.stamp is camera.stamp is True
    there.faults("busy=0.5", drop=0.1)
    assert there.fault_texts() == camera.fault_texts() == ["drop=0.1", "busy=0.5"]
    there.unplug()
    assert there.status().plugged is camera.status().plugged is False
    there.plug()
    assert there.status_led() == camera.status_led()
    assert {**there.overview(), "status": 0} == {**camera.overview(), "status": 0}
    camera["TriggerMode"], camera["TriggerSource"] = "On", "Software"
    there.execute("TriggerSoftware")


def test_scenes_are_sent_by_name_as_arrays_and_as_files(far: RemoteBench, camera: Camera, tmp_path: Path) -> None:
    there = far["left"]
    there.scene = "star"
    assert there.scene == camera.scene == "star"
    array = np.arange(64 * 48, dtype=np.uint8).reshape(48, 64)
    there.scene = array
    assert np.array_equal(camera.scene, array)
    np.save(tmp_path / "part.npy", array.T)
    there.scene = tmp_path / "part.npy"
    assert np.array_equal(camera.scene, array.T)
    for wrong in ("moon", str(tmp_path / "none.png"), print, [object()]):
        with pytest.raises(tiscam_emu.SceneError):
            there.scene = wrong
    assert np.array_equal(camera.scene, array.T)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda camera: camera["ExposureTim"],
        lambda camera: camera["TriggerSoftware"],
        lambda camera: camera.__setitem__("Width", 7.5),
        lambda camera: camera.__setitem__("Width", 10**9),
        lambda camera: camera.__setitem__("DeviceModelName", "mine"),
        lambda camera: camera.faults("drop=2"),
    ],
)
def test_errors_from_afar_are_those_at_hand(far: RemoteBench, camera: Camera, wrong: Callable[[Camera], None]) -> None:
    with pytest.raises(tiscam_emu.TiscamEmuError) as here:
        wrong(camera)
    with pytest.raises(tiscam_emu.TiscamEmuError) as there:
        wrong(far["left"])
    assert type(there.value) is type(here.value)
    assert str(there.value) == str(here.value)


def test_cameras_are_started_and_stopped_from_afar(far: RemoteBench, bench: Bench) -> None:
    with far.start("33GP1300", name="right", address="127.77.4.1", scene="flat") as camera:
        assert camera.address == bench["right"].address == "127.77.4.1"
    assert bench.names() == ["left"]
    camera.stop()
    with pytest.raises(tiscam_emu.UnknownCamera, match="there are left"):
        far["right"]
    far["left"]["ExposureAuto"] = "Off"
    assert far.power_cycle("left")["ExposureAuto"] == "Continuous"


def test_a_bench_that_is_not_there_is_told_in_one_line(url: str) -> None:
    with pytest.raises(tiscam_emu.CameraFailed, match=r"no bench answers at .*: Connection refused"):
        tiscam_emu.connect("http://127.0.0.1:9")
    for wrong in ("ftp://127.0.0.1", "http://", "http://[::1", "http://127.0.0.1:x"):
        with pytest.raises(tiscam_emu.InvalidOption, match="must be a URL"):
            tiscam_emu.connect(wrong)


def test_the_shell_reads_and_sets(ctl: Ctl, camera: Camera) -> None:
    assert ctl("list").stdout.split("\t") == ["left", camera.model, camera.serial, camera.address + "\n"]
    assert ctl("set", "left", "ExposureAuto=Off", "ExposureTime=2000", "DeviceUserID=17").exit_code == 0
    assert ctl("get", "left", "ExposureAuto", "ExposureTime", "DeviceUserID").stdout == "Off\n2000.0\n17\n"
    assert "ExposureTime=2000.0\n" in ctl("get", "left").stdout
    assert f"model\t{camera.model}\n" in ctl("status", "left").stdout
    camera.faults("drop=0.01", "busy=0.1")
    lines = ctl("status", "left").stdout.splitlines()
    assert [line for line in lines if line.startswith("faults\t")] == ["faults\tdrop=0.01", "faults\tbusy=0.1"]
    assert "datagrams.stream.dropped\t0" in lines
    assert json.loads(ctl("status", "left", "--json").stdout)["status"]["plugged"] is True


def test_the_shell_does_what_hands_would(ctl: Ctl, camera: Camera) -> None:
    assert ctl("scene", "left", "star").exit_code == 0
    assert ctl("scene", "left").stdout == "star\n"
    ctl("fault", "left", "drop=0.01", "busy=0.1")
    assert ctl("fault", "left").stdout == "drop=0.01\nbusy=0.1\n"
    ctl("fault", "left", "none")
    assert (ctl("fault", "left").stdout, camera.fault_texts()) == ("none\n", [])
    ctl("unplug", "left")
    assert not camera.status().plugged
    ctl("plug", "left")
    assert camera.status().plugged
    ctl("line1", "left", "high")
    assert (ctl("line1", "left").stdout, camera.line1) == ("high\n", True)
    camera["TriggerMode"], camera["TriggerSource"] = "On", "Software"
    assert ctl("trigger", "left").exit_code == 0


def test_the_shell_starts_and_stops(ctl: Ctl, bench: Bench) -> None:
    assert ctl("start", "33GP1300", "name=2", "address=127.77.4.2", "scene=flat", "seed=3").stdout == "2\n"
    assert bench["2"].address == "127.77.4.2"
    assert ctl("power-cycle", "left").exit_code == 0
    assert ctl("stop", "2").exit_code == 0
    assert bench.names() == ["left"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("get", "left", "Widt"), 2, "no feature 'Widt'; did you mean Width"),
        (("get", "right"), 2, "no camera 'right'; there are left"),
        (("set", "left", "Width=1000000"), 2, "Width: 1e+06 is not in"),
        (("set", "left", "ExposureAuto=Off", "Width"), 2, "'Width': must be FEATURE=VALUE"),
        (("fault", "left", "drop=2"), 2, "drop: 2 is not in 0 to 1"),
        (("line1", "left", "up"), 2, "must be high or low"),
        (("--url", "http://127.0.0.1:9", "list"), 1, "no bench answers"),
        (("--url", "nonsense://", "list"), 2, "must be a URL"),
    ],
)
def test_what_the_shell_gets_wrong_is_one_line_and_an_exit_code(
    ctl: Ctl, camera: Camera, arguments: tuple[str, ...], code: int, says: str
) -> None:
    done = ctl(*arguments)
    assert done.exit_code == code
    assert done.stdout == ""
    assert done.stderr.startswith("tiscam-emu: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
    assert camera["ExposureAuto"] == "Continuous", "nothing of a line that is wrong has been done"
