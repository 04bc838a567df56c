"""Reading and merging the YAML files of the models; nothing in a file can make this take long or grow."""

from __future__ import annotations

import itertools
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tiscam_emu.errors import SpecError
from tiscam_emu.spec.catalog import exists, is_packaged, models_folder, shown

MOST_BYTES = 1_000_000
"""Of one file."""
MOST_VALUES = 50_000
"""Of one file, what aliases stand for counted each time."""
MOST_FILES = 100
"""That one model is merged from."""
_DEEPEST = 32
KeyPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """A YAML file with all it `extends` merged underneath.

    Attributes
    ----------
    origins
        For every key, as a path from the top, the file that set or changed it last.
    """

    path: Path
    content: dict[str, Any]
    origins: Mapping[KeyPath, Path]

    def is_own(self, where: Sequence[str]) -> bool:
        """Whether a key, or what it is part of, is in a file that is not of the package."""
        origins = (self.origins.get(tuple(where[:end])) for end in range(len(where), 0, -1))
        nearest = next((origin for origin in origins if origin is not None), self.path)
        return not is_packaged(nearest)

    def error(self, where: Sequence[object], message: str) -> SpecError:
        """The error that names this file, the key, and another file if the key is to be found there."""
        parts = [str(part) for part in where]
        key = ".".join(parts)
        known = [tuple(parts[:end]) for end in range(len(parts), 1, -1) if tuple(parts[:end]) in self.origins]
        origin = self.origins[known[0]] if known else self.path
        hint = "" if origin == self.path else f" ({'.'.join(known[0])} is in {shown(origin)})"
        return SpecError(f"{shown(self.path)}: {key}: {message}{hint}")


def read_merged(path: Path) -> Merged:
    """Read a YAML file and what it extends: files beside it, else those of the package.

    Raises
    ------
    SpecError
        If a file is missing, too large, is not YAML or not a mapping, or if files extend each other in a circle.
    """
    content, origins = _merged(path, (), itertools.count(1))
    return Merged(path, content, origins)


def _merged(path: Path, above: tuple[Path, ...], numbers: Iterator[int]) -> tuple[dict[str, Any], dict[KeyPath, Path]]:
    chain = (*above, path)
    if path.resolve() in [other.resolve() for other in above]:
        raise SpecError(f"{shown(chain[0])}: extends: goes in a circle: {' -> '.join(map(shown, chain))}")
    if next(numbers) > MOST_FILES:
        raise SpecError(f"{shown(chain[0])}: extends: leads to more than {MOST_FILES} files")
    content = read(path)
    bases = content.pop("extends", [])
    if not isinstance(bases, list) or not all(isinstance(base, str) for base in bases):
        raise SpecError(f"{shown(path)}: extends: must be a list of file names")
    merged: dict[str, Any] = {}
    origins: dict[KeyPath, Path] = {}
    for base in bases:
        below, below_origins = _merged(_base(path, base), chain, numbers)
        merged = merge(merged, below)
        origins |= below_origins
    origins |= dict.fromkeys(_key_paths(content), path)
    return merge(merged, content), origins


def _base(path: Path, name: str) -> Path:
    found = [folder / name for folder in (path.parent, models_folder()) if exists(folder / name)]
    others = [
        base for base in found if base.resolve() != path.resolve()
    ]  # 38UX267.yaml may build on that of the package
    if not found:
        raise SpecError(f"{shown(path)}: extends: {name}: no such file, neither beside it nor in the package")
    base = (others or found)[0]
    if not base.is_file():
        raise SpecError(f"{shown(path)}: extends: {name}: is not a file")
    return base


def merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """One mapping over another; a key without a value takes away what is below."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = merge(below if isinstance(below, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def _key_paths(content: Mapping[str, Any], above: KeyPath = ()) -> Iterator[KeyPath]:
    for key, value in content.items():
        yield (*above, str(key))
        if isinstance(value, dict):
            yield from _key_paths(value, (*above, str(key)))


def read(path: Path) -> dict[str, Any]:
    """What a YAML file holds, by itself.

    Raises
    ------
    SpecError
        If it cannot be read, is too large, is not YAML or not a mapping.
    """
    name = shown(path)
    try:
        text = _bytes(path).decode("utf-8")
        _check_size(yaml.parse(text, Loader=_LOADER), name)
        content = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader
    except OSError as error:
        raise SpecError(f"{name}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SpecError(f"{name}: not valid YAML: not UTF-8 text") from None
    except (yaml.YAMLError, ValueError) as error:
        raise SpecError(f"{name}: not valid YAML: {_one_line(error)}") from None
    if not isinstance(content, dict):
        raise SpecError(f"{name}: must be a mapping")
    return content


def line_of(path: Path, where: Sequence[int | str]) -> int:
    """The line of a file, from 1, that has a key, or the nearest one that it would be part of; 0 if nobody knows."""
    try:
        node = yaml.compose(_bytes(path).decode("utf-8"), Loader=_LOADER)
    except (OSError, ValueError, yaml.YAMLError):
        return 0
    line = 0
    for part in where:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == part), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _bytes(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait, reading a device never end
        raise SpecError(f"{shown(path)}: is not a file")
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise SpecError(f"{shown(path)}: larger than {MOST_BYTES} bytes")
    return data


def _one_line(error: Exception) -> str:
    return " ".join(str(error).replace('"<unicode string>", ', "").split())


def _check_size(events: Iterable[yaml.Event], name: str) -> None:
    """Refuse what would grow without end when aliases are followed, before anything is built from it."""
    sizes: dict[str, int] = {}
    anchors: list[str | None] = [None]
    open_sizes = [0]
    for event in events:
        match event:
            case yaml.CollectionStartEvent():
                anchors.append(event.anchor)
                open_sizes.append(0)
                size = 0
            case yaml.CollectionEndEvent():
                size = open_sizes.pop() + 1
                sizes[anchors.pop() or ""] = size
            case yaml.ScalarEvent():
                size = sizes[event.anchor or ""] = 1
            case yaml.AliasEvent() if event.anchor not in sizes:
                raise SpecError(f"{name}: not valid YAML: *{event.anchor} stands before or inside &{event.anchor}")
            case yaml.AliasEvent():
                size = sizes[str(event.anchor)]
            case _:
                size = 0
        open_sizes[-1] += size
        if open_sizes[-1] > MOST_VALUES:
            raise SpecError(f"{name}: holds more than {MOST_VALUES} values, aliases followed")
        if len(open_sizes) > _DEEPEST:
            raise SpecError(f"{name}: is nested more than {_DEEPEST} levels deep")


def _construct_mapping(loader: Any, node: Any, deep: bool = False) -> dict[Any, Any]:
    """Refuse a key that is there twice: the first one would silently count for nothing."""
    seen: set[str] = set()
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        if isinstance(key, yaml.ScalarNode) and key.value in seen:
            raise yaml.constructor.ConstructorError(None, None, f"{key.value} is there twice", key.start_mark)
        seen.add(key.value if isinstance(key, yaml.ScalarNode) else "")
        if key.tag not in {"tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"}:
            raise yaml.constructor.ConstructorError(None, None, "a key is not a text", key.start_mark)
    made: dict[Any, Any] = yaml.constructor.SafeConstructor.construct_mapping(loader, node, deep)
    return made


def _loader() -> type[yaml.SafeLoader]:
    """The C loader where PyYAML has it, with On and Off read as words: they are entry names here."""
    base: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader = type("ModelLoader", (base,), {"construct_mapping": _construct_mapping})
    resolvers = {
        first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:bool"]
        for first, rules in base.yaml_implicit_resolvers.items()
    }
    loader.yaml_implicit_resolvers = resolvers  # type: ignore[attr-defined]
    loader.add_implicit_resolver(  # type: ignore[attr-defined]
        "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf")
    )
    return loader


_LOADER = _loader()
