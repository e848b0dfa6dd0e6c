"""A store that was restored, copied or failed over: it is noticed, and promises nothing."""

from __future__ import annotations

import shutil

import pytest

from fundtrace.errors import RuleViolationError
from fundtrace.store.guard import Guard, parse_guard, read_guard, write_guard
from tests.support.mirrors import cosign_stored
from tests.support.stores import IDENTITY, OTHER, OWN, grow, make_entries


def _promise(store, term, count=1):
    state = grow(store, term, make_entries(count))
    with store.begin(term) as tx:
        return tx.heads.record_intent(state)


def _cosign(store, term):
    state = grow(store, term, make_entries(2), OTHER)
    cosign_stored(store, term, state)


def _copy(place, suffixes, to):
    for suffix in suffixes:
        shutil.copy(f"{place.file}{suffix}", to / f"kept{suffix}")


def _restore(place, suffixes, kept):
    for suffix in ("-wal", "-shm"):
        place.file.with_name(place.file.name + suffix).unlink(missing_ok=True)
    for suffix in suffixes:
        shutil.copy(kept / f"kept{suffix}", f"{place.file}{suffix}")


def test_a_store_that_stayed_where_it_was_may_promise(store, term):
    assert store.find_move() == ""
    assert _promise(store, term).size == 1


@pytest.mark.parametrize("promise", [_promise, _cosign])
def test_the_guard_counts_every_promise_before_it_can_be_kept(store, term, place, promise):
    promise(store, term)
    promise(store, term)
    assert read_guard(place.guard) == Guard(IDENTITY, 2)
    assert store.get_identity().promises == 2


def test_what_promises_nothing_leaves_the_guard(store, term, place):
    grow(store, term, make_entries(9))
    assert read_guard(place.guard) == Guard(IDENTITY, 0)


@pytest.mark.parametrize("promise", [_promise, _cosign])
def test_an_old_backup_promises_nothing(sqlite_place, tmp_path, promise):
    with sqlite_place.open() as store:
        promise(store, store.take_term("before"))
    _copy(sqlite_place, [""], tmp_path)
    with sqlite_place.open() as store:
        promise(store, store.take_term("after"))
    _restore(sqlite_place, [""], tmp_path)
    with sqlite_place.open() as store:
        assert "is an old backup" in store.find_move()
        term = store.take_term("restored")
        with pytest.raises(RuleViolationError, match="until enough peers have said") as caught:
            promise(store, term)
        assert caught.value.rule == "restored-store"


def test_a_restored_store_still_takes_back_its_own_entries(store, term, place):
    _promise(store, term)
    write_guard(place.guard, Guard(IDENTITY, 99))
    with place.open() as restored:
        newer = restored.take_term("restored")
        assert grow(restored, newer, make_entries(5)).size == 6


def test_a_restored_store_promises_again_when_its_node_says_so(place, store, term):
    _promise(store, term)
    write_guard(place.guard, Guard(IDENTITY, 99))
    with place.open() as restored:
        newer = restored.take_term("restored")
        restored.accept_move(newer)
        assert restored.find_move() == ""
        assert _promise(restored, newer).size == 2
    assert read_guard(place.guard) == Guard(IDENTITY, 100)
    with place.open() as again:
        assert again.find_move() == ""


def test_taking_a_term_in_a_restored_store_does_not_hide_that_it_is_one(place, store, term):
    _promise(store, term)
    write_guard(place.guard, Guard(IDENTITY, 99))
    with place.open() as restored:
        restored.take_term("restored")
    with place.open() as again:
        assert "99" in again.find_move()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "missing or damaged"),
        (b"", "missing or damaged"),
        (b"fundtrace-guard 1 garbage\n", "missing or damaged"),
        (Guard(bytes(16), 0).encode(), "another store"),
        (Guard(IDENTITY, 5).encode(), "knows 0 promises"),
    ],
)
def test_a_guard_that_does_not_fit_counts_as_a_restored_store(place, data, words):
    if data is None:
        place.guard.unlink()
    else:
        place.guard.write_bytes(data)
    with place.open() as store:
        assert words in store.find_move()
        with pytest.raises(RuleViolationError, match="Nothing is signed"):
            _promise(store, store.take_term("copy"))


def test_a_guard_behind_the_database_is_a_crash_not_a_backup(place, store, term):
    _promise(store, term)
    place.guard.write_bytes(Guard(IDENTITY, 0).encode())
    with place.open() as again:
        assert again.find_move() == ""
        again.take_term("after the crash")
    assert read_guard(place.guard) == Guard(IDENTITY, 1)


def test_another_cluster_or_timeline_counts_as_a_restored_store(postgres_place):
    with postgres_place.open() as store, store.begin(store.take_term("before")) as tx:
        tx.logs._session.connection.exec_driver_sql("UPDATE store SET place = '1/1'")
    with postgres_place.open() as store:
        assert "lay at 1/1 before" in store.find_move()
        term = store.take_term("failed over")
        with pytest.raises(RuleViolationError, match="Nothing is signed"):
            _promise(store, term)
        store.accept_move(term)
        assert store.find_move() == ""
        assert _promise(store, term).origin == OWN


@pytest.mark.parametrize("place_of_flip", range(0, 90, 7))
def test_a_guard_with_one_flipped_byte_is_none(place_of_flip):
    line = bytearray(Guard(IDENTITY, 7).encode())
    line[place_of_flip % len(line)] ^= 1
    assert parse_guard(bytes(line)) is None


def test_a_guard_never_counts_back(tmp_path):
    path = tmp_path / "guard"
    write_guard(path, Guard(IDENTITY, 7))
    write_guard(path, Guard(IDENTITY, 3))
    assert read_guard(path) == Guard(IDENTITY, 7)
    write_guard(path, Guard(bytes(16), 3))
    assert read_guard(path) == Guard(bytes(16), 3)
    assert path.stat().st_mode & 0o777 == 0o600
