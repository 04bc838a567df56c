"""Events inside the callbacks of the reference implementation of GenICam: the arguments are those of what happened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree
from tests.contract.cameras import KEYS, load
from tests.contract.node_map import LOOPBACK, NodeBench, genapi

from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.gvcp.messages import MessageChannel
from tiscam_emu.units import NS_PER_MS, NS_PER_S
from tiscam_emu.wire.messages import EventMessage, MessageSettings

MODELS = [key for key in KEYS if "EventSelector" in load(key).features]


class Listener:
    """State: a client that looks at all nodes of an event in the callback of each, and what it has seen there."""

    def __init__(self, model: str) -> None:
        self.bench = NodeBench(model)
        self.adapter = genapi.EventAdapterGEV(self.bench.nodes.pointer)
        self.seen: list[tuple[str, list[int]]] = []
        self._watches: list[object] = []
        self._channel = MessageChannel()
        self._channel.configure(MessageSettings("127.0.0.1", 30_000))

    def watch(self) -> None:
        """Be called for every node of every event from now on."""
        self._watches = [genapi.register(self.bench.nodes.get_node(n).node, self._called) for n in self.arguments()]

    def leave(self) -> None:
        """Watch nothing any more."""
        for watch in self._watches:
            genapi.deregister(watch)
        self.adapter.detach_node_map()

    def arguments(self, event_id: int | None = None) -> dict[str, BoundFeature]:
        """Features whose data come with an event; without an id, with any."""
        found = {}
        for name, feature in self.bench.camera.model.features.items():
            port = feature.declaration.port
            if port is not None and port.kind == "event" and event_id in {None, port.id}:
                found[name] = feature
        return found

    def _called(self, node: Any) -> None:
        port = self.arguments()[node.node.name].declaration.port
        assert port is not None
        self.seen.append((node.node.name, [self._value(name) for name in self.arguments(port.id)]))

    def _value(self, name: str) -> int:
        value: int = self.bench.nodes.get_node(name).value
        return value

    def happen(self) -> list[EventMessage]:
        """Triggers taken and missed, edges, tests and moves of the lens; what the camera tells of them."""
        bench, camera = self.bench, self.bench.camera
        for feature, entry in {"TriggerMode": "On", "TriggerSource": "Line1", "ExposureAuto": "Off"}.items():
            bench.nodes.get_node(feature).from_string(entry)
        for name, value in {"ExposureTime": 5000, "Zoom": 200, "Focus": 300, "AcquisitionStart": 1}.items():
            if name in camera.model.features:
                bench.write(name, value)
        edges = [(at * NS_PER_MS, at % 2 == 1) for at in (101, 102, 103, 104, 501, 502, 503, 504)]
        camera.line1.pulses(edges)
        for second in range(1, 5):
            bench.now = second * NS_PER_S
            camera.advance(bench.now)
            bench.write("TestEventGenerate", 1)
        return camera.take_messages()

    def deliver(self, message: EventMessage) -> None:
        """As it leaves the message channel."""
        for effect in self._channel.post(message, self.bench.now):
            self.adapter.deliver_message(effect.data)


@pytest.fixture
def listener(model: str) -> Iterator[Listener]:
    listener = Listener(model)
    nodes = listener.bench.nodes
    channels = {"GevMCDA": LOOPBACK, "GevMCPHostPort": 30_000, "GevSCDA": LOOPBACK, "GevSCPHostPort": 5000}
    for name, value in channels.items():
        listener.bench.write(name, value)
    for entry in listener.bench.camera.model.features["EventSelector"].entries:
        nodes.EventSelector.from_string(entry.name)
        nodes.EventNotification.from_string("On")
    yield listener
    listener.leave()


@pytest.mark.parametrize("ids", ["Off", "On"], ids=["16-bit ids", "64-bit ids"])
@pytest.mark.parametrize("model", MODELS)
def test_arguments_in_a_callback_are_those_of_the_event_that_fired(listener: Listener, ids: str) -> None:
    listener.bench.nodes.GevGVSPExtendedIDMode.from_string(ids)
    listener.watch()
    messages = listener.happen()
    assert not listener.seen
    assert len({message.event_id for message in messages}) == len(
        listener.bench.camera.model.features["EventSelector"].entries
    )
    for message in messages:
        listener.seen.clear()
        listener.deliver(message)
        assert sorted(name for name, _ in listener.seen) == sorted(listener.arguments(message.event_id))
        data = [int.from_bytes(message.data, "big")] if message.data else []
        for _, (_, timestamp, *others) in listener.seen:
            assert (timestamp, others) == (message.timestamp, data)


@pytest.mark.parametrize("model", MODELS)
def test_description_has_one_port_for_an_event_and_a_category_of_its_own(model: str) -> None:
    bench = NodeBench(model)
    root = etree.fromstring(bench.camera.xml)
    ids = [node.text for node in root.iterfind("{*}Port/{*}EventID")]
    entries = bench.camera.model.features["EventSelector"].entries
    assert len(ids) == len(set(ids)) == len(entries)
    shown = {node.node.name for node in bench.nodes.EventControl.features}
    assert {f"Event{entry.name}Data" for entry in entries} <= shown
