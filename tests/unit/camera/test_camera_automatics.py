"""Exposure, iris and gain automatics on rendered frames (manual 5.3, 5.4.7, 5.12).

The brightness of a flat scene follows from `SensorModel`: at 5 ms and 0 dB a radiance of 1.0 gives 0.97 of the scale
above black, 15 + 0.97 * (255.9 - 15) DN of 8 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tiscam_emu.camera.imaging.brightness import Drive, Reach
from tiscam_emu.camera.notices import SettingsReplaced
from tiscam_emu.features.kinds import Limits
from tiscam_emu.sensor.scenes.scene import FlatScene, load_scene

if TYPE_CHECKING:
    from tests.unit.camera.conftest import Studio

StudioOf = Callable[..., "Studio"]
STARTS = {"dark": (20.0, 0.0), "middle": (5000.0, 0.0), "bright": (33_000.0, 40.0)}
SCENES = {"moonlight": FlatScene(0.002), "lamp": FlatScene(0.15), "sun": FlatScene(14.0), "ramp": "gradient"}
WITHIN = 0.03


def _start(studio: Studio, exposure_us: float, gain_db: float, **settings: Any) -> None:
    """Begin with these values, left behind by hand; then switch the automatics on."""
    desk = studio.desk
    desk.set(ExposureAuto="Off", GainAuto="Off", ExposureTime=exposure_us, Gain=gain_db)
    desk.set(ExposureAuto="Continuous", GainAuto="Continuous", **settings)


def _settled_after(values: Sequence[object]) -> int:
    """Frames before the last change."""
    return max((k + 1 for k, (before, after) in enumerate(pairwise(values)) if before != after), default=0)


# Approach


@pytest.mark.parametrize("frames_late", [0, 3])
@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("start", STARTS)
def test_mean_comes_to_the_reference_without_swinging(
    studio_of: StudioOf, start: str, scene: str, frames_late: int
) -> None:
    studio = studio_of("39GX265-Z20", SCENES[scene], frames_late=frames_late)
    _start(studio, *STARTS[start])
    studio.film(60)

    errors = [mean / 128 - 1 for mean in studio.means]
    assert abs(errors[-1]) < WITHIN
    assert _settled_after(studio.settings) <= 40
    beyond = [error for error in errors if abs(error) > WITHIN]
    crossings = sum(before * after < 0 for before, after in pairwise(beyond))
    blind = studio.seen[0].saturated_share > 0.9  # an image that is all white does not tell how far to go
    assert crossings <= int(blind)


def test_settled_automatic_changes_nothing(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", "chart")
    studio.film(20)
    settled = studio.settings[-1]
    studio.film(200)
    assert set(studio.settings[20:]) == {settled}


def test_first_frames_are_taken_with_the_values_of_power_up(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", "chart", frames_late=3)
    studio.film(4)
    assert {(exposure, gain) for exposure, _, gain, _ in studio.settings[:4]} == {(5000.0, 0.0)}


def test_frames_on_their_way_are_not_corrected_twice(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(0.25), frames_late=5)
    studio.film(30)
    exposures = [exposure for exposure, *_ in studio.settings]
    assert len(set(exposures)) == 2
    assert studio.means[-1] == pytest.approx(128, rel=0.01)


@pytest.mark.parametrize("reference", [40, 90, 200])
def test_reference_is_the_mean_of_what_is_transmitted(studio_of: StudioOf, reference: int) -> None:
    studio = studio_of("33GP1300", FlatScene(1.0))
    studio.desk.set(ExposureAutoReference=reference)
    studio.film(20)
    assert studio.means[-1] == pytest.approx(reference, rel=WITHIN)


@pytest.mark.parametrize("pixel_format", ["BayerRG12Packed", "BayerRG16", "YUV422_8", "YCbCr411_8", "BGR8"])
def test_reference_is_reached_in_every_format(studio_of: StudioOf, pixel_format: str) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(0.5))
    studio.desk.set(PixelFormat=pixel_format)
    studio.film(20)
    assert studio.means[-1] == pytest.approx(128, rel=WITHIN)


@pytest.mark.parametrize("gamma", [0.4, 2.2])
def test_reference_is_reached_behind_gamma(studio_of: StudioOf, gamma: float) -> None:
    studio = studio_of("39GX265-Z20", "gradient")
    studio.desk.set(Gamma=gamma)
    studio.film(40)
    assert studio.means[-1] == pytest.approx(128, rel=WITHIN)


def test_automatic_follows_the_light(studio_of: StudioOf) -> None:
    def lit(time_ns: int, _width: int, _height: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        return np.full((4, 4), 0.3 if time_ns < 1_000_000_000 else 3.0, np.float32)

    studio = studio_of("33GP1300", load_scene(lit))
    studio.film(25)
    before = studio.settings[-1][0]
    studio.film(40)
    assert studio.means[-1] == pytest.approx(128, rel=WITHIN)
    assert studio.settings[-1][0] == pytest.approx(before / 10, rel=0.05)


# Limits and order


def test_exposure_stays_inside_its_limits_and_gain_makes_up_for_it(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(0.25))
    studio.desk.set(ExposureAutoUpperLimitAuto=0, ExposureAutoUpperLimit=2000.0)
    studio.film(20)
    # 0.25 radiance at 5 ms gives 58.4 DN above black; 113 are wanted at 2 ms: a factor of 4.84 is 13.7 dB
    assert studio.desk.get("ExposureTime") == 2000.0
    assert studio.desk.get("Gain") == pytest.approx(13.7, abs=0.2)
    assert studio.means[-1] == pytest.approx(128, rel=WITHIN)


def test_brightness_ends_where_all_limits_are_reached(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(0.01))
    studio.desk.set(ExposureAutoUpperLimitAuto=0, ExposureAutoUpperLimit=1000.0, GainAutoUpperLimit=6.0)
    studio.film(20)
    assert (studio.desk.get("ExposureTime"), studio.desk.get("Gain")) == (1000.0, 6.0)
    assert studio.means[-1] < 20


def test_lower_limits_hold_in_bright_light(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(8.0))
    studio.desk.set(ExposureAutoLowerLimit=1000.0, GainAutoLowerLimit=3.0)
    studio.film(20)
    assert (studio.desk.get("ExposureTime"), studio.desk.get("Gain")) == (1000.0, 3.0)
    assert studio.means[-1] > 200


def test_upper_limit_follows_the_frame_rate(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(0.01))
    studio.film(20)
    assert studio.desk.get("ExposureTime") == 33_333.0
    studio.desk.set(AcquisitionFrameRate=100.0)
    studio.film(10)
    assert studio.desk.get("ExposureTime") == 10_000.0
    assert studio.means[-1] == pytest.approx(128, rel=WITHIN)


def test_gain_is_lowered_before_the_exposure(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(0.05))
    _start(studio, 1000.0, 31.0)
    studio.film(20)
    # the same brightness without gain: 1000 us * 10^(31/20) = 35.5 ms, of which 33.3 ms are allowed
    assert studio.desk.get("ExposureTime") == 33_333.0
    assert 0.0 < float(studio.desk.get("Gain")) < 4.0


def test_gain_rises_only_when_the_exposure_is_at_its_limit(studio_of: StudioOf) -> None:
    for radiance in (0.002, 0.02, 0.2, 2.0):
        studio = studio_of("39GX265-Z20", FlatScene(radiance))
        studio.film(20)
        exposure_us, _, gain_db, _ = studio.settings[-1]
        assert gain_db == 0.0 or exposure_us == 33_333.0


def test_exposure_alone_leaves_the_gain_as_it_is(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(0.25))
    studio.desk.set(GainAuto="Off", Gain=12.0)
    studio.film(20)
    assert studio.desk.get("Gain") == 12.0
    assert studio.means[-1] == pytest.approx(128, rel=WITHIN)


def test_gain_alone_leaves_the_exposure_as_it_is(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(0.25))
    studio.desk.set(ExposureAuto="Off", ExposureTime=1000.0)
    studio.film(20)
    assert studio.desk.get("ExposureTime") == 1000.0
    assert studio.means[-1] == pytest.approx(128, rel=WITHIN)


def test_value_that_was_found_stays_when_the_automatic_is_switched_off(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(0.5))
    studio.film(20)
    found = studio.desk.get("ExposureTime")
    assert found != 5000.0
    studio.desk.set(ExposureAuto="Off", GainAuto="Off")
    studio.film(5)
    assert studio.desk.get("ExposureTime") == found
    studio.desk.set(ExposureTime=700.0)
    studio.film(5)
    assert studio.requests[-1].exposure_us == 700.0


# Iris


def test_iris_opens_between_exposure_and_gain(studio_of: StudioOf) -> None:
    found = {}
    for name, radiance in {"sun": 14.0, "room": 2.0, "night": 0.01}.items():
        studio = studio_of("39GX265-Z20", FlatScene(radiance))
        studio.desk.set(IrisAuto=1)
        studio.film(30)
        assert studio.means[-1] == pytest.approx(128, rel=WITHIN)
        found[name] = studio.desk.get("ExposureTime"), studio.desk.get("Iris"), studio.desk.get("Gain")
    assert found["night"][:2] == (33_333.0, 255)
    assert float(found["night"][2]) > 0.0
    for name in ("sun", "room"):
        exposure_us, iris, gain_db = found[name]
        assert gain_db == 0.0
        assert 16 <= int(iris) < 255
        assert 33_333.0 * 0.85 < float(exposure_us) <= 33_333.0
    assert int(found["sun"][1]) < int(found["room"][1])


def test_closed_iris_opens_when_its_automatic_is_switched_on(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(0.5))
    studio.desk.set(Iris=0, IrisAuto=1)
    studio.film(30)
    assert studio.means[-1] == pytest.approx(128, rel=WITHIN)


@pytest.mark.parametrize("frames_late", [0, 3])
def test_exposure_makes_up_for_an_iris_that_has_not_arrived(studio_of: StudioOf, frames_late: int) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(14.0), frames_late=frames_late)
    studio.film(20)
    studio.desk.set(IrisAuto=1)
    positions = []
    for _ in range(40):
        studio.film(1)
        positions.append(int(studio.desk.get("Iris")))
    light = [request.illumination for request in studio.requests[20:]]
    assert studio.means[-1] == pytest.approx(128, rel=WITHIN)
    assert len(set(light[:15])) > 10  # it takes its time
    assert set(positions[frames_late:]) == {positions[-1]}  # it is sent off once
    assert 20 < min(studio.means[20:]) < max(studio.means[20:]) < 140


def test_gain_does_not_rise_while_the_iris_opens(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(0.5), frames_late=3)
    studio.desk.set(Iris=0)
    studio.film(20)
    studio.desk.set(IrisAuto=1)
    studio.film(30)
    assert studio.means[-1] == pytest.approx(128, rel=WITHIN)
    assert max(studio.means[20:]) < 140


def test_reach_is_used_in_the_order_exposure_iris_gain() -> None:
    reach = Reach(Limits(10.0, 100.0, 1.0), (0.25, 0.5, 1.0), Limits(1.0, 8.0))
    assert reach.share_out(1.0) == Drive(10.0, 0, 1.0)
    assert reach.share_out(10.0) == Drive(40.0, 0, 1.0)
    assert reach.share_out(25.0) == Drive(100.0, 0, 1.0)
    assert reach.share_out(40.0) == Drive(80.0, 1, 1.0)
    assert reach.share_out(100.0) == Drive(100.0, 2, 1.0)
    assert reach.share_out(300.0) == Drive(100.0, 2, 3.0)
    assert reach.share_out(9999.0) == Drive(100.0, 2, 8.0)


# Highlights


def test_highlight_reduction_darkens_until_little_is_saturated(studio_of: StudioOf) -> None:
    seen = {}
    for reduction in (0, 1):
        studio = studio_of("39GX265-Z20", "gradient")
        studio.desk.set(ExposureAutoReference=235, ExposureAutoHighlightReduction=reduction)
        studio.film(60)
        assert _settled_after(studio.settings) < 40
        seen[reduction] = studio.seen[-1]
    assert seen[0].mean_dn8 == pytest.approx(235, rel=WITHIN)
    assert seen[0].saturated_share > 0.3
    # the picture shows radiances from 0.34 to 0.66: with the brightest just below full scale the mean is 198
    assert seen[1].saturated_share <= 0.01
    assert 160 < seen[1].mean_dn8 < 200


def test_highlight_reduction_leaves_an_image_without_highlights_alone(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(0.5))
    studio.desk.set(ExposureAutoHighlightReduction=1)
    studio.film(20)
    assert studio.means[-1] == pytest.approx(128, rel=WITHIN)


# Region of interest

_FIELDS = np.array([[0.3, 0.3, 0.3, 0.3], [0.3, 0.5, 0.5, 0.3], [0.4, 0.5, 0.5, 0.4], [0.4, 0.4, 0.4, 0.4]], np.float32)


@pytest.mark.parametrize(
    ("preset", "radiance"),
    [("FullSensor", 0.3875), ("Center50", 0.5), ("Center25", 0.5), ("TopHalf", 0.35), ("BottomHalf", 0.425)],
)
def test_automatic_looks_at_the_part_that_is_preset(studio_of: StudioOf, preset: str, radiance: float) -> None:
    fields = np.kron(_FIELDS, np.ones((16, 160), np.float32))
    studio = studio_of("38UX267", np.pad(fields, ((1048, 1048), (1728, 1728))))
    studio.desk.set(AutoFunctionsROIEnable=1, AutoFunctionsROIPreset=f"AutoFunctionsROIPreset_{preset}")
    studio.film(20)
    assert studio.means[-1] == pytest.approx(128, rel=WITHIN)
    exposure_us, _, gain_db, _ = studio.settings[-1]
    light = radiance * exposure_us * 10 ** (gain_db / 20)
    assert light == pytest.approx(5000.0 * (128.5 - 15) / (0.97 * 240.9), rel=0.03)


def test_automatic_looks_at_the_custom_rectangle(studio_of: StudioOf) -> None:
    studio = studio_of("33GP1300", "gradient")
    studio.desk.set(AutoFunctionsROIEnable=1, AutoFunctionsROIPreset="AutoFunctionsROIPreset_CustomRectangle")
    studio.desk.set(AutoFunctionsROIWidth=64, AutoFunctionsROILeft=0, AutoFunctionsROIHeight=32)
    assert studio.desk.camera.measured_region() == (0, 0, 64, 32)
    studio.film(20)
    dark_side = studio.settings[-1][0]
    studio.desk.set(AutoFunctionsROILeft=576)
    studio.film(20)
    # columns 320 to 384 and 896 to 960 of a ramp over 1280: 352 / 1279 and 928 / 1279
    assert studio.settings[-1][0] == pytest.approx(dark_side * 352 / 928, rel=0.05)
    assert studio.means[-1] == pytest.approx(128, rel=WITHIN)


def test_nothing_is_measured_while_all_automatics_are_off(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", "chart")
    assert studio.desk.camera.measured_region() == (0, 0, 640, 64)
    studio.desk.set(ExposureAuto="Off", GainAuto="Off")
    assert studio.desk.camera.measured_region() == (0, 0, 640, 64)
    studio.desk.set(BalanceWhiteAuto="Off")
    assert studio.desk.camera.measured_region() is None
    studio.desk.set(IrisAuto=1)
    assert studio.desk.camera.measured_region() == (0, 0, 640, 64)


def test_automatics_of_brightness_rest_in_multi_frame_mode(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(0.5))
    studio.desk.set(BalanceWhiteAuto="Off", MultiFrameSetOutputModeEnable=1)
    assert studio.desk.camera.measured_region() is None
    studio.film(8)
    assert (studio.desk.get("ExposureTime"), studio.desk.get("Gain")) == (5000.0, 0.0)


def test_load_of_a_user_set_begins_anew_with_its_values(studio_of: StudioOf) -> None:
    studio = studio_of("39GX265-Z20", FlatScene(0.5), frames_late=3)
    studio.film(20)
    found = studio.desk.get("ExposureTime")
    studio.desk.camera.state.put("ExposureTime", 1000.0)
    studio.desk.camera.state.notices.notify(SettingsReplaced())
    studio.film(3)
    assert studio.desk.get("ExposureTime") == 1000.0
    studio.film(10)
    assert studio.desk.get("ExposureTime") == pytest.approx(found, rel=0.02)
