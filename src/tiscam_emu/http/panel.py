"""The panel: a page of plain HTML, CSS and JavaScript modules, all of it in the package and read once."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tiscam_emu.http.problems import NothingThere

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def panel_routes() -> list[Route]:
    """The page and its parts; there is nothing else to be had from this folder, whatever is asked for."""
    parts = {entry.name: entry.read_bytes() for entry in files("tiscam_emu.http").joinpath("static").iterdir()}

    def sent(name: str) -> Response:
        if name not in parts:
            raise NothingThere(f"/static/{name}: there is nothing here")
        return Response(parts[name], 200, PAGE_HEADERS, _TYPES[name.rpartition(".")[2]])

    async def page(_request: Request) -> Response:
        return sent("index.html")

    async def part(request: Request) -> Response:
        return sent(request.path_params["file"])

    return [Route("/", page, include_in_schema=False), Route("/static/{file}", part, include_in_schema=False)]
