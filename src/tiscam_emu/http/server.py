"""The server of a bench, on a thread of its own."""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tiscam_emu.errors import AddressInUse, InvalidOption, TiscamEmuError
from tiscam_emu.http.guard import Guard, listening

if TYPE_CHECKING:
    from tiscam_emu.http.bench import Bench

DEFAULT_ADDRESS = "127.0.0.1:8639"
_STARTED_WITHIN_S = 10.0
_ENDED_WITHIN_S = 2.0

log = logging.getLogger("tiscam_emu")


def check_installed() -> None:
    """Raise `InvalidOption` unless what the server needs is installed."""
    try:
        import starlette  # noqa: F401, PLC0415
        import uvicorn  # noqa: F401, PLC0415
    except ImportError:
        raise InvalidOption("http: needs more packages; install them with: pip install 'tiscam-emu[http]'") from None


@contextlib.contextmanager
def serving(bench: Bench, address: str = DEFAULT_ADDRESS, *, expose: bool = False, token: str = "") -> Iterator[str]:
    """Serve a bench while the ``with`` statement lasts; given is the URL, with the token if there is one.

    Parameters
    ----------
    address
        ``ADDRESS:PORT``; port 0 takes a free one.
    expose
        Consent that others than this computer can use it; then with a token, `token` or one that is made up.

    Raises
    ------
    InvalidOption, AddressInUse
        The address cannot be used, or packages are missing.
    """
    check_installed()
    host, port, guard = listening(address, expose=expose, token=token)
    with _bound(host, port) as sock, _running(bench, sock, guard):
        if expose and guard.token:
            log.warning("everybody who reaches %s and has the token can use the bench", host)
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{sock.getsockname()[1]}/" + (f"?token={guard.token}" if guard.token else "")


def _bound(host: str, port: int) -> socket.socket:
    # With the protocol named, asyncio switches Nagle's algorithm off, which would hold answers back for 40 ms.
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except PermissionError:
        sock.close()
        raise InvalidOption(f"http {host}:{port}: not allowed; ports below 1024 are for root") from None
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressInUse(f"http {host}:{port}: another program uses it; choose another port") from None
        raise InvalidOption(f"http {host}:{port}: {error.strerror}") from None
    return sock


@contextlib.contextmanager
def _running(bench: Bench, sock: socket.socket, guard: Guard) -> Iterator[None]:
    import uvicorn  # noqa: PLC0415 - only who serves needs it

    from tiscam_emu.http.app import make_app  # noqa: PLC0415 - as above
    from tiscam_emu.http.events import EventHub  # noqa: PLC0415 - as above

    hub = EventHub(bench)
    config = uvicorn.Config(
        make_app(bench, guard, hub),
        log_config=None,
        access_log=False,
        log_level="critical",
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=0,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([sock],), name="tiscam-emu http", daemon=True)
    thread.start()
    try:
        _wait_started(server, thread)
        yield
    finally:
        hub.close()
        server.should_exit = True
        thread.join(_ENDED_WITHIN_S)


def _wait_started(server: object, thread: threading.Thread) -> None:
    for _ in range(int(_STARTED_WITHIN_S / 0.01)):
        if getattr(server, "started", False):
            return
        thread.join(0.01)
        if not thread.is_alive():
            break
    raise TiscamEmuError("http: the server did not start")
