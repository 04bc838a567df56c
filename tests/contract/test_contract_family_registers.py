"""Registers known of the family, from family_registers.csv: the description names them, and the camera answers there.

The table holds what a sibling's own description shows, under the names that the features have in our models' manuals.
Bits count from the least significant one; `per_unit` is the register's value for 1 of the feature's unit. `do` is the
code of a command. The sibling's AcquisitionStart and AcquisitionStop are readable; ours are write-only, so that no
client takes one of them for never done.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from lxml import etree
from tests.contract.node_map import NodeBench, genapi

from tiscam_emu.errors import Status
from tiscam_emu.spec.catalog import model_keys

Row = dict[str, str]

_TABLE = Path(__file__).with_name("family_registers.csv")
_ROWS: list[Row] = list(csv.DictReader(_TABLE.read_text(encoding="utf-8").splitlines()))


@cache
def _bench(model: str) -> NodeBench:
    return NodeBench(model)


@cache
def _description(model: str) -> dict[str, etree._Element]:
    root = etree.fromstring(_bench(model).camera.xml)
    return {str(node.get("Name")): node for node in root if node.get("Name")}


@pytest.fixture
def bench(model: str) -> Iterator[NodeBench]:
    bench = _bench(model)
    yield bench
    bench.power_up()


def _cases(wanted: Callable[[Row], bool] = bool) -> list[object]:
    return [
        pytest.param(model, row, id=f"{model}-{row['feature']}")
        for model in model_keys()
        for row in _ROWS
        if row["feature"] in _bench(model).camera.model.features and wanted(row)
    ]


def _bits(row: Row) -> tuple[int, int]:
    low, _, high = row["bits"].partition("-")
    return int(low), int(high)


def _entries(row: Row) -> dict[str, int]:
    pairs = (entry.partition("=") for entry in row["entries"].split("|") if entry)
    return {name: int(value, 0) for name, _, value in pairs}


def _write(bench: NodeBench, row: Row, number: int) -> Status:
    """Put a number into the bits that the table says, as a client that knows nothing else would."""
    address, (low, high) = int(row["address"], 0), _bits(row)
    mask = (1 << high - low + 1) - 1 << low
    others = 0 if row["access"] == "WO" else int.from_bytes(bench.camera.read(address, 4, bench.now), "big") & ~mask
    return bench.write_bytes(address, (others | number << low).to_bytes(4, "big"))


def _read(bench: NodeBench, row: Row) -> int:
    low, high = _bits(row)
    word = int.from_bytes(bench.camera.read(int(row["address"], 0), 4, bench.now), "big")
    return word >> low & (1 << high - low + 1) - 1


def test_table_has_no_feature_twice_and_every_one_is_in_some_model() -> None:
    names = [row["feature"] for row in _ROWS]
    assert len(set(names)) == len(names)
    assert set(names) <= {name for model in model_keys() for name in _bench(model).camera.model.features}


@pytest.mark.parametrize(("model", "row"), _cases())
def test_description_names_the_register(model: str, row: Row) -> None:
    nodes = _description(model)
    node = nodes[row["feature"]]
    while (target := node.findtext("{*}pValue")) is not None:
        node = nodes[target]
    (low, high), address = _bits(row), node.findtext("{*}Address")
    assert address is not None
    assert int(address, 0) == int(row["address"], 0)
    assert node.findtext("{*}Length") == "4"
    assert node.findtext("{*}Endianess") == "BigEndian"
    assert node.findtext("{*}pPort") == "Device"
    whole = node.tag.endswith("}IntReg")
    assert whole is ((low, high) == (0, 31) or row["access"] == "WO")
    if not whole:
        bit = node.findtext("{*}Bit")
        found = (bit, bit) if bit else (node.findtext("{*}LSB"), node.findtext("{*}MSB"))
        assert found == (str(31 - low), str(31 - high))
    if row["unit"]:
        assert nodes[row["feature"]].findtext("{*}Unit") == row["unit"]


@pytest.mark.parametrize(("model", "row"), _cases(lambda row: not row["entries"]))
def test_number_written_to_the_register_is_what_clients_read_and_the_other_way_round(
    bench: NodeBench, row: Row
) -> None:
    name, per_unit = row["feature"], float(row["per_unit"] or 1)
    if row["access"] == "RO":
        assert _read(bench, row) == bench.nodes.get_node(name).value * per_unit
        return
    bench.unlock(name)
    node = bench.nodes.get_node(name)
    highest = 1 if isinstance(node, genapi.IBoolean) else node.max * per_unit
    lowest = 0 if isinstance(node, genapi.IBoolean) else node.min * per_unit
    step = node.inc if isinstance(node, genapi.IInteger) else 1
    other = bench.read(name)
    for number in (int(-(-lowest // 1)), int(lowest) + 7 * step, int(highest // step * step)):
        if not lowest <= number <= highest:
            continue
        assert _write(bench, row, number) is Status.SUCCESS
        assert not bench.camera.take_forgiven()
        meant = bench.camera.state[name]
        assert meant * per_unit == pytest.approx(number)
        bench.write(name, other)
        bench.write(name, meant)
        assert _read(bench, row) == number


@pytest.mark.parametrize(("model", "row"), _cases(lambda row: bool(row["entries"])))
def test_entry_or_command_has_the_family_s_integer(bench: NodeBench, row: Row) -> None:
    name, node = row["feature"], bench.nodes.get_node(row["feature"])
    bench.unlock(name)
    for entry, number in _entries(row).items():
        if entry == "do":
            assert _write(bench, row, number) is Status.SUCCESS
            node.execute()
        elif entry in node.symbolics:
            assert _write(bench, row, number) is Status.SUCCESS
            assert bench.camera.state.entry(name) == entry
            node.from_string(entry)
            assert _read(bench, row) == number
    assert not bench.camera.take_forgiven()
