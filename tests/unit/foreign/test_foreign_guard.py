"""Descriptions made to do harm, each loaded in the child that has limits; all of them are made here."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest
from tests.unit.foreign.conftest import HEADER, PORT, WIDTH, describe

from tiscam_emu.errors import SpecError
from tiscam_emu.foreign.files import guard
from tiscam_emu.foreign.files.image import RegisterImage
from tiscam_emu.foreign.files.source import Description, described

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("genicam") is None, reason="no module genicam: PyPI package genicam"
)


def check(xml: bytes, *, image: RegisterImage | None = None, time_limit_s: int = 20) -> None:
    """As a file that somebody serves."""
    described(xml, "f.xml")
    guard.check(Description(xml, "f.xml", image, shown="f.xml"), time_limit_s=time_limit_s)


def refusal(xml: bytes, *, image: RegisterImage | None = None, time_limit_s: int = 20) -> str:
    with pytest.raises(SpecError) as error:
        check(xml, image=image, time_limit_s=time_limit_s)
    message = str(error.value)
    assert message.startswith("f.xml: ")
    assert "\n" not in message
    return message


def check_quietly(xml: bytes) -> str:
    """What the child alone says; nothing if it takes the description."""
    try:
        guard.check(Description(xml, "f.xml", shown="f.xml"), time_limit_s=10)
    except SpecError as error:
        return str(error).removeprefix("f.xml: ")
    return ""


def integer(name: str, inside: str = "<Value>1</Value>") -> str:
    return f'<Integer Name="{name}">{inside}</Integer>'


def register(address: str, length: str, kind: str = "StringReg") -> str:
    return f'<{kind} Name="R">{address}{length}<AccessMode>RW</AccessMode><pPort>Device</pPort></{kind}>'


def chain(length: int) -> str:
    return "".join(integer(f"N{i}", f"<pValue>N{i + 1}</pValue>") for i in range(length)) + integer(f"N{length}")


def fan(levels: int, base: str) -> str:
    """Each node asks two of the next level: 2 ** levels questions for whoever keeps no answer."""

    def knife(name: str, level: int) -> str:
        return (
            f'<IntSwissKnife Name="{name}{level}"><pVariable Name="A">A{level + 1}</pVariable>'
            f'<pVariable Name="B">B{level + 1}</pVariable><Formula>A+B</Formula></IntSwissKnife>'
        )

    knives = "".join(knife(name, level) for level in range(levels) for name in "AB")
    return knives + "".join(integer(f"{name}{levels}", base) for name in "AB")


def test_harmless_description_passes() -> None:
    check(describe())


@pytest.mark.parametrize(
    "nodes",
    [
        integer("A", "<pValue>B</pValue>") + integer("B", "<pValue>A</pValue>"),
        integer("A", "<pIsAvailable>B</pIsAvailable><Value>1</Value>") + integer("B", "<pValue>A</pValue>"),
        register("<pAddress>R</pAddress>", "<Length>4</Length>", "IntReg").replace(
            "</pPort>", "</pPort><Sign>Unsigned</Sign><Endianess>BigEndian</Endianess>"
        ),
    ],
)
def test_loop_of_references_is_refused(nodes: str) -> None:
    assert "cycle" in refusal(describe(nodes))


def test_reference_to_nothing_is_refused_with_its_name() -> None:
    assert "Nowhere" in refusal(describe(integer("A", "<pValue>Nowhere</pValue>")))


def test_description_without_a_port_is_refused() -> None:
    assert "names no port" in refusal(f"{HEADER}{integer('A')}</RegisterDescription>".encode())


def test_chain_of_60000_nodes_ends_in_a_refusal() -> None:
    message = refusal(describe(chain(60_000)), time_limit_s=10)

    assert "crash" in message or "more than 10 s" in message or "memory" in message


def test_nodes_that_double_the_work_at_each_level_end_with_the_time_limit() -> None:
    uncached = WIDTH.replace("<Sign>", "<Cachable>NoCache</Cachable><Sign>")

    assert "loading it takes more than 2 s" in refusal(
        describe(uncached + fan(60, "<pValue>WidthReg</pValue>")), time_limit_s=2
    )


def test_too_many_nodes_are_refused() -> None:
    nodes = "".join(f'<Node Name="N{i}"/>' for i in range(200_001))

    assert "nodes; at most 200000" in refusal(describe(nodes))


def test_more_elements_than_any_description_has_are_refused_unloaded() -> None:
    assert "more than 1000000 elements" in refusal(describe("<a/>" * 1_000_001))


def test_memory_limit_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MEMORY_LIMIT_BYTES", 150 << 20)
    text = "<Integer Name='A'><Description>" + "x" * (31 << 20) + "</Description><Value>1</Value></Integer>"

    message = refusal(describe(text))
    assert "of memory" in message or "GenApi" in message


@pytest.mark.parametrize("formula", ["1+" * 500_000 + "1", "(" * 500_000 + "1" + ")" * 500_000, "9**9**9**9**9**9"])
def test_huge_formula_harms_nobody(formula: str) -> None:
    xml = describe(f'<IntSwissKnife Name="A"><Formula>{formula}</Formula></IntSwissKnife>')

    assert check_quietly(xml) in {"", "GenApi ends with a crash on it"}


@pytest.mark.parametrize(
    "nodes",
    [
        register("<Address>0xa000</Address>", "<Length>0xffffffff</Length>"),
        integer("L", "<Value>4294967295</Value>") + register("<Address>0xa000</Address>", "<pLength>L</pLength>"),
    ],
)
def test_register_of_4_gb_is_refused(nodes: str) -> None:
    assert "R: a register of 4294967295 bytes; at most 64 MB" in refusal(describe(nodes))


def test_length_that_the_registers_make_huge_is_refused() -> None:
    nodes = WIDTH + register("<Address>0xb000</Address>", "<pLength>WidthReg</pLength>")
    image = RegisterImage({0xA000: b"\x7f\xff\xff\xff"})

    check(describe(nodes))
    assert "R: a register of 2147483647 bytes" in refusal(describe(nodes), image=image)


@pytest.mark.parametrize("address", ["0x100000000", "4294967296", "0xFFFFFFFFFFFF0000"])
def test_address_above_4_gb_is_refused_with_its_node(address: str) -> None:
    nodes = register(f"<Address> {address} </Address>", "<Length>4</Length>")

    assert "R: its address 0x" in refusal(describe(nodes))


def test_billion_laughs_are_refused() -> None:
    entities = "".join(f'<!ENTITY l{i + 1} "{f"&l{i};" * 10}">' for i in range(9))
    xml = f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]>{HEADER}{integer("A", "&l9;")}{PORT}</RegisterDescription>'

    assert "DOCTYPE" in refusal(xml.encode())


def test_include_of_a_file_is_refused() -> None:
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'

    assert "includes another file" in refusal(describe(include))


def test_leftover_namespace_of_an_include_is_taken() -> None:
    check(
        describe().replace(b"<RegisterDescription", b'<RegisterDescription xmlns:xi="http://www.w3.org/2001/XInclude"')
    )


@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file://{path}">]>' + HEADER + integer("A", "&e;") + PORT,
        '<!DOCTYPE x SYSTEM "file://{path}">' + HEADER + integer("A") + PORT,
        HEADER + '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://{path}"/>' + PORT,
    ],
)
def test_child_opens_no_file_that_a_description_names(xml: str, tmp_path: Path) -> None:
    """Past the check that refuses these; whoever opened the pipe would wait for a writer until the time is up."""
    os.mkfifo(tmp_path / "pipe")
    text = (xml.replace("{path}", str(tmp_path / "pipe")) + "</RegisterDescription>").encode()

    assert "more than" not in check_quietly(text)


def test_child_inherits_neither_the_environment_nor_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "struct.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    check(describe())


def test_missing_genapi_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)

    assert refusal(describe()) == (
        "f.xml: a camera's own description needs the extra tiscam-emu[foreign]: pip install 'tiscam-emu[foreign]'"
    )


def test_genapi_for_another_python_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "genicam").mkdir()
    (tmp_path / "genicam" / "genapi.py").write_text("import _genapi_of_python_2_7\n")
    monkeypatch.setattr(guard, "genapi_folder", lambda _shown: str(tmp_path))

    words = "GenApi cannot be loaded, install genicam for this Python: No module named '_genapi_of_python_2_7'"
    assert refusal(describe()) == f"f.xml: {words}"
