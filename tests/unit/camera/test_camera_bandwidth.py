"""The bandwidth limit: fewer frames, sent more slowly (manual 5.19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tiscam_emu.errors import Status
from tiscam_emu.units import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.camera.conftest import Desk

FRAME_BYTES = 640 * 480 + (219 + 2) * (28 + 8) + 36 + 16
"""219 packets of 1440 bytes, leader and the largest trailer, with their headers."""
PERIOD = round(FRAME_BYTES * 1.03 / 5_000_000 * NS_PER_S)
"""At 5 MB/s, of which three percent are kept in hand."""


@pytest.fixture
def limited(desk: Desk) -> Desk:
    desk.prepare_small_frames()
    desk.set(GevSCPSPacketSize=1440, AcquisitionFrameRate=50.0)
    desk.set(DeviceLinkThroughputLimitMode="On", DeviceLinkThroughputLimit=5_000_000)
    return desk


def test_limit_is_off_and_at_its_maximum_at_power_up(desk: Desk) -> None:
    assert desk.get("DeviceLinkThroughputLimitMode") == "Off"
    assert desk.get("DeviceLinkThroughputLimit") == 125_000_000


def test_stream_stays_below_the_limit(limited: Desk) -> None:
    limited.run("AcquisitionStart")
    assert limited.starts(2 * PERIOD) == [0, PERIOD, 2 * PERIOD]


def test_configured_rate_reads_as_before_and_rules_where_it_is_lower(limited: Desk) -> None:
    assert limited.get("AcquisitionFrameRate") == 50.0
    limited.set(AcquisitionFrameRate=10.0)
    limited.run("AcquisitionStart")
    assert limited.starts(NS_PER_S // 5) == [0, NS_PER_S // 10, NS_PER_S // 5]


def test_limit_without_its_mode_does_nothing(limited: Desk) -> None:
    limited.set(DeviceLinkThroughputLimitMode="Off")
    assert limited.camera.stream.link_bytes_per_s == 113_500_000
    limited.run("AcquisitionStart")
    assert limited.starts(NS_PER_S // 25) == [0, NS_PER_S // 50, NS_PER_S // 25]


def test_packets_leave_no_faster_than_limit_and_link_allow(limited: Desk) -> None:
    assert limited.camera.stream.limit_bytes_per_s == 5_000_000
    assert limited.camera.stream.link_bytes_per_s == 113_500_000
    limited.set(DeviceLinkThroughputLimitMode="Off")
    assert limited.camera.stream.limit_bytes_per_s is None


def test_headers_of_small_packets_with_long_ids_count_too(limited: Desk) -> None:
    limited.set(GevGVSPExtendedIDMode="On", GevSCPSPacketSize=576, Width=528, Height=64)
    limited.set(DeviceLinkThroughputLimit=1_000_000)
    limited.run("AcquisitionStart")
    frame_bytes = 528 * 64 + (64 + 2) * (28 + 20) + 36 + 16  # 64 packets with 528 bytes of data
    assert limited.starts(NS_PER_S // 25)[1] == round(frame_bytes * 1.03 / 1_000_000 * NS_PER_S)


def test_chunks_count_too(limited: Desk) -> None:
    limited.set(ChunkModeActive=1)
    limited.run("AcquisitionStart")
    starts = limited.starts(NS_PER_S)
    payload = limited.get("PayloadSize")
    assert isinstance(payload, int)
    assert payload > 640 * 480
    packets = -(-payload // (1440 - 36)) + 2
    assert starts[1] == round((payload + packets * 36 + 52) * 1.03 / 5_000_000 * NS_PER_S)


def test_limit_written_during_acquisition_acts_on_the_next_frame(limited: Desk) -> None:
    limited.run("AcquisitionStart")
    first, second = limited.starts(PERIOD + PERIOD // 2)
    limited.set(DeviceLinkThroughputLimit=10_000_000)
    third, fourth = limited.starts(int(2.6 * PERIOD))
    assert (first, third - second) == (0, second)
    assert fourth - third == pytest.approx(second / 2, abs=1)


def test_shortest_distance_of_frames_does_not_delay_a_trigger(limited: Desk) -> None:
    limited.set(TriggerMode="On", TriggerSource="Software", IMXLowLatencyTriggerMode=1)
    limited.run("AcquisitionStart")
    limited.run("TriggerSoftware")
    opened = limited.starts(NS_PER_S // 50)
    limited.run("TriggerSoftware")
    assert len(opened + limited.starts(NS_PER_S // 25)) == 2


@pytest.mark.parametrize("value", [999_999, 125_000_001])
def test_limit_out_of_range_is_refused(desk: Desk, value: int) -> None:
    assert desk.attempt("DeviceLinkThroughputLimit", value) is Status.INVALID_PARAMETER
    assert desk.get("DeviceLinkThroughputLimit") == 125_000_000


@pytest.mark.parametrize(
    ("width", "height", "hz", "rate"),
    [
        (640, 480, 10.0, 120e6),  # twice 3 MB/s is less than Gigabit Ethernet
        (1920, 1080, 50.0, 207_360_000),  # twice 1920 x 1080 x 50
        (4096, 3000, 30.0, 372_500_000),  # twice 369 MB/s is more than the link
    ],
)
def test_a_fast_link_hurries_no_more_than_the_frame_rate_needs(
    desk_of: Callable[[str], Desk], width: int, height: int, hz: float, rate: float
) -> None:
    desk = desk_of("38UX253")
    desk.set(ExposureAuto="Off", ExposureTime=1000.0, PixelFormat="Mono8", Width=width, Height=height)
    desk.set(AcquisitionFrameRate=hz)
    assert desk.camera.stream.link_bytes_per_s == pytest.approx(rate, rel=0.001)


def test_a_triggered_frame_leaves_at_the_rate_of_a_fast_link(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("38UX253")
    desk.set(PixelFormat="Mono8", Width=640, Height=480, TriggerMode="On")
    assert desk.camera.stream.link_bytes_per_s == 372_500_000
