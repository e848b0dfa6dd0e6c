"""A node refuses to publish what its readers would not act on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundtrace.errors import RuleViolationError
from fundtrace.ledger.kinds.entries import Record
from fundtrace.ledger.validity.judge import Judge, judge
from fundtrace.ledger.validity.publish import NOT_TO_BE_JUDGED, Draft, check_publishable
from fundtrace.ledger.validity.reasons import Reason
from fundtrace.ledger.validity.verdicts import Valid
from tests.support.judged_world import get_origin
from tests.support.scenes import Scene
from tests.support.void_cases import CASES, get_position


@pytest.fixture
def scene():
    return Scene()


def draft(scene: Scene, body, stream: str = "b-c") -> Draft:
    return Draft(scene.make_context(get_origin("b"), "b", stream), body)


def test_a_record_that_keeps_all_rules_may_be_published(scene):
    judge_of_b = Judge(scene.view())
    check_publishable(judge_of_b, draft(scene, scene.make_hop()))
    scene.hop()
    judge_of_b.extend(scene.view())
    check_publishable(judge_of_b, draft(scene, scene.make_hop()))


@pytest.mark.parametrize("name", sorted(set(CASES) - {"header_of_another_log"}))
def test_a_record_that_would_be_void_is_refused_for_the_same_reason(name):
    reason, make = CASES[name]
    scene = Scene()
    pointer = make(scene)
    log = scene.logs[pointer.origin]
    entry = log.pop()
    assert isinstance(entry.value, Record)
    with pytest.raises(RuleViolationError) as refused:
        check_publishable(Judge(scene.view()), Draft(entry.value.context, entry.body))
    assert refused.value.rule == reason


def test_a_record_that_cannot_be_judged_yet_is_refused(scene):
    far = scene.see(scene.authorization, 1_000)
    body = scene.make_movement(far, scene.drawn)
    with pytest.raises(RuleViolationError, match="MissingEntries") as refused:
        check_publishable(Judge(scene.view()), draft(scene, body))
    assert refused.value.rule == NOT_TO_BE_JUDGED


def test_a_node_that_knows_of_a_revocation_must_not_look_away(scene):
    authority = scene.see(scene.authorization)
    scene.revoke(scene.authorization)
    body = scene.make_movement(authority, scene.drawn)
    with pytest.raises(RuleViolationError, match="later one") as refused:
        check_publishable(Judge(scene.view()), draft(scene, body))
    assert refused.value.rule == Reason.AUTHORIZATION_REVOKED


def test_a_repeat_may_be_published(scene):
    hop = scene.hop()
    check_publishable(Judge(scene.view()), draft(scene, scene.get_body(hop)))


def test_a_preview_leaves_no_trace(scene):
    one = Judge(scene.view())
    check_publishable(one, draft(scene, scene.make_hop(value=300_000)))
    check_publishable(one, draft(scene, scene.make_hop(value=300_000)))
    hop = scene.hop(value=300_000)
    one.extend(scene.view())
    assert one.judge(get_position(hop)) == judge(scene.view(), get_position(hop)) == Valid()


def test_the_first_record_of_a_log_can_be_previewed():
    scene = Scene()
    view = scene.view()
    logs = {origin: log for origin, log in view.logs.items() if origin != get_origin("b")}
    check_publishable(Judge(replace(view, logs=logs)), draft(scene, scene.make_hop()))
