"""Loads a description, and says whether that went well: a process of its own, see `guard.py` beside it.

Run as a file and not imported, so that nothing but GenApi is loaded. From standard input come the length of the
description (8 bytes), the description, then blocks of registers: address (8 bytes), length (4 bytes), bytes.
"""

from __future__ import annotations

import re
import struct
import sys
from bisect import bisect_right
from importlib import import_module
from typing import Any

MAX_READ_BYTES = 64 << 20
MAX_NODES = 200_000
_CHUNK_OR_EVENT = {"ChunkID", "pChunkID", "EventID"}


class Refused(Exception):
    """Why the description cannot be used."""


def _limit(memory_bytes: int, cpu_s: int) -> None:
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    limits = (
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_STACK, 4 << 20),  # half of the usual: what recurses deeply here has room in the camera
        (resource.RLIMIT_NOFILE, 3),  # what is open stays so; no file is opened any more
    )
    for what, value in limits:
        try:
            resource.setrlimit(what, (value, value))
        except (ValueError, OSError):  # not on this system: the parent still watches the time
            continue


def _blocks(data: memoryview) -> dict[int, bytes]:
    blocks, at = {}, 0
    while at < len(data):
        address, length = struct.unpack_from(">QI", data, at)
        blocks[address] = bytes(data[at + 12 : at + 12 + length])
        at += 12 + length
    return blocks


def probe(genapi: Any, text: str, blocks: dict[int, bytes]) -> None:
    """Load a description with GenApi and look at each node once.

    Raises
    ------
    Refused
        It is too large, or GenApi does not take it.
    """
    node_map = genapi.NodeMap()
    try:
        node_map.load_xml_from_string(text)
    except MemoryError:
        raise
    except Exception as error:  # GenApi has a dozen of classes, some of them plain RuntimeError
        raise Refused(f"GenApi does not take it: {reason(error)}") from None
    nodes = node_map.nodes
    if len(nodes) > MAX_NODES:
        raise Refused(f"{len(nodes)} nodes; at most {MAX_NODES}")
    ports = [n.node for n in nodes if type(n).__name__ == "IPort" and not _CHUNK_OR_EVENT & set(n.node.property_names)]
    if not ports:
        raise Refused("names no port to the camera's registers")
    port = _port(genapi, blocks)
    for one in ports:
        node_map.connect(port, one.name)
    for node in nodes:
        if _length(node) > MAX_READ_BYTES:
            raise Refused(f"{node.node.name}: a register of {_length(node)} bytes; at most {MAX_READ_BYTES >> 20} MB")
        _look_at(node)


def _port(genapi: Any, blocks: dict[int, bytes]) -> Any:
    """Registers as saved; the others read zero, and nothing is kept."""
    starts = sorted(blocks)

    class Port(genapi.AbstractPort):  # type: ignore[misc]
        def read(self, address: int, length: int) -> bytes:
            index = bisect_right(starts, address) - 1
            if index < 0:
                return bytes(length)
            offset = address - starts[index]
            return blocks[starts[index]][offset : offset + length].ljust(length, b"\0")

        def write(self, address: int, value: bytes) -> None:
            pass

        def get_access_mode(self) -> object:
            return genapi.EAccessMode.RW

    return Port()


def _length(node: object) -> int:
    try:
        return int(getattr(node, "length", 0))
    except MemoryError:
        raise
    except Exception:  # not a register, or with these registers without a length
        return 0


def _look_at(node: object) -> None:
    for what in ("get_access_mode", "value", "min", "max", "inc", "address"):
        try:
            found = getattr(node, what, None)
            if what == "get_access_mode" and callable(found):
                found()
        except MemoryError:
            raise
        except Exception:  # noqa: S112 - unavailable with these registers, divided by zero: nothing that hurts
            continue


def reason(error: BaseException) -> str:
    """One line of what GenApi says, without the class of the exception and the place in GenApi's own source."""
    line = re.sub(r"\s*:\s*\w+Exception thrown .*|\s*\(file '[^']*', line \d+\)", "", " ".join(str(error).split()))
    return re.sub(r"^(WARNING|ERROR)\s*:\s*", "", line)[:300] or type(error).__name__


def _genapi() -> Any:
    try:
        return import_module("genicam.genapi")
    except ImportError as error:
        raise Refused(f"GenApi cannot be loaded, install genicam for this Python: {reason(error)}") from None


def main(arguments: list[str]) -> None:
    """Answer `ok`, or why not, in one line on standard output."""
    package_folder, memory_bytes, cpu_s = arguments
    sys.path.insert(0, package_folder)
    data = memoryview(sys.stdin.buffer.read())
    (length,) = struct.unpack_from(">Q", data)
    answer = "ok"
    try:
        genapi = _genapi()  # before no file can be opened any more
        _limit(int(memory_bytes), int(cpu_s))
        probe(genapi, str(data[8 : 8 + length], "utf-8"), _blocks(data[8 + length :]))
    except Refused as error:
        answer = str(error)
    except MemoryError:
        answer = "memory"
    sys.stdout.buffer.write(answer.encode(errors="replace"))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
