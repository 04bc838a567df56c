"""What a user can choose for a camera, checked before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Any

from tiscam_emu.camera.options import DEFAULT_MAX_PACKET_SIZE, SMALLEST_PACKET, CameraOptions
from tiscam_emu.errors import InvalidOption
from tiscam_emu.sensor.illuminant import NEUTRAL_K
from tiscam_emu.spec.catalog import find_key

LARGEST_PACKET = 65532
LOWEST_LIGHT_K, HIGHEST_LIGHT_K = 1500, 20000
_FIRST_ADDRESS = IPv4Address("127.0.0.1")
_USER_NAME_BYTES = 15


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """One camera to serve.

    Attributes
    ----------
    model
        Key of the model, as in the names of the YAML files.
    serial
        Eight decimal digits; empty: the model's own at 127.0.0.1, counted up with the address.
    scene
        Name of a scene or path of an image; in this process also an array or a callable.
    light_k
        Colour temperature of the light on the scene, in kelvin.
    """

    model: str
    address: str = "127.0.0.1"
    serial: str = ""
    user_name: str = ""
    scene: Any = "chart"
    seed: int = 0
    noise: str = "fast"
    light_k: float = NEUTRAL_K
    state_dir: str = ""
    max_packet_size: int = DEFAULT_MAX_PACKET_SIZE
    plain_xml: bool = False

    def checked(self) -> ServeOptions:
        """The same options with the model's key looked up.

        Raises
        ------
        UnknownModel, InvalidOption
            Naming the option at fault and what it may be.
        """
        _check_address(self.address)
        if self.serial and not (self.serial.isascii() and self.serial.isdigit() and len(self.serial) == 8):
            raise InvalidOption(f"serial {self.serial!r}: must be 8 digits")
        if len(self.user_name.encode()) > _USER_NAME_BYTES:
            raise InvalidOption(f"user name {self.user_name!r}: longer than {_USER_NAME_BYTES} bytes")
        if not SMALLEST_PACKET <= self.max_packet_size <= LARGEST_PACKET:
            raise InvalidOption(
                f"max packet size {self.max_packet_size}: must be {SMALLEST_PACKET} to {LARGEST_PACKET} bytes"
            )
        if self.seed < 0:
            raise InvalidOption(f"seed {self.seed}: must not be negative")
        if self.noise not in {"fast", "exact"}:
            raise InvalidOption(f"noise {self.noise!r}: must be fast or exact")
        if not LOWEST_LIGHT_K <= self.light_k <= HIGHEST_LIGHT_K:
            raise InvalidOption(f"light {self.light_k:g} K: must be {LOWEST_LIGHT_K} to {HIGHEST_LIGHT_K} K")
        if self.state_dir and Path(self.state_dir).exists() and not Path(self.state_dir).is_dir():
            raise InvalidOption(f"state dir {self.state_dir}: is not a folder")
        return replace(self, model=find_key(self.model))

    def camera_options(self, model_serial: str) -> CameraOptions:
        """The part that the camera itself knows; `model_serial` is what the model's YAML gives."""
        return CameraOptions(
            serial=self.serial or serial_at(model_serial, self.address),
            user_name=self.user_name,
            address=self.address,
            seed=self.seed,
            max_packet_size=self.max_packet_size,
            plain_xml=self.plain_xml,
        )


def serial_at(model_serial: str, address: str) -> str:
    """Serial number of a camera at a loopback address: clients merge cameras with equal numbers, so all differ."""
    distance = int(IPv4Address(address)) - int(_FIRST_ADDRESS)
    return f"{(int(model_serial) + distance) % 10**8:08d}"


def following_address(address: str, distance: int) -> str:
    """The address `distance` after `address`.

    Raises
    ------
    InvalidOption
        If that is no loopback address any more.
    """
    _check_address(address)
    following = str(IPv4Address(address) + distance)
    _check_address(following)
    return following


def _check_address(address: str) -> None:
    try:
        parsed = IPv4Address(address)
    except AddressValueError:
        raise InvalidOption(f"address {address!r}: not an IPv4 address") from None
    if not parsed.is_loopback or parsed in {IPv4Address("127.0.0.0"), IPv4Address("127.255.255.255")}:
        raise InvalidOption(f"address {address}: cameras are served on loopback only, 127.0.0.1 to 127.255.255.254")
