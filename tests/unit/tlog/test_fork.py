"""Evidence of a fork: what proves one, and what proves nothing."""

from __future__ import annotations

import pytest

from fundtrace.errors import EncodingError, ForkError, ProofError, SignatureError
from fundtrace.tlog.checkpoint import Checkpoint, sign_checkpoint
from fundtrace.tlog.fork import Prefix, check_heads_agree, verify_fork
from tests.support.logs import ORIGIN, SmallLog

LOG = SmallLog(12)
BRANCH = LOG.branch(5, [b"other %d" % index for index in range(9)])
KEYS = [LOG.key]


def _prefix(log: SmallLog, small: int, large: int) -> Prefix:
    return Prefix(log.tree.root(small), log.tree.prove_consistency(small, large))


@pytest.mark.parametrize(("one", "other"), [(0, 12), (3, 12), (8, 12), (12, 12), (12, 3)])
def test_heads_of_one_tree_agree(one, other):
    small, large = sorted((one, other))
    check_heads_agree(LOG.sign(one), LOG.sign(other), _prefix(LOG, small, large))


@pytest.mark.parametrize(("one", "other"), [(6, 6), (12, 12), (6, 14), (8, 14), (12, 6)])
def test_heads_of_two_branches_are_a_fork_with_both_heads(one, other):
    ours, theirs = LOG.sign(one), BRANCH.sign(other)
    small, large = sorted((one, other))
    prefix = _prefix(BRANCH if other >= one else LOG, small, large)
    fork = verify_fork(ours.encode(), theirs.encode(), prefix, KEYS)
    assert (fork.ours, fork.theirs) == (ours.encode(), theirs.encode())


@pytest.mark.parametrize(("one", "other"), [(3, 14), (5, 14), (3, 5)])
def test_heads_that_share_what_came_before_the_branch_agree(one, other):
    check_heads_agree(LOG.sign(one), BRANCH.sign(other), _prefix(BRANCH, one, other))
    heads = LOG.sign(one).encode(), BRANCH.sign(other).encode()
    with pytest.raises(ProofError, match="no evidence"):
        verify_fork(*heads, _prefix(BRANCH, one, other), KEYS)


def test_an_empty_tree_with_another_root_is_a_fork_with_every_head():
    wrong = sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), LOG.signer)
    with pytest.raises(ForkError):
        check_heads_agree(LOG.sign(5), wrong)


def test_a_prefix_that_is_not_proven_shows_nothing():
    made_up = Prefix(bytes(32), LOG.tree.prove_consistency(6, 12))
    with pytest.raises(ProofError):
        verify_fork(LOG.sign(6).encode(), LOG.sign(12).encode(), made_up, KEYS)


def test_heads_of_other_sizes_need_a_proof():
    with pytest.raises(ProofError, match="need a proof"):
        check_heads_agree(LOG.sign(6), BRANCH.sign(8))


def test_heads_of_two_logs_do_not_contradict_each_other():
    other = SmallLog(12, "b.bank.example/ledger/1")
    with pytest.raises(ProofError, match="two logs"):
        check_heads_agree(LOG.sign(), other.sign())


def test_evidence_that_the_log_did_not_sign_is_none():
    forged = SmallLog([b"forged"], ORIGIN + "x").sign().encode().replace(b"ledger/1x", b"ledger/1")
    with pytest.raises(SignatureError):
        verify_fork(LOG.sign(1).encode(), forged, None, KEYS)
    with pytest.raises(EncodingError):
        verify_fork(LOG.sign(1).encode(), b"no note", None, KEYS)
