"""The state folder: what a camera keeps across restarts, and what it does with a damaged file."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tiscam_emu.camera.control import control_channel
from tiscam_emu.camera.core import load
from tiscam_emu.camera.notices import SettingsReplaced
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.state import CameraState
from tiscam_emu.net.persistence import RETRY_NS, KeptValues

_model = cache(load)
FACTORY_HEIGHT = 1536
NOW = 7_000_000_000


@dataclass
class Run:
    """State: one life of a camera, from power-up on."""

    folder: Path
    reports: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state = CameraState(_model("39GX265-Z20"), CameraOptions())
        self.kept = KeptValues(self.folder, self.state, self.reports.append)
        self.kept.restore()

    def save_set(self, number: int, **values: Any) -> None:
        for name, value in values.items():
            self.state.write(name, value)
        self.state.write("UserSetSelector", number)
        self.state.write("UserSetSave", 1)
        self.kept.save_changes(NOW)

    def load_set(self, number: int) -> None:
        self.state.write("UserSetSelector", number)
        self.state.write("UserSetLoad", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def _file(folder: Path) -> Path:
    return folder / "39GX265-Z20-39265001.json"


def _write(folder: Path, content: Any) -> None:
    folder.mkdir(exist_ok=True)
    _file(folder).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def test_name_and_user_sets_outlive_a_restart(folder: Path) -> None:
    first = Run(folder)
    first.state.write("DeviceUserID", "Küche")
    first.save_set(1, Height=480, LUTIndex=3, LUTValue=5)
    second = Run(folder)
    assert second.state["DeviceUserID"] == "Küche"
    assert second.state["Height"] == FACTORY_HEIGHT
    second.load_set(1)
    assert second.state["Height"] == 480
    assert second.state.value("LUTValue", 3) == 5
    assert second.state.user_sets == first.state.user_sets
    assert second.reports == []


def test_ip_configuration_outlives_a_restart(folder: Path) -> None:
    first = Run(folder)
    for name, value in (("IPAddress", 0x7F00_004D), ("SubnetMask", 0xFFFF_FF00), ("DefaultGateway", 0x7F00_0001)):
        first.state.write(f"GevPersistent{name}", value)
    assert control_channel.persistent_address(first.state) == ""
    first.state.write("GevCurrentIPConfigurationPersistentIP", 1)
    first.state.write("GevCurrentIPConfigurationDHCP", 0)
    first.kept.save_changes(NOW)
    second = Run(folder)
    assert control_channel.persistent_address(second.state) == "127.0.0.77"
    assert second.state["GevCurrentIPConfigurationDHCP"] == 0
    assert (second.state["GevPersistentSubnetMask"], second.state["GevPersistentDefaultGateway"]) == (
        0xFFFF_FF00,
        0x7F00_0001,
    )


def test_persistent_mode_without_an_address_is_none(folder: Path) -> None:
    run = Run(folder)
    run.state.write("GevCurrentIPConfigurationPersistentIP", 1)
    assert control_channel.persistent_address(run.state) == ""


def test_name_of_16_bytes_in_the_file_is_cut_as_a_written_one(folder: Path) -> None:
    _write(folder, {"version": 1, "values": {"DeviceUserID": "0123456789abcdef"}})
    run = Run(folder)
    assert (run.state["DeviceUserID"], run.reports) == ("0123456789abcde", [])


def test_camera_starts_with_its_default_set_and_says_so(folder: Path) -> None:
    first = Run(folder)
    first.save_set(2, Height=480, UserSetDefault=2)
    state = CameraState(_model("39GX265-Z20"), CameraOptions())
    notices: list[SettingsReplaced] = []
    state.notices.subscribe(SettingsReplaced, notices.append)
    KeptValues(folder, state, first.reports.append).restore()
    assert (state["Height"], state["UserSetDefault"]) == (480, 2)
    assert notices == [SettingsReplaced()]


def test_rate_is_kept_as_it_took_effect_and_infinite_ones_of_older_files_are_read(folder: Path) -> None:
    first = Run(folder)
    first.save_set(1)  # the highest frame rate there is
    text = _file(folder).read_text(encoding="utf-8")
    kept = json.loads(text, parse_constant=pytest.fail)["user_sets"]["UserSet1"]["AcquisitionFrameRate"]
    assert kept == [first.state["AcquisitionFrameRate"]] == [36.054]
    _file(folder).write_text(text.replace("36.054", '"inf"'), encoding="utf-8")
    assert Run(folder).state.user_sets["UserSet1"]["AcquisitionFrameRate"] == (float("inf"),)


def test_nothing_is_written_until_something_kept_changes(folder: Path) -> None:
    run = Run(folder)
    run.state.write("Height", 480)
    run.kept.save_changes(NOW)
    assert list(folder.iterdir()) == []


def test_file_is_replaced_as_a_whole(folder: Path) -> None:
    run = Run(folder)
    for name in ("one", "two"):
        run.state.write("DeviceUserID", name)
        run.kept.save_changes(NOW)
    assert list(folder.iterdir()) == [_file(folder)]
    assert json.loads(_file(folder).read_text(encoding="utf-8"))["values"]["DeviceUserID"] == "two"


def test_factory_reset_forgets(folder: Path) -> None:
    run = Run(folder)
    run.save_set(1, Height=480, UserSetDefault=1, DeviceUserID="mine")
    run.state.user_sets.clear()
    run.state.reset(keep_persistent=False)
    run.kept.save_changes(NOW)
    again = Run(folder)
    assert (again.state["Height"], again.state["DeviceUserID"], again.state.user_sets) == (FACTORY_HEIGHT, "", {})


def test_folder_that_cannot_be_written_is_reported_once_and_the_camera_goes_on(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    run = Run(blocked / "kept")
    assert len(run.reports) == 1
    run.state.write("DeviceUserID", "mine")
    run.kept.save_changes(NOW)
    run.kept.save_changes(NOW)
    assert [report.endswith("Not a directory") for report in run.reports] == [False, True]


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '"text"', "{}", '{"version": 99}', "[" * 100_000, "\0", '{"version": 1, "values": 7}'],
)
def test_damaged_file_is_reported_and_the_factory_settings_used(folder: Path, content: str) -> None:
    _write(folder, content)
    run = Run(folder)
    assert len(run.reports) == 1
    assert run.reports[0].startswith(str(_file(folder)))
    assert run.state["Height"] == FACTORY_HEIGHT


def test_file_that_is_no_text_is_reported(folder: Path) -> None:
    folder.mkdir()
    _file(folder).write_bytes(b"\xff\xfe\x00")
    assert len(Run(folder).reports) == 1


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"Sparkle": [1]}, "Sparkle: not a setting of this camera"),
        ({"Height": [7]}, "Height: 7 cannot be"),
        ({"Height": "480"}, "Height: needs 1 values"),
        ({"Height": None}, "Height: needs 1 values"),
        ([1, 2], "not a user set"),
    ],
)
def test_unusable_set_is_named_and_the_rest_is_used(folder: Path, settings: Any, reason: str) -> None:
    good = {"Height": [480]}
    _write(
        folder, {"version": 1, "values": {"UserSetDefault": 1}, "user_sets": {"UserSet1": settings, "UserSet2": good}}
    )
    run = Run(folder)
    assert run.reports == [f"{_file(folder)}: UserSet1: left out, it holds the factory settings: {reason}"]
    assert run.state["Height"] == FACTORY_HEIGHT
    run.load_set(2)
    assert run.state["Height"] == 480


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"Width": 640}, "Width"),
        ({"DeviceUserID": 7}, "DeviceUserID"),
        ({"DeviceUserID": "x" * 17}, "DeviceUserID"),
        ({"UserSetDefault": 3}, "UserSetDefault"),
        ({"UserSetDefault": [1]}, "UserSetDefault"),
        ({"GevPersistentIPAddress": 2**32}, "GevPersistentIPAddress"),
        ({"GevPersistentIPAddress": -1}, "GevPersistentIPAddress"),
    ],
)
def test_unusable_value_is_named_and_left_out(folder: Path, values: dict[str, Any], name: str) -> None:
    _write(folder, {"version": 1, "values": values})
    run = Run(folder)
    assert len(run.reports) == 1
    assert run.reports[0].startswith(f"{_file(folder)}: values: {name}: left out: ")
    assert (run.state["DeviceUserID"], run.state["UserSetDefault"], run.state["GevPersistentIPAddress"]) == ("", 0, 0)
    assert run.state.forgiven == []  # else the first client to write would be blamed


@contextmanager
def full_disk() -> Iterator[list[int]]:
    """Meanwhile nothing can be written; yields the attempts."""
    attempts: list[int] = []

    def full(handle: int) -> None:
        attempts.append(handle)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("os.fsync", full)
        yield attempts


def test_full_disk_is_reported_the_old_file_stays_whole_and_the_camera_goes_on(folder: Path) -> None:
    run = Run(folder)
    run.save_set(1, Gamma=0.5)
    before = _file(folder).read_bytes()
    with full_disk():
        run.save_set(1, Gamma=0.75)
    assert run.reports == [f"{_file(folder)}: cannot be written: No space left on device"]
    assert [path.name for path in folder.iterdir()] == [_file(folder).name]
    assert _file(folder).read_bytes() == before
    run.load_set(1)
    assert run.state["Gamma"] == 0.75
    run.save_set(2, Gamma=1.5)
    assert Run(folder).state.user_sets.keys() == {"UserSet1", "UserSet2"}


def test_what_could_not_be_written_is_tried_again_every_few_seconds_until_it_is(folder: Path) -> None:
    run = Run(folder)
    with full_disk() as attempts:
        run.save_set(1, Gamma=0.75)
        for number in range(1, 4):
            retry = NOW + number * RETRY_NS
            assert run.kept.next_wakeup() == retry
            run.state.write("Height", 480 + 4 * number)  # not kept: no reason to try
            run.kept.save_changes(retry - 1)
            assert len(attempts) == number
            run.kept.save_changes(retry)
            assert len(attempts) == number + 1
    run.kept.save_changes(NOW + 4 * RETRY_NS)
    run.kept.save_changes(NOW + 9 * RETRY_NS)
    assert run.reports == [
        f"{_file(folder)}: cannot be written: No space left on device",
        f"{_file(folder)}: could be written now, nothing is lost",
    ]
    assert run.kept.next_wakeup() is None
    assert Run(folder).state.user_sets.keys() == {"UserSet1"}


def test_last_attempt_at_the_end_does_not_wait_for_its_time(folder: Path) -> None:
    run = Run(folder)
    with full_disk():
        run.save_set(1)
    run.kept.save_before_end(NOW + 1)
    assert run.reports[1:] == [f"{_file(folder)}: could be written now, nothing is lost"]
    assert Run(folder).state.user_sets.keys() == {"UserSet1"}


def test_what_is_lost_at_the_end_is_reported(folder: Path) -> None:
    run = Run(folder)
    with full_disk() as attempts:
        run.save_set(1)
        run.kept.save_before_end(NOW + 1)
    assert len(attempts) == 2
    assert run.reports[1:] == [f"{_file(folder)}: could not be written, the last changes are lost"]


def test_nothing_is_said_or_written_at_an_end_without_changes(folder: Path) -> None:
    run = Run(folder)
    run.kept.save_before_end(NOW)
    assert (run.reports, list(folder.iterdir())) == ([], [])


def test_folder_that_could_not_be_made_is_made_later(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    run = Run(blocked / "kept")
    run.state.write("DeviceUserID", "mine")
    run.kept.save_changes(NOW)
    blocked.unlink()
    run.kept.save_changes(NOW + RETRY_NS)
    assert Run(blocked / "kept").state["DeviceUserID"] == "mine"


def test_texts_of_ones_own_outlive_a_restart_and_are_kept_apart_from_other_files(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "38UX253.yaml"
    path.write_text(
        "extends: [38UX253.yaml]\nown_features: {Place: {type: string, size: 8}, Size: {type: float, max: 9}}",
        encoding="utf-8",
    )
    kept: dict[str, tuple[Any]] = {"Place": ("inf",), "Size": (1.25,)}
    model = load(path)
    state = CameraState(model, CameraOptions())
    values = KeptValues(folder, state, pytest.fail)
    values.restore()
    for name, (value,) in kept.items():
        state.write(name, value)
    state.write("UserSetSelector", 1)
    state.write("UserSetSave", 1)
    values.save_changes(NOW)
    assert [file.name for file in folder.iterdir()] == ["38UX253.yaml-38253001.json"]
    again = CameraState(model, CameraOptions())
    KeptValues(folder, again, pytest.fail).restore()
    assert {name: again.user_sets["UserSet1"][name] for name in kept} == kept


def test_damaged_texts_of_ones_own_are_left_out(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("extends: [38UX253.yaml]\nown_features: {Place: {type: string, size: 8}}", encoding="utf-8")
    for value in ("123456789", 5, None):
        folder.mkdir(exist_ok=True)
        content = {"version": 1, "user_sets": {"UserSet1": {"Place": [value]}}}
        (folder / "own.yaml-38253001.json").write_text(json.dumps(content), encoding="utf-8")
        reports: list[str] = []
        state = CameraState(load(path), CameraOptions())
        KeptValues(folder, state, reports.append).restore()
        assert len(reports) == 1
        assert state.user_sets == {}
