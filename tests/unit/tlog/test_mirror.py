"""The mirror's steps; that no order of them breaks a promise stands in tests/properties."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundtrace.errors import (
    EncodingError,
    ForkError,
    InvalidInputError,
    NotFoundError,
    ProofError,
    RuleViolationError,
    StaleCheckpointError,
)
from fundtrace.tlog.bundles import ENTRY_BYTES_MAX
from fundtrace.tlog.checkpoint import Checkpoint, sign_checkpoint
from fundtrace.tlog.cosignature import verify_cosignature
from fundtrace.tlog.fork import Prefix
from fundtrace.tlog.mirror import (
    DropEntries,
    Package,
    StoreEntries,
    add_package,
    check_closed_log_held,
    close_log,
    confirm_durable,
    prepare_cosignature,
    promise_silence,
    propose_checkpoint,
    report_fork,
    restart_mirror,
    sign_cosigned,
)
from fundtrace.tlog.mirror_state import Edge, MirrorState, parse_mirror_state
from fundtrace.tlog.witness import AddCheckpoint
from tests.support.logs import AT, ORIGIN, SmallLog, make_mirror_key

LOG = SmallLog(600)
KEYS = [LOG.key]
MIRROR = make_mirror_key("b")
EMPTY = MirrorState(ORIGIN)


def _propose(state: MirrorState, log: SmallLog, size: int) -> MirrorState:
    step = propose_checkpoint(state, log.propose(state.pending_size, size), KEYS)
    step.check()
    return step.state


def _fill(state: MirrorState, log: SmallLog) -> MirrorState:
    while state.stored.size < state.pending_size:
        state = add_package(state, log.pack(state.stored.size, state.pending_size)).state
    return state


def _mirror(log: SmallLog, size: int, state: MirrorState = EMPTY) -> MirrorState:
    state = _fill(_propose(state, log, size), log)
    return prepare_cosignature(confirm_durable(state, size))


@pytest.mark.parametrize("sizes", [(0,), (1,), (256,), (300,), (5, 300, 600), (255, 256, 257, 512)])
def test_a_mirror_follows_a_log_head_by_head(sizes):
    state = EMPTY
    for size in sizes:
        state = _mirror(LOG, size, state)
        (line,) = sign_cosigned(state, [MIRROR], AT)
        assert verify_cosignature(LOG.sign(size).checkpoint, line, MIRROR.verifier) == AT
    assert parse_mirror_state(state.encode()) == state


def test_a_package_gives_its_entries_to_store():
    state = _propose(EMPTY, LOG, 300)
    step = add_package(state, LOG.pack(0, 300))
    assert step.effects == (StoreEntries(0, tuple(LOG.entries[:256])),)
    assert step.state.stored.size == 256
    assert add_package(step.state, LOG.pack(256, 300)).effects[0].start == 256


def test_the_next_head_may_begin_in_the_middle_of_a_package():
    state = _mirror(LOG, 300)
    step = add_package(_propose(state, LOG, 600), LOG.pack(300, 600))
    assert step.effects == (StoreEntries(300, tuple(LOG.entries[300:512])),)


def test_nothing_is_stored_before_a_head_is_pending():
    with pytest.raises(InvalidInputError):
        add_package(EMPTY, LOG.pack(0, 300))


@pytest.mark.parametrize(
    ("package", "error"),
    [
        (replace(LOG.pack(0, 300), entries=(b"forged", *LOG.entries[1:256])), ProofError),
        (replace(LOG.pack(0, 300), path=()), ProofError),
        (replace(LOG.pack(0, 300), path=(bytes(32),) * 2), ProofError),
        (replace(LOG.pack(0, 300), entries=tuple(LOG.entries[:255])), InvalidInputError),
        (LOG.pack(256, 300), StaleCheckpointError),
        (LOG.pack(0, 600), ProofError),
    ],
)
def test_a_package_that_is_not_proven_to_the_pending_head_stores_nothing(package, error):
    with pytest.raises(error):
        add_package(_propose(EMPTY, LOG, 300), package)


def test_a_package_from_elsewhere_learns_the_next_entry():
    with pytest.raises(StaleCheckpointError) as caught:
        add_package(_mirror(LOG, 300), LOG.pack(0, 300))
    assert caught.value.known_size == 300


@pytest.mark.parametrize(
    ("start", "entries"),
    [
        (0, ()),
        (0, (b"",) * 257),
        (255, (b"", b"")),
        (-256, (b"",)),
        (0, (bytes(ENTRY_BYTES_MAX + 1),)),
    ],
)
def test_a_package_beyond_its_bounds_is_refused(start, entries):
    with pytest.raises(EncodingError):
        Package(start, entries, ())


def test_the_largest_entry_is_taken():
    assert Package(0, (bytes(ENTRY_BYTES_MAX),), ())


def test_a_proof_of_sixty_four_hashes_is_refused():
    with pytest.raises(EncodingError):
        Package(0, (b"",), (bytes(32),) * 64)


def test_nothing_is_cosigned_that_is_not_durable():
    pending = _propose(EMPTY, LOG, 300)
    part = add_package(pending, LOG.pack(0, 300)).state
    stored = _fill(part, LOG)
    for state in (EMPTY, pending, part, stored, confirm_durable(part, 256)):
        with pytest.raises(RuleViolationError) as caught:
            prepare_cosignature(state)
        assert caught.value.rule == "not-durable"
        with pytest.raises(RuleViolationError):
            sign_cosigned(state, [MIRROR], AT)
    assert prepare_cosignature(confirm_durable(stored, 300)).cosigned == LOG.sign(300)


@pytest.mark.parametrize("size", [0, 255, 257, 300])
def test_the_caller_says_how_much_it_made_durable(size):
    part = add_package(_propose(EMPTY, LOG, 300), LOG.pack(0, 300)).state
    with pytest.raises(StaleCheckpointError) as caught:
        confirm_durable(part, size)
    assert caught.value.known_size == 256


def test_a_head_is_cosigned_only_once_it_is_recorded():
    stored = confirm_durable(_fill(_propose(_mirror(LOG, 5), LOG, 300), LOG), 300)
    (line,) = sign_cosigned(stored, [MIRROR], AT)  # the state still records the earlier head
    assert verify_cosignature(LOG.sign(5).checkpoint, line, MIRROR.verifier) == AT


def test_the_same_head_is_cosigned_again_with_a_fresh_time():
    state = _mirror(LOG, 300)
    again = prepare_cosignature(_propose(state, LOG, 300))
    assert again == state
    (line,) = sign_cosigned(again, [MIRROR], AT + 60)
    assert verify_cosignature(LOG.sign(300).checkpoint, line, MIRROR.verifier) == AT + 60


def test_a_smaller_head_is_never_proposed_after_a_larger_one():
    state = _mirror(LOG, 300)
    with pytest.raises(StaleCheckpointError):
        propose_checkpoint(state, LOG.propose(0, 5), KEYS)
    with pytest.raises(InvalidInputError):
        propose_checkpoint(state, AddCheckpoint(300, (), LOG.sign(5).encode()), KEYS)


def test_a_log_whose_key_is_not_known_or_another_log_is_refused():
    with pytest.raises(NotFoundError):
        propose_checkpoint(EMPTY, LOG.propose(0, 5), [])
    with pytest.raises(InvalidInputError, match="the state is of"):
        propose_checkpoint(MirrorState("z.example"), LOG.propose(0, 5), KEYS)


BRANCH = LOG.branch(290, [b"other %d" % index for index in range(100)])


def _see_fork(state: MirrorState) -> MirrorState:
    size = state.pending_size
    step = propose_checkpoint(state, AddCheckpoint(size, (), BRANCH.sign(size).encode()), KEYS)
    with pytest.raises(ForkError):
        step.check()
    return step.state


def test_two_roots_of_one_size_freeze_the_log_and_stay_on_record():
    frozen = _see_fork(_mirror(LOG, 300))
    assert frozen.is_frozen
    assert frozen.fork == (LOG.sign(300).encode(), BRANCH.sign(300).encode())
    for act in (
        lambda: propose_checkpoint(frozen, LOG.propose(300, 600), KEYS),
        lambda: add_package(frozen, LOG.pack(300, 600)),
        lambda: prepare_cosignature(frozen),
        lambda: sign_cosigned(frozen, [MIRROR], AT),
    ):
        with pytest.raises(ForkError) as caught:
            act()
        assert (caught.value.ours, caught.value.theirs) == frozen.fork
    assert parse_mirror_state(frozen.encode()) == frozen


def test_heads_of_other_sizes_freeze_the_log_by_a_proof_between_them():
    state = _mirror(LOG, 300)
    prefix = Prefix(BRANCH.tree.root(300), BRANCH.tree.prove_consistency(300, 390))
    step = report_fork(state, (LOG.sign(300).encode(), BRANCH.sign(390).encode()), prefix, KEYS)
    with pytest.raises(ForkError):
        step.check()
    assert step.state.is_frozen


def test_the_first_fork_stays_on_record():
    frozen = _see_fork(_mirror(LOG, 300))
    later = report_fork(frozen, (LOG.sign(310).encode(), BRANCH.sign(310).encode()), None, KEYS)
    assert later.state == frozen


def test_heads_that_agree_freeze_nothing():
    prefix = Prefix(LOG.tree.root(300), LOG.tree.prove_consistency(300, 600))
    with pytest.raises(ProofError):
        report_fork(_mirror(LOG, 300), (LOG.sign(300).encode(), LOG.sign().encode()), prefix, KEYS)


def test_a_fork_of_another_log_freezes_nothing_here():
    heads = LOG.sign(300).encode(), BRANCH.sign(300).encode()
    with pytest.raises(InvalidInputError, match="the state is of"):
        report_fork(MirrorState("z.example"), heads, None, KEYS)


def _edge(log: SmallLog, size: int) -> Edge:
    return Edge.of(SmallLog(log.entries[:size]).frontier())


def _close(state: MirrorState, log: SmallLog, size: int, kept: int | None = None):
    edge = state.cosigned_edge if kept is None else _edge(LOG, kept)
    path = log.tree.prove_consistency(edge.size, size) if edge.size <= size else ()
    return close_log(state, log.sign(size), path, KEYS, None if kept is None else edge)


def _refuse_to_cosign(state: MirrorState, rule: str) -> None:
    for act in (lambda: prepare_cosignature(state), lambda: sign_cosigned(state, [MIRROR], AT)):
        with pytest.raises(RuleViolationError) as caught:
            act()
        assert caught.value.rule == rule


@pytest.mark.parametrize("log", [LOG, BRANCH], ids=["own branch", "other branch"])
def test_a_closed_log_is_held_up_to_its_last_head_and_cosigned_no_more(log):
    frozen = _see_fork(_fill(_propose(_mirror(LOG, 280), LOG, 300), LOG))
    step = _close(frozen, log, 320)
    assert step.effects == (DropEntries(280),)
    state = confirm_durable(_fill(step.state, log), 320)
    check_closed_log_held(state, 320, log.tree.root(320))
    _refuse_to_cosign(state, "log-closed")
    assert (state.fork, state.cosigned) == (frozen.fork, LOG.sign(280))
    assert parse_mirror_state(state.encode()) == state


def test_a_mirror_of_the_dropped_branch_goes_over_to_the_one_that_was_closed():
    frozen = _see_fork(_mirror(LOG, 300))
    step = _close(frozen, BRANCH, 320, kept=290)
    assert step.effects == (DropEntries(290),)
    assert step.state.cosigned == LOG.sign(300)  # it is not forgotten
    state = confirm_durable(_fill(step.state, BRANCH), 320)
    check_closed_log_held(state, 320, BRANCH.tree.root(320))
    _refuse_to_cosign(state, "log-closed")
    assert parse_mirror_state(state.encode()) == state


@pytest.mark.parametrize("kept", [0, 100, 256, 290])
def test_a_log_closed_below_what_was_cosigned_is_cut_back(kept):
    state = _fill(_close(_mirror(LOG, 300), LOG, 290, kept).state, LOG)
    assert state.stored == _edge(LOG, 290)
    check_closed_log_held(confirm_durable(state, 290), 290, LOG.tree.root(290))


def test_a_closed_log_that_is_not_held_to_its_end_is_not_gone_on_from():
    state = _close(_mirror(LOG, 300), LOG, 320).state
    with pytest.raises(RuleViolationError, match="fetch them") as caught:
        check_closed_log_held(state, 320, LOG.tree.root(320))
    assert caught.value.rule == "not-durable"
    held = confirm_durable(_fill(state, LOG), 320)
    with pytest.raises(RuleViolationError):
        check_closed_log_held(held, 320, BRANCH.tree.root(320))


def test_a_closed_log_takes_no_other_head():
    state = _close(_mirror(LOG, 300), LOG, 320).state
    assert _propose(state, LOG, 320) == state
    with pytest.raises(RuleViolationError) as caught:
        propose_checkpoint(state, LOG.propose(320, 600), KEYS)
    assert caught.value.rule == "log-closed"


def test_a_log_may_be_closed_again_where_two_closings_are_about():
    state = _close(_mirror(LOG, 280), LOG, 320).state
    again = _close(_fill(state, LOG), LOG, 600, kept=320).state
    assert again.pending == LOG.sign(600)
    assert again.stored.size == 320
    _refuse_to_cosign(again, "log-closed")


@pytest.mark.parametrize(
    ("log", "size", "kept"), [(BRANCH, 300, 300), (BRANCH, 320, 300), (BRANCH, 320, 291)]
)
def test_what_is_kept_must_lie_under_the_closing_head(log, size, kept):
    with pytest.raises(ProofError):
        _close(_see_fork(_mirror(LOG, 300)), log, size, kept)


@pytest.mark.parametrize(("size", "kept"), [(290, None), (290, 300), (320, 310)])
def test_no_more_is_kept_than_is_stored_and_lies_under_the_closing_head(size, kept):
    with pytest.raises(InvalidInputError, match="to be kept"):
        _close(_mirror(LOG, 300), LOG, size, kept)


def test_the_edge_of_another_branch_is_not_what_is_stored():
    edge = _edge(BRANCH, 300)
    path = BRANCH.tree.prove_consistency(300, 320)
    with pytest.raises(InvalidInputError, match="to be kept"):
        close_log(_mirror(LOG, 300), BRANCH.sign(320), path, KEYS, edge)


def test_a_mirror_that_stated_its_highest_head_cosigns_nothing_more():
    full = confirm_durable(_fill(_propose(_mirror(LOG, 300), LOG, 320), LOG), 320)
    silent = promise_silence(full)
    _refuse_to_cosign(silent, "silence-promised")
    assert silent.cosigned == LOG.sign(300)  # what the statement names
    assert parse_mirror_state(silent.encode()) == silent
    with pytest.raises(RuleViolationError) as caught:
        propose_checkpoint(silent, LOG.propose(320, 600), KEYS)
    assert caught.value.rule == "silence-promised"


def test_silence_is_kept_when_the_log_is_closed():
    closed = _close(promise_silence(_mirror(LOG, 300)), LOG, 320).state
    assert closed.is_silent
    _refuse_to_cosign(closed, "log-closed")


def test_a_closing_head_of_another_log_is_refused():
    with pytest.raises(InvalidInputError):
        close_log(_mirror(LOG, 5), SmallLog(5, "z.example").sign(), (), KEYS)


def test_a_restart_goes_on_where_the_store_still_is():
    durable = confirm_durable(_fill(_propose(EMPTY, LOG, 300), LOG), 300)
    state = add_package(_propose(durable, LOG, 600), LOG.pack(300, 600)).state
    assert restart_mirror(state, 512) == state
    assert restart_mirror(state, 600) == state  # entries that no state counts come again
    assert restart_mirror(state, 400) == replace(state, stored=durable.stored)


def test_a_mirror_that_lost_durable_entries_is_retired():
    with pytest.raises(RuleViolationError, match="retire") as caught:
        restart_mirror(_mirror(LOG, 300), 299)
    assert caught.value.rule == "mirror-store-lost"


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "a b"},
        {"origin": "z.example"},
        {"stored": Edge()},
        {"durable": Edge()},
        {"cosigned": None},
        {"pending": None},
        {"pending": LOG.sign(299)},
        {"pending": BRANCH.sign(300)},
        {"cosigned": BRANCH.sign(300)},
    ],
)
def test_a_state_that_no_step_reaches_is_refused(change):
    with pytest.raises(EncodingError):
        replace(_mirror(LOG, 300), **change)


def test_an_edge_has_one_hash_for_each_bit_of_its_size():
    with pytest.raises(EncodingError):
        Edge(3, (bytes(32),))


STATE = _mirror(LOG, 300).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        STATE[:-1],
        STATE + b"more\n",
        STATE.replace(b"state v1", b"state v2"),
        STATE.replace(b"stored 300", b"stored 0300"),
        STATE.replace(b"stored 300", b"stored"),
        STATE.replace(b"durable", b"endurable"),
        STATE.replace(b"closing -", b"closing - -"),
        STATE.replace(b"closing -", b"closing AAAA"),
        STATE.replace(b"fork -", b"fork AAAA"),
        STATE.replace(b"fork -", b"fork - - -"),
        STATE.replace(b"silent -", b"silent no"),
    ],
)
def test_bytes_that_are_no_state_are_refused(data):
    with pytest.raises(EncodingError):
        parse_mirror_state(data)


def test_a_signed_head_of_size_0_with_another_root_is_refused():
    wrong = sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), LOG.signer)
    with pytest.raises(ProofError):
        propose_checkpoint(EMPTY, AddCheckpoint(0, (), wrong.encode()), KEYS)
