"""The check of a store: clean where nothing was touched, and the place named where something was."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select

from fundtrace.errors import EncodingError
from fundtrace.store import schema
from fundtrace.store.findings import EntryFacts, Fault, StreamLink, Trust
from fundtrace.store.fsck import StoreCheck
from fundtrace.store.store import Store
from fundtrace.store.values import (
    CosignatureLine,
    FinalCheckpoint,
    ForkEvidence,
    LogState,
    NewEntry,
    Position,
    RecordKey,
    StreamEnd,
)
from fundtrace.tlog.checkpoint import Checkpoint, sign_checkpoint
from fundtrace.tlog.cosignature import sign_cosignature
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.keys import COSIGNATURE_ED25519, ED25519, SignerKey
from fundtrace.tlog.quorum import MemberKeys, QuorumPolicy
from fundtrace.tlog.tree import Tree
from tests.support.mirrors import LOG_KEY, cosign_stored
from tests.support.stores import OTHER, OWN, StorePlace, grow, make_entries, make_sqlite

OWN_KEY = SignerKey(OWN, ED25519, bytes(range(1, 33)))
MIRROR_KEY = SignerKey("a.bank.example/mirror", COSIGNATURE_ED25519, bytes(range(2, 34)))
POLICY = QuorumPolicy.build(LOG_KEY.verifier, [MemberKeys("a", (MIRROR_KEY.verifier,))])
STREAMS, RECORDS = 5, 300
ERASED = 4  # the entry whose body is erased by the last one
_HEADER = struct.Struct(">B16sQ32s32s")


def read_entry(entry: bytes) -> EntryFacts:
    """Read the entries of these tests: R a record, E an erasure, else in clear."""
    kind, rest = entry[:1], entry[1:]
    try:
        if kind == b"R":
            _, stream_id, sequence, previous, body_hash = _HEADER.unpack(rest)
            link = StreamLink(stream_id, sequence, previous, bytes(32), sequence)
            return EntryFacts(body_hash, link)
        if kind == b"E":
            index, body_hash = struct.unpack(">Q32s", rest)
            return EntryFacts(erases=(index, body_hash))
    except struct.error as error:
        raise EncodingError("no entry of ours") from error
    return EntryFacts()


def make_records() -> tuple[list[NewEntry], list[StreamEnd]]:
    """Return records of a few streams, chained, and where the streams then stand."""
    ends: dict[int, StreamEnd] = {}
    added = []
    for number in range(RECORDS):
        stream = number % STREAMS
        before = ends.get(stream)
        body = b"body %d" % number
        body_hash = sha256(body).digest()
        sequence = 0 if before is None else before.sequence + 1
        previous = bytes(32) if before is None else before.leaf_hash
        stream_id = bytes([stream]) * 16
        entry = b"R" + _HEADER.pack(1, stream_id, sequence, previous, body_hash)
        added.append(NewEntry(entry, body_hash, body))
        ends[stream] = StreamEnd(stream_id, sequence, hash_leaf(entry), bytes(32), sequence)
    erasure = struct.pack(">Q32s", ERASED, sha256(b"body %d" % ERASED).digest())
    return [*added, NewEntry(b"E" + erasure)], [ends[stream] for stream in sorted(ends)]


TRUST = Trust(
    keys={OWN: OWN_KEY.verifier, OTHER: LOG_KEY.verifier},
    policies={OTHER: POLICY},
    read_entry=read_entry,
)


def fill(store: Store) -> None:
    """Put some of everything into an empty store, all of it right."""
    term = store.take_term("fill")
    added, ends = make_records()
    for part in (added[:100], added[100:260], added[260:]):
        state = grow(store, term, part)
        with store.begin(term) as tx:
            head = tx.heads.record_intent(state)
        with store.begin(term) as tx:
            signed = sign_checkpoint(Checkpoint(OWN, head.size, head.root_hash), OWN_KEY)
            tx.heads.record_signed(head, signed.encode())
    theirs = grow(store, term, [NewEntry(b"clear %d" % at) for at in range(300)], OTHER)
    cosigned = cosign_stored(store, term, theirs).cosigned
    line = sign_cosignature(cosigned.checkpoint, MIRROR_KEY, 1_700_000_000)
    with store.begin(term) as tx:
        tx.streams.advance(OWN, ends)
        tx.records.record({RecordKey(bytes(32), bytes(32)): Position(OWN, 7)})
        tx.bodies.erase(OWN, ERASED, sha256(b"body %d" % ERASED).digest(), RECORDS)
        note = replace(cosigned, note=cosigned.note.add_lines([line])).encode()
        tx.finals.record(FinalCheckpoint(OTHER, 300, theirs.root_hash, note, 1_700_000_000, 1))
        tx.cosignatures.record(
            [CosignatureLine(OTHER, 300, theirs.root_hash, "a", line.key_id, 5, line.encode())]
        )
        tx.forks.record(ForkEvidence(OTHER, cosigned.encode(), cosigned.encode(), 5))
        tx.local_keys.put(b"loan", b"wrapped")
        tx.opened_bodies.put(Position(OWN, 5), b"loan", b"sealed")


@pytest.fixture(scope="module")
def filled_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> StorePlace:
    place = make_sqlite(sqlite_template, tmp_path_factory.mktemp("filled"))
    with place.open() as store:
        fill(store)
        store.scrub()
    return place


@pytest.fixture
def filled(filled_template: StorePlace, tmp_path: Path) -> Iterator[Store]:
    """A filled SQLite store; how the check works does not depend on the database."""
    with make_sqlite(filled_template.file, tmp_path).open() as store:
        yield store


@pytest.fixture
def anywhere(place: StorePlace) -> Iterator[Store]:
    """A filled store of either kind."""
    with place.open() as store:
        fill(store)
        yield store


def _check(store, trust=TRUST, **how):
    check = StoreCheck(store, trust, **how)
    return [(one.fault, one.place) for one in check.run()], check.counts


def _change(store, column, change, *, at=0):
    """Change one value of the row ``at`` of a table, in the order of its key."""
    table = column.table
    with store.begin(store.take_term("whoever")) as tx:
        key = list(table.primary_key.columns)
        row = tx.session.connection.execute(
            select(*key, column.label("value")).where(column.is_not(None)).order_by(*key)
        ).all()[at]
        here = [part == value for part, value in zip(key, row, strict=False)]
        tx.session.change(table.update().where(*here).values({column.name: change(row.value)}))
    return row


def _flip(drawn: random.Random):
    def change(value: bytes) -> bytes:
        place = drawn.randrange(len(value))
        return (
            value[:place] + bytes([value[place] ^ (1 << drawn.randrange(8))]) + value[place + 1 :]
        )

    return change


def test_a_store_that_nobody_touched_has_no_faults(anywhere):
    found, counts = _check(anywhere)
    assert found == []
    assert (counts.logs, counts.entries, counts.bodies) == (2, RECORDS + 1 + 300, RECORDS)
    assert (counts.heads, counts.streams, counts.problems) == (4, STREAMS, 0)
    assert counts.signatures >= 3 + 1 + 1 + 1


def test_an_empty_store_has_no_faults(store):
    assert _check(store) == ([], StoreCheck(store, TRUST).counts)


def test_without_keys_and_reader_the_bytes_are_still_checked(filled):
    found, counts = _check(filled, Trust())
    assert found == []
    assert (counts.signatures, counts.streams, counts.heads) == (0, 0, 4)


def test_streams_in_parts_are_the_same_streams(filled):
    found, counts = _check(filled, streams_max=2)
    assert (found, counts.streams) == ([], STREAMS)


@pytest.mark.parametrize("index", [0, 1, 99, 255, 256, 259, 299])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_flipped_bit_of_an_entry_is_named(filled, index, seed):
    _change(filled, schema.entries.c.entry, _flip(random.Random(seed)), at=index)
    found, _ = _check(filled)
    assert found[0] == (Fault.ENTRY, f"entry {index}")
    # The record that comes next in its stream misses it; nothing else is to blame.
    assert {fault for fault, _ in found} <= {Fault.ENTRY, Fault.STREAM, Fault.STREAM_END}


@pytest.mark.parametrize(
    ("at", "path"),
    [(0, "tile/0/000"), (1, "tile/0/001"), (2, "tile/1/000"), (3, "tile/0/000"), (4, "tile/0/001")],
)
@pytest.mark.parametrize("seed", [3, 4])
def test_a_flipped_bit_of_a_tile_is_named(filled, at, path, seed):
    _change(filled, schema.tiles.c.hashes, _flip(random.Random(seed)), at=at)
    found, _ = _check(filled)
    assert [(fault, place.split(" ")[0]) for fault, place in found] == [(Fault.TILE, path)]


@pytest.mark.parametrize("column", ["body", "body_hash"])
@pytest.mark.parametrize("at", [0, 3, 250])
def test_a_flipped_bit_of_a_body_or_its_hash_is_named(filled, column, at):
    row = _change(filled, schema.bodies.c[column], _flip(random.Random(5)), at=at)
    found, _ = _check(filled)
    assert set(found) == {(Fault.BODY, f"body {row.entry_index}")}


def test_another_body_hash_of_an_erased_body_is_named(filled):
    _change(filled, schema.bodies.c.body_hash, lambda _: bytes(32), at=ERASED)
    found, _ = _check(filled)
    assert set(found) == {(Fault.BODY, f"body {ERASED}"), (Fault.ERASURE, f"body {ERASED}")}


@pytest.mark.parametrize("erasure_index", [7, RECORDS + 1, 2**40])
def test_an_erased_body_needs_the_entry_that_ordered_it(filled, erasure_index):
    column = schema.bodies.c.erasure_index
    _change(filled, column, lambda _: erasure_index)
    assert _check(filled)[0] == [(Fault.ERASURE, f"body {ERASED}")]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_flipped_bit_of_a_signed_head_is_named(filled, at):
    row = _change(filled, schema.heads.c.note, _flip(random.Random(at)), at=at)
    found, _ = _check(filled)
    assert found[0][0] in {Fault.HEAD, Fault.SIGNATURE}
    assert [place for _, place in found] == [f"head {row.size}"]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_another_root_of_a_promised_head_is_named(filled, at):
    row = _change(filled, schema.heads.c.root_hash, _flip(random.Random(1)), at=at)
    assert set(_check(filled)[0]) == {
        (Fault.HEAD, f"head {row.size}"),
        (Fault.ROOT, f"head {row.size}"),
    }


def test_another_root_of_the_log_is_named(filled):
    _change(filled, schema.logs.c.root_hash, _flip(random.Random(1)))
    assert _check(filled)[0] == [(Fault.LOG, f"size {RECORDS + 1}")]


def test_a_note_signed_by_another_key_is_named(filled):
    state = _read_state(filled)
    forged = sign_checkpoint(
        Checkpoint(OWN, state.size, state.root_hash), SignerKey(OWN, ED25519, bytes(32))
    )
    _change(filled, schema.heads.c.note, lambda _: forged.encode(), at=2)
    assert _check(filled)[0] == [(Fault.SIGNATURE, f"head {state.size}")]
    assert _check(filled, Trust())[0] == []


def _read_state(store) -> LogState:
    with store.read() as tx:
        return tx.logs.get(OWN)


def test_a_final_checkpoint_without_its_quorum_is_named(filled):
    with filled.read() as tx:
        signed = tx.mirrors.find(OTHER).cosigned
    _change(filled, schema.finals.c.note, lambda _: signed.encode())
    assert _check(filled)[0] == [(Fault.SIGNATURE, "final 300")]


@pytest.mark.parametrize(
    ("table", "column", "fault"),
    [
        (schema.finals, "note", {Fault.FINAL, Fault.SIGNATURE}),
        (schema.finals, "root_hash", {Fault.FINAL, Fault.ROOT}),
        (schema.mirrors, "state", {Fault.MIRROR, Fault.SIGNATURE}),
        (schema.cosignatures, "line", {Fault.COSIGNATURE}),
        (schema.cosignatures, "key_id", {Fault.COSIGNATURE}),
        (schema.forks, "ours", {Fault.FORK, Fault.SIGNATURE}),
        (schema.forks, "theirs", {Fault.FORK, Fault.SIGNATURE}),
        (schema.streams, "leaf_hash", {Fault.STREAM_END}),
        (schema.streams, "erasure_key", {Fault.STREAM_END}),
    ],
)
def test_a_flipped_bit_of_what_is_kept_beside_is_named(filled, table, column, fault):
    change = _flip(random.Random(3))
    if column == "line":
        change = lambda line: line[:-2] + b"\n"  # noqa: E731
    _change(filled, table.c[column], change)
    found = {kind for kind, _ in _check(filled)[0]}
    assert found
    assert found <= fault


@pytest.mark.parametrize(
    ("column", "value", "found"),
    [
        (schema.streams.c.sequence, 99, [(Fault.STREAM_END, f"stream {'00' * 16}")]),
        (schema.records.c.entry_index, 10**6, [(Fault.RECORD, f"records {10**6}")]),
        (schema.opened_bodies.c.entry_index, 10**6, [(Fault.DANGLING, f"opened_bodies {10**6}")]),
    ],
)
def test_a_number_that_points_elsewhere_is_named(filled, column, value, found):
    _change(filled, column, lambda _: value)
    assert _check(filled)[0] == found


def _delete(store, table, *conditions):
    with store.begin(store.take_term("whoever")) as tx:
        tx.session.change(table.delete().where(*conditions))


def test_a_missing_entry_is_named_and_the_tree_still_checked(filled):
    _delete(
        filled,
        schema.entries,
        schema.entries.c.entry_index == 17,
        schema.entries.c.log_id == 1,
    )
    found, _ = _check(filled)
    assert found[0] == (Fault.ENTRY_MISSING, "entry 17")
    assert (Fault.DANGLING, "body 17") in found
    assert {fault for fault, _ in found} == {Fault.ENTRY_MISSING, Fault.DANGLING, Fault.STREAM}


def test_missing_entries_at_the_end_are_named(filled):
    _delete(
        filled,
        schema.entries,
        schema.entries.c.entry_index >= 256,
        schema.entries.c.log_id == 1,
    )
    found, _ = _check(filled)
    assert (Fault.ENTRY_MISSING, "entries 256 to 300") in found
    assert (Fault.ROOT_UNCHECKED, "head 260") in found


@pytest.mark.parametrize("size", [2**40, 2**62])
def test_a_size_that_no_log_has_does_not_keep_the_check_busy(filled, size):
    _change(filled, schema.logs.c.size, lambda _: size)
    found, _ = _check(filled)
    assert (Fault.ENTRY_MISSING, f"entries 512 to {size - 1}") in found


def test_a_log_that_forgot_its_last_entries_is_named(filled):
    _change(filled, schema.logs.c.size, lambda _: 299)
    found, _ = _check(filled)
    assert {
        (Fault.LOG, "size 299"),
        (Fault.ROOT, "head 301"),
        (Fault.DANGLING, "entries 300"),
    } <= set(found)


@pytest.mark.parametrize(
    ("level", "index", "path"), [(0, 0, "tile/0/000"), (0, 1, "tile/0/001"), (1, 0, "tile/1/000")]
)
def test_a_missing_tile_is_named(filled, level, index, path):
    tiles = schema.tiles.c
    _delete(
        filled,
        schema.tiles,
        tiles.log_id == 1,
        tiles.level == level,
        tiles.tile_index == index,
    )
    assert (Fault.TILE_MISSING, path) in _check(filled)[0]


def test_a_short_tile_is_named(filled):
    _change(filled, schema.tiles.c.hashes, lambda data: data[:-32], at=1)
    assert _check(filled)[0] == [(Fault.TILE, "tile/0/001")]


def test_a_missing_body_is_named(filled):
    _delete(filled, schema.bodies, schema.bodies.c.entry_index == 9)
    assert _check(filled)[0] == [(Fault.BODY_MISSING, "body 9")]


def test_a_missing_end_of_a_stream_is_named(filled):
    _delete(filled, schema.streams, schema.streams.c.stream_id == bytes([2]) * 16)
    assert _check(filled)[0] == [(Fault.STREAM_END, f"stream {'02' * 16}")]


@pytest.mark.parametrize(
    ("table", "row", "found"),
    [
        (schema.tiles, (1, 0, 9, bytes(32)), "tile/0, index 9"),
        (schema.tiles, (1, 2, 0, bytes(32)), "tile/2, index 0"),
        (schema.tiles, (9, 0, 0, bytes(32)), "tiles"),
        (schema.entries, (9, 0, b"x"), "entries"),
        (schema.entries, (1, 301, b"x"), "entries 301"),
        (schema.bodies, (1, 300, 0, None, bytes(32), None), "body 300"),
        (schema.bodies, (1, 999, 0, None, bytes(32), None), "body 999"),
        (schema.heads, (2, 5, bytes(32), 1, None), "head 5"),
    ],
)
def test_a_row_of_nothing_is_named(filled, table, row, found):
    with filled.begin(filled.take_term("whoever")) as tx:
        tx.session.insert_rows(table, [row])
    assert (Fault.DANGLING, found) in _check(filled)[0]


def test_an_intent_that_was_passed_over_is_named(filled):
    _change(filled, schema.heads.c.note, lambda _: None, at=1)
    assert _check(filled)[0] == [(Fault.HEAD, "head 260")]


def test_an_intent_at_the_end_is_a_crash_and_no_fault(filled):
    _change(filled, schema.heads.c.note, lambda _: None, at=2)
    assert _check(filled)[0] == []


def test_records_that_do_not_follow_each_other_are_named(store, term):
    added, _ = make_records()
    grow(store, term, [added[0], added[10], NewEntry(b"R too short")])
    found, _ = _check(store)
    assert (Fault.STREAM, "entry 1") in found
    assert (Fault.ENTRY_UNREADABLE, "entry 2") in found


def test_many_faults_are_all_named(filled):
    drawn = random.Random(8)
    for at in (3, 30, 280):
        _change(filled, schema.entries.c.entry, _flip(drawn), at=at)
        _change(filled, schema.bodies.c.body, _flip(drawn), at=at)
    found, counts = _check(filled)
    assert {(Fault.ENTRY, f"entry {at}") for at in (3, 30, 280)} <= set(found)
    assert sum(fault is Fault.BODY for fault, _ in found) == 3
    assert counts.problems == len(found)


def test_what_nothing_decides_is_said_to_be_open(filled):
    first = schema.tiles.c.hashes
    _change(filled, schema.entries.c.entry, _flip(random.Random(1)), at=5)
    _change(filled, first, lambda data: data[:64] + bytes(32) + data[96:], at=0)
    found, _ = _check(filled)
    assert (Fault.ENTRY_OR_TILE, "entry 5") in found
    assert (Fault.ENTRY_OR_TILE, "entry 2") in found


def test_the_tiles_above_are_checked_in_a_tall_log(sqlite_place):
    with sqlite_place.open() as store:
        added = [NewEntry(b"%d" % at) for at in range(256 * 257 + 3)]
        state = grow(store, store.take_term("x"), added)
        assert state.root_hash == Tree(hash_leaf(one.entry) for one in added).root()
        assert _check(store, Trust())[0] == []
        tiles = schema.tiles.c
        *_, full, part, top = range(256 + 2 + 2 + 1)  # in the order of the key: level, index
        for at, hash_at in ((full, 200), (part, 0), (top, 0)):
            _change(store, tiles.hashes, _flip_hash(hash_at), at=at)
        _delete(store, schema.tiles, tiles.level == 0, tiles.tile_index == 9)
        assert _check(store, Trust())[0] == [
            (Fault.TILE_MISSING, "tile/0/009"),
            (Fault.TILE, "tile/1/000 hash 200"),
            (Fault.TILE, "tile/1/001 hash 0"),
            (Fault.TILE, "tile/2/000 hash 0"),
        ]


def _flip_hash(place: int):
    at = place * 32
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_broken_page_is_a_finding_and_the_rest_is_checked(place):
    with place.open() as store:
        term = store.take_term("x")
        grow(store, term, make_entries(300))
        grow(store, term, make_entries(300), OTHER)
        with store.begin(term) as tx:
            root = tx.session.connection.exec_driver_sql(
                "SELECT rootpage FROM sqlite_schema WHERE name = 'tiles'"
            ).scalar()
        store.scrub()
    with place.file.open("r+b") as file:
        file.seek((root - 1) * 8192)
        file.write(b"\xff" * 100)
    with place.open() as store:
        found, counts = _check(store, Trust())
    assert {fault for fault, _ in found} == {Fault.DATABASE}
    assert counts.logs == 2


@pytest.mark.parametrize(
    ("column", "at", "fault", "where"),
    [
        (schema.entries.c.entry, 256, Fault.ENTRY, "entry 256"),
        (schema.tiles.c.hashes, 0, Fault.TILE, "tile/0/000"),
        (schema.bodies.c.body, 0, Fault.BODY, "body 0"),
        (schema.heads.c.root_hash, 1, Fault.HEAD, "head 260"),
        (schema.logs.c.root_hash, 0, Fault.LOG, "size 301"),
        (schema.mirrors.c.state, 0, Fault.MIRROR, "mirror"),
        (schema.streams.c.leaf_hash, 0, Fault.STREAM_END, "stream 0"),
    ],
)
def test_a_flipped_bit_is_named_on_either_database(anywhere, column, at, fault, where):
    _change(anywhere, column, _flip(random.Random(6)), at=at)
    found, _ = _check(anywhere)
    assert any(kind is fault and place.startswith(where) for kind, place in found)
