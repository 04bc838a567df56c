"""What the command does beside serving cameras by options: `bench`, `clone` and `inspect`.

Each imports what it needs when it runs.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from tiscam_emu.errors import InvalidOption, TiscamEmuError

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

if TYPE_CHECKING:
    from tiscam_emu.score.card import Result


@contextmanager
def _one_line_of_error() -> Iterator[None]:
    try:
        yield
    except TiscamEmuError as error:
        typer.echo(f"tiscam-emu: {error}", err=True)
        raise typer.Exit(2) from None


def clone(
    address: Annotated[str, typer.Argument(help="IPv4 address of the camera.")],
    folder: Annotated[Path, typer.Argument(help="Folder to make; --model FOLDER serves the twin.")],
    *,
    interface: Annotated[str, typer.Option(help="Network interface to reach the camera by.")] = "",
) -> None:
    """Save a camera on the network: its description and what its registers hold. Nothing is written to it."""
    with _one_line_of_error():
        from tiscam_emu.foreign.saving import folder as saving  # noqa: PLC0415
        from tiscam_emu.foreign.saving.clone import clone as read  # noqa: PLC0415
        from tiscam_emu.net.reader import CameraReader  # noqa: PLC0415

        saving.check_folder(folder)
        with CameraReader(address, interface) as reader, _progress() as progress:
            saved = read(reader, address, reader.discover(), progress)
        saving.save(saved, folder)
        camera, *lines = saving.report(saved)
        typer.echo("\n".join([f"saved {camera or 'a camera without a name'}, {address}, to {folder}", *lines]))


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal; elsewhere nothing, for the summary says it all."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _all: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


def score(
    context: typer.Context,
    *,
    model: Annotated[str, typer.Option("--model", "-m", help="Model or path, as for serving it.")] = "33GP1300",
    trials: Annotated[
        list[str] | None, typer.Option("--trials", help="Name of a trial, or loss-*; repeat it for more. All without.")
    ] = None,
    address: Annotated[str, typer.Option(help="Loopback address of the camera.")] = "127.0.0.1",
    json: Annotated[Path | None, typer.Option(help="File to write the card to as JSON.")] = None,
    junit: Annotated[Path | None, typer.Option(help="File to write the card to as JUnit XML.")] = None,
    html: Annotated[Path | None, typer.Option(help="File to write the card to as a page.")] = None,
    list_trials: Annotated[bool, typer.Option("--list-trials", help="List the trials and exit.")] = False,
) -> None:
    """Let a client's command act on a camera, trial by trial, and grade what it does: score --model M -- COMMAND ...

    {address} in COMMAND is the camera's address. Ends with exit code 1 if a trial went badly.
    """
    with _one_line_of_error():
        from tiscam_emu.score.trials import all_trials, chosen  # noqa: PLC0415

        if list_trials:
            typer.echo("\n".join(f"{trial.name:22} {trial.title}" for trial in all_trials()))
            return
        if not context.args:
            raise InvalidOption("no command given: tiscam-emu score --model 33GP1300 -- my-client {address}")
        from tiscam_emu.net.options import ServeOptions  # noqa: PLC0415
        from tiscam_emu.score import card, run  # noqa: PLC0415

        logging.basicConfig(level=logging.CRITICAL)
        options, wanted = ServeOptions(model=model, address=address), chosen(trials or [])
        made = run.score(options, context.args, wanted, _tell if sys.stderr.isatty() else run.tell_nothing)
        for file, text in ((json, card.as_json), (junit, card.as_junit), (html, card.as_html)):
            if file is not None:
                _write(file, text(made))
    card.show(made)
    if made.failed:
        raise typer.Exit(1)


def _tell(result: Result) -> None:
    """How far it is: the trials take minutes."""
    typer.echo(f"{result.trial.name}: {result.verdict.grade.value}", err=True)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidOption(f"{file}: cannot be written: {error.strerror}") from None


def inspect(
    file: Annotated[
        Path, typer.Argument(readable=False, help="FILE.xml or FILE.zip, a folder that clone saved, or a capture.")
    ],
    *,
    json: Annotated[Path | None, typer.Option(help="File to write what is in a capture to, as JSON.")] = None,
) -> None:
    """Say what a camera's own description would be served as; or what is in a capture, and grade its clients."""
    with _one_line_of_error():
        from tiscam_emu.recordings import capture  # noqa: PLC0415

        if file.is_file() and capture.is_capture(file):
            from tiscam_emu.score import inspection  # noqa: PLC0415

            seen = inspection.inspect(file)
            if json is not None:
                _write(json, inspection.as_json(seen))
            typer.echo(inspection.as_text(seen))
            return
        if json is not None:
            raise InvalidOption("json: is for captures")
        from tiscam_emu.foreign import report  # noqa: PLC0415

        typer.echo(report.text(file))


def bench(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(readable=False, help="FILE.yaml, as in docs/bench.md.")],
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say whether the file is right; start nothing.")] = False,
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING or ERROR.")] = "",
) -> None:
    """Serve the cameras of a bench file, and do what its timeline says; `tiscam-emu FILE.yaml` for short."""
    level = (log_level or context.obj or "WARNING").upper()
    with _one_line_of_error():
        if level not in LEVELS:
            raise InvalidOption(f"log level {log_level!r}: must be one of {', '.join(LEVELS)}")
        from tiscam_emu.benches.command import run  # noqa: PLC0415

        run(file, level, only_check=check)


class WithBenches(TyperGroup):
    """The commands, of which the name of a YAML file is one: that of `bench` with this file."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """See `click.Group.resolve_command`."""
        if args and args[0] not in self.commands and args[0].lower().endswith((".yaml", ".yml")):
            args = ["bench", *args]
        return super().resolve_command(ctx, args)
