"""One good value of every kind of record and entry, small but with every field in use."""

from __future__ import annotations

import datetime as dt
import hashlib

from fundtrace.ledger.consent.evidence import ConsentEvidence
from fundtrace.ledger.erasure import ErasureReason
from fundtrace.ledger.kinds.authorizations import (
    AuthorizationGranted,
    AuthorizationRevoked,
    AuthorizedMember,
    FollowLimits,
)
from fundtrace.ledger.kinds.changes import Correction, Return
from fundtrace.ledger.kinds.common import (
    AccountRef,
    AuthorityPointer,
    Body,
    Party,
    PartyId,
    RecordPointer,
    Sector,
)
from fundtrace.ledger.kinds.entries import (
    ZERO_HASH,
    EpochGrant,
    EpochGrants,
    EpochKey,
    Erasure,
    HeaderContext,
    LogClosing,
    LogOpening,
    RosterActivation,
    StreamTail,
    Tally,
)
from fundtrace.ledger.kinds.handling import Access, Dispute, Restriction
from fundtrace.ledger.kinds.loans import (
    AttributionPin,
    DeclaredPayee,
    Drawdown,
    LoanClosed,
    LoanOpened,
)
from fundtrace.ledger.kinds.movements import Movement, Segment, build_traced
from fundtrace.ledger.kinds.receipts import (
    BookedCredit,
    Facts,
    FollowEnded,
    Receipt,
    RuleAmount,
)
from fundtrace.ledger.kinds.sharing import (
    AmountBand,
    InquiryAnswer,
    InquiryRequest,
    Notice,
    Release,
    Share,
    SharedKey,
)
from fundtrace.ledger.kinds.words import (
    Basis,
    CountBand,
    DisputeState,
    FollowEnd,
    FollowMode,
    IdScheme,
    InquiryOutcome,
    Kind,
    LoanEnd,
    NoticeKind,
    RelatedMatch,
    ReturnKind,
    Role,
    SegmentSource,
    ShareReason,
    Trigger,
)
from fundtrace.ledger.matching.related import ListCommitment
from fundtrace.model.kinds import (
    CONSERVING_RULES,
    AccountKind,
    MovementKind,
    PartyType,
    PaymentMode,
    PurposeClass,
    Rule,
)

LENDER_LOG = "a.bank.example/ledger/1"
PEER_LOG = "b.bank.example/ledger/1"
AT = dt.datetime(2026, 3, 5, 1, 30, 0, 125_000, tzinfo=dt.UTC)
LOAN_ACCOUNT = AccountRef("104333000018", "6222020000001")
PAYEE_ACCOUNT = AccountRef("BKCHCNBJ300", "NL91ABNA0417164300")


def make_hash(text: str) -> bytes:
    """Return 32 bytes that a text stands for."""
    return hashlib.sha256(text.encode()).digest()


def make_pointer(index: int, origin: str = LENDER_LOG) -> RecordPointer:
    """Return a pointer to an entry that does not exist."""
    return RecordPointer(origin, index, make_hash(f"{origin} {index}"))


LOAN_KEY = make_hash("loan")
AUTHORITY = AuthorityPointer(LENDER_LOG, 12, 7, make_hash("authorization"))


def about(name: str) -> dict:
    """Return the fields that every body with an authority has."""
    return {"record_id": make_hash(name), "loan_key": LOAN_KEY, "authority": AUTHORITY}


def make_loan_opened(**changes: object) -> LoanOpened:
    """Return a loan of 3,000,000.00 with one drawdown."""
    values = {
        "record_id": make_hash("loan.opened"),
        "loan_key": LOAN_KEY,
        "contract_id": "流借2026-0117",
        "borrower": Party(
            "温州宏达鞋业有限公司",
            PartyType.COMPANY,
            PartyId(IdScheme.USCC, "91330300MA2ABCDE14"),
        ),
        "principal_minor": 300_000_000,
        "currency": "CNY",
        "purpose_class": PurposeClass.WORKING_CAPITAL,
        "purpose": "采购皮革原料",
        "contract_on": dt.date(2026, 3, 1),
        "maturity_on": dt.date(2027, 3, 1),
        "payment_mode": PaymentMode.ENTRUSTED,
        "drawdowns": (Drawdown("借据01", 300_000_000, AT, LOAN_ACCOUNT, "FT2603050001"),),
        "declared_payees": (DeclaredPayee(PAYEE_ACCOUNT, "平阳皮革商行"),),
        "attribution": AttributionPin(Rule.PROCEEDS_FIRST, "rules-2026.1", 30, 72 * 3_600),
        "related_parties": ListCommitment(make_hash("related"), 16),
        "renewal_of": make_pointer(1),
    }
    return LoanOpened(**values | changes)


def make_authorization(**changes: object) -> AuthorizationGranted:
    """Return an authorization of two members for a year."""
    values = {
        "record_id": make_hash("authorization.granted"),
        "loan_key": LOAN_KEY,
        "loan": make_pointer(3),
        "members": (
            AuthorizedMember("bank-a", make_hash("erasure a")),
            AuthorizedMember("bank-b", make_hash("erasure b")),
        ),
        "valid_from": AT,
        "valid_until": AT + dt.timedelta(days=365),
        "effective_at": AT,
        "limits": FollowLimits(6, 300_000_000, 100_000, "CNY", 365),
        "consents": (
            ConsentEvidence(b"statement", "ecdsa_p256_sha256", b"signature", (b"der", b"ca")),
        ),
    }
    return AuthorizationGranted(**values | changes)


def make_movement(**changes: object) -> Movement:
    """Return a payment of 1,000.00, of which 500.00 are the loan's, own money first or last."""
    loan = SegmentSource.LOAN
    first = (
        Segment(loan, 40_000, 40_000, 0, 0, (0,)),
        Segment(loan, 10_000, 10_000, 2, 0, (0, 1)),
        Segment(SegmentSource.OWN, 50_000),
    )
    last = (Segment(SegmentSource.OWN, 50_000), Segment(loan, 50_000, 50_000, 1, 0, (1,)))
    later = {Rule.LIFO, Rule.OWN_FIRST}
    values = about("movement") | {
        "bank_reference": "FT2603060042",
        "uetr": "8a562c67-ca16-48ba-b074-65581be6f001",
        "debit": LOAN_ACCOUNT,
        "credit": PAYEE_ACCOUNT,
        "amount_minor": 100_000,
        "currency": "CNY",
        "value_currency": "CNY",
        "booked_at": AT,
        "value_at": AT + dt.timedelta(hours=2),
        "kind": MovementKind.TRANSFER,
        "purpose_code": "SUPP",
        "purpose": "货款",
        "mode": FollowMode.WATCH,
        "traced": build_traced(
            {rule: last if rule in later else first for rule in CONSERVING_RULES}
        ),
        "parents": (make_pointer(3), make_pointer(9, PEER_LOG)),
    }
    return Movement(**values | changes)


def make_receipt(**changes: object) -> Receipt:
    """Return a receipt of a bank that goes on following."""
    values = about("receipt") | {
        "movement": make_pointer(11),
        "is_matched": True,
        "credit": BookedCredit(100_000, "CNY", AT, AT),
        "facts": Facts(
            account_kind=AccountKind.CURRENT,
            account_opened_on=dt.date(2020, 1, 2),
            holder_type=PartyType.COMPANY,
            holder_name="平阳皮革商行",
            registered_on=dt.date(2019, 5, 6),
            sector=Sector(2017, "C195"),
            is_hub=True,
            related_match=RelatedMatch.NO_MATCH,
        ),
        "is_declared_payee": True,
        "basis": Basis.HOLDER_CONSENT.value,
        "mode": FollowMode.WATCH,
    }
    return Receipt(**values | changes)


def make_follow_ended(**changes: object) -> FollowEnded:
    """Return the end of following an account that still holds something."""
    values = about("follow.ended") | {
        "started_by": make_pointer(11, PEER_LOG),
        "reason": FollowEnd.WINDOW_OVER,
        "ended_at": AT,
        "currency": "CNY",
        "value_currency": "CNY",
        "held": tuple(RuleAmount(rule, 20_000, 19_999) for rule in CONSERVING_RULES),
        "residual": tuple(RuleAmount(rule, 0, 0) for rule in CONSERVING_RULES),
    }
    return FollowEnded(**values | changes)


def make_return(**changes: object) -> Return:
    """Return the way back of a payment, by pacs.004."""
    values = about("return") | {
        "target": make_pointer(11),
        "version": 1,
        "returned": ReturnKind.RETURN,
        "reason_code": "AC04",
        "reason": "账户已销户",
        "value": make_movement(record_id=make_hash("return"), kind=MovementKind.RETURN),
    }
    return Return(**values | changes)


def make_correction(**changes: object) -> Correction:
    """Return the second version of a receipt."""
    values = about("correction") | {
        "target": make_pointer(15, PEER_LOG),
        "version": 2,
        "reason": "credit was booked to another account",
        "value": make_receipt(),
    }
    return Correction(**values | changes)


def make_share(**changes: object) -> Share:
    """Return a share of one record with two readers."""
    values = about("share") | {
        "readers": ("bank-c", "bank-d"),
        "reason": ShareReason.RELEASED,
        "cause": make_pointer(21, PEER_LOG),
        "keys": (SharedKey(make_pointer(11), make_hash("body"), make_hash("content key")),),
    }
    return Share(**values | changes)


def make_notice(**changes: object) -> Notice:
    """Return a pooling notice."""
    values = about("notice") | {
        "notice": NoticeKind.POOLING,
        "subject": make_pointer(11),
        "legal_basis": "contract_monitoring",
        "amount_band": AmountBand("CNY", 8),
        "borrowers_band": CountBand.THREE_TO_FIVE,
    }
    return Notice(**values | changes)


def make_dispute(**changes: object) -> Dispute:
    """Return a dispute that opens."""
    values = about("dispute") | {
        "state": DisputeState.OPENED,
        "subjects": (make_pointer(11),),
        "raised_at": AT,
        "due_at": AT + dt.timedelta(days=20),
        "grounds": "客户称该笔款项并非本人经办",
    }
    return Dispute(**values | changes)


BODIES: dict[Kind, Body] = {
    Kind.LOAN_OPENED: make_loan_opened(),
    Kind.LOAN_CLOSED: LoanClosed(
        record_id=make_hash("loan.closed"),
        loan_key=LOAN_KEY,
        loan=make_pointer(3),
        end=LoanEnd.REPAID,
        closed_at=AT,
        note="结清",
    ),
    Kind.AUTHORIZATION_GRANTED: make_authorization(),
    Kind.AUTHORIZATION_REVOKED: AuthorizationRevoked(
        record_id=make_hash("authorization.revoked"),
        loan_key=LOAN_KEY,
        authorization=make_pointer(7),
        effective_at=AT,
        reason="borrower_withdrew",
        note="来函撤回",
    ),
    Kind.MOVEMENT: make_movement(),
    Kind.RECEIPT: make_receipt(),
    Kind.FOLLOW_ENDED: make_follow_ended(),
    Kind.CORRECTION: make_correction(),
    Kind.RETURN: make_return(),
    Kind.SHARE: make_share(),
    Kind.RELEASE: Release(
        **about("release"),
        trigger=Trigger.FORBIDDEN_ACCOUNT_KIND,
        account_kind=AccountKind.SECURITIES,
        fired_at=AT,
        path=(make_pointer(17, PEER_LOG), make_pointer(19, PEER_LOG)),
    ),
    Kind.INQUIRY_REQUEST: InquiryRequest(
        **about("inquiry.request"),
        to_member="bank-b",
        subject=make_pointer(11, PEER_LOG),
        purpose="post_loan_inspection",
        legal_basis="borrower_consent",
        question="请说明该笔款项的实际用途",
        asked_at=AT,
        due_at=AT + dt.timedelta(days=5),
    ),
    Kind.INQUIRY_ANSWER: InquiryAnswer(
        **about("inquiry.answer"),
        request=make_pointer(31),
        outcome=InquiryOutcome.ANSWERED,
        answer="已核对购销合同",
        legal_basis="holder_consent",
        facts=Facts(account_kind=AccountKind.CURRENT),
        document_hashes=(make_hash("contract"),),
        answered_at=AT,
    ),
    Kind.NOTICE: make_notice(),
    Kind.ACCESS: Access(
        **about("access"),
        officer=make_hash("officer"),
        role=Role.SUPERVISOR,
        read_on=dt.date(2026, 3, 6),
        reason="annual_review",
        case_key=b"case-7",
        reads=14,
        is_break_glass=True,
    ),
    Kind.DISPUTE: make_dispute(),
    Kind.RESTRICTION: Restriction(
        **about("restriction"),
        is_lifted=True,
        subjects=(make_pointer(11),),
        legal_basis="pipl_47",
        effective_at=AT,
        note="异议处理期间",
    ),
}

CONTEXT = HeaderContext(
    consortium="zj.consortium.example",
    origin=PEER_LOG,
    roster_version=2,
    stream_id=make_hash("stream")[:16],
    sequence=4,
    previous_hash=make_hash("previous"),
    key_commitment=make_hash("commitment"),
    published_minute=29_544_090,
    key_epoch=1,
    reader_tags=tuple(sorted(make_hash(f"tag {number}")[:16] for number in range(4))),
    erasure_key=make_hash("erasure"),
)
FIRST_CONTEXT_CHANGES = {"sequence": 0, "previous_hash": ZERO_HASH}

CLEAR_ENTRIES = {
    "tally": Tally(
        40,
        tuple(
            sorted(
                (
                    StreamTail(make_hash(f"stream {number}")[:16], number, make_hash("tail"))
                    for number in range(3)
                ),
                key=lambda one: one.stream_id,
            )
        ),
    ),
    "erasure": Erasure(12, make_hash("body"), ErasureReason.RETENTION_OVER, bytes(64)),
    "epoch_key": EpochKey(3, bytes(range(256)) * 4 + bytes(192)),
    "epoch_grants": EpochGrants(
        3,
        (
            EpochGrant("bank-a", make_hash("key a")[:16], b"sealed a"),
            EpochGrant("bank-b", make_hash("key b")[:16], b"sealed b"),
        ),
    ),
    "roster_activation": RosterActivation(2, make_hash("roster")),
    "log_closing": LogClosing(40, make_hash("root"), (b"statement a", b"statement b")),
    "log_opening": LogOpening(LENDER_LOG, 40, make_hash("root"), (b"statement a",)),
}
