"""The tabular sequential graph of a trail (arXiv 2605.10522) as coordinates, no texts.

One row a bank: the lender first, then in the order in which the money came by, banks that
take no part and the world outside last. Time runs along x (``columns``). In a row each
account has a lane for as long as it is on the picture; lanes are used again. A stop is a bar,
as high as what passes it; an edge is as wide as its traced value, in proportion to the
principal and never thinner than a hair. All numbers follow from the trail alone, so the same
trail gives the same picture to the byte.
"""

from __future__ import annotations

from fundtrace.model.kinds import BLIND_END_REASONS, EndReason
from fundtrace.report.svg.captions import Captions
from fundtrace.report.svg.columns import Stop, build_schedule
from fundtrace.report.svg.flows import AccountKey, Flow, Flows, key_of
from fundtrace.report.svg.labels import Box, measure
from fundtrace.report.svg.shapes import (
    BAR_HEIGHT_MIN,
    BAR_WIDTH,
    EDGE_WIDTH_MAX,
    END_SIZE,
    FAN_MIN,
    FIRST_COLUMN,
    GAP_MAX,
    GAP_MIN,
    GUTTER,
    LANE_GAP,
    LANE_TEXT_GAP,
    MARGIN,
    NAME_HEIGHT,
    NAME_SIZE,
    ROW_PADDING,
    STEP_MAX,
    STEP_MIN,
    TEXT_GAP,
    WIDTH_MIN,
    Account,
    Band,
    Bar,
    BarLook,
    Edge,
    EdgeLook,
    Geometry,
    Row,
    Tick,
    flow_width,
    value_width,
)
from fundtrace.trace.trail import Trail


def build_geometry(trail: Trail, flows: Flows, captions: Captions, top: float) -> Geometry:
    """Place columns, lanes, bars and edges below ``top``."""
    sheet = _Sheet(trail, flows, captions)
    rows = sheet.place_rows(top)
    return Geometry(
        width=max([WIDTH_MIN, *(account.right + MARGIN for account in sheet.accounts)]),
        bottom=rows[-1].top + rows[-1].height,
        rows=rows,
        ticks=tuple(Tick(sheet.xs[day.first], day) for day in sheet.schedule.days),
        edges=sheet.place_edges(),
        bars=tuple(sheet.make_bar(a, stop) for a in sheet.accounts for stop in a.stops),
        bands=sheet.place_bands(),
        accounts=tuple(sheet.accounts),
        xs=sheet.xs,
    )


def find_blind_banks(trail: Trail) -> set[str]:
    """Return the banks that the trail says take no part, and the world outside."""
    reason = EndReason.NON_MEMBER
    blind = {hop.credit.bank for hop in trail.hops if hop.end_reason is reason}
    blind |= {part.place.bank for part in trail.rests if part.end_reason is reason}
    blind |= {each.debit.bank for each in trail.reentry_candidates if each.end_reason is reason}
    return (blind | {""}) - {trail.account.bank}


class _Sheet:
    """The accounts of one picture: columns first, then rows and lanes, then edges."""

    def __init__(self, trail: Trail, flows: Flows, captions: Captions) -> None:
        self.trail = trail
        self.flows = flows
        self.captions = captions
        self.schedule = build_schedule(trail, flows)
        stops: dict[AccountKey, list[Stop]] = {}
        for stop in self.schedule.stops:
            stops.setdefault(stop.key, []).append(stop)
        self.accounts = [self._make_account(key, own) for key, own in stops.items()]
        self.xs = self._place_columns()
        for account in self.accounts:
            self._place_account(account)

    def _sum_widths(self, flows: list[Flow]) -> float:
        return sum(flow_width(flow, self.trail.principal_minor) for flow in flows)

    def _measure_bar(self, stop: Stop, *, is_start: bool) -> float:
        sides = self._sum_widths(stop.incoming), self._sum_widths(stop.outgoing)
        return max(BAR_HEIGHT_MIN, EDGE_WIDTH_MAX if is_start else 0.0, *sides)

    def _make_account(self, key: AccountKey, stops: list[Stop]) -> Account:
        is_start = key == key_of(self.trail.account)
        height = max(self._measure_bar(stop, is_start=is_start) for stop in stops)
        account = Account(key, stops, self.captions.account_line(key), height, is_start)
        is_far = len(stops) > 1 and account.has_ends_right  # the name stands at the first bar
        account.ends = self.captions.end_lines(key, has_name=account.is_leaf, is_far=is_far)
        return account

    def _place_columns(self) -> tuple[float, ...]:
        days = self.schedule.days
        count = sum(day.count for day in days)
        gaps = sum(1 for day in days if day.gap_days)
        last = [a for a in self.accounts if a.stops[-1].column == count - 1]
        room = WIDTH_MIN - FIRST_COLUMN - MARGIN - max(_right_width(a) for a in last)
        gap = min(GAP_MAX, max(GAP_MIN, (room - STEP_MIN * count) / max(gaps, 1)))
        step = min(STEP_MAX, max(STEP_MIN, (room - gap * gaps) / max(count - 1, 1)))
        xs: list[float] = []
        x = FIRST_COLUMN
        for day in days:
            x += gap if day.gap_days else 0.0
            for _ in range(day.count):
                xs.append(x)
                x += step
        return tuple(xs)

    def _place_account(self, account: Account) -> None:
        first, last = self.xs[account.stops[0].column], self.xs[account.stops[-1].column]
        account.left = first - BAR_WIDTH
        account.right = last + _right_width(account)
        if not account.is_leaf:
            account.right = max(account.right, first + measure(account.name, NAME_SIZE))
        if not account.has_ends_right:  # they stand below the last bar, to either side
            widths = [measure(line, END_SIZE) for line in account.ends]
            account.left = min(account.left, last - max(widths, default=0.0))

    def place_rows(self, top: float) -> tuple[Row, ...]:
        """Stack the banks, and in each the lanes of its accounts."""
        blind = find_blind_banks(self.trail)
        bank_of = {a.key: self.flows.places[a.key].bank for a in self.accounts}
        banks = sorted(
            dict.fromkeys(bank_of.values()), key=lambda bank: (bank == "", bank in blind)
        )
        rows: list[Row] = []
        for bank in banks:
            own = [account for account in self.accounts if bank_of[account.key] == bank]
            is_member = bank not in blind
            name = self.captions.bank_lines(bank, is_member=is_member, width_max=GUTTER)
            height = max(_place_lanes(own, top), len(name) * NAME_HEIGHT + 2 * ROW_PADDING)
            rows.append(Row(bank, is_member, top, height))
            top += height
        return tuple(rows)

    def place_edges(self) -> tuple[Edge, ...]:
        """Stack the ends of the edges on their bars, in the order in which they fan out."""
        ys = {account.key: account.y for account in self.accounts}
        starts: dict[int, float] = {}
        ends: dict[int, float] = {}
        for stop in self.schedule.stops:
            leaving = sorted(stop.outgoing, key=lambda flow: (ys[flow.credit], flow.order))
            arriving = sorted(stop.incoming, key=lambda flow: (ys[flow.debit], flow.order))
            for side, found in ((leaving, starts), (arriving, ends)):
                y = ys[stop.key] - self._sum_widths(side) / 2
                for flow in side:
                    width = self._sum_widths([flow])
                    found[flow.order] = y + width / 2
                    y += width
        single = {a.key for a in self.accounts if a.is_leaf and len(a.stops[0].incoming) == 1}
        return tuple(
            Edge(
                look=_look_of(flow),
                start=(self.xs[source.column] + BAR_WIDTH / 2, starts[flow.order]),
                end=(self.xs[target.column] - BAR_WIDTH / 2, ends[flow.order]),
                width=self._sum_widths([flow]),
                title=self.captions.flow_title(flow),
                flow=flow,
                is_in_fan=len(source.outgoing) >= FAN_MIN,
                is_said_at_end=flow.credit in single and self._is_all_that_rests(flow),
            )
            for flow, (source, target) in zip(self.flows.flows, self.schedule.ends, strict=True)
        )

    def _is_all_that_rests(self, flow: Flow) -> bool:
        rests = self.captions.list_rests(flow.credit)
        return [part.traced_minor for part in rests] == [flow.traced_minor]

    def make_bar(self, account: Account, stop: Stop) -> Bar:
        """Draw a stop as high as what passes it."""
        rests = self.captions.list_rests(account.key)
        look = BarLook.THROUGH
        if stop.incoming and all(flow.candidate for flow in stop.incoming):
            look = BarLook.INFERRED
        elif any(part.end_reason in BLIND_END_REASONS for part in rests):
            look = BarLook.BLIND
        is_start = account.is_start and stop is account.stops[0]
        height = self._measure_bar(stop, is_start=is_start)
        left = self.xs[stop.column] - BAR_WIDTH / 2
        box = Box(left, account.y - height / 2, BAR_WIDTH, height)
        return Bar(box, look, self.captions.account_title(account.key))

    def place_bands(self) -> tuple[Band, ...]:
        """Join the stops of each account by what waits there in between."""
        bands: list[Band] = []
        for account in self.accounts:
            if not account.key.bank:
                continue
            held = self.trail.drawn_minor if account.is_start else 0
            for stop, following in zip(account.stops, account.stops[1:], strict=False):
                held += sum(flow.traced_minor for flow in stop.incoming)
                held -= sum(flow.traced_minor for flow in stop.outgoing)
                start = (self.xs[stop.column] + BAR_WIDTH / 2, account.y)
                end = (self.xs[following.column] - BAR_WIDTH / 2, account.y)
                is_known = self.trail.is_whole and held > 0
                width = value_width(held, self.trail.principal_minor) if is_known else 0.0
                bands.append(Band(start, end, width))
        return tuple(bands)


def _look_of(flow: Flow) -> EdgeLook:
    if flow.candidate:
        return EdgeLook.INFERRED
    return EdgeLook.BACK_FLOW if flow.is_back_flow else EdgeLook.HOP


def _right_width(account: Account) -> float:
    """Return how far the texts reach to the right of the last bar."""
    ends = max((measure(line, END_SIZE) for line in account.ends), default=0.0)
    name = measure(account.name, NAME_SIZE)
    beside = max(ends if account.has_ends_right else 0.0, name if account.is_leaf else 0.0)
    below = 0.0 if account.has_ends_right else ends
    above = name if not account.is_leaf and len(account.stops) == 1 else 0.0
    return max(beside + BAR_WIDTH + TEXT_GAP, below, above)


def _place_lanes(accounts: list[Account], top: float) -> float:
    """Give every account of a row a lane, the first that is free; return the row's height."""
    lanes: list[list[Account]] = []
    for account in sorted(accounts, key=lambda account: account.stops[0].column):
        for lane in lanes:
            if all(
                other.right + LANE_TEXT_GAP <= account.left
                or account.right + LANE_TEXT_GAP <= other.left
                for other in lane
            ):
                lane.append(account)
                break
        else:
            lanes.append([account])
    y = top + ROW_PADDING
    for lane in lanes:
        up, down = max(a.up for a in lane), max(a.down for a in lane)
        for account in lane:
            account.y = y + up
        y += up + down + LANE_GAP
    return y - LANE_GAP + ROW_PADDING - top
