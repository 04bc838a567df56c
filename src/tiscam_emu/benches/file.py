"""Reading a bench file: YAML to `BenchFile`, and errors that name file, line and key."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tiscam_emu.benches.schema import ONE_EACH, BenchFile, CameraSection, Defaults, Section, StepSection
from tiscam_emu.errors import SpecError
from tiscam_emu.spec.catalog import shown
from tiscam_emu.spec.files import line_of, read

Where = Sequence[int | str]
_OF_A_CAMERA = frozenset({"identity", "sensor", "extends", "readout", "timing", "slowest", "link"})
_SAID = {
    "missing": "is missing",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "string_type": "must be a text",
    "none_required": "takes no value",
    "model_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "list_type": "must be a list",
    "too_short": "is empty",
}


class Mistake(Exception):
    """Something in a bench file is wrong; `where` leads to it from the top."""

    def __init__(self, where: Where, message: str) -> None:
        super().__init__(message)
        self.where = where


def read_bench(path: Path) -> BenchFile:
    """A bench file, each value of which is one that it may be.

    Raises
    ------
    SpecError
        One line: the file, the line in it, the key, and what is wrong.
    """
    content = read(path)
    if "cameras" not in content and _OF_A_CAMERA & content.keys():
        raise SpecError(f"{shown(path)}: describes a camera, not a bench: serve it with --model {shown(path)}")
    try:
        return BenchFile.model_validate(content)
    except ValidationError as error:
        mistakes = [_mistake(e["type"], e["loc"], e["msg"], e.get("ctx", {})) for e in error.errors()]
        raise in_file(path, min(mistakes, key=lambda mistake: line_of(path, mistake.where))) from None


def in_file(path: Path, mistake: Mistake) -> SpecError:
    """The error that names file, line and key."""
    line = line_of(path, mistake.where)
    place = f"{shown(path)}:{line}" if line else shown(path)
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in mistake.where).lstrip(".")
    return SpecError(": ".join(part for part in (place, key, str(mistake)) if part))


def _mistake(kind: str, where: tuple[int | str, ...], message: str, context: dict[str, Any]) -> Mistake:
    if kind == "extra_forbidden":
        return Mistake(where, _unknown(where))
    if kind == "string_pattern_mismatch":
        return Mistake(where, "must be " + context["pattern"].strip("^$()").replace("|", " or "))
    if kind == "greater_than_equal":
        return Mistake(where, f"must be {context['ge']} or more")
    if len(where) > 1 and str(where[-1]) in _PLAIN:  # a variant of the schema, not a key
        return Mistake(where[:-1], "must be a number, a text, true or false")
    return Mistake(where, _SAID.get(kind, message.removeprefix("Value error, ")))


_PLAIN = frozenset({"bool", "int", "float", "str"})


_SECTIONS: dict[str, type[Section]] = {"cameras": CameraSection, "defaults": Defaults, "timeline": StepSection}


def _unknown(where: tuple[int | str, ...]) -> str:
    name = str(where[-1])
    if where[0] == "defaults" and name in ONE_EACH:
        return "is not the same for all cameras; give it to each one"
    section = BenchFile if len(where) == 1 else _SECTIONS[str(where[0])]
    known = [str(field.alias or key) for key, field in section.model_fields.items()]
    near = get_close_matches(name, known, n=2)
    return "unknown key; " + (f"did you mean {' or '.join(near)}?" if near else f"keys are {', '.join(known)}")
