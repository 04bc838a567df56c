"""From a model's name to its `CameraModel`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tiscam_emu.errors import SpecError
from tiscam_emu.features.bound import BoundFeature, Choice, ChoiceError, bind
from tiscam_emu.features.kinds import Entry, Enumeration, Feature, Integer, Limits, Room
from tiscam_emu.features.layout import NOWHERE, Layout, lay_out
from tiscam_emu.pixel_formats import PIXEL_FORMATS, PixelFormat
from tiscam_emu.sensor.model import FormatReadout, SensorModel
from tiscam_emu.spec import schema
from tiscam_emu.spec.catalog import find_model, is_file, is_spec_file, models_folder, shown
from tiscam_emu.spec.files import Merged, read_merged
from tiscam_emu.spec.model import CameraModel, FrameTiming, LensModel, Link, ReadoutMode, SlowestRate
from tiscam_emu.spec.needed import NEEDED
from tiscam_emu.spec.own_defaults import completed
from tiscam_emu.spec.own_features import OwnFeatureError, own_room

_MOST_PIXELS = 160_000_000
_COEFFICIENT = "ColorTransformationValue"


def load_model(name: str | PathLike[str], rooms: Sequence[Room]) -> CameraModel:
    """The model called `name`, or that of a YAML file, with the features that `rooms` declare.

    Raises
    ------
    UnknownModel
        If no model has that name.
    SpecError
        If there is no such file, or it is wrong; the message names file and key.
    """
    model = find_model(name)
    if not is_file(model):
        return load_file(models_folder() / f"{model}.yaml", rooms, packaged=True)
    if not is_spec_file(model):
        raise SpecError(f"{shown(Path(model))}: a camera's own description is no model: its name would end in .yaml")
    return load_file(Path(model), rooms)


def load_file(path: Path, rooms: Sequence[Room], *, packaged: bool = False) -> CameraModel:
    """The model that a YAML file describes.

    Parameters
    ----------
    packaged
        Every number has to say where it is from, and nothing is filled in.

    Raises
    ------
    SpecError
        If the file is wrong; the message names file and key.
    """
    merged = read_merged(path)
    if "cameras" in merged.content:
        raise SpecError(f"{shown(path)}: describes a bench, not a camera: serve it with tiscam-emu {shown(path)}")
    spec = _validated(merged, packaged=packaged)
    _check_sizes(spec, merged)
    return _model(spec, merged, rooms, path.stem if packaged else path.name)


def load_content(merged: Merged, rooms: Sequence[Room], key: str) -> CameraModel:
    """The model that content describes which comes from no file of its own; sizes may be any that it says.

    Raises
    ------
    SpecError
        If it is wrong; the message names the key.
    """
    return _model(_validated(merged, packaged=False), merged, rooms, key)


def _model(spec: schema.ModelFile, merged: Merged, rooms: Sequence[Room], key: str) -> CameraModel:
    rooms, layout = _laid_out(spec, rooms, merged)
    return CameraModel(
        key=key,
        identity=spec.identity,
        sensor=_sensor(spec, merged),
        link=_link(spec.link),
        timing=_timings(spec, merged),
        slowest=SlowestRate(spec.slowest.clock_hz, spec.slowest.line_clocks, spec.slowest.blank_lines),
        readout_modes=tuple(ReadoutMode(*mode.decimation, *mode.binning) for mode in spec.readout.modes),
        features=_features(spec, rooms, layout, merged),
        layout=layout,
        lens=_lens(spec.lens) if spec.lens else None,
        color_matrix=_color_matrix(spec, merged),
    )


def _validated(merged: Merged, *, packaged: bool) -> schema.ModelFile:
    content = merged.content if packaged else completed(merged)
    try:
        return schema.ModelFile.model_validate(content, context={} if packaged else schema.OWN)
    except ValidationError as error:
        first = min(error.errors(), key=lambda found: not merged.is_own([str(part) for part in found["loc"]]))
        where = _key_of(first["loc"], content) if first["type"] != "missing" else first["loc"]
        raise merged.error(where, _plain(first["msg"])) from None


def _plain(message: str) -> str:
    """What pydantic says, in the words of YAML."""
    message = message.removeprefix("Value error, ").replace("a valid tuple", "a list")
    return re.sub(r"a valid dictionary( or instance of \w+)?", "a mapping", message)


def _key_of(where: Sequence[int | str], content: Any) -> tuple[int | str, ...]:
    """As much of a place as the file has; what follows names a variant of the schema."""
    for depth, part in enumerate(where):
        if isinstance(content, dict) and part in content:
            content = content[part]
        elif isinstance(content, list) and isinstance(part, int):
            content = content[part] if part < len(content) else None
        else:
            return tuple(where[:depth])
    return tuple(where)


def _laid_out(spec: schema.ModelFile, rooms: Sequence[Room], merged: Merged) -> tuple[Sequence[Room], Layout]:
    if not spec.own_features:
        return rooms, lay_out(rooms)
    try:
        rooms = [*rooms, own_room(spec.own_features, rooms)]
        return rooms, lay_out(rooms)
    except OwnFeatureError as error:
        raise merged.error(("own_features", *error.where), str(error)) from None
    except ValueError:
        raise merged.error(("own_features",), "their registers need more than the 1 MiB there is") from None


def _check_sizes(spec: schema.ModelFile, merged: Merged) -> None:
    """The picture fits the sensor however it is read out, and its lines are whole bytes and colour groups."""
    modes = spec.readout.modes
    if spec.sensor.width.value * spec.sensor.height.value > _MOST_PIXELS:
        raise merged.error(("sensor", "width"), f"more than {_MOST_PIXELS // 10**6} megapixels with this height")
    for axis, (size, offset, pixels) in enumerate(
        (("Width", "OffsetX", spec.sensor.width), ("Height", "OffsetY", spec.sensor.height))
    ):
        row = spec.features.get(size)
        least = int(pixels.value) // max(mode.decimation[axis] * mode.binning[axis] for mode in modes)
        if row and row.min is not None and not 1 <= row.min <= least:
            raise merged.error(("features", size, "min"), f"{row.min} is not in 1 to {least}, which the readout leaves")
        if row and row.max is not None and row.max > pixels.value:
            raise merged.error(("features", size, "max"), f"{row.max} is above the sensor's {pixels.value:g}")
        for feature in (size, offset):
            _check_steps(spec, feature, merged)


def _check_steps(spec: schema.ModelFile, feature: str, merged: Merged) -> None:
    formats = [PIXEL_FORMATS[name] for name in _format_names(spec) if name in PIXEL_FORMATS]
    for key in ("min", "inc"):
        value = getattr(spec.features.get(feature), key, None) or 0
        where = ("features", feature, key)
        if not isinstance(value, int):
            raise merged.error(where, f"{value} is not a whole number")
        if spec.sensor.color and value % 2:
            raise merged.error(where, f"{value} would tear the colour mosaic apart; use an even number")
        for row in formats if feature == "Width" else ():
            if value % row.pixels_per_group:
                raise merged.error(
                    where, f"{value} does not go with {row.name}: use multiples of {row.pixels_per_group}"
                )


def _format_names(spec: schema.ModelFile) -> tuple[str, ...]:
    return spec.features["PixelFormat"].entries or () if "PixelFormat" in spec.features else ()


def _sensor(spec: schema.ModelFile, merged: Merged) -> SensorModel:
    section = spec.sensor
    values: dict[str, Any] = {key: getattr(entry, "value", entry) for key, entry in section if entry is not None}
    del values["name"]
    for key in ("width", "height", "adc_bits"):
        values[key] = int(values[key])
    names = _format_names(spec)
    for name in section.formats:
        if name not in names:
            raise merged.error(("sensor", "formats", name), "the model has no such pixel format")
    values["formats"] = tuple(
        (name, FormatReadout(row.adc_bits, row.read_noise_e)) for name, row in section.formats.items()
    )
    try:
        return SensorModel(**values)
    except ValueError as error:
        raise merged.error(("sensor",), str(error)) from None


def _color_matrix(spec: schema.ModelFile, merged: Merged) -> tuple[float, ...]:
    row, matrix = spec.features.get(_COEFFICIENT), spec.color_matrix
    if (row is None) != (matrix is None):
        raise merged.error(("color_matrix",), f"is needed with the feature {_COEFFICIENT}, and only with it")
    if row is None or matrix is None:
        return ()
    values = tuple(value for line in matrix.value for value in line)
    low, high = row.min or 0.0, row.max or 0.0
    if [len(line) for line in matrix.value] != [3, 3, 3] or not all(low <= value <= high for value in values):
        raise merged.error(("color_matrix",), f"needs three rows of three values from {low:g} to {high:g}")
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


def _timings(spec: schema.ModelFile, merged: Merged) -> dict[str, FrameTiming]:
    names = _format_names(spec)
    for name in spec.timing.formats:
        if name not in names:
            raise merged.error(("timing", "formats", name), "the model has no such pixel format")
    return {name: _timing(spec, name, merged) for name in names}


def _timing(spec: schema.ModelFile, name: str, merged: Merged) -> FrameTiming:
    timing, where = spec.timing, ("features", "PixelFormat", "entries")
    if name not in PIXEL_FORMATS:
        raise merged.error(where, f"{name!r} is not a known pixel format")
    if not _can_be_made(PIXEL_FORMATS[name], color=spec.sensor.color):
        kind = "colour" if spec.sensor.color else "monochrome"
        raise merged.error(where, f"{name} cannot be made from a {kind} sensor")
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


def _can_be_made(row: PixelFormat, *, color: bool) -> bool:
    """Whether a sensor can send a format: a mosaic needs colour; colours of a monochrome sensor are grey."""
    return color or not row.bayer


def _features(spec: schema.ModelFile, rooms: Sequence[Room], layout: Layout, merged: Merged) -> dict[str, BoundFeature]:
    rows = spec.features
    declared = {feature.name: feature for room in rooms for feature in room.features}
    for name in rows:
        if name in spec.own_features or name not in declared:
            raise merged.error(("features", name), "no feature of this name is declared")
    chosen = {name: d for name, d in declared.items() if d.every_model or name in rows}
    bound = {name: _bound(declaration, chosen, spec, layout, merged) for name, declaration in chosen.items()}
    _check_needed(chosen, merged)
    if (spec.lens is None) != ("Zoom" not in chosen):
        raise merged.error(("lens",), "is needed with the feature Zoom, and only with it")
    return bound


def _check_needed(chosen: Mapping[str, Feature], merged: Merged) -> None:
    for beginning, needed in NEEDED.items():
        user = next((name for name in chosen if name.startswith(beginning)), None)
        for name in needed if user else ():
            if name not in chosen:
                what = f"{user} needs it" if beginning else "no camera can do without it"
                raise merged.error(("features", name), what)


def _bound(
    declaration: Feature, chosen: Mapping[str, Feature], spec: schema.ModelFile, layout: Layout, merged: Merged
) -> BoundFeature:
    name, rows = declaration.name, spec.features
    row = rows.get(name)
    choice = Choice(row.min, row.max, row.inc, row.default, row.entries, row.hidden) if row else Choice()
    selector = chosen.get(declaration.selected_by) if declaration.selected_by else None
    try:
        if declaration.selected_by and selector is None:
            raise ChoiceError("selector", f"the model lacks its selector {declaration.selected_by}")
        values = _selector_values(selector, rows.get(declaration.selected_by)) if selector else ()
        return bind(declaration, choice, layout.slots.get(name, NOWHERE), values)
    except ChoiceError as error:
        section = "own_features" if name in spec.own_features else "features"
        raise merged.error((section, name, error.key), str(error)) from None


def _selector_values(selector: Feature, row: schema.FeatureRow | None) -> tuple[int, ...]:
    if isinstance(selector, Enumeration):
        entries: tuple[Entry, ...] = selector.entries
        kept = row.entries if row and row.entries else tuple(entry.name for entry in entries)
        return tuple(entry.value for entry in entries if entry.name in kept)
    if isinstance(selector, Integer) and isinstance(selector.limits, Limits):
        return tuple(range(int(selector.limits.low), int(selector.limits.high) + 1))
    raise ChoiceError("selector", f"{selector.name} cannot be a selector")
