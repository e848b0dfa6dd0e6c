import datetime as dt
from dataclasses import replace

import pytest

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.receipts import Facts
from fundtrace.ledger.kinds.sharing import SharedKey
from fundtrace.ledger.kinds.words import DisputeState, InquiryOutcome, Kind, NoticeKind, Trigger
from fundtrace.model.kinds import AccountKind
from tests.support.records import (
    AT,
    BODIES,
    PEER_LOG,
    make_dispute,
    make_hash,
    make_notice,
    make_pointer,
    make_share,
)

KEY = make_share().keys[0]
FORBIDDEN = {"trigger": Trigger.FORBIDDEN_ACCOUNT_KIND}
ANSWERED = {"outcome": InquiryOutcome.ANSWERED}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"readers": ("bank-d", "bank-c")}, "in order"),
        ({"readers": ("bank-c", "bank-c")}, "each once"),
        ({"readers": ()}, "0 items"),
        ({"keys": (KEY, KEY)}, "one record twice"),
        ({"keys": (KEY, replace(KEY, record=make_pointer(1, PEER_LOG)))}, "several logs"),
    ],
)
def test_a_share_names_readers_and_records_once(changes, why):
    with pytest.raises(InvalidInputError, match=why):
        make_share(**changes)


def test_a_shared_key_does_not_show_in_a_log_file():
    key = SharedKey(make_pointer(1), make_hash("body"), make_hash("content key"))
    assert "content_key" not in repr(key)


@pytest.mark.parametrize(
    "changes",
    [
        FORBIDDEN | {"account_kind": AccountKind.UNSPECIFIED},
        {"trigger": Trigger.RELATED_PARTY, "account_kind": AccountKind.SECURITIES},
        {"path": (make_pointer(1), make_pointer(1))},
        {"path": ()},
    ],
)
def test_a_release_says_what_fired_and_along_which_hops(changes):
    with pytest.raises(InvalidInputError, match="Release"):
        replace(BODIES[Kind.RELEASE], **changes)


def test_an_inquiry_has_time_to_be_answered():
    with pytest.raises(InvalidInputError, match="after asked_at"):
        replace(BODIES[Kind.INQUIRY_REQUEST], due_at=AT)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (ANSWERED | {"legal_basis": ""}, "legal_basis"),
        (ANSWERED | {"answer": "", "facts": None, "document_hashes": ()}, "says nothing"),
        ({"outcome": InquiryOutcome.DECLINED}, "must not carry facts"),
        (
            {"outcome": InquiryOutcome.NOTHING_KNOWN, "facts": Facts(), "document_hashes": ()},
            "must not carry facts",
        ),
        ({"document_hashes": (make_hash("a"), make_hash("a"))}, "one document twice"),
    ],
)
def test_an_answer_tells_on_a_basis_or_not_at_all(changes, why):
    with pytest.raises(InvalidInputError, match=why):
        replace(BODIES[Kind.INQUIRY_ANSWER], **changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"amount_band": None}, "both bands"),
        ({"borrowers_band": None}, "both bands"),
        ({"notice": NoticeKind.RECALL, "reason": "r", "amount_band": None}, "both bands"),
        ({"notice": NoticeKind.RECALL, "reason": "r"}, "both bands"),
        ({"reason": "account 6222020000001"}, "no text"),
        (
            {"notice": NoticeKind.RECALL, "amount_band": None, "borrowers_band": None},
            "every other its reason",
        ),
    ],
)
def test_a_pooling_notice_carries_bands_and_nothing_else(changes, why):
    with pytest.raises(InvalidInputError, match=why):
        make_notice(**changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"due_at": AT + dt.timedelta(days=20, microseconds=1)}, "at most 20 days"),
        ({"due_at": AT}, "at most 20 days"),
        ({"opened": make_pointer(1)}, "opened"),
        ({"state": DisputeState.UPHELD}, "opened"),
        ({"subjects": (make_pointer(1), make_pointer(1))}, "one record twice"),
        ({"subjects": ()}, "0 items"),
        ({"grounds": ""}, "grounds"),
    ],
)
def test_a_dispute_runs_by_the_law_s_clock(changes, why):
    with pytest.raises(InvalidInputError, match=why):
        make_dispute(**changes)


def test_a_restriction_names_a_record_once():
    with pytest.raises(InvalidInputError, match="one record twice"):
        replace(BODIES[Kind.RESTRICTION], subjects=(make_pointer(1), make_pointer(1)))


@pytest.mark.parametrize("changes", [{"reads": 0}, {"officer": b"wang"}, {"case_key": bytes(33)}])
def test_an_access_is_of_a_pseudonym_that_read_something(changes):
    with pytest.raises(InvalidInputError, match=r"Access\."):
        replace(BODIES[Kind.ACCESS], **changes)
