"""Small descriptions of our own, each made for what it shows."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable

import pytest

collect_ignore = [] if os.environ.get("TISCAM_EMU_FOREIGN_CAMERAS") else ["test_foreign_real_files.py"]
"""Descriptions of real cameras are other people's: who has some names their folder."""
HEADER = (
    '<RegisterDescription ModelName="Tiny" VendorName="Nobody" StandardNameSpace="GEV" SchemaMajorVersion="1" '
    'SchemaMinorVersion="1" SchemaSubMinorVersion="0" MajorVersion="1" MinorVersion="0" SubMinorVersion="0" '
    'ProductGuid="11111111-1111-1111-1111-111111111111" VersionGuid="22222222-2222-2222-2222-222222222222" '
    'xmlns="http://www.genicam.org/GenApi/Version_1_1">'
)
PORT = '<Port Name="Device"/>'
WIDTH = (
    '<Category Name="Root"><pFeature>Width</pFeature></Category>'
    '<Integer Name="Width"><pValue>WidthReg</pValue><Min>16</Min><Max>640</Max></Integer>'
    '<IntReg Name="WidthReg"><Address>0xa000</Address><Length>4</Length><AccessMode>RW</AccessMode>'
    "<pPort>Device</pPort><Sign>Unsigned</Sign><Endianess>BigEndian</Endianess></IntReg>"
)


def describe(nodes: str = WIDTH) -> bytes:
    """A description with one port and these nodes."""
    return f'<?xml version="1.0" encoding="utf-8"?>{HEADER}{nodes}{PORT}</RegisterDescription>'.encode()


def zip_of(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def description() -> Callable[..., bytes]:
    return describe


@pytest.fixture
def zipped() -> Callable[..., bytes]:
    return zip_of
