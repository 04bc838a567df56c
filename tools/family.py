"""The registers of another camera of the family beside ours: a table for docs/fidelity.md.

`docs/family.csv` holds what the description of a DMK 33GX174 shows. Where ours differ the file has to say why, and may
not where they do not.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.state import CameraState
from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.kinds import Command, Enumeration, Feature
from tiscam_emu.genicam.nodes import uncached_because
from tiscam_emu.spec.model import CameraModel

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    """The rows of docs/family.csv."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table(rows: list[Row], models: list[CameraModel]) -> Iterator[str]:
    """Lines of the table.

    Raises
    ------
    ValueError
        A row differs and does not say why, or says why and does not differ.
    """
    yield "| feature | register there | ours |"
    yield "| --- | --- | --- |"
    states = [CameraState(model, CameraOptions()) for model in models]
    for row in rows:
        differing = differences(row, [state for state in states if row["ours"] in state])
        if bool(differing) != bool(row["because"]):
            raise ValueError(f"docs/family.csv: {row['feature']}: differs in {differing}, because {row['because']!r}")
        same = "same" if row["address"] else "same name; a register here"
        verdict = f"{'; '.join(differing)}: {row['because']}" if differing else same
        yield f"| `{row['feature']}` | {_place(row)} | {verdict} |"


def differences(row: Row, states: list[CameraState]) -> list[str]:
    """What is not the same, in a few words each; `states` are the cameras that have the feature."""
    ours = [state.features[row["ours"]] for state in states]
    if not ours:
        return ["not there"]
    declaration = ours[0].declaration
    found = []
    if row["feature"] != row["ours"]:
        found.append(f"name `{row['ours']}`")
    bits = _bits(states[0].features[declaration.alias_of or row["ours"]].declaration)
    if row["address"] and _address(row) != (ours[0].slot.address, bits):
        found.append(f"address {_shown(ours[0])}")
    if row["per_unit"] and float(row["per_unit"]) != float(getattr(declaration, "per_unit", 1)):
        found.append(f"{getattr(declaration, 'per_unit', 1)} a unit")
    found += _other_steps(row, states) + _other_entries(row, ours)
    if not declaration.alias_of and row["cached"]:
        why = uncached_because(ours[0])
        if ("NoCache" if why else "WriteThrough") != row["cached"]:
            found.append(f"NoCache ({why})" if why else "WriteThrough")
    return found


def _address(row: Row) -> tuple[int, tuple[int, int]]:
    low, _, high = (row["bits"] or "0-31").partition("-")
    return int(row["address"], 16), (int(low), int(high or low))


def _bits(declaration: Feature) -> tuple[int, int]:
    at = declaration.at
    return (at.lsb, at.msb) if at else (0, 31)


def _shown(feature: BoundFeature) -> str:
    low, high = _bits(feature.declaration)
    bits = "" if (low, high) == (0, 31) else f" bits {low} to {high}"
    return f"0x{feature.slot.address:08X}{bits}"


def _other_steps(row: Row, states: list[CameraState]) -> list[str]:
    if not row["step"]:
        return []
    steps = sorted({float(state.limits(row["ours"]).step or 0) for state in states})
    return [f"step {' or '.join(f'{step:g}' for step in steps)}"] if steps != [float(row["step"])] else []


def _other_entries(row: Row, ours: list[BoundFeature]) -> list[str]:
    theirs = set(row["entries"].split())
    declaration = ours[0].declaration
    if isinstance(declaration, Command):
        return [f"code {declaration.code}"] if theirs and theirs != {str(declaration.code)} else []
    if not isinstance(declaration, Enumeration):
        return []
    mine = {f"{entry.name}={entry.value}" for entry in declaration.entries}
    return [f"entries {', '.join(f'`{e}`' for e in sorted(mine - theirs))}"] if theirs - mine else []


def _place(row: Row) -> str:
    parts = [row["address"], f"bits {row['bits']}" if row["bits"] else "", row["cached"]]
    return " ".join(part for part in parts if part) or "none"
