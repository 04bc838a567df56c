"""A client that talks to an ASGI application without a socket: nothing but what the tests here need."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass(slots=True)
class Answered:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass(frozen=True, slots=True)
class Client:
    """Calls of one application."""

    app: Any
    host: str = "127.0.0.1:8639"

    def get(self, path: str, **headers: str) -> Answered:
        return self.call("GET", path, headers=headers)

    def put(self, path: str, body: str | bytes = b"", **headers: str) -> Answered:
        return self.call("PUT", path, body, headers)

    def post(self, path: str, body: Any = b"", **headers: str) -> Answered:
        return self.call("POST", path, body if isinstance(body, str | bytes) else json.dumps(body), headers)

    def delete(self, path: str) -> Answered:
        return self.call("DELETE", path)

    def call(
        self, method: str, target: str, body: str | bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answered:
        """Header names may be written with underscores."""
        sent = {"host": self.host, **{name.replace("_", "-").lower(): text for name, text in (headers or {}).items()}}
        url = urlsplit(target)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(url.path),
            "raw_path": url.path.encode(),
            "query_string": url.query.encode(),
            "root_path": "",
            "headers": [(name.encode(), text.encode()) for name, text in sent.items()],
            "server": ("127.0.0.1", 8639),
            "client": ("127.0.0.1", 50000),
        }
        answered = Answered()
        messages = [{"type": "http.request", "body": body.encode() if isinstance(body, str) else body}]

        async def receive() -> dict[str, Any]:
            return messages.pop() if messages else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answered.status = message["status"]
                answered.headers = {name.decode(): text.decode() for name, text in message["headers"]}
            else:
                answered.content += message.get("body", b"")

        asyncio.run(self.app(scope, receive, send))
        return answered
