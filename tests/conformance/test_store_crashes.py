"""Killed between any two effects, or at any time: the same code goes on, nothing is lost."""

from __future__ import annotations

import random

import pytest

from fundtrace.store.findings import Trust
from fundtrace.store.fsck import StoreCheck
from fundtrace.store.store import Store
from fundtrace.store.values import BodyState, Head
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.tree import Tree
from tests.support.stores import OWN
from tests.support.writers import KEY, Writer, make_request, publish, sign

REQUESTS = 160
POINTS = [  # of the second batch, where there are several
    ("term: written", 1),
    *((f"append: {part}", 2) for part in ("entries", "bodies", "tiles", "head")),
    *((f"tx: {point}", nth) for point in ("written", "committed") for nth in (2, 3)),
    *((point, 2) for point in ("tx: guarded", "writer: signed", "writer: stored")),
]
Told = list[tuple[str, int, bytes]]


def _go_on(place) -> Told:
    """Run the normal code to its end, in this process."""
    told: Told = []
    with place.open() as store:
        publish(store, range(REQUESTS), lambda _point: None, told.append)
        _check(store, told)
    return told


def _check(store: Store, told: Told) -> None:
    """Check that the store holds every request once and all that was told to others."""
    with store.read() as tx:
        state = tx.logs.get(OWN)
        entries = list(tx.entries.read(OWN, 0, state.size + 1))
        keys = [make_request(number)[0] for number in range(REQUESTS)]
        places = tx.records.find_many(keys)
        heads = list(tx.heads.read(OWN))
        bodies = list(tx.bodies.read(OWN, 0, state.size))
        streams = {one.stream_id: one for one in tx.streams.read(OWN)}
    wanted = {make_request(number)[1].entry for number in range(REQUESTS)}
    assert len(entries) == REQUESTS
    assert set(entries) == wanted
    for number, key in enumerate(keys):
        assert entries[places[key.record_id].index] == make_request(number)[1].entry
    tree = Tree(hash_leaf(entry) for entry in entries)
    assert state.root_hash == tree.root()
    assert [head.root_hash for head in heads] == [tree.root(head.size) for head in heads]
    assert [body.state for body in bodies] == [BodyState.HELD] * REQUESTS
    last = {
        make_request(number)[2].stream_id: make_request(number)[2] for number in range(REQUESTS)
    }
    assert streams == last
    published = {(size, note) for kind, size, note in told if kind == "published"}
    assert published <= {
        (head.size, sign(Head(OWN, head.size, tree.root(head.size), 0))) for head in heads
    }


@pytest.mark.parametrize(("point", "nth"), POINTS)
def test_a_writer_killed_between_two_effects_goes_on(place, point, nth):
    writer = Writer(place, REQUESTS, (point, nth))
    told = writer.read()
    assert writer.wait() == -9, "the point was never reached"
    with place.open() as store:
        _check_kept(store, told)
    told += _go_on(place)
    with place.open() as store:
        _check(store, told)


def test_a_writer_killed_at_any_time_goes_on(place):
    drawn = random.Random(5)
    told: Told = []
    for _ in range(4):
        writer = Writer(place, REQUESTS)
        told += writer.read(drawn.randrange(1, REQUESTS))
        writer.kill()
        told += writer.read()
        writer.wait()
        with place.open() as store:
            _check_kept(store, told)
    told += _go_on(place)
    with place.open() as store:
        _check(store, told)


def _check_kept(store: Store, told: Told) -> None:
    """Check that a killed writer's store is sound and holds what was acknowledged before."""
    assert list(StoreCheck(store, Trust(keys={OWN: KEY.verifier})).run()) == []
    assert store.find_move() == ""
    accepted = [number for kind, number, _ in told if kind == "accepted"]
    keys = [make_request(number)[0] for number in accepted]
    with store.read() as tx:
        places = tx.records.find_many(keys)
        for number, key in zip(accepted, keys, strict=True):
            entry = tx.entries.get(OWN, places[key.record_id].index)
            assert entry == make_request(number)[1].entry
        for size, note in [(size, note) for kind, size, note in told if kind == "published"]:
            head = tx.heads.find(OWN, size)
            assert head is not None
            assert head.note == note
