"""Reading a camera's own description: a file FILE.xml or FILE.zip, or a folder that `tiscam-emu clone` saved.

Nothing is done here with what a description says; see :mod:`tiscam_emu.foreign.files.guard`.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, NoReturn
from xml.parsers import expat

from tiscam_emu.errors import SpecError
from tiscam_emu.foreign.files.image import ADDRESS_SPACE, RegisterImage, read_file
from tiscam_emu.foreign.files.url import parse_url, safe_name
from tiscam_emu.wire.bootstrap import FIRST_URL, text_from_register

MAX_XML_BYTES = 32 << 20
MAX_ZIP_BYTES = 8 << 20
MAX_EXTRA_BYTES = 1 << 20
MAX_REGISTER_BYTES = 64 << 20
MAX_DEPTH = 64
MAX_ELEMENTS = 1_000_000
DESCRIPTION_NAMES = ("camera.xml", "camera.zip")
REGISTERS_NAME = "registers"
EXTRA_NAME = "model.yaml"

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARATION = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_DECLARED = re.compile(r"<\?xml[^>]*\?>")
_ENCODINGS = re.compile(r"utf-8|utf-16(-[lb]e)?|ascii|iso8859-\d+|cp125\d")
"""What XML is written in; others of Python's take long for a long text, or are no encodings of text."""
_ENCRYPTED = 0x1
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Description:
    """A camera's own description and what is known beside it.

    Attributes
    ----------
    xml
        Exactly what clients are to see.
    file_name
        The camera's own name of the file, fit for a URL; ends in .xml, or in .zip if it was served zipped.
    image
        What the registers held; None if only the description is known.
    extra
        Content of `model.yaml`: what the description cannot say; not checked here.
    shown
        Path for messages.
    """

    xml: bytes
    file_name: str
    image: RegisterImage | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    shown: str = ""

    @property
    def text(self) -> str:
        """The XML as text, without byte order mark and without the declaration, which names an encoding of bytes."""
        return _decoded(self.xml, self.shown)

    @property
    def sha256(self) -> str:
        """Of `xml`, in hexadecimal digits; a register image names the description it belongs to by it."""
        return hashlib.sha256(self.xml).hexdigest()


def read(path: Path) -> Description:
    """The description at a path, which is a file FILE.xml or FILE.zip, or a folder that holds one.

    Raises
    ------
    SpecError
        One line: which file, and what is wrong with it.
    """
    try:
        return _read(path, str(path))
    except OSError as error:  # a folder that may not be looked into, a name that is too long
        raise SpecError(f"{path}: cannot be read: {error.strerror}") from None


def _read(path: Path, shown: str) -> Description:
    if not path.is_dir():
        content = _content(path)
        name = safe_name(path.name, "camera.zip" if is_zip(content) else "camera.xml")
        return Description(described(content, shown), name, shown=shown)
    file = next((path / name for name in DESCRIPTION_NAMES if (path / name).is_file()), None)
    if file is None:
        raise SpecError(f"{shown}: no description in this folder: must hold {' or '.join(DESCRIPTION_NAMES)}")
    xml = described(_content(file), str(file))
    image = _image(path / REGISTERS_NAME, xml)
    return Description(xml, _own_name(image) or file.name, image, _extra(path / EXTRA_NAME), shown)


def described(content: bytes, shown: str) -> bytes:
    """The XML in the bytes of a description file, zipped or plain, without what stands before the first `<`.

    Raises
    ------
    SpecError
        It is no GenICam description, or larger than descriptions are, or has a DOCTYPE.
    """
    xml = _bare(unzipped(content, shown) if is_zip(content) else content)
    if not content.strip(b"\0 \t\r\n"):
        raise SpecError(f"{shown}: empty")
    if not xml:
        raise SpecError(f"{shown}: not XML: there is no '<' in it")
    _check(xml, shown)
    return xml


def unzipped(content: bytes, shown: str) -> bytes:
    """The one XML file in a ZIP.

    Raises
    ------
    SpecError
        There is not exactly one, or it cannot be unzipped, or it is larger than `MAX_XML_BYTES`.
    """
    if len(content) > MAX_ZIP_BYTES:
        raise SpecError(f"{shown}: a zipped description has at most {MAX_ZIP_BYTES >> 20} MB")
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = [info for info in archive.infolist() if info.filename.lower().endswith(".xml")]
            if len(members) != 1:
                raise SpecError(f"{shown}: must hold one .xml file, holds {len(members)}")
            (member,) = members
            if member.flag_bits & _ENCRYPTED:
                raise SpecError(f"{shown}: the description in it is encrypted")
            if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:  # others may ask for gigabytes
                raise SpecError(f"{shown}: packed by method {member.compress_type}, which cameras do not use")
            with archive.open(member) as file:
                parts, size = [], 0
                while part := file.read(_CHUNK):
                    parts.append(part)
                    size += len(part)
                    if size > MAX_XML_BYTES:
                        raise SpecError(f"{shown}: a description has at most {MAX_XML_BYTES >> 20} MB, this one more")
                return b"".join(parts)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        # What `zipfile` raises of archives that are cut off, damaged, or packed in a way it does not know.
        reason = " ".join(str(error).split()) or type(error).__name__
        reason = "cut off or damaged" if reason == "File is not a zip file" else reason
        raise SpecError(f"{shown}: cannot be unzipped: {reason}") from None


def is_zip(content: bytes) -> bool:
    """Whether a file is an archive, whatever its name says."""
    return content.startswith(b"PK")


def _content(path: Path) -> bytes:
    try:
        if not path.exists():
            raise SpecError(f"{path}: no such file or folder")
        _refuse_what_is_no_file(path)
        if path.stat().st_size > MAX_XML_BYTES:
            raise SpecError(f"{path}: a description has at most {MAX_XML_BYTES >> 20} MB")
        return path.read_bytes()
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror}") from None


def _refuse_what_is_no_file(path: Path) -> None:
    """A device or a pipe may never end."""
    if not path.is_file():
        raise SpecError(f"{path}: not a file")


def _bare(content: bytes) -> bytes:
    """From the first `<` on; a byte order mark right before it belongs to the XML."""
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            after = content[len(bom) :]
            start = _find(after, "<".encode(encoding))
            kept = bom if start == 0 or encoding != "utf-8" else b""
            return kept + after[start:] if start >= 0 else b""
    for first in ("<?".encode("utf-16-le"), "<?".encode("utf-16-be")):
        if content.startswith(first):
            return content
    start = content.find(b"<")
    return content[start:] if start >= 0 else b""


def _find(content: bytes, wanted: bytes) -> int:
    """Where a character is, aligned to its width."""
    at = content.find(wanted)
    while at > 0 and at % len(wanted):
        at = content.find(wanted, at + 1)
    return at


def _encoding(xml: bytes) -> str:
    for bom, encoding in _BOMS:
        if xml.startswith(bom):
            return encoding
    for encoding in ("utf-16-le", "utf-16-be"):
        if xml.startswith("<?".encode(encoding)):
            return encoding
    declared = _DECLARATION.match(xml[:1024])
    return declared[1].decode("ascii") if declared else "utf-8"


def _decoded(xml: bytes, shown: str) -> str:
    encoding = _encoding(xml)
    try:
        if not _ENCODINGS.fullmatch(codecs.lookup(encoding).name):
            raise LookupError
        text = xml.decode(encoding).removeprefix("\ufeff").rstrip("\0")
    except UnicodeDecodeError as error:
        raise SpecError(f"{shown}: not XML: byte {error.start} is no {encoding}") from None
    except LookupError:
        raise SpecError(f"{shown}: not XML: its encoding {encoding} is not known") from None
    declaration = _DECLARED.match(text)
    return text[declaration.end() :].lstrip() if declaration else text


class _Refused(Exception):
    """Why a text is no description."""


class _Reading:
    """What the parser of XML calls: a RegisterDescription, not too deep, not too much, registers where GVCP reaches.

    State: the depth, and the node that registers' addresses and lengths belong to.
    """

    def __init__(self, parser: expat.XMLParserType) -> None:
        self._parser = parser
        self._depth = self._elements = 0
        self._node = self._text = ""
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if not self._elements and local != "RegisterDescription":
            raise _Refused(f"not a GenICam description: begins with <{name[:60]}>, not with <RegisterDescription>")
        if local == "include":
            raise _Refused("includes another file, which a camera has not")
        self._elements += 1
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Refused(f"elements inside each other more than {MAX_DEPTH} deep")
        if self._elements > MAX_ELEMENTS:
            raise _Refused(f"more than {MAX_ELEMENTS} elements")
        if "Name" in attributes:
            self._node = attributes["Name"][:80]
        if local in {"Address", "Length"}:
            self._text = ""
            self._parser.CharacterDataHandler = self._characters

    def _characters(self, text: str) -> None:
        self._text += text[:80]

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._parser.CharacterDataHandler is None:
            return
        self._parser.CharacterDataHandler = None
        number = _number(self._text)
        if name.endswith("Address") and number >= ADDRESS_SPACE:
            raise _Refused(f"{self._node}: its address 0x{number:x} has more than the 32 bits that GigE Vision reaches")
        if name.endswith("Length") and number > MAX_REGISTER_BYTES:
            raise _Refused(f"{self._node}: a register of {number} bytes; at most {MAX_REGISTER_BYTES >> 20} MB")

    def _doctype(self, *_: object) -> NoReturn:
        raise _Refused("has a DOCTYPE, which no description needs")


def _number(text: str) -> int:
    """A number as descriptions write it; 0 for what is none, which is for GenApi to refuse."""
    try:
        return int(text.strip(), 16 if text.strip().lower().startswith("0x") else 10)
    except ValueError:
        return 0


def _check(xml: bytes, shown: str) -> None:
    _decoded(xml, shown)
    parser = expat.ParserCreate()
    _Reading(parser)
    try:
        parser.Parse(xml.rstrip(b"\0") if _encoding(xml) == "utf-8" else xml, True)  # noqa: FBT003 - takes no keyword
    except _Refused as error:
        raise SpecError(f"{shown}: {error}") from None
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise SpecError(f"{shown}: not XML: {error}") from None


def _image(path: Path, xml: bytes) -> RegisterImage | None:
    if not path.exists():
        return None
    _refuse_what_is_no_file(path)
    image = read_file(path)
    if image.description_sha256 and image.description_sha256 != hashlib.sha256(xml).hexdigest():
        raise SpecError(f"{path}: register image of another camera: not of this folder's description")
    return image


def _own_name(image: RegisterImage | None) -> str:
    url = image.read(FIRST_URL.address, FIRST_URL.length) if image else None
    found = parse_url(text_from_register(url)) if url else None
    return found.name if found else ""


def _extra(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    _refuse_what_is_no_file(path)
    if path.stat().st_size > MAX_EXTRA_BYTES:
        raise SpecError(f"{path}: has at most {MAX_EXTRA_BYTES >> 20} MB")
    from tiscam_emu.spec.files import read_merged  # noqa: PLC0415 - YAML takes longer to import than all of this

    return read_merged(path).content
