"""The blocks of code in README and docs, and what a comment that readers do not see says of running them.

Before a block may stand ``<!-- example: needs MODULE, ... -->``, of clients that not everybody has, or
``<!-- example: left out, REASON -->``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_BLOCK = re.compile(r"(?:^<!-- example: ([^>]*) -->\n+)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One block of code.

    Attributes
    ----------
    document
        Its path below the project's folder.
    line
        Of its first line of code, counted from 1.
    mark
        What the comment before it says of running it; empty without one.
    """

    document: str
    line: int
    language: str
    code: str
    mark: str = ""

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"

    @property
    def needs(self) -> tuple[str, ...]:
        """Modules that it cannot do without."""
        return tuple(re.split(r",\s*", self.mark.removeprefix("needs "))) if self.mark.startswith("needs ") else ()

    @property
    def left_out(self) -> str:
        """Why it is not run; empty if it is."""
        return self.mark.removeprefix("left out, ") if self.mark.startswith("left out, ") else ""


def blocks_of(text: str, document: str) -> list[Block]:
    """All blocks of a document that name their language."""
    return [
        Block(document, text.count("\n", 0, found.start(2)) + 2, found[2], found[3], found[1] or "")
        for found in _BLOCK.finditer(text)
    ]


def blocks(language: str) -> list[Block]:
    """All blocks in a language, of README and docs."""
    return [
        block
        for path in DOCUMENTS
        for block in blocks_of(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
        if block.language == language
    ]
