"""A capture looked into: what is in it, and what its clients did by the rules of the report card."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tiscam_emu.recordings import report
from tiscam_emu.score.captured import Captured
from tiscam_emu.score.rules import RULES, Rule
from tiscam_emu.score.verdict import Grade, Verdict

Graded = list[tuple[Rule, Verdict]]


@dataclass(frozen=True, slots=True)
class Inspection:
    """A report, and of each camera's client by their addresses what every rule says of it."""

    report: report.Report
    graded: dict[tuple[str, str], Graded]


def inspect(path: Path) -> Inspection:
    """Look into a capture.

    Raises
    ------
    CaptureError
        The file is none.
    """
    captured = Captured()
    found = report.read(path, captured.add)
    captured.close(found.last_ns)
    graded = {ends: [(rule, rule.judge(record)) for rule in RULES] for ends, record in captured.records.items()}
    return Inspection(found, graded)


def as_text(inspection: Inspection) -> str:
    """For people: of what is bad also what a good client does; what could not be judged is left out."""

    def lines(camera: str, client: str) -> Iterator[str]:
        for rule, verdict in inspection.graded.get((camera, client), ()):
            if verdict.grade is not Grade.NOT_SEEN:
                yield f"{verdict.grade.value}: {rule.name}: {verdict.seen}"
            if verdict.grade is Grade.BAD:
                yield f"  a good client: {rule.expected} {rule.why}"

    return report.text(inspection.report, lines)


def as_json(inspection: Inspection) -> str:
    """For programs."""
    document = report.to_json(inspection.report)
    for camera in document["cameras"]:
        for client in camera["clients"]:
            graded = inspection.graded.get((camera["address"], client["address"]), [])
            grades = Counter(verdict.grade for _, verdict in graded)
            client |= {grade.name.lower(): grades[grade] for grade in Grade}
            client["rules"] = [
                {
                    "name": rule.name,
                    "grade": verdict.grade.value,
                    "seen": verdict.seen,
                    "expected": rule.expected,
                    "why": rule.why,
                }
                for rule, verdict in graded
            ]
    return json.dumps(document, indent=2) + "\n"
