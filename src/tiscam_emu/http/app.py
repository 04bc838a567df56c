"""The bench as an ASGI application: a request goes past the guard, is read whole, and is carried out on a thread."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tiscam_emu.errors import TiscamEmuError
from tiscam_emu.http.bench import Bench
from tiscam_emu.http.calls import Answer, Call, Row
from tiscam_emu.http.events import EventHub, Subscription
from tiscam_emu.http.guard import COOKIE, Guard
from tiscam_emu.http.panel import panel_routes
from tiscam_emu.http.pictures import PictureStore
from tiscam_emu.http.problems import PROBLEM_TYPE, NothingThere, TooLarge, WrongMethod, problem, to_json
from tiscam_emu.http.routes import ROUTES
from tiscam_emu.http.uploads import MAX_BODY_BYTES

_Endpoint = Callable[[Request], Awaitable[Response]]
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

log = logging.getLogger("tiscam_emu")


def make_app(bench: Bench, guard: Guard | None = None, hub: EventHub | None = None) -> ASGIApp:
    """The application that serves a bench to whom `guard` lets pass."""
    hub, pictures = hub or EventHub(bench), PictureStore()
    by_path: dict[str, list[Row]] = {}
    for row in ROUTES:
        by_path.setdefault(row.path, []).append(row)
    routes = [
        Route(path, _endpoint(bench, hub, pictures, rows), methods=[row.method for row in rows])
        for path, rows in by_path.items()
    ]
    app = Starlette(
        routes=[*routes, *panel_routes()],
        exception_handlers={HTTPException: _of_starlette, TiscamEmuError: _problem_response, Exception: _unexpected},
    )
    app.router.redirect_slashes = False
    return _Guarded(app, guard or Guard())


class _Guarded:
    """Lets requests pass that the guard admits."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            response = self._let_in(Request(scope))
        except TiscamEmuError as error:
            response = _problem(error)
        await (response or self._app)(scope, receive, send)

    def _let_in(self, request: Request) -> Response | None:
        """Nothing for who may pass; who comes with the token in the panel's address is given it as a cookie."""
        self._guard.check_site(request.headers)
        if request.url.path == "/" and self._guard.admits(request.query_params.get("token", "")):
            response = Response(status_code=303, headers={**HEADERS, "Location": "/"})
            response.set_cookie(COOKIE, self._guard.token, httponly=True, samesite="strict")
            return response
        self._guard.check_token(request.headers)
        return None


def _endpoint(bench: Bench, hub: EventHub, pictures: PictureStore, rows: list[Row]) -> _Endpoint:
    by_method = {row.method: row for row in rows}

    async def serve(request: Request) -> Response:
        row = by_method.get(request.method) or by_method["GET"]  # HEAD
        body = await _body(request)
        call = Call(bench, hub, pictures, request.path_params, request.query_params, request.headers, body)
        return _response(await run_in_threadpool(row.does, call), row.status)

    return serve


class _EventStream(StreamingResponse):
    """Events for one listener, who has left when this ends, however that comes."""

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(subscription.stream(), 200, HEADERS, "text/event-stream")
        self._subscription = subscription

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._subscription.end()


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise TooLarge(f"the body is above {MAX_BODY_BYTES} bytes")
        parts.append(part)
    return b"".join(parts)


def _response(given: Any, status: int) -> Response:
    if isinstance(given, Answer):
        return Response(given.content, given.status, {**HEADERS, **given.headers}, given.media_type)
    if isinstance(given, Subscription):
        return _EventStream(given)
    if status == 204:
        return Response(status_code=status, headers=HEADERS)
    return Response(to_json(given), status, HEADERS, "application/json")


def _problem(error: Exception) -> Response:
    document = problem(error)
    return Response(to_json(document), document["status"], HEADERS, PROBLEM_TYPE)


async def _problem_response(_request: Request, error: Exception) -> Response:
    return _problem(error)


async def _of_starlette(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    if status == 405:
        response = _problem(WrongMethod(f"{request.method} {request.url.path}: cannot be done here"))
        response.headers.update(getattr(error, "headers", None) or {})
        return response
    return _problem(NothingThere(f"{request.url.path}: there is nothing here"))


async def _unexpected(request: Request, error: Exception) -> Response:
    if not isinstance(error, ClientDisconnect):
        log.error("%s %s: %s: %s", request.method, request.url.path, type(error).__name__, error)
    return _problem(error)
