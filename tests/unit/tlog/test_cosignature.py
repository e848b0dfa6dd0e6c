"""Cosignatures; what is signed to the byte stands in the vectors (tests/vectors)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundtrace.errors import EncodingError, InvalidInputError, SignatureError
from fundtrace.tlog.cosignature import (
    sign_cosignature,
    sign_subtree,
    verify_cosignature,
    verify_subtree_cosignature,
)
from fundtrace.tlog.keys import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44
from fundtrace.tlog.messages import Subtree, build_subtree_message
from tests.support.logs import AT, ORIGIN, SmallLog, make_key, make_mirror_key

LOG = SmallLog(300)
HEAD = LOG.sign().checkpoint
EITHER = pytest.mark.parametrize("algorithm", [COSIGNATURE_ED25519, COSIGNATURE_MLDSA44], ids=hex)


@EITHER
@pytest.mark.parametrize("at", [1, AT, 2**63 - 1])
def test_a_cosignature_verifies_and_says_when(algorithm, at):
    signer = make_mirror_key("b", algorithm)
    line = sign_cosignature(HEAD, signer, at)
    assert verify_cosignature(HEAD, line, signer.verifier) == at


@EITHER
@pytest.mark.parametrize("at", [0, -1, 2**63])
def test_a_cosignature_without_a_possible_time_is_not_made(algorithm, at):
    with pytest.raises(InvalidInputError):
        sign_cosignature(HEAD, make_mirror_key("b", algorithm), at)


@EITHER
def test_a_cosignature_is_of_its_checkpoint_alone(algorithm):
    signer = make_mirror_key("b", algorithm)
    line = sign_cosignature(HEAD, signer, AT)
    with pytest.raises(SignatureError):
        verify_cosignature(replace(HEAD, size=301), line, signer.verifier)


@EITHER
def test_a_line_of_another_key_is_refused(algorithm):
    line = sign_cosignature(HEAD, make_mirror_key("c", algorithm), AT)
    with pytest.raises(SignatureError, match=r"c\.bank"):
        verify_cosignature(HEAD, line, make_mirror_key("b", algorithm).verifier)


def test_a_key_that_signs_notes_does_not_cosign():
    with pytest.raises(InvalidInputError, match="0x04 or 0x06"):
        sign_cosignature(HEAD, make_key("b.example"), AT)


@pytest.mark.parametrize(("start", "end"), [(0, 300), (0, 0), (256, 300), (4, 5), (2, 4)])
def test_a_subtree_is_cosigned_without_a_time(start, end):
    signer = make_mirror_key("b", COSIGNATURE_MLDSA44)
    subtree = Subtree(ORIGIN, start, end, LOG.tree.subtree_root(start, end))
    verify_subtree_cosignature(subtree, sign_subtree(subtree, signer), signer.verifier)


def test_a_cosignature_of_a_checkpoint_is_none_of_a_subtree():
    signer = make_mirror_key("b", COSIGNATURE_MLDSA44)
    line = sign_cosignature(HEAD, signer, AT)
    with pytest.raises(SignatureError, match="no time"):
        verify_subtree_cosignature(Subtree(ORIGIN, 0, 300, HEAD.root_hash), line, signer.verifier)


def test_a_cosignature_of_a_whole_subtree_is_none_of_a_checkpoint():
    signer = make_mirror_key("b", COSIGNATURE_MLDSA44)
    line = sign_subtree(Subtree(ORIGIN, 0, 300, HEAD.root_hash), signer)
    with pytest.raises(SignatureError, match="no time"):
        verify_cosignature(HEAD, line, signer.verifier)


def test_only_ml_dsa_cosigns_subtrees():
    with pytest.raises(InvalidInputError, match="0x06 can"):
        sign_subtree(Subtree(ORIGIN, 0, 300, HEAD.root_hash), make_mirror_key("b"))


@pytest.mark.parametrize(
    ("start", "end"), [(1, 3), (256, 600), (4, 4), (5, 4), (-1, 4), (0, 2**63)]
)
def test_bounds_that_no_subtree_has_are_refused(start, end):
    with pytest.raises(EncodingError):
        Subtree(ORIGIN, start, end, bytes(32))


def test_a_subtree_that_does_not_begin_at_0_is_cosigned_without_a_time():
    with pytest.raises(EncodingError, match="without a time"):
        build_subtree_message("b", AT, Subtree(ORIGIN, 256, 300, bytes(32)))
