"""Plays the order of a program, which is data (``orders/*.yaml``), through a client.

A step is a mapping; its verb is one of

- ``write: {Feature: value, ...}``, ``write_if_there`` (what the camera lacks is passed over), ``execute: Command``
- ``call: [method, argument, ...]`` of the client, ``keep: {name: expression, ...}``, ``expect: expression``
- ``each: {name: expression}`` and ``if: expression``, both with ``do: [step, ...]``, which may also stand alone
- ``stream: frames``, with ``after_each: [step, ...]``, ``until: expression`` and what the client wants to know besides
- ``ask: what`` somebody outside to do, ``wait_s: seconds``

and may have ``result: name`` for what a call returned, ``tolerated: true`` where the program goes on after an error
without a word, ``shown: expression`` for the reader of a failed expectation, and ``by: name`` where a second program
has its hand in it. Text that begins with ``=`` is an expression; expressions know what was kept, `read`, `there`, `low`
and `high` of a feature, and a few functions.

Standard library alone: the interpreter that has Aravis runs it, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Protocol

Step = dict[str, Any]
_FUNCTIONS = (abs, all, any, bool, bytes, dict, float, int, len, list, max, min, range, round, set, sorted, str, zip)


class Failed(Exception):
    """What a client could not do, as it tells its user."""


class Client(Protocol):
    """What plays an order."""

    def write(self, name: str, value: Any) -> None: ...

    def read(self, name: str) -> Any: ...

    def there(self, name: str) -> bool: ...

    def bounds(self, name: str) -> Sequence[Any]: ...

    def execute(self, name: str) -> None: ...

    def call(self, method: str, *arguments: Any) -> Any: ...

    def frames(self, step: Step, /) -> Generator[dict[str, Any], None, None]: ...


class Player:
    """State: an order under way; `problems` are the steps that failed and the expectations that do not hold."""

    def __init__(self, client: Callable[[str], Client], ask: Callable[[str], None], **names: Any) -> None:
        self._new, self._ask = client, ask
        self._clients: dict[str, Client] = {}
        self._by = ""
        self._path: list[str] = []
        self._functions: dict[str, Any] = {function.__name__: function for function in _FUNCTIONS} | {
            "read": self._read,
            "there": self._there,
            "low": lambda name: self.client.bounds(name)[0],
            "high": lambda name: self.client.bounds(name)[1],
        }
        self.names = names
        self.problems: list[str] = []
        self.client: Client = self._acting("")

    def _acting(self, by: str) -> Client:
        if by not in self._clients:
            self._clients[by] = self._new(by)
        return self._clients[by]

    def play(self, steps: Sequence[Step]) -> None:
        """All steps, whatever becomes of them, as programs do that log an error and go on."""
        for number, step in enumerate(steps):
            self.client = self._acting(step.get("by", self._by))
            with self._at(f"{number + 1}. {self._shown(step)}"):
                try:
                    self._do(step)
                except Failed as failure:
                    if not step.get("tolerated", False):
                        self._complain(str(failure))

    @contextmanager
    def _at(self, place: str) -> Iterator[None]:
        self._path.append(place)
        yield
        self._path.pop()

    @staticmethod
    def _shown(step: Step) -> str:
        verb, what = next((verb, what) for verb, what in step.items() if verb != "by")
        return verb if verb == "do" else f"{verb} {what}"

    def _complain(self, what: str) -> None:
        problem = f"{' > '.join(self._path)}: {what}"
        if problem not in self.problems:
            self.problems.append(problem)

    def value(self, expression: Any) -> Any:
        """What an expression is worth now; anything but a text is itself."""
        if not isinstance(expression, str):
            return expression
        scope = {"__builtins__": {}, **self._functions, **self.names}
        try:
            return eval(expression, scope)  # an order is part of the tests
        except (NameError, TypeError, LookupError, ValueError, AttributeError) as error:
            raise Failed(f"{expression}: {error}") from None

    def _argument(self, value: Any) -> Any:
        return self.value(value[1:]) if isinstance(value, str) and value.startswith("=") else value

    def _read(self, name: str) -> Any:
        return self.client.read(name)

    def _there(self, name: str) -> bool:
        return self.client.there(name)

    def _do(self, step: Step) -> None:
        if step.keys() == {"do"}:
            self.play(step["do"])
            return
        (verb,) = step.keys() & (_VERBS.keys() | _VERBS_WITH_OPTIONS.keys())
        if verb in _VERBS:
            _VERBS[verb](self, step[verb])
        else:
            _VERBS_WITH_OPTIONS[verb](self, step[verb], step)

    def _write(self, features: dict[str, Any]) -> None:
        for name, value in features.items():
            self.client.write(name, self._argument(value))

    def _write_if_there(self, features: dict[str, Any]) -> None:
        self._write({name: value for name, value in features.items() if self.client.there(name)})

    def _execute(self, name: str) -> None:
        self.client.execute(name)

    def _keep(self, values: dict[str, Any]) -> None:
        for name, expression in values.items():
            self.names[name] = self.value(expression)

    def _outside(self, what: str) -> None:
        self._ask(what)

    def _wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def _call(self, call: Sequence[Any], step: Step) -> None:
        method, *arguments = call
        result = self.client.call(method, *map(self._argument, arguments))
        if "result" in step:
            self.names[step["result"]] = result

    def _expect(self, expression: str, step: Step) -> None:
        if not self.value(expression):
            self._complain(f"does not hold: {self.value(step['shown'])!r}" if "shown" in step else "does not hold")

    def _each(self, loop: dict[str, Any], step: Step) -> None:
        ((name, values),) = loop.items()
        for value in self.value(values):
            self.names[name] = value
            with self._at(f"{name} = {value}"):
                self.play(step["do"])

    def _if(self, condition: Any, step: Step) -> None:
        if self.value(condition):
            self.play(step["do"])

    def _stream(self, wanted: int, step: Step) -> None:
        frames: list[dict[str, Any]] = []
        self.names["frames"] = frames
        with closing(self.client.frames(step)) as stream:
            for frame in stream:
                frames.append(frame)
                self.play(step.get("after_each", []))
                if len(frames) == wanted or ("until" in step and self.value(step["until"])):
                    break
        if "until" in step:
            if not self.value(step["until"]):
                self._complain(f"not within {len(frames)} frames")
        elif len(frames) < wanted:
            self._complain(f"{len(frames)} of {wanted} frames came")


_VERBS: dict[str, Callable[[Player, Any], None]] = {
    "write": Player._write,
    "write_if_there": Player._write_if_there,
    "execute": Player._execute,
    "keep": Player._keep,
    "ask": Player._outside,
    "wait_s": Player._wait,
}
_VERBS_WITH_OPTIONS: dict[str, Callable[[Player, Any, Step], None]] = {
    "call": Player._call,
    "expect": Player._expect,
    "each": Player._each,
    "if": Player._if,
    "stream": Player._stream,
}
