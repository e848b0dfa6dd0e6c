"""Boxes of text that do not overlap: measuring without a font, and a board that says no.

Widths are estimated from above (a full-width character is one em), so that a box holds its
text in any of the fonts that the drawing names. Every text of the picture goes over one
``Board``, which refuses what would cover something: no two label boxes ever intersect.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

LINE_HEIGHT = 1.3  # of the font size
_CELL = 48.0  # of the hash grid, about a label's width
_WIDE = "mwMW@%…—"
_NARROW = "iIjl.,:;'|!()[] "


class Tone(StrEnum):
    """What a label is for; the drawing gives each its look."""

    TITLE = "title"
    HEADER = "header"
    BANK = "bank"
    DATE = "date"
    GAP = "gap"
    ACCOUNT = "account"
    END = "end"
    AMOUNT = "amount"
    BACK_FLOW = "back_flow"
    INFERRED = "inferred"
    LEGEND = "legend"


@dataclass(frozen=True)
class Box:
    """A rectangle; y grows downwards."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Return the right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Return the lower edge."""
        return self.top + self.height

    def intersects(self, other: Box) -> bool:
        """Tell whether the two share more than an edge."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


@dataclass(frozen=True)
class Label:
    """Lines of text in a box, left-aligned; ``leader`` is a point that it belongs to."""

    lines: tuple[str, ...]
    box: Box
    size: float
    tone: Tone
    leader: tuple[float, float] | None = None


def measure(text: str, size: float) -> float:
    """Return how wide a text may at most be, in pixels."""
    return sum(map(_em, text)) * size


def _em(char: str) -> float:
    if unicodedata.combining(char):
        return 0.0
    if unicodedata.east_asian_width(char) in "WFA" or char in _WIDE:
        return 1.02
    if char in _NARROW:
        return 0.38
    return 0.76 if char.isupper() else 0.6


def shorten(text: str, width_max: float, size: float) -> str:
    """Return the text, or as much of it as fits with an ellipsis."""
    if measure(text, size) <= width_max:
        return text
    kept = ""
    for char in text:
        if measure(f"{kept}{char}…", size) > width_max:
            break
        kept += char
    return f"{kept}…"


def wrap(parts: Iterable[str], width_max: float, size: float, joint: str) -> list[str]:
    """Join parts into lines no wider than ``width_max``; a part is never split."""
    lines: list[str] = []
    for part in parts:
        if lines and measure(f"{lines[-1]}{joint}{part}", size) <= width_max:
            lines[-1] += f"{joint}{part}"
        else:
            lines.append(shorten(part, width_max, size))
    return lines


def make_label(lines: Sequence[str], left: float, top: float, size: float, tone: Tone) -> Label:
    """Return a label whose box is just as large as its lines need."""
    width = max(measure(line, size) for line in lines)
    return Label(tuple(lines), Box(left, top, width, len(lines) * size * LINE_HEIGHT), size, tone)


class Board:
    """Labels placed so far, things that they must not cover, and lines that they should not."""

    def __init__(self) -> None:
        """Start with nothing on the board."""
        self.labels: list[Label] = []
        self._boxes: dict[tuple[int, int], list[Box]] = defaultdict(list)
        self._points: dict[tuple[int, int], list[tuple[float, float, int]]] = defaultdict(list)

    def add_obstacle(self, box: Box) -> None:
        """Keep labels off a box."""
        for cell in _cells(box):
            self._boxes[cell].append(box)

    def add_line(self, points: Iterable[tuple[float, float]], number: int) -> None:
        """Make labels prefer places that the line with this number does not cross."""
        for x, y in points:
            self._points[int(x // _CELL), int(y // _CELL)].append((x, y, number))

    def is_free(self, box: Box) -> bool:
        """Tell whether a box covers nothing."""
        return not any(
            box.intersects(other) for cell in _cells(box) for other in self._boxes.get(cell, ())
        )

    def count_crossings(self, box: Box, own: int) -> int:
        """Return how many points of other lines lie in a box."""
        return sum(
            number != own and box.left <= x <= box.right and box.top <= y <= box.bottom
            for cell in _cells(box)
            for x, y, number in self._points.get(cell, ())
        )

    def place(self, label: Label) -> bool:
        """Put a label on the board unless it would cover something; tell whether it did."""
        if not self.is_free(label.box):
            return False
        self.labels.append(label)
        self.add_obstacle(label.box)
        return True

    def place_first(self, candidates: Iterable[Label]) -> bool:
        """Place the first candidate that fits."""
        return any(self.place(label) for label in candidates)

    def place_best(self, candidates: Iterable[tuple[int, Label]], own: int) -> bool:
        """Place the candidate that fits and costs least; the earlier one where equal.

        A candidate costs what stands before it, which must not fall along the list, and one
        for each point of another line that it covers.
        """
        best: Label | None = None
        least = 0
        for cost, label in candidates:
            if best and cost >= least:
                break
            if not self.is_free(label.box):
                continue
            total = cost + self.count_crossings(label.box, own)
            if best is None or total < least:
                best, least = label, total
        return best is not None and self.place(best)


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    for column in range(int(box.left // _CELL), int(box.right // _CELL) + 1):
        for row in range(int(box.top // _CELL), int(box.bottom // _CELL) + 1):
            yield column, row
