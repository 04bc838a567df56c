"""A bench that another process serves over HTTP: the same cameras as `serve` gives, held from afar."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from tiscam_emu import errors
from tiscam_emu.api import Camera
from tiscam_emu.errors import CameraFailed, InvalidOption, SceneError, UnknownCamera

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
        except _broken() as error:
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
        except _broken() as error:
            raise self._gone(error) from None
        if response.status >= 400:
            raise _problem(response.read(), response.status, self.url)
        return response

    def _gone(self, error: Exception) -> CameraFailed:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return CameraFailed(f"no bench answers at {self.url}: {reason}")


def _broken() -> tuple[type[Exception], ...]:
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


class RemoteBench(Mapping[str, Camera]):
    """The cameras of a bench by name; the names are asked for whenever they are needed."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def __getitem__(self, name: str) -> Camera:
        """A camera by its name; raises `UnknownCamera`."""
        return _RemoteCamera(self.server, self.server.call("GET", f"/cameras/{_quoted(name)}"))

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def __iter__(self) -> Iterator[str]:
        return iter([str(told["name"]) for told in self.server.call("GET", "/cameras")])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def start(self, model: str, **options: Any) -> Camera:
        """Start a camera of a packaged model.

        Parameters
        ----------
        options
            ``name`` on the bench, and those of `serve` that name no file: see `docs/http.md`.

        Raises
        ------
        UserError
            What is wrong with them; nothing has been started then.
        """
        told = self.server.call("POST", "/cameras", json.dumps({"model": model, **options}).encode())
        return self[told["name"]]

    def power_cycle(self, name: str) -> Camera:
        """Switch a camera off and on; scene, faults and plug stay as they are."""
        self.server.call("POST", f"/cameras/{_quoted(name)}/power-cycle")
        return self[name]


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


class _RemoteCamera(Camera):
    def __init__(self, server: Server, told: Mapping[str, Any]) -> None:
        self._remote = _Backend(server, f"/cameras/{_quoted(told['name'])}")
        super().__init__(self._remote, told["model"], told["serial"], told["address"], told["scene"])

    @property
    def scene(self) -> Any:
        """What the camera looks at, in a word; set it to a name, an array, or the path of a PNG, JPEG or NumPy file."""
        return self._remote.call("GET", "/scene")["scene"]

    @scene.setter
    def scene(self, scene: Any) -> None:
        self._remote.look_at(scene)


class _Backend:
    """A camera of another process, asked over HTTP."""

    def __init__(self, server: Server, path: str) -> None:
        self._server = server
        self._path = path

    def call(self, method: str, path: str, body: bytes | None = None) -> Any:
        return self._server.call(method, self._path + path, body)

    def ask(self, name: str, *arguments: Any) -> Any:
        return _ASKED[name](self, *arguments)

    def look_at(self, scene: Any) -> None:
        self.call("PUT", "/scene", _scene_bytes(scene))

    def check_running(self) -> None:
        self.call("GET", "")

    def stop(self) -> None:
        try:
            self.call("DELETE", "")
        except UnknownCamera:
            return  # it has ended before


def _get(path: str, then: Callable[[Any], Any] = lambda answer: answer) -> Callable[..., Any]:
    return lambda backend: then(backend.call("GET", path))


def _put(path: str) -> Callable[..., Any]:
    return lambda backend, value: backend.call("PUT", path, json.dumps(value).encode())


def _post(path: str) -> Callable[..., Any]:
    return lambda backend: backend.call("POST", path)


def _feature(end: str = "") -> Callable[..., Any]:
    return lambda backend, name: backend.call("GET", f"/features/{_quoted(name)}{end}")


def _set(backend: _Backend, name: str, value: Any) -> Any:
    if not isinstance(value, str | int | float):
        raise InvalidOption(f"{name}: {value!r} is neither a number, a text, true nor false")
    return backend.call("PUT", f"/features/{_quoted(name)}", json.dumps(value).encode())


_ASKED: Mapping[str, Callable[..., Any]] = {
    "status": _get("", lambda told: told["status"]),
    "status_led": _get("", lambda told: told["status"]["status_led"]),
    "drive_line1": _put("/line1"),
    "pulse_line1": lambda backend, train: backend.call("POST", "/line1/pulses", json.dumps(train).encode()),
    "line1": _get("/line1"),
    "output_edges": _get("/strobe", lambda edges: [(edge["at_ns"], edge["high"]) for edge in edges]),
    "stamp": _get("/stamp"),
    "set_stamp": _put("/stamp"),
    "faults": _put("/faults"),
    "fault_texts": _get("/faults"),
    "plug": _post("/plug"),
    "unplug": _post("/unplug"),
    "features": _get("/features", lambda told: [feature["name"] for feature in told]),
    "feature": _feature(),
    "every_feature": _get("/features"),
    "value": _feature("/value"),
    "set": _set,
}
"""`net.requests` by their routes."""


def _scene_bytes(scene: Any) -> bytes:
    if isinstance(scene, str) and not Path(scene).suffix:
        return json.dumps(scene).encode()
    if isinstance(scene, str | Path):
        try:
            return Path(scene).read_bytes()
        except OSError as error:
            raise SceneError(f"scene {scene}: {error.strerror}") from None
    if callable(scene):
        raise SceneError("a function cannot be sent to a bench; give an image, or start the camera with `serve`")
    import numpy as np  # noqa: PLC0415 - slow to load, and only needed here

    out = io.BytesIO()
    try:
        np.save(out, scene, allow_pickle=False)
    except ValueError:
        raise SceneError(f"scene {scene!r}: must be a name, a path or an array") from None
    return out.getvalue()


def _quoted(name: str) -> str:
    return quote(name, safe="")
