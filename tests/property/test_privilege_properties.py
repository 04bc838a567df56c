"""Two clients and a bystander at a whole camera, in any order, against the rules in words.

The rules (GigE Vision 2.x, "Control Channel Privilege", "Heartbeat", "Primary Application Switchover"): without control
nobody writes. One client has control; the others read, but nothing while it is exclusive. With switchover enabled
another client takes over with the key. Control ends when its owner gives it back, or is silent for the timeout, which
is 500 ms or more; then the channels are closed and the registers of the primary application are 0. Requests for lost
packets and discovery are anybody's, and keep nobody's control alive but the owner's.
"""

from __future__ import annotations

from functools import cache

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tiscam_emu.camera.core import Camera, load
from tiscam_emu.errors import Status
from tiscam_emu.gvcp.effects import ResendRequested, SendDatagram
from tiscam_emu.gvcp.engine import ControlEngine
from tiscam_emu.spec.model import CameraModel
from tiscam_emu.units import NS_PER_MS
from tiscam_emu.wire import gvcp, gvcp_codec
from tiscam_emu.wire.endpoint import Endpoint

CCP, HEARTBEAT, CONFIGURATION, KEY = 0x0A00, 0x0938, 0x0954, 0x095C
OWNER_PORT, OWNER_HOST = 0x0A04, 0x0A14
SCP, SCPD, SCDA = 0x0D00, 0x0D08, 0x0D18
LOOPBACK = 0x7F00_0001
A, B = Endpoint("127.0.0.1", 40_001), Endpoint("127.0.0.1", 40_002)
BYSTANDER = Endpoint("127.0.0.9", 40_001)
CLIENTS = st.sampled_from([A, B])
ANYBODY = st.sampled_from([A, B, BYSTANDER])


@cache
def _model() -> CameraModel:
    return load("33GP1300")


class ControlOfACamera(RuleBasedStateMachine):
    """The camera on one side, the rules on the other."""

    def __init__(self) -> None:
        super().__init__()
        self.camera = Camera(_model())
        self.engine = ControlEngine(self.camera)
        self.now = 0
        self.req_id = 0
        self.owner: Endpoint | None = None
        self.ccp = 0
        self.heard = 0
        self.timeout_ms = 3000
        self.heartbeat = True
        self.key = 0
        self.port = 0
        self.delay = 0

    @property
    def deadline(self) -> int | None:
        if self.owner is None or not self.heartbeat:
            return None
        return self.heard + self.timeout_ms * NS_PER_MS

    def _ask(self, client: Endpoint, command: gvcp.Cmd) -> gvcp.Ack:
        (effect,) = self.engine.receive(gvcp_codec.build_command(command), client, self.now)
        assert isinstance(effect, SendDatagram)
        assert effect.peer == client
        if client == self.owner:
            self.heard = self.now
        return gvcp_codec.parse_ack(effect.data)

    def _next(self) -> int:
        self.req_id += 1
        return self.req_id

    def _write(self, client: Endpoint, address: int, value: int) -> bool:
        """Whether the camera took it, which only the owner can expect."""
        ack = self._ask(client, gvcp.WriteRegCmd(self._next(), ((address, value),)))
        allowed = client == self.owner
        assert ack.status is (Status.SUCCESS if allowed else Status.ACCESS_DENIED)
        return allowed

    def _word(self, address: int) -> int:
        return int.from_bytes(self.camera.read(address, 4, self.now), "big")

    def _gains(self, client: Endpoint, ccp: int) -> None:
        self.owner, self.ccp, self.heard = client, ccp, self.now

    def _ends(self) -> None:
        self.owner, self.ccp, self.port = None, 0, 0

    @rule(client=CLIENTS, ccp=st.sampled_from([1, 2, 3, 6, 7]), right_key=st.booleans())
    def claim(self, client: Endpoint, ccp: int, right_key: bool) -> None:
        key = self.key if right_key else self.key ^ 1
        free = self.owner in {None, client}
        allowed = free or (self.ccp in {4, 6} and right_key)
        before = (self.owner, self.ccp)
        ack = self._ask(client, gvcp.WriteRegCmd(self._next(), ((CCP, key << 16 | ccp),)))
        assert ack.status is (Status.SUCCESS if allowed else Status.ACCESS_DENIED)
        if allowed and before != (client, ccp):
            self._gains(client, ccp)

    @rule(client=CLIENTS)
    def let_go(self, client: Endpoint) -> None:
        allowed = self.owner in {None, client}
        ack = self._ask(client, gvcp.WriteRegCmd(self._next(), ((CCP, 0),)))
        assert ack.status is (Status.SUCCESS if allowed else Status.ACCESS_DENIED)
        if allowed:
            self._ends()

    @rule(client=CLIENTS, value=st.integers(0, 1_000_000))
    def write(self, client: Endpoint, value: int) -> None:
        if self._write(client, SCPD, value):
            self.delay = value

    @rule(client=CLIENTS, value=st.integers(0, 1_000_000))
    def write_a_block(self, client: Endpoint, value: int) -> None:
        ack = self._ask(client, gvcp.WriteMemCmd(self._next(), SCPD, value.to_bytes(4, "big")))
        if client == self.owner:
            assert ack == gvcp.WriteMemAck(self.req_id, 4)
            self.delay = value
        else:
            assert ack.status is Status.ACCESS_DENIED

    @rule(client=ANYBODY)
    def read(self, client: Endpoint) -> None:
        shut_out = bool(self.ccp & 1) and client != self.owner
        for command in (gvcp.ReadRegCmd(self._next(), (SCPD,)), gvcp.ReadMemCmd(self._next(), SCPD, 4)):
            assert self._ask(client, command).status is (Status.ACCESS_DENIED if shut_out else Status.SUCCESS)

    @rule(client=CLIENTS, port=st.integers(1024, 65535))
    def open_stream(self, client: Endpoint, port: int) -> None:
        self._write(client, SCDA, LOOPBACK)
        if self._write(client, SCP, port):
            self.port = port

    @rule(client=CLIENTS)
    def close_stream(self, client: Endpoint) -> None:
        if self._write(client, SCP, 0):
            self.port = 0

    @rule(client=CLIENTS, timeout_ms=st.sampled_from([0, 100, 500, 1200, 3000]))
    def set_timeout(self, client: Endpoint, timeout_ms: int) -> None:
        if self._write(client, HEARTBEAT, timeout_ms):
            self.timeout_ms = max(500, timeout_ms)

    @rule(client=CLIENTS, disabled=st.booleans())
    def switch_the_heartbeat(self, client: Endpoint, disabled: bool) -> None:
        if self._write(client, CONFIGURATION, int(disabled)):
            self.heartbeat = not disabled

    @rule(client=CLIENTS, key=st.integers(0, 0xFFFF))
    def set_key(self, client: Endpoint, key: int) -> None:
        if self._write(client, KEY, key):
            self.key = key

    @rule(client=ANYBODY, first=st.integers(0, 5), last=st.one_of(st.none(), st.integers(0, 9)))
    def ask_for_lost_packets(self, client: Endpoint, first: int, last: int | None) -> None:
        command = gvcp.PacketResendCmd(self._next(), 0, 1, first, last)
        (effect,) = self.engine.receive(gvcp_codec.build_command(command), client, self.now)
        assert isinstance(effect, ResendRequested)
        if client == self.owner:
            self.heard = self.now

    @rule(client=ANYBODY)
    def discover(self, client: Endpoint) -> None:
        effects = self.engine.receive(
            gvcp_codec.build_command(gvcp.DiscoveryCmd(self._next(), flags=1)), client, self.now
        )
        assert len(effects) <= 1  # a flood is not answered
        if client == self.owner:
            self.heard = self.now

    @rule(client=CLIENTS, datagram=st.binary(max_size=40))
    def send_nonsense(self, client: Endpoint, datagram: bytes) -> None:
        self.engine.receive(b"\0" + datagram, client, self.now)

    @rule(ms=st.integers(1, 1500))
    def wait(self, ms: int) -> None:
        self.now += ms * NS_PER_MS
        self.engine.advance(self.now)
        if (deadline := self.deadline) is not None and self.now >= deadline:
            self._ends()

    @precondition(lambda self: self.deadline is not None)
    @rule()
    def wait_until_just_before_control_is_lost(self) -> None:
        assert self.deadline is not None
        if self.deadline > self.now:
            self.now = self.deadline - 1
            self.engine.advance(self.now)

    @invariant()
    def camera_and_rules_agree(self) -> None:
        deadline = self.deadline
        if deadline is not None and deadline <= self.now:  # the timeout was shortened; seen at the next step of time
            self.engine.advance(self.now)
            self._ends()
        assert (self.engine.controller, self.engine.ccp) == (self.owner, self.ccp)
        assert self.engine.next_wakeup() == self.deadline
        assert self._word(CCP) == self.ccp
        assert self._word(OWNER_PORT) == (self.owner.port if self.owner else 0)
        assert self._word(OWNER_HOST) == (LOOPBACK if self.owner else 0)
        assert self.camera.stream.port == self.port
        assert self._word(SCPD) == self.delay


TestControlOfACamera = ControlOfACamera.TestCase
TestControlOfACamera.settings = settings(deadline=None, derandomize=True, max_examples=40, stateful_step_count=40)
