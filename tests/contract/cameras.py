"""The cameras that the contract holds for: the packaged models, and two of one's own by YAML."""

from __future__ import annotations

import re
import tempfile
from functools import cache
from pathlib import Path

from tiscam_emu.camera import core
from tiscam_emu.spec.catalog import model_keys
from tiscam_emu.spec.model import CameraModel

OWN, DOCUMENTED = "own_camera", "documented"
KEYS = [*model_keys(), OWN, DOCUMENTED]
_FOLDER = tempfile.TemporaryDirectory(prefix="tiscam-emu-")  # gone when the tests end
DOCUMENT = Path(__file__).parents[2] / "docs" / "your-own-camera.md"


def documented_yaml() -> str:
    """The camera of the document: its first block of YAML."""
    found = re.search(r"^```yaml\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


@cache
def _documented_file() -> Path:
    path = Path(_FOLDER.name) / "acme.yaml"
    path.write_text(documented_yaml(), encoding="utf-8")
    return path


def load(key: str) -> CameraModel:
    """The model of one of `KEYS`."""
    if key == OWN:
        return core.load(Path(__file__).with_name(f"{OWN}.yaml"))
    return core.load(_documented_file() if key == DOCUMENTED else key)
