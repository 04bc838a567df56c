"""The control engine under arbitrary bytes and steps of time, and two clients against a model of the privilege."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tiscam_emu.errors import InvalidAddress, RegisterError, Status
from tiscam_emu.gvcp.effects import ResendRequested, SendDatagram
from tiscam_emu.gvcp.engine import ControlEngine
from tiscam_emu.units import NS_PER_MS
from tiscam_emu.wire import gvcp, gvcp_codec
from tiscam_emu.wire.endpoint import Endpoint

REPRODUCIBLE = settings(deadline=None, derandomize=True, max_examples=300)

CCP = 0x0A00
REGISTER = 0xA000
KEY = 0x1234
A, B = Endpoint("10.0.0.1", 40000), Endpoint("10.0.0.2", 40000)
CLIENTS = st.sampled_from([A, B])


class OneRegisterDevice:
    """One register at 0xA000, and CCP; `writes` counts executed writes."""

    heartbeat_timeout_ms = 1000
    heartbeat_disabled = False
    switchover_key = KEY
    mac = bytes(6)
    unconditional_action = False
    extended_status_2_0 = False
    pending_ack_enabled = False
    discovery_ack_delay_ms = 0

    def __init__(self, write_duration_ns: int = 0) -> None:
        self.words = {CCP: 0, REGISTER: 0}
        self.writes = 0
        self.actions: list[tuple[int | None, ...]] = []
        self.write_duration_ns = write_duration_ns
        self.unreported_ns = 0
        self.history: list[tuple[object, ...]] = []
        self.forgiven: list[RegisterError] = []

    def read(self, address: int, length: int, now: int) -> bytes:
        if address not in self.words or length != 4:
            raise InvalidAddress(address)
        self.read_ns = now
        return self.words[address].to_bytes(4, "big")

    def write(self, address: int, data: bytes, now: int) -> None:
        if address != REGISTER or len(data) != 4:
            raise InvalidAddress(address)
        self.words[REGISTER] = int.from_bytes(data, "big")
        self.writes += 1
        self.unreported_ns = self.write_duration_ns
        self.history.append(("write", now))

    def write_pairs(self, pairs: Sequence[tuple[int, int]], now: int) -> tuple[int, Status]:
        for count, (address, value) in enumerate(pairs):
            try:
                self.write(address, value.to_bytes(4, "big"), now)
            except InvalidAddress as error:
                return count, error.status
        return len(pairs), Status.SUCCESS

    def take_forgiven(self) -> list[RegisterError]:
        forgiven, self.forgiven = self.forgiven, []
        return forgiven

    def take_write_duration(self) -> int:
        duration, self.unreported_ns = self.unreported_ns, 0
        return duration

    def execute_action(
        self, device_key: int, group_key: int, group_mask: int, action_time: int | None, now: int
    ) -> Status | None:
        self.actions.append((device_key, group_key, group_mask, action_time, now))
        return [None, Status.SUCCESS, Status.NO_REF_TIME][device_key % 3]

    def force_ip(self, address: str, mask: str, gateway: str, now: int) -> bool:
        self.history.append(("force_ip", address, mask, gateway, now))
        return False

    def reaches(self, host: str) -> bool:
        return host.startswith("10.")

    def discovery(self) -> bytes:
        return bytes(248)

    def control_changed(self, ccp: int, owner: Endpoint | None, now: int) -> None:
        self.words[CCP] = ccp
        self.history.append(("control", ccp, owner, now))

    def release(self, now: int) -> None:
        self.history.append(("release", now))


def _write(engine: ControlEngine, peer: Endpoint, req_id: int, pair: tuple[int, int], now: int) -> Status:
    datagram = gvcp_codec.build_command(gvcp.WriteRegCmd(req_id, (pair,)))
    (effect,) = engine.receive(datagram, peer, now)
    assert isinstance(effect, SendDatagram)
    return gvcp_codec.parse_ack(effect.data).status


ADDRESSES = st.sampled_from([CCP, REGISTER, REGISTER + 2, 0xB000])
WORDS = st.one_of(st.sampled_from([0, 1, 2, 6]), st.integers(0, 2**32 - 1))
REQ_IDS = st.integers(1, 0xFFFF)
PAYLOADS = st.one_of(
    st.binary(max_size=60),
    st.lists(st.tuples(ADDRESSES, WORDS), max_size=4).map(
        lambda pairs: b"".join(address.to_bytes(4, "big") + value.to_bytes(4, "big") for address, value in pairs)
    ),
)
DATAGRAMS = st.one_of(
    st.binary(max_size=60),
    st.builds(
        lambda flags, code, req_id, payload: (
            bytes([0x42, flags]) + b"".join(part.to_bytes(2, "big") for part in (code, len(payload), req_id)) + payload
        ),
        st.integers(0, 255),
        st.one_of(st.sampled_from([int(code) for code in gvcp.Command]), st.integers(0, 0xFFFF)),
        st.integers(0, 0xFFFF),
        PAYLOADS,
    ),
)


@REPRODUCIBLE
@given(st.lists(DATAGRAMS, max_size=8))
@example([bytes.fromhex("42010086 0008 0001 00000a00 00000000")])
def test_bytes_of_a_stranger_never_raise_and_never_change_a_controlled_device(datagrams: list[bytes]) -> None:
    device = OneRegisterDevice()
    engine = ControlEngine(device)
    assert _write(engine, A, 1, (CCP, 2), 0) is Status.SUCCESS
    before = (dict(device.words), list(device.history))
    for datagram in datagrams:
        for effect in engine.receive(datagram, B, 1):
            assert isinstance(effect, SendDatagram | ResendRequested)
            assert effect.peer == B
    assert (device.words, device.history) == before
    assert (engine.ccp, engine.controller) == (2, A)


@REPRODUCIBLE
@given(st.lists(DATAGRAMS, max_size=8))
def test_bytes_of_the_owner_never_raise_and_get_at_most_one_answer_each(datagrams: list[bytes]) -> None:
    engine = ControlEngine(OneRegisterDevice())
    _write(engine, A, 1, (CCP, 2), 0)
    for datagram in datagrams:
        effects = engine.receive(datagram, A, 1)
        assert len(effects) <= 1
        for effect in effects:
            if isinstance(effect, SendDatagram):
                assert effect.data[6:8] == datagram[6:8]
                assert len(effect.data) <= 548


@REPRODUCIBLE
@given(st.lists(st.integers(0, 1500 * NS_PER_MS), max_size=10), st.integers(0, 3000 * NS_PER_MS))
def test_one_big_step_of_time_does_what_many_small_ones_do(steps: list[int], total: int) -> None:
    devices = OneRegisterDevice(), OneRegisterDevice()
    engines = [ControlEngine(device) for device in devices]
    for engine in engines:
        _write(engine, A, 1, (CCP, 2), 0)
    for now in sorted(step for step in steps if step < total):
        engines[0].advance(now)
    for engine in engines:
        engine.advance(total)
    assert devices[0].history == devices[1].history
    assert engines[0].next_wakeup() == engines[1].next_wakeup()
    assert engines[0].controller == engines[1].controller


@REPRODUCIBLE
@given(st.lists(DATAGRAMS, max_size=8), st.integers(1, 5000 * NS_PER_MS))
def test_bytes_of_the_owner_of_a_slow_device_never_raise_and_leave_nothing_behind(
    datagrams: list[bytes], duration_ns: int
) -> None:
    device = OneRegisterDevice(duration_ns)
    device.pending_ack_enabled = True
    engine = ControlEngine(device)
    _write(engine, A, 1, (CCP, 2), 0)
    for datagram in datagrams:
        assert len(engine.receive(datagram, A, 0)) <= 1
    engine.advance(duration_ns)
    wakeup = engine.next_wakeup()
    assert wakeup is None or wakeup > duration_ns


@REPRODUCIBLE
@given(
    st.lists(st.tuples(st.integers(0, 10), st.integers(0, 2000 * NS_PER_MS)), max_size=6),
    st.lists(st.integers(0, 3000 * NS_PER_MS), max_size=10),
)
def test_late_acknowledges_do_not_depend_on_the_steps_of_time(writes: list[tuple[int, int]], steps: list[int]) -> None:
    outcomes = []
    for moments in (sorted(steps), []):
        effects = []
        device = OneRegisterDevice()
        device.heartbeat_disabled = True
        engine = ControlEngine(device)
        _write(engine, A, 1, (CCP, 2), 0)
        for number, (value, duration_ns) in enumerate(writes):
            device.write_duration_ns = duration_ns
            command = gvcp.WriteRegCmd(2 + number, ((REGISTER, value),))
            effects += engine.receive(gvcp_codec.build_command(command), A, 0)
        for now in (*moments, 3000 * NS_PER_MS):
            effects += engine.advance(now)
        outcomes.append(effects)
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0]) == len(writes)


@REPRODUCIBLE
@given(
    st.lists(
        st.tuples(CLIENTS, st.builds(gvcp.ActionCmd, st.just(1), st.integers(0, 5), st.just(0), st.just(0))), max_size=8
    )
)
def test_no_client_has_the_same_action_executed_twice_in_a_row(actions: list[tuple[Endpoint, gvcp.ActionCmd]]) -> None:
    device = OneRegisterDevice()
    device.unconditional_action = True
    engine = ControlEngine(device)
    expected, last = [], dict[Endpoint, gvcp.ActionCmd]()
    for peer, action in actions:
        datagram = gvcp_codec.build_command(action)
        assert engine.receive(datagram, peer, 0) == engine.receive(datagram, peer, 0)
        if action.device_key % 3 == 0:  # not for this camera: looked at again every time, never remembered
            expected += [action.device_key] * 2
        elif last.get(peer) != action:
            expected.append(action.device_key)
            last[peer] = action
    assert [key for key, *_ in device.actions] == expected


class TwoClients(RuleBasedStateMachine):
    """Two clients fight for control; the model is written from the rules in words, not from the engine's table."""

    def __init__(self) -> None:
        super().__init__()
        self.device = OneRegisterDevice()
        self.engine = ControlEngine(self.device)
        self.now = 0
        self.req_id = 0
        self.owner: Endpoint | None = None
        self.ccp = 0
        self.heard = 0

    def _command(self, client: Endpoint) -> int:
        if client == self.owner:
            self.heard = self.now
        self.req_id += 1
        return self.req_id

    def _set(self, ccp: int, owner: Endpoint | None) -> None:
        self.ccp, self.owner, self.heard = ccp, owner, self.now

    @rule(client=CLIENTS, ccp=st.sampled_from([1, 2, 3, 6, 7]), key=st.sampled_from([0, KEY]))
    def claim(self, client: Endpoint, ccp: int, key: int) -> None:
        req_id = self._command(client)
        switchover = self.ccp == 6 and key == KEY
        allowed = self.owner in {None, client} or switchover
        status = _write(self.engine, client, req_id, (CCP, key << 16 | ccp), self.now)
        assert status is (Status.SUCCESS if allowed else Status.ACCESS_DENIED)
        if allowed:
            self._set(ccp, client)

    @rule(client=CLIENTS)
    def let_go(self, client: Endpoint) -> None:
        req_id = self._command(client)
        allowed = self.owner in {None, client}
        assert _write(self.engine, client, req_id, (CCP, 0), self.now) is (
            Status.SUCCESS if allowed else Status.ACCESS_DENIED
        )
        if allowed:
            self._set(0, None)

    @rule(client=CLIENTS, value=st.integers(0, 2**32 - 1), by_block=st.booleans())
    def write(self, client: Endpoint, value: int, by_block: bool) -> None:
        req_id = self._command(client)
        command: gvcp.Cmd = (
            gvcp.WriteMemCmd(req_id, REGISTER, value.to_bytes(4, "big"))
            if by_block
            else gvcp.WriteRegCmd(req_id, ((REGISTER, value),))
        )
        before = dict(self.device.words)
        datagram = gvcp_codec.build_command(command)
        (effect,) = self.engine.receive(datagram, client, self.now)
        assert isinstance(effect, SendDatagram)
        if client != self.owner:
            assert gvcp_codec.parse_ack(effect.data).status is Status.ACCESS_DENIED
            assert self.device.words == before
            return
        assert gvcp_codec.parse_ack(effect.data).status is Status.SUCCESS
        assert self.device.words[REGISTER] == value
        writes = self.device.writes
        assert self.engine.receive(datagram, client, self.now) == [effect]
        assert self.device.writes == writes

    @rule(client=CLIENTS)
    def read(self, client: Endpoint) -> None:
        datagram = gvcp_codec.build_command(gvcp.ReadRegCmd(self._command(client), (REGISTER,)))
        (effect,) = self.engine.receive(datagram, client, self.now)
        assert isinstance(effect, SendDatagram)
        shut_out = self.owner not in {None, client} and bool(self.ccp & 1)
        assert gvcp_codec.parse_ack(effect.data).status is (Status.ACCESS_DENIED if shut_out else Status.SUCCESS)

    @rule(ms=st.integers(1, 1200))
    def wait(self, ms: int) -> None:
        self.now += ms * NS_PER_MS
        self.engine.advance(self.now)
        if self.owner is not None and self.now - self.heard >= 1000 * NS_PER_MS:
            self._set(0, None)

    @invariant()
    def engine_and_model_agree(self) -> None:
        assert (self.engine.ccp, self.engine.controller) == (self.ccp, self.owner)
        assert self.device.words[CCP] == self.ccp
        assert self.engine.next_wakeup() == (None if self.owner is None else self.heard + 1000 * NS_PER_MS)

    @invariant()
    def control_is_released_exactly_when_it_ends(self) -> None:
        ends = [entry for entry in self.device.history if entry[0] == "control" and entry[1] == 0]
        assert len(ends) == sum(entry[0] == "release" for entry in self.device.history)


TestTwoClients = TwoClients.TestCase
TestTwoClients.settings = settings(REPRODUCIBLE, max_examples=60, stateful_step_count=30)
