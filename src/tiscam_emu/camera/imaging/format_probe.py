"""The hidden interface that asks for frame rates of settings without making them: write Test*, read Resulting*.

The vendor's Linux SDK looks these names up to list every format with its rates. It writes format and size first, then
the factors, and leaves the last ones behind: limits of the size follow from the sensor alone.
"""

from __future__ import annotations

from functools import partial

from tiscam_emu.camera.imaging import frame_rate
from tiscam_emu.camera.imaging.image_format import choose_mode, factor_limits, largest_height, largest_width
from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.kinds import Access, Feature, Float, Integer, Limits, Room, Visibility
from tiscam_emu.pixel_formats import BY_CODE
from tiscam_emu.spec.model import ReadoutMode

_FACTORS = {
    "TestDecimationHorizontal": "decimation_x",
    "TestDecimationVertical": "decimation_y",
    "TestBinningHorizontal": "binning_x",
    "TestBinningVertical": "binning_y",
}


def _mode(state: CameraState) -> ReadoutMode:
    return ReadoutMode(**{factor: int(state.stored(name)) for name, factor in _FACTORS.items()})


def _accept_factor(written: str, state: CameraState, value: int) -> int:
    mode = choose_mode(state, state.model.readout_modes, _FACTORS, written, value)
    for name, factor in _FACTORS.items():
        state.put(name, getattr(mode, factor))
    return value


def _codes(state: CameraState) -> list[int]:
    return [entry.value for entry in state.features["PixelFormat"].entries]


def _refuse_format(state: CameraState, code: int) -> str:
    return "" if code in _codes(state) else f"the camera has no pixel format 0x{code:08x}"


def _size(state: CameraState) -> tuple[int, int]:
    """The tested size as far as the tested skipping and binning leave it."""
    mode = _mode(state)
    return min(state["TestWidth"], largest_width(state, mode)), min(state["TestHeight"], largest_height(state, mode))


def _rates(state: CameraState) -> tuple[float, float]:
    name, size = BY_CODE[state["TestPixelFormat"]].name, _size(state)
    lowest = frame_rate.lowest_hz(state.model, size[1], frame_rate.TESTED_LINE_CLOCKS)
    return frame_rate.in_millihertz(lowest, frame_rate.highest_hz(state.model, name, *size))


def _hidden_integer(name: str, doc: str, **more: object) -> Integer:
    return Integer(
        name=name,
        category="TestControl",
        doc=doc,
        every_model=True,
        sfnc=False,
        hidden=True,
        visibility=Visibility.INVISIBLE,
        **more,  # type: ignore[arg-type]
    )


def _factor(name: str) -> Integer:
    return _hidden_integer(
        name,
        f"{name.removeprefix('Test')} to find the frame rates of.",
        limits=Limits(1, 2, 1),
        live=partial(factor_limits, _FACTORS[name]),
        default=1,
        accept=partial(_accept_factor, name),
        moves=True,
    )


def _rate(name: str, doc: str, value: object) -> Float:
    return Float(
        name=name,
        category="TestControl",
        doc=doc,
        unit="Hz",
        access=Access.RO,
        limits=Limits(0.0, 1e6),
        per_unit=frame_rate.MILLI,
        every_model=True,
        sfnc=False,
        hidden=True,
        visibility=Visibility.INVISIBLE,
        value=value,  # type: ignore[arg-type]
    )


FEATURES: tuple[Feature, ...] = (
    _hidden_integer(
        "TestPixelFormat",
        "PFNC code of the pixel format to find the frame rates of.",
        limits=Limits(0, 0xFFFF_FFFF, 1),
        live=lambda state, limits: Limits(min(_codes(state)), max(_codes(state)), limits.step),
        default=lambda state: state.features["PixelFormat"].default,
        refuse=_refuse_format,
    ),
    _hidden_integer(
        "TestWidth",
        "Width to find the frame rates of.",
        limits=Limits(0, 65535, 1),
        live=lambda state, _limits: state.widest_limits("Width"),
        default=lambda state: state.widest_limits("Width").high,
    ),
    _hidden_integer(
        "TestHeight",
        "Height to find the frame rates of.",
        limits=Limits(0, 65535, 1),
        live=lambda state, _limits: state.widest_limits("Height"),
        default=lambda state: state.widest_limits("Height").high,
    ),
    *(_factor(name) for name in _FACTORS),
    _rate("ResultingMinFPS", "Lowest frame rate of the tested settings.", lambda state: _rates(state)[0]),
    _rate("ResultingMaxFPS", "Highest frame rate of the tested settings.", lambda state: _rates(state)[1]),
)

ROOM = Room("format_probe", 0x0002_8000, FEATURES)
