"""White balance: factors for red, green and blue, and their automatic (manual 5.9)."""

from __future__ import annotations

from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.kinds import Entry, Enumeration, Feature, Fidelity, Float, Integer, Lock, Room, Visibility
from tiscam_emu.sensor.model import neutral_white_balance

_CATEGORY = "AnalogControl"
_AUTO_LATER = "The automatic knows the light of the scene and settles at once."
_TEMPERATURE_LATER = "Does not change the ratios yet."
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

BALANCE_WHITE_AUTO = Lock(
    "BalanceWhiteAuto", lambda state: state.entry("BalanceWhiteAuto") != "Off", "BalanceWhiteAuto is on"
)


def ratios(state: CameraState) -> tuple[float, float, float]:
    """Digital factors of red, green and blue; all 1 on a monochrome camera."""
    if "BalanceRatio" not in state:
        return (1.0, 1.0, 1.0)
    if BALANCE_WHITE_AUTO.holds(state):
        return _found_by_automatic(state)
    red, green, blue = state.every("BalanceRatio")
    return (float(red), float(green), float(blue))


def _found_by_automatic(state: CameraState) -> tuple[float, float, float]:
    """What the automatic settles at: grey is neutral in the light of the scene."""
    red, green, blue = (_on_step(state, ratio) for ratio in neutral_white_balance(state.model.sensor))
    return (red, green, blue)


def _on_step(state: CameraState, ratio: float) -> float:
    step = state.widest_limits("BalanceRatio").step or 1.0
    return round(ratio / step) * step


def _accept_auto(state: CameraState, value: int) -> int:
    """Leaving the automatic keeps the ratios it has found."""
    if BALANCE_WHITE_AUTO.holds(state) and not value:
        for index, ratio in enumerate(_found_by_automatic(state)):
            state.put("BalanceRatio", ratio, index)
    return value


def _take_preset(state: CameraState) -> None:
    state.put("BalanceWhiteTemperature", _LIGHTS[int(state.stored("BalanceWhiteTemperaturePreset"))][2])


def _auto_preset(name: str, value: int, kelvin: str) -> Entry:
    return Entry(f"BalanceWhiteAutoPreset_{name}", value, f"Light of {kelvin}.", f"Auto {_spaced(name)}")


def _spaced(name: str) -> str:
    return "".join(f" {letter}" if letter.isupper() else letter for letter in name).strip()


FEATURES: tuple[Feature, ...] = (
    Enumeration(
        name="BalanceWhiteAuto",
        category=_CATEGORY,
        doc="Continuous: the camera finds the white balance and its settings are locked. Once: until it is found.",
        section="5.9.1",
        display_name="Auto White Balance",
        entries=(Entry("Off", 0), Entry("Continuous", 1), Entry("Once", 2)),
        accept=_accept_auto,
        fidelity=Fidelity.APPROXIMATED,
        note=_AUTO_LATER + " Once stays until another entry is set.",
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
        fidelity=Fidelity.STORED,
        note="The automatic does not depend on it yet.",
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
        fidelity=Fidelity.STORED,
        note="The automatic does not depend on it yet.",
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
        category=_CATEGORY,
        doc="Factor by which pixels of the selected colour are multiplied.",
        section="5.9.3",
        visibility=Visibility.EXPERT,
        selected_by="BalanceRatioSelector",
        locks=(BALANCE_WHITE_AUTO,),
        note="While the automatic is on, its ratios act and the last ones set by hand are read.",
    ),
    Integer(
        name="BalanceWhiteTemperature",
        category=_CATEGORY,
        doc="Colour temperature of the light, for mode Temperature.",
        section="5.9.3",
        display_name="Balance White Temperature",
        sfnc=False,
        unit="K",
        locks=(BALANCE_WHITE_AUTO,),
        fidelity=Fidelity.STORED,
        note=_TEMPERATURE_LATER,
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
        note=_TEMPERATURE_LATER,
    ),
)

ROOM = Room("white_balance", 0x0008_0000, FEATURES)
