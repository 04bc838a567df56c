"""Which features of a foreign description act, by their names: SFNC 2.x first, the older names after it.

What is named here is joined to a feature of ours that does it; all else is memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """How a feature of the description and one of ours belong together."""

    NUMBER = "number"
    CHOICE = "choice"
    SWITCH = "switch"
    FORMAT = "pixel format"
    COMMAND = "command"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Binding:
    """One feature of ours and what it is called in descriptions.

    Attributes
    ----------
    names
        All those that a description has are bound.
    choices
        Entries of the description's enumeration and ours; one that is missing changes nothing of ours. A name that ends
        in ``*`` stands for all that begin so.
    unit
        Of our feature: numbers in other units are converted.
    """

    ours: str
    names: tuple[str, ...]
    kind: Kind
    choices: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""


PER_UNIT = {
    "us": {"": 1.0, "us": 1.0, "µs": 1.0, "ms": 1e3, "s": 1e6, "sec": 1e6, "ns": 1e-3},
    "s": {"": 1.0, "s": 1.0},
}
"""By the unit of our feature and the description's: ours per the description's."""

_OFF_ON = {"Off": "Off", "Once": "Continuous", "Continuous": "Continuous", "On": "Continuous"}

BINDINGS = (
    Binding("PixelFormat", ("PixelFormat",), Kind.FORMAT),
    Binding("BinningHorizontal", ("BinningHorizontal",), Kind.NUMBER),
    Binding("BinningVertical", ("BinningVertical",), Kind.NUMBER),
    Binding("DecimationHorizontal", ("DecimationHorizontal",), Kind.NUMBER),
    Binding("DecimationVertical", ("DecimationVertical",), Kind.NUMBER),
    Binding("Width", ("Width",), Kind.NUMBER),
    Binding("Height", ("Height",), Kind.NUMBER),
    Binding("OffsetAutoCenter", ("OffsetAutoCenter",), Kind.CHOICE, {"Off": "Off", "On": "On"}),
    Binding("OffsetX", ("OffsetX",), Kind.NUMBER),
    Binding("OffsetY", ("OffsetY",), Kind.NUMBER),
    Binding("ReverseX", ("ReverseX",), Kind.SWITCH),
    Binding("ReverseY", ("ReverseY",), Kind.SWITCH),
    Binding("SensorWidth", ("SensorWidth",), Kind.TOLD),
    Binding("SensorHeight", ("SensorHeight",), Kind.TOLD),
    Binding("WidthMax", ("WidthMax",), Kind.TOLD),
    Binding("HeightMax", ("HeightMax",), Kind.TOLD),
    Binding("PayloadSize", ("PayloadSize",), Kind.TOLD),
    Binding("ExposureAuto", ("ExposureAuto",), Kind.CHOICE, _OFF_ON),
    Binding("ExposureTime", ("ExposureTime", "ExposureTimeAbs", "ExposureTimeRaw"), Kind.NUMBER, unit="us"),
    Binding("ExposureAutoReference", ("ExposureAutoReference",), Kind.NUMBER),
    Binding("ExposureAutoLowerLimit", ("ExposureAutoLowerLimit",), Kind.NUMBER, unit="us"),
    Binding("ExposureAutoUpperLimitAuto", ("ExposureAutoUpperLimitAuto",), Kind.SWITCH),
    Binding("ExposureAutoUpperLimit", ("ExposureAutoUpperLimit",), Kind.NUMBER, unit="us"),
    Binding("GainAuto", ("GainAuto",), Kind.CHOICE, _OFF_ON),
    Binding("GainAutoLowerLimit", ("GainAutoLowerLimit",), Kind.NUMBER),
    Binding("GainAutoUpperLimit", ("GainAutoUpperLimit",), Kind.NUMBER),
    Binding("Gain", ("Gain", "GainAbs", "GainRaw"), Kind.NUMBER, unit="dB"),
    Binding("BalanceWhiteAuto", ("BalanceWhiteAuto",), Kind.CHOICE, _OFF_ON),
    Binding("BlackLevel", ("BlackLevel", "BlackLevelAbs", "BlackLevelRaw"), Kind.NUMBER),
    Binding("Gamma", ("Gamma", "GammaAbs"), Kind.NUMBER),
    Binding(
        "AcquisitionMode",
        ("AcquisitionMode",),
        Kind.CHOICE,
        {"Continuous": "Continuous", "SingleFrame": "SingleFrame", "MultiFrame": "MultiFrame"},
    ),
    Binding("AcquisitionFrameCount", ("AcquisitionFrameCount",), Kind.NUMBER),
    Binding("AcquisitionBurstFrameCount", ("AcquisitionBurstFrameCount",), Kind.NUMBER),
    Binding("AcquisitionFrameRate", ("AcquisitionFrameRate", "AcquisitionFrameRateAbs", "FPS"), Kind.NUMBER),
    Binding("TriggerMode", ("TriggerMode",), Kind.CHOICE, {"Off": "Off", "On": "On"}),
    Binding(
        "TriggerSource",
        ("TriggerSource",),
        Kind.CHOICE,
        {"Software*": "Software", "Line*": "Line1", "Any": "Any", "Action*": "Action0", "*": "Action0"},
    ),
    Binding(
        "TriggerActivation",
        ("TriggerActivation",),
        Kind.CHOICE,
        {"RisingEdge": "RisingEdge", "FallingEdge": "FallingEdge", "AnyEdge": "RisingEdge", "Level*": "RisingEdge"},
    ),
    Binding("TriggerOverlap", ("TriggerOverlap",), Kind.CHOICE, {"Off": "Off", "*": "Readout"}),
    Binding("TriggerDelay", ("TriggerDelay", "TriggerDelayAbs"), Kind.NUMBER, unit="us"),
    Binding("IMXLowLatencyTriggerMode", ("IMXLowLatencyTriggerMode",), Kind.SWITCH),
    Binding("TriggerDebouncer", ("TriggerDebouncer",), Kind.NUMBER, unit="us"),
    Binding("TriggerMask", ("TriggerMask",), Kind.NUMBER, unit="us"),
    Binding("TriggerDenoise", ("TriggerDenoise",), Kind.NUMBER, unit="us"),
    Binding("PtpEnable", ("PtpEnable",), Kind.SWITCH),
    Binding("PtpStatus", ("PtpStatus",), Kind.TOLD),
    Binding("TriggerSoftware", ("TriggerSoftware",), Kind.COMMAND),
    Binding("AcquisitionStart", ("AcquisitionStart",), Kind.COMMAND),
    Binding("AcquisitionStop", ("AcquisitionStop", "AcquisitionAbort"), Kind.COMMAND),
    Binding("DeviceReset", ("DeviceReset",), Kind.COMMAND),
    Binding("TimestampLatch", ("TimestampLatch", "GevTimestampControlLatch", "TimestampControlLatch"), Kind.COMMAND),
    Binding("TimestampReset", ("TimestampReset", "GevTimestampControlReset"), Kind.COMMAND),
    Binding("TimestampLatchValue", ("TimestampLatchValue", "Timestamp", "GevTimestampValue"), Kind.TOLD),
    Binding("DeviceTemperature", ("DeviceTemperature", "TemperatureAbs"), Kind.TOLD),
)
"""In the order in which values are handed over: what others depend on comes first."""

RATE_SWITCHES = ("AcquisitionFrameRateEnable", "AcquisitionFrameRateEnabled")
"""While one of these is off, frames come as fast as they can."""
GAMMA_SWITCHES = ("GammaEnable", "GammaEnabled")
RATES_TOLD = (
    "ResultingFrameRate",
    "ResultingFrameRateAbs",
    "AcquisitionResultingFrameRate",
    "AcquisitionFrameRateResulting",
)
"""What the frame rate comes to, with exposure and readout."""

USER_SETS = {"load": "UserSetLoad", "save": "UserSetSave", "selector": "UserSetSelector"}
FACTORY_SETS = ("Default", "Factory", "UserSet0")

SELECTED = {
    "TriggerSelector": ("FrameStart", "ExposureStart", "FrameBurstStart", "AcquisitionStart"),
    "GainSelector": ("All", "AnalogAll", "DigitalAll", "Tap1"),
    "BlackLevelSelector": ("All", "AnalogAll", "DigitalAll", "Tap1"),
    "ExposureTimeSelector": ("Common",),
    "BinningSelector": ("All", "Sensor"),
    "DecimationSelector": ("All", "Sensor"),
}
"""Behind these selectors our feature is what lies behind the first of the entries that there is."""

CHUNKS = (
    "ExposureTime",
    "Gain",
    "Width",
    "Height",
    "OffsetX",
    "OffsetY",
    "PixelFormat",
    "Timestamp",
    "FrameID",
    "Framecounter",
    "FrameCounter",
    "BlackLevel",
    "Stride",
)
"""Chunks that can be filled."""

WANTED = {
    "ExposureMode": ("Timed",),
    "AcquisitionMode": ("Continuous", "SingleFrame", "MultiFrame"),
    "TriggerMode": ("Off", "On"),
    "TriggerSelector": ("FrameStart",),
    "TriggerSource": ("Software", "Line0", "Line1"),
    "TriggerActivation": ("RisingEdge", "FallingEdge"),
    "TriggerOverlap": ("Off", "ReadOut", "Readout", "PreviousFrame"),
    "ExposureAuto": ("Off", "Once", "Continuous"),
    "GainAuto": ("Off", "Once", "Continuous"),
    "GainSelector": ("All", "AnalogAll"),
    "BlackLevelSelector": ("All", "AnalogAll"),
    "BinningSelector": ("All", "Sensor"),
    "DecimationSelector": ("All", "Sensor"),
    "UserSetSelector": ("Default", "UserSet1", "UserSet2"),
    "ChunkSelector": CHUNKS,
    "UserSetDefault": ("Default", "UserSet1", "UserSet2"),
}
"""Entries that a camera without a register image is to offer, the first one at power-up."""

UNLOCKED = (
    "ChunkModeActive",
    "ChunkSelector",
    "ChunkEnable",
    "UserSetSelector",
    "UserSetLoad",
    "UserSetSave",
    "UserSetDefault",
    "ExposureMode",
    *SELECTED,
    *RATE_SWITCHES,
)
"""Features besides the bound ones that a camera without a register image is to have."""
