"""A bench's server: requests over HTTP, and its problems as Python's errors."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tiscam_emu import errors
from tiscam_emu.errors import CameraFailed, InvalidOption

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPResponse

DEFAULT_URL = "http://127.0.0.1:8639"
URL_VARIABLE, TOKEN_VARIABLE = "TISCAM_EMU_HTTP", "TISCAM_EMU_HTTP_TOKEN"
_TIMEOUT_S = 90.0
"""To start a camera, or to prepare the largest scene, on a busy computer."""
_JSON = "application/json"


class Server:
    """A bench's server: requests with JSON in and out. Safe to use from several threads.

    Parameters
    ----------
    url
        As the command prints it, with the token if there is one.

    Raises
    ------
    InvalidOption
        It is no such URL.
    """

    def __init__(self, url: str, token: str = "") -> None:
        try:
            parts = urlsplit(url if "//" in url else f"http://{url}")
            self._host, self._port = parts.hostname or "", parts.port or 80
        except ValueError:
            self._host, parts = "", urlsplit("")
        if parts.scheme != "http" or not self._host:
            raise InvalidOption(f"bench {url!r}: must be a URL such as {DEFAULT_URL}")
        token = token or parse_qs(parts.query).get("token", [""])[0] or os.environ.get(TOKEN_VARIABLE, "")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.url = f"http://{parts.netloc}"

    def call(self, method: str, path: str, body: bytes | None = None) -> Any:
        """The answer to one request; None if there is nothing to say.

        Raises
        ------
        TiscamEmuError
            As the same call raises in the bench's own process; or there is no bench.
        """
        content, headers = self.fetch(method, path, body)
        return json.loads(content) if content and headers.get("content-type", _JSON).startswith(_JSON) else None

    def fetch(self, method: str, path: str, body: bytes | None = None) -> tuple[bytes, Mapping[str, str]]:
        """The same with the bytes of the answer, and its headers."""
        connection = self.connection()
        try:
            response = self.ask(connection, method, path, body)
            return response.read(), {name.lower(): text for name, text in response.getheaders()}
        except broken() as error:
            raise self._gone(error) from None
        finally:
            connection.close()

    def connection(self, timeout_s: float = _TIMEOUT_S) -> HTTPConnection:
        """One of one's own, to be closed."""
        from http.client import HTTPConnection  # noqa: PLC0415 - the command never needs it and starts faster

        return HTTPConnection(self._host, self._port, timeout=timeout_s)

    def ask(
        self,
        connection: HTTPConnection,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HTTPResponse:
        """Send a request, and give the answer unread; raises what the bench says is wrong."""
        try:
            connection.request(method, path, body, {**self._headers, **(headers or {})})
            response = connection.getresponse()
        except broken() as error:
            raise self._gone(error) from None
        if response.status >= 400:
            raise _problem(response.read(), response.status, self.url)
        return response

    def _gone(self, error: Exception) -> CameraFailed:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return CameraFailed(f"no bench answers at {self.url}: {reason}")


def broken() -> tuple[type[Exception], ...]:
    """What a broken connection raises."""
    from http.client import HTTPException  # noqa: PLC0415 - as above

    return OSError, HTTPException


def _problem(content: bytes, status: int, url: str) -> Exception:
    try:
        document = json.loads(content)
        kind, text = str(document["title"]), str(document["detail"])
    except (ValueError, KeyError, TypeError):
        return CameraFailed(f"{url}: status {status}, and no word of a bench")
    error = errors.again(kind, text)
    return error if type(error).__name__ == kind else InvalidOption(text)
