"""The panel's files: served as they are, with a policy that keeps everything from elsewhere out."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from tests.unit.http.asgi_client import Client

STATIC = files("tiscam_emu.http").joinpath("static")
NAMES = sorted(entry.name for entry in STATIC.iterdir())


def test_the_page_is_served_with_a_policy_that_lets_nothing_in(client: Client) -> None:
    answer = client.get("/")
    assert answer.status == 200
    assert answer.content == STATIC.joinpath("index.html").read_bytes()
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert {sources for name, sources in policy.items() if name not in {"default-src"}} <= {
        "'self'",
        "'none'",
        "'self' blob:",
    }
    assert "unsafe" not in str(policy)


@pytest.mark.parametrize("name", NAMES)
def test_every_part_is_served_with_its_type_and_needs_nobody_else(client: Client, name: str) -> None:
    answer = client.get(f"/static/{name}")
    text = STATIC.joinpath(name).read_text()
    assert (answer.status, answer.content) == (200, text.encode())
    kind = {"js": "text/javascript", "css": "text/css", "html": "text/html", "svg": "image/svg+xml"}
    assert answer.headers["content-type"].partition(";")[0] == kind[name.rpartition(".")[2]]
    named = set(re.findall(r"https?://[^\s\"'`]+", text))
    assert named <= {"http://www.w3.org/2000/svg"}, "a name of a namespace is no address"
    for imported in re.findall(r"from \"\./([^\"]+)\"", text):
        assert imported in NAMES
    assert "innerHTML" not in text, "what comes from outside must not become markup"
    assert "style=" not in text, "the policy forbids it"


def test_nothing_else_is_served(client: Client) -> None:
    for name in ("panel.py", "..", "%2e%2e%2fpanel.py", "index.html/..", ""):
        answer = client.get(f"/static/{name}")
        assert answer.status == 404, name
        assert answer.headers["content-type"] == "application/problem+json"
