"""From a model's name to its `CameraModel`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tiscam_emu.errors import SpecError
from tiscam_emu.features.bound import BoundFeature, Choice, ChoiceError, bind
from tiscam_emu.features.kinds import Entry, Enumeration, Feature, Integer, Limits, Room
from tiscam_emu.features.layout import NOWHERE, Layout, lay_out
from tiscam_emu.pixel_formats import PIXEL_FORMATS
from tiscam_emu.sensor.model import FormatReadout, SensorModel
from tiscam_emu.spec import schema
from tiscam_emu.spec.catalog import find_key, models_folder
from tiscam_emu.spec.files import read_merged
from tiscam_emu.spec.model import CameraModel, FrameTiming, LensModel, Link, ReadoutMode, SlowestRate

_COEFFICIENT = "ColorTransformationValue"


def load_model(name: str, rooms: Sequence[Room]) -> CameraModel:
    """The model called `name`, with the features that `rooms` declare.

    Raises
    ------
    UnknownModel
        If no model has that name.
    SpecError
        If its YAML is wrong; the message names file and key.
    """
    key = find_key(name)
    return load_file(models_folder() / f"{key}.yaml", rooms)


def load_file(path: Path, rooms: Sequence[Room]) -> CameraModel:
    """The model that a YAML file describes.

    Raises
    ------
    SpecError
        If the file is wrong; the message names file and key.
    """
    shown = f"models/{path.name}" if path.parent == models_folder() else str(path)
    return model_from(read_merged(path), path.stem, shown, rooms)


def model_from(content: Mapping[str, Any], key: str, shown: str, rooms: Sequence[Room]) -> CameraModel:
    """The model that a mapping describes, which has the form of a model's YAML; `shown` names it in messages.

    Raises
    ------
    SpecError
        If it is wrong; the message names the key.
    """
    try:
        spec = schema.ModelFile.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SpecError(f"{shown}: {where}: {first['msg'].removeprefix('Value error, ')}") from None
    layout = lay_out(rooms)
    return CameraModel(
        key=key,
        identity=spec.identity,
        sensor=_sensor(spec, shown),
        link=_link(spec.link),
        timing=_timings(spec, shown),
        slowest=SlowestRate(spec.slowest.clock_hz, spec.slowest.line_clocks, spec.slowest.blank_lines),
        readout_modes=tuple(ReadoutMode(*mode.decimation, *mode.binning) for mode in spec.readout.modes),
        features=_features(spec.features, rooms, layout, shown),
        layout=layout,
        lens=_lens(spec.lens) if spec.lens else None,
        color_matrix=_color_matrix(spec, shown),
    )


def _sensor(spec: schema.ModelFile, shown: str) -> SensorModel:
    section = spec.sensor
    values: dict[str, Any] = {key: getattr(entry, "value", entry) for key, entry in section if entry is not None}
    del values["name"]
    for key in ("width", "height", "adc_bits"):
        values[key] = int(values[key])
    names = spec.features["PixelFormat"].entries or () if "PixelFormat" in spec.features else ()
    for name in section.formats:
        if name not in names:
            raise SpecError(f"{shown}: sensor.formats.{name}: the model has no such pixel format")
    values["formats"] = tuple(
        (name, FormatReadout(row.adc_bits, row.read_noise_e)) for name, row in section.formats.items()
    )
    try:
        return SensorModel(**values)
    except ValueError as error:
        raise SpecError(f"{shown}: sensor: {error}") from None


def _color_matrix(spec: schema.ModelFile, shown: str) -> tuple[float, ...]:
    row, matrix = spec.features.get(_COEFFICIENT), spec.color_matrix
    if (row is None) != (matrix is None):
        raise SpecError(f"{shown}: color_matrix: is needed with the feature {_COEFFICIENT}, and only with it")
    if row is None or matrix is None:
        return ()
    values = tuple(value for line in matrix.value for value in line)
    low, high = row.min or 0.0, row.max or 0.0
    if [len(line) for line in matrix.value] != [3, 3, 3] or not all(low <= value <= high for value in values):
        raise SpecError(f"{shown}: color_matrix: needs three rows of three values from {low:g} to {high:g}")
    return values


def _lens(section: schema.Lens) -> LensModel:
    return LensModel(
        section.focal_mm.points,
        section.f_number.value,
        section.nearest_m.value,
        section.scene_m.value,
        section.zoom_per_s.value,
        section.focus_per_s.value,
        section.iris_per_s.value,
        section.infrared.value,
    )


def _link(section: schema.Link) -> Link:
    return Link(
        int(section.speed_mbps.value),
        section.bytes_per_s.value,
        section.frame_overhead_us.value,
        int(section.default_packet_size.value),
    )


def _timings(spec: schema.ModelFile, shown: str) -> dict[str, FrameTiming]:
    names = spec.features["PixelFormat"].entries or () if "PixelFormat" in spec.features else ()
    for name in spec.timing.formats:
        if name not in names:
            raise SpecError(f"{shown}: timing.formats.{name}: the model has no such pixel format")
    return {name: _timing(spec.timing, name, shown) for name in names}


def _timing(timing: schema.Timing, name: str, shown: str) -> FrameTiming:
    if name not in PIXEL_FORMATS:
        raise SpecError(f"{shown}: features.PixelFormat.entries: {name!r} is not a known pixel format")
    row = timing.default.model_dump(exclude_none=True)
    if name in timing.formats:
        row |= timing.formats[name].model_dump(exclude_none=True)
    return FrameTiming(
        row.get("frame_us", 0.0),
        row.get("line_us", 0.0),
        row.get("pixel_ns", 0.0),
        row.get("slowdown", 1.0),
        row.get("link_bytes_per_pixel", PIXEL_FORMATS[name].bits_per_pixel / 8),
        row.get("link_efficiency", 1.0),
    )


def _features(
    rows: Mapping[str, schema.FeatureRow], rooms: Sequence[Room], layout: Layout, shown: str
) -> dict[str, BoundFeature]:
    declared = {feature.name: feature for room in rooms for feature in room.features}
    for name in rows:
        if name not in declared:
            raise SpecError(f"{shown}: features.{name}: no feature of this name is declared")
    chosen = {name: d for name, d in declared.items() if d.every_model or name in rows}
    bound: dict[str, BoundFeature] = {}
    for name, declaration in chosen.items():
        row = rows.get(name)
        choice = Choice(row.min, row.max, row.inc, row.default, row.entries, row.hidden) if row else Choice()
        selector = chosen.get(declaration.selected_by) if declaration.selected_by else None
        try:
            if declaration.selected_by and selector is None:
                raise ChoiceError("selector", f"the model lacks its selector {declaration.selected_by}")
            values = _selector_values(selector, rows.get(declaration.selected_by)) if selector else ()
            bound[name] = bind(declaration, choice, layout.slots.get(name, NOWHERE), values)
        except ChoiceError as error:
            raise SpecError(f"{shown}: features.{name}.{error.key}: {error}") from None
    return bound


def _selector_values(selector: Feature, row: schema.FeatureRow | None) -> tuple[int, ...]:
    if isinstance(selector, Enumeration):
        entries: tuple[Entry, ...] = selector.entries
        kept = row.entries if row and row.entries else tuple(entry.name for entry in entries)
        return tuple(entry.value for entry in entries if entry.name in kept)
    if isinstance(selector, Integer) and isinstance(selector.limits, Limits):
        return tuple(range(int(selector.limits.low), int(selector.limits.high) + 1))
    raise ChoiceError("selector", f"{selector.name} cannot be a selector")
