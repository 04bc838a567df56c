"""Scenes on their way to a camera in a process of its own: as plain data, an array in a file, a function pickled.

Both ends are programs of the same user, joined by a pipe that nobody else can write to; so the pickle is trusted.
"""

from __future__ import annotations

import base64
import pickle
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tiscam_emu.errors import SceneError

_THREADS = "with in_process=True the camera can use it"


@contextmanager
def packed(scene: Any) -> Iterator[str | dict[str, Any]]:
    """A scene as JSON can carry it; to be unpacked inside the ``with`` statement.

    Raises
    ------
    SceneError
        The scene cannot leave this process, or is none.
    """
    if isinstance(scene, str):
        yield scene
    elif isinstance(scene, Path):
        yield str(scene.absolute())
    elif callable(scene):
        yield {"function": base64.b64encode(_pickled(scene)).decode(), "path": sys.path}
    else:
        with tempfile.TemporaryDirectory(prefix="tiscam-emu-") as folder:
            yield {"array": str(_saved(scene, Path(folder, "scene.npy")))}


def unpacked(parcel: Any) -> Any:
    """The scene again; what was never packed passes.

    Raises
    ------
    SceneError
        A function is of a module that this process cannot import.
    """
    if not isinstance(parcel, dict):
        return parcel
    if "array" in parcel:
        import numpy as np  # noqa: PLC0415 - slow to load, and only needed here

        return np.load(parcel["array"], allow_pickle=False)
    sys.path += [entry for entry in parcel["path"] if entry not in sys.path]
    try:
        return pickle.loads(base64.b64decode(parcel["function"]))  # noqa: S301 - see above
    except Exception as error:  # its module may raise anything when it is imported
        raise SceneError(
            f"scene function: the camera's own process cannot import it ({type(error).__name__}: {error}); {_THREADS}"
        ) from None


def scene_label(scene: Any) -> str:
    """A scene in a word; of a file its name alone, for where it lies is nobody's business."""
    if isinstance(scene, str | Path):
        return Path(scene).name
    if callable(scene):
        return "a function"
    shape: tuple[int, ...] = getattr(scene, "shape", ())
    return f"an image of {shape[1]} x {shape[0]}" if len(shape) > 1 else "an image"


def _pickled(function: Any) -> bytes:
    try:
        return pickle.dumps(function)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise SceneError(
            f"scene function: it cannot be sent to the camera's own process ({error}); a function at the top of a "
            f"module can; {_THREADS}"
        ) from None


def _saved(scene: Any, path: Path) -> Path:
    import numpy as np  # noqa: PLC0415 - as above

    from tiscam_emu.sensor.scenes.image_array import checked_array  # noqa: PLC0415

    if not isinstance(scene, np.ndarray):
        raise SceneError(f"scene {scene!r}: must be a name, a path, an array or a function, not {type(scene).__name__}")
    np.save(path, checked_array(scene), allow_pickle=False)
    return path
