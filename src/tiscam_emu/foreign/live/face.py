"""The registers of a foreign camera: its own memory in front of a camera of ours that acts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from tiscam_emu.camera.by_name import Features
from tiscam_emu.camera.faces import DescriptionFile
from tiscam_emu.camera.imaging.timing import resulting_hz
from tiscam_emu.camera.notices import SettingsReplaced
from tiscam_emu.camera.state import CameraState
from tiscam_emu.errors import AccessDenied, InvalidAddress, ReadOnly, RegisterError, Status
from tiscam_emu.features.registers import RegisterMap, check_alignment
from tiscam_emu.foreign.bindings import GAMMA_SWITCHES, RATE_SWITCHES, RATES_TOLD, Kind
from tiscam_emu.foreign.live.banks import Banks
from tiscam_emu.foreign.live.chunks import ChunkPlan
from tiscam_emu.foreign.live.commands import Commands
from tiscam_emu.foreign.live.joints import Joint
from tiscam_emu.foreign.live.locks import LockPlan
from tiscam_emu.foreign.live.settings import UserSets
from tiscam_emu.foreign.nodes.memory import BOOTSTRAP_END, Memory, Places
from tiscam_emu.foreign.nodes.solver import Solver
from tiscam_emu.units import NS_PER_MS, Nanoseconds

_STALE_AFTER_NS = 100 * NS_PER_MS


class FindPlace(Protocol):
    """Looks where registers lie now; whether one lies at the address."""

    def __call__(self, address: int, *, writable: bool) -> bool:
        """`writable`: one that clients can write is looked for."""
        ...


@dataclass(slots=True)
class LimitPlan:
    """State: limits of one bound number that the camera sets, for the description leaves them to registers.

    `nodes` are the limit's nodes, which of minimum, maximum and increment each is, and the register to find a value for
    where the node is a formula.
    """

    joint: Joint
    nodes: tuple[tuple[str, int, str], ...]
    last: tuple[float, float, float | None] | None = None


@dataclass(slots=True)
class Face:
    """State: what clients read and write of a foreign camera.

    Addresses below `BOOTSTRAP_END` that our camera has are its own; all others are the description's. `watched` are the
    words that matter to what acts; None if that changes.
    """

    xml: bytes
    state: CameraState
    bootstrap: RegisterMap
    memory: Memory
    places: Places
    solver: Solver
    joints: list[Joint]
    limits: list[LimitPlan]
    locks: list[LockPlan]
    commands: Commands
    banks: Banks
    chunks: ChunkPlan
    user_sets: UserSets
    watched: frozenset[int] | None = None
    rate_switch: str = ""
    gamma_switch: str = ""
    rates_told: tuple[str, ...] = ()
    described: tuple[DescriptionFile, ...] = ()
    find_place: FindPlace | None = None
    texts: frozenset[int] = frozenset()
    """Bootstrap words at which the description of a camera that is no GigE camera has texts: these are told."""
    _files: list[tuple[int, int, bytes]] = field(default_factory=list)
    _factory: dict[int, bytes] = field(default_factory=dict)
    _seen: tuple[int, bool] = (-1, False)
    _seen_at: Nanoseconds = 0
    _resulting_hz: float = 0.0

    def begin(self, *, invented: bool) -> None:
        """Take the settings that the registers hold, and let them tell what comes of it.

        Invented registers know no frame rate: the highest one is told then.
        """
        with self._forgiving():
            self._begin(invented=invented)

    def _begin(self, *, invented: bool) -> None:
        for joint in self.joints:
            if joint.kind is Kind.TOLD or not joint.selected(self.solver.free):
                continue
            if invented and joint.binding.ours == "AcquisitionFrameRate":
                joint.put(self.solver, joint.told(self.state) or 0.0)
            value = joint.read(self.solver.free)
            if value is not None:
                self._hand_over(joint, value, past_gate=True)
        self._follow_switches()
        self.reflect()
        self.state.forgiven.clear()
        self.banks.begin()
        self.chunks.begin(self.state)
        self.reflect()
        self._factory = self.memory.copy()
        self.user_sets.factory = self.user_sets.now()
        self.user_sets.first_default = self.user_sets.default()

    def by_name(self) -> Features:
        """The features of the description."""
        from tiscam_emu.foreign.live.by_name import NodeFeatures  # noqa: PLC0415 - it takes a face

        return NodeFeatures(self)

    def kept(self) -> Mapping[str, Any]:
        """The user sets, and which of them the camera starts with; nothing if all is as it came."""
        return self.user_sets.as_json()

    def put_back(self, kept: Mapping[str, Any]) -> None:
        """Start with the user sets of an earlier run.

        Raises
        ------
        ValueError, TypeError, KeyError, AttributeError
            They cannot be understood.
        """
        default = self.user_sets.take_json(kept)
        with self._forgiving():
            self._start_with(default)

    def reset(self) -> None:
        """Be as at the start, with the settings of the default user set."""
        with self._forgiving():
            self._start_with(self.user_sets.default())

    @contextmanager
    def _forgiving(self) -> Iterator[None]:
        """Refuse nothing, not even of a strict camera: what is taken over was not written by a client."""
        strict, self.state.strict = self.state.strict, False
        try:
            yield
        finally:
            self.state.strict = strict

    def _start_with(self, default: int) -> None:
        self.memory.restore(self._factory)
        self.banks.begin()
        self.user_sets.load_default(default)
        for joint in self.joints:
            joint.theirs = joint.ours = None
        self._take_changes(past_gate=True)

    def files(self) -> tuple[DescriptionFile, DescriptionFile]:
        """The description, as the camera it is of serves it, behind both URLs."""
        first, second = self.described
        return first, second

    def add_memory(self, address: int, data: bytes) -> None:
        """Map read-only bytes, the description's file."""
        data = data.ljust((len(data) + 3) // 4 * 4, b"\0")
        self._files.append((address, address + len(data), data))

    def read(self, address: int, length: int) -> bytes:
        """`length` bytes from `address`, both multiples of four.

        Raises
        ------
        BadAlignment, InvalidAddress, AccessDenied
            Misaligned; a hole in the block; a write-only register in it.
        """
        check_alignment(address, length)
        file = self._file(address)
        if file is not None:
            start, stop, data = file
            part = data[address - start : min(address + length, stop) - start]
            return part + (self.read(stop, address + length - stop) if address + length > stop else b"")
        if address < BOOTSTRAP_END:
            return b"".join(self._read_word(word) for word in range(address, address + length, 4))
        self._find(address, length)
        self.places.check_read(address, length)
        self.refresh()
        return self.memory.read(address, length)

    def _read_word(self, address: int) -> bytes:
        """A word of the bootstrap registers; what our camera does not tell, the description's memory does."""
        if address in self.texts:
            return self.memory.read(address, 4)
        try:
            return self.bootstrap.read(address, 4)
        except AccessDenied:
            if address not in self.places:
                raise
            return self.memory.read(address, 4)
        except InvalidAddress:
            self._find(address, 4)
            self.places.check_read(address, 4)
            self.refresh()
            return self.memory.read(address, 4)

    def write(self, address: int, data: bytes) -> None:
        """Write `data`, a multiple of four bytes, to `address`; all of it or nothing.

        Raises
        ------
        RegisterError
            Why it is refused; nothing has changed.
        """
        check_alignment(address, len(data))
        if self._file(address) is not None:
            raise ReadOnly(f"memory at 0x{address:08x}")
        if address < BOOTSTRAP_END:
            try:
                self.bootstrap.write(address, data)
            except InvalidAddress:
                pass
            else:
                self.memory.write(address, data)
                return
        self._find(address, len(data), writable=True)
        self.places.check_write(address, len(data))
        if not self.memory.has_room(address, len(data)):
            raise AccessDenied(f"no room for more registers than there are: 0x{address:08x}")
        before = self.memory.read(address, len(data))
        self.memory.write(address, data)
        try:
            self._act_on(address, len(data))
        except RegisterError:
            self.memory.write(address, before)
            self.banks.follow()
            for joint in self.joints:
                joint.ours = None
            self._take_changes()
            raise

    def write_pairs(self, pairs: Sequence[tuple[int, int]]) -> tuple[int, Status, RegisterError | None]:
        """See `RegisterMap.write_pairs`."""
        done = 0
        while done < len(pairs):
            address = pairs[done][0]
            whole = done + 1 < len(pairs) and self.places.are_halves(address, pairs[done + 1][0])
            taken = pairs[done : done + 1 + whole]
            try:
                self.write(address, b"".join(value.to_bytes(4, "big") for _, value in taken))
            except RegisterError as error:
                return done, error.status, error
            done += len(taken)
        return done, Status.SUCCESS, None

    def _find(self, address: int, length: int, *, writable: bool = False) -> None:
        """Look again where registers lie whose places depend on others, if nothing is known at an address."""
        for word in range(address, address + length, 4):
            known = self.places.has(word, writable=writable)
            if not known and not (self.find_place and self.find_place(word, writable=writable)):
                raise InvalidAddress(word)

    def _file(self, address: int) -> tuple[int, int, bytes] | None:
        return next((file for file in self._files if file[0] <= address < file[1]), None)

    def _act_on(self, address: int, length: int) -> None:
        touched = range(address, address + length, 4)
        matters = self.watched is None or not self.watched.isdisjoint(touched)
        if matters:
            self.banks.follow()
        self.commands.obey(address, length)
        if not self.user_sets.default_words.isdisjoint(touched):
            self.state.generation += 1  # what has to be kept has changed
        self.chunks.follow(self.state, address, length)
        if matters:
            self._take_changes()

    def load_user_set(self) -> None:
        """Take the settings of the selected user set.

        Raises
        ------
        AccessDenied
            Frames are being taken.
        """
        if self.state.acquiring:
            raise AccessDenied("user sets are locked while frames are taken")
        self.user_sets.load()
        self._take_changes(past_gate=True)
        self.state.notices.notify(SettingsReplaced())

    def save_user_set(self) -> None:
        """Keep the settings in the selected user set.

        Raises
        ------
        AccessDenied
            The set is the factory's, and the camera is strict; else nothing happens.
        """
        try:
            self.user_sets.save()
            self.state.generation += 1
        except AccessDenied as error:
            if self.state.options.strict:
                raise
            self.state.forgiven.append(error)

    def _take_changes(self, *, past_gate: bool = False) -> None:
        for joint in self.joints:
            if joint.kind is Kind.TOLD or not joint.selected(self.solver.free):
                continue
            value = joint.read(self.solver.free)
            if value is not None and value != joint.theirs:
                self._hand_over(joint, value, past_gate=past_gate)
        self._follow_switches()
        self.reflect()

    def _hand_over(self, joint: Joint, value: float, *, past_gate: bool) -> None:
        joint.hand_over(self.state, value, past_gate=past_gate)
        joint.theirs, joint.ours = value, None

    def _follow_switches(self) -> None:
        """Without its switch a frame rate is the fastest there is, and a gamma is 1."""
        for switch, ours, off in (
            (self.rate_switch, "AcquisitionFrameRate", float("inf")),
            (self.gamma_switch, "Gamma", 1.0),
        ):
            if not switch:
                continue
            joint = next((j for j in self.joints if j.binding.ours == ours), None)
            if not self.solver.free.number(switch):
                self.state.write(ours, min(off, float(self.state.limits(ours).high)))
                if joint:
                    joint.ours = self.state[ours]
            elif joint and joint.theirs is not None:
                joint.hand_over(self.state, joint.theirs)

    def refresh(self) -> None:
        """Let the registers tell what has happened in the camera since the last look."""
        state = self.state
        if self._seen != (state.generation, state.acquiring) or state.now - self._seen_at >= _STALE_AFTER_NS:
            self.reflect()

    def reflect(self) -> None:
        """Let the registers tell what our camera has made of the settings."""
        state, free = self.state, self.solver.free
        for plan in self.limits:
            limits = plan.joint.limits(state)
            if limits != plan.last:
                plan.last = limits
                for node, which, register in plan.nodes:
                    value = limits[which]
                    if value is not None and register:
                        self.solver.seeker.solve(node, register, value)
                    elif value is not None:
                        free.put(node, value)
        for joint in self.joints:
            self._reflect(joint)
        for lock in self.locks:
            lock.follow(state, free)
        self._tell_rates()
        self._seen, self._seen_at = (state.generation, state.acquiring), state.now

    def _reflect(self, joint: Joint) -> None:
        state, free = self.state, self.solver.free
        ours = state[joint.binding.ours]
        if ours == joint.ours or not joint.selected(free):
            return
        joint.ours = ours
        told = joint.told(state)
        current = joint.read(free)
        if told is None or (current is not None and abs(current - told) <= joint.tolerance(state)):
            return
        if joint.kind is Kind.TOLD:
            self.solver.tell(joint.name, told)
        else:
            joint.put(self.solver, told)
        joint.theirs = joint.read(free)

    def _tell_rates(self) -> None:
        if not self.rates_told:
            return
        rate = resulting_hz(self.state)
        if rate != self._resulting_hz:
            self._resulting_hz = rate
            for name in self.rates_told:
                self.solver.free.put(name, rate)


def switches(names: Iterable[str]) -> tuple[str, str, tuple[str, ...]]:
    """Of all names those that switch frame rate and gamma, and those that tell the resulting rate."""
    known = set(names)
    rate = next((name for name in RATE_SWITCHES if name in known), "")
    gamma = next((name for name in GAMMA_SWITCHES if name in known), "")
    return rate, gamma, tuple(name for name in RATES_TOLD if name in known)
