"""Which setting locks which feature (manual 5.2 to 5.13)."""

from __future__ import annotations

import pytest

from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.registry import ROOMS
from tiscam_emu.camera.state import CameraState
from tiscam_emu.errors import AccessDenied, ReadOnly
from tiscam_emu.features.kinds import Enumeration
from tiscam_emu.spec.load import load_model


def _camera(model: str = "39GX265-Z20") -> CameraState:
    return CameraState(load_model(model, ROOMS), CameraOptions(strict=True))


def _set(camera: CameraState, name: str, value: int | str) -> None:
    declaration = camera.features[name].declaration
    if isinstance(declaration, Enumeration):
        value = next(entry.value for entry in declaration.entries if entry.name == value)
    camera.write(name, value)


@pytest.mark.parametrize(
    ("locked", "value", "switch", "locking", "free"),
    [
        ("ExposureTime", 100.0, "ExposureAuto", "Continuous", "Off"),
        ("ExposureAutoUpperLimit", 100.0, "ExposureAutoUpperLimitAuto", 1, 0),
        ("Gain", 3.0, "GainAuto", "Continuous", "Off"),
        ("Gamma", 2.0, "LUTEnable", 1, 0),
        ("BalanceRatio", 1.5, "BalanceWhiteAuto", "Continuous", "Off"),
        ("BalanceRatio", 1.5, "BalanceWhiteAuto", "Once", "Off"),
        ("BalanceWhiteTemperature", 3200, "BalanceWhiteAuto", "Continuous", "Off"),
        ("BalanceWhiteTemperaturePreset", 1, "BalanceWhiteAuto", "Continuous", "Off"),
        ("Iris", 7, "IrisAuto", 1, 0),
        ("OffsetX", 0, "OffsetAutoCenter", "On", "Off"),
        ("TriggerSoftware", 1, "TriggerMode", "Off", "On"),
        ("UserSetSave", 1, "UserSetSelector", "Default", "UserSet1"),
        *(
            (
                f"AutoFunctionsROI{part}",
                16,
                "AutoFunctionsROIPreset",
                "AutoFunctionsROIPreset_FullSensor",
                "AutoFunctionsROIPreset_CustomRectangle",
            )
            for part in ("Left", "Top", "Width", "Height")
        ),
    ],
)
def test_switch_locks_and_frees_the_feature(
    locked: str, value: float, switch: str, locking: int | str, free: int | str
) -> None:
    camera = _camera()
    _set(camera, switch, locking)
    with pytest.raises(AccessDenied, match=f"{locked} is locked"):
        camera.write(locked, value)
    _set(camera, switch, free)
    camera.write(locked, value)


def test_gain_is_locked_at_power_up_because_its_automatic_is_on() -> None:
    assert [lock.reason for lock in _camera("33GP1300").locks("Gain")] == ["GainAuto is on"]


@pytest.mark.parametrize("name", ["GPIn", "PtpStatus", "ActionQueueSize", "ActionSchedulerStatus", "SensorWidth"])
def test_what_the_camera_reports_cannot_be_written(name: str) -> None:
    with pytest.raises(ReadOnly):
        _camera().write(name, 0)
