"""The command as a shell, a service manager and a client see it."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from tests.interop.emulator import MODELS, PATIENCE_S, Emulator, aravis, emulator, refused, wait_until
from tests.interop.gvcp_client import CCP, HEARTBEAT_TIMEOUT, SCDA, SCP, SCPS, GvcpClient, GvspReceiver

A_SECOND = 1.0
TRIES = 5
_WRONG_TYPES = b'{"version": 1, "values": {"DeviceUserID": 7, "GevPersistentIPAddress": "x"}}'


@pytest.fixture
def address(first_address: str) -> str:
    """Free for the camera of one test: the shared cameras end at .5."""
    return first_address.rsplit(".", 1)[0] + ".101"


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _one_line(text: str) -> str:
    (line,) = text.strip().splitlines()
    assert "Traceback" not in text
    return line


# Start and end


def test_ready_line_is_flushed_and_ends_in_serial_and_address(address: str) -> None:
    with emulator("--model", "33GP1300", "--address", address) as running:
        (ready,) = running.ready

        assert ready.model == "DFK 33GP1300"
        assert re.fullmatch(r"\d{8}", ready.serial)
        assert ready.address == address


def test_several_cameras_take_following_addresses_in_the_order_given(address: str) -> None:
    with emulator("-m", "38UX253", "-m", "33GP1300", "--address", address, cameras=2) as running:
        first, second = running.ready

    assert (first.key, second.key) == ("38UX253", "33GP1300")
    assert (first.address, second.address) == (address, address[:-1] + "2")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_command_within_a_second_with_status_0(address: str, number: signal.Signals) -> None:
    def taken_s() -> float:
        with emulator("-m", "39GX265-Z20", "-m", "38GX541-a", "--address", address, cameras=2) as running:
            children = running.children()
            begin = time.monotonic()
            status = running.end(number)
            end = time.monotonic()

            assert (status, running.errors()) == (0, "")
            assert len(children) >= 2, "and perhaps the one that cameras are forked from"
            assert not any(_alive(pid) for pid in children)
            return end - begin

    _assert_once_within_a_second(taken_s)


def _assert_once_within_a_second(taken_s: Callable[[], float]) -> None:
    """Once in a few times, for a busy computer may take longer; what takes a camera so long takes it always."""
    times_s: list[float] = []
    while len(times_s) < TRIES and (not times_s or times_s[-1] >= A_SECOND):
        times_s.append(taken_s())
    assert times_s[-1] < A_SECOND, times_s


def test_ctrl_c_in_a_terminal_reaches_every_process_and_still_ends_with_status_0(address: str) -> None:
    with emulator("-m", "33GP1300", "--address", address) as running:
        os.killpg(running.process.pid, signal.SIGINT)

        assert running.process.wait(PATIENCE_S) == 0
        assert running.errors() == ""


def test_signal_ends_a_streaming_camera_within_a_second(address: str) -> None:
    def taken_s() -> float:
        with (
            emulator("-m", "33GP1300", "--address", address) as running,
            GvspReceiver() as receiver,
            GvcpClient(address) as client,
        ):
            client.write_register(CCP, 2)
            client.write_register(HEARTBEAT_TIMEOUT, 30_000)
            client.write_register(SCDA, 0x7F000001)
            client.write_register(SCP, receiver.port)
            _start_acquisition(client)
            receiver.block()
            begin = time.monotonic()
            assert running.end() == 0
            return time.monotonic() - begin

    _assert_once_within_a_second(taken_s)


def _start_acquisition(client: GvcpClient) -> None:
    from tests.interop.genapi_camera import GenApiCamera

    GenApiCamera(client).execute("AcquisitionStart")


def test_no_process_outlives_a_killed_command(address: str) -> None:
    with emulator("-m", "33GP1300", "-m", "38UX253", "--address", address, cameras=2) as running:
        children = running.children()
        running.process.kill()
        running.process.wait()

        wait_until(lambda: not any(_alive(pid) for pid in children), "the cameras end with the command")
    with emulator("-m", "33GP1300", "--address", address) as again:
        assert again.ready[0].address == address


def test_killed_camera_ends_the_command_with_a_message_naming_it(address: str) -> None:
    with emulator("-m", "33GP1300", "--address", address) as running:
        os.kill(running.children()[0], signal.SIGKILL)

        assert running.process.wait(PATIENCE_S) == 2
        message = running.errors()
        assert address in message
        assert "Traceback" not in message


# Refusals


def test_address_in_use_names_it_and_what_to_do(address: str) -> None:
    with emulator("-m", "33GP1300", "--address", address):
        second = refused("-m", "38UX253", "--address", address)

    assert (second.returncode, second.stdout) == (2, "")
    message = _one_line(second.stderr)
    assert f"{address}:3956 is in use" in message
    assert "--address" in message


def test_unknown_model_is_refused_with_the_known_ones() -> None:
    result = refused("--model", "33GX999")

    assert result.returncode == 2
    message = _one_line(result.stderr)
    assert "33GX999" in message
    assert all(model in message for model in MODELS)


def test_no_model_is_refused_with_the_known_ones() -> None:
    result = refused()

    assert result.returncode == 2
    assert all(model in _one_line(result.stderr) for model in MODELS)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--address", "192.168.0.1"], ["192.168.0.1", "loopback"]),
        (["--address", "here"], ["here", "IPv4"]),
        (["--address", "127.255.255.255"], ["127.255.255.255"]),
        (["--serial", "12"], ["12", "8 digits"]),
        (["--serial", "12345678", "--serial", "12345679"], ["serial", "2 given for 1"]),
        (["--user-name", "a name that is too long"], ["a name that is too long", "15 bytes"]),
        (["--max-packet-size", "100"], ["100", "576"]),
        (["--max-packet-size", "70000"], ["70000", "65532"]),
        (["--seed", "-1"], ["seed -1"]),
        (["--log-level", "LOUD"], ["LOUD", "DEBUG"]),
        (["--state-dir", "/dev/null"], ["/dev/null", "folder"]),
        (["--scene", "no-such-scene"], ["no-such-scene", "chart"]),
        (["--scene", "star", "--scene", "flat"], ["scene", "2 given for 1"]),
    ],
)
def test_bad_option_is_refused_in_one_line(options: list[str], words: list[str], address: str) -> None:
    at = [] if "--address" in options else ["--address", address]
    result = refused("--model", "33GP1300", *at, *options)

    assert (result.returncode, result.stdout) == (2, "")
    message = _one_line(result.stderr)
    assert all(word in message for word in words), message


@pytest.mark.parametrize("options", [["--frobnicate"], ["--max-packet-size", "many"], ["--seed", "x"]])
def test_option_that_cannot_be_parsed_is_refused_without_a_traceback(options: list[str]) -> None:
    result = refused("--model", "33GP1300", *options)

    assert result.returncode == 2
    assert options[0] in result.stderr
    assert "Traceback" not in result.stderr


def test_second_camera_on_a_taken_address_ends_the_first_one_too(address: str) -> None:
    second_address = address[:-1] + "2"
    with emulator("-m", "33GP1300", "--address", second_address):
        result = refused("-m", "38UX253", "-m", "33GP1300", "--address", address)

        assert result.returncode == 2
        assert f"{second_address}:3956 is in use" in _one_line(result.stderr)
    with emulator("-m", "33GP1300", "--address", address):
        pass


def test_equal_serials_are_refused(address: str) -> None:
    result = refused(
        *["-m", "33GP1300", "-m", "38UX253", "--serial", "11112222", "--serial", "11112222", "--address"], address
    )

    assert result.returncode == 2
    assert "11112222" in _one_line(result.stderr)


# Information


def test_list_models_prints_each_model_on_a_line() -> None:
    result = refused("--list-models")

    assert (result.returncode, result.stderr) == (0, "")
    assert sorted(result.stdout.split()) == sorted(MODELS)


def test_version_is_the_packages() -> None:
    from tiscam_emu import __version__

    result = refused("--version")

    assert result.stdout in {f"tiscam-emu {__version__} ({engine})\n" for engine in ("native core", "numpy")}
    assert (result.returncode, result.stderr) == (0, "")


def test_help_names_every_option() -> None:
    result = refused("--help")

    assert result.returncode == 0
    for option in (
        "--model",
        "--address",
        "--serial",
        "--user-name",
        "--scene",
        "--stamp",
        "--state-dir",
        "--max-packet-size",
    ):
        assert option in result.stdout


# What reaches the client


def _discovery(address: str) -> bytes:
    with GvcpClient(address) as client:
        return client.command(0x0002, b"").payload


def test_two_cameras_of_one_model_have_serials_and_macs_of_their_own(address: str) -> None:
    with emulator("-m", "38UX267", "-m", "38UX267", "--address", address, cameras=2) as running:
        acks = [_discovery(ready.address) for ready in running.ready]

    assert running.ready[0].serial != running.ready[1].serial
    assert [ack[0xD8:0xE8].rstrip(b"\0").decode() for ack in acks] == [r.serial for r in running.ready]
    assert acks[0][0x0A:0x10] != acks[1][0x0A:0x10]


def test_serial_and_user_name_reach_the_client(address: str) -> None:
    with emulator("-m", "33GP1300", "--address", address, "--serial", "12345678", "--user-name", "left arm") as running:
        ack = _discovery(address)

    assert running.ready[0].serial == "12345678"
    assert ack[0xD8:0xE8].rstrip(b"\0") == b"12345678"
    assert ack[0xE8:0xF8].rstrip(b"\0") == b"left arm"


def test_lower_case_and_prefixed_model_names_are_understood(address: str) -> None:
    with emulator("-m", "dfk 39gx265-z20", "--address", address) as running:
        assert running.ready[0].model == "DFK 39GX265-Z20"


def test_plain_xml_is_served_unzipped(address: str) -> None:
    with emulator("-m", "33GP1300", "--address", address, "--plain-xml"), GvcpClient(address) as client:
        name, _, _ = client.url()
        assert name.endswith(".xml")
        assert client.description().lstrip().startswith(b"<?xml")


def test_packets_of_16000_bytes_stream(address: str, need: Callable[..., None]) -> None:
    need("aravis")
    with emulator("-m", "33GP1300", "--address", address, "--max-packet-size", "16000"):
        got = aravis("aravis_stream", camera=address, frames=5, packet_size=16000)

    assert got["packet_size"] == 16000
    assert [frame["status"] for frame in got["frames"]] == ["success"] * 5


# State


def _rename(address: str, name: bytes) -> None:
    with GvcpClient(address) as client:
        client.write_register(CCP, 2)
        client.write_memory(0x00E8, name.ljust(16, b"\0"))
        client.write_register(CCP, 0)


def _name(address: str) -> bytes:
    return _discovery(address)[0xE8:0xF8].rstrip(b"\0")


def test_user_name_is_kept_in_the_state_folder_over_a_restart(address: str, tmp_path: Path) -> None:
    options = ["-m", "33GP1300", "--address", address, "--state-dir", str(tmp_path / "state")]
    with emulator(*options):
        _rename(address, b"kept")
    with emulator(*options):
        assert _name(address) == b"kept"


def _word(address: str) -> bytes:
    return bytes(map(int, address.split(".")))


def _make_static(address: str, static: str) -> None:
    """As tools of vendors do: persistent address, mask and gateway, then the mode."""
    with GvcpClient(address) as client:
        client.write_register(CCP, 2)
        for register, value in ((0x064C, static), (0x065C, "255.255.0.0"), (0x066C, "127.0.0.254")):
            client.write_memory(register, _word(value))
        client.write_register(0x0014, client.read_register(0x0014) & ~2 | 1)
        client.write_register(CCP, 0)


def test_static_address_is_taken_at_the_next_start_and_given_back(address: str, tmp_path: Path) -> None:
    static = address[:-3] + "177"
    options = ["-m", "33GP1300", "--address", address, "--state-dir", str(tmp_path)]
    with emulator(*options) as running:
        (first,) = running.ready
        _make_static(address, static)
        assert _discovery(address)[0x24:0x28] == _word(address)
        mac = _discovery(address)[0x08:0x10]

    with emulator(*options) as running:
        (second,) = running.ready
        assert (second.serial, second.address) == (first.serial, static)
        found = _discovery(static)
        assert [found[at : at + 4] for at in (0x24, 0x34, 0x44)] == list(
            map(_word, (static, "255.255.0.0", "127.0.0.254"))
        )
        assert found[0x08:0x10] == mac
        with GvcpClient(static) as client, GvspReceiver() as receiver:
            client.write_register(CCP, 2)
            client.write_register(SCDA, 0x7F00_0001)
            client.write_register(SCP, receiver.port)
            client.write_register(SCPS, 0xC000_0000 | 1500)
            assert receiver.datagram()
            client.write_register(0x0014, 6)
        assert running.end() == 0
        assert f"starts at the persistent address {static}, not at {address}" in _one_line(running.errors())

    with emulator(*options) as running:
        assert running.ready[0].address == address


@pytest.mark.parametrize(("static", "why"), [("10.1.2.3", "loopback only"), ("", "another camera was given it")])
def test_static_address_that_the_camera_cannot_have_is_told_and_left(
    address: str, tmp_path: Path, static: str, why: str
) -> None:
    options = ["-m", "33GP1300", "-m", "38UX253", "--address", address, "--state-dir", str(tmp_path)]
    with emulator(*options, cameras=2) as running:
        _make_static(address, static or running.ready[1].address)
        addresses = [ready.address for ready in running.ready]
    with emulator(*options, cameras=2) as running:
        assert [ready.address for ready in running.ready] == addresses
        assert running.end() == 0
        message = _one_line(running.errors())
    assert message.startswith(f"WARNING {address}: cannot start at the persistent address")
    assert why in message


def test_static_address_that_another_program_has_is_left(address: str, tmp_path: Path) -> None:
    static = address[:-3] + "178"
    options = ["-m", "33GP1300", "--address", address, "--state-dir", str(tmp_path)]
    with emulator(*options):
        _make_static(address, static)
    with emulator("-m", "33GP1300", "--address", static), emulator(*options) as running:
        assert running.ready[0].address == address
        assert running.end() == 0
        assert f"cannot start at the persistent address {static}" in _one_line(running.errors())


def test_forced_address_that_cannot_be_taken_is_logged(address: str) -> None:
    with emulator("-m", "33GP1300", "--address", address) as running:
        mac = _discovery(address)[0x0A:0x10]
        with GvcpClient(address) as client:
            ack = client.command(0x0004, bytes(2) + mac + bytes(12) + _word("127.9.9.9") + bytes(32))
            assert ack.status == 0x8006
        assert running.end() == 0
        assert "FORCEIP that cannot be followed: to 127.9.9.9" in _one_line(running.errors())


def test_without_a_state_folder_nothing_is_kept(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    options = ["-m", "33GP1300", "--address", address]
    with emulator(*options):
        _rename(address, b"lost")
    with emulator(*options):
        assert _name(address) == b""
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\x00\xfe", b"[]", b'{"DeviceUserID": 7}', _WRONG_TYPES])
def test_damaged_state_file_is_reported_and_the_camera_starts(address: str, tmp_path: Path, damage: bytes) -> None:
    options = ["-m", "33GP1300", "--address", address, "--state-dir", str(tmp_path)]
    with emulator(*options):
        _rename(address, b"kept")
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    file.write_bytes(damage)

    with emulator(*options) as running:
        assert running.ready[0].address == address
        assert running.end() == 0
        message = running.errors()
    assert str(file) in message
    assert "Traceback" not in message


# Scene


def test_picture_file_is_the_scene(address: str, tmp_path: Path, need: Callable[..., None]) -> None:
    need("aravis")
    picture = Image.new("L", (640, 512), 0)
    picture.paste(255, (320, 0, 640, 512))
    picture.save(tmp_path / "halves.png")
    with emulator("-m", "38UX253", "--address", address, "--scene", str(tmp_path / "halves.png")):
        auto_off = [(name, "Off") for name in ("ExposureAuto", "GainAuto")]
        size = [("Width", 1024), ("Height", 256)]
        got = aravis(
            "aravis_stream",
            camera=address,
            frames=1,
            spare=30,
            save=str(tmp_path),
            save_count=1,
            set=[*auto_off, *size],
        )

    line = Path(got["saved"][0]).read_bytes()[128 * 1024 : 129 * 1024]
    dark, bright = line[:448], line[576:]
    assert sum(bright) / len(bright) > 2 * sum(dark) / len(dark)


@pytest.mark.parametrize("content", [None, b"no picture at all"], ids=["absent", "not a picture"])
def test_bad_scene_file_is_refused_in_one_line(address: str, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "scene.png"
    if content is not None:
        file.write_bytes(content)

    result = refused("-m", "33GP1300", "--address", address, "--scene", str(file))

    assert (result.returncode, result.stdout) == (2, "")
    assert str(file) in _one_line(result.stderr)


def test_camera_without_a_client_comes_to_rest(address: str) -> None:
    with emulator("-m", "38GX541-a", "--address", address) as running:
        pids = [running.process.pid, *running.children()]
        wait_until(lambda: _share_of_a_processor(pids) < 0.1, "using less than a tenth of a processor", PATIENCE_S)


def _share_of_a_processor(pids: list[int]) -> float:
    """Over half a second, long against the kernel's ticks."""
    begin, before = time.monotonic(), _processor_s(pids)
    wait_until(lambda: time.monotonic() - begin > 0.5, "the interval")
    return (_processor_s(pids) - before) / (time.monotonic() - begin)


def _processor_s(pids: list[int]) -> float:
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def test_output_to_a_closed_pipe_ends_the_command(address: str) -> None:
    running = Emulator("-m", "33GP1300", "--address", address)
    assert running.process.stdout is not None
    running.process.stdout.close()

    assert running.end() == 0
    assert running.process.stderr is not None
    running.process.stderr.close()
