"""The folder that a camera is saved in, and what is told of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tiscam_emu.errors import UserError
from tiscam_emu.foreign.files.image import format_image, one_line
from tiscam_emu.foreign.files.source import DESCRIPTION_NAMES, REGISTERS_NAME
from tiscam_emu.foreign.saving.clone import Clone


def check_folder(folder: Path) -> None:
    """That a camera can be saved there: the folder is not there yet, or empty.

    Raises
    ------
    UserError
        Nothing is ever overwritten.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"{folder}: is there already, and not an empty folder; nothing is overwritten")
        if not folder.absolute().parent.is_dir():
            raise UserError(f"{folder}: no folder {folder.absolute().parent} to put it in")
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror}") from None


def save(saved: Clone, folder: Path) -> None:
    """Write the folder, whole or not at all.

    Raises
    ------
    UserError
        It cannot be written, or something is there.
    """
    check_folder(folder)
    unfinished = folder.absolute().with_name(f".{folder.absolute().name}.{os.getpid()}.unfinished")
    try:
        unfinished.mkdir()
        try:
            (unfinished / DESCRIPTION_NAMES[0]).write_bytes(saved.file)
            notes = "".join(f"# {line}\n" for line in report(saved)[1:])
            (unfinished / REGISTERS_NAME).write_text(format_image(saved.image, saved.names) + notes, encoding="utf-8")
            if folder.exists():
                folder.rmdir()
            unfinished.rename(folder)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    except OSError as error:
        raise UserError(f"{folder}: cannot be written: {error.strerror}") from None


def report(saved: Clone) -> list[str]:
    """What was saved and what was not, in lines for people."""
    count = sum(map(len, saved.image.blocks.values()))
    lines = [
        saved.camera,
        f"description {saved.file_name}, {len(saved.file)} bytes",
        f"{saved.registers} registers read, {count} bytes",
    ]
    if saved.unavailable:
        lines.append(f"{saved.unavailable} registers are not there, or not now, as the description says")
    if saved.selectors:
        lines.append("of what lies behind selectors, the entry of now alone:")
        lines += [f"  {s.name} {s.entry} (for {', '.join(s.features)})" for s in saved.selectors]
    if saved.unread:
        lines.append(f"{len(saved.unread)} registers could not be read:")
        lines += [
            f"  {u.name} {f'0x{u.address:08x}' if u.address >= 0 else '(address not known)'}: {u.why}"
            for u in saved.unread
        ]
    return [("  " if line.startswith("  ") else "") + one_line(line) for line in lines]
