"""Epoch keys: grants open for their reader alone, and keys are kept and checked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from fundtrace.errors import EncodingError, InvalidInputError, VerificationError
from fundtrace.ledger import epochs
from fundtrace.ledger.epochs import (
    EPOCH_PUBLIC_KEY_BYTES,
    GRANT_BYTES,
    check_epoch_public_key,
    open_grant,
    seal_grant,
    unwrap_epoch_key,
)
from fundtrace.ledger.pairs import derive_pair_secret
from tests.support.epochs import make_key_pair
from tests.support.sealed import CONSORTIUM, draw, make_pair

SECRET = draw("secret")


def test_a_grant_opens_for_its_reader():
    key_pair = make_key_pair()
    sealed = seal_grant(SECRET, make_pair(), key_pair.public_key)
    assert (len(sealed), open_grant(sealed, make_pair(), key_pair)) == (GRANT_BYTES, SECRET)


def test_two_grants_of_one_secret_differ():
    public_key = make_key_pair().public_key
    assert seal_grant(SECRET, make_pair(), public_key) != seal_grant(
        SECRET, make_pair(), public_key
    )


@pytest.mark.parametrize(
    "pair",
    [
        make_pair(origin="b.bank.example/ledger/1"),
        make_pair(origin="a.bank.example/ledger/2"),
        make_pair(key_epoch=8),
    ],
    ids=["another log", "the log's next epoch", "another epoch"],
)
def test_a_grant_copied_elsewhere_does_not_open(pair):
    key_pair = make_key_pair()
    sealed = seal_grant(SECRET, make_pair(), key_pair.public_key)
    with pytest.raises(VerificationError):
        open_grant(sealed, pair, key_pair)


def test_a_grant_does_not_open_with_another_key_of_the_reader():
    sealed = seal_grant(SECRET, make_pair(), make_key_pair(epoch=1).public_key)
    with pytest.raises(VerificationError):
        open_grant(sealed, make_pair(), make_key_pair(epoch=2))


def test_a_grant_of_another_reader_is_refused():
    sealed = seal_grant(SECRET, make_pair("bank-c"), make_key_pair("bank-c").public_key)
    with pytest.raises(InvalidInputError, match="for bank-c"):
        open_grant(sealed, make_pair("bank-c"), make_key_pair("bank-b"))


@pytest.mark.parametrize("size", [0, 1, 1119, 1120, 1167, 1169])
def test_a_grant_of_another_length_is_refused(size):
    with pytest.raises(VerificationError):
        open_grant(bytes(size), make_pair(), make_key_pair())


def test_a_grant_that_holds_no_secret_is_refused(monkeypatch):
    monkeypatch.setattr(epochs, "PAIR_SECRET_BYTES", 31)
    sealed = seal_grant(bytes(31), make_pair(), make_key_pair().public_key)
    monkeypatch.undo()
    with pytest.raises(EncodingError, match="32 bytes, not 31"):
        open_grant(sealed, make_pair(), make_key_pair())


def test_a_grant_without_its_binding_does_not_open():
    public_key = epochs._load_public_key(make_key_pair().public_key)
    suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    with pytest.raises(VerificationError):
        open_grant(suite.encrypt(SECRET, public_key, b""), make_pair(), make_key_pair())


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key[:-1],
        lambda key: key + b"\x00",
        lambda key: key[:1184] + bytes(32),
        lambda key: key[:1184] + (1).to_bytes(32, "little"),
        lambda key: key[:1184] + (2**255 - 20).to_bytes(32, "little"),
        lambda key: b"\xff" * 1184 + key[1184:],
        lambda _key: b"",
    ],
    ids=["short", "long", "zero", "small order", "small order p-1", "not reduced", "empty"],
)
def test_a_public_key_that_is_none_is_refused(change):
    with pytest.raises(EncodingError):
        check_epoch_public_key(change(make_key_pair().public_key))
    with pytest.raises(EncodingError):
        seal_grant(SECRET, make_pair(), change(make_key_pair().public_key))


def test_a_public_key_of_the_suite_is_taken():
    public_key = make_key_pair().public_key
    check_epoch_public_key(public_key)
    assert len(public_key) == EPOCH_PUBLIC_KEY_BYTES


def test_a_private_key_comes_back_from_its_box():
    wrapped = make_key_pair().wrap(draw("root"), draw("salt"))
    assert unwrap_epoch_key(draw("root"), CONSORTIUM, "bank-b", 1, wrapped) == make_key_pair()


@pytest.mark.parametrize(
    ("root", "member", "epoch"),
    [("other", "bank-b", 1), ("root", "bank-c", 1), ("root", "bank-b", 2)],
)
def test_a_box_of_another_root_member_or_epoch_does_not_open(root, member, epoch):
    wrapped = make_key_pair().wrap(draw("root"), draw("salt"))
    with pytest.raises(VerificationError):
        unwrap_epoch_key(draw(root), CONSORTIUM, member, epoch, wrapped)


def test_secrets_do_not_show_in_what_is_printed():
    key_pair = make_key_pair()
    assert key_pair.seed.hex() not in repr(key_pair)
    assert "seed" not in repr(key_pair)


@pytest.mark.parametrize(
    "other", [make_pair("bank-c"), make_pair(key_epoch=8), make_pair(origin="x.example/1")]
)
def test_one_epoch_secret_gives_each_pair_its_own(other):
    assert derive_pair_secret(SECRET, make_pair()) != derive_pair_secret(SECRET, other)


def test_a_pair_secret_stays_when_everything_else_does():
    assert derive_pair_secret(SECRET, make_pair()) == derive_pair_secret(
        SECRET, replace(make_pair())
    )
