"""Actions: triggers for many cameras at once, and their schedule (manual 5.16; GigE Vision, action commands)."""

from __future__ import annotations

from dataclasses import replace

from tiscam_emu.camera.control.ptp import PTP_DISABLED
from tiscam_emu.camera.notices import ActionExecuted
from tiscam_emu.camera.state import CameraState
from tiscam_emu.camera.trigger_io.action_queue import QUEUE_SIZE
from tiscam_emu.errors import Status
from tiscam_emu.features.kinds import (
    Access,
    At,
    Boolean,
    Command,
    Entry,
    Enumeration,
    Feature,
    Fidelity,
    Integer,
    Limits,
    Lock,
    Room,
    Visibility,
)
from tiscam_emu.units import NS_PER_US, Nanoseconds

_CATEGORY = "ActionControl"
_WORD = Limits(0, 0xFFFF_FFFF, 1)


def execute(
    state: CameraState, device_key: int, group_key: int, group_mask: int, action_time: int | None
) -> Status | None:
    """Do what an action command asks for (GigE Vision, ACTION_CMD).

    Returns
    -------
    Status or None
        See `gvcp.device.ControlledDevice.execute_action`.
    """
    if "ActionGroupKey" not in state:
        return Status.NOT_IMPLEMENTED
    keys = (state.stored("ActionDeviceKey"), state["ActionGroupKey"])
    if (device_key, group_key) != keys or not group_mask & state["ActionGroupMask"]:
        return None
    if action_time is not None:
        return _execute_at(state, action_time)
    _perform(state, state.now)
    return Status.SUCCESS


def _execute_at(state: CameraState, action_time: int) -> Status:
    now = state.now
    if not state.clock.synchronised(now):
        return Status.NO_REF_TIME
    clock_ns = state.clock.read(now)
    if action_time < clock_ns:
        _perform(state, now)
        return Status.ACTION_LATE
    if state.actions.full:
        return Status.OVERFLOW
    state.actions.plan(action_time, 0, clock_ns)
    return Status.SUCCESS


class ActionScheduler:
    """State: how far the planned actions have been performed."""

    def __init__(self, state: CameraState) -> None:
        self._state = state
        self._until_ns: Nanoseconds = 0

    def advance(self, now: Nanoseconds) -> None:
        """Perform all actions that are due up to and including `now`."""
        state = self._state
        while (due := self.next_wakeup()) is not None and due <= now:
            state.actions.take(state.clock.read(due))
            _perform(state, due)
            self._until_ns = due
        self._until_ns = now

    def next_wakeup(self) -> Nanoseconds | None:
        """When the next action is due; None if none waits."""
        time_ns = self._state.actions.next_time_ns
        return None if time_ns is None else self._state.clock.when(time_ns, self._until_ns)


def _perform(state: CameraState, at_ns: Nanoseconds) -> None:
    state.notices.notify(ActionExecuted(at_ns))


def _commit(state: CameraState) -> None:
    clock_ns, time_ns = state.clock.read(state.now), int(state["ActionSchedulerTime"])
    interval_ns = int(state["ActionSchedulerInterval"]) * NS_PER_US
    if time_ns <= clock_ns and not interval_ns:
        _perform(state, state.now)
    else:
        state.actions.plan(time_ns, interval_ns, clock_ns)


QUEUE_FULL = Lock("ActionQueueFull", lambda state: state.actions.full, f"{QUEUE_SIZE} actions wait already")


def _cancel(state: CameraState) -> None:
    state.actions.cancel()


def _key(name: str, doc: str, address: int, access: Access) -> Integer:
    return Integer(
        name=name,
        category=_CATEGORY,
        doc=doc,
        visibility=Visibility.GURU,
        access=access,
        at=At(address),
        limits=_WORD,
        representation="HexNumber",
    )


FEATURES: tuple[Feature, ...] = (
    Integer(
        name="ActionDeviceKey",
        category=_CATEGORY,
        doc="Key that an action command must carry to be taken.",
        visibility=Visibility.GURU,
        limits=_WORD,
        representation="HexNumber",
        moves=True,
        note="Reads back what was written here or to the standard's register, which itself cannot be read.",
    ),
    replace(
        _key("GevActionDeviceKey", "ActionDeviceKey at its place in the standard.", 0x090C, Access.WO),
        visibility=Visibility.INVISIBLE,
        hidden=True,
        sfnc=False,
        on_write=lambda state: state.put("ActionDeviceKey", state.stored("GevActionDeviceKey")),
    ),
    Integer(
        name="ActionSelector",
        category=_CATEGORY,
        doc="Action that the other action features stand for; the one there is triggers a frame.",
        section="5.16.1",
        visibility=Visibility.GURU,
        limits=Limits(0, 0, 1),
    ),
    _key("ActionGroupKey", "Group that an action command must name.", 0x9800, Access.RW),
    _key("ActionGroupMask", "Bits of which the mask of an action command must have one.", 0x9804, Access.RW),
    Integer(
        name="ActionSchedulerTime",
        category=_CATEGORY,
        doc="Timestamp at which the action is to be performed; one in the past means at once.",
        section="5.16.2",
        sfnc=False,
        visibility=Visibility.GURU,
        unit="ns",
        size=8,
        limits=Limits(0, 2**63 - 1, 1),
    ),
    Integer(
        name="ActionSchedulerInterval",
        category=_CATEGORY,
        doc="Distance at which the action is repeated; 0: it is performed once.",
        section="5.16.3",
        sfnc=False,
        visibility=Visibility.GURU,
        unit="us",
        fidelity=Fidelity.APPROXIMATED,
        note="Of a series faster than 10 kHz, which no sensor can follow, some actions are left out.",
    ),
    Command(
        name="ActionSchedulerCommit",
        category=_CATEGORY,
        doc="Puts the action into the queue.",
        section="5.16.4",
        sfnc=False,
        visibility=Visibility.GURU,
        locks=(PTP_DISABLED, QUEUE_FULL),
        on_write=_commit,
        note=(
            "Locked while PtpEnable is off, and while the queue is full. What waits goes on by the camera's own clock "
            "if PTP is switched off later. The manual says none of this: assumptions."
        ),
    ),
    Command(
        name="ActionSchedulerCancel",
        category=_CATEGORY,
        doc="Takes all actions of the selected kind out of the queue.",
        section="5.16.5",
        sfnc=False,
        visibility=Visibility.GURU,
        on_write=_cancel,
    ),
    Enumeration(
        name="ActionSchedulerStatus",
        category=_CATEGORY,
        doc="Whether actions wait in the queue.",
        section="5.16",
        sfnc=False,
        visibility=Visibility.GURU,
        access=Access.RO,
        entries=(Entry("Idle", 0, "The queue is empty."), Entry("Scheduled", 1, "Actions wait.")),
        value=lambda state: int(len(state.actions) > 0),
        note="The manual does not describe the feature: the entries are an assumption.",
    ),
    Integer(
        name="ActionQueueSize",
        category=_CATEGORY,
        doc="Actions that fit into the queue.",
        section="5.16.4",
        visibility=Visibility.GURU,
        access=Access.RO,
        at=At(0x0970),
        limits=_WORD,
        default=QUEUE_SIZE,
        constant=True,
        note="The size is an assumption.",
    ),
    Integer(
        name="GevActionSignalCount",
        category=_CATEGORY,
        doc="Actions of the camera.",
        visibility=Visibility.INVISIBLE,
        hidden=True,
        sfnc=False,
        access=Access.RO,
        at=At(0x0908),
        limits=_WORD,
        value=lambda _state: 1,
        constant=True,
    ),
    Enumeration(
        name="ActionUnconditionalMode",
        category=_CATEGORY,
        doc="On: action commands are performed even while nobody has control.",
        visibility=Visibility.GURU,
        at=At(0x0954, 3, 3),
        entries=(Entry("Off", 0), Entry("On", 1)),
    ),
    Boolean(
        name="GevGVCPExtendedStatusCodes",
        category="TransportLayerControl",
        doc="Acknowledges action commands with the status codes of version 2.0 of the standard.",
        visibility=Visibility.GURU,
        at=At(0x0954, 18, 18),
    ),
)

ROOM = Room("actions", 0x000E_8000, FEATURES)
