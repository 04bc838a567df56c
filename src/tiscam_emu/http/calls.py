"""A route, and one call of it: what it may ask of the request, and what it may answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tiscam_emu.handle import Camera
from tiscam_emu.http.bench import Bench
from tiscam_emu.http.events import EventHub
from tiscam_emu.http.problems import BadRequest

if TYPE_CHECKING:
    from tiscam_emu.http.pictures import PictureStore


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has been read whole.

    Attributes
    ----------
    place
        The parts of the path that vary: ``name``, ``feature``.
    """

    bench: Bench
    hub: EventHub
    pictures: PictureStore
    place: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def name(self) -> str:
        """Of the camera."""
        return self.place["name"]

    @property
    def camera(self) -> Camera:
        """The one that is meant; raises `UnknownCamera`."""
        return self.bench[self.name]

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number of the query; raises `BadRequest` if it is none, or out of its limits."""
        text = self.query.get(name, str(default))
        if not (text.isascii() and text.isdigit() and low <= int(text[:12]) <= high):
            raise BadRequest(f"{name}={text}: must be a whole number, {low} to {high}")
        return int(text)


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes instead of JSON."""

    content: bytes
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


Does = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One route.

    Attributes
    ----------
    gives
        Schema of the answer by its name in `openapi.schemas`, or a media type; empty: nothing, by status 204.
    takes
        The same of the body.
    status
        Of success.
    query
        Names of numbers in the query, and what they mean.
    """

    method: str
    path: str
    says: str
    does: Does
    gives: str = ""
    takes: str = ""
    status: int = 200
    query: tuple[tuple[str, str], ...] = ()
