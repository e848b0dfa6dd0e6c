"""One bad or doubtful place in an input, as a value: bulk findings are lists of these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """A place in an input file and what is wrong there.

    ``line`` is the 1-based line of the file (for Parquet: the 1-based row), 0 when the
    file as a whole is meant; ``column`` is the column's name, empty when the row is meant.
    """

    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        """Render as ``file:line: column: reason``."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return (
            f"{place}: {self.column}: {self.reason}" if self.column else f"{place}: {self.reason}"
        )
