from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tiscam_emu.errors import SceneError
from tiscam_emu.net.scene_parcel import packed, unpacked


def carried(scene: Any) -> Any:
    """What arrives at the other end of a pipe of JSON."""
    with packed(scene) as parcel:
        return unpacked(json.loads(json.dumps(parcel)))


def glowing(level: int, time_ns: int, width: int, height: int) -> NDArray[Any]:
    return np.full((height, width), level + time_ns, np.uint8)


def test_a_name_stays_a_name() -> None:
    assert carried("chart") == "chart"


def test_a_path_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert carried(Path("chart")) == str(tmp_path / "chart")


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_an_array_arrives_bit_by_bit(dtype: type[np.generic]) -> None:
    array = np.random.default_rng(5).random((6, 4, 3)).astype(dtype)
    arrived = carried(array)
    assert arrived.dtype == dtype
    assert arrived.tobytes() == array.tobytes()


def test_the_file_of_an_array_is_gone_afterwards() -> None:
    with packed(np.zeros((4, 4), np.uint8)) as parcel:
        assert isinstance(parcel, dict)
        path = Path(parcel["array"])
        assert path.exists()
    assert not path.parent.exists()


def test_a_function_of_a_module_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    assert carried(partial(glowing, 3))(4, 2, 1).tolist() == [[7, 7]]


@pytest.mark.parametrize(
    ("scene", "message"),
    [
        (lambda *_: None, "scene function: it cannot be sent to the camera's own process .*in_process=True"),
        (np.full((4, 4), np.nan), "finite and not negative"),
        (np.array([[object()]]), "type object is none of"),
        (7, "scene 7: must be a name, a path, an array or a function, not int"),
        (None, "scene None: must be a name"),
    ],
)
def test_what_cannot_be_sent_is_told_before_it_is(scene: Any, message: str) -> None:
    with pytest.raises(SceneError, match=message), packed(scene):
        pass


def test_a_function_that_the_other_process_cannot_import_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with packed(glowing) as parcel:
        monkeypatch.delattr(__import__("sys").modules[__name__], "glowing")
        with pytest.raises(SceneError, match=r"the camera's own process cannot import it .*in_process=True"):
            unpacked(parcel)
