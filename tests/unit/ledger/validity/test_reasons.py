"""Every reason for which a record is void is reached, and said in both languages."""

from __future__ import annotations

import pytest

from fundtrace.ledger.validity.judge import judge
from fundtrace.ledger.validity.reasons import WORDS, Reason
from fundtrace.ledger.validity.verdicts import Void
from tests.support.void_cases import CASES, Scene, get_position


@pytest.mark.parametrize("name", CASES)
def test_a_record_that_breaks_one_rule_is_void_for_it(name):
    reason, make = CASES[name]
    scene = Scene()
    position = get_position(make(scene))
    assert judge(scene.view(), position) == Void(reason)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_reached_and_has_words(reason):
    assert reason in {one for one, _ in CASES.values()}
    void = Void(reason)
    assert void.zh == WORDS[reason].zh
    assert void.en.isascii()
    assert not void.zh.isascii()
