"""Streams, record ids, cursors and kept keys."""

from __future__ import annotations

import pytest

from fundtrace.errors import ConflictError, InvalidInputError, NotFoundError, RequestReusedError
from fundtrace.store.values import EpochKey, Position, RecordKey, StreamEnd
from tests.support.stores import OTHER, OWN, grow, make_entries

LEAF = bytes([3]) * 32
SECRET = b"a wrapped key that nobody may find again after it was shredded"


def _stream(number: int, sequence: int) -> StreamEnd:
    return StreamEnd(bytes([number]) * 16, sequence, LEAF, LEAF, 29_000_000 + sequence)


def _key(number: int, content: int = 0) -> RecordKey:
    return RecordKey(number.to_bytes(32, "big"), bytes([content]) * 32)


@pytest.fixture(autouse=True)
def _grown(store, term):
    grow(store, term, make_entries(2))
    grow(store, term, make_entries(2), OTHER)


# Streams


def _advance(store, term, *heads, origin=OWN):
    with store.begin(term) as tx:
        tx.streams.advance(origin, heads)


def test_streams_advance_together_and_each_by_itself(store, term):
    _advance(store, term, _stream(1, 0), _stream(2, 0))
    _advance(store, term, _stream(2, 1), _stream(3, 5))
    with store.read() as tx:
        assert list(tx.streams.read(OWN)) == [_stream(1, 0), _stream(2, 1), _stream(3, 5)]
        wanted = [bytes([2]) * 16, bytes([9]) * 16]
        assert tx.streams.find_many(OWN, wanted) == {bytes([2]) * 16: _stream(2, 1)}
        assert list(tx.streams.read(OTHER)) == []


@pytest.mark.parametrize("sequence", [4, 5])
def test_a_stream_never_stands_or_goes_back(store, term, sequence):
    _advance(store, term, _stream(1, 5))
    with pytest.raises(ConflictError, match="moved on"):
        _advance(store, term, _stream(2, 0), _stream(1, sequence))
    with store.read() as tx:
        assert list(tx.streams.read(OWN)) == [_stream(1, 5)]


def test_a_stream_that_stands_twice_in_one_advance_is_refused(store, term):
    with pytest.raises(InvalidInputError, match="twice"):
        _advance(store, term, _stream(1, 0), _stream(1, 1))


def test_the_same_stream_id_in_two_logs_is_two_streams(store, term):
    _advance(store, term, _stream(1, 5))
    _advance(store, term, _stream(1, 0), origin=OTHER)
    with store.read() as tx:
        assert list(tx.streams.read(OTHER)) == [_stream(1, 0)]


def test_more_streams_than_fit_one_statement_are_found(store, term):
    heads = [StreamEnd(number.to_bytes(16, "big"), 0, LEAF, LEAF, 0) for number in range(1201)]
    _advance(store, term, *heads)
    with store.read() as tx:
        assert len(tx.streams.find_many(OWN, [one.stream_id for one in heads])) == 1201


def test_streams_of_a_log_are_forgotten_together(store, term):
    _advance(store, term, _stream(1, 5))
    _advance(store, term, _stream(1, 3), origin=OTHER)
    with store.begin(term) as tx:
        tx.streams.forget(OWN)
        tx.streams.advance(OWN, [_stream(1, 2)])
    with store.read() as tx:
        assert list(tx.streams.read(OWN)) == [_stream(1, 2)]
        assert list(tx.streams.read(OTHER)) == [_stream(1, 3)]


def test_no_streams_advance_nothing(store, term):
    _advance(store, term)
    with store.read() as tx:
        assert list(tx.streams.read(OWN)) == []


# States of a log


def test_a_state_of_a_log_goes_from_what_was_read(store, term):
    with store.begin(term) as tx:
        assert tx.log_states.find(OWN, "roster") is None
        tx.log_states.replace(OWN, "roster", None, b"one")
        tx.log_states.replace(OTHER, "roster", None, b"other")
    with store.begin(term) as tx:
        tx.log_states.replace(OWN, "roster", b"one", b"two")
    with store.read() as tx:
        assert tx.log_states.find(OWN, "roster") == b"two"
        assert tx.log_states.find(OTHER, "roster") == b"other"


@pytest.mark.parametrize("before", [None, b"another"])
def test_a_state_that_changed_meanwhile_is_a_conflict(store, term, before):
    with store.begin(term) as tx:
        tx.log_states.replace(OWN, "roster", None, b"one")
    with pytest.raises(ConflictError, match="changed meanwhile"), store.begin(term) as tx:
        tx.log_states.replace(OWN, "roster", before, b"two")


# Record ids


def test_a_record_published_before_is_found_where_it_lies(store, term):
    with store.begin(term) as tx:
        tx.records.record({_key(1): Position(OWN, 0), _key(2): Position(OWN, 1)})
    with store.read() as tx:
        assert tx.records.find_many([_key(2), _key(9)]) == {
            _key(2).record_id: Position(OWN, 1),
        }


def test_the_same_id_with_other_content_is_refused(store, term):
    with store.begin(term) as tx:
        tx.records.record({_key(1): Position(OWN, 0)})
    with store.read() as tx, pytest.raises(RequestReusedError, match="other content"):
        tx.records.find_many([_key(1, content=1)])


def test_a_record_published_meanwhile_is_a_conflict(store, term):
    with store.begin(term) as tx:
        tx.records.record({_key(1): Position(OWN, 0)})
    with pytest.raises(ConflictError), store.begin(term) as tx:
        tx.records.record({_key(2): Position(OWN, 0), _key(1): Position(OWN, 1)})
    with store.read() as tx:
        assert tx.records.find_many([_key(2)]) == {}


def test_a_record_moves_to_the_next_epoch_once(store, term):
    with store.begin(term) as tx:
        tx.records.record({_key(1): Position(OWN, 0)})
    with store.begin(term) as tx:
        tx.records.move(_key(1), Position(OWN, 0), Position(OTHER, 1))
    with store.read() as tx:
        assert tx.records.find_many([_key(1)]) == {_key(1).record_id: Position(OTHER, 1)}
    with pytest.raises(ConflictError, match="does not lie"), store.begin(term) as tx:
        tx.records.move(_key(1), Position(OWN, 0), Position(OTHER, 1))


# Cursors


def test_a_cursor_grows_from_where_it_was_read(store, term):
    with store.begin(term) as tx:
        assert tx.cursors.find("follower") is None
        tx.cursors.advance("follower", None, 3)
    with store.begin(term) as tx:
        tx.cursors.advance("follower", 3, 8)
    with store.read() as tx:
        assert tx.cursors.find("follower") == 8
        assert tx.cursors.find("another") is None


@pytest.mark.parametrize("before", [None, 2, 4])
def test_a_cursor_that_stands_elsewhere_is_a_conflict(store, term, before):
    with store.begin(term) as tx:
        tx.cursors.advance("follower", None, 3)
    with pytest.raises(ConflictError, match="read it again"), store.begin(term) as tx:
        tx.cursors.advance("follower", before, 9)


def test_a_cursor_never_goes_back(store, term):
    with store.begin(term) as tx:
        tx.cursors.advance("follower", None, 3)
    with pytest.raises(InvalidInputError, match="only grows"), store.begin(term) as tx:
        tx.cursors.advance("follower", 3, 2)


# Keys


def test_a_local_key_is_kept_until_it_is_shredded(store, term):
    with store.begin(term) as tx:
        tx.local_keys.put(b"loan", SECRET)
        tx.local_keys.put(b"loan", SECRET)
    with store.read() as tx:
        assert tx.local_keys.find(b"loan") == SECRET
    with store.begin(term) as tx:
        assert tx.local_keys.shred(b"loan") is True
        assert tx.local_keys.shred(b"loan") is False
    with store.read() as tx:
        assert tx.local_keys.find(b"loan") is None


def test_a_local_key_is_not_overwritten(store, term):
    with store.begin(term) as tx:
        tx.local_keys.put(b"loan", SECRET)
    with pytest.raises(ConflictError, match="another local key"), store.begin(term) as tx:
        tx.local_keys.put(b"loan", b"another")


def test_a_local_key_is_wrapped_again_from_what_was_read(store, term):
    with store.begin(term) as tx:
        tx.local_keys.put(b"loan", SECRET)
    with store.begin(term) as tx:
        tx.local_keys.rewrap(b"loan", SECRET, b"under the next root key")
    with pytest.raises(ConflictError, match="read it again"), store.begin(term) as tx:
        tx.local_keys.rewrap(b"loan", SECRET, b"lost")
    with store.read() as tx:
        assert tx.local_keys.find(b"loan") == b"under the next root key"


@pytest.mark.parametrize("name", [b"", b"x" * 256])
def test_the_names_of_keys_are_bounded(store, term, name):
    with pytest.raises(InvalidInputError, match="1 to 255 bytes"), store.begin(term) as tx:
        tx.local_keys.put(name, SECRET)
    with pytest.raises(InvalidInputError, match="1 to 64 bytes"), store.begin(term) as tx:
        tx.epoch_keys.put(name, 1, SECRET)


def test_opened_bodies_go_with_their_key(store, term):
    with store.begin(term) as tx:
        tx.local_keys.put(b"loan", SECRET)
        tx.local_keys.put(b"another", b"kept")
        tx.opened_bodies.put(Position(OWN, 1), b"loan", b"sealed 1")
        tx.opened_bodies.put(Position(OWN, 1), b"loan", b"sealed again")
        tx.opened_bodies.put(Position(OTHER, 0), b"loan", b"sealed 0")
        tx.opened_bodies.put(Position(OWN, 0), b"another", b"sealed 2")
    with store.read() as tx:
        assert tx.opened_bodies.find(Position(OWN, 1)) == (b"loan", b"sealed 1")
        assert list(tx.opened_bodies.read_of_key(b"loan")) == [
            (Position(OWN, 1), b"sealed 1"),
            (Position(OTHER, 0), b"sealed 0"),
        ]
    with store.begin(term) as tx:
        tx.local_keys.shred(b"loan")
    with store.read() as tx:
        assert list(tx.opened_bodies.read_of_key(b"loan")) == []
        assert tx.opened_bodies.find(Position(OWN, 1)) is None
        assert tx.opened_bodies.find(Position(OWN, 0)) == (b"another", b"sealed 2")


def test_an_opened_body_needs_its_key(store, term):
    with pytest.raises(NotFoundError, match="put it first"), store.begin(term) as tx:
        tx.opened_bodies.put(Position(OWN, 1), b"loan", b"sealed")


def test_an_epoch_key_retires_once(store, term):
    with store.begin(term) as tx:
        tx.epoch_keys.put(b"id", 4, SECRET)
        tx.epoch_keys.retire(b"id", 1_700_000_000)
        tx.epoch_keys.retire(b"id", 1_800_000_000)
        tx.epoch_keys.put(b"id", 4, SECRET)
    with store.read() as tx:
        assert tx.epoch_keys.find(b"id") == EpochKey(b"id", 4, SECRET, 1_700_000_000)


def test_an_epoch_key_is_destroyed_and_remembered(store, term):
    with store.begin(term) as tx:
        tx.epoch_keys.put(b"id", 4, SECRET)
        tx.epoch_keys.put(b"id", 4, SECRET)
        tx.epoch_keys.put(b"id0", 3, SECRET)
    with store.begin(term) as tx:
        tx.epoch_keys.destroy(b"id")
        tx.epoch_keys.destroy(b"id")
    with store.read() as tx:
        assert tx.epoch_keys.list_all() == (
            EpochKey(b"id0", 3, SECRET),
            EpochKey(b"id", 4, None),
        )
    with pytest.raises(ConflictError, match="destroyed"), store.begin(term) as tx:
        tx.epoch_keys.put(b"id", 4, SECRET)


def test_an_epoch_key_that_is_not_there_is_not_destroyed(store, term):
    with pytest.raises(NotFoundError), store.begin(term) as tx:
        tx.epoch_keys.destroy(b"id")


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_shredded_bytes_are_in_no_file_of_an_sqlite_store(store, term, place):
    with store.begin(term) as tx:
        tx.local_keys.put(b"loan", SECRET)
        tx.epoch_keys.put(b"id", 4, SECRET)
    assert SECRET in _read_files(place)
    with store.begin(term) as tx:
        tx.local_keys.shred(b"loan")
        tx.epoch_keys.destroy(b"id")
    assert SECRET not in _read_files(place)


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_shredded_bytes_that_a_reader_keeps_go_when_it_has_ended(store, term, place):
    with store.begin(term) as tx:
        tx.local_keys.put(b"loan", SECRET)
    with store.read() as reader:
        assert reader.local_keys.find(b"loan") == SECRET
        with store.begin(term) as tx:
            tx.local_keys.shred(b"loan")
        assert reader.local_keys.find(b"loan") == SECRET
        assert store.scrub() is False
    with store.begin(term) as tx:
        tx.cursors.advance("any", None, 1)
    assert SECRET not in _read_files(place)


def test_a_scrubbed_store_goes_on(store, term):
    with store.begin(term) as tx:
        tx.local_keys.put(b"loan", SECRET)
        tx.local_keys.put(b"another", b"kept")
    with store.begin(term) as tx:
        tx.local_keys.shred(b"loan")
    assert store.scrub() is True
    with store.begin(term) as tx:
        assert tx.local_keys.find(b"another") == b"kept"
        tx.local_keys.put(b"third", b"new")


def _read_files(place) -> bytes:
    return b"".join(
        path.read_bytes() for path in sorted(place.file.parent.glob(f"{place.file.name}*"))
    )
