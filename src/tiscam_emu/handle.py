"""A camera as programs hold it, wherever it runs: look at it, act on it, end it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

from tiscam_emu.camera.by_name import FeatureInfo, Plain
from tiscam_emu.frame import Frame
from tiscam_emu.net.fault_plan import FaultPlan, fault_text
from tiscam_emu.net.status import CameraStatus
from tiscam_emu.net.watchers import FeatureChange, Happening, Told


class _Backend(Protocol):
    """A process, threads of this one, or a bench over HTTP."""

    def ask(self, name: str, *arguments: Any) -> Any: ...
    def look_at(self, scene: Any) -> None: ...
    def check_running(self) -> None: ...
    def watch(self, function: Callable[[Told], None]) -> Callable[[], None]: ...
    def last_frame(self, known: str, width: int) -> Frame | None: ...
    def stop(self) -> None: ...


class Camera:
    """A camera being served; a context manager that ends it.

    Attributes
    ----------
    model
        Name on the wire, as in ``DFK 39GX265-Z20``.
    serial, address
        How clients find it.
    """

    def __init__(self, backend: _Backend, model: str, serial: str, address: str, scene: Any) -> None:
        self._backend = backend
        self.model = model
        self.serial = serial
        self.address = address
        self._scene = scene

    def status(self) -> CameraStatus:
        """What the camera is doing now.

        Raises
        ------
        CameraFailed
            The camera has ended.
        """
        return CameraStatus.from_json(self._backend.ask("status"))

    def overview(self) -> dict[str, Any]:
        """All that is around the camera and what it is doing, asked for at once.

        Returns
        -------
        dict
            Plain data: ``scene`` as `looks_at` tells it, ``stamp``, ``line1``, ``faults`` as `fault_texts` tells them,
            and ``status``.
        """
        told: dict[str, Any] = self._backend.ask("overview")
        return told

    def drive_line1(self, high: bool) -> None:
        """Set the level on TRIGGER_IN (Line1) now; the line starts low."""
        self._backend.ask("drive_line1", high)

    def pulse_line1(self, train: Sequence[tuple[float, bool]]) -> None:
        """Feed a pulse train to TRIGGER_IN.

        Parameters
        ----------
        train
            Seconds from now, and the levels the line takes then.

        Raises
        ------
        InvalidOption
            A time is negative; nothing is planned then.
        """
        self._backend.ask("pulse_line1", [(seconds, high) for seconds, high in train])

    @property
    def line1(self) -> bool:
        """The level on TRIGGER_IN (Line1) now."""
        return bool(self._backend.ask("line1"))

    def output_edges(self) -> list[tuple[int, bool]]:
        """The last edges on STROBE_OUT: device time in nanoseconds and the new level."""
        return [(at_ns, high) for at_ns, high in self._backend.ask("output_edges")]

    def status_led(self) -> str:
        """What the status LED shows, as in the manual of the DFK 39GX265-Z20, chapter 7."""
        return str(self._backend.ask("status_led"))

    def __getitem__(self, name: str) -> Plain:
        """What a client reads of a feature: ``camera["ExposureTime"]``, ``camera["PixelFormat"]``, as its entry's name.

        ``camera["BalanceRatio[Red]"]`` is the value behind one entry of the selector, selected or not.

        Raises
        ------
        UnknownFeature, AccessDenied
            The camera has none of this name; nothing can be read of it now.
        """
        value: Plain = self._backend.ask("value", name)
        return value

    def __setitem__(self, name: str, value: Plain) -> None:
        """Set a feature from the bench: past the privilege of clients, but not past limits and locks.

        A client that keeps a copy of what it has read sees the change after it has connected again, see
        `FeatureInfo.cached`.

        Raises
        ------
        UnknownFeature, RegisterError
            The camera has none of this name; why the value cannot be. Nothing has changed then.
        """
        self._backend.ask("set", name, value)

    def execute(self, command: str) -> None:
        """Execute a command feature, such as ``TriggerSoftware``; raises as setting does."""
        self._backend.ask("set", command, True)  # noqa: FBT003

    def features(self) -> list[str]:
        """Names of the features that clients are shown."""
        return [str(name) for name in self._backend.ask("features")]

    def every_feature(self) -> list[FeatureInfo]:
        """All features that clients are shown, each as it is when its turn comes."""
        return [FeatureInfo.from_json(data) for data in self._backend.ask("every_feature")]

    def feature(self, name: str) -> FeatureInfo:
        """A feature as it is now: kind, value, limits, entries, what locks it.

        Raises
        ------
        UnknownFeature
            The camera has none of this name.
        """
        return FeatureInfo.from_json(self._backend.ask("feature", name))

    def watch(self, function: Callable[[Happening], None]) -> Callable[[], None]:
        """Have a function told what happens: who controls, frames, losses, mistakes, edges, changes of features.

        Parameters
        ----------
        function
            Called on a thread of its own, for one happening after the other; if it does not keep up, the oldest are
            left out.

        Returns
        -------
        Callable
            To be called to watch no longer; then watching costs nothing again.

        Raises
        ------
        CameraFailed
            The camera has ended.
        """
        return self._backend.watch(lambda told: function(Happening.of(told)))

    def on_change(self, name: str, function: Callable[[FeatureChange], None]) -> Callable[[], None]:
        """Have a function told whenever a feature reads otherwise, whoever has changed it; see `watch`.

        Changes are looked for many times a second, so one that is undone at once may go unseen.

        Raises
        ------
        UnknownFeature
            The camera has none of this name.
        """
        self.feature(name)

        def tell(happening: Happening) -> None:
            if happening.kind == "feature" and happening.told["name"] == name:
                function(FeatureChange(**happening.told, time_ns=happening.time_ns))

        return self.watch(tell)

    def looks_at(self) -> str:
        """What the camera looks at, in a word: the scene's name, or what kind of image it is."""
        return str(self._backend.ask("scene"))

    @property
    def scene(self) -> Any:
        """What the camera looks at, as it was given to `serve` or set here.

        Set it to look at something else: a name, a path, an array, or a function ``(time_ns, width, height)`` that
        returns an array; a camera in a process of its own takes a function only if that process can import it. Setting
        returns when the new scene is prepared; every exposure that opens afterwards sees it, those before see the old
        one, and no frame sees both. `SceneError` says why a scene cannot be used; the old one stays then.
        """
        return self._scene

    @scene.setter
    def scene(self, scene: Any) -> None:
        self._backend.look_at(scene)
        self._scene = scene

    def last_frame(self, known: str = "", width: int = 0) -> Frame | None:
        """The last frame that was made, as the client gets it; nothing is rendered for it.

        Parameters
        ----------
        known
            `Frame.key` of the frame that you have: None is returned if it is still the last one.
        width
            For a picture of so many pixels' width at most: of the data only what that needs is copied.

        Raises
        ------
        NoFrame
            No client has streamed yet.
        """
        return self._backend.last_frame(known, width)

    @property
    def stamp(self) -> bool:
        """Whether frames carry a stamp, for `read_stamp`; set it to switch stamps on or off.

        A new value holds for the frames that are not yet rendered; no frame carries half a stamp.
        """
        return bool(self._backend.ask("stamp"))

    @stamp.setter
    def stamp(self, stamping: bool) -> None:
        self._backend.ask("set_stamp", stamping)

    def faults(self, *texts: str, **values: float | str) -> None:
        """Let these faults take the place of all former ones; without any the camera is healthy again.

        Parameters
        ----------
        texts
            As for the command's ``--fault``: ``"drop=0.05,burst=20,on=stream"``.
        values
            One more, as keywords: ``drop=0.05, burst=20``. See `docs/faults.md` for all of them.

        Raises
        ------
        InvalidOption
            A fault is unknown or out of its limits; nothing has changed then.
        """
        wanted = [*texts, fault_text(values)] if values else list(texts)
        FaultPlan.parse(wanted)
        self._backend.ask("faults", wanted)

    def fault_texts(self) -> list[str]:
        """The faults the camera has now, as `faults` takes them; none for a healthy one."""
        return [str(text) for text in self._backend.ask("fault_texts")]

    def unplug(self) -> None:
        """Pull the network plug: nothing comes or goes until `plug`; the camera itself stays on."""
        self._backend.ask("unplug")

    def plug(self) -> None:
        """Put the network plug in again."""
        self._backend.ask("plug")

    def timeline(self) -> dict[str, Any]:
        """What the timeline of its bench has done to the camera, and what comes next; empty for a camera without one.

        Returns
        -------
        dict
            Plain data: ``origins`` with their device times, ``done`` with number, text, planned and actual device time
            and error of each step, ``planned`` with those that come next, ``waiting`` with those that wait for a frame.
        """
        report: dict[str, Any] = self._backend.ask("timeline")
        return report

    def check_running(self) -> None:
        """Raise `CameraFailed` if the camera has ended."""
        self._backend.check_running()

    def stop(self) -> None:
        """End the camera and free its address; stopping twice does no harm."""
        self._backend.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<{self.model} {self.serial} at {self.address}>"
