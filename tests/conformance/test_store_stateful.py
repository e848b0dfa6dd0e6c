"""Any sequence of Tx, failed ones between them: the store is what a plain model says it is."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from fundtrace.errors import FundtraceError
from fundtrace.store.values import BodyState, NewEntry, Position, RecordKey, StreamEnd
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.tree import Tree
from tests.support.stores import OTHER, OWN, StorePlace, make_sqlite

ORIGINS = st.sampled_from([OWN, OTHER])
SMALL = st.integers(0, 5)


class _AbortError(Exception):
    """Ends a Tx that must then have left nothing."""


class StoreMachine(RuleBasedStateMachine):
    """The model: lists and dictionaries, changed only when a Tx ends well."""

    places: list[StorePlace]

    def __init__(self) -> None:
        super().__init__()
        self.place = self.places.pop()
        self.store = self.place.open()
        self.term = self.store.take_term("model")
        self.entries: dict[str, list[NewEntry]] = {}
        self.states: dict[tuple[str, int], BodyState] = {}
        self.heads: dict[int, bytes] = {}
        self.streams: dict[bytes, int] = {}
        self.records: dict[bytes, Position] = {}
        self.cursors: dict[str, int] = {}
        self.keys: dict[bytes, bytes] = {}

    @initialize()
    def begin(self):
        for origin in (OWN, OTHER):
            with self.store.begin(self.term) as tx:
                tx.logs.create(origin, is_own=origin == OWN)
            self.entries[origin] = []

    @rule(
        origin=ORIGINS,
        count=st.sampled_from([0, 1, 2, 90, 255, 256, 300]),
        kind=st.sampled_from(["held", "missing", "clear"]),
        fails=st.booleans(),
    )
    def append(self, origin, count, kind, fails):
        start = len(self.entries[origin])
        added = []
        for at in range(start, start + count):
            body = b"%d" % at
            body_hash = None if kind == "clear" else sha256(body).digest()
            added.append(
                NewEntry(
                    b"%s %d" % (origin.encode(), at), body_hash, body if kind == "held" else None
                )
            )
        with suppress(_AbortError), self.store.begin(self.term) as tx:
            tx.logs.append(tx.logs.get(origin), added)
            if fails:
                raise _AbortError
        if not fails:
            self.entries[origin] += added
            for at, one in enumerate(added, start):
                if one.body_hash is not None:
                    held = one.body is not None
                    self.states[origin, at] = BodyState.HELD if held else BodyState.MISSING

    @rule()
    def promise(self):
        with self.store.begin(self.term) as tx:
            head = tx.heads.record_intent(tx.logs.get(OWN))
        self.heads[head.size] = head.root_hash

    @rule(origin=ORIGINS, place=st.integers(0, 400), erases=st.booleans())
    def change_body(self, origin, place, erases):
        state = self.states.get((origin, place))
        body = b"%d" % place
        with suppress(FundtraceError), self.store.begin(self.term) as tx:
            if erases:
                tx.bodies.erase(origin, place, sha256(body).digest(), 9)
            else:
                tx.bodies.put(origin, place, body)
            assert state is not None
        if state is not None and erases:
            self.states[origin, place] = BodyState.ERASED
        elif state is BodyState.MISSING:
            self.states[origin, place] = BodyState.HELD

    @rule(number=SMALL, sequence=SMALL)
    def advance_stream(self, number, sequence):
        stream_id = bytes([number]) * 16
        grows = sequence > self.streams.get(stream_id, -1)
        try:
            with self.store.begin(self.term) as tx:
                tx.streams.advance(OWN, [StreamEnd(stream_id, sequence, bytes(32), bytes(32), 0)])
            assert grows
            self.streams[stream_id] = sequence
        except FundtraceError:
            assert not grows

    @rule(number=SMALL, index=SMALL)
    def record(self, number, index):
        key = RecordKey(bytes([number]) * 32, bytes(32))
        with self.store.begin(self.term) as tx:
            known = tx.records.find_many([key])
            if not known:
                tx.records.record({key: Position(OWN, index)})
        assert known == {i: p for i, p in self.records.items() if i == key.record_id}
        self.records.setdefault(key.record_id, Position(OWN, index))

    @rule(name=st.sampled_from("ab"), step=SMALL)
    def advance_cursor(self, name, step):
        before = self.cursors.get(name)
        after = (before or 0) + step
        with self.store.begin(self.term) as tx:
            tx.cursors.advance(name, before, after)
        self.cursors[name] = after

    @rule(name=st.sampled_from([b"x", b"y"]), keeps=st.booleans())
    def change_key(self, name, keeps):
        with self.store.begin(self.term) as tx:
            if keeps:
                tx.local_keys.put(name, name * 20)
                self.keys[name] = name * 20
            else:
                assert tx.local_keys.shred(name) is (name in self.keys)
                self.keys.pop(name, None)

    @rule()
    def open_again(self):
        self.store.close()
        self.store = self.place.open()
        self.term = self.store.take_term("model")

    @invariant()
    def holds_what_the_model_holds(self):
        with self.store.read() as tx:
            for origin, entries in self.entries.items():
                state = tx.logs.get(origin)
                tree = Tree(hash_leaf(one.entry) for one in entries)
                assert (state.size, state.root_hash) == (len(entries), tree.root())
                assert list(tx.entries.read(origin, 0, state.size + 1)) == [
                    one.entry for one in entries
                ]
                assert tx.tiles.open_reader(state).root() == tree.root()
                states = {(origin, one.index): one.state for one in tx.bodies.read(origin, 0, 9999)}
                assert states == {k: v for k, v in self.states.items() if k[0] == origin}
            if self.entries:
                assert {one.size: one.root_hash for one in tx.heads.read(OWN)} == self.heads
                assert {s.stream_id: s.sequence for s in tx.streams.read(OWN)} == self.streams
            assert all(tx.cursors.find(name) == at for name, at in self.cursors.items())
            assert all(tx.local_keys.find(name) == self.keys.get(name) for name in (b"x", b"y"))

    def teardown(self):
        self.store.close()


@pytest.fixture
def machine(request, place, tmp_path):
    """A machine whose every example gets an empty store."""
    numbers = count()

    def make() -> StorePlace:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        if place.is_sqlite:
            return make_sqlite(request.getfixturevalue("sqlite_template"), folder)
        return request.getfixturevalue("postgres_template").clean(folder)

    class Machine(StoreMachine):
        def __init__(self) -> None:
            self.places = [make()]
            super().__init__()

    return Machine


def test_any_sequence_of_tx_leaves_what_a_plain_model_says(machine, place):
    few = settings(
        max_examples=8 if place.is_sqlite else 4,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=few)
