"""The picture of a trail, ready to be drawn: geometry, and every text in a box of its own.

Texts go onto one board in the order of their weight: header, banks, accounts and what rests
there, days, legend, amounts. An amount stands on its edge where there is room, else beside
it, else apart with a leader, else as its number alone; what still finds no room is counted in
a note, since the table of hops says it anyway. So no two texts ever overlap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from fundtrace.report.svg.captions import Captions
from fundtrace.report.svg.flows import Grouping, build_flows, choose_grouping
from fundtrace.report.svg.geometry import build_geometry
from fundtrace.report.svg.labels import (
    LINE_HEIGHT,
    Board,
    Box,
    Label,
    Tone,
    make_label,
    measure,
    wrap,
)
from fundtrace.report.svg.shapes import (
    BAR_WIDTH,
    EDGE_WIDTH_MAX,
    END_SIZE,
    FIRST_COLUMN,
    GUTTER,
    INFERRED_WIDTH,
    MARGIN,
    NAME_HEIGHT,
    NAME_SIZE,
    ROW_PADDING,
    TEXT_GAP,
    WIDTH_MIN,
    Account,
    BarLook,
    Edge,
    EdgeLook,
    Geometry,
    Point,
    value_width,
)
from fundtrace.report.words import Label as Word
from fundtrace.report.words import Lang
from fundtrace.trace.trail import Trail

TITLE_SIZE = 18.0
TEXT_SIZE = 12.0
AMOUNT_SIZE = 11.0
DATE_SIZE = 11.0
_AXIS_LINES = 2
_JOINT = "  |  "  # between facts on one line
_PAD = 2.5  # around an amount
HELD_SWATCH, BLIND_SWATCH = "held", "blind"
_SWATCH_WIDTH = 34.0
_SAMPLE_WIDTH = 6.0  # of a line in the legend
_SAMPLE_POINTS = 40
_RADII = (20.0, 32.0, 46.0, 62.0, 80.0, 100.0)
_DIRECTIONS = 12
_ARROW_ROOM = 10.0
# What it costs to stand on the edge, beside it, apart from it; see Board.place_best.
_COSTS = (0, 1, 8)
_FAN_COSTS = (12, 14, 40)
_NO_EDGE = -1


@dataclass(frozen=True)
class Swatch:
    """A sample of a look in the legend; ``look`` is an EdgeLook, HELD_SWATCH or BLIND_SWATCH."""

    box: Box
    look: str
    width: float


@dataclass(frozen=True)
class Layout:
    """A picture that only needs to be drawn; coordinates in pixels, y downwards."""

    width: float
    height: float
    title: str
    description: str
    axis_top: float
    geometry: Geometry
    labels: tuple[Label, ...]
    swatches: tuple[Swatch, ...]
    disbursement: tuple[Point, Point]
    unlabelled: int  # amounts that found no room


def build_layout(trail: Trail, lang: Lang, grouping: Grouping | None = None) -> Layout:
    """Lay a trail out; without ``grouping`` a large trail is grouped by amount."""
    flows = build_flows(trail, grouping or choose_grouping(trail))
    captions = Captions(trail, flows, lang)
    writer = _Writer(trail, captions)
    axis_top = writer.write_header()
    top = axis_top + _AXIS_LINES * DATE_SIZE * LINE_HEIGHT + TEXT_GAP
    geometry = build_geometry(trail, flows, captions, top)
    writer.write_rows(geometry)
    writer.write_accounts(geometry)
    writer.write_days(geometry, axis_top)
    disbursement = writer.write_disbursement(geometry)
    unlabelled = writer.write_amounts(geometry)
    y = writer.write_legend(geometry)
    y = writer.write_notes(y, unlabelled)
    return Layout(
        width=geometry.width,
        height=math.ceil(y + MARGIN),
        title=captions.title(),
        description=captions.say(Word.SVG_DESC, hops=len(trail.hops)),
        axis_top=axis_top,
        geometry=geometry,
        labels=tuple(writer.board.labels),
        swatches=tuple(writer.swatches),
        disbursement=disbursement,
        unlabelled=unlabelled,
    )


class _Writer:
    """Puts the texts of one picture on the board, section by section."""

    def __init__(self, trail: Trail, captions: Captions) -> None:
        self.trail = trail
        self.captions = captions
        self.board = Board()
        self.swatches: list[Swatch] = []

    def write_header(self) -> float:
        """Write heading and facts; return where the axis may begin."""
        y = MARGIN
        room = WIDTH_MIN - 2 * MARGIN
        for line in wrap([self.captions.title()], room, TITLE_SIZE, ""):
            self.board.place(make_label([line], MARGIN, y, TITLE_SIZE, Tone.TITLE))
            y += TITLE_SIZE * LINE_HEIGHT + TEXT_GAP
        return self._write_lines(self.captions.header_parts(), y, Tone.HEADER) + TEXT_GAP

    def _write_lines(self, parts: list[str], y: float, tone: Tone) -> float:
        for line in wrap(parts, WIDTH_MIN - 2 * MARGIN, TEXT_SIZE, _JOINT):
            self.board.place(make_label([line], MARGIN, y, TEXT_SIZE, tone))
            y += TEXT_SIZE * LINE_HEIGHT
        return y

    def write_rows(self, geometry: Geometry) -> None:
        """Name the banks in the gutter."""
        room = GUTTER - MARGIN - TEXT_GAP
        for row in geometry.rows:
            lines = self.captions.bank_lines(row.bank, is_member=row.is_member, width_max=room)
            y = row.top + ROW_PADDING
            self.board.place(make_label(lines, MARGIN, y, NAME_SIZE, Tone.BANK))

    def write_accounts(self, geometry: Geometry) -> None:
        """Name the accounts, and say what rests there."""
        for bar in geometry.bars:
            self.board.add_obstacle(bar.box)
        for number, edge in enumerate(geometry.edges):
            points = (edge.at(n / _SAMPLE_POINTS) for n in range(_SAMPLE_POINTS + 1))
            self.board.add_line(points, number)
        for account in geometry.accounts:
            first = geometry.xs[account.stops[0].column]
            last = geometry.xs[account.stops[-1].column]
            right = last + BAR_WIDTH / 2 + TEXT_GAP
            y = account.y - account.right_up
            if account.is_leaf:
                self.board.place(make_label([account.name], right, y, NAME_SIZE, Tone.ACCOUNT))
                y += NAME_HEIGHT
            else:
                name_y = account.y - account.bar_height / 2 - NAME_HEIGHT - TEXT_GAP / 2
                left = first - BAR_WIDTH / 2
                self.board.place(make_label([account.name], left, name_y, NAME_SIZE, Tone.ACCOUNT))
            if account.ends:
                self.board.place_best(_list_end_spots(account, last, right, y), _NO_EDGE)

    def write_days(self, geometry: Geometry, axis_top: float) -> None:
        """Write the days with activity, and how many days without any lie between."""
        height = DATE_SIZE * LINE_HEIGHT
        year = 0
        for tick in geometry.ticks:
            day = tick.day.day
            text = f"{day:%m-%d}" if day.year == year else f"{day:%Y-%m-%d}"
            year = day.year
            lines = [axis_top + n * height for n in (1, 0)]
            left = tick.x - BAR_WIDTH / 2
            self.board.place_first(make_label([text], left, y, DATE_SIZE, Tone.DATE) for y in lines)
        for days, x in self._list_gaps(geometry):
            text = self.captions.say(Word.DAYS_GAP, days=days)
            left = x - measure(text, DATE_SIZE) / 2
            self.board.place_first(
                make_label([text], left, axis_top + n * height, DATE_SIZE, Tone.GAP) for n in (1, 0)
            )

    @staticmethod
    def _list_gaps(geometry: Geometry) -> Iterator[tuple[int, float]]:
        for tick in geometry.ticks:
            if tick.day.gap_days:
                yield tick.day.gap_days, (geometry.xs[tick.day.first - 1] + tick.x) / 2

    def write_disbursement(self, geometry: Geometry) -> tuple[Point, Point]:
        """Write the disbursement at the left of the loan's account; return its arrow."""
        start = next(account for account in geometry.accounts if account.is_start)
        amount = self.captions.money(self.trail.principal_minor)
        lines = [self.captions.say(Word.DISBURSED), amount]
        left = GUTTER + TEXT_GAP
        height = len(lines) * AMOUNT_SIZE * LINE_HEIGHT
        above = start.y - EDGE_WIDTH_MAX / 2 - height
        below = start.y + EDGE_WIDTH_MAX / 2
        self.board.place_first(
            make_label(lines, left, y, AMOUNT_SIZE, Tone.AMOUNT)
            for y in (above, below, below + TEXT_GAP)
        )
        return (left, start.y), (FIRST_COLUMN - BAR_WIDTH / 2, start.y)

    def write_amounts(self, geometry: Geometry) -> int:
        """Write the amounts of the edges, the greatest first; return how many found no room."""
        missing = 0
        order = sorted(
            range(len(geometry.edges)),
            key=lambda n: (not geometry.edges[n].flow.candidate, -geometry.edges[n].width, n),
        )
        for number in order:
            edge = geometry.edges[number]
            tone = self.captions.flow_tone(edge.flow)
            missing += not any(
                self.board.place_best(_list_spots(edge, text, tone, geometry), number)
                for text in self.captions.flow_texts(edge.flow, is_said_at_end=edge.is_said_at_end)
            )
        return missing

    def write_legend(self, geometry: Geometry) -> float:
        """Write what the looks mean; return where the next line may begin."""
        say, money = self.captions.say, self.captions.money
        principal = self.trail.principal_minor
        tenth = principal // 10
        looks = {edge.look for edge in geometry.edges}
        whole = f"{say(Word.LEGEND_WIDTH)}: {money(principal)}"
        legend: list[tuple[str, float, str]] = [
            (EdgeLook.HOP, EDGE_WIDTH_MAX, whole),
            (EdgeLook.HOP, value_width(tenth, principal), money(tenth)),
        ]
        if EdgeLook.BACK_FLOW in looks:
            legend.append((EdgeLook.BACK_FLOW, _SAMPLE_WIDTH, say(Word.LEGEND_BACK)))
        if EdgeLook.INFERRED in looks:
            legend.append((EdgeLook.INFERRED, INFERRED_WIDTH, say(Word.LEGEND_INFERRED)))
        if geometry.bands:
            legend.append((HELD_SWATCH, _SAMPLE_WIDTH, say(Word.LEGEND_HELD)))
        if any(bar.look is BarLook.BLIND for bar in geometry.bars):
            legend.append((BLIND_SWATCH, BAR_WIDTH, say(Word.LEGEND_BLIND)))
        return self._write_swatches(legend, geometry.bottom + MARGIN)

    def _write_swatches(self, legend: list[tuple[str, float, str]], y: float) -> float:
        x = MARGIN
        height = EDGE_WIDTH_MAX + TEXT_GAP
        for look, width, text in legend:
            needed = _SWATCH_WIDTH + TEXT_GAP + measure(text, TEXT_SIZE)
            if x > MARGIN and x + needed > WIDTH_MIN - MARGIN:
                x, y = MARGIN, y + height
            self.swatches.append(Swatch(Box(x, y, _SWATCH_WIDTH, EDGE_WIDTH_MAX), look, width))
            text_y = y + (EDGE_WIDTH_MAX - TEXT_SIZE * LINE_HEIGHT) / 2
            left = x + _SWATCH_WIDTH + TEXT_GAP
            self.board.place(make_label([text], left, text_y, TEXT_SIZE, Tone.LEGEND))
            x += needed + MARGIN
        return y + height

    def write_notes(self, y: float, unlabelled: int) -> float:
        """Write what was grouped, cut or left out."""
        notes = self.captions.notes()
        if unlabelled:
            notes.append(self.captions.say(Word.NOT_LABELLED, count=unlabelled))
        return self._write_lines(notes, y + TEXT_GAP, Tone.HEADER)


def _list_end_spots(
    account: Account, last: float, right: float, y: float
) -> Iterator[tuple[int, Label]]:
    """List where it may be said what rests: beside the last bar, or below it to either side."""
    if account.has_ends_right:
        yield 0, make_label(account.ends, right, y, END_SIZE, Tone.END)
        return
    below = account.y + account.bar_height / 2 + TEXT_GAP / 2
    width = max(measure(line, END_SIZE) for line in account.ends)
    yield 0, make_label(account.ends, last - width, below, END_SIZE, Tone.END)
    yield 0, make_label(account.ends, last - BAR_WIDTH / 2, below, END_SIZE, Tone.END)


def _list_spots(
    edge: Edge, text: str, tone: Tone, geometry: Geometry
) -> Iterator[tuple[int, Label]]:
    """List where an amount may stand, and at what cost: on its edge, beside it, apart."""
    width = measure(text, AMOUNT_SIZE) + 2 * _PAD
    height = AMOUNT_SIZE * LINE_HEIGHT
    points = [edge.at(t) for t in (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)]
    beside = edge.width / 2 + height / 2 + 1.0
    spots: list[tuple[int, float, float, Point | None]] = []
    if edge.is_in_fan:
        # The edges of a fan lie apart only near their ends.
        x, y = edge.end[0] - _ARROW_ROOM - width / 2, edge.end[1]
        spots += [(0, x, y + shift, None) for shift in (0.0, -beside, beside)]
    on, off, apart = _FAN_COSTS if edge.is_in_fan else _COSTS
    spots += [(on, x, y, None) for x, y in points]
    spots += [(off, x, y + side * beside, None) for x, y in points for side in (-1, 1)]
    for radius in _RADII:
        for x, y in (points[0], points[-1]):
            for n in range(_DIRECTIONS):
                angle = 2 * math.pi * n / _DIRECTIONS
                spot = (x + 1.8 * radius * math.cos(angle), y + radius * math.sin(angle))
                spots.append((apart, *spot, (x, y)))
    top = geometry.rows[0].top
    line = [edge.at(n / _SAMPLE_POINTS) for n in range(_SAMPLE_POINTS + 1)]
    for cost, x, y, leader in spots:
        box = Box(x - width / 2, y - height / 2, width, height)
        if (
            box.left >= GUTTER + TEXT_GAP
            and box.right <= geometry.width - TEXT_GAP
            and box.top >= top
            and box.bottom <= geometry.bottom
        ):
            touches = any(
                box.left <= px <= box.right and box.top <= py <= box.bottom for px, py in line
            )
            yield cost, Label((text,), box, AMOUNT_SIZE, tone, None if touches else leader)
