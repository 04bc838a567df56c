"""What is told of a camera's own description before it is served."""

from __future__ import annotations

from pathlib import Path

from tiscam_emu.foreign import guard, source


def text(path: Path) -> str:
    """What `tiscam-emu inspect` prints of a description.

    Raises
    ------
    SpecError
        It is none, or cannot be used; one line.
    """
    description = source.read(path)
    guard.check(description)
    from genicam import genapi  # noqa: PLC0415 - of an extra, and only here

    node_map = genapi.NodeMap()
    node_map.load_xml_from_string(description.text)
    info, version = node_map.device_info, node_map.device_info.get_schema_version()
    return (
        f"{info.vendor_name} {info.model_name}: GenICam schema {version.Major}.{version.Minor}.{version.SubMinor}, "
        f"{len(node_map.nodes)} nodes"
    )
