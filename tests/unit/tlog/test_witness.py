"""The witness's step: the order of its checks, and what it records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundtrace.errors import (
    EncodingError,
    ForkError,
    FundtraceError,
    InvalidInputError,
    NotFoundError,
    ProofError,
    SignatureError,
    StaleCheckpointError,
    UnavailableError,
)
from fundtrace.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from fundtrace.tlog.cosignature import verify_cosignature
from fundtrace.tlog.keys import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44
from fundtrace.tlog.note import Signature
from fundtrace.tlog.witness import (
    AddCheckpoint,
    advance_checkpoint,
    cosign_head,
    find_status,
    parse_add_checkpoint,
)
from tests.support.logs import AT, ORIGIN, SmallLog, cosign, make_key

LOG = SmallLog(20)
KEYS = [LOG.key]
FIVE = LOG.sign(5)


def _change_signature(request: AddCheckpoint) -> AddCheckpoint:
    head, _, line = request.checkpoint_note.rpartition(b" ")
    letter = b"A" if line[10:11] != b"A" else b"B"
    return replace(request, checkpoint_note=head + b" " + line[:10] + letter + line[11:])


def test_the_first_head_is_recorded_from_size_0():
    assert advance_checkpoint(None, LOG.propose(0, 5), KEYS) == FIVE


@pytest.mark.parametrize("size", [5, 6, 8, 20])
def test_a_larger_head_with_its_proof_is_recorded(size):
    assert advance_checkpoint(FIVE, LOG.propose(5, size), KEYS) == LOG.sign(size)


def test_the_same_head_again_is_recorded_and_cosigned_with_a_fresh_time():
    head = advance_checkpoint(FIVE, LOG.propose(5, 5), KEYS)
    keys = [make_key("w.example", kind) for kind in (COSIGNATURE_ED25519, COSIGNATURE_MLDSA44)]
    assert [
        verify_cosignature(head.checkpoint, line, key.verifier)
        for at in (AT, AT + 60)
        for key, line in zip(keys, cosign_head(head, keys, at), strict=True)
    ] == [AT, AT, AT + 60, AT + 60]


def test_what_is_recorded_keeps_the_logs_lines_alone():
    request = LOG.propose(0, 5)
    signed = open_checkpoint(request.checkpoint_note, LOG.key)
    note = signed.note.add_lines([*cosign(signed, "bc"), Signature("x", bytes(4), b"junk")])
    recorded = advance_checkpoint(None, replace(request, checkpoint_note=note.encode()), KEYS)
    assert recorded == FIVE


# Each request has every later fault too, so that the order of the checks shows.
_WRONG_PROOF = replace(LOG.propose(5, 20), path=(bytes(32),))
_STALE = replace(_WRONG_PROOF, old_size=6)
_BEYOND = replace(_WRONG_PROOF, old_size=21)


@pytest.mark.parametrize(
    ("request_", "keys", "error", "status"),
    [
        (_change_signature(_BEYOND), [], NotFoundError, 404),
        (_change_signature(_BEYOND), KEYS, SignatureError, 403),
        (_BEYOND, [make_key("z.example").verifier], SignatureError, 403),
        (_BEYOND, KEYS, InvalidInputError, 400),
        (_STALE, KEYS, StaleCheckpointError, 409),
        (_WRONG_PROOF, KEYS, ProofError, 422),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else None,
)
def test_the_checks_come_in_the_order_of_the_specification(request_, keys, error, status):
    with pytest.raises(error) as caught:
        advance_checkpoint(FIVE, request_, keys)
    assert find_status(caught.value) == status


def test_a_stale_request_learns_the_recorded_size():
    with pytest.raises(StaleCheckpointError) as caught:
        advance_checkpoint(FIVE, LOG.propose(0, 20), KEYS)
    assert caught.value.known_size == 5


@pytest.mark.parametrize(
    ("recorded", "request_"),
    [
        (None, replace(LOG.propose(0, 5), path=(bytes(32),))),
        (FIVE, replace(LOG.propose(5, 5), path=(bytes(32),))),
        (FIVE, replace(LOG.propose(5, 20), path=())),
        (FIVE, replace(LOG.propose(5, 20), path=(*LOG.propose(5, 20).path, bytes(32)))),
    ],
)
def test_a_proof_that_does_not_fit_is_refused(recorded, request_):
    with pytest.raises(ProofError) as caught:
        advance_checkpoint(recorded, request_, KEYS)
    assert find_status(caught.value) == 422


def test_two_roots_of_one_size_are_a_fork_with_both_heads():
    other = LOG.branch(4, [b"else"])
    with pytest.raises(ForkError) as caught:
        advance_checkpoint(FIVE, AddCheckpoint(5, (), other.sign().encode()), KEYS)
    assert (caught.value.ours, caught.value.theirs) == (FIVE.encode(), other.sign().encode())
    assert find_status(caught.value) == 422


@pytest.mark.parametrize("recorded", [None, LOG.sign(0)])
def test_the_empty_tree_has_one_root(recorded):
    assert advance_checkpoint(recorded, LOG.propose(0, 0), KEYS) == LOG.sign(0)
    wrong = sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), LOG.signer)
    with pytest.raises(ProofError) as caught:
        advance_checkpoint(recorded, AddCheckpoint(0, (), wrong.encode()), KEYS)
    assert find_status(caught.value) == 422


def test_a_request_is_the_same_after_it_was_written_and_read():
    request = LOG.propose(5, 20)
    assert parse_add_checkpoint(request.encode()) == request
    assert request.origin == ORIGIN


GOOD = LOG.propose(5, 20).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        GOOD.replace(b"old 5", b"old 05"),
        GOOD.replace(b"old 5", b"old +5"),
        GOOD.replace(b"old 5", b"old  5"),
        GOOD.replace(b"old 5", b"new 5"),
        GOOD.replace(b"\n20\n", b"\n020\n"),
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"\n\n", b"\n", 1),
        b"old 5\n" + b"A" * 43 + b"=\n" + b"A" * 42 + b"==\n\n" + LOG.sign().encode(),
        b"old 5\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + LOG.sign().encode(),
        b"x" * (2**21),
    ],
)
def test_a_malformed_request_is_a_bad_one(body):
    with pytest.raises(EncodingError) as caught:
        parse_add_checkpoint(body)
    assert find_status(caught.value) == 400


def test_sixty_three_hashes_are_taken():
    body = b"old 5\n" + (b"A" * 43 + b"=\n") * 63 + b"\n" + LOG.sign().encode()
    assert len(parse_add_checkpoint(body).path) == 63


def test_success_is_200_and_what_is_no_refusal_has_no_status():
    assert find_status(None) == 200
    assert find_status(UnavailableError("later")) is None
    assert find_status(FundtraceError("else")) is None
