"""The sentences of findings, in English and Chinese; one pair for each topic."""

from __future__ import annotations

from typing import Final

from fundtrace.evidence.findings import Finding, Standing, Topic
from fundtrace.ledger.erasure import ErasureReason
from fundtrace.ledger.kinds.words import EntryKind, Kind

STANDINGS: Final = {
    "en": {
        Standing.PROVEN: "proven",
        Standing.CLAIMED: "claimed",
        Standing.HIDDEN: "sealed",
        Standing.MISSING: "missing",
        Standing.REFUTED: "REFUTED",
    },
    "zh": {
        Standing.PROVEN: "已证明",
        Standing.CLAIMED: "仅为声明",
        Standing.HIDDEN: "密封",
        Standing.MISSING: "缺失",
        Standing.REFUTED: "不成立",
    },
}

_SENTENCES: Final = {
    Topic.PACKAGE_MADE: (
        "{made_by} says that it made this package at {made_at} with {software}, about: {subject}",
        "{made_by} 称于 {made_at} 用 {software} 制作本证据包，事项：{subject}",
    ),
    Topic.ROSTER_PINNED: (
        (
            "the roster of {consortium}, versions 1 to {last}: each signed as the one before it"
            " demands, from the root that you gave. Whether there is a later one, no package can show"
        ),
        "{consortium} 的成员名册，第 1 至 {last} 版：自您给定的根起，逐版由前一版规定的成员签署。是否另有更新版本，证据包无法证明",
    ),
    Topic.ROSTER_NOT_PINNED: (
        (
            "nothing ties this roster to one that you trust: version 1 has the SHA-256 {root}."
            " Ask a member for the root by another way, and give it with --root"
        ),
        (
            "此名册未与您信任的根相连：第 1 版的 SHA-256 为 {root}。"
            "请经其他途径向成员索取根值，并以 --root 给出"
        ),
    ),
    Topic.ROSTER_ABSENT: (
        "the package holds no roster, so no quorum can be counted; ask its maker for one that does",
        "证据包内没有成员名册，无法计算法定数；请制作方重新提供",
    ),
    Topic.ROSTER_REFUTED: (
        "the roster does not hold: {why}",
        "成员名册不成立：{why}",
    ),
    Topic.ENTRY_FINAL: (
        (
            "entry {index} of the log {origin} is final since {at}: held by {count} members"
            " ({members}), a quorum of roster version {version}"
        ),
        (
            "日志 {origin} 的第 {index} 条自 {at} 起为终局：{count} 个成员（{members}）持有，"
            "达到名册第 {version} 版的法定数"
        ),
    ),
    Topic.ENTRY_REFUTED: (
        "the entry is not shown to be final: {why}",
        "该条目未能证明为终局：{why}",
    ),
    Topic.ENTRY_OF_OLDER_ROSTER: (
        (
            "its quorum is of roster version {version}; version {last} still names this log, and"
            " may have retired those keys. Ask for a proof under version {last}"
        ),
        (
            "其法定数属于名册第 {version} 版；第 {last} 版仍列有此日志，且可能已停用当时的密钥。"
            "请索取第 {last} 版下的证明"
        ),
    ),
    Topic.ENTRY_CLEAR: (
        "{origin} states in clear: {kind}",
        "{origin} 以明文载明：{kind}",
    ),
    Topic.RECORD_PUBLISHED: (
        "{origin} says that it published this at {at}",
        "{origin} 称于 {at} 发布本记录",
    ),
    Topic.BODY_OPENED: (
        "the body shown is the one that {origin} published: {kind}, record {record_id}",
        "所示正文即 {origin} 所发布者：{kind}，记录 {record_id}",
    ),
    Topic.BODY_SAYS: (
        (
            "what the body says is the word of {origin}; whether it was authorized is judged with the"
            " authorizing log, not here"
        ),
        "正文内容为 {origin} 之言；是否经授权须结合授权方日志判断，此处不作判断",
    ),
    Topic.BODY_VOID: (
        "the record is void, whatever any other log says: {why}",
        "无论其他日志如何，该记录无效：{why}",
    ),
    Topic.BODY_HIDDEN: (
        "record {sequence} of stream {stream}: that it exists is shown, not what it says",
        "流 {stream} 的第 {sequence} 条记录：只证明其存在，不显示内容",
    ),
    Topic.BODY_REFUTED: (
        "the body does not belong to the record: {why}",
        "正文与记录不符：{why}",
    ),
    Topic.CONSENT_VERIFIED: (
        (
            "the consent to contract {contract} is signed by {signers}, certified under an authority"
            " that roster version {version} trusts, and was there at {at}, when the entry was"
            " final. That this is the borrower is the lender's word, when it signed the signer's;"
            " revocation lists were not looked at"
        ),
        (
            "对合同 {contract} 的同意由 {signers} 签署，证书由名册第 {version} 版信任的机构签发，"
            "并于条目终局时（{at}）已存在。该主体即借款人系贷款人之言，签署时间系签署人之言；"
            "未查验证书吊销列表"
        ),
    ),
    Topic.CONSENT_REFUTED: (
        "the consents in this authorization do not hold at {at}, when the entry was final: {why}",
        "该授权所载的同意在条目终局时（{at}）不成立：{why}",
    ),
    Topic.ERASURE_COUNTERSIGNED: (
        (
            "the erasure of the body of entry {index} of {origin} ({reason}) is countersigned by the"
            " key in that record's header; that it is the lender's, the authorization says"
        ),
        (
            "{origin} 第 {index} 条正文的删除（{reason}）已由该记录头中的密钥会签；"
            "该密钥属于贷款人，以授权记录为准"
        ),
    ),
    Topic.ERASURE_CLAIMED: (
        (
            "{origin} says that the body of entry {index} was erased with its countersignature"
            " ({reason}); that record is not here to check it by"
        ),
        "{origin} 称第 {index} 条正文已经会签删除（{reason}）；证据包内没有该记录，无法核验会签",
    ),
    Topic.ERASURE_REFUTED: (
        "the erasure of the body of entry {index} of {origin} does not hold: {why}",
        "{origin} 第 {index} 条正文的删除不成立：{why}",
    ),
    Topic.FORK_SHOWN: (
        (
            "the log {origin} signed two heads, of {other} and of {size} entries, that contradict"
            " each other: it is forked; keep this file, and tell the consortium"
        ),
        (
            "日志 {origin} 签署了两个相互矛盾的头部（{other} 条与 {size} 条）：该日志已分叉；"
            "请保留本文件并通知联盟"
        ),
    ),
    Topic.STREAM_COMPLETE: (
        (
            "stream {stream} of {origin} is here whole up to the tally at entry {tally}: records 0 to"
            " {last}. Others may have come after that tally, which a later one would show, and the bank"
            " may have other streams about the loan, one for each audience"
        ),
        (
            "{origin} 的流 {stream} 截至第 {tally} 条统计条目完整：第 0 至 {last} 条记录。"
            "其后是否另有记录，须以更新的统计条目证明；该行就同一贷款还可能有面向其他读者的流"
        ),
    ),
    Topic.STREAM_WITHOUT_TALLY: (
        (
            "stream {stream} of {origin}: no tally shows where it ends, so that records after {last}"
            " may have been cut off; ask for a tally"
        ),
        "{origin} 的流 {stream}：没有统计条目证明其末端，第 {last} 条之后可能被截去；请索取统计条目",
    ),
    Topic.STREAM_BEYOND_TALLY: (
        (
            "stream {stream} of {origin}: records {after} come after the tally, so that others may"
            " follow them; ask for a later tally"
        ),
        "{origin} 的流 {stream}：记录 {after} 在统计条目之后，其后可能还有；请索取更新的统计条目",
    ),
    Topic.STREAM_GAP: (
        (
            "stream {stream} of {origin}: records {first} to {last} are missing; the last of them has"
            " the leaf hash {hash}"
        ),
        "{origin} 的流 {stream}：缺第 {first} 至 {last} 条记录；其中最后一条的叶哈希为 {hash}",
    ),
    Topic.STREAM_REFUTED: (
        "stream {stream} of {origin} contradicts itself at record {sequence}: {why}",
        "{origin} 的流 {stream} 在第 {sequence} 条记录处自相矛盾：{why}",
    ),
    Topic.DOCUMENT_ENCLOSED: (
        "enclosed by the package's maker ({size} bytes); the ledger says nothing about it",
        "由证据包制作方附上（{size} 字节）；账本对其无任何证明",
    ),
    Topic.NOTHING_ENCLOSED: (
        "the package holds no entry of any log; nothing is proven by it",
        "证据包内没有任何日志条目，不证明任何事项",
    ),
    Topic.LOG_SIGNED: (
        "the log {origin} signed its head of {size} entries, root {root}",
        "日志 {origin} 已签署其头部：{size} 条，根 {root}",
    ),
    Topic.LOG_REFUTED: (
        "the log's head does not hold: {why}",
        "日志头部不成立：{why}",
    ),
    Topic.LOG_WHOLE: (
        "all {size} entries are here, and they and every tile lead to the signed root",
        "全部 {size} 条均在，条目与各瓦片均归于所签之根",
    ),
    Topic.COSIGNED: (
        "{name} cosigned it at {at}",
        "{name} 于 {at} 联署",
    ),
    Topic.COSIGNATURE_ABSENT: (
        "{name} has not cosigned it",
        "{name} 未联署",
    ),
    Topic.INCLUDED: (
        "the entry stands at index {index}",
        "该条目位于第 {index} 位",
    ),
    Topic.ENTRY_NOT_GIVEN: (
        "the proof is about index {index}, and the entry itself was not given; give it with --entry",
        "证明所指为第 {index} 条，但未给出条目本身；请以 --entry 给出",
    ),
    Topic.INCLUSION_REFUTED: (
        "the entry is not shown to be in the log: {why}",
        "未能证明该条目在日志中：{why}",
    ),
}


# Kinds of records and of entries in clear, as people call them.
_KINDS: Final = {
    Kind.LOAN_OPENED: ("loan opened", "贷款发放"),
    Kind.LOAN_CLOSED: ("loan closed", "贷款结清"),
    Kind.AUTHORIZATION_GRANTED: ("authorization granted", "授权"),
    Kind.AUTHORIZATION_REVOKED: ("authorization revoked", "撤销授权"),
    Kind.MOVEMENT: ("movement of money", "资金划转"),
    Kind.RECEIPT: ("receipt", "收款确认"),
    Kind.FOLLOW_ENDED: ("following ended", "追踪终止"),
    Kind.CORRECTION: ("correction", "更正"),
    Kind.RETURN: ("return", "退回"),
    Kind.SHARE: ("share with a new reader", "向新读者共享"),
    Kind.RELEASE: ("release after a trigger", "触发后披露"),
    Kind.INQUIRY_REQUEST: ("inquiry", "协查请求"),
    Kind.INQUIRY_ANSWER: ("answer to an inquiry", "协查答复"),
    Kind.NOTICE: ("notice", "提示"),
    Kind.ACCESS: ("access report", "查阅记录"),
    Kind.DISPUTE: ("dispute", "异议"),
    Kind.RESTRICTION: ("restriction", "限制处理"),
    EntryKind.RECORD: ("record", "记录"),
    EntryKind.TALLY: ("tally of streams", "流统计"),
    EntryKind.ERASURE: ("erasure of a body", "正文删除"),
    EntryKind.EPOCH_KEY: ("key of an epoch", "期间公钥"),
    EntryKind.EPOCH_GRANTS: ("grants of an epoch", "期间密钥授予"),
    EntryKind.ROSTER_ACTIVATION: ("activation of a roster", "名册启用"),
    EntryKind.LOG_CLOSING: ("closing of the log", "日志关闭"),
    EntryKind.LOG_OPENING: ("opening of the log's next epoch", "日志新期开启"),
}


_REASONS: Final = {
    ErasureReason.RETENTION_OVER: ("retention over", "保存期满"),
    ErasureReason.CONSENT_WITHDRAWN: ("consent withdrawn", "撤回同意"),
    ErasureReason.PUBLISHED_IN_ERROR: ("published in error", "误发布"),
    ErasureReason.LEGAL_ORDER: ("legal order", "司法或监管命令"),
}


def describe_finding(finding: Finding, language: str) -> str:
    """Return a finding's sentence in ``language``, "en" or "zh"."""
    place = 1 if language == "zh" else 0
    details = dict(finding.details)
    kind = details.get("kind")
    if kind is not None:
        details["kind"] = _KINDS[Kind(kind) if kind in set(Kind) else EntryKind(kind)][place]
    reason = details.get("reason")
    if reason is not None:
        details["reason"] = _REASONS[ErasureReason[reason.upper()]][place]
    return _SENTENCES[finding.topic][place].format(**details)
