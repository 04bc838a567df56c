"""The control engine: one datagram in, effects out.

Decisions where the standard leaves room:

* READREG and READMEM are answered whether or not the acknowledge flag is set: some clients clear it in their heartbeat
  and still want the answer.
* Request id 0, which the standard forbids, is answered with INVALID_HEADER.
* Refusals carry no payload, but those of WRITEREG and WRITEMEM their index, and those of READREG the values that were
  read before the address at fault.
* Privilege is checked before alignment, alignment before the address.
* A retransmitted write is answered again from memory if it changed something; a refused one is tried anew.
* Acknowledges go to the broadcast address only where a sender outside the camera's network allows it.
* FORCEIP is refused with ACCESS_DENIED while somebody has control, and if it would change the address, for that belongs
  to the host. The camera's own address is acknowledged; address 0 restarts the configuration and is not acknowledged.
* Switchover closes no channel: the new primary application takes the running stream over.
* An action command with other keys, or while nobody has control, is ignored: it may be meant for another camera.
* Without the status codes of version 2.0, NO_REF_TIME, OVERFLOW and ACTION_LATE are all acknowledged as ERROR, although
  a late action is performed.
* A repeated action command is answered again from memory: a broadcast may arrive once for each of its addresses.
* Whoever has control may read blocks of up to 1456 bytes, as some clients do; others 536, the standard's limit.
* Discovery is answered 50 times a second, and 100 times in a row: its answer is 32 times as long as the question.
* A command that takes time has its effect at once; only its acknowledge is late. Other commands are served meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence

from tiscam_emu.errors import BadAlignment, InvalidAddress, InvalidParameter, RegisterError, Status
from tiscam_emu.gvcp import broadcast
from tiscam_emu.gvcp import privilege as rules
from tiscam_emu.gvcp.counters import ControlCounters
from tiscam_emu.gvcp.dedupe import ExecutedRequest, RepeatedRequestState
from tiscam_emu.gvcp.device import ControlledDevice
from tiscam_emu.gvcp.effects import Effect, ResendRequested, SendDatagram
from tiscam_emu.gvcp.heartbeat import HeartbeatState
from tiscam_emu.gvcp.late_acks import LateAck, LateAckState
from tiscam_emu.gvcp.mistakes import Kind, MistakeLog
from tiscam_emu.gvcp.privilege import ControlMissing, Privilege
from tiscam_emu.gvcp.token_bucket import TokenBucket
from tiscam_emu.units import Nanoseconds
from tiscam_emu.wire import gvcp, gvcp_codec, gvcp_layouts
from tiscam_emu.wire.bootstrap import CONTROL_CHANNEL_PRIVILEGE
from tiscam_emu.wire.endpoint import Endpoint
from tiscam_emu.wire.gvcp import Command

_CCP = CONTROL_CHANNEL_PRIVILEGE.address

_IMPLEMENTED = frozenset(
    {
        Command.DISCOVERY_CMD,
        Command.FORCEIP_CMD,
        Command.PACKETRESEND_CMD,
        Command.READREG_CMD,
        Command.READMEM_CMD,
        Command.WRITEREG_CMD,
        Command.WRITEMEM_CMD,
        Command.ACTION_CMD,
    }
)
_RESTART = "0.0.0.0"  # noqa: S104 - an argument of FORCEIP, never bound
_ALWAYS_ANSWERED = frozenset({Command.READREG_CMD, Command.READMEM_CMD})
_STATUS_2_0 = frozenset({Status.NO_REF_TIME, Status.OVERFLOW, Status.ACTION_LATE})
DISCOVERIES_PER_S = 50
DISCOVERIES_AT_ONCE = 100
_PERFORMED = frozenset({Status.SUCCESS, Status.ACTION_LATE})


class ControlEngine:
    """Serves the control channel of one device; state: who has control, heartbeat, last commands, counters."""

    def __init__(self, device: ControlledDevice) -> None:
        self._device = device
        self._privilege = rules.OPEN
        self._heartbeat = HeartbeatState()
        self._forget_commands()
        self._latest_ns: Nanoseconds = 0
        self._discoveries = TokenBucket(DISCOVERIES_PER_S, DISCOVERIES_AT_ONCE)
        self._changed = False
        self.counters = ControlCounters()
        self.mistakes = MistakeLog()

    @property
    def controller(self) -> Endpoint | None:
        """Who has control."""
        return self._privilege.owner

    @property
    def ccp(self) -> int:
        """Value of the Control Channel Privilege register."""
        return self._privilege.ccp

    def next_wakeup(self) -> Nanoseconds | None:
        """When `advance` has to be called next; None if nothing is under way."""
        wakeups = (self._heartbeat_deadline(), self._late_acks.next_wakeup())
        return min((wakeup for wakeup in wakeups if wakeup is not None), default=None)

    def advance(self, now: Nanoseconds) -> list[Effect]:
        """Let time pass.

        A silent owner loses control, as of its deadline however late this is called; commands that are over now are
        acknowledged.
        """
        self._expire(now)
        return [SendDatagram(late.ack, late.peer) for late in self._late_acks.take_due(now)]

    def take_change(self) -> bool:
        """Whether a command has done something to the device since the last call, or control has changed hands."""
        changed, self._changed = self._changed, False
        return changed

    def reset(self, now: Nanoseconds) -> None:
        """The device was switched off and on: nobody has control and no command is remembered."""
        self._forget_commands()
        self._adopt(rules.OPEN, None, now)

    def receive(self, datagram: bytes, peer: Endpoint, now: Nanoseconds) -> list[Effect]:
        """Serve one datagram; never raises, whatever the bytes."""
        effects = self.advance(now)
        effects += self._serve(datagram, peer, now)
        return effects

    def _serve(self, datagram: bytes, peer: Endpoint, now: Nanoseconds) -> list[Effect]:
        try:
            command = gvcp_codec.parse_command(datagram)
        except gvcp.GvcpParseError as error:
            return self._refuse_malformed(error, peer)
        if peer == self._privilege.owner:
            self._heartbeat.restart(now)
        if isinstance(command, gvcp.ReadRegCmd | gvcp.ReadMemCmd):
            return [SendDatagram(gvcp_codec.build_ack(self._read(command, peer, now)), peer)]
        if isinstance(command, gvcp.WriteRegCmd | gvcp.WriteMemCmd):
            return self._write_once(command, datagram, peer, now)
        if isinstance(command, gvcp.ActionCmd):
            return self._act_once(command, datagram, peer, now)
        return self._serve_other(command, peer, now)

    def _forget_commands(self) -> None:
        self._repeats = RepeatedRequestState()
        self._repeated_actions = RepeatedRequestState()
        self._late_acks = LateAckState()

    def _heartbeat_deadline(self) -> Nanoseconds | None:
        if self._privilege.owner is None or self._device.heartbeat_disabled:
            return None
        return self._heartbeat.deadline(self._device.heartbeat_timeout_ms)

    def _expire(self, now: Nanoseconds) -> None:
        deadline = self._heartbeat_deadline()
        if deadline is not None and now >= deadline:
            self.counters.heartbeat_expiries += 1
            if self._privilege.owner is not None:
                silence = f"silent for {self._device.heartbeat_timeout_ms} ms, so control is lost"
                self.mistakes.note(Kind.MISSED_HEARTBEAT, self._privilege.owner, silence)
            # A timeout shortened from outside may put the deadline into the past; the device's time never goes back.
            self._adopt(rules.OPEN, None, max(deadline, self._latest_ns))
        self._latest_ns = now

    def _serve_other(self, command: gvcp.Cmd, peer: Endpoint, now: Nanoseconds) -> list[Effect]:
        match command:
            case gvcp.DiscoveryCmd():
                return self._present(command, peer, now)
            case gvcp.PacketResendCmd(stream_channel=channel, block_id=block_id):
                self.counters.resend_requests += 1
                return [ResendRequested(channel, block_id, command.first_packet_id, command.last_packet_id, peer)]
            case gvcp.ForceIpCmd():
                return self._force_ip(command, peer, now)
            case _:
                self.counters.unknown_commands += 1
                code = gvcp_layouts.command_code(command)
                self.mistakes.note(Kind.UNKNOWN_COMMAND, peer, f"0x{code:04x}")
                refusal = gvcp.ErrorAck(command.req_id, code | 1, status=Status.NOT_IMPLEMENTED)
                return [*self._acknowledge(command, refusal, peer)]

    def _present(self, command: gvcp.DiscoveryCmd, peer: Endpoint, now: Nanoseconds) -> list[Effect]:
        self.counters.discoveries += 1
        if not self._discoveries.take(now):
            self.counters.unanswered_discoveries += 1
            self.mistakes.note(Kind.DISCOVERY_FLOOD, peer, f"more than {DISCOVERIES_PER_S} a second")
            return []
        to = broadcast.answered_at(command, peer, self._device.reaches)
        answer = self._acknowledge(command, gvcp.DiscoveryAck(command.req_id, self._device.discovery()), to)
        longest_ms = self._device.discovery_ack_delay_ms
        delay_ns = broadcast.random_delay_ns(self._device.mac, self.counters.discoveries, longest_ms)
        if not delay_ns or not answer:
            return [*answer]
        if len(self._late_acks) < broadcast.MOST_HELD_BACK:
            self._late_acks.add(LateAck(b"", answer[0].data, to, now + delay_ns))
        return []

    def _force_ip(self, command: gvcp.ForceIpCmd, peer: Endpoint, now: Nanoseconds) -> list[Effect]:
        if command.mac != self._device.mac:
            return []
        self.counters.force_ip_requests += 1
        to = broadcast.answered_at(command, peer, self._device.reaches)
        owner = self._privilege.owner
        wanted = (command.static_ip, command.subnet_mask, command.default_gateway)
        if owner is not None or not self._device.force_ip(*wanted, now):
            why = f"{owner} has control" if owner else "a camera changes its address only at a start"
            self.mistakes.note(Kind.FORCED_ADDRESS, peer, f"to {command.static_ip}: {why}")
            refusal = gvcp.ErrorAck(command.req_id, Command.FORCEIP_ACK, status=Status.ACCESS_DENIED)
            return [*self._acknowledge(command, refusal, to)]
        self._changed = True
        if command.static_ip == _RESTART:
            return []
        return [*self._acknowledge(command, gvcp.ForceIpAck(command.req_id), to)]

    @staticmethod
    def _acknowledge(command: gvcp.Cmd, ack: gvcp.Ack, peer: Endpoint) -> list[SendDatagram]:
        return [SendDatagram(gvcp_codec.build_ack(ack), peer)] if command.ack_required else []

    def _refuse_malformed(self, error: gvcp.GvcpParseError, peer: Endpoint) -> list[Effect]:
        header, status = error.header, error.status
        if header is None:
            self.counters.ignored_datagrams += 1
            self.mistakes.note(Kind.BAD_DATAGRAM, peer, str(error))
            return []
        if status is not Status.INVALID_HEADER and header.command not in _IMPLEMENTED:
            status = Status.NOT_IMPLEMENTED
        if status is Status.NOT_IMPLEMENTED:
            self.counters.unknown_commands += 1
            self.mistakes.note(Kind.UNKNOWN_COMMAND, peer, f"0x{header.command:04x}")
        else:
            self.counters.malformed_commands += 1
            self.mistakes.note(Kind.MALFORMED_COMMAND, peer, str(error))
        answered = header.ack_required or header.command in _ALWAYS_ANSWERED
        if not answered or header.command == Command.PACKETRESEND_CMD:
            return []
        ack: gvcp.Ack
        match header.command:
            case Command.WRITEREG_CMD:
                ack = gvcp.WriteRegAck(header.req_id, 0, status=status)
            case Command.WRITEMEM_CMD:
                ack = gvcp.WriteMemAck(header.req_id, 0, status=status)
            case _:
                ack = gvcp.ErrorAck(header.req_id, header.command | 1, status=status)
        return [SendDatagram(gvcp_codec.build_ack(ack), peer)]

    def _read(self, command: gvcp.ReadRegCmd | gvcp.ReadMemCmd, peer: Endpoint, now: Nanoseconds) -> gvcp.Ack:
        code = Command.READREG_ACK if isinstance(command, gvcp.ReadRegCmd) else Command.READMEM_ACK
        if not rules.may_read(self._privilege, peer):
            self.counters.reads_refused_by_privilege += 1
            self.mistakes.note(Kind.READ_WITHOUT_PRIVILEGE, peer, f"{self._privilege.owner} has it")
            return gvcp.ErrorAck(command.req_id, code, status=Status.ACCESS_DENIED)
        values: list[int] = []
        try:
            if isinstance(command, gvcp.ReadMemCmd):
                longest = gvcp.MAX_LONG_READ_BYTES if peer == self._privilege.owner else gvcp.MAX_MEM_BYTES
                _check_block(command.address, command.count, longest)
                data = self._device.read(command.address, command.count, now)
                return gvcp.ReadMemAck(command.req_id, command.address, data)
            for address in command.addresses:
                values.append(self._read_register(address, now))  # noqa: PERF401 - kept if a later one fails
        except RegisterError as error:
            self._count_refusal(error, peer)
            if values:
                return gvcp.ReadRegAck(command.req_id, tuple(values), status=error.status)
            return gvcp.ErrorAck(command.req_id, code, status=error.status)
        return gvcp.ReadRegAck(command.req_id, tuple(values))

    def _read_register(self, address: int, now: Nanoseconds) -> int:
        _check_alignment(address)
        return int.from_bytes(self._device.read(address, 4, now), "big")

    def _write_once(
        self, command: gvcp.WriteRegCmd | gvcp.WriteMemCmd, datagram: bytes, peer: Endpoint, now: Nanoseconds
    ) -> list[Effect]:
        late = self._late_acks.find(datagram, peer)
        if late is not None:
            self.counters.repeated_requests += 1
            return self._promise(command, late, now)
        repeated = self._repeats.find(datagram, peer)
        if repeated is not None:
            return self._repeat(repeated, peer)
        if isinstance(command, gvcp.WriteRegCmd):
            index, status = self._write_registers(command.pairs, peer, now)
            data = gvcp_codec.build_ack(gvcp.WriteRegAck(command.req_id, index, status=status))
        else:
            index, status = self._write_block(command.address, command.data, peer, now)
            data = gvcp_codec.build_ack(gvcp.WriteMemAck(command.req_id, index, status=status))
        for error in self._device.take_forgiven():
            self.mistakes.note_forgiven(error, peer)
        ack = data if command.ack_required else None
        if index:
            self._changed = True
            self._repeats.remember(datagram, ack, peer)
        duration_ns = self._device.take_write_duration()
        if ack is None:
            return []
        if duration_ns <= 0:
            return [SendDatagram(ack, peer)]
        late = LateAck(datagram, ack, peer, now + duration_ns)
        self._late_acks.add(late)
        return self._promise(command, late, now)

    def _promise(self, command: gvcp.Cmd, late: LateAck, now: Nanoseconds) -> list[Effect]:
        """Say when the acknowledge comes, to clients that want to know."""
        if not self._device.pending_ack_enabled:
            return []
        self.counters.pending_acks += 1
        ack = gvcp.PendingAck(command.req_id, late.time_to_completion_ms(now))
        return [SendDatagram(gvcp_codec.build_ack(ack), late.peer)]

    def _repeat(self, repeated: ExecutedRequest, peer: Endpoint) -> list[Effect]:
        self.counters.repeated_requests += 1
        return [SendDatagram(repeated.ack, peer)] if repeated.ack is not None else []

    def _act_once(self, command: gvcp.ActionCmd, datagram: bytes, peer: Endpoint, now: Nanoseconds) -> list[Effect]:
        repeated = self._repeated_actions.find(datagram, peer)
        if repeated is not None:
            return self._repeat(repeated, peer)
        status = self._act(command, now)
        if status is None:
            self.counters.actions_ignored += 1
            return []
        if status in _PERFORMED:
            self._changed = True
            self.counters.actions_executed += 1
        if status in _STATUS_2_0 and not self._device.extended_status_2_0:
            status = Status.ERROR
        ack = gvcp_codec.build_ack(gvcp.ActionAck(command.req_id, status=status)) if command.ack_required else None
        self._repeated_actions.remember(datagram, ack, peer)
        return [SendDatagram(ack, peer)] if ack is not None else []

    def _act(self, command: gvcp.ActionCmd, now: Nanoseconds) -> Status | None:
        if self._privilege.owner is None and not self._device.unconditional_action:
            return None
        return self._device.execute_action(
            command.device_key, command.group_key, command.group_mask, command.action_time, now
        )

    def _write_registers(
        self, pairs: Sequence[tuple[int, int]], peer: Endpoint, now: Nanoseconds
    ) -> tuple[int, Status]:
        """Number of pairs executed, and SUCCESS or why the next one was refused."""
        index = 0
        try:
            while index < len(pairs):
                address, value = pairs[index]
                if address == _CCP:
                    self._write_ccp(value, peer, now)
                    index += 1
                    continue
                self._check_control(peer)
                _check_alignment(address)
                run = _device_run(pairs, index)
                written, status = self._device.write_pairs(run, now)
                if status is not Status.SUCCESS:
                    self._count_refusal_status(status)
                    if status is not Status.BUSY:
                        what = f"write to 0x{run[written][0]:08x}: {status.name}"
                        self.mistakes.note(Kind.of_status(status), peer, what)
                    return index + written, status
                index += len(run)
        except RegisterError as error:
            self._count_refusal(error, peer)
            return index, error.status
        return index, Status.SUCCESS

    def _write_block(self, address: int, data: bytes, peer: Endpoint, now: Nanoseconds) -> tuple[int, Status]:
        """Number of bytes written, and SUCCESS or why none was."""
        try:
            if address == _CCP and len(data) == CONTROL_CHANNEL_PRIVILEGE.length:
                self._write_ccp(int.from_bytes(data, "big"), peer, now)
                return len(data), Status.SUCCESS
            self._check_control(peer)
            _check_block(address, len(data))
            if address <= _CCP < address + len(data):
                # CCP stands alone: what lies before and behind it cannot be written.
                raise InvalidAddress(_CCP)
            self._device.write(address, data, now)
        except RegisterError as error:
            self._count_refusal(error, peer)
            return 0, error.status
        return len(data), Status.SUCCESS

    def _write_ccp(self, value: int, peer: Endpoint, now: Nanoseconds) -> None:
        self._adopt(rules.after_ccp_write(self._privilege, peer, value, self._device.switchover_key), peer, now)

    def _check_control(self, peer: Endpoint) -> None:
        if not rules.may_write(self._privilege, peer):
            raise ControlMissing(f"{peer} has no control")

    def _adopt(self, privilege: Privilege, by: Endpoint | None, now: Nanoseconds) -> None:
        """Change hands, on the request of `by`; None is the heartbeat."""
        before, self._privilege = self._privilege, privilege
        if privilege == before:
            return
        self._changed = True
        if before.owner is not None and before.owner != by:
            self._repeats.forget(before.owner)
        if before.owner != privilege.owner:
            self._repeated_actions = RepeatedRequestState()
        self._heartbeat.restart(now)
        if privilege.owner is None:
            self._device.release(now)
        self._device.control_changed(privilege.ccp, privilege.owner, now)

    def _count_refusal(self, error: RegisterError, peer: Endpoint) -> None:
        self.mistakes.note_refusal(error, peer)
        match error:
            case ControlMissing():
                self.counters.writes_without_control += 1
            case BadAlignment():
                self.counters.unaligned_accesses += 1
            case _:
                self._count_refusal_status(error.status)

    def _count_refusal_status(self, status: Status) -> None:
        if status is Status.BUSY:
            self.counters.busy_answers += 1
        else:
            self.counters.refused_accesses += 1


def _check_alignment(value: int) -> None:
    if value % 4:
        raise BadAlignment(value)


def _check_block(address: int, count: int, longest: int = gvcp.MAX_MEM_BYTES) -> None:
    if not 0 < count <= longest:
        raise InvalidParameter(f"a block has 1 to {longest} bytes, not {count}")
    _check_alignment(address)
    _check_alignment(count)


def _device_run(pairs: Sequence[tuple[int, int]], start: int) -> Sequence[tuple[int, int]]:
    """Pairs from `start` on that go to the device in one call: up to CCP or an unaligned address."""
    end = start + 1
    while end < len(pairs) and pairs[end][0] != _CCP and not pairs[end][0] % 4:
        end += 1
    return pairs[start:end]
