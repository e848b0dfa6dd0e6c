"""Why a record is void: one code for each rule, with its words in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The rule that a void record breaks; the codes are stable and stand in reports."""

    HEADER_CONTRADICTS_LOG = "header_contradicts_log"
    ROSTER_NOT_ACTIVE = "roster_not_active"
    ISSUER_NOT_MEMBER = "issuer_not_member"
    WRONG_STREAM = "wrong_stream"
    OTHER_LOAN = "other_loan"
    HEADER_BODY = "header_body"
    RECORD_ID_REUSED = "record_id_reused"
    SEEN_AHEAD = "seen_ahead"
    AUTHORITY_MISMATCH = "authority_mismatch"
    AUTHORITY_VOID = "authority_void"
    MEMBER_NOT_AUTHORIZED = "member_not_authorized"
    ERASURE_KEY_DIFFERS = "erasure_key_differs"
    SEEN_DECREASED = "seen_decreased"
    AUTHORIZATION_NOT_IN_FORCE = "authorization_not_in_force"
    AUTHORIZATION_REVOKED = "authorization_revoked"
    RULE_NOT_OF_ROSTER = "rule_not_of_roster"
    LOAN_MISMATCH = "loan_mismatch"
    GRANT_TERMS = "grant_terms"
    CONSENT_NOT_VERIFIED = "consent_not_verified"
    REVOCATION_MISMATCH = "revocation_mismatch"
    TARGET_MISMATCH = "target_mismatch"
    TARGET_VOID = "target_void"
    VERSION_GAP = "version_gap"
    SUBJECT_CHANGED = "subject_changed"
    RETURN_EXCEEDS = "return_exceeds"
    NOT_DEBTORS_BANK = "not_debtors_bank"
    NOT_CREDITORS_BANK = "not_creditors_bank"
    BASIS_NOT_ALLOWED = "basis_not_allowed"
    START_MISMATCH = "start_mismatch"
    CURRENCY_DIFFERS = "currency_differs"
    NOTHING_TRACED = "nothing_traced"
    DRAWDOWN_UNKNOWN = "drawdown_unknown"
    PARENT_MISMATCH = "parent_mismatch"
    HOP_LIMIT = "hop_limit"
    WINDOW_OVER = "window_over"
    PART_LIMIT = "part_limit"
    AMOUNT_LIMIT = "amount_limit"
    SHARE_MISMATCH = "share_mismatch"
    READER_NOT_ALLOWED = "reader_not_allowed"
    NOT_ASKED = "not_asked"
    DISPUTE_MISMATCH = "dispute_mismatch"


@dataclass(frozen=True, slots=True)
class Words:
    """One reason in both languages."""

    zh: str
    en: str


WORDS: dict[Reason, Words] = {
    Reason.HEADER_CONTRADICTS_LOG: Words(
        "记录头与所在日志不符", "the header contradicts the log in which it stands"
    ),
    Reason.ROSTER_NOT_ACTIVE: Words(
        "所引名册版本在该日志中未生效", "the roster version that it names was not active there"
    ),
    Reason.ISSUER_NOT_MEMBER: Words(
        "发布方不是该名册版本的成员", "its issuer is no member of that roster version"
    ),
    Reason.WRONG_STREAM: Words(
        "该类记录不得出现在此记录流中", "a record of this kind may not stand in this stream"
    ),
    Reason.OTHER_LOAN: Words(
        "与该记录流的首条记录不属同一笔贷款", "it is of another loan than its stream"
    ),
    Reason.HEADER_BODY: Words(
        "把其他成员日志中的记录称为自己的记录", "it claims as its own what lies in another's log"
    ),
    Reason.RECORD_ID_REUSED: Words(
        "记录标识已被内容不同的记录使用", "its record id was used before with other content"
    ),
    Reason.SEEN_AHEAD: Words(
        "声称已见到本日志中其后的条目", "it claims to have seen its own log beyond itself"
    ),
    Reason.AUTHORITY_MISMATCH: Words(
        "所引位置不是该贷款的授权记录", "what it points to is no authorization of this loan"
    ),
    Reason.AUTHORITY_VOID: Words("所引授权记录无效", "the authorization that it names is void"),
    Reason.MEMBER_NOT_AUTHORIZED: Words(
        "授权未包含该成员", "the authorization does not name this member"
    ),
    Reason.ERASURE_KEY_DIFFERS: Words(
        "删除密钥与授权中的不一致", "its erasure key is not the one that the authorization gives"
    ),
    Reason.SEEN_DECREASED: Words(
        "所见授权日志的长度小于本流前一记录",
        "it names a smaller size as seen than a record before it",
    ),
    Reason.AUTHORIZATION_NOT_IN_FORCE: Words(
        "发布时授权尚未生效或已到期", "the authorization was not in force when it was published"
    ),
    Reason.AUTHORIZATION_REVOKED: Words(
        "发布方已见到授权被撤销", "its issuer had seen the authorization revoked"
    ),
    Reason.RULE_NOT_OF_ROSTER: Words(
        "归属规则与名册或贷款开立时固定的规则不符",
        "its attribution rule is not the roster's, or not the one pinned with the loan",
    ),
    Reason.LOAN_MISMATCH: Words(
        "所引位置不是本流的贷款开立记录", "what it points to did not open the loan of this stream"
    ),
    Reason.GRANT_TERMS: Words(
        "授权含非成员机构或限额币种与贷款不一致",
        "the authorization names a stranger, or limits in another currency than the loan's",
    ),
    Reason.CONSENT_NOT_VERIFIED: Words(
        "借款人同意的签名未通过验证", "the borrower's consent does not verify"
    ),
    Reason.REVOCATION_MISMATCH: Words(
        "所撤销的不是本流的有效授权", "what it revokes is no valid authorization of this stream"
    ),
    Reason.TARGET_MISMATCH: Words(
        "更正或退回所指的记录不存在、不在本流或类别不符",
        "what it corrects or returns is not an earlier record of its stream, or of another kind",
    ),
    Reason.TARGET_VOID: Words("更正或退回所指的记录无效", "what it corrects or returns is void"),
    Reason.VERSION_GAP: Words("版本号不连续", "its version does not follow the one before"),
    Reason.SUBJECT_CHANGED: Words(
        "更正改变了不可更正的内容", "the correction changes what may not be corrected"
    ),
    Reason.RETURN_EXCEEDS: Words(
        "退回金额合计超过原金额", "the returns together exceed the amount that went"
    ),
    Reason.NOT_DEBTORS_BANK: Words("发布方不是付款行", "its issuer is not the debtor's bank"),
    Reason.NOT_CREDITORS_BANK: Words(
        "发布方不是所指款项的收款行", "its issuer is not the creditor's bank of what it names"
    ),
    Reason.BASIS_NOT_ALLOWED: Words("名册不允许该追踪依据", "the roster does not allow this basis"),
    Reason.START_MISMATCH: Words(
        "所指不是本行依据充分的到账记录或贷款开立记录",
        "what it ends was not begun by a receipt of its issuer with a basis, nor by the loan",
    ),
    Reason.CURRENCY_DIFFERS: Words(
        "价值币种与贷款币种不一致", "values are not in the loan's currency"
    ),
    Reason.NOTHING_TRACED: Words(
        "按固定规则其中没有该贷款的资金", "nothing of the loan is in it under the pinned rule"
    ),
    Reason.DRAWDOWN_UNKNOWN: Words(
        "所引放款在所见的贷款记录中不存在", "the loan, as far as seen, has no such drawdown"
    ),
    Reason.PARENT_MISMATCH: Words(
        "所引上游记录不符，或该款项已停止追踪",
        "a parent in its own stream is none, or following it had ended",
    ),
    Reason.HOP_LIMIT: Words("超过授权的追踪层数", "it lies beyond the hops that are authorized"),
    Reason.WINDOW_OVER: Words("超过授权的追踪期限", "it lies beyond the window that is authorized"),
    Reason.PART_LIMIT: Words("低于授权的最小追踪金额", "the part is below what is worth following"),
    Reason.AMOUNT_LIMIT: Words(
        "本流累计金额超过授权限额", "the stream's total exceeds the amount that is authorized"
    ),
    Reason.SHARE_MISMATCH: Words(
        "所分享的记录在本日志中不存在或不一致", "what it shares is not an earlier record of its log"
    ),
    Reason.READER_NOT_ALLOWED: Words("新读者不是授权成员", "a new reader may not read this loan"),
    Reason.NOT_ASKED: Words(
        "该询问并非向发布方提出", "its issuer was not asked, or not about this"
    ),
    Reason.DISPUTE_MISMATCH: Words(
        "所指不是本流中已开启的异议", "what it ends is no dispute that its stream opened"
    ),
}
