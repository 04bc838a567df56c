"""The report card for people and for programs."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from rich.console import Console

from tiscam_emu.score.card import Card, Result, as_html, as_json, as_junit, table
from tiscam_emu.score.record import Record
from tiscam_emu.score.trials import chosen
from tiscam_emu.score.verdict import Verdict, bad, good, not_seen


def card(*verdicts: Verdict) -> Card:
    trials = chosen(["opening", "mtu-1500", "chunks"])
    return Card(
        "client <a> {address}", "33GP1300", [Result(t, v, Record()) for t, v in zip(trials, verdicts, strict=True)]
    )


GRADED = card(bad("never gave <control> back"), good("250 of 250"), not_seen("no frame"))


def test_the_table_tells_what_was_seen_and_of_bad_ones_what_was_expected() -> None:
    console = Console(record=True, width=200)
    console.print(table(GRADED))
    text = console.export_text()
    assert "never gave <control> back" in text
    assert "expected: Asks where the description is" in text
    assert "1 good, 1 bad, 1 not seen" in text


def test_json_has_every_trial_and_the_counts() -> None:
    told = json.loads(as_json(GRADED))
    assert (told["good"], told["bad"], told["not_seen"]) == (1, 1, 1)
    assert [trial["grade"] for trial in told["trials"]] == ["bad", "good", "not seen"]
    assert told["trials"][0]["frames_whole_for_the_client"] == -1


def test_junit_fails_what_is_bad_and_skips_what_was_not_seen() -> None:
    suite = ElementTree.fromstring(as_junit(GRADED).split("\n", 1)[1])
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    assert [[child.tag for child in case] for case in suite] == [["failure"], [], ["skipped"]]


def test_the_page_shows_texts_as_they_are_and_asks_nothing_of_other_hosts() -> None:
    page = as_html(GRADED)
    assert "never gave &lt;control&gt; back" in page
    assert "<code>client &lt;a&gt; {address}</code>" in page
    assert "http" not in page
