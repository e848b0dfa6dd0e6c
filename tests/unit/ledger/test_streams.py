"""The log's own rules: what a mirror takes, and what it refuses before it cosigns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundtrace.errors import InvalidInputError, NotFoundError, RuleViolationError
from fundtrace.ledger.erasure import ErasureReason
from fundtrace.ledger.kinds.entries import LogClosing, RosterActivation, StreamTail
from fundtrace.ledger.roster.activation import begin_log
from fundtrace.ledger.streams import LogHead, LogRule, LogRules
from tests.support.own_logs import (
    ORIGIN,
    Store,
    Writer,
    begin_store,
    make_chain,
)
from tests.support.records import CLEAR_ENTRIES, make_hash
from tests.support.rosters import BANKS, CONSORTIUM, make_next, sign_document


@pytest.fixture
def writer():
    writer = Writer()
    writer.record()
    writer.record("two")
    writer.record()
    return writer


def take(writer: Writer, versions: int = 1) -> Store:
    store = begin_store()
    store.take(writer.entries, make_chain(versions))
    return store


def refuse(writer: Writer, rule: str, versions: int = 1) -> None:
    """Check that all entries but the last are taken, and that one refused for a rule."""
    *good, bad = writer.entries
    store = begin_store()
    store.take(good, make_chain(versions))
    store.package = [bad]
    before = (store.head, store.roster, dict(store.streams))
    rules = LogRules(store.head, store.roster, make_chain(versions), store)
    with pytest.raises(RuleViolationError) as refused:
        rules.apply(bad)
    assert refused.value.rule == rule
    assert (rules.head, rules.roster, rules.changed_streams) == (store.head, store.roster, ())
    assert (store.head, store.roster, dict(store.streams)) == before


def test_streams_that_keep_the_rules_are_taken(writer):
    store = take(writer)
    assert store.head == LogHead(CONSORTIUM, ORIGIN, 3)
    one, two = (store.streams[make_hash(name)[:16]] for name in ("one", "two"))
    assert (one.sequence, one.leaf_hash) == (1, writer.entries[2].leaf_hash)
    assert (two.sequence, two.published_minute) == (0, 1_001)


@pytest.mark.parametrize("sequence", [1, 3, 7])
def test_a_gap_and_a_repeated_number_are_refused(writer, sequence):
    writer.record(sequence=sequence)
    refuse(writer, LogRule.SEQUENCE)


def test_a_stream_begins_with_zero(writer):
    writer.record("three", sequence=1, previous_hash=make_hash("none"))
    refuse(writer, LogRule.SEQUENCE)


def test_a_stream_does_not_begin_twice(writer):
    writer.record(sequence=0, previous_hash=bytes(32))
    refuse(writer, LogRule.SEQUENCE)


def test_a_wrong_previous_hash_is_refused(writer):
    writer.record(previous_hash=writer.entries[1].leaf_hash)
    refuse(writer, LogRule.LINK)


def test_a_stream_does_not_go_back_in_time(writer):
    writer.record(published_minute=1_001)
    refuse(writer, LogRule.TIME)


def test_a_stream_may_stay_in_one_minute(writer):
    writer.record(published_minute=1_002)
    assert take(writer).head.size == 4


def test_another_stream_may_have_an_earlier_minute(writer):
    writer.record("three", published_minute=0)
    assert take(writer).head.size == 4


def test_a_stream_keeps_its_erasure_key(writer):
    writer.record(erasure_key=make_hash("another"))
    refuse(writer, LogRule.ERASURE_KEY)


@pytest.mark.parametrize("key", [bytes(32), b"\x01" + bytes(31), b"\xff" * 32], ids=bytes.hex)
def test_an_erasure_key_that_libraries_treat_unlike_is_refused(writer, key):
    writer.record("three", erasure_key=key)
    refuse(writer, LogRule.ERASURE_KEY)


@pytest.mark.parametrize(
    "change", [{"origin": "c.bank.example/ledger/1"}, {"consortium": "other.example"}], ids=str
)
def test_a_header_of_another_log_is_refused(writer, change):
    writer.record(**change)
    refuse(writer, LogRule.ORIGIN)


def test_a_header_under_a_roster_that_is_not_active_is_refused(writer):
    writer.record(roster_version=2)
    refuse(writer, LogRule.ROSTER_NOT_ACTIVE, versions=2)


def test_more_readers_than_the_quota_allows_are_refused(writer):
    tags = tuple(sorted(make_hash(f"reader {number}")[:16] for number in range(36)))
    writer.record(reader_tags=tags)
    refuse(writer, LogRule.READERS)


def test_as_many_readers_as_the_quota_allows_are_taken(writer):
    tags = tuple(sorted(make_hash(f"reader {number}")[:16] for number in range(32)))
    writer.record(reader_tags=tags)
    assert take(writer).head.size == 4


def test_an_entry_above_the_rosters_limit_is_refused(writer):
    last = writer.record()
    writer.entries[-1] = replace(last, size_bytes=65_536)
    refuse(writer, LogRule.SIZE)


@pytest.mark.parametrize("index", [0, 2, 4])
def test_only_the_next_index_is_taken(writer, index):
    last = writer.record()
    writer.entries[-1] = replace(last, index=index)
    refuse(writer, LogRule.POSITION)


def test_keys_and_grants_are_left_to_their_readers(writer):
    writer.add(CLEAR_ENTRIES["epoch_key"])
    writer.add(CLEAR_ENTRIES["epoch_grants"])
    assert take(writer).head.size == 5


class TestTallies:
    def test_a_tally_of_true_ends_is_taken(self, writer):
        writer.add(writer.make_tally("one", "two"))
        writer.add(writer.make_tally("two"))
        writer.record()
        assert take(writer).head.size == 6

    @pytest.mark.parametrize("size", [2, 4])
    def test_a_tally_of_another_size_is_refused(self, writer, size):
        writer.add(writer.make_tally("one", size=size))
        refuse(writer, LogRule.TALLY)

    @pytest.mark.parametrize(
        "change",
        [
            {"last_sequence": 0},
            {"last_sequence": 2},
            {"last_hash": make_hash("another")},
            {"stream_id": bytes(16)},
        ],
        ids=str,
    )
    def test_a_tally_that_states_another_end_is_refused(self, writer, change):
        tally = writer.make_tally("one")
        writer.add(replace(tally, streams=(replace(tally.streams[0], **change),)))
        refuse(writer, LogRule.TALLY)

    def test_a_tally_cuts_nothing_off_the_end(self, writer):
        first = writer.entries[0]
        tail = StreamTail(first.value.context.stream_id, 0, first.leaf_hash)
        writer.add(replace(writer.make_tally("one"), streams=(tail,)))
        refuse(writer, LogRule.TALLY)


class TestErasures:
    def test_a_countersigned_erasure_is_taken(self, writer):
        writer.add(writer.make_erasure(0))
        assert take(writer).head.size == 4

    def test_an_erasure_of_a_record_stored_before_is_taken(self, writer):
        store = take(writer)
        writer.add(writer.make_erasure(2))
        store.take(writer.entries[3:], make_chain())
        assert store.head.size == 4

    def test_an_erasure_by_another_key_is_refused(self, writer):
        writer.add(writer.make_erasure(0, seed=make_hash("of the issuer's own")))
        refuse(writer, LogRule.ERASURE)

    @pytest.mark.parametrize(
        "change",
        [
            {"entry_index": 1},
            {"entry_index": 3},
            {"entry_index": 99},
            {"body_hash": make_hash("another")},
            {"reason": ErasureReason.LEGAL_ORDER},
            {"signature": bytes(64)},
        ],
        ids=str,
    )
    def test_an_erasure_of_anything_else_is_refused(self, writer, change):
        writer.add(replace(writer.make_erasure(0), **change))
        refuse(writer, LogRule.ERASURE)

    def test_an_erasure_of_no_record_is_refused(self, writer):
        writer.add(writer.make_tally("one"))
        writer.add(writer.make_erasure(3))
        refuse(writer, LogRule.ERASURE)

    def test_a_signature_under_another_context_does_not_count(self, writer):
        other = Writer("c.bank.example/ledger/1")
        other.entries = writer.entries
        writer.add(other.make_erasure(0))
        refuse(writer, LogRule.ERASURE)


class TestRosters:
    def test_the_next_version_is_activated_and_binds_what_follows(self, writer):
        writer.activate(make_chain(2), 2)
        writer.record()
        store = take(writer, versions=2)
        assert store.roster.version == 2

    def test_a_header_of_the_version_before_is_refused_then(self, writer):
        writer.activate(make_chain(2), 2)
        writer.record(roster_version=1)
        refuse(writer, LogRule.ROSTER_NOT_ACTIVE, versions=2)

    @pytest.mark.parametrize("version", [1, 3])
    def test_versions_are_activated_in_order(self, writer, version):
        writer.activate(make_chain(3), version)
        refuse(writer, "activation-order", versions=3)

    def test_other_bytes_of_a_version_are_refused(self, writer):
        writer.add(RosterActivation(2, make_hash("other bytes")))
        refuse(writer, "activation-roster", versions=2)

    def test_a_version_that_is_not_known_here_is_asked_for(self, writer):
        writer.activate(make_chain(2), 2)
        with pytest.raises(NotFoundError):
            take(writer)

    def test_rosters_of_another_log_do_not_rule_this_one(self):
        other = begin_log(make_chain(), "a.bank.example/ledger/1")
        with pytest.raises(InvalidInputError, match="do not rule"):
            LogRules(LogHead(CONSORTIUM, ORIGIN), other, make_chain(), begin_store())


class TestEpochs:
    def test_a_closing_over_all_entries_before_it_is_taken(self, writer):
        writer.add(writer.make_closing())
        store = take(writer)
        assert store.roster.closed_size == 4

    def test_nothing_follows_a_closing(self, writer):
        writer.add(writer.make_closing())
        writer.record()
        refuse(writer, "log-closed")

    def test_a_closing_of_another_size_is_refused(self, writer):
        writer.add(LogClosing(2, writer.root, ()))
        refuse(writer, "log-closing")

    def test_a_closing_of_another_root_is_refused(self, writer):
        writer.add(LogClosing(3, make_hash("another"), ()))
        refuse(writer, LogRule.CLOSING)

    def test_an_opening_stands_nowhere_in_a_first_epoch(self, writer):
        writer.add(writer.make_opening(ORIGIN))
        refuse(writer, "log-beginning")

    @pytest.fixture
    def rolled(self):
        """A chain whose second version names the second epoch of bank b's log."""
        chain = make_chain()
        again = replace(BANKS["b"], epoch=2).make_member()
        return chain.extend(sign_document(make_next(chain.latest, again), "abcd"))

    def test_the_next_epoch_opens_with_its_first_entry(self, rolled):
        origin = "b.bank.example/ledger/2"
        writer = Writer(origin, 2)
        writer.add(writer.make_opening(ORIGIN))
        writer.record()
        store = begin_store(origin, rolled, (1,))
        store.take(writer.entries, rolled)
        assert (store.head.size, store.roster.version) == (2, 2)

    def test_an_epoch_goes_on_from_the_one_before(self, rolled):
        origin = "b.bank.example/ledger/2"
        writer = Writer(origin, 2)
        writer.add(writer.make_opening("c.bank.example/ledger/1"))
        store = begin_store(origin, rolled, (1,))
        with pytest.raises(RuleViolationError) as refused:
            store.take(writer.entries, rolled)
        assert refused.value.rule == LogRule.OPENING

    def test_a_member_whose_log_rolled_publishes_no_more_in_the_old_one(self, rolled, writer):
        store = begin_store()
        store.take(writer.entries, rolled)
        writer.activate(rolled, 2)
        with pytest.raises(RuleViolationError) as refused:
            store.take(writer.entries[3:], rolled)
        assert refused.value.rule == "activation-roster"
