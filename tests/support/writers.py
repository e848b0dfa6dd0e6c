"""A small publisher over a store, as a process that can be killed between any two effects.

It does what a node's sequencer does: take a term, finish the head that was promised, then, batch
by batch, leave out what was published before, append the rest with record ids, streams and the
intent to sign in one Tx, sign, store the signature, publish. It tells its parent each thing that
another bank would rely on from then on.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from hashlib import sha256
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from fundtrace.errors import ConflictError
from fundtrace.store.store import Store
from fundtrace.store.values import Head, NewEntry, Position, RecordKey, StreamEnd
from fundtrace.tlog.checkpoint import Checkpoint, sign_checkpoint
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.keys import ED25519, SignerKey
from tests.support.stores import OTHER, OWN, StorePlace, make_entries

KEY = SignerKey(OWN, ED25519, bytes(range(32)))
BATCH = 70  # several batches to a tile, tiles that begin and end within one
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])

Tell = Callable[[tuple[str, int, bytes]], None]


def make_request(number: int) -> tuple[RecordKey, NewEntry, StreamEnd]:
    """Return the request of this number, the same each time: id, entry with body, stream."""
    body = f"body {number}".encode()
    entry = NewEntry(f"entry {number}".encode(), sha256(body).digest(), body)
    key = RecordKey(sha256(entry.entry).digest(), sha256(body).digest())
    stream = StreamEnd(
        (number % 7).to_bytes(16, "big"), number // 7, hash_leaf(entry.entry), bytes(32), number
    )
    return key, entry, stream


def publish(store: Store, numbers: Sequence[int], reached: Callable[[str], None], tell: Tell):
    """Publish requests, whatever happened before; each once."""
    term = store.take_term("writer")
    with store.begin(term) as tx:
        tx.logs.create(OWN, is_own=True)
    _complete(store, term, reached, tell)
    for start in range(0, len(numbers), BATCH):
        _accept(store, term, numbers[start : start + BATCH], tell)
        _complete(store, term, reached, tell)


def _accept(store: Store, term: int, numbers: Sequence[int], tell: Tell) -> None:
    requests = [make_request(number) for number in numbers]
    with store.begin(term) as tx:
        known = tx.records.find_many(key for key, _, _ in requests)
        fresh = [one for one in requests if one[0].record_id not in known]
        state = tx.logs.get(OWN)
        after = tx.logs.append(state, [entry for _, entry, _ in fresh])
        placed = {key: Position(OWN, state.size + at) for at, (key, _, _) in enumerate(fresh)}
        tx.records.record(placed)
        tx.streams.advance(OWN, list({one.stream_id: one for _, _, one in fresh}.values()))
        tx.heads.record_intent(after)
    for number in numbers:
        tell(("accepted", number, b""))


def _complete(store: Store, term: int, reached: Callable[[str], None], tell: Tell) -> None:
    """Sign the head that was promised, if it is not signed; publish it in any case."""
    with store.read() as tx:
        head = tx.heads.find_latest(OWN)
    if head is None:
        return
    if not head.is_signed:
        note = sign(head)
        reached("writer: signed")
        with store.begin(term) as tx:
            head = tx.heads.record_signed(head, note)
    reached("writer: stored")
    assert head.note is not None
    tell(("published", head.size, head.note))


def sign(head: Head) -> bytes:
    """Return the signed head; Ed25519 gives the same bytes each time."""
    return sign_checkpoint(Checkpoint(head.origin, head.size, head.root_hash), KEY).encode()


class Writer:
    """A publisher in a process of its own, which ``crash`` kills where it is told."""

    def __init__(self, place: StorePlace, count: int, crash: tuple[str, int] | None = None) -> None:
        self._receiver, sender = CONTEXT.Pipe(duplex=False)
        self.process = CONTEXT.Process(target=_write, args=(place, count, crash, sender))
        self.process.start()
        sender.close()

    def read(self, most: int | None = None) -> list[tuple[str, int, bytes]]:
        """Return what it told: ``most`` messages, or all up to its end."""
        told: list[tuple[str, int, bytes]] = []
        while most is None or len(told) < most:
            try:
                told.append(self._receiver.recv())
            except EOFError:
                break
        return told

    def kill(self) -> None:
        """End it wherever it is."""
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Return its exit code; -9 where it was killed."""
        code = wait_exit(self.process)
        self._receiver.close()
        return code


def wait_exit(process: BaseProcess) -> int:
    process.join(60)
    code = process.exitcode
    assert code is not None, "a child hangs"
    process.close()
    return code


def _write(
    place: StorePlace, count: int, crash: tuple[str, int] | None, sender: Connection
) -> None:
    seen = 0

    def reached(point: str) -> None:
        nonlocal seen
        if crash is not None and point == crash[0]:
            seen += 1
            if seen == crash[1]:
                os.kill(os.getpid(), signal.SIGKILL)

    with place.open(hook=reached) as store:
        publish(store, range(count), reached, sender.send)


def race(place: StorePlace, term: int, seed: int, gate: Connection, result: Connection) -> None:
    """Build one entry on the state that was read before the gate opened; tell whether it won."""
    with place.open() as store:
        with store.read() as tx:
            state = tx.logs.get(OTHER)
        result.send("ready")
        gate.recv()
        try:
            with store.begin(term) as tx:
                tx.logs.append(state, make_entries(3, seed))
            result.send("won")
        except ConflictError:
            result.send("lost")


def count_up(place: StorePlace, term: int, times: int, result: Connection) -> None:
    """Advance a shared cursor so many times, reading again after each conflict."""
    conflicts = 0
    with place.open() as store:
        done = 0
        while done < times:
            with store.read() as tx:
                position = tx.cursors.find("shared") or 0
            try:
                with store.begin(term) as tx:
                    tx.cursors.advance("shared", position, position + 1)
                done += 1
            except ConflictError:
                conflicts += 1
    result.send(conflicts)
