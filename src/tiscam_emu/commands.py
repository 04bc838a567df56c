"""What the command does beside serving cameras: `clone` and `inspect`. Each imports what it needs when it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tiscam_emu.errors import TiscamEmuError


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
        from tiscam_emu.foreign.saving import clone as cloning  # noqa: PLC0415
        from tiscam_emu.net.reader import CameraReader  # noqa: PLC0415

        cloning.check_folder(folder)
        with CameraReader(address, interface) as reader, _progress() as progress:
            saved = cloning.clone(reader, address, reader.discover(), progress)
        cloning.save(saved, folder)
        camera, *lines = cloning.report(saved)
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


def inspect(
    file: Annotated[
        Path, typer.Argument(readable=False, help="FILE.xml or FILE.zip, a folder that clone saved, or a capture.")
    ],
) -> None:
    """Say what a camera's own description would be served as, or what is in a capture; and serve nothing."""
    with _one_line_of_error():
        from tiscam_emu.recordings import capture  # noqa: PLC0415

        if file.is_file() and capture.is_capture(file):
            from tiscam_emu.recordings import report as recorded  # noqa: PLC0415

            typer.echo(recorded.text(file))
            return
        from tiscam_emu.foreign import report  # noqa: PLC0415

        typer.echo(report.text(file))
