"""The shapes of a trail's picture, and the measures that all its parts keep.

Pixels; y grows downwards. ``geometry`` places these shapes, ``layout`` adds the texts,
``draw`` writes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from fundtrace.report.svg.columns import DayColumns, Stop
from fundtrace.report.svg.flows import AccountKey, Flow
from fundtrace.report.svg.labels import LINE_HEIGHT, Box

NAME_SIZE = 12.0
END_SIZE = 11.0
WIDTH_MIN = 1_200.0
GUTTER = 132.0  # bank names
FIRST_COLUMN = GUTTER + 92.0
BAR_WIDTH = 7.0
EDGE_WIDTH_MAX = 24.0  # of an edge that carries the whole principal
EDGE_WIDTH_MIN = 1.4
INFERRED_WIDTH = 2.4
STEP_MIN, STEP_MAX = 30.0, 250.0
# Extra room where empty days were left out; the less where the paper is full.
GAP_MIN, GAP_MAX = 24.0, 40.0
ROW_PADDING = 11.0
LANE_GAP = 7.0
NAME_HEIGHT = NAME_SIZE * LINE_HEIGHT
END_HEIGHT = END_SIZE * LINE_HEIGHT
TEXT_GAP = 5.0  # between a bar and its text
MARGIN = 16.0
BAR_HEIGHT_MIN = 10.0
HANDLE_MAX = 150.0
FAN_MIN = 4  # edges that leave one stop
LANE_TEXT_GAP = 14.0  # between the texts of two accounts in one lane


class EdgeLook(StrEnum):
    """How an edge is drawn."""

    HOP = "hop"
    BACK_FLOW = "back_flow"
    INFERRED = "inferred"


class BarLook(StrEnum):
    """How a stop is drawn."""

    THROUGH = "through"
    BLIND = "blind"  # something rests here behind which nobody sees
    INFERRED = "inferred"  # only a re-entry candidate arrives


Point = tuple[float, float]


@dataclass(frozen=True)
class Row:
    """One bank."""

    bank: str
    is_member: bool
    top: float
    height: float


@dataclass(frozen=True)
class Edge:
    """A curve from a stop to a stop further right."""

    look: EdgeLook
    start: Point
    end: Point
    width: float
    title: str
    flow: Flow
    is_in_fan: bool  # many edges leave the same stop
    is_said_at_end: bool  # the account where it arrives names the same amount

    @property
    def handles(self) -> tuple[float, float]:
        """Return the x of the curve's two handles; it climbs near its start in a fan."""
        length = self.end[0] - self.start[0]
        near, far = (0.22, 0.62) if self.is_in_fan else (0.5, 0.5)
        return (
            self.start[0] + min(length * near, HANDLE_MAX),
            self.end[0] - min(length * far, HANDLE_MAX),
        )

    def at(self, t: float) -> Point:
        """Return a point of the Bezier curve, 0 at its start and 1 at its end."""
        (x1, y1), (x2, y2) = self.start, self.end
        handle1, handle2 = self.handles
        s = 1.0 - t
        near, far = 3 * s * s * t, 3 * s * t * t
        x = s**3 * x1 + near * handle1 + far * handle2 + t**3 * x2
        y = (s**3 + near) * y1 + (far + t**3) * y2
        return (x, y)


@dataclass(frozen=True)
class Bar:
    """A stop."""

    box: Box
    look: BarLook
    title: str


@dataclass(frozen=True)
class Band:
    """Money that waits on an account between two stops; width 0 where none does."""

    start: Point
    end: Point
    width: float


@dataclass(frozen=True)
class Tick:
    """A day on the axis."""

    x: float
    day: DayColumns


@dataclass
class Account:
    """The stops of one account, its texts, and the lane that it gets."""

    key: AccountKey
    stops: list[Stop]
    name: str
    bar_height: float
    is_start: bool
    ends: list[str] = field(default_factory=list)
    left: float = 0.0
    right: float = 0.0
    y: float = 0.0

    @property
    def is_leaf(self) -> bool:
        """Tell whether money only arrives, at one stop: then all texts stand right of it."""
        return len(self.stops) == 1 and not self.stops[0].outgoing and not self.is_start

    @property
    def has_ends_right(self) -> bool:
        """Tell whether there is room for the ends to the right of the last bar."""
        return not self.stops[-1].outgoing

    @property
    def right_height(self) -> float:
        """Return the height of the text right of the last bar."""
        ends = len(self.ends) * END_HEIGHT if self.has_ends_right else 0.0
        return ends + NAME_HEIGHT if self.is_leaf else ends

    @property
    def right_up(self) -> float:
        """Return how far that text reaches above the line, clear of a name above the bar."""
        half = self.right_height / 2
        return half if self.is_leaf else min(half, self.bar_height / 2)

    @property
    def up(self) -> float:
        """Return how far the account reaches above its line."""
        name = 0.0 if self.is_leaf else NAME_HEIGHT + TEXT_GAP
        return max(self.bar_height / 2 + name, self.right_up)

    @property
    def down(self) -> float:
        """Return how far the account reaches below its line."""
        below = 0.0 if self.has_ends_right else len(self.ends) * END_HEIGHT + TEXT_GAP
        return max(self.bar_height / 2 + below, self.right_height - self.right_up)


@dataclass(frozen=True)
class Geometry:
    """Everything but the texts."""

    width: float
    bottom: float
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    edges: tuple[Edge, ...]
    bars: tuple[Bar, ...]
    bands: tuple[Band, ...]
    accounts: tuple[Account, ...]
    xs: tuple[float, ...]  # of the columns


def flow_width(flow: Flow, principal_minor: int) -> float:
    """Return the width of an edge, in proportion to the principal."""
    if flow.candidate:
        return INFERRED_WIDTH
    return value_width(flow.traced_minor, principal_minor)


def value_width(value_minor: int, principal_minor: int) -> float:
    """Return the width of a value; gross values may exceed the principal, widths do not."""
    share = min(value_minor, principal_minor) / principal_minor
    return max(EDGE_WIDTH_MIN, EDGE_WIDTH_MAX * share)
