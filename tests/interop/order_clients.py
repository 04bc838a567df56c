"""What plays the orders that are not Aravis': plain sockets, and the GenICam reference implementation."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, Self

import yaml
from tests.interop.emulator import CLIENTS, GI_PYTHON
from tests.interop.genapi_session import controlled, streaming
from tests.interop.gvcp_client import GvcpClient, GvspReceiver, Refused
from tests.interop.order_player import Client, Failed, Player, Step

ORDERS = Path(__file__).with_name("orders")
_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Order:
    """What a program does, where that is written, and for which models it is played."""

    name: str
    program: str
    source: str
    client: str
    models: Sequence[str]
    steps: Sequence[Step]
    camera: dict[str, Any] = field(default_factory=dict)
    blocks: Sequence[Any] = ()

    @classmethod
    def load(cls, path: Path) -> Self:
        """From its file."""
        return cls(path.stem, **yaml.safe_load(path.read_text("utf-8")))


def orders() -> list[Order]:
    """All, by name."""
    return [Order.load(path) for path in sorted(ORDERS.glob("*.yaml"))]


def play(
    order: Order, address: str, deeds: Mapping[str, Callable[[], None]] | None = None, *, within: Sequence[str] = ()
) -> list[str]:
    """What went wrong on the camera at `address`, one line for each.

    `deeds` are done when the order asks for them; `within` runs a program on Aravis elsewhere, in another namespace.
    """

    def ask(what: str) -> None:
        (deeds or {})[what]()

    if order.client == "aravis":
        return _play_with_aravis(order, address, ask, within)
    with ExitStack() as stack:

        def raw(_: str) -> RawClient:
            return stack.enter_context(RawClient(address))

        def genapi(_: str) -> GenApiClient:
            return GenApiClient(*stack.enter_context(controlled(address)))

        clients: dict[str, Callable[[str], Client]] = {"raw": raw, "genapi": genapi}
        player = Player(clients[order.client], ask, address=address)
        player.play(order.steps)
        return player.problems


def _play_with_aravis(order: Order, address: str, ask: Callable[[str], None], within: Sequence[str]) -> list[str]:
    job = json.dumps({"camera": address, "steps": order.steps, "names": {"address": address}})
    command = [*within, GI_PYTHON, str(CLIENTS / "aravis_order.py"), job]
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True) as client,
    ):
        assert client.stdin is not None
        assert client.stdout is not None
        last = ""
        for line in client.stdout:
            last = line
            if line.startswith("ask "):
                ask(line.removeprefix("ask ").strip())
                client.stdin.write("\n")
                client.stdin.flush()
        assert client.wait(_TIMEOUT_S) == 0, _text(errors)
    answer: dict[str, Any] = json.loads(last)
    problems: list[str] = answer["problems"] if "problems" in answer else [answer["error"]]
    return problems


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read())


class RawClient(GvcpClient):
    """State: a client of plain sockets, and the stream that it listens to."""

    receiver: GvspReceiver | None = None

    def __exit__(self, *error: Any) -> None:
        self.stop_listening()
        super().__exit__(*error)

    def call(self, method: str, *arguments: Any) -> Any:
        """A method by its name; what the camera refuses has failed."""
        try:
            return getattr(self, method)(*arguments)
        except Refused as refusal:
            raise Failed(f"{method} {arguments}: {refusal}") from None
        except TimeoutError:
            raise Failed(f"{method} {arguments}: no answer") from None

    def discovery(self) -> dict[str, Any]:
        """What this camera tells of itself to everybody."""
        return self._discovery(lambda told: told["address"] == self.address)

    def discovery_of(self, mac: str) -> dict[str, Any]:
        """What the camera with this MAC tells, wherever it is."""
        return self._discovery(lambda told: told["mac"] == mac)

    def _discovery(self, ours: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        with GvcpClient("255.255.255.255") as everybody:
            everybody.send(0x0002, b"", req_id=1)
            while not ours(told := _told(everybody.receive().payload)):
                pass
        return told

    def force_ip(self, mac: str, address: str, netmask: str, gateway: str) -> int:
        """FORCEIP to everybody: its status."""
        values = map(socket.inet_aton, (address, netmask, gateway))
        payload = b"\0\0" + bytes.fromhex(mac) + b"".join(b"\0" * 12 + value for value in values)
        with GvcpClient("255.255.255.255") as everybody:
            everybody.send(0x0004, payload, req_id=2)
            return everybody.receive().status

    def text(self, register: int, count: int) -> str:
        """A text register."""
        return self.read_memory(register, count).split(b"\0")[0].decode()

    def status_of_read_memory(self, register: int, count: int) -> int:
        """READMEM: the status alone."""
        return self.command(0x0084, struct.pack(">IHH", register, 0, count)).status

    def own_port(self) -> int:
        """Where this client's commands come from."""
        return int(self.socket.getsockname()[1])

    def prepare(self, width: int, height: int, rate: float) -> None:
        """A small and slow picture, so that nothing is lost on a busy computer."""
        from tests.interop.genapi_camera import GenApiCamera

        self.nodes = GenApiCamera(self)
        self.nodes["Width"], self.nodes["Height"], self.nodes["AcquisitionFrameRate"] = width, height, rate

    def run(self) -> None:
        """AcquisitionStart."""
        self.nodes.execute("AcquisitionStart")

    def halt(self) -> None:
        """AcquisitionStop."""
        self.nodes.execute("AcquisitionStop")

    def listen(self, group: str, port: int) -> int:
        """Join the group; with port 0 on a port of its own, which is returned."""
        self.receiver = GvspReceiver(group=group, port=port)
        return self.receiver.port

    def hear(self, count: int) -> list[int]:
        """The bytes of the next complete frames."""
        assert self.receiver is not None
        return [len(self.receiver.block().payload) for _ in range(count)]

    def stop_listening(self) -> None:
        """Leave."""
        if self.receiver is not None:
            self.receiver.socket.close()
            self.receiver = None

    def _none(self, *_: Any) -> NoReturn:
        raise Failed("a client of plain sockets knows registers, not features")

    write = read = there = bounds = execute = frames = _none


def _told(ack: bytes) -> dict[str, Any]:
    def text(begin: int, length: int) -> str:
        return ack[begin : begin + length].split(b"\0")[0].decode()

    def ip(begin: int) -> str:
        return socket.inet_ntoa(ack[begin : begin + 4])

    return {
        "mac": ack[0x0A:0x10].hex(),
        "mode": ack[0x14:0x18],
        "address": ip(0x24),
        "netmask": ip(0x34),
        "gateway": ip(0x44),
        "vendor": text(0x48, 32),
        "model": text(0x68, 32),
        "version": text(0x88, 32),
        "serial": text(0xD8, 16),
        "user_name": text(0xE8, 16),
    }


class GenApiClient:
    """A client in control that sees the camera as GenApi does, locks included."""

    def __init__(self, client: GvcpClient, nodes: Any) -> None:
        self.client, self.nodes = client, nodes

    def _do(self, name: str, function: Callable[[Any], Any]) -> Any:
        from genicam.genapi import GenericException

        try:
            return function(self.nodes.nodes.get_node(name))
        except (GenericException, Refused) as error:
            raise Failed(f"{name}: {error}") from None

    def write(self, name: str, value: Any) -> None:
        """As the node's type takes it."""
        self._do(name, lambda node: setattr(node, "value", value))

    def read(self, name: str) -> Any:
        """Its value."""
        return self._do(name, lambda node: node.value)

    def there(self, name: str) -> bool:
        """Whether the description has it and it is available."""
        from genicam.genapi import EAccessMode, GenericException

        try:
            return self.nodes.nodes.get_node(name).get_access_mode() not in {EAccessMode.NI, EAccessMode.NA}
        except GenericException:
            return False

    def bounds(self, name: str) -> Sequence[Any]:
        """The smallest and the largest."""
        return [self._do(name, lambda node: node.min), self._do(name, lambda node: node.max)]

    def execute(self, name: str) -> None:
        """A command."""
        self._do(name, lambda node: node.execute())

    def call(self, method: str, *arguments: Any) -> Any:
        """None: programs on GenApi see features alone."""
        raise Failed(f"GenApi has no {method}{arguments}")

    def frames(self, _: Step) -> Generator[dict[str, Any], None, None]:
        """The complete frames of one acquisition."""
        with streaming(self.client, self.nodes) as receiver:
            while True:
                yield {"bytes": len(receiver.block().payload)}
