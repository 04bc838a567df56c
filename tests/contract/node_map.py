"""A camera with the reference implementation of GenICam on it, the way clients see it, and its bare registers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.contract.cameras import load

from tiscam_emu.camera.core import Camera
from tiscam_emu.camera.options import CameraOptions
from tiscam_emu.camera.trigger_io.action_queue import QUEUE_SIZE
from tiscam_emu.errors import RegisterError, Status
from tiscam_emu.features.codec import encode
from tiscam_emu.features.kinds import (
    Access,
    At,
    Boolean,
    Command,
    Enumeration,
    Feature,
    Float,
    Integer,
    Register,
    String,
    Value,
)
from tiscam_emu.units import Nanoseconds

genapi: Any = pytest.importorskip("genicam.genapi", reason="the wheel exists for Linux alone")
_AbstractPort: Any = genapi.AbstractPort

KEYS = {
    "Acquiring": ("", "", ""),
    "ActionQueueFull": ("", "", ""),
    "AutoFunctionsROIPreset": (
        "AutoFunctionsROIPreset",
        "AutoFunctionsROIPreset_FullSensor",
        "AutoFunctionsROIPreset_CustomRectangle",
    ),
    "BalanceWhiteAuto": ("BalanceWhiteAuto", "Continuous", "Off"),
    "ExposureAuto": ("ExposureAuto", "Continuous", "Off"),
    "ExposureAutoUpperLimitAuto": ("ExposureAutoUpperLimitAuto", "1", "0"),
    "FactoryUserSet": ("UserSetSelector", "Default", "UserSet1"),
    "GainAuto": ("GainAuto", "Continuous", "Off"),
    "IrisAuto": ("IrisAuto", "1", "0"),
    "LUTEnabled": ("LUTEnable", "1", "0"),
    "LowLatency": ("IMXLowLatencyTriggerMode", "1", "0"),
    "PtpDisabled": ("PtpEnable", "0", "1"),
    "PtpEnabled": ("PtpEnable", "1", "0"),
    "OffsetAutoCenter": ("OffsetAutoCenter", "On", "Off"),
    "TriggerOff": ("TriggerMode", "Off", "On"),
}
"""For each lock the feature that holds it, with a value that locks and one that frees."""

LOOPBACK = 0x7F00_0001
_NEVER_NS = 2**62
TAKEN: dict[str, tuple[int, ...]] = {"GevMCDA": (0, LOOPBACK), "GevSCDA": (0, LOOPBACK)}
"""Values to write where the limits alone do not say which are taken."""


class NodeBench:
    """State: one camera with the reference implementation's node map on it, and the present."""

    def __init__(self, model: str, *, strict: bool = False) -> None:
        self.camera = Camera(load(model), CameraOptions(strict=strict))
        self.now: Nanoseconds = 0
        self.nodes = self.connected(self.camera.xml)

    def connected(self, description: bytes, glance: Callable[[int, int], bytes] | None = None) -> Any:
        """A node map of the description on the camera's registers; with `glance` it reads without time going on."""
        bench = self

        class Port(_AbstractPort):  # type: ignore[misc]
            def is_open(self) -> bool:
                return True

            def get_access_mode(self) -> int:
                return int(genapi.EAccessMode.RW)

            def read(self, address: int, length: int) -> bytes:
                return glance(address, length) if glance else bench.camera.read(address, length, bench.now)

            def write(self, address: int, data: bytes) -> None:
                bench.camera.write(address, bytes(data), bench.now)

        nodes = genapi.NodeMap()
        nodes.load_xml_from_string(description.decode())
        nodes.connect(Port(), "Device")
        return nodes

    def power_up(self) -> None:
        """Back to the state a new camera is in."""
        self.nodes.TLParamsLocked.value = 0
        self.nodes.DeviceFactoryReset.execute()
        self.camera.take_reset_request()
        self.camera.take_forgiven()
        self.camera.control_changed(0, None, self.now)

    def read(self, name: str) -> Value:
        """The value as the client sees it."""
        node = self.nodes.get_node(name)
        kind = self.declaration(name)
        if isinstance(kind, Register):
            return bytes(node.get(kind.length))
        if isinstance(kind, Enumeration):
            return int(node.get_int_value())
        value: Value = node.value
        return int(value) if isinstance(kind, Boolean) else value

    def write(self, name: str, value: Value) -> None:
        """Write as the client does."""
        node = self.nodes.get_node(name)
        kind = self.declaration(name)
        if isinstance(kind, Register):
            node.set(value)
        elif isinstance(kind, Enumeration):
            node.set_int_value(value)
        elif isinstance(kind, Command):
            node.execute()
        else:
            node.value = bool(value) if isinstance(kind, Boolean) else value

    def declaration(self, name: str) -> Feature:
        """What the feature is declared as."""
        return self.camera.model.features[name].declaration

    def register(self, name: str) -> bytes:
        """The bytes of the selected element."""
        address, length = self._place(name)
        return self.camera.read(address, length, self.now)

    def held(self, name: str) -> Value:
        """What the camera holds, as far as a register can tell it."""
        feature, value = self.camera.model.features[name], self.camera.state[name]
        return feature.on_grid(value) if isinstance(feature.declaration, Float) else value

    def write_register(self, name: str, value: Value) -> Status:
        """Put `value` into the bytes of the selected element, as a client without any XML would."""
        feature = self.camera.model.features[name]
        if isinstance(feature.declaration, Command):
            value = feature.declaration.code
        return self.write_raw(name, encode(feature, value))

    def write_raw(self, name: str, data: bytes) -> Status:
        """Put bytes into the register of the selected element, or into the bits that it has of one."""
        declaration, at = self.declaration(name), self.bits(name)
        address, _ = self._place(name)
        if at:
            mask = ((1 << (at.msb - at.lsb + 1)) - 1) << at.lsb
            old = (
                0 if declaration.access is Access.WO else int.from_bytes(self.camera.read(address, 4, self.now), "big")
            )
            data = (old & ~mask | int.from_bytes(data, "big") << at.lsb & mask).to_bytes(4, "big")
        return self.write_bytes(address, data)

    def bits(self, name: str) -> At | None:
        """The bits of a 32-bit register that a number or switch has; None for another value, or all of a register."""
        declaration = self.declaration(name)
        declaration = self.declaration(declaration.alias_of) if declaration.alias_of else declaration
        at = declaration.at
        return at if at and not at.whole and declaration.length == 4 and not isinstance(declaration, String) else None

    def raw_range(self, name: str) -> range:
        """Numbers that the register of a number can hold."""
        declaration, at = self.declaration(name), self.bits(name)
        bits = at.msb - at.lsb + 1 if at else 8 * declaration.length
        signed = isinstance(declaration, Integer | Float) and declaration.signed
        return range(-(1 << bits - 1), 1 << bits - 1) if signed else range(1 << bits)

    def write_bytes(self, address: int, data: bytes) -> Status:
        """Write registers; what the camera answers."""
        try:
            self.camera.write(address, data, self.now)
        except RegisterError as error:
            return error.status
        return Status.SUCCESS

    def _place(self, name: str) -> tuple[int, int]:
        feature = self.camera.model.features[name]
        selector = feature.declaration.selected_by
        index = int(self.camera.state[selector]) if selector else 0
        return feature.slot.address + index * feature.slot.stride, (feature.declaration.length + 3) // 4 * 4

    def turn(self, lock: str, *, hold: bool) -> None:
        """Make `lock` hold, or not."""
        name, holding, freeing = KEYS[lock]
        if lock == "Acquiring":
            self.camera.state.acquiring = hold
        elif lock == "ActionQueueFull":
            self.camera.state.actions.cancel()
            for number in range(QUEUE_SIZE if hold else 0):
                self.camera.state.actions.plan(_NEVER_NS + number, 0, 0)
        elif name in self.camera.state:
            self.nodes.get_node(name).from_string(holding if hold else freeing)

    def unlock(self, name: str) -> None:
        """Let none of the feature's locks hold."""
        for lock in self.declaration(name).locks:
            self.turn(lock.name, hold=False)

    def locked_for_client(self, name: str) -> bool:
        """Whether the client sees it as locked."""
        locked = genapi.EAccessMode.NA if self.declaration(name).access is Access.WO else genapi.EAccessMode.RO
        return bool(self.nodes.get_node(name).get_access_mode() == locked)


def takeable(bench: NodeBench, name: str) -> list[Value]:
    """Minimum, maximum and power-up value, or every entry."""
    feature = bench.camera.model.features[name]
    match feature.declaration:
        case Integer() | Float():
            limits = bench.camera.state.limits(name)
            readable = feature.declaration.access is not Access.WO
            now = [bench.camera.state[name]] if readable else []
            return list(TAKEN.get(name, (limits.low, limits.high, *now)))
        case Enumeration():
            return [entry.value for entry in feature.entries]
        case Boolean() | Command():
            return [1] if isinstance(feature.declaration, Command) else [0, 1]
        case String(size=size):
            return ["", "x" * (size - 1), "Küche"]  # a final NUL ends it
        case _:
            return [bench.register(name)]
