"""User sets: what they hold, and what loading does (manual 5.13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tiscam_emu.camera.control import user_sets
from tiscam_emu.camera.notices import SettingsReplaced
from tiscam_emu.errors import InvalidParameter, Status
from tiscam_emu.spec.catalog import model_keys
from tiscam_emu.units import NS_PER_S

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Desk


def _everything(desk: Desk) -> dict[str, tuple[object, ...]]:
    state = desk.camera.state
    return {name: state.every(name) for name in user_sets.members(state)}


def _change_much(desk: Desk) -> None:
    desk.set(PixelFormat="BayerRG16", DecimationVertical=2, Width=640, Height=480, OffsetAutoCenter="Off")
    desk.set(AcquisitionFrameRate=20.0)
    desk.set(OffsetX=64, OffsetY=128, ExposureAuto="Off", ExposureTime=1234.0, GainAuto="Off", Gain=7.5)
    desk.set(BalanceWhiteAuto="Off", BalanceRatioSelector="Blue", BalanceRatio=1.5, Zoom=300, DeviceUserID="mine")
    desk.set(LUTIndex=100, LUTValue=7)


def test_saved_settings_come_back(desk: Desk) -> None:
    desk.set(UserSetSelector="UserSet1")
    _change_much(desk)
    desk.run("UserSetSave")
    saved = _everything(desk)
    desk.set(UserSetSelector="Default")
    desk.run("UserSetLoad")
    assert (desk.get("PixelFormat"), desk.get("Width"), desk.get("Gain")) == ("BayerRG8", 2048, 0.0)
    desk.set(UserSetSelector="UserSet1")
    desk.run("UserSetLoad")
    assert _everything(desk) == saved
    assert (desk.get("OffsetX"), desk.get("OffsetY"), desk.get("ExposureTime")) == (64, 128, 1234.0)
    desk.set(BalanceRatioSelector="Blue", LUTIndex=100)
    assert (desk.get("BalanceRatio"), desk.get("LUTValue")) == (1.5, 7)


@pytest.mark.parametrize("model", model_keys())
def test_default_set_holds_the_settings_of_power_up(desk_of: Callable[[str], Desk], model: str) -> None:
    desk = desk_of(model)
    factory = _everything(desk)
    desk.set(PixelFormat=desk.camera.model.features["PixelFormat"].entries[-1].name, TriggerMode="On", Height=64)
    assert _everything(desk) != factory
    desk.run("UserSetLoad")
    assert _everything(desk) == factory


def test_slots_are_apart_and_an_empty_one_holds_the_factory_settings(desk: Desk) -> None:
    desk.set(UserSetSelector="UserSet1", TriggerMode="On")
    desk.run("UserSetSave")
    desk.set(UserSetSelector="UserSet2")
    desk.run("UserSetLoad")
    assert desk.get("TriggerMode") == "Off"
    desk.set(UserSetSelector="UserSet1")
    desk.run("UserSetLoad")
    assert desk.get("TriggerMode") == "On"


def test_network_selectors_and_names_are_not_in_a_set(desk: Desk) -> None:
    desk.set(UserSetSelector="UserSet1", DeviceUserID="mine", GevHeartbeatTimeout=5000, GevSCPD=77)
    desk.set(UserSetDefault="UserSet2", LUTIndex=9)
    desk.set(UserSetSelector="Default")
    desk.run("UserSetLoad")
    names = ("DeviceUserID", "GevHeartbeatTimeout", "GevSCPD", "UserSetDefault", "UserSetSelector", "LUTIndex")
    assert [desk.get(name) for name in names] == ["mine", 5000, 77, "UserSet2", "Default", 9]
    held = set(user_sets.members(desk.camera.state))
    assert held.isdisjoint(names)
    assert not [name for name in held if name.startswith(("Gev", "Test", "TL")) or name.endswith("Selector")]
    assert {"PixelFormat", "Width", "OffsetX", "LUTValue", "Zoom", "DeviceLinkThroughputLimit"} <= held


def test_factory_set_cannot_be_saved_to(desk: Desk) -> None:
    desk.set(UserSetSelector="Default", TriggerMode="On")
    assert desk.attempt("UserSetSave") is Status.ACCESS_DENIED
    desk.run("UserSetLoad")
    assert desk.get("TriggerMode") == "Off"


def test_load_during_acquisition_is_refused_as_a_whole(desk: Desk) -> None:
    desk.set(UserSetSelector="UserSet1", Width=640, TriggerMode="On")
    desk.run("UserSetSave")
    desk.set(Width=1024, TriggerMode="Off")
    desk.run("AcquisitionStart")
    before = _everything(desk)
    assert desk.attempt("UserSetLoad") is Status.ACCESS_DENIED
    assert _everything(desk) == before
    desk.run("UserSetSave")  # saving changes nothing that runs
    desk.run("AcquisitionStop")
    desk.run("UserSetLoad")
    assert (desk.get("Width"), desk.get("TriggerMode")) == (1024, "Off")


def test_rooms_hear_once_that_settings_were_replaced(desk: Desk) -> None:
    notices: list[SettingsReplaced] = []
    desk.camera.state.notices.subscribe(SettingsReplaced, notices.append)
    desk.run("UserSetLoad")
    assert notices == [SettingsReplaced()]


def test_loaded_zoom_is_travelled_to(desk: Desk) -> None:
    desk.set(UserSetSelector="UserSet1", Zoom=400)
    desk.run("UserSetSave")
    desk.set(Zoom=0)
    desk.advance(10 * NS_PER_S)
    desk.run("UserSetLoad")
    assert desk.camera.next_wakeup() == 11 * NS_PER_S


# Start-up


def _reset(desk: Desk, command: str = "DeviceReset") -> None:
    desk.run(command)
    desk.camera.take_reset_request()


def test_reset_starts_with_the_default_user_set(desk: Desk) -> None:
    desk.set(UserSetSelector="UserSet2", UserSetDefault="UserSet2", Height=480)
    desk.run("UserSetSave")
    desk.set(Height=1000)
    _reset(desk)
    assert (desk.get("Height"), desk.get("UserSetDefault"), desk.get("UserSetSelector")) == (480, "UserSet2", "Default")


def test_reset_with_the_factory_default_starts_with_the_factory_settings(desk: Desk) -> None:
    desk.set(UserSetSelector="UserSet2", Height=480)
    desk.run("UserSetSave")
    _reset(desk)
    assert desk.get("Height") == 1536
    desk.set(UserSetSelector="UserSet2")
    desk.run("UserSetLoad")
    assert desk.get("Height") == 480


def test_factory_reset_forgets_the_sets(desk: Desk) -> None:
    desk.set(UserSetSelector="UserSet1", UserSetDefault="UserSet1", Height=480)
    desk.run("UserSetSave")
    _reset(desk, "DeviceFactoryReset")
    assert (desk.get("Height"), desk.get("UserSetDefault")) == (1536, "Default")
    desk.set(UserSetSelector="UserSet1")
    desk.run("UserSetLoad")
    assert desk.get("Height") == 1536


# Sets from elsewhere


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"Sparkle": [1]}, "Sparkle: not a setting of this camera"),
        ({"GevSCPD": [1]}, "GevSCPD: not a setting of this camera"),
        ({"Width": 640}, "Width: needs 1 values"),
        ({"Width": [640, 640]}, "Width: needs 1 values"),
        ({"LUTValue": [0] * 256}, "LUTValue: needs 257 values"),
        ({"Width": [641]}, "Width: 641 cannot be"),
        ({"Width": [640.0]}, "Width: 640.0 cannot be"),
        ({"Width": [True]}, "Width: True cannot be"),
        ({"Gain": ["much"]}, "Gain: 'much' cannot be"),
        ({"Gain": [float("nan")]}, "Gain: nan cannot be"),
        ({"TriggerMode": [2]}, "TriggerMode: 2 cannot be"),
        ({"ReverseX": [2]}, "ReverseX: 2 cannot be"),
    ],
)
def test_set_that_the_camera_cannot_have_is_named(desk: Desk, values: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        user_sets.checked(desk.camera.state, values)  # type: ignore[arg-type]
    assert str(caught.value).startswith(message)


def test_set_that_bins_and_skips_is_named(desk_of: Callable[[str], Desk]) -> None:
    with pytest.raises(InvalidParameter, match="skipping and binning: the camera has no readout mode"):
        user_sets.checked(desk_of("38UX267").camera.state, {"DecimationHorizontal": [2], "BinningVertical": [2]})


def test_set_whose_region_does_not_fit_is_made_to_fit(desk: Desk) -> None:
    state = desk.camera.state
    wrong = {"DecimationHorizontal": [2], "DecimationVertical": [2], "OffsetAutoCenter": [0], "OffsetX": [1520]}
    state.user_sets["UserSet1"] = user_sets.checked(state, wrong)
    desk.set(UserSetSelector="UserSet1")
    desk.run("UserSetLoad")
    assert (desk.get("Width"), desk.get("OffsetX")) == (1024, 0)


def test_set_saved_while_automatics_choose_can_be_kept(desk: Desk) -> None:
    state = desk.camera.state
    desk.set(UserSetSelector="UserSet1")
    state.put("ExposureTime", 1234.5678)  # automatics keep to the limits, not to the increments
    state.put("Gain", 3.14159)
    desk.run("UserSetSave")
    assert user_sets.checked(state, state.user_sets["UserSet1"]) == state.user_sets["UserSet1"]
