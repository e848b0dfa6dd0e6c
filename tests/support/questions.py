"""What is asked of a random world: tables, a time and a scope; and when two passes are equal."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from fundtrace.model.instants import parse_instant
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import ColumnarPass
from fundtrace.trace.result import PassResult, Scope
from tests.support.worlds import FULL, HUGE, PLAIN, Shape, render_time, worlds

SHAPES = {
    "small": FULL,
    "huge": HUGE,
    "plain": PLAIN,
    "long": replace(FULL, movements_max=48, loans_max=8),
    "returning": replace(FULL, returns=0.5, currencies=("CNY", "JPY")),
    "overdrawn": replace(FULL, overdraft=0.6, returns=0.1, amount_max=400),
    "pooled": replace(PLAIN, loans_max=40, movements_max=24, payees=0.3, late_credit=0.3),
}


def patient(examples: int) -> settings:
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )


@st.composite
def questions(draw: st.DrawFn, shape: Shape) -> tuple[TraceInput, Scope]:
    """Draw a world, a time asked and a scope."""
    tables = draw(worlds(shape)).build()
    as_of = draw(st.one_of(st.none(), st.integers(0, 9)))
    limit = st.one_of(st.integers(0, 80), st.integers(0, 2 * shape.amount_max))
    scope = st.builds(
        Scope,
        window_days=st.one_of(st.none(), st.integers(0, 5)),
        hops_max=st.one_of(st.none(), st.integers(0, 3)),
        amount_max_minor=st.one_of(st.none(), limit),
        part_min_minor=st.one_of(st.none(), st.integers(0, 20), limit),
    )
    instant = None if as_of is None else parse_instant(render_time(as_of * 700))
    return TraceInput(tables, instant), draw(st.one_of(st.just(Scope()), scope))


def check_equal(found: ColumnarPass, expected: PassResult) -> None:
    assert list(found.hops) == expected.hops
    assert list(found.rests) == expected.rests
    assert list(found.first_uses) == expected.first_uses
    assert found.unobserved == expected.unobserved
