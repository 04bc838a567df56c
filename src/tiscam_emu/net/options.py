"""What a user can choose for a camera, checked before anything is opened."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Any

from tiscam_emu.camera.options import DEFAULT_MAX_PACKET_SIZE, SMALLEST_PACKET, CameraOptions
from tiscam_emu.errors import InvalidOption
from tiscam_emu.net.fault_plan import FaultPlan
from tiscam_emu.net.interfaces import Interface, find_interface, interface_addresses
from tiscam_emu.net.offload import Gso
from tiscam_emu.sensor.optics.illuminant import NEUTRAL_K
from tiscam_emu.spec.catalog import find_model

LARGEST_PACKET = 65532
DEFAULT_RECORD_LIMIT = 2**30
SMALLEST_RECORD_LIMIT = 2**20
LOWEST_LIGHT_K, HIGHEST_LIGHT_K = 1500, 20000
_DEFAULT_ADDRESS = "127.0.0.1"
_FIRST_ADDRESS = IPv4Address(_DEFAULT_ADDRESS)
_USER_NAME_BYTES = 15
_SENSOR = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})")


def engine() -> str:
    """What draws frames and sends them: native or numpy, see `tiscam_emu.native`.

    Raises
    ------
    InvalidOption
        The environment asks for what there is not.
    """
    try:
        from tiscam_emu import native  # noqa: PLC0415 - where an error can be told
    except ImportError as error:
        raise InvalidOption(str(error)) from None
    return native.ENGINE


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """One camera to serve.

    Attributes
    ----------
    model
        Key of a packaged model, as in the names of the YAML files, or the path of a file of one's own.
    serial
        Eight decimal digits; empty: the model's own at 127.0.0.1, counted up with the address.
    scene
        See `sensor.scene.load_scene`; for another process as packed by `net.scene_parcel`.
    gso
        Whether many packets at a time are handed to the system to be cut apart: ``on``, ``off`` or ``auto``, which is
        on loopback while no packet socket would see them uncut.
    full_speed
        Frames as fast as the computer can, whatever the model's link and sensor allow.
    strict
        Refuse writes that the real cameras acknowledge, and ignore or fit.
    multi_part
        Let clients have frames sent in parts, which the real cameras do not do.
    faults
        Texts as `FaultPlan.parse` reads them.
    interface, expose
        Network interface to show the camera on, and the consent that everybody on its network can reach it.
    others
        Addresses of the cameras that are started along with this one, which it leaves to them.
    sensor
        Columns and rows of the sensor, as ``2448x2048``, for a camera whose own description does not say it.
    light_k
        Colour temperature of the light on the scene, in kelvin.
    record, record_limit
        Path of a .pcapng file for what the camera sends and hears, and bytes that it may take; 0: no limit.
    play
        How a recorded scene is played: words of `recordings.play.Play`.
    features
        Values that features have from the start, set in this order.
    """

    model: str
    address: str = _DEFAULT_ADDRESS
    serial: str = ""
    user_name: str = ""
    scene: Any = "chart"
    seed: int = 0
    noise: str = "fast"
    light_k: float = NEUTRAL_K
    state_dir: str = ""
    max_packet_size: int = DEFAULT_MAX_PACKET_SIZE
    plain_xml: bool = False
    gso: str = Gso.AUTO
    full_speed: bool = False
    stamp: bool = False
    strict: bool = False
    allow_redirect: bool = False
    multi_part: bool = False
    faults: tuple[str, ...] = ()
    interface: str = ""
    expose: bool = False
    others: tuple[str, ...] = ()
    sensor: str = ""
    record: str = ""
    record_limit: int = DEFAULT_RECORD_LIMIT
    play: str = ""
    features: dict[str, Any] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """What the user says about a camera that is served by its own description, as in a model.yaml."""
        if not self.sensor:
            return {}
        found = _SENSOR.fullmatch(self.sensor)
        if found is None:
            raise InvalidOption(f"sensor {self.sensor!r}: must be WIDTHxHEIGHT, such as 2448x2048")
        return {"sensor": {"width": int(found[1]), "height": int(found[2])}}

    def checked(self) -> ServeOptions:
        """The same options with the model looked up: its key, or the absolute path of its file.

        Raises
        ------
        UnknownModel, SpecError, InvalidOption
            Naming the option at fault and what it may be.
        """
        address = self.first_address()
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
        if self.gso not in list(Gso):
            raise InvalidOption(f"gso {self.gso!r}: must be on, off or auto")
        if self.gso == Gso.ON and not sys.platform.startswith("linux"):
            raise InvalidOption("gso on: only Linux has segmentation offload for UDP")
        if not LOWEST_LIGHT_K <= self.light_k <= HIGHEST_LIGHT_K:
            raise InvalidOption(f"light {self.light_k:g} K: must be {LOWEST_LIGHT_K} to {HIGHEST_LIGHT_K} K")
        if self.state_dir and Path(self.state_dir).exists() and not Path(self.state_dir).is_dir():
            raise InvalidOption(f"state dir {self.state_dir}: is not a folder")
        FaultPlan.parse(self.faults)
        engine()
        self.told()
        _check_recording(self.record, self.record_limit)
        _check_play(self.play, self.scene)
        return replace(self, model=find_model(self.model), address=address)

    def camera_options(self, model_serial: str) -> CameraOptions:
        """The part that the camera itself knows; `model_serial` is what the model's YAML gives."""
        options = CameraOptions(
            serial=self.serial or serial_at(model_serial, self.address),
            user_name=self.user_name,
            address=self.address,
            seed=self.seed,
            max_packet_size=self.max_packet_size,
            plain_xml=self.plain_xml,
            strict=self.strict,
            allow_redirect=self.allow_redirect,
            multi_part=self.multi_part,
        )
        network = self.network()
        if network is None:
            return options
        return replace(options, netmask=network.netmask, gateway=network.gateway, mac=network.mac)

    def first_address(self) -> str:
        """The address that is meant: the one given, or the interface's first.

        Raises
        ------
        InvalidOption
            The address is neither on loopback nor on the interface, or there is no consent to that.
        """
        if not self.interface:
            if self.expose:
                raise InvalidOption("expose: name the interface to show the camera on, with --interface")
            _check_address(self.address)
            return self.address
        if not self.expose:
            raise InvalidOption(
                f"interface {self.interface}: everybody on its network could use the camera; add --expose if so be it"
            )
        addresses = interface_addresses(self.interface)
        address = addresses[0] if self.address == _DEFAULT_ADDRESS else self.address
        return find_interface(self.interface, address).address

    def moved_to(self, address: str) -> ServeOptions:
        """The same camera at another address of its network.

        Raises
        ------
        InvalidOption
            It cannot be there.
        """
        if address in self.others:
            raise InvalidOption(f"address {address}: another camera was given it")
        if self.interface:
            find_interface(self.interface, address)
        else:
            _check_address(address)
        return replace(self, address=address)

    def network(self) -> Interface | None:
        """The interface the camera is shown on; None on loopback.

        Raises
        ------
        InvalidOption
            The interface or its address has gone.
        """
        return find_interface(self.interface, self.address) if self.interface else None


def _check_play(play: str, scene: Any) -> None:
    if not play:
        return
    from tiscam_emu.recordings.play import Play, is_recording  # noqa: PLC0415 - slow to load, and seldom needed

    Play.parse(play)
    if not is_recording(scene):
        raise InvalidOption(f"play {play}: the scene {scene} is no recording")


def _check_recording(record: str, limit: int) -> None:
    if limit and limit < SMALLEST_RECORD_LIMIT:
        raise InvalidOption(f"record limit {limit}: must be 0 for none, or {SMALLEST_RECORD_LIMIT} bytes and more")
    if not record:
        return
    path = Path(record)
    if path.suffix != ".pcapng":
        raise InvalidOption(f"record {record}: must end in .pcapng")
    if not path.absolute().parent.is_dir():
        raise InvalidOption(f"record {record}: there is no folder {path.parent}")
    if find_spec("dpkt") is None:
        raise InvalidOption(f"record {record}: needs the extra tiscam-emu[recordings]: pip install dpkt")


def recording_for(record: str, address: str, cameras: int) -> str:
    """Where one of several cameras is recorded: each has a file of its own, with its address in the name."""
    path = Path(record)
    return record if cameras == 1 or not record else str(path.with_name(f"{path.stem}-{address}{path.suffix}"))


def addresses_for(options: ServeOptions, count: int) -> list[str]:
    """Addresses of `count` cameras: loopback addresses from the first one on, or those of the interface.

    Raises
    ------
    InvalidOption
        There are too few.
    """
    if not options.interface:
        return [following_address(options.address, number) for number in range(count)]
    first = options.first_address()
    addresses = interface_addresses(options.interface)
    addresses = addresses[addresses.index(first) :]
    if len(addresses) < count:
        raise InvalidOption(
            f"interface {options.interface}: {count} cameras need {count} addresses, {len(addresses)} are there"
        )
    return addresses[:count]


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
