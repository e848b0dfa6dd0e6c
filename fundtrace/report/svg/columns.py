"""Time along x: which stop of which account stands in which column of the picture.

A stop is an account on a day, after what arrived and before what left. An account that
sends, receives and sends again on one day has two stops, so every edge leads to the right,
also in a round trip within one minute. Days with activity take equal steps, one for each
layer of stops that the order of events demands; empty days between them are a marked gap.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from fundtrace.model.instants import SHANGHAI, from_micros
from fundtrace.report.svg.flows import AccountKey, Flow, Flows, key_of
from fundtrace.trace.trail import Trail


@dataclass(eq=False)
class Stop:
    """An account between arrivals and departures; ``layer`` orders the stops of a day."""

    key: AccountKey
    day: dt.date
    layer: int
    has_sent: bool = False
    column: int = 0
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)


@dataclass(frozen=True)
class DayColumns:
    """The columns of one day; ``gap_days`` empty days lie before it."""

    day: dt.date
    first: int
    count: int
    gap_days: int


@dataclass(frozen=True)
class Schedule:
    """Stops in the order in which they came up, and both ends of every flow."""

    stops: tuple[Stop, ...]
    ends: tuple[tuple[Stop, Stop], ...]  # as flows
    days: tuple[DayColumns, ...]


def build_schedule(trail: Trail, flows: Flows) -> Schedule:
    """Put every flow between two stops, and every stop into a column."""
    board = _Board()
    board.open(key_of(trail.account), _day_of(trail.disbursed_at), 0)
    sources: dict[int, Stop] = {}
    targets: dict[int, Stop] = {}
    events = [(*flow.left, 0, n) for n, flow in enumerate(flows.flows)]
    events += [(*flow.came, 1, n) for n, flow in enumerate(flows.flows)]
    for at, _, phase, number in sorted(events):
        flow = flows.flows[number]
        if phase == 0:
            sources[number] = board.send(flow, _day_of(at))
        else:
            targets[number] = board.receive(flow, _day_of(at), sources[number])
    days = _number_columns(board.stops)
    ends = tuple((sources[number], targets[number]) for number in range(len(flows.flows)))
    return Schedule(tuple(board.stops), ends, days)


class _Board:
    """The stops so far: the latest of each account, and how far each day has come."""

    def __init__(self) -> None:
        self.stops: list[Stop] = []
        self.latest: dict[AccountKey, Stop] = {}
        self.reached: dict[dt.date, int] = {}

    def open(self, key: AccountKey, day: dt.date, layer: int) -> Stop:
        stop = Stop(key, day, layer)
        self.stops.append(stop)
        self.latest[key] = stop
        return stop

    def send(self, flow: Flow, day: dt.date) -> Stop:
        stop = self.latest.get(flow.debit)
        if stop is None or stop.day != day:
            # No further left than what left earlier that day: time reads left to right.
            stop = self.open(flow.debit, day, self.reached.get(day, 0))
        stop.has_sent = True
        stop.outgoing.append(flow)
        self.reached[day] = max(self.reached.get(day, 0), stop.layer)
        return stop

    def receive(self, flow: Flow, day: dt.date, source: Stop) -> Stop:
        least = source.layer + 1 if source.day == day else self.reached.get(day, 0)
        stop = self.latest.get(flow.credit)
        if stop is None or stop.day != day:
            stop = self.open(flow.credit, day, least)
        elif stop.has_sent:
            stop = self.open(flow.credit, day, max(least, stop.layer + 1))
        else:
            stop.layer = max(least, stop.layer)
        stop.incoming.append(flow)
        return stop


def _number_columns(stops: list[Stop]) -> tuple[DayColumns, ...]:
    layers: dict[dt.date, set[int]] = {}
    for stop in stops:
        layers.setdefault(stop.day, set()).add(stop.layer)
    days: list[DayColumns] = []
    numbers: dict[tuple[dt.date, int], int] = {}
    for day in sorted(layers):
        gap = (day - days[-1].day).days - 1 if days else 0
        days.append(DayColumns(day, len(numbers), len(layers[day]), gap))
        for layer in sorted(layers[day]):
            numbers[day, layer] = len(numbers)
    for stop in stops:
        stop.column = numbers[stop.day, stop.layer]
    return tuple(days)


def _day_of(at: int) -> dt.date:
    return from_micros(at).astimezone(SHANGHAI).date()
