"""One effective writer: terms fence, of two who build on one state one wins, readers see a moment."""

from __future__ import annotations

import pytest

from fundtrace.errors import ConflictError, UnavailableError
from tests.support.stores import OTHER, OWN, grow, make_entries
from tests.support.writers import CONTEXT, count_up, race, wait_exit


def test_terms_grow_and_name_their_holder(store):
    assert [store.take_term("first"), store.take_term("second")] == [1, 2]
    assert (store.get_identity().term, store.get_identity().holder) == (2, "second")


def test_a_writer_whose_term_is_over_changes_nothing(place, store, term):
    grow(store, term, make_entries(3))
    with place.open() as other:
        newer = other.take_term("the other node")
        with pytest.raises(ConflictError, match="the other node writes in term"):
            grow(store, term, make_entries(1))
        assert grow(other, newer, make_entries(2)).size == 5


@pytest.mark.parametrize("never_given", [0, 7])
def test_a_term_that_was_never_given_is_refused(store, term, never_given):
    with pytest.raises(ConflictError, match="is over"):
        grow(store, never_given, make_entries(1))


def test_a_tx_that_began_before_a_newer_term_ends_before_it(place, store, term):
    with place.open(wait_seconds=0.2) as other, store.begin(term) as tx:
        with pytest.raises(UnavailableError, match="another program writes"):
            other.take_term("impatient")
        tx.logs.create(OWN, is_own=True)
    assert grow(store, term, make_entries(1)).size == 1


def test_a_second_writer_waits_and_then_says_who_is_in_the_way(place, store, term):
    with (
        place.open(wait_seconds=0.2) as other,
        store.begin(term),
        pytest.raises(UnavailableError, match="is a second node running"),
        other.begin(term),
    ):
        pass


def test_a_reader_sees_one_moment_while_others_write(store, term):
    before = grow(store, term, make_entries(3))
    with store.read() as tx:
        assert tx.logs.get(OWN) == before
        after = grow(store, term, make_entries(300))
        assert tx.logs.get(OWN) == before
        assert len(list(tx.entries.read(OWN, 0, 999))) == 3
    with store.read() as tx:
        assert tx.logs.get(OWN) == after


def test_what_is_not_committed_is_seen_by_nobody_else(store, term):
    grow(store, term, make_entries(3))
    with store.begin(term) as tx:
        tx.cursors.advance("x", None, 1)
        with store.read() as other:
            assert other.cursors.find("x") is None


def test_of_two_processes_that_build_on_one_state_exactly_one_wins(place, store, term):
    grow(store, term, make_entries(3), OTHER)
    results, gates, processes = [], [], []
    for seed in (1, 2):
        gate, opener = CONTEXT.Pipe(duplex=False)
        result, sender = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=race, args=(place, term, seed, gate, sender))
        process.start()
        results.append(result)
        gates.append(opener)
        processes.append(process)
    assert [one.recv() for one in results] == ["ready", "ready"]
    for gate in gates:
        gate.send("go")
    assert sorted(one.recv() for one in results) == ["lost", "won"]
    assert [wait_exit(one) for one in processes] == [0, 0]
    with store.read() as tx:
        assert tx.logs.get(OTHER).size == 6


def test_two_processes_that_count_lose_no_count(place, store, term):
    with store.begin(term) as tx:
        tx.cursors.advance("shared", None, 0)
    running = []
    for _ in range(2):
        result, sender = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=count_up, args=(place, term, 40, sender))
        process.start()
        running.append((result, process))
    assert all(result.recv() >= 0 for result, _ in running)
    assert [wait_exit(process) for _, process in running] == [0, 0]
    with store.read() as tx:
        assert tx.cursors.find("shared") == 80
