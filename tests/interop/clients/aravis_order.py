"""Play the order of a program that is built on Aravis, with the calls of Aravis that it makes.

Job: camera, steps, names (what the order knows from the start). What is asked of others is a line ``ask WHAT``, and
done when a line comes back.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from aravis_session import Aravis, GLib, open_camera, run  # type: ignore[import-not-found]

sys.path.insert(0, str(Path(__file__).parents[1]))
from order_player import Failed, Player  # type: ignore[import-not-found]

_BUFFERS = 10
_FRAME_TIMEOUT_US = 30_000_000
_LOSS_PATIENCE_S = 30.0
_SETTERS = {bool: "boolean", int: "integer", float: "float", str: "string"}
"""A program knows the type it writes; the node has to follow."""


class AravisClient:
    """State: a camera that Aravis has opened."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lost = False
        self._open()

    def _open(self) -> None:
        self.camera = open_camera(self.name)
        self.device = self.camera.get_device()
        self.device.connect("control-lost", self._note_loss)

    def _note_loss(self, _: Any) -> None:
        self.lost = True

    def _do(self, function: Any, *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except GLib.Error as error:
            raise Failed(f"{', '.join(map(str, arguments))}: {error.message}") from None

    def write(self, name: str, value: Any) -> None:
        """By the setter for the type that the program has."""
        self._do(getattr(self.device, f"set_{_SETTERS[type(value)]}_feature_value"), name, value)

    def _kind(self, name: str) -> str:
        node = self.device.get_feature(name)
        for kind, interface in (
            ("string", (Aravis.GcEnumeration, Aravis.GcString)),
            ("boolean", Aravis.GcBoolean),
            ("float", Aravis.GcFloat),
            ("integer", Aravis.GcInteger),
        ):
            if isinstance(node, interface):
                return kind
        raise Failed(f"{name}: no feature with a value")

    def read(self, name: str) -> Any:
        """As the node's own type."""
        return self._do(getattr(self.device, f"get_{self._kind(name)}_feature_value"), name)

    def there(self, name: str) -> bool:
        """Whether the description has it."""
        return self.device.get_feature(name) is not None and bool(self._do(self.device.is_feature_available, name))

    def bounds(self, name: str) -> Any:
        """The smallest and the largest."""
        return self._do(getattr(self.device, f"get_{self._kind(name)}_feature_bounds"), name)

    def execute(self, name: str) -> None:
        """A command."""
        self._do(self.device.execute_command, name)

    def call(self, method: str, *arguments: Any) -> Any:
        """A function of ours, of Aravis' camera or of its device; constants of Aravis come by their names."""
        for owner in (self, self.camera, self.device):
            if hasattr(owner, method):
                return self._do(getattr(owner, method), *map(_constant, arguments))
        raise Failed(f"Aravis has no {method}")

    def frames(self, step: dict[str, Any]) -> Generator[dict[str, Any], None, None]:
        """One acquisition on a stream of its own; up to `lost` frames may be incomplete, as on a busy computer."""
        stream = self._do(self.camera.create_stream, None, None)
        payload = self._do(self.camera.get_payload)
        for _ in range(step.get("buffers", _BUFFERS)):
            stream.push_buffer(Aravis.Buffer.new_allocate(payload))
        for name, value in step.get("properties", {}).items():
            stream.set_property(name, _constant(value))
        parser = self.camera.create_chunk_parser() if "chunks" in step else None
        if step.get("mode", True):
            self._do(self.camera.set_acquisition_mode, Aravis.AcquisitionMode.CONTINUOUS)
        self._do(self.camera.start_acquisition)
        lost = 0
        try:
            while (buffer := stream.timeout_pop_buffer(_FRAME_TIMEOUT_US)) is not None:
                if buffer.get_status() == Aravis.BufferStatus.SUCCESS:
                    yield self._described(buffer, step, parser)
                elif (lost := lost + 1) > step.get("lost", 3):
                    raise Failed(f"another frame is lost: {buffer.get_status().value_nick}")
                stream.push_buffer(buffer)
        finally:
            self._do(self.camera.stop_acquisition)

    @staticmethod
    def _described(buffer: Any, step: dict[str, Any], parser: Any) -> dict[str, Any]:
        frame = {
            "id": buffer.get_frame_id(),
            "timestamp": buffer.get_timestamp(),
            "region": list(buffer.get_image_region()),
            "bytes": len(buffer.get_data()),
        }
        if "chunks" in step:
            frame |= {name: parser.get_float_value(buffer, name) for name in step["chunks"]}
        if step.get("mean", False):
            image = buffer.get_data()
            width, height = frame["region"][2:]
            frame["mean"] = sum(image[: width * height]) / (width * height)
        return frame

    def properties(self, hidden: list[str]) -> dict[str, Any]:
        """What every feature below Root is worth, but those that `hidden` names and those only written.

        What could not be read is None.
        """
        values: dict[str, Any] = {}
        for name in _leaves(self.device.get_genicam(), "Root"):
            if name not in hidden and self._mode(name) != Aravis.GcAccessMode.WO and self.there(name):
                try:
                    values[name] = self._property(name)
                except Failed:
                    values[name] = None
        return values

    def _mode(self, name: str) -> Any:
        return self.device.get_feature(name).get_actual_access_mode()

    def _property(self, name: str) -> Any:
        node = self.device.get_feature(name)
        if isinstance(node, Aravis.GcEnumeration):
            return self._do(node.get_int_value)
        return self.read(name)

    def apply(self, values: dict[str, Any]) -> list[str]:
        """Write all that can be written, sorted by name, those locked again as long as others succeed.

        Returns the names of those that stayed locked.
        """
        written = [name for name, value in values.items() if value is not None]
        left = [name for name in sorted(written) if self._mode(name) != Aravis.GcAccessMode.RO]
        while True:
            locked = [name for name in left if not self._applied(name, values[name])]
            if not locked or len(locked) == len(left):
                return locked
            left = locked

    def _applied(self, name: str, value: Any) -> bool:
        node = self.device.get_feature(name)
        if self._do(node.is_locked) or not self.there(name):
            return False
        if isinstance(node, Aravis.GcEnumeration):
            self._do(node.set_int_value, value)
        else:
            self._do(getattr(self.device, f"set_{self._kind(name)}_feature_value"), name, value)
        return True

    def await_loss(self) -> None:
        """Until Aravis says that it has lost control."""
        until = time.monotonic() + _LOSS_PATIENCE_S
        while not self.lost:
            if time.monotonic() > until:
                raise Failed("Aravis has not noticed that control is lost")
            time.sleep(0.05)

    def reopen(self) -> None:
        """The same camera anew."""
        self.lost = False
        del self.camera, self.device
        self._open()


def _constant(value: Any) -> Any:
    """``Auto.OFF`` is `Aravis.Auto.OFF`."""
    if isinstance(value, str) and value.startswith("Aravis."):
        _, group, name = value.split(".")
        return getattr(getattr(Aravis, group), name)
    return value


def _leaves(genicam: Any, name: str) -> list[str]:
    node = genicam.get_node(name)
    if isinstance(node, Aravis.GcCategory):
        return [leaf for below in node.get_features() for leaf in _leaves(genicam, below)]
    valued = (Aravis.GcEnumeration, Aravis.GcString, Aravis.GcBoolean, Aravis.GcFloat, Aravis.GcInteger)
    return [name] if isinstance(node, valued) else []


def _ask(what: str) -> None:
    print("ask", what, flush=True)  # noqa: T201
    sys.stdin.readline()


def work(job: dict[str, Any]) -> dict[str, Any]:
    """The whole order."""
    player = Player(lambda _: AravisClient(job["camera"]), _ask, **job["names"])
    player.play(job["steps"])
    player.client.call("leave_control")
    return {"problems": player.problems}


if __name__ == "__main__":
    run(work)
