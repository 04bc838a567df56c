"""A bench that another process serves over HTTP: the same cameras as `serve` gives, held from afar."""

from __future__ import annotations

import os

from tiscam_emu.remote.cameras import RemoteBench
from tiscam_emu.remote.server import DEFAULT_URL, URL_VARIABLE, Server

__all__ = ["DEFAULT_URL", "RemoteBench", "connect"]


def connect(url: str = "", token: str = "") -> RemoteBench:
    """Hold the cameras of a bench that is served over HTTP.

    Parameters
    ----------
    url
        As the command prints it; by default that of the variable ``TISCAM_EMU_HTTP``, or ``http://127.0.0.1:8639``.
    token
        If the bench demands one and the URL does not have it; by default that of ``TISCAM_EMU_HTTP_TOKEN``.

    Returns
    -------
    RemoteBench
        Its cameras by name, each a `Camera` like those of `serve`; stopping one ends it for everybody.

    Raises
    ------
    InvalidOption, CameraFailed
        The URL is none, or no bench answers there.
    """
    server = Server(url or os.environ.get(URL_VARIABLE, "") or DEFAULT_URL, token)
    server.call("GET", "/cameras")
    return RemoteBench(server)
