"""What this computer tells of its interfaces; loopback is on every one."""

from __future__ import annotations

import sys

import pytest

from tiscam_emu.errors import InvalidOption
from tiscam_emu.net.interfaces import find_interface, interface_addresses
from tiscam_emu.net.options import ServeOptions, addresses_for
from tiscam_emu.net.sockets import is_this_computer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="interfaces are known on Linux alone")


def test_loopback_has_its_address_mask_and_nothing_else() -> None:
    assert interface_addresses("lo")[0] == "127.0.0.1"
    found = find_interface("lo", "127.0.0.1")
    assert (found.netmask, found.gateway, found.mac) == ("255.0.0.0", "0.0.0.0", b"")


def test_unknown_interface_is_named_with_those_that_are_there() -> None:
    with pytest.raises(InvalidOption, match=r"interface 'nix0': must be one of .*lo"):
        interface_addresses("nix0")


def test_address_of_another_interface_is_refused() -> None:
    with pytest.raises(InvalidOption, match=r"address 192\.0\.2\.77: lo has 127\.0\.0\.1"):
        find_interface("lo", "192.0.2.77")


def test_interface_needs_consent() -> None:
    with pytest.raises(InvalidOption, match="interface lo: everybody on its network could use the camera"):
        ServeOptions("33GP1300", interface="lo").checked()


def test_consent_needs_an_interface() -> None:
    with pytest.raises(InvalidOption, match="expose: name the interface"):
        ServeOptions("33GP1300", expose=True).checked()


def test_camera_takes_the_first_address_of_its_interface() -> None:
    checked = ServeOptions("33GP1300", interface="lo", expose=True).checked()
    assert checked.address == "127.0.0.1"
    assert checked.camera_options("33001001").netmask == "255.0.0.0"


def test_each_camera_needs_an_address_of_the_interface() -> None:
    options = ServeOptions("33GP1300", interface="lo", expose=True)
    have = interface_addresses("lo")
    assert addresses_for(options, len(have)) == have
    with pytest.raises(InvalidOption, match=rf"interface lo: {len(have) + 1} cameras need"):
        addresses_for(options, len(have) + 1)


def test_cameras_on_loopback_take_the_following_addresses() -> None:
    assert addresses_for(ServeOptions("33GP1300", address="127.0.0.9"), 2) == ["127.0.0.9", "127.0.0.10"]


def test_loopback_is_this_computer_and_a_documentation_address_is_not() -> None:
    assert is_this_computer("127.1.2.3")
    assert not is_this_computer("192.0.2.255")
