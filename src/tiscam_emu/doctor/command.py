"""The command ``tiscam-emu doctor``."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from tiscam_emu.doctor.findings import Finding, findings
from tiscam_emu.errors import InvalidOption, TiscamEmuError

_DEFAULT_MODEL = "33GP1300"
_LOOPBACK_PACKET, _NETWORK_PACKET = 16_364, 1500


def doctor(
    *,
    model: Annotated[str, typer.Option("--model", "-m", help="Camera whose frames are to be received.")] = (
        _DEFAULT_MODEL
    ),
    interface: Annotated[str, typer.Option(help="Network interface that the cameras are to be on.")] = "lo",
    packet_size: Annotated[
        int,
        typer.Option(
            help=f"Largest packets that clients will choose; by default {_LOOPBACK_PACKET} bytes on loopback, as the "
            f"cameras allow, and {_NETWORK_PACKET} elsewhere."
        ),
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what would keep clients from seeing cameras on this computer, and how to mend it. Changes nothing.

    Ends with 1 if something was found.
    """
    try:
        found = _examined(model, interface, packet_size)
    except TiscamEmuError as error:
        typer.echo(f"tiscam-emu: {error}", err=True)
        raise typer.Exit(2) from None
    typer.echo(json.dumps([finding.to_json() for finding in found], indent=2) if as_json else text(found))
    raise typer.Exit(1 if found else 0)


def text(found: list[Finding]) -> str:
    """The findings for people, one line on each and one on how to mend it."""
    return "\n".join(f"{finding.says}\n    {finding.mend}" for finding in found) or "nothing found"


def _examined(model: str, interface: str, packet_size: int) -> list[Finding]:
    if not sys.platform.startswith("linux"):
        raise InvalidOption("doctor: looks at Linux alone; there is nothing it knows of this system")
    from tiscam_emu.doctor.examine import look  # noqa: PLC0415 - for Linux alone

    size = packet_size or (_LOOPBACK_PACKET if interface == "lo" else _NETWORK_PACKET)
    return findings(look(interface, model, _frame_bytes(model), size))


def _frame_bytes(model: str) -> int:
    """Bytes of a frame as the model sends them at power-up."""
    from tiscam_emu.camera.core import frame_request  # noqa: PLC0415 - slow to load
    from tiscam_emu.net.cameras import open_camera  # noqa: PLC0415
    from tiscam_emu.net.options import ServeOptions  # noqa: PLC0415

    camera, _ = open_camera(ServeOptions(model=model).checked())
    return frame_request(camera.state, 0, 0).payload_bytes()
