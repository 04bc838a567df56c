"""The camera that options ask for: a model of ours, or one that its own description describes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tiscam_emu.camera.core import Camera, load
from tiscam_emu.camera.frame_rate import unbounded
from tiscam_emu.net.options import ServeOptions
from tiscam_emu.spec.catalog import is_file, is_spec_file


def open_camera(options: ServeOptions) -> Camera:
    """A camera, not yet connected to anything.

    Raises
    ------
    UserError
        The model or its description is wrong.
    """
    if is_file(options.model) and not is_spec_file(options.model):
        from tiscam_emu.foreign.twin import open_twin, prepare  # noqa: PLC0415 - the extra `foreign`, only where needed

        prepared = prepare(Path(options.model), options.told())
        model = unbounded(prepared.model) if options.full_speed else prepared.model
        return open_twin(replace(prepared, model=model), options.camera_options(model.identity.serial))
    model = unbounded(load(options.model)) if options.full_speed else load(options.model)
    return Camera(model, options.camera_options(model.identity.serial))
