"""What becomes of a camera's own description: which of its features act, which are memory, and which cannot be had."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tiscam_emu.camera.core import Camera
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.foreign.files import guard, source
from tiscam_emu.foreign.live.face import Face
from tiscam_emu.foreign.nodes.memory import BOOTSTRAP_END
from tiscam_emu.foreign.told import in_one_line
from tiscam_emu.foreign.twin import Prepared, open_twin, prepare

_WIDTH = 100
_SOME = 3


@dataclass(frozen=True, slots=True)
class Report:
    """What is told of a description that can be served.

    Attributes
    ----------
    acts
        Features of the description and what of ours they are.
    standard
        Features whose registers are those of the GigE Vision standard, which are ours.
    memory
        Features that keep what is written to them, and no more.
    missing
        Bound features that are not there, and why.
    notes
        What a user should know besides.
    """

    name: str
    size: str
    formats: tuple[str, ...]
    acts: tuple[tuple[str, str], ...]
    standard: tuple[str, ...]
    memory: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    chunks: tuple[str, ...]
    notes: tuple[str, ...]

    def short(self) -> list[str]:
        """A few lines, for the start of a camera."""
        return [
            f"{len(self.acts)} features act, {len(self.memory)} are memory, {len(self.missing)} cannot be had; "
            "tiscam-emu inspect lists them",
            *self.notes,
        ]

    def long(self) -> list[str]:
        """All of it."""
        return [
            self.name,
            f"sensor: {self.size}",
            *_paragraph("pixel formats:", self.formats),
            *_paragraph("features that act:", [f"{name} ({ours})" for name, ours in self.acts]),
            *_paragraph("chunks that are filled:", self.chunks),
            *_paragraph("registers of the standard:", self.standard),
            *_paragraph("memory:", self.memory),
            *(["cannot be had:"] if self.missing else []),
            *(f"  {name}: {reason}" for name, reason in self.missing),
            *self.notes,
        ]


def report(prepared: Prepared, camera: Camera) -> Report:
    """What becomes of a description as `camera` serves it."""
    face = camera.registers
    if not isinstance(face, Face):
        raise TypeError("the camera is not served by a description of its own")
    graph, gated = prepared.graph, prepared.solver.gated
    acts = dict(_acting(face))
    there = [name for name in graph.features() if graph[name].kind != "Category" and gated.is_open(name)]
    rest = [name for name in there if name not in acts and not _with_data(prepared, name)]
    standard = [name for name in rest if _in_bootstrap(prepared, name)]
    passive = [name for name in rest if name not in standard]
    return Report(
        name=f"{graph.vendor} {graph.model}: GenICam schema {graph.schema}, {len(graph.nodes)} nodes",
        size=f"{prepared.facts.size[0]}x{prepared.facts.size[1]}, {prepared.facts.size_from}",
        formats=tuple(prepared.facts.formats),
        acts=tuple(acts.items()),
        standard=tuple(standard),
        memory=tuple(passive),
        missing=tuple(prepared.solver.failures.items()),
        chunks=tuple(_chunk_names(prepared, face)),
        notes=tuple(_notes(prepared)),
    )


def text(path: Path) -> str:
    """What `tiscam-emu inspect` prints of a description.

    Raises
    ------
    SpecError
        It is none, or cannot be used; one line.
    """
    with in_one_line(str(path)):
        description = source.read(path)
        guard.check(description)
        prepared = prepare(description)
        return "\n".join(report(prepared, open_twin(prepared, CameraOptions())).long())


def _acting(face: Face) -> Iterator[tuple[str, str]]:
    for joint in face.joints:
        yield joint.name, joint.kind.value
    for name in face.commands.actions:
        if any(command.name == name for command in face.commands.commands):
            yield name, "command"
    for name in (face.rate_switch, face.gamma_switch):
        if name:
            yield name, "switch"
    for name in face.rates_told:
        yield name, "told"
    if face.chunks.chunks:
        for name in ("ChunkModeActive", "ChunkSelector", "ChunkEnable"):
            yield name, "chunks"


def _in_bootstrap(prepared: Prepared, name: str) -> bool:
    places = [prepared.solver.free.place(register) for register in prepared.graph.registers(name)]
    known = [place for place in places if place]
    return bool(known) and all(place[0] < BOOTSTRAP_END for place in known)


def _with_data(prepared: Prepared, name: str) -> bool:
    """Whether a feature comes with events or chunks."""
    ports = prepared.graph.device_ports()
    return any(prepared.graph[register].text("pPort") not in ports for register in prepared.graph.registers(name))


def _chunk_names(prepared: Prepared, face: Face) -> Iterator[str]:
    entries = prepared.graph["ChunkSelector"].entries if face.chunks.chunks else ()
    for entry in entries:
        if entry.number("Value") in face.chunks.filled:
            yield entry.name


def _notes(prepared: Prepared) -> Iterator[str]:
    shown = prepared.description.shown
    if prepared.facts.size_from.startswith("assumed"):
        width, height = prepared.facts.size
        yield f"{shown}: sensor {width}x{height} {prepared.facts.size_from}"
    if prepared.graph.transport != "GEV" and not any(name.startswith("Gev") for name in prepared.graph.nodes):
        yield (
            f"{shown}: not made for GigE Vision, but served over it all the same; features at addresses below 0xa000 "
            "read the registers of that standard"
        )
    if prepared.far:
        some = ", ".join(prepared.far[:_SOME]) + (" ..." if len(prepared.far) > _SOME else "")
        yield f"{shown}: {len(prepared.far)} registers lie beyond 32 bits, and answer at the lower 32 bits: {some}"
    for name, reason in prepared.unreadable.items():
        yield f"{shown}: {name} cannot be read: {reason.split(' : ')[0]}"


def _paragraph(title: str, words: Sequence[str]) -> list[str]:
    if not words:
        return []
    lines = textwrap.wrap(", ".join(words), _WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return [f"{title} {len(words)}", *lines]
