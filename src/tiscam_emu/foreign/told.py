"""What a user says beside a description, by a folder's model.yaml or `--sensor`: checked before anything uses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from logging import getLogger
from typing import Any

from tiscam_emu.errors import SpecError, TiscamEmuError

SMALLEST_SIDE, LARGEST_SIDE = 16, 16384
MOST_PIXELS = 160_000_000
_NOT_HERE = ("own_features",)

_log = getLogger(__name__)


def check_size(size: tuple[int, int], size_from: str, shown: str) -> None:
    """Raise if a sensor has a size that no frame can be made of.

    Raises
    ------
    SpecError
        With the size, and who says so.
    """
    if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in size):
        limits = f"a side has {SMALLEST_SIDE} to {LARGEST_SIDE} pixels"
    elif size[0] * size[1] > MOST_PIXELS:
        limits = f"it has at most {MOST_PIXELS // 10**6} megapixels"
    else:
        return
    raise SpecError(f"{shown}: sensor {size[0]}x{size[1]}, {size_from}: {limits}")


def check_keys(extra: Mapping[str, Any], shown: str) -> None:
    """Raise if a model.yaml says what only a camera without a description of its own can have.

    Raises
    ------
    SpecError
        Naming the key.
    """
    for key in _NOT_HERE:
        if key in extra:
            raise SpecError(f"{shown}: {key}: a camera that is served by its own description has its features there")


@contextmanager
def in_one_line(shown: str) -> Iterator[None]:
    """Let even what nobody thought of be one line: a description of others may hold anything.

    Raises
    ------
    SpecError
        For whatever is not an error of this package already; the log has the rest, at level DEBUG.
    """
    try:
        yield
    except TiscamEmuError:
        raise
    except Exception as error:
        _log.debug("%s cannot be served", shown, exc_info=True)
        reason = " ".join(str(error).split()).split(" : ")[0][:200]
        raise SpecError(f"{shown}: cannot be served: {type(error).__name__}: {reason}") from error
