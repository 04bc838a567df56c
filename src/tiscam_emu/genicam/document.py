"""The whole GenICam XML of a model."""

from __future__ import annotations

import hashlib
import io
import re
import uuid
import zipfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import PurePath

from lxml import etree

from tiscam_emu.features.bound import BoundFeature
from tiscam_emu.features.kinds import Lock
from tiscam_emu.genicam.nodes import (
    DEVICE_PORT,
    Element,
    feature_nodes,
    hidden_register,
    lock_name,
    node,
    register_name,
)
from tiscam_emu.spec.model import CameraModel

_NAMESPACE = "http://www.genicam.org/GenApi/Version_1_1"
_NO_GUID = "00000000-0000-0000-0000-000000000000"
_MAJOR, _MINOR, _SUBMINOR = 1, 0, 0
_ZIP_DATE = (2020, 1, 1, 0, 0, 0)
_MOST_LETTERS = 64
TL_PARAMS_LOCKED = "TLParamsLocked"
_CHANGE_ALL = ("UserSetLoad", "DeviceReset", "DeviceFactoryReset")
"""Commands after which nothing that a client has cached may count any more."""


def file_name(model: CameraModel, suffix: str) -> str:
    """Name under which the camera serves its description."""
    stem = re.sub(r"[^A-Za-z0-9_]", "_", PurePath(model.key).stem)[:_MOST_LETTERS]
    return f"tiscam_emu_{stem}.{suffix}"


@lru_cache(maxsize=8)
def build_xml(model: CameraModel) -> bytes:
    """The model's GenICam XML: the same bytes for the same declarations and YAML, with a VersionGuid of the content."""
    root = etree.Element(
        "RegisterDescription",
        {
            "ModelName": model.identity.xml_model_name,
            "VendorName": model.identity.xml_vendor_name,
            "ToolTip": model.identity.name,
            "StandardNameSpace": "GEV",
            "SchemaMajorVersion": "1",
            "SchemaMinorVersion": "1",
            "SchemaSubMinorVersion": "1",
            "MajorVersion": str(_MAJOR),
            "MinorVersion": str(_MINOR),
            "SubMinorVersion": str(_SUBMINOR),
            "ProductGuid": model.identity.product_guid,
            "VersionGuid": _NO_GUID,
        },
        nsmap={None: _NAMESPACE},  # type: ignore[dict-item]
    )
    root.extend(_category_nodes(model))
    named: set[str] = set()
    for feature in model.features.values():
        for element in feature_nodes(
            feature, _selected_by(model, feature.name), _selector_register(model, feature), _switch(model, feature)
        ):
            name = str(element.get("Name"))
            if name not in named:  # data of one event share its port
                root.append(element)
            named.add(name)
    root.extend(_lock_nodes(model))
    invalidators = [("pInvalidator", name) for name in _CHANGE_ALL if name in model.features]
    root.append(node("Port", DEVICE_PORT, invalidators, standard=True))
    root.set("VersionGuid", _guid(_serialised(root)))
    text = _serialised(root)
    return _unmistakable(lambda padding: text + b"\n" * padding)


@lru_cache(maxsize=8)
def zipped(xml: bytes, name: str) -> bytes:
    """The description as a ZIP of one file; the same bytes each time."""

    def archived(comment: int) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            info = zipfile.ZipInfo(name, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, xml, compresslevel=6)
            archive.comment = b" " * comment
        return buffer.getvalue()

    return _unmistakable(archived)


def _unmistakable(file: Callable[[int], bytes]) -> bytes:
    """A file padded until its length in hexadecimal has a letter: some clients take digits alone for decimal."""
    padding = 0
    while f"{len(padded := file(padding)):x}".isdecimal():
        padding += 1
    return padded


def _serialised(root: Element) -> bytes:
    for element in root.iter():
        if "}" not in str(element.tag):
            element.tag = f"{{{_NAMESPACE}}}{element.tag}"
    etree.indent(root)
    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return text + b"\n"


def _guid(content: bytes) -> str:
    return str(uuid.UUID(bytes=hashlib.sha256(content).digest()[:16])).upper()


def _category_nodes(model: CameraModel) -> list[Element]:
    members: dict[str, list[str]] = {}
    for feature in model.features.values():
        if feature.hidden:
            continue
        outer, _, inner = feature.declaration.category.partition("/")
        features = members.setdefault(outer, [])
        if inner:
            if inner not in features:
                features.append(inner)
            features = members.setdefault(inner, [])
        features.append(feature.name)
    inside = {name for features in members.values() for name in features}
    nodes = [node("Category", "Root", [("pFeature", name) for name in members if name not in inside], standard=True)]
    for name, features in members.items():
        standard = name.endswith("Control")
        nodes.append(node("Category", name, [("pFeature", feature) for feature in features], standard=standard))
    return nodes


def _selected_by(model: CameraModel, selector: str) -> list[str]:
    return [f.name for f in model.features.values() if f.declaration.selected_by == selector]


def _selector_register(model: CameraModel, feature: BoundFeature) -> str:
    selector = feature.declaration.selected_by
    return register_name(model.features[selector].declaration) if selector else ""


def _switch(model: CameraModel, feature: BoundFeature) -> BoundFeature | None:
    """The feature that switches the data of an event or chunk on."""
    port = feature.declaration.port
    return model.features[port.enabled_by[0]] if port and port.enabled_by[0] else None


def _lock_nodes(model: CameraModel) -> list[Element]:
    """A register per lock, and over them a formula per set of locks, which heeds the client's own TLParamsLocked."""
    combined = {f.declaration.locks for f in model.features.values() if f.declaration.locks}
    single = {lock.name: lock for locks in combined for lock in locks}
    nodes = [hidden_register(f"{name}LockReg", model.layout.locks[name]) for name in sorted(single)]
    nodes += [_lock_formula(locks) for locks in sorted(combined, key=lock_name)]
    return nodes


def _lock_formula(locks: Sequence[Lock]) -> Element:
    sources = [f"{lock.name}LockReg" for lock in locks]
    if any(lock.name == "Acquiring" for lock in locks):
        sources.append(TL_PARAMS_LOCKED)
    variables = []
    for position, source in enumerate(sources):
        variable = etree.Element("pVariable", Name=f"LOCK{position}")
        variable.text = source
        variables.append(("pVariable", variable))
    formula = " || ".join(f"(LOCK{position} <> 0)" for position in range(len(sources)))
    return node("IntSwissKnife", lock_name(locks), [("Visibility", "Invisible"), *variables, ("Formula", formula)])
