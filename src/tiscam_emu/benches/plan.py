"""From a bench file to what is started: options and address of every camera, and the steps of its timeline."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import count
from pathlib import Path
from typing import Any

from tiscam_emu.benches.file import Mistake, Where, in_file, read_bench
from tiscam_emu.benches.schema import FILES, BenchFile, StepSection
from tiscam_emu.benches.steps import steps
from tiscam_emu.errors import InvalidOption, SpecError, UnknownModel, UserError
from tiscam_emu.http.guard import parse_listening
from tiscam_emu.net.interfaces import interface_addresses
from tiscam_emu.net.options import ServeOptions, following_address
from tiscam_emu.net.timeline import START, Step
from tiscam_emu.spec.catalog import is_spec_file

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_ALL = "all"
_USER_NAME_LENGTH = 15
_BEGINS = {"light_k": "light ", "faults": "fault "}
"""How messages about an option begin, if not with its name."""


@dataclass(frozen=True, slots=True)
class CameraPlan:
    """One camera: checked options, whether it is started again after a failure, and what happens to it."""

    options: ServeOptions
    restart: bool = False
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """A whole bench.

    Attributes
    ----------
    control
        Address and port to be held by; empty for none.
    """

    path: Path
    cameras: Mapping[str, CameraPlan]
    control: str = ""
    seed: int = 0


def read_plan(path: Path) -> BenchPlan:
    """Read a bench file and check it as a whole; nothing is opened or started.

    Raises
    ------
    SpecError
        One line: the file, the line in it, the key, and what is wrong.
    """
    file = read_bench(path)
    try:
        return _plan(path, file)
    except Mistake as mistake:
        raise in_file(path, mistake) from None


def _plan(path: Path, file: BenchFile) -> BenchPlan:
    sections = {name: _section(path.absolute().parent, file, name) for name in file.cameras}
    addresses = _addresses(file, sections)
    by_camera: dict[str, list[Step]] = {name: [] for name in sections}
    for number, section in enumerate(file.timeline):
        for name, step in _steps(path.absolute().parent, file, number, section):
            by_camera[name].append(step)
    cameras = {
        name: CameraPlan(_options(name, section, addresses), section["restart"] == "on-failure", tuple(by_camera[name]))
        for name, section in sections.items()
    }
    _check_serials({name: plan.options for name, plan in cameras.items()})
    _check_control(file.control)
    return BenchPlan(path, cameras, file.control, file.seed)


def _section(folder: Path, file: BenchFile, name: str) -> dict[str, Any]:
    """A camera's options, with the defaults beneath them and paths from the file's folder."""
    if not _NAME.fullmatch(name) or name == _ALL:
        raise Mistake(("cameras", name), "a name is a letter, then up to 39 letters, digits, _ and -, and not all")
    common = file.defaults.model_dump(exclude_unset=True)
    own = file.cameras[name].model_dump(exclude_unset=True)
    section = {"seed": file.seed, "restart": "never", **common, **own}
    section["features"] = {**common.get("features", {}), **own.get("features", {})}
    if "model" not in section:
        raise Mistake(("cameras", name), "model is missing")
    section["model"] = _path(folder, section["model"])
    if "scene" in section:
        section["scene"] = _path(folder, section["scene"])
    for key in FILES & section.keys():
        section[key] = str(folder / section[key]) if section[key] else ""
    if len(name) <= _USER_NAME_LENGTH:
        section.setdefault("user_name", name)
    return section


def _path(folder: Path, name: str) -> str:
    """A model or a scene: a name, or a path from the folder if it looks like one."""
    return str(folder / name) if "/" in name or Path(name).suffix or is_spec_file(name) else name


def _addresses(file: BenchFile, sections: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """An address for every camera: its own, or the next of its network that no other camera was given."""
    taken: dict[str, str] = {}
    for name, section in sections.items():
        address = section.get("address", "")
        if address and address in taken.values():
            other = next(other for other, known in taken.items() if known == address)
            raise Mistake(("cameras", name, "address"), f"{address} is the address of {other}")
        if address:
            taken[name] = address
    free: dict[str, Iterator[str]] = {}
    for name, section in sections.items():
        if name in taken:
            continue
        interface = str(section.get("interface", ""))
        where: Where = ("address",) if "address" in file.model_fields_set else ("cameras", name)
        try:
            following = free.setdefault(interface, _following(file.address, interface))
            taken[name] = next(address for address in following if address not in taken.values())
        except InvalidOption as error:
            raise Mistake(where, str(error)) from None
        except StopIteration:
            raise Mistake(("cameras", name), f"interface {interface}: there is no address left for it") from None
    return taken


def _following(first: str, interface: str) -> Iterator[str]:
    return iter(interface_addresses(interface)) if interface else (following_address(first, n) for n in count())


def _options(name: str, section: Mapping[str, Any], addresses: Mapping[str, str]) -> ServeOptions:
    values = {key: value for key, value in section.items() if key != "restart"}
    others = tuple(address for other, address in addresses.items() if other != name)
    options = ServeOptions(**{**values, "address": addresses[name], "others": others})
    try:
        return options.checked()
    except UserError as error:
        message = str(error)
        key = next((key for key in values if message.startswith(_BEGINS.get(key, key.replace("_", " ")))), "")
        key = "model" if isinstance(error, SpecError | UnknownModel) else key
        raise Mistake(("cameras", name, key) if key else ("cameras", name), message) from None


def _check_serials(options: Mapping[str, ServeOptions]) -> None:
    for name, of_one in options.items():
        same = [other for other, of_other in options.items() if of_other.serial == of_one.serial != ""]
        if same[:1] not in ([], [name]):
            message = f"{of_one.serial} is that of {same[0]} as well; clients would take them for one"
            raise Mistake(("cameras", name, "serial"), message)


def _check_control(control: str) -> None:
    if not control:
        return
    try:
        address, _ = parse_listening(control)
    except ValueError as error:
        raise Mistake(("control",), str(error)) from None
    if not address.is_loopback:
        raise Mistake(("control",), f"{control}: must be on loopback, such as 127.0.0.1:8639")


def _steps(folder: Path, file: BenchFile, number: int, section: StepSection) -> Iterator[tuple[str, Step]]:
    where: Where = ("timeline", number)
    cameras = _cameras(file, section, where)
    if section.after != START:
        _check_name(section.after, file.cameras, (*where, "after"))
    try:
        found = steps(number, section)
    except Mistake as mistake:
        raise Mistake((*where, *mistake.where), str(mistake)) from None
    for name in cameras:
        for step in found:
            yield name, _with_path(folder, step)


def _with_path(folder: Path, step: Step) -> Step:
    return replace(step, arguments=(_path(folder, step.arguments[0]),)) if step.action == "scene" else step


def _cameras(file: BenchFile, section: StepSection, where: Where) -> Sequence[str]:
    if not section.camera:
        if len(file.cameras) > 1:
            raise Mistake(where, "camera is missing: a name, a list of names, or all")
        return list(file.cameras)
    if section.camera == (_ALL,):
        return list(file.cameras)
    for name in section.camera:
        _check_name(name, file.cameras, (*where, "camera"))
    return section.camera


def _check_name(name: str, cameras: Mapping[str, Any], where: Where) -> None:
    if name not in cameras:
        near = get_close_matches(name, cameras, n=2) or list(cameras)
        raise Mistake(where, f"there is no camera {name!r}; did you mean {' or '.join(near)}?")
