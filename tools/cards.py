"""Measure the report cards of the clients in docs/report-cards.md, and write them there: ``python tools/cards.py``.

To be run in a network namespace that holds loopback alone; takes about six minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tiscam_emu.score.trials import all_trials

PAGE = Path(__file__).parents[1] / "docs" / "report-cards.md"
BEGIN, END = "<!-- cards: written by tools/cards.py -->\n", "<!-- end of cards -->\n"
PYGIGE = str(Path(__file__).parent / "pygige_stream.py")
CLIENTS = {
    "Aravis 0.8.26": ["arv-camera-test-0.8", "-n", "{address}", "--duration=12"],
    "viva-genicam": ["viva-camctl", "stream", "--ip", "{address}", "--auto", "--duration-s", "12", "--save", "0"],
    "pyGigEVision": [sys.executable, PYGIGE, "{address}", "12"],
}


def card(number: int, command: list[str]) -> dict[str, Any]:
    """What a client's trials came to."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        words = ["--address", f"127.0.7.{number + 1}", "--json", file.name, "--", *command]
        subprocess.run([sys.executable, "-m", "tiscam_emu.cli", "score", *words], check=False)
        return dict(json.loads(Path(file.name).read_text()))


def table(cards: dict[str, dict[str, Any]]) -> str:
    """A row for each trial, a column for each client; below what was bad."""
    head = ["trial", "what happens", *cards]
    lines = [" | ".join(["", *head, ""]).strip(), "|" + " --- |" * len(head)]
    for at, trial in enumerate(all_trials()):
        grades = [each["trials"][at]["grade"] for each in cards.values()]
        marked = [f"**{grade}**" if grade == "bad" else grade for grade in grades]
        lines.append("| " + " | ".join([f"`{trial.name}`", trial.title, *marked]) + " |")
    for name, each in cards.items():
        command = " ".join(CLIENTS[name]).replace(sys.executable, "python").replace(PYGIGE, "tools/pygige_stream.py")
        lines += ["", f"**{name}**, `{command}`: {each['good']} good, {each['bad']} bad.", ""]
        lines += [f"- `{t['name']}`: {t['seen']}" for t in each["trials"] if t["grade"] != "good"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure all at a time, and write the page."""
    with ThreadPoolExecutor() as pool:
        made = dict(zip(CLIENTS, pool.map(card, range(len(CLIENTS)), CLIENTS.values()), strict=True))
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + BEGIN + "\n" + table(made) + "\n" + END + rest.partition(END)[2])


if __name__ == "__main__":
    main()
