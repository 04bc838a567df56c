"""The order of the elements inside each node, as the GenApi schema 1.1 demands it.

Parsers that validate refuse any other order, so nodes are built in whatever order reads best and sorted once.
"""

from __future__ import annotations

_COMMON = [
    "ToolTip",
    "Description",
    "DisplayName",
    "Visibility",
    "EventID",
    "pIsImplemented",
    "pIsAvailable",
    "pIsLocked",
    "ImposedAccessMode",
]
_REGISTER = ["Streamable", "Address", "pAddress", "Length", "AccessMode", "pPort", "Cachable", "PollingTime"]
_RANGE = ["Min", "pMin", "Max", "pMax", "Inc", "pInc", "Unit", "Representation"]

_OWN: dict[str, list[str]] = {
    "Category": ["pFeature"],
    "Integer": ["Streamable", "Value", "pValue", *_RANGE, "pSelected"],
    "Float": ["Streamable", "Value", "pValue", *_RANGE, "DisplayNotation", "DisplayPrecision"],
    "Boolean": ["Streamable", "Value", "pValue", "OnValue", "OffValue", "pSelected"],
    "Command": ["Value", "pValue", "CommandValue"],
    "Enumeration": ["Streamable", "EnumEntry", "Value", "pValue", "pSelected"],
    "EnumEntry": ["Value"],
    "IntReg": [*_REGISTER, "Sign", "Endianess"],
    "MaskedIntReg": [*_REGISTER, "Bit", "LSB", "MSB", "Sign", "Endianess"],
    "FloatReg": [*_REGISTER, "Endianess"],
    "StringReg": _REGISTER,
    "Register": _REGISTER,
    "IntSwissKnife": ["pVariable", "Formula"],
    "SwissKnife": ["pVariable", "Formula"],
    "Converter": ["pVariable", "FormulaTo", "FormulaFrom", "pValue"],
    "Port": ["pInvalidator", "ChunkID"],
}

ORDER: dict[str, dict[str, int]] = {
    kind: {tag: position for position, tag in enumerate([*_COMMON, *own])} for kind, own in _OWN.items()
}
