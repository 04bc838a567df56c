"""The cameras of one bench, by name: found, started, stopped, and switched off and on."""

from __future__ import annotations

import contextlib
import itertools
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from tiscam_emu.api import serve
from tiscam_emu.errors import AddressInUse, CameraFailed, InvalidOption, UnknownCamera
from tiscam_emu.handle import Camera
from tiscam_emu.http.start_options import checked_options
from tiscam_emu.net.options import following_address

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_FIRST_ADDRESS = "127.0.0.1"
_ADDRESSES_TRIED = 256
MOST_CAMERAS = 64

Start = Callable[[], Camera]
Hook = Callable[[str, Camera | None], None]


@dataclass(slots=True)
class _Place:
    """State: a camera of the bench, and how it is started again; none while it starts.

    Attributes
    ----------
    own
        It was started here, not brought along.
    """

    address: str
    camera: Camera | None = None
    start: Start | None = None
    own: bool = False
    switching: threading.Lock = field(default_factory=threading.Lock)


class Bench:
    """State: named cameras; a context manager that ends those it has started.

    Safe to use from several threads; starting one does not keep the others waiting.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}
        self._hooks: list[Hook] = []

    def add(self, name: str, camera: Camera, start: Start) -> None:
        """Take a camera that runs; `start` starts the same one again."""
        with self._lock:
            self._places[name] = _Place(camera.address, camera, start)
        self._tell(name, camera)

    def free_name(self, wanted: str) -> str:
        """A name like this one that can stand in an address, and that no other camera has."""
        base = _NOT_IN_NAMES.sub("-", wanted).strip("-._")[:48] or "camera"
        with self._lock:
            return self._free_name(base)

    def names(self) -> list[str]:
        """The cameras that run, in the order in which they came."""
        return [name for name, _ in self.items()]

    def items(self) -> list[tuple[str, Camera]]:
        """Names and cameras."""
        with self._lock:
            return [(name, place.camera) for name, place in self._places.items() if place.camera is not None]

    def __getitem__(self, name: str) -> Camera:
        """A camera by its name.

        Raises
        ------
        UnknownCamera
            Naming those there are.
        """
        camera = self._place(name).camera
        assert camera is not None
        return camera

    def start(self, options: object) -> str:
        """Start a camera of a packaged model, and return its name.

        Parameters
        ----------
        options
            Any of `START_OPTIONS`. Without an address it takes the next free one.

        Raises
        ------
        UserError
            What is wrong with them; nothing has been started then.
        """
        given = checked_options(options)
        name, place = self._reserve(given)
        try:
            place.camera = self._started(place, given)
        except BaseException:
            with self._lock:
                del self._places[name]
            raise
        self._tell(name, place.camera)
        return name

    def stop(self, name: str) -> None:
        """End a camera and forget it.

        Raises
        ------
        UnknownCamera
            There is none of this name.
        """
        place = self._place(name)
        with place.switching:
            with self._lock:
                if self._places.pop(name, None) is None:
                    return  # somebody else was quicker
            self._tell(name, None)
            assert place.camera is not None
            place.camera.stop()

    def power_cycle(self, name: str) -> None:
        """Switch a camera off and on: it forgets what a camera forgets; cable, faults and scene stay as they are.

        Raises
        ------
        UnknownCamera
            There is none of this name.
        TiscamEmuError
            It does not start again; it can be tried once more.
        """
        place = self._place(name)
        with place.switching:
            assert place.camera is not None
            assert place.start is not None
            surroundings = _Surroundings.of(place.camera)
            self._tell(name, None)
            place.camera.stop()
            place.camera = place.start()
            surroundings.put_around(place.camera)
            self._tell(name, place.camera)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the cameras that were started here; those that were brought along are their owner's."""
        with self._lock:
            own = [name for name, place in self._places.items() if place.own]
        for name in own:
            self._stop_quietly(name)

    def stop_all(self) -> None:
        """End all cameras, all at a time."""
        names = self.names()
        if names:
            with ThreadPoolExecutor(len(names)) as pool:
                list(pool.map(self._stop_quietly, names))

    def _stop_quietly(self, name: str) -> None:
        with contextlib.suppress(UnknownCamera):
            self.stop(name)

    def check_running(self) -> None:
        """Raise `CameraFailed` if one of the cameras has ended by itself."""
        with self._lock:
            places = list(self._places.values())
        for place in places:
            if place.camera is not None and not place.switching.locked():
                place.camera.check_running()

    def on_change(self, hook: Hook) -> None:
        """Have `hook` called with the name of each camera that comes, and with None for the camera that goes."""
        self._hooks.append(hook)

    def _tell(self, name: str, camera: Camera | None) -> None:
        for hook in self._hooks:
            hook(name, camera)

    def _place(self, name: str) -> _Place:
        with self._lock:
            place = self._places.get(name)
        if place is None or place.camera is None:
            raise UnknownCamera(name, self.names())
        return place

    def _reserve(self, given: dict[str, Any]) -> tuple[str, _Place]:
        name = given.pop("name", "")
        if name and not _NAME.fullmatch(name):
            raise InvalidOption(f"name {name!r}: must be of letters, digits, dots, underscores and hyphens, 64 at most")
        with self._lock:
            if name in self._places:
                raise InvalidOption(f"name {name!r}: another camera has it")
            if len(self._places) >= MOST_CAMERAS:
                raise InvalidOption(f"a bench has {MOST_CAMERAS} cameras at most")
            name = name or self._free_name(given["model"])
            place = self._places[name] = _Place(given.get("address", ""), own=True)
        return name, place

    def _started(self, place: _Place, given: dict[str, Any]) -> Camera:
        """Start a camera at the address given, or at the first that is free."""
        if place.address:
            place.start = lambda: serve(**given)
            return place.start()
        for number in range(_ADDRESSES_TRIED):
            address = following_address(_FIRST_ADDRESS, number)
            with self._lock:
                if address in {other.address for other in self._places.values()}:
                    continue
                place.address = address
            with contextlib.suppress(AddressInUse):
                place.start = lambda address=address: serve(**given, address=address)
                return place.start()
        raise AddressInUse(f"none of the first {_ADDRESSES_TRIED} loopback addresses is free")

    def _free_name(self, base: str) -> str:
        numbered = itertools.chain([base], (f"{base}-{number}" for number in itertools.count(2)))
        return next(name for name in numbered if name not in self._places)


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What is around a camera and stays when it is switched off and on."""

    scene: Any
    faults: list[str]
    plugged: bool
    stamp: bool

    @classmethod
    def of(cls, camera: Camera) -> _Surroundings:
        try:
            return cls(camera.scene, camera.fault_texts(), camera.status().plugged, camera.stamp)
        except CameraFailed:
            return cls(camera.scene, [], plugged=True, stamp=False)

    def put_around(self, camera: Camera) -> None:
        camera.faults(*self.faults)
        camera.stamp = self.stamp
        if not self.plugged:
            camera.unplug()
        if camera.scene is not self.scene:
            camera.scene = self.scene
