"""What sealing, erasure, consent and matching really make fits the records that carry it."""

import pytest

from fundtrace.ledger.epochs import EpochKeyPair, open_grant, seal_grant
from fundtrace.ledger.erasure import (
    ErasureReason,
    ErasureStatement,
    derive_erasure_key,
    derive_erasure_seed,
    sign_erasure,
    verify_erasure,
)
from fundtrace.ledger.kinds.authorizations import AuthorizedMember
from fundtrace.ledger.kinds.entries import GRANTS_MAX, EpochGrant, EpochGrants, EpochKey, Erasure
from fundtrace.ledger.matching.identity import Identity, IdentityKind
from fundtrace.ledger.matching.related import RelatedList, verify_list_opening
from fundtrace.ledger.pairs import Pair
from fundtrace.wire.bodies import encode_body, parse_body
from fundtrace.wire.entries import encode_entry, parse_entry
from tests.support.records import (
    CONTEXT,
    LOAN_KEY,
    PEER_LOG,
    make_authorization,
    make_hash,
    make_loan_opened,
)

KEY_PAIR = EpochKeyPair(CONTEXT.consortium, "bank-a", 1, make_hash("seed"))
PAIR = Pair(CONTEXT.consortium, PEER_LOG, "bank-a", 1)
SECRET = make_hash("pair secret")


def test_an_epoch_key_goes_through_the_log():
    entry = parse_entry(encode_entry(EpochKey(1, KEY_PAIR.public_key)))
    assert entry.public_key == KEY_PAIR.public_key


def test_a_grant_opens_after_it_went_through_the_log():
    sealed = seal_grant(SECRET, PAIR, KEY_PAIR.public_key)
    grants = EpochGrants(1, (EpochGrant("bank-a", KEY_PAIR.key_id, sealed),))
    (grant,) = parse_entry(encode_entry(grants)).grants
    assert grant.reader_key_id == KEY_PAIR.key_id
    assert open_grant(grant.sealed, PAIR, KEY_PAIR) == SECRET


def test_as_many_grants_as_an_entry_takes_fit_a_leaf():
    sealed = seal_grant(SECRET, PAIR, KEY_PAIR.public_key)
    grants = tuple(
        EpochGrant(f"{number:064d}", KEY_PAIR.key_id, sealed) for number in range(GRANTS_MAX)
    )
    assert len(parse_entry(encode_entry(EpochGrants(1, grants))).grants) == GRANTS_MAX


def test_an_erasure_verifies_after_it_went_through_the_log():
    seed = derive_erasure_seed(make_hash("root"), CONTEXT.consortium, LOAN_KEY, "bank-b", 0)
    key = derive_erasure_key(seed)
    member = AuthorizedMember("bank-b", (key,))
    granted = parse_body(encode_body(make_authorization(members=(member,))))
    about = (CONTEXT.consortium, PEER_LOG, 12, make_hash("body"), ErasureReason.LEGAL_ORDER)
    signature = sign_erasure(seed, ErasureStatement(*about))
    erasure = parse_entry(encode_entry(Erasure(12, about[3], about[4], signature)))
    statement = ErasureStatement(*about[:2], erasure.entry_index, erasure.body_hash, erasure.reason)
    verify_erasure(granted.members[0].erasure_public_keys[0], statement, erasure.signature)


@pytest.mark.parametrize("numbers", [[], ["91330300MA2ABCDE14"]])
def test_the_commitment_to_related_parties_stands_in_the_loan(numbers):
    ids = tuple(Identity(IdentityKind.CREDIT_CODE, number) for number in numbers)
    related = RelatedList(CONTEXT.consortium, LOAN_KEY, ids, make_hash("salt"))
    loan = parse_body(encode_body(make_loan_opened(related_parties=related.commitment)))
    verify_list_opening(related, loan.related_parties)
