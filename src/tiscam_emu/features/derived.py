"""What follows from the values of a store alone, computed once until one of them changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar


class Remembers(Protocol):
    """A store; it forgets what is derived from its values with every change."""

    derived: dict[Any, Any]


_Store = TypeVar("_Store", bound=Remembers)
_Result = TypeVar("_Result")


def derived(compute: Callable[[_Store], _Result]) -> Callable[[_Store], _Result]:
    """Have a function of a store compute its result once per state of the store.

    It must depend on nothing but values of the store and what never changes: not on time, nor on what runs.
    """

    @wraps(compute)
    def remembered(store: _Store) -> _Result:
        try:
            result: _Result = store.derived[compute]
        except KeyError:
            result = store.derived[compute] = compute(store)
        return result

    return remembered
