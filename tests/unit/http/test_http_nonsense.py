"""Whatever is sent, the answer is a problem in one line, and the camera goes on."""

from __future__ import annotations

import pytest
from tests.unit.http.asgi_client import Client

from tiscam_emu.handle import Camera
from tiscam_emu.http.calls import Row
from tiscam_emu.http.routes import ROUTES

BODIES = [
    b"",
    b"\0",
    b"\xff\xfe\xff",
    b"{}",
    b"[]",
    b"null",
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"1" * 400,
    b"-" + b"9" * 5000,
    b'"' + b"x" * 10_000 + b'"',
    b"[" * 100_000,
    b'{"model": {}}',
    b'{"model": "33GP1300", "address": "::1"}',
    b'{"model": "33GP1300", "faults": [1]}',
    b'{"model": "33GP1300", "seed": 1e400}',
    b'{"model": "33GP1300", "serial": "\\u0661\\u0662345678"}',
    b'{"model": "33GP1300", "address": "127.0.0.300", "light_k": NaN}',
    b'{"drop": []}',
    b'{"drop": NaN}',
    b'["drop=nan"]',
    b"drop=1e999",
    b'{"count": 1e9}',
    b'{"period_s": Infinity}',
    b"[[1e308, true], [1e-320, false]]",
    b"[[0.1, true, 1]]",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"\x93NUMPY",
    b"\x93NUMPY\x01\x00\xff\xff",
    b"\x93NUMPY\x01\x00\x02\x00{}",
    b"\x93NUMPY\x01\x00\x10\x00__import__('os')",
    b"\x93NUMPY\x02\x00\xff\xff\xff\xff",
]
PLACES = [
    ("left", "Width"),
    ("left", "AcquisitionStop"),
    ("left", "DeviceUserID"),
    ("left", "ExposureAuto"),
    ("left", "Width[Red]"),
    ("left", "BalanceRatio[Red]"),
    ("left", "BalanceRatio[]"),
    ("left", "%00"),
    ("left", "x" * 5000),
    ("%F0%9F%93%B7", "Width"),
    ("..", "Width"),
]
ENDING = {("DELETE", "/cameras/{name}"), ("POST", "/cameras/{name}/power-cycle")}


@pytest.mark.parametrize(
    "row",
    [row for row in ROUTES if (row.method, row.path) not in ENDING and row.gives != "text/event-stream"],
    ids=lambda row: f"{row.method} {row.path}",
)
def test_no_request_is_too_much(client: Client, camera: Camera, row: Row) -> None:
    width = camera["Width"]
    places = PLACES if "{feature}" in row.path else [("left", ""), ("%F0%9F%93%B7", ""), ("..", "")]
    bodies = BODIES if row.takes or row.method == "POST" else [b"", b"x"]
    for name, feature in places:
        for body in bodies:
            answer = client.call(row.method, row.path.format(name=name, feature=feature), body)
            assert answer.status < 500, (name, feature, body[:40], answer.content)
            if answer.status >= 400:
                assert answer.headers["content-type"] == "application/problem+json"
                assert "\n" not in answer.json()["detail"]
                assert len(answer.json()["detail"]) < 30_000
    assert camera.status().plugged or "unplug" in row.path
    assert camera["Width"] == width


def test_queries_may_be_anything(client: Client) -> None:
    for path in ("frame.jpg?width=%00", "frame.jpg?width=1e3", "frame.jpg?width=-1", "frame.raw?known=%0a%0d", "?x"):
        assert client.get(f"/cameras/left/{path}").status in {400, 404}
