"""Who may use the bench: programs of this computer and its own page, or whoever has the token."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import urlsplit

from tiscam_emu.errors import InvalidOption
from tiscam_emu.http.problems import Refused, WrongToken

COOKIE = "tiscam_emu_token"
_TOKEN_BYTES = 18
_SHORTEST_TOKEN = 12
_OWN_SITE = frozenset({"", "none", "same-origin"})


@dataclass(frozen=True, slots=True)
class Guard:
    """What a request must be like.

    Attributes
    ----------
    host
        The address that is listened at.
    token
        Demanded of everybody; empty: of nobody.
    """

    host: str = "127.0.0.1"
    token: str = ""

    def check_site(self, headers: Mapping[str, str]) -> None:
        """Let a request pass by where it comes from.

        A name that only its owner's DNS resolves to this computer is not taken, and neither is what a page of another
        origin sends: a browser must not lend its hands to strangers.

        Raises
        ------
        Refused
            Why it may not.
        """
        host = headers.get("host", "")
        if not self._is_ours(_host_name(host)):
            raise Refused(f"host {host!r}: must be localhost or the address the bench listens at")
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"http://{host.lower()}":
            raise Refused(f"origin {origin!r}: pages of other hosts must not use the bench")
        if headers.get("sec-fetch-site", "") not in _OWN_SITE and headers.get("sec-fetch-mode") != "navigate":
            raise Refused("pages of other hosts must not use the bench")

    def check_token(self, headers: Mapping[str, str]) -> None:
        """Let a request pass by its token.

        Raises
        ------
        WrongToken
            One is demanded.
        """
        if self.token and not self.admits(_token(headers)):
            raise WrongToken("the token is missing or wrong: send it as 'Authorization: Bearer TOKEN'")

    def admits(self, token: str) -> bool:
        """Whether this is the token."""
        return bool(self.token) and hmac.compare_digest(token.encode(), self.token.encode())

    def _is_ours(self, name: str) -> bool:
        if name.lower() == "localhost" or name == self.host:
            return True
        address = _address(name)
        if address is None:
            return False
        listens = _address(self.host)
        return address.is_loopback or (listens is not None and listens.is_unspecified)


def listening(address: str, *, expose: bool, token: str = "") -> tuple[str, int, Guard]:
    """Host, port and guard of ``ADDRESS:PORT``.

    Raises
    ------
    InvalidOption
        It is no such address, or not on loopback and there is no consent to that.
    """
    try:
        parsed, port = parse_listening(address)
    except ValueError as error:
        raise InvalidOption(f"http {error}") from None
    if token and (len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token):
        raise InvalidOption(f"http token: must be {_SHORTEST_TOKEN} printable ASCII characters or more")
    if not parsed.is_loopback:
        if not expose:
            raise InvalidOption(
                f"http {address}: everybody on the network could use the bench; add --expose if so be it"
            )
        token = token or secrets.token_urlsafe(_TOKEN_BYTES)
    return str(parsed), port, Guard(str(parsed), token)


def parse_listening(address: str) -> tuple[IPv4Address | IPv6Address, int]:
    """Address and port of ``ADDRESS:PORT``; raises `ValueError`, with words for whoever wrote it."""
    host, colon, port = address.rpartition(":")
    host = host.strip("[]")
    parsed = _address("127.0.0.1" if host == "localhost" else host)
    if not colon or parsed is None or not re.fullmatch("[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError(f"{address!r}: must be ADDRESS:PORT, such as 127.0.0.1:8639")
    return parsed, int(port)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    for kind in (IPv4Address, IPv6Address):
        try:
            return kind(text)
        except AddressValueError:
            continue
    return None


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _token(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return cookie.value if cookie else ""
