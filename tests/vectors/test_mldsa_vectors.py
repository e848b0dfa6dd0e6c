"""ML-DSA-44: Wycheproof's cases and NIST-style known answers.

The product signs with fresh randomness, so a given signature is verified, and made again only by
the deterministic signer of scripts/lib/vectors, from which our own vectors come.
"""

from __future__ import annotations

import re
from functools import cache

import pytest
from cryptography.exceptions import InvalidSignature

from fundtrace.errors import EncodingError, SignatureError
from fundtrace.tlog.keys import COSIGNATURE_MLDSA44, SignerKey, VerifierKey, get_algorithm
from tests.support.shared import find_vectors
from tests.support.vector_cases import list_cases

SEED_BYTES = 32


def _list_tests(name, field, *, wants=lambda _test: True):
    return list_cases(
        f"wycheproof/{name}.json",
        lambda page: (
            (str(test["tcId"]), {**test, "key": group[field], "pk": group.get("publicKey")})
            for group in page["testGroups"]
            for test in group["tests"]
            if wants(test)
        ),
    )


def _verifies(public_key: bytes, case) -> bool:
    """Judge with our key where the context is empty, as in our formats, else with its library."""
    message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
    try:
        key = VerifierKey("a", COSIGNATURE_MLDSA44, public_key)
        if not case.get("ctx"):
            key.verify_message(message, signature)
            return True
        with pytest.raises(SignatureError):  # made under a context, it is none of ours
            key.verify_message(message, signature)
        loaded = get_algorithm(COSIGNATURE_MLDSA44).load_verifier(public_key)
        loaded.verify(signature, message, bytes.fromhex(case["ctx"]))
    except (EncodingError, SignatureError, InvalidSignature, ValueError):
        return False
    return True


@pytest.mark.parametrize("case", _list_tests("mldsa_44_verify_test", "publicKey"))
def test_a_signature_is_judged_as_its_case_says(case):
    assert _verifies(bytes.fromhex(case["key"]), case) is (case["result"] == "valid")


@pytest.mark.parametrize(
    "case", _list_tests("mldsa_44_sign_seed_test", "privateSeed", wants=lambda one: "msg" in one)
)
def test_a_seed_gives_its_public_key_and_the_given_signature_verifies(case):
    seed = bytes.fromhex(case["key"])
    if len(seed) != SEED_BYTES:
        with pytest.raises(EncodingError):
            SignerKey("a", COSIGNATURE_MLDSA44, seed)
        return
    signer = SignerKey("a", COSIGNATURE_MLDSA44, seed)
    assert signer.verifier.public_key.hex() == case["pk"]
    message = bytes.fromhex(case["msg"])
    signer.verifier.verify_message(message, signer.sign_message(message))
    if case["result"] == "valid":
        assert _verifies(signer.verifier.public_key, case)


@pytest.mark.parametrize(
    "case",
    _list_tests(
        "mldsa_44_sign_noseed_test",
        "privateKey",
        wants=lambda one: one["result"] == "valid" and "msg" in one,
    ),
)
def test_a_signature_of_an_expanded_key_verifies(case):
    assert _verifies(bytes.fromhex(case["pk"]), case)


@cache
def _expand(seed: bytes):
    from vectors.mldsa44 import DeterministicSigner

    return DeterministicSigner(seed)


@pytest.mark.parametrize(
    "case",
    _list_tests(
        "mldsa_44_sign_seed_test",
        "privateSeed",
        wants=lambda one: one["result"] == "valid" and "ManySteps" not in one["flags"],
    ),
)
def test_the_signer_of_our_vectors_makes_the_given_bytes(case):
    signer = _expand(bytes.fromhex(case["key"]))
    assert signer.public_key.hex() == case["pk"]
    rnd = bytes.fromhex(case.get("rnd", "00" * 32))
    if "msg" in case:
        context = bytes.fromhex(case.get("ctx", ""))
        made = signer.sign(bytes.fromhex(case["msg"]), context, rnd)
    else:
        made = signer.sign_mu(bytes.fromhex(case["mu"]), rnd)
    assert made.hex() == case["sig"]


def _read_known_answers():
    text = find_vectors("pyca-vectors/kat_MLDSA_44_det_pure.rsp").read_text(encoding="ascii")
    return [
        dict(line.split(" = ") if " = " in line else (line.removesuffix(" ="), "")
             for line in block.splitlines() if "=" in line)
        for block in re.split(r"\n(?=count = )", text)
        if "count" in block
    ]  # fmt: skip


def test_all_known_answers_verify_and_come_from_their_seeds():
    answers = _read_known_answers()
    assert len(answers) == 100
    keys = [
        SignerKey("a", COSIGNATURE_MLDSA44, bytes.fromhex(one["xi"])).verifier for one in answers
    ]
    assert [key.public_key.hex() for key in keys] == [one["pk"] for one in answers]
    sound = [
        _verifies(key.public_key, {"msg": one["msg"], "sig": one["sm"][:4840], "ctx": one["ctx"]})
        for key, one in zip(keys, answers, strict=True)
    ]
    assert sound == [True] * 100


@pytest.mark.parametrize("count", range(5))
def test_the_signer_of_our_vectors_makes_the_known_answers(count):
    answer = _read_known_answers()[count]
    made = _expand(bytes.fromhex(answer["xi"])).sign(
        bytes.fromhex(answer["msg"]), bytes.fromhex(answer["ctx"])
    )
    assert made.hex() + answer["msg"] == answer["sm"]
