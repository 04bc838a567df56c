"""Who may use the bench, and what may be sent to it."""

from __future__ import annotations

import socket

import pytest
from tests.unit.http.asgi_client import Client

import tiscam_emu
from tiscam_emu.errors import AddressInUse, InvalidOption
from tiscam_emu.handle import Camera
from tiscam_emu.http import app as http_app
from tiscam_emu.http.app import make_app
from tiscam_emu.http.bench import Bench
from tiscam_emu.http.guard import Guard, listening
from tiscam_emu.http.server import _bound, serving

TOKEN = "a-token-of-many-letters"


@pytest.mark.parametrize("host", ["127.0.0.1:8639", "localhost:8639", "LOCALHOST", "127.3.2.1", "[::1]:8639"])
def test_programs_of_this_computer_may(bench: Bench, host: str) -> None:
    assert Client(make_app(bench), host).get("/cameras").status == 200


@pytest.mark.parametrize(
    "host", ["evil.example:8639", "192.0.2.7", "", "127.0.0.1.evil.example", "[", "localhost.evil"]
)
def test_a_name_that_only_a_stranger_resolves_to_this_computer_may_not(bench: Bench, host: str) -> None:
    answer = Client(make_app(bench), host).post("/cameras/left/unplug")
    assert (answer.status, answer.json()["title"]) == (403, "Refused")
    assert bench["left"].status().plugged


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8640"},
        {"Origin": "https://127.0.0.1:8639"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_pages_of_others_may_not_drive_it_nor_look(client: Client, camera: Camera, headers: dict[str, str]) -> None:
    for answer in (client.post("/cameras/left/unplug", **headers), client.get("/cameras", **headers)):
        assert (answer.status, answer.json()["title"]) == (403, "Refused")
    assert camera.status().plugged


def test_its_own_page_may(client: Client) -> None:
    assert client.get("/cameras", Origin="http://127.0.0.1:8639", Sec_Fetch_Site="same-origin").status == 200
    assert client.get("/cameras", Sec_Fetch_Site="none", Sec_Fetch_Mode="navigate").status == 200


def test_no_answer_lets_other_pages_read_it(client: Client) -> None:
    headers = client.get("/cameras").headers
    assert not [name for name in headers if name.startswith("access-control")]
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_token_is_demanded_of_everybody(bench: Bench) -> None:
    client = Client(make_app(bench, Guard(token=TOKEN)))
    for wrong in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}, {"Cookie": "tiscam_emu_token=x"}):
        answer = client.get("/cameras", **wrong)
        assert (answer.status, answer.json()["title"]) == (401, "WrongToken")
    assert client.get("/cameras", Authorization=f"Bearer {TOKEN}").status == 200
    assert client.get("/cameras", Cookie=f"tiscam_emu_token={TOKEN}").status == 200
    assert client.get("/cameras?token=" + TOKEN).status == 401, "an address is remembered in too many places"


def test_the_panel_takes_the_token_from_its_address_once(bench: Bench) -> None:
    client = Client(make_app(bench, Guard(token=TOKEN)))
    answer = client.get("/?token=" + TOKEN)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"tiscam_emu_token={TOKEN};")
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert client.get("/?token=wrong").status == 401
    assert client.get("/?token=" + TOKEN, Origin="http://evil.example").status == 403


@pytest.mark.parametrize(
    "address",
    ["8639", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999", "127.0.0.1:" + 9999 * "1", "bench:8639", ":8639"],
)
def test_an_address_is_an_address_and_a_port(address: str) -> None:
    with pytest.raises(InvalidOption, match="must be ADDRESS:PORT"):
        listening(address, expose=False)


def test_beyond_this_computer_only_with_consent_and_with_a_token() -> None:
    for address in ("0.0.0.0:8639", "192.0.2.7:8639", "[::]:8639"):
        with pytest.raises(InvalidOption, match="add --expose"):
            listening(address, expose=False)
        _, port, guard = listening(address, expose=True)
        assert port == 8639
        assert len(guard.token) >= 20
        assert listening(address, expose=True)[2].token != guard.token
    assert listening("0.0.0.0:1", expose=True, token=TOKEN)[2] == Guard("0.0.0.0", TOKEN)
    assert listening("localhost:1", expose=False) == ("127.0.0.1", 1, Guard("127.0.0.1", ""))
    with pytest.raises(InvalidOption, match="12 printable"):
        listening("127.0.0.1:1", expose=False, token="short")


def test_where_it_listens_everywhere_addresses_are_taken_and_names_are_not(bench: Bench) -> None:
    app = make_app(bench, Guard("0.0.0.0", TOKEN))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert Client(app, "192.0.2.7:8639").get("/cameras", **headers).status == 200
    assert Client(app, "evil.example:8639").get("/cameras", **headers).status == 403


def test_more_than_can_be_used_is_not_even_read(
    client: Client, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_app, "MAX_BODY_BYTES", 1000)
    answer = client.put("/cameras/left/scene", b"x" * 1001)
    assert (answer.status, answer.json()["title"]) == (413, "TooLarge")
    assert camera.looks_at() == "flat"


def test_no_path_of_this_computer_is_read_or_told(client: Client, camera: Camera, tmp_path: object) -> None:
    for path in ("/../../etc/passwd", "/static/../app.py", "/static/%2e%2e/app.py", "/cameras/..%2f..%2fetc"):
        answer = client.get(path)
        assert answer.status == 404
        assert b"root:" not in answer.content
        assert b"import" not in answer.content
    assert client.put("/cameras/left/scene", "/etc/passwd").status == 422


def test_a_port_in_use_is_told(bench: Bench) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(AddressInUse, match="another program uses it"), serving(bench, address):
            pass
    with pytest.raises(InvalidOption, match=r"192\.0\.2\.7"), serving(bench, "192.0.2.7:0", expose=True):
        pass


def test_answers_are_not_held_back_by_the_sockets(bench: Bench) -> None:
    with _bound("127.0.0.1", 0) as sock:
        assert sock.proto == socket.IPPROTO_TCP, "else asyncio leaves Nagle's algorithm on"


def test_a_token_travels_from_the_command_to_programs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(bench, "127.0.0.1:0", token=TOKEN) as url:
        assert list(tiscam_emu.connect(url)) == ["left"]
        bare = url.partition("?")[0]
        with pytest.raises(InvalidOption, match="token is missing"):
            tiscam_emu.connect(bare)
        assert list(tiscam_emu.connect(bare, TOKEN)) == ["left"]
        monkeypatch.setenv("TISCAM_EMU_HTTP_TOKEN", TOKEN)
        assert list(tiscam_emu.connect(bare)) == ["left"]
