"""The report card: all trials with their grades, as a table, as JSON, as JUnit XML, and as a page."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tiscam_emu.score.record import Record
from tiscam_emu.score.trial import Trial
from tiscam_emu.score.verdict import Grade, Verdict

_STYLE = {Grade.GOOD: "green", Grade.BAD: "bold red", Grade.NOT_SEEN: "yellow"}
_COLOUR = {Grade.GOOD: "#1a7f37", Grade.BAD: "#cf222e", Grade.NOT_SEEN: "#9a6700"}


@dataclass(frozen=True, slots=True)
class Result:
    """One trial, and what came of it."""

    trial: Trial
    verdict: Verdict
    record: Record


@dataclass(frozen=True, slots=True)
class Card:
    """All results of one client, whose command it tells."""

    command: str
    model: str
    results: Sequence[Result]

    def count(self, grade: Grade) -> int:
        """How many trials have this grade."""
        return sum(result.verdict.grade is grade for result in self.results)

    @property
    def failed(self) -> bool:
        """Whether a trial went badly."""
        return self.count(Grade.BAD) > 0

    def summary(self) -> str:
        """One line."""
        return ", ".join(f"{self.count(grade)} {grade.value}" for grade in Grade)


def table(card: Card) -> Table:
    """For a terminal."""
    made = Table(title=escape(card.command), caption=card.summary(), box=None, pad_edge=False, title_justify="left")
    for column in ("trial", "grade", "seen"):
        made.add_column(column)
    for result in card.results:
        grade, seen = result.verdict.grade, escape(result.verdict.seen)
        if grade is Grade.BAD:
            seen += f"\n[dim]expected: {result.trial.expected}\n{result.trial.why}[/dim]"
        made.add_row(result.trial.name, f"[{_STYLE[grade]}]{grade.value}[/]", seen)
    return made


def show(card: Card) -> None:
    """Print the table."""
    Console().print(table(card))


def as_json(card: Card) -> str:
    """For programs."""
    trials = [
        {
            "name": result.trial.name,
            "title": result.trial.title,
            "grade": result.verdict.grade.value,
            "seen": result.verdict.seen,
            "expected": result.trial.expected,
            "why": result.trial.why,
            "seconds": round(result.record.seconds(), 3),
            "exit_code": result.record.exit_code,
            **counts(result.record),
        }
        for result in card.results
    ]
    totals = {grade.name.lower(): card.count(grade) for grade in Grade}
    return json.dumps({"command": card.command, "model": card.model, **totals, "trials": trials}, indent=2) + "\n"


def counts(record: Record) -> dict[str, int]:
    """What there was of everything."""
    return {
        "commands": len(record.commands),
        "resend_requests": len(record.resends()),
        "frames_sent": len(record.finished()),
        "frames_that_lost_packets": len(record.hurt()),
        "frames_whole": len(record.whole()),
        "frames_whole_for_the_client": -1 if record.stamps is None else len(record.stamps),
    }


def as_junit(card: Card) -> str:
    """For build servers: what is bad is a failure, what was not seen is skipped."""
    suite = Element(
        "testsuite",
        name=card.command,
        tests=str(len(card.results)),
        failures=str(card.count(Grade.BAD)),
        skipped=str(card.count(Grade.NOT_SEEN)),
    )
    for result in card.results:
        name, seconds = result.trial.name, f"{result.record.seconds():.3f}"
        case = SubElement(suite, "testcase", classname=f"tiscam-emu.{card.model}", name=name, time=seconds)
        if result.verdict.grade is Grade.BAD:
            failure = SubElement(case, "failure", message=result.verdict.seen)
            failure.text = f"expected: {result.trial.expected}\n{result.trial.why}"
        elif result.verdict.grade is Grade.NOT_SEEN:
            SubElement(case, "skipped", message=result.verdict.seen)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suite, encoding="unicode") + "\n"


def as_html(card: Card) -> str:
    """A page for people, with nothing from elsewhere."""
    rows = "\n".join(
        f"<tr><td><b>{_escaped(result.trial.title)}</b><br><small>{_escaped(result.trial.name)}</small></td>"
        f'<td style="color:{_COLOUR[result.verdict.grade]}">{result.verdict.grade.value}</td>'
        f"<td>{_escaped(result.verdict.seen)}</td>"
        f"<td>{_escaped(result.trial.expected)}<br><small>{_escaped(result.trial.why)}</small></td></tr>"
        for result in card.results
    )
    return _PAGE.format(title=_escaped(card.command), summary=card.summary(), model=_escaped(card.model), rows=rows)


def _escaped(text: str) -> str:
    return html.escape(text)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Report card: {title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.45 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; }}
td, th {{ text-align: left; vertical-align: top; padding: .5rem .6rem; border-top: 1px solid #8884; }}
td:nth-child(2) {{ font-weight: 600; white-space: nowrap; }}
</style></head><body>
<h1>Report card</h1>
<p><code>{title}</code> with a {model}: {summary}.</p>
<table><tr><th>What happens</th><th>Grade</th><th>Seen</th><th>Expected, and why it counts</th></tr>
{rows}
</table></body></html>
"""
