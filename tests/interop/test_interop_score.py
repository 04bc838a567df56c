"""The report card: every trial tells a client that does the right thing from one that does not."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

import pytest

from tiscam_emu.net.options import ServeOptions
from tiscam_emu.score.run import play_one
from tiscam_emu.score.trials import all_trials, chosen
from tiscam_emu.score.verdict import Grade

pytestmark = pytest.mark.interop

CLIENT = [sys.executable, str(Path(__file__).parent / "clients" / "mini_client.py"), "{address}"]
AT_ONCE = 6
LONGEST_S = {"unplugged-2s": 6.0, "unplugged-long": 10.0, "reset": 5.0, "triggered-frame-lost": 4.0, "lost-acks": 7.0}
FLAWED = [(trial.name, trial.flaw) for trial in all_trials()]
Graded = tuple[str, str]


def _play(number: int, name: str, flaw: str) -> Graded:
    (trial,) = chosen([name])
    seconds = str(min(LONGEST_S.get(name, 3.0), trial.seconds - 1.5))
    command = [*CLIENT, "--seconds", seconds, *(["--flaw", flaw] if flaw else [])]
    result = play_one(ServeOptions(model="33GP1300", address=f"127.0.103.{number + 1}"), command, trial)
    return result.verdict.grade.value, result.verdict.seen


@pytest.fixture(scope="module")
def played() -> Iterator[dict[tuple[str, str], Future[Graded]]]:
    """All trials with both clients, several at a time: they mostly wait."""
    runs = [(name, flaw) for name, flaw in FLAWED] + [(name, "") for name, _ in FLAWED]
    with ProcessPoolExecutor(AT_ONCE, multiprocessing.get_context("spawn")) as pool:
        yield {run: pool.submit(_play, number, *run) for number, run in enumerate(runs)}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", [name for name, _ in FLAWED])
def test_a_client_that_does_everything_right_passes(name: str, played: dict[tuple[str, str], Future[Graded]]) -> None:
    grade, seen = played[name, ""].result()
    assert grade == Grade.GOOD, seen


@pytest.mark.parametrize(("name", "flaw"), FLAWED)
def test_a_client_that_does_this_one_thing_wrong_fails(
    name: str, flaw: str, played: dict[tuple[str, str], Future[Graded]]
) -> None:
    grade, seen = played[name, flaw].result()
    assert grade == Grade.BAD, seen


def _score(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tiscam_emu.cli", "score", "--address", "127.0.104.1", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_writes_cards_for_people_and_programs(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("card.json", "card.xml", "card.html")]
    told = [f"--{kind}={file}" for kind, file in zip(("json", "junit", "html"), files, strict=True)]

    done = _score("--trials", "opening", *told, "--", *CLIENT, "--seconds", "1", "--flaw", "keeps_control")

    card = json.loads(files[0].read_text())
    assert done.returncode == 1, done.stderr
    assert (card["good"], card["bad"], card["trials"][0]["grade"]) == (0, 1, "bad")
    assert "never gave control back" in done.stdout
    assert '<failure message="never gave control back">' in files[1].read_text()
    assert "never gave control back" in files[2].read_text()


def test_a_command_that_hangs_ends_with_the_trial_and_its_children_too(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    child = f"setsid sleep 1000 & echo $! >> {pids}; trap '' TERM; while true; do sleep 1000; done"

    done = _score("--trials", "opening", "--", "sh", "-c", child)

    assert "the camera heard nothing" in done.stdout
    for pid in pids.read_text().split():
        assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--trials", "nothing", "--", "true"], "trial 'nothing': there are "),
        ([], "no command given"),
        (["--trials", "opening", "--", "/nowhere/client"], "/nowhere/client: cannot be run: No such file"),
        (["--model", "X", "--trials", "opening", "--", "true"], "unknown model 'X'"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(words: list[str], told: str) -> None:
    done = _score(*words)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert told in done.stderr
