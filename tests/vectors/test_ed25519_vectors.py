"""Ed25519 as all nodes must agree on it: C2SP/CCTV's edge cases and Wycheproof's."""

from __future__ import annotations

import json

import pytest

from fundtrace.errors import EncodingError, SignatureError
from fundtrace.tlog.keys import COSIGNATURE_ED25519, ED25519, VerifierKey
from tests.support.shared import find_vectors
from tests.support.vector_cases import list_cases

# Registration refuses these; it cannot refuse low_order_component_A, which no list can tell.
BAD_KEY = {"low_order_A", "non_canonical_A"}
# Of the others these do not verify, as with ref10, Go and OpenSSL; all else does.
BAD_SIGNATURE = {"non_canonical_R", "low_order_residue"}


def _verifies(key: VerifierKey, message: bytes, signature: bytes) -> bool:
    try:
        key.verify_message(message, signature)
    except SignatureError:
        return False
    return True


def _list_cctv():
    return list_cases(
        "cctv/ed25519/ed25519vectors.json",
        lambda rows: (
            (str(row["number"]), {**row, "flags": set(row["flags"] or [])}) for row in rows
        ),
    )


@pytest.mark.parametrize("case", _list_cctv())
def test_a_key_of_cctv_is_refused_or_its_signature_judged_as_ref10_does(case):
    public_key = bytes.fromhex(case["key"])
    if case["flags"] & BAD_KEY:
        with pytest.raises(EncodingError, match=r"order|canonical"):
            VerifierKey("a", ED25519, public_key)
        with pytest.raises(EncodingError, match=r"order|canonical"):
            VerifierKey("a", COSIGNATURE_ED25519, public_key)
    else:
        key = VerifierKey("a", ED25519, public_key)
        good = _verifies(key, case["msg"].encode(), bytes.fromhex(case["sig"]))
        assert good is not bool(case["flags"] & BAD_SIGNATURE)


def test_cctv_has_cases_on_both_sides_of_the_rule():
    rows = json.loads(find_vectors("cctv/ed25519/ed25519vectors.json").read_bytes())
    refused = [row for row in rows if BAD_KEY & set(row["flags"] or [])]
    assert (len(rows), len(refused)) == (914, 526)


@pytest.mark.parametrize(
    "case",
    list_cases(
        "wycheproof/ed25519_test.json",
        lambda page: (
            (str(test["tcId"]), {**test, "pk": group["publicKey"]["pk"]})
            for group in page["testGroups"]
            for test in group["tests"]
        ),
    ),
)
def test_a_signature_of_wycheproof_is_judged_as_its_case_says(case):
    key = VerifierKey("a", ED25519, bytes.fromhex(case["pk"]))
    good = _verifies(key, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
    assert good is (case["result"] == "valid")
