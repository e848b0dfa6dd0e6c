from dataclasses import replace

import pytest

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.movements import RuleSegments, Segment, build_traced
from fundtrace.ledger.kinds.words import SegmentSource
from fundtrace.model.kinds import CONSERVING_RULES, Rule
from tests.support.records import PEER_LOG, make_movement, make_pointer

LOAN, OWN = SegmentSource.LOAN, SegmentSource.OWN
MOVEMENT = make_movement()
ALL_LOAN = (Segment(LOAN, 100_000, 100_000, 0, 0, (0,)),)


def _trace_alike(*segments):
    return {
        "traced": build_traced(dict.fromkeys(CONSERVING_RULES, segments)),
        "parents": (make_pointer(3),),
    }


def test_a_movement_tells_its_segments_under_every_rule_in_order():
    sources = {
        rule: [one.source for one in MOVEMENT.get_segments(rule)] for rule in CONSERVING_RULES
    }
    assert sources[Rule.FIFO] == [LOAN, LOAN, OWN]
    assert sources[Rule.OWN_FIRST] == [OWN, LOAN]


def test_a_movement_tells_its_traced_value_and_its_depth():
    assert MOVEMENT.get_traced_minor(Rule.FIFO) == 50_000
    assert MOVEMENT.find_depth(Rule.FIFO) == 1
    assert MOVEMENT.find_depth(Rule.OWN_FIRST) == 2


def test_a_rule_that_traces_nothing_has_no_depth():
    segments = dict.fromkeys(CONSERVING_RULES, ALL_LOAN) | {
        Rule.OWN_FIRST: (Segment(OWN, 100_000),)
    }
    movement = make_movement(traced=build_traced(segments), parents=(make_pointer(3),))
    assert movement.find_depth(Rule.OWN_FIRST) is None
    assert movement.get_traced_minor(Rule.OWN_FIRST) == 0


def test_rules_that_agree_are_written_together():
    movement = make_movement(**_trace_alike(*ALL_LOAN))
    assert [one.rules for one in movement.traced] == [CONSERVING_RULES]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"bank_reference": "", "uetr": ""}, "bank_reference or a uetr"),
        ({"uetr": "8A562C67-CA16-48BA-B074-65581BE6F001"}, "uetr"),
        ({"uetr": "8a562c67-ca16-18ba-b074-65581be6f001"}, "uetr"),
        ({"uetr": "8a562c67ca1648bab07465581be6f001"}, "uetr"),
        ({"debit": None, "credit": None}, "neither"),
        ({"amount_minor": 0}, "amount_minor is 0"),
        ({"amount_minor": 100_001}, "have 100000 units, the amount has 100001"),
        ({"purpose_code": "supp"}, "purpose_code"),
        ({"purpose_code": "SUP"}, "purpose_code"),
        ({"parents": (make_pointer(3),)}, "exactly the records"),
        ({"parents": (make_pointer(3), make_pointer(3))}, "one record twice"),
        ({"parents": (make_pointer(3), make_pointer(4), make_pointer(5))}, "exactly the records"),
        ({"parents": (make_pointer(3, PEER_LOG), make_pointer(9, PEER_LOG))}, "lender's records"),
        (_trace_alike(Segment(OWN, 100_000)), "nothing of the loan"),
    ],
)
def test_a_movement_that_contradicts_itself_is_refused(changes, why):
    with pytest.raises(InvalidInputError, match=why):
        make_movement(**changes)


def _make_cuts(*rules):
    cuts = [(Segment(LOAN, 100_000, place, 1, 0, (0,)),) for place in range(len(rules))]
    return tuple(RuleSegments(one, cut) for one, cut in zip(rules, cuts, strict=True))


@pytest.mark.parametrize(
    ("traced", "why"),
    [
        (_make_cuts(CONSERVING_RULES[:5]), "each of the rules"),
        (_make_cuts(CONSERVING_RULES[:5], CONSERVING_RULES[4:]), "each of the rules"),
        (_make_cuts((*CONSERVING_RULES[:5], Rule.EXPOSURE)), "out of order"),
        (_make_cuts((Rule.EXPOSURE,), CONSERVING_RULES[:5]), "each of the rules"),
        (_make_cuts(CONSERVING_RULES[1:], CONSERVING_RULES[:1]), "out of order"),
        (_make_cuts(CONSERVING_RULES[::-1]), "out of order"),
        (
            (
                RuleSegments(CONSERVING_RULES[:3], ALL_LOAN),
                RuleSegments(CONSERVING_RULES[3:], ALL_LOAN),
            ),
            "twice; join them",
        ),
    ],
)
def test_every_conserving_rule_cuts_the_amount_once_in_one_form(traced, why):
    with pytest.raises(InvalidInputError, match=why):
        make_movement(traced=traced, parents=(make_pointer(3),))


def test_segments_are_built_for_exactly_the_conserving_rules():
    with pytest.raises(InvalidInputError, match="segments must be given for"):
        build_traced(dict.fromkeys(Rule, ALL_LOAN))


@pytest.mark.parametrize(
    "changes", [{"value_minor": 1}, {"depth": 1}, {"drawdown_index": 1}, {"parents": (0,)}]
)
def test_own_money_carries_nothing_of_a_loan(changes):
    with pytest.raises(InvalidInputError, match="own money"):
        replace(Segment(OWN, 5), **changes)


def test_a_loans_money_comes_from_somewhere():
    with pytest.raises(InvalidInputError, match="no parent"):
        Segment(LOAN, 5, 5)


@pytest.mark.parametrize("parents", [(1, 0), (0, 0), (-1,), (1_024,)])
def test_the_parents_of_a_segment_rise(parents):
    with pytest.raises(InvalidInputError, match=r"Segment\.parents"):
        Segment(LOAN, 5, 5, 0, 0, parents)


def test_own_money_beside_own_money_is_joined():
    with pytest.raises(InvalidInputError, match="two own segments in a row"):
        RuleSegments((Rule.FIFO,), (Segment(OWN, 5), Segment(OWN, 6)))


def test_the_value_of_all_segments_is_an_amount():
    half = Segment(LOAN, 5, 2**61, 0, 0, (0,))
    with pytest.raises(InvalidInputError, match="more than an amount"):
        RuleSegments((Rule.FIFO,), (half, half))


def test_the_order_of_segments_makes_another_movement():
    loan, own = Segment(LOAN, 40_000, 40_000, 0, 0, (0,)), Segment(OWN, 60_000)
    one, other = (make_movement(**_trace_alike(*cut)) for cut in ((loan, own), (own, loan)))
    assert one != other
