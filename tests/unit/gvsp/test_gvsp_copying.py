"""Image data out of packet tables, from any byte on."""

from __future__ import annotations

import numpy as np
import pytest

from tiscam_emu.gvsp.all_in import AllInPacket
from tiscam_emu.gvsp.multi_part import MultiPartTable
from tiscam_emu.gvsp.packets import FrameTable, PacketTable

SIZE = 1000
PAYLOAD = np.random.default_rng(1).integers(0, 256, SIZE, np.uint8)


@pytest.mark.parametrize(
    "table",
    [
        PacketTable(SIZE, 136),
        PacketTable(SIZE, 576, extended=True),
        MultiPartTable((SIZE, 40), 200),
        AllInPacket(SIZE, 1500),
    ],
    ids=["standard", "extended", "multi-part", "all-in"],
)
def test_any_stretch_can_be_copied(table: FrameTable) -> None:
    table.restart()
    table.write(0, PAYLOAD)
    for first, length in ((0, SIZE), (0, 1), (999, 1), (100, 100), (99, 1), (99, 102), (37, 500), (200, 800), (5, 0)):
        out = np.empty(length, np.uint8)
        table.copy_to(out, first)
        assert np.array_equal(out, PAYLOAD[first : first + length]), (first, length)
