from __future__ import annotations

import pytest

from tiscam_emu.net.skipping import is_taken

MS = 1_000_000
FAR = 10**12


@pytest.mark.parametrize(
    ("outstanding", "overdue_ns", "awaited", "taken"),
    [
        (0, 0, False, True),
        (5, FAR, False, True),
        (6, FAR, False, False),
        (6, 100 * MS, False, True),
        (6, 100 * MS + 1, False, False),
        (6, -MS, False, True),
        (1023, 0, False, True),
        (1024, -FAR, False, False),
        (6, FAR, True, True),
        (1023, FAR, True, True),
        (1024, 0, True, False),
    ],
)
def test_what_can_be_caught_up_or_is_awaited_is_taken(
    outstanding: int, overdue_ns: int, awaited: bool, taken: bool
) -> None:
    assert is_taken(outstanding, overdue_ns, awaited=awaited) is taken


def test_how_many_are_taken_in_any_case_can_be_chosen() -> None:
    assert [is_taken(count, FAR, awaited=False, always_taken=2) for count in (1, 2)] == [True, False]
