"""Rules of the manuals: user sets and multi-frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.manual_rules.desk_work import MS, S, locked, small
from tests.contract.manual_rules.rules import FRAME_SETS, rule

if TYPE_CHECKING:
    from tests.contract.conftest import Bench


@rule("5.13.1", "the user set Default cannot be overwritten")
def _(bench: Bench) -> None:
    bench.desk.set(UserSetSelector="Default", TriggerMode="On")
    assert locked(bench.desk, "UserSetSave")
    bench.desk.run("UserSetLoad")
    assert bench.desk.get("TriggerMode") == "Off"


@rule("5.13.2, 5.13.3", "what was saved to a user set comes back with it")
def _(bench: Bench) -> None:
    desk = bench.desk
    desk.set(UserSetSelector="UserSet1", ExposureAuto="Off", ExposureTime=1234.0)
    desk.run("UserSetSave")
    desk.set(ExposureTime=500.0)
    desk.run("UserSetLoad")
    assert (desk.get("ExposureAuto"), desk.get("ExposureTime")) == ("Off", 1234.0)


@rule("5.13.4", "the camera starts with the default user set")
def _(bench: Bench) -> None:
    bench.desk.set(UserSetSelector="UserSet2", UserSetDefault="UserSet2", Height=480)
    bench.desk.run("UserSetSave")
    bench.desk.set(Height=960)
    bench.desk.run("DeviceReset")
    bench.desk.camera.take_reset_request()
    assert bench.desk.get("Height") == 480


def _cycle(bench: Bench, frames: int, **settings: int) -> list[tuple[float, float]]:
    """Exposure times and gains of 5 frames; Gain is 7 dB."""
    desk = small(bench.desk)
    for place in range(4):
        exposure, gain = 1000.0 * 2**place, 1.0 + place
        desk.set(**{f"MultiFrameSetOutputModeExposureTime{place}": exposure})
        desk.set(**{f"MultiFrameSetOutputModeGain{place}": gain})
    desk.set(MultiFrameSetOutputModeFrameCount=f"MultiFrameSetOutputModeFrameCount_{frames}Frames", Gain=7.0)
    desk.set(MultiFrameSetOutputModeEnable=1, **settings)
    desk.run("AcquisitionStart")
    return [(exposure.request.exposure_us, exposure.request.gain_db) for exposure in desk.advance(450 * MS)]


@rule("5.14.1 to 5.14.3", "frame sets cycle through 2 or 4 exposure times at the common gain", FRAME_SETS)
def _(bench: Bench) -> None:
    assert _cycle(bench, 2) == [(1000, 7), (2000, 7), (1000, 7), (2000, 7), (1000, 7)]
    bench.desk.run("AcquisitionStop")
    bench.desk.set(MultiFrameSetOutputModeFrameCount="MultiFrameSetOutputModeFrameCount_4Frames")
    bench.desk.run("AcquisitionStart")
    exposures = bench.desk.advance(S)
    assert [exposure.request.exposure_us for exposure in exposures[:5]] == [1000, 2000, 4000, 8000, 1000]


@rule("5.14.4, 5.14.5", "custom gains cycle with the exposure times", FRAME_SETS)
def _(bench: Bench) -> None:
    found = _cycle(bench, 4, MultiFrameSetOutputModeCustomGain=1)
    assert found == [(1000, 1), (2000, 2), (4000, 3), (8000, 4), (1000, 1)]
