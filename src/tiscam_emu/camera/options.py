"""What the user chooses when a camera is started; free of imports, for the command must start fast."""

from __future__ import annotations

from dataclasses import dataclass

SMALLEST_PACKET = 576
DEFAULT_MAX_PACKET_SIZE = 16364
"""Bytes of a stream packet, IP, UDP and GVSP headers included; the largest that the family's description names."""


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """What the user chooses when a camera is started.

    Attributes
    ----------
    serial
        Eight decimal digits; empty for the model's own.
    address
        The camera's IPv4 address, dotted.
    netmask, gateway
        Of the camera's network, dotted.
    mac
        Six bytes; empty: one that follows from the serial number.
    max_packet_size
        Largest packet in bytes, IP, UDP and GVSP headers included.
    strict
        Refuse writes that the real cameras acknowledge although they change or fit them; see `features.store`.
    allow_redirect
        Whether streams may go to other hosts than the controlling client's.
    multi_part
        Whether clients can have frames sent in parts.
    clock_offset_ns, clock_drift_ppb
        How far the camera's own oscillator is off at power-up, and how much faster it runs, in parts per thousand
        million; the Precision Time Protocol makes up for both.
    """

    serial: str = ""
    user_name: str = ""
    address: str = "127.0.0.1"
    netmask: str = "255.0.0.0"
    gateway: str = "0.0.0.0"  # noqa: S104 - none; shown, never bound
    mac: bytes = b""
    seed: int = 0
    max_packet_size: int = DEFAULT_MAX_PACKET_SIZE
    plain_xml: bool = False
    strict: bool = False
    allow_redirect: bool = False
    multi_part: bool = False
    clock_offset_ns: int = 0
    clock_drift_ppb: int = 0
