"""The camera that options ask for: a model of ours, or one that its own description describes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiscam_emu.errors import InvalidOption, RegisterError, SpecError, UnknownFeature
from tiscam_emu.net.options import ServeOptions
from tiscam_emu.spec.catalog import is_file, is_spec_file
from tiscam_emu.units import Nanoseconds

if TYPE_CHECKING:
    from tiscam_emu.camera.core import Camera
    from tiscam_emu.foreign.files.source import Description


class Reading:
    """A description being read and checked while the program does something else."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._description: Description | None = None
        self._error: SpecError | None = None
        self._thread = threading.Thread(target=self._read, name="tiscam-emu guard", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        from tiscam_emu.foreign.files import guard, source  # noqa: PLC0415 - only where needed
        from tiscam_emu.foreign.told import in_one_line  # noqa: PLC0415

        try:
            with in_one_line(str(self.path)):
                description = source.read(self.path)
                guard.check(description)
        except SpecError as error:
            self._error = error
        else:
            self._description = description

    def result(self) -> Description:
        """The description, once it is known to be harmless.

        Raises
        ------
        SpecError
            It cannot be used; one line says why.
        """
        self._thread.join()
        if self._error is not None:
            raise self._error
        if self._description is None:
            raise SpecError(f"{self.path}: could not be read")
        return self._description


def start_reading(options: ServeOptions) -> Reading | None:
    """Begin to read the description of a foreign camera, and to check it in a process of its own."""
    if not is_file(options.model) or is_spec_file(options.model):
        return None
    return Reading(Path(options.model))


def open_camera(options: ServeOptions, reading: Reading | None = None) -> tuple[Camera, list[str]]:
    """A camera, not yet connected to anything, and what its user should know; `reading` is what `start_reading` began.

    Raises
    ------
    UserError
        The model or its description is wrong.
    """
    # Imported here: meanwhile a description is being checked.
    from tiscam_emu.camera.core import Camera, load  # noqa: PLC0415
    from tiscam_emu.camera.imaging.frame_rate import unbounded  # noqa: PLC0415

    reading = reading or start_reading(options)
    if reading is None:
        model = unbounded(load(options.model)) if options.full_speed else load(options.model)
        return Camera(model, options.camera_options(model.identity.serial)), []
    description = reading.result()
    from tiscam_emu.foreign.report import report  # noqa: PLC0415 - the extra `foreign`
    from tiscam_emu.foreign.told import in_one_line  # noqa: PLC0415
    from tiscam_emu.foreign.twin import open_twin, prepare  # noqa: PLC0415

    with in_one_line(description.shown):
        prepared = prepare(description, options.told())
        model = unbounded(prepared.model) if options.full_speed else prepared.model
        camera = open_twin(replace(prepared, model=model), options.camera_options(model.identity.serial))
        return camera, report(prepared, camera).short()


def set_features(camera: Camera, values: Mapping[str, Any], now: Nanoseconds) -> None:
    """Give a camera's features values, in this order; it has been powered up.

    Raises
    ------
    InvalidOption
        Naming the feature that cannot have its value.
    """
    for name, value in values.items():
        try:
            camera.by_name(now).write(name, value)
        except (RegisterError, UnknownFeature) as error:
            raise InvalidOption(f"features: {error}") from None
