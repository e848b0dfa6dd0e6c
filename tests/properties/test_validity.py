"""Verdicts are a function of what is known, never change, and agree with plain loops."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.ledger.validity.fold import fold, list_effective_records
from fundtrace.ledger.validity.judge import Judge, judge
from fundtrace.ledger.validity.verdicts import Pending, Position, Valid, Verdict, Void
from tests.support.known import Known, draw_known, draw_orders, grow
from tests.support.naive_validity import judge_naively
from tests.support.random_worlds import draw_scenes
from tests.support.scenes import Scene

STEPS = 6


def name_verdict(verdict: Verdict) -> str:
    match verdict:
        case Void(reason=reason):
            return reason
        case Pending():
            return "pending"
        case Valid(is_repeat=True):
            return "repeat"
        case Valid(is_late=True):
            return "late"
        case _:
            return "valid"


def is_settled_by(verdict: Verdict, later: Verdict) -> bool:
    """Whether a verdict allows a later one: pending any, settled the same, but for lateness."""
    if isinstance(verdict, Pending) or verdict == later:
        return True
    return verdict == Valid() and later == Valid(is_late=True)


def judge_all(known: Known, one: Judge | None = None) -> dict[Position, Verdict]:
    """Verdicts on all records that are known to stand somewhere."""
    one = one or Judge(known.view())
    return {
        position: one.judge(position)
        for position in known.world.positions
        if position.index < known.sizes.get(position.origin, 0)
    }


@given(draw_scenes())
@settings(max_examples=100, deadline=None)
def test_the_judge_agrees_with_plain_loops_over_the_full_ledger(scene: Scene):
    one = Judge(scene.view())
    judged = {position: name_verdict(one.judge(position)) for position in scene.positions}
    assert judged == judge_naively(scene)


@given(st.data(), draw_scenes(8))
@settings(max_examples=100, deadline=None)
def test_who_knows_less_says_the_same_or_pending(data: st.DataObject, scene: Scene):
    known = data.draw(draw_known(scene))
    full = Judge(scene.view())
    for position, verdict in judge_all(known).items():
        assert is_settled_by(verdict, full.judge(position))


@given(st.data(), draw_scenes(8))
@settings(max_examples=60, deadline=None)
def test_verdicts_stand_while_anything_arrives_in_any_order(data: st.DataObject, scene: Scene):
    following = Judge(Known(scene).view())
    before: dict[Position, Verdict] = {}
    for known in grow(scene, data.draw(draw_orders(scene)), STEPS):
        following.extend(known.view())
        now = judge_all(known, following)
        assert all(is_settled_by(verdict, now[one]) for one, verdict in before.items())
        assert now == {one: judge(known.view(), one) for one in now}
        assert fold(following) == list_effective_records(known.view())
        before = now
    assert before == judge_all(known)


@given(st.data(), draw_scenes(8))
@settings(max_examples=60, deadline=None)
def test_what_is_named_as_missing_is_missing_and_moves_the_judging_on(
    data: st.DataObject, scene: Scene
):
    known = data.draw(draw_known(scene))
    position = data.draw(st.sampled_from(scene.positions))
    verdict = judge(known.view(), position)
    while isinstance(verdict, Pending):
        assert verdict.missing
        assert not any(known.has(one) for one in verdict.missing)
        supplied = [known.supply(one) for one in verdict.missing]
        if not all(supplied):
            assert isinstance(judge(scene.view(), position), Pending)
            return
        verdict = judge(known.view(), position)
    assert is_settled_by(verdict, judge(scene.view(), position))
