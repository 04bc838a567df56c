"""A camera model: what its YAML says, bound to the declarations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.layout import Layout
from tiscam_emu.sensor.model import SensorModel
from tiscam_emu.spec.schema import Identity


@dataclass(frozen=True, slots=True)
class LensModel:
    """The motorised lens of a zoom camera.

    Attributes
    ----------
    focal_mm
        Pairs of zoom position and focal length, rising.
    f_number, nearest_m
        With the iris open, and the least distance that can be in focus: each at the wide and at the tele end.
    scene_m
        Where the scene stands.
    zoom_per_s, focus_per_s, iris_per_s
        How fast the motors travel, in positions per second.
    infrared
        What infrared adds to the light while its filter is out, relative to visible light.
    """

    focal_mm: tuple[tuple[int, float], ...]
    f_number: tuple[float, float]
    nearest_m: tuple[float, float]
    scene_m: float
    zoom_per_s: float
    focus_per_s: float
    iris_per_s: float
    infrared: float


@dataclass(frozen=True, slots=True)
class Link:
    """The modelled cable."""

    speed_mbps: int
    bytes_per_s: float
    frame_overhead_us: float
    default_packet_size: int


@dataclass(frozen=True, slots=True)
class FrameTiming:
    """What one pixel format costs in sensor time and link time.

    The sensor takes ``slowdown * (frame_us + height * (line_us + width * pixel_ns))``.
    """

    frame_us: float
    line_us: float
    pixel_ns: float
    slowdown: float
    link_bytes_per_pixel: float
    link_efficiency: float


@dataclass(frozen=True, slots=True)
class SlowestRate:
    """What bounds the frame rate below: lines of so many clocks at most, and blank ones besides the picture's."""

    clock_hz: float
    line_clocks: int
    blank_lines: int


@dataclass(frozen=True, slots=True)
class ReadoutMode:
    """One allowed combination of skipping (decimation) and binning."""

    decimation_x: int = 1
    decimation_y: int = 1
    binning_x: int = 1
    binning_y: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class CameraModel:
    """Everything constant about one camera model; equal to itself alone, so that what follows from it can be kept.

    Attributes
    ----------
    color_matrix
        Colour correction at power-up, row by row; empty for a camera without one.
    """

    key: str
    identity: Identity
    sensor: SensorModel
    link: Link
    timing: Mapping[str, FrameTiming]
    slowest: SlowestRate
    readout_modes: tuple[ReadoutMode, ...]
    features: Mapping[str, BoundFeature]
    layout: Layout
    lens: LensModel | None = None
    color_matrix: tuple[float, ...] = ()
