"""White balance: factors for red, green and blue, and their automatic (manual 5.9)."""

from __future__ import annotations

from tiscam_emu.camera.imaging.brightness import signal_dn8
from tiscam_emu.camera.imaging.colour_temperature import Rgb, ratios_for, temperature_of
from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.kinds import (
    Entry,
    Enumeration,
    Feature,
    Fidelity,
    Float,
    Integer,
    Limits,
    Lock,
    Room,
    Visibility,
)
from tiscam_emu.sensor.request import FrameRequest
from tiscam_emu.sensor.statistics import FrameStatistics

_CATEGORY = "AnalogControl"
_PRESET_PREFIX = "BalanceWhiteTemperaturePreset_"

_LIGHTS = (
    ("SodiumVaporLamp", "Sodium-Vapor Lamp", 2500),
    ("WarmLight", "Warm Light", 2700),
    ("HalogenLight", "Halogen Light", 3000),
    ("NeutralWhite", "Neutral White", 3500),
    ("CoolWhiteFluorescentLight", "Cool White Fluorescent Light", 4000),
    ("CoolWhiteDaylight", "Cool White/Daylight (CFL)", 5000),
    ("Daylight", "Daylight", 6000),
    ("CoolWhiteLED", "Cool White LED", 7500),
    ("BlueSky", "Blue Sky", 10000),
)
"""Presets with their colour temperatures in kelvin (manual 5.9.3)."""

_RANGES_K = ((2500, 10000), (2500, 4000), (4000, 5800), (5700, 7500), (7500, 10000))
"""Lowest and highest temperature of each entry of BalanceWhiteAutoPreset (manual 5.9.2)."""

_LEAST_SIGNAL_DN8 = 8.0  # below, it is too dark to tell colours
_NOISE_DN8 = 1.0  # differences of channels below this mean nothing
_TOLERANCE = 0.025
_ONCE_TOLERANCE = 0.015
_TEMPERATURE_TOLERANCE = 0.03

BALANCE_WHITE_AUTO = Lock(
    "BalanceWhiteAuto", lambda state: state.entry("BalanceWhiteAuto") != "Off", "BalanceWhiteAuto is on"
)


def ratios(state: CameraState) -> Rgb:
    """Digital factors of red, green and blue; all 1 on a monochrome camera."""
    if "BalanceRatio" not in state:
        return (1.0, 1.0, 1.0)
    red, green, blue = state.every("BalanceRatio")
    return (float(red), float(green), float(blue))


def automatic(state: CameraState) -> bool:
    """Whether the automatic is at work."""
    return "BalanceWhiteAuto" in state and BALANCE_WHITE_AUTO.holds(state)


def correct(state: CameraState, request: FrameRequest, statistics: FrameStatistics) -> bool:
    """Let the automatic choose the ratios of the next frames; whether they have changed.

    Once becomes Off when there is nothing left to do.
    """
    if not automatic(state):
        return False
    signals = channel_signals(request, statistics)
    if min(signals) < _LEAST_SIGNAL_DN8 or not all(request.white_balance):
        return False
    light = _divided(signals, request.white_balance)
    chosen = ratios(state)
    if _by_temperature(state):
        kelvin = _temperature_in(state, light)
        if abs(kelvin / state["BalanceWhiteTemperature"] - 1) > _TEMPERATURE_TOLERANCE or not _fits(state, chosen):
            state.put("BalanceWhiteTemperature", kelvin)
            chosen = _reachable(state, ratios_for(state.model.sensor, kelvin))
    elif max(abs(signal - signals[1]) for signal in signals) > _tolerance_dn8(state, signals[1]):
        chosen = _reachable(state, _divided((1.0, 1.0, 1.0), light))
    changed = _take_ratios(state, chosen)
    if not changed and state.entry("BalanceWhiteAuto") == "Once":
        state.put("BalanceWhiteAuto", 0)
    return changed


def channel_signals(request: FrameRequest, statistics: FrameStatistics) -> Rgb:
    """Means of red, green and blue above black, before gamma or lookup table, on the 8-bit scale."""
    red, green, blue = statistics.red_dn8, statistics.green_dn8, statistics.blue_dn8
    return signal_dn8(red, request), signal_dn8(green, request), signal_dn8(blue, request)


def _tolerance_dn8(state: CameraState, green_dn8: float) -> float:
    share = _ONCE_TOLERANCE if state.entry("BalanceWhiteAuto") == "Once" else _TOLERANCE
    return max(share * green_dn8, _NOISE_DN8)


def _by_temperature(state: CameraState) -> bool:
    return state.entry("BalanceWhiteMode") == "WhiteBalanceMode_Temperature"


def _temperature_in(state: CameraState, light: Rgb) -> int:
    """The temperature of the light, on the steps of BalanceWhiteTemperature and inside the preset's range."""
    low, high = _RANGES_K[int(state["BalanceWhiteAutoPreset"])]
    limits = state.widest_limits("BalanceWhiteTemperature")
    step = limits.step or 1
    kelvin = min(max(temperature_of(state.model.sensor, light), low), high)
    return int(limits.fit(round(kelvin / step) * step))


def _fits(state: CameraState, chosen: Rgb) -> bool:
    """Whether the ratios are those of BalanceWhiteTemperature, and that is one the preset allows."""
    kelvin = int(state["BalanceWhiteTemperature"])
    low, high = _RANGES_K[int(state["BalanceWhiteAutoPreset"])]
    return low <= kelvin <= high and chosen == _reachable(state, ratios_for(state.model.sensor, kelvin))


def _reachable(state: CameraState, wanted: Rgb) -> Rgb:
    """Ratios in these proportions on the steps of BalanceRatio; none below 1 if possible: highlights stay white."""
    limits = state.widest_limits("BalanceRatio")
    scale = min(1 / min(wanted), limits.high / max(wanted))
    red, green, blue = (_on_step(limits, ratio * scale) for ratio in wanted)
    return red, green, blue


def _on_step(limits: Limits, ratio: float) -> float:
    step = limits.step or 1.0
    return float(min(max(round(ratio / step) * step, step), limits.high))


def _divided(dividends: Rgb, divisors: Rgb) -> Rgb:
    red, green, blue = (dividend / divisor for dividend, divisor in zip(dividends, divisors, strict=True))
    return red, green, blue


def _take_ratios(state: CameraState, chosen: Rgb) -> bool:
    changed = chosen != ratios(state)
    for index, ratio in enumerate(chosen):
        state.put("BalanceRatio", ratio, index)
    return changed


def _take_temperature(state: CameraState) -> None:
    if _by_temperature(state):
        kelvin = int(state["BalanceWhiteTemperature"])
        _take_ratios(state, _reachable(state, ratios_for(state.model.sensor, kelvin)))


def _take_preset(state: CameraState) -> None:
    state.put("BalanceWhiteTemperature", _LIGHTS[int(state.stored("BalanceWhiteTemperaturePreset"))][2])
    _take_temperature(state)


def _auto_preset(name: str, value: int, kelvin: str) -> Entry:
    return Entry(f"BalanceWhiteAutoPreset_{name}", value, f"Light of {kelvin}.", f"Auto {_spaced(name)}")


def _spaced(name: str) -> str:
    return "".join(f" {letter}" if letter.isupper() else letter for letter in name).strip()


FEATURES: tuple[Feature, ...] = (
    Enumeration(
        name="BalanceWhiteAuto",
        moves=True,
        category=_CATEGORY,
        doc="Continuous: the camera finds the white balance and its settings are locked. Once: until it is found.",
        section="5.9.1",
        display_name="Auto White Balance",
        entries=(Entry("Off", 0), Entry("Continuous", 1), Entry("Once", 2)),
        fidelity=Fidelity.APPROXIMATED,
        note="The algorithm is ours. It sees the frames that are sent; in Mono8 these have no colours to balance.",
    ),
    Enumeration(
        name="BalanceWhiteMode",
        category=_CATEGORY,
        doc="How the automatic works: it makes the mean of the image grey, or looks for the light's temperature.",
        section="5.9.2",
        display_name="Balance White Mode",
        sfnc=False,
        entries=(
            Entry("WhiteBalanceMode_GrayWorld", 0, "The mean of the image is taken for grey.", "Gray World"),
            Entry("WhiteBalanceMode_Temperature", 1, "The light has a colour temperature.", "Temperature"),
        ),
        fidelity=Fidelity.APPROXIMATED,
        note="The light is taken for that of a black body, its temperature found by comparing red with blue.",
    ),
    Enumeration(
        name="BalanceWhiteAutoPreset",
        category=_CATEGORY,
        doc="Colour temperatures among which the automatic looks for the light.",
        section="5.9.2",
        display_name="Balance White Auto Preset",
        sfnc=False,
        entries=(
            Entry("BalanceWhiteAutoPreset_Any", 0, "Light of any colour temperature.", "Any"),
            _auto_preset("WarmWhite", 1, "2500 to 4000 K"),
            _auto_preset("CoolWhite", 2, "4000 to 5800 K"),
            _auto_preset("Daylight", 3, "5700 to 7500 K"),
            _auto_preset("DeepShade", 4, "7500 to 10000 K"),
        ),
        note="Limits mode Temperature; the other mode looks for no temperature.",
    ),
    Enumeration(
        name="BalanceRatioSelector",
        category=_CATEGORY,
        doc="Colour that BalanceRatio stands for.",
        section="5.9.3",
        visibility=Visibility.EXPERT,
        entries=(Entry("Red", 0), Entry("Green", 1), Entry("Blue", 2)),
    ),
    Float(
        name="BalanceRatio",
        per_unit=64,
        category=_CATEGORY,
        doc="Factor by which pixels of the selected colour are multiplied.",
        section="5.9.3",
        visibility=Visibility.EXPERT,
        selected_by="BalanceRatioSelector",
        locks=(BALANCE_WHITE_AUTO,),
        note="The ratios that the automatic has chosen are read here, and stay when it is switched off.",
    ),
    Integer(
        name="BalanceWhiteTemperature",
        moves=True,
        category=_CATEGORY,
        doc="Colour temperature of the light, for mode Temperature.",
        section="5.9.3",
        display_name="Balance White Temperature",
        sfnc=False,
        unit="K",
        locks=(BALANCE_WHITE_AUTO,),
        on_write=_take_temperature,
        fidelity=Fidelity.APPROXIMATED,
        note="Sets the ratios in mode Temperature; in the other mode it is only stored. 6500 K is the light in which a"
        " scene's colours are as they were given. The automatic of mode Temperature shows here what it has found.",
    ),
    Enumeration(
        name="BalanceWhiteTemperaturePreset",
        category=_CATEGORY,
        doc="Sets BalanceWhiteTemperature to that of a common light.",
        section="5.9.3",
        display_name="Balance White Temperature Preset",
        sfnc=False,
        entries=tuple(
            Entry(f"{_PRESET_PREFIX}{name}", value, f"{kelvin} K.", shown)
            for value, (name, shown, kelvin) in enumerate(_LIGHTS)
        ),
        locks=(BALANCE_WHITE_AUTO,),
        on_write=_take_preset,
        fidelity=Fidelity.APPROXIMATED,
        note="As BalanceWhiteTemperature, which it sets.",
    ),
)

ROOM = Room("white_balance", 0x0008_0000, FEATURES)
