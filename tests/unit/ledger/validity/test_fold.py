"""What readers act on: the latest effective value of every record, and what forbids its use."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from fundtrace.ledger.kinds.common import RecordPointer
from fundtrace.ledger.kinds.handling import Restriction
from fundtrace.ledger.kinds.words import DisputeState
from fundtrace.ledger.validity.fold import EffectiveRecord, list_effective_records
from tests.support.judged_world import START
from tests.support.records import make_hash
from tests.support.scenes import Scene
from tests.support.void_cases import get_position


@pytest.fixture
def scene():
    return Scene()


def find(scene: Scene, pointer: RecordPointer) -> EffectiveRecord | None:
    found = list_effective_records(scene.view()).values()
    return next((one for one in found if one.position == get_position(pointer)), None)


def restrict(
    scene: Scene, letter: str, *subjects: RecordPointer, stream: str = "handling", **changes
) -> RecordPointer:
    values = scene.about(scene.authorization) | {
        "subjects": subjects,
        "legal_basis": "pipl_47",
        "effective_at": START,
    }
    return scene.publish(letter, stream, Restriction(**values | changes))


def test_a_record_stands_as_it_was_published(scene):
    hop = scene.hop()
    body = scene.get_body(hop)
    assert find(scene, hop) == EffectiveRecord(get_position(hop), body, 1, (), False, False, ())


def test_a_void_record_has_no_effect(scene):
    assert find(scene, scene.hop(debit="c")) is None


def test_a_record_that_is_pending_has_no_effect_yet(scene):
    far = scene.see(scene.authorization, 1_000)
    assert find(scene, scene.publish("b", "b-c", scene.make_movement(far, scene.drawn))) is None


def test_a_correction_replaces_the_whole_value(scene):
    hop = scene.hop()
    value = replace(scene.get_body(hop), bank_reference="FT2")
    correction = scene.publish("b", "b-c", scene.make_correction(hop, value))
    found = find(scene, hop)
    assert (found.value, found.version) == (value, 2)
    assert find(scene, correction) is None


def test_a_void_correction_changes_nothing(scene):
    hop = scene.hop()
    value = replace(scene.get_body(hop), bank_reference="FT2")
    scene.publish("b", "b-c", scene.make_correction(hop, value, version=3))
    assert find(scene, hop).version == 1


def test_returns_are_listed_with_their_hop(scene):
    hop = scene.hop()
    backs = [
        scene.publish("b", "b-c", scene.make_return(hop, 100, version=version))
        for version in (1, 2)
    ]
    assert find(scene, hop).returns == tuple(scene.get_body(one).record_id for one in backs)
    assert find(scene, backs[0]).value == scene.get_body(backs[0])


def test_a_repeat_is_no_record_of_its_own(scene):
    hop = scene.hop()
    again = scene.publish("b", "b-c", scene.get_body(hop))
    assert find(scene, hop) is not None
    assert find(scene, again) is None


def test_a_repeat_in_the_next_epoch_leaves_the_first_where_it_was(scene):
    hop = scene.hop()
    scene.open_epoch("b", 3)
    scene.publish("b", "b-c", scene.get_body(hop))
    value = replace(scene.get_body(hop), bank_reference="FT2")
    scene.publish("b", "b-c", scene.make_correction(hop, value))
    assert find(scene, hop).value == value
    assert len(list_effective_records(scene.view())) == 4


def test_a_late_record_is_marked(scene):
    authority = scene.see(scene.authorization)
    scene.revoke(scene.authorization, effective_at=START + dt.timedelta(minutes=4))
    late = scene.publish("b", "b-c", scene.make_movement(authority, scene.drawn))
    assert find(scene, late).is_late
    assert not find(scene, scene.drawn).is_late


def test_a_restriction_of_a_record_is_shown_until_its_bank_lifts_it(scene):
    hop, other = scene.hop(), scene.hop()
    restrict(scene, "b", hop)
    assert find(scene, hop).is_restricted
    assert not find(scene, other).is_restricted
    restrict(scene, "c", hop, is_lifted=True)
    assert find(scene, hop).is_restricted
    restrict(scene, "b", hop, is_lifted=True)
    assert not find(scene, hop).is_restricted


@pytest.mark.parametrize("streams", [("x", "y"), ("y", "x")])
def test_of_a_banks_restrictions_in_several_streams_the_later_one_counts(scene, streams):
    hop = scene.hop()
    first, second = streams
    restrict(scene, "b", hop, stream=first)
    restrict(scene, "b", hop, stream=second, is_lifted=True)
    assert not find(scene, hop).is_restricted


def test_a_restriction_without_subjects_is_of_the_whole_loan(scene):
    hop = scene.hop()
    restrict(scene, "a")
    assert find(scene, hop).is_restricted
    assert find(scene, scene.loan).is_restricted
    restrict(scene, "a", hop, is_lifted=True)
    assert find(scene, hop).is_restricted
    restrict(scene, "a", is_lifted=True)
    assert not find(scene, hop).is_restricted


def test_a_restriction_that_names_a_correction_is_of_the_record(scene):
    hop = scene.hop()
    value = replace(scene.get_body(hop), bank_reference="FT2")
    restrict(scene, "b", scene.publish("b", "b-c", scene.make_correction(hop, value)))
    assert find(scene, hop).is_restricted


def test_a_restriction_of_what_does_not_stand_there_restricts_nothing(scene):
    hop = scene.hop()
    restrict(scene, "b", replace(hop, leaf_hash=make_hash("no such leaf")))
    assert not find(scene, hop).is_restricted


def test_a_dispute_is_open_until_its_stream_ends_it(scene):
    hop = scene.hop()
    opened = scene.publish("b", "b-c", scene.make_dispute(subjects=(hop,)))
    assert find(scene, hop).open_disputes == (get_position(opened),)
    ending = scene.make_dispute(subjects=(hop,), state=DisputeState.UPHELD, opened=opened)
    scene.publish("b", "b-c", ending)
    assert find(scene, hop).open_disputes == ()


def test_a_stream_in_part_sealed_counts_up_to_there(scene):
    first, sealed, last = scene.hop(), scene.hop(), scene.hop()
    records = list_effective_records(scene.view(sealed={get_position(sealed)}))
    positions = {one.position for one in records.values()}
    assert get_position(first) in positions
    assert not positions & {get_position(sealed), get_position(last)}
