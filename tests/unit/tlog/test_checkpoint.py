"""Checkpoints: what a log's key vouches for."""

from __future__ import annotations

import pytest

from fundtrace.errors import EncodingError, SignatureError
from fundtrace.tlog.checkpoint import (
    Checkpoint,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from fundtrace.tlog.cosignature import sign_cosignature
from tests.support.logs import AT, ORIGIN, SmallLog, make_key, make_mirror_key

LOG = SmallLog(5)


def test_a_signed_checkpoint_opens_under_its_logs_key():
    opened = open_checkpoint(LOG.sign().encode(), LOG.key)
    assert opened.checkpoint == Checkpoint(ORIGIN, 5, LOG.tree.root())
    assert opened == LOG.sign()


def test_lines_of_others_stay_in_the_note_unverified():
    signed = LOG.sign()
    line = sign_cosignature(signed.checkpoint, make_mirror_key("b"), AT)
    note = signed.note.add_lines([line])
    assert open_checkpoint(note, LOG.key).note == note


def test_a_log_may_have_several_keys_and_one_must_have_signed():
    other = make_key(ORIGIN + "x")
    renamed = type(LOG.key)(ORIGIN, LOG.key.algorithm, other.verifier.public_key)
    assert open_checkpoint(LOG.sign().encode(), [renamed, LOG.key]) == LOG.sign()
    with pytest.raises(SignatureError, match="no key"):
        open_checkpoint(LOG.sign().encode(), [renamed])


def test_a_key_named_otherwise_than_the_origin_does_not_open_it():
    with pytest.raises(SignatureError, match="the key is of"):
        open_checkpoint(LOG.sign().encode(), make_key("z.bank.example/ledger/1").verifier)


def test_a_log_signs_under_its_own_name_alone():
    with pytest.raises(SignatureError, match="the key is of"):
        sign_checkpoint(LOG.sign().checkpoint, make_key("z.bank.example/ledger/1"))


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [
        ("", 1, bytes(32)),
        ("a b", 1, bytes(32)),
        ("o" * 256, 1, bytes(32)),
        ("o", -1, bytes(32)),
        ("o", 2**63, bytes(32)),
        ("o", 1, bytes(31)),
    ],
)
def test_a_head_that_could_not_be_written_is_refused(origin, size, root):
    with pytest.raises(EncodingError):
        Checkpoint(origin, size, root)


def test_a_checkpoint_is_the_same_after_it_was_written_and_read():
    head = Checkpoint("甲银行.example/账本/1", 2**63 - 1, bytes(range(32)))
    assert parse_checkpoint(head.encode()) == head
