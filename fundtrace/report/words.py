"""The words that people read, in Chinese and English, as post-loan officers use them.

Every word stands beside its translation, so that neither language can lack one. Codes of
the model have one table each (``Use.CASH == EndReason.CASH`` as texts, so that a common
table would mix them up); a test proves the tables complete. ``say`` is the one way to a
word.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum, unique
from typing import NamedTuple

from fundtrace.model.kinds import DoubtKind, EndReason, MovementKind, Rule, Use


class Lang(StrEnum):
    """A language of the renderings."""

    ZH = "zh"
    EN = "en"


class Words(NamedTuple):
    """One meaning in every language."""

    zh: str
    en: str


USES: Mapping[Use, Words] = {
    Use.UNDRAWN: Words("未支用", "not drawn"),
    Use.BORROWER: Words("借款人本人账户", "the borrower's own account"),
    Use.DECLARED_PAYEE: Words("约定交易对手（受托支付）", "declared payee"),
    Use.REPAID_SELF: Words("归还本笔借据", "repaid on this loan"),
    Use.OTHER_LOAN: Words("归还其他贷款", "another loan"),
    Use.RELATED_PARTY: Words("关联方", "related party"),
    Use.PROPERTY: Words("房地产", "property"),
    Use.SECURITIES: Words("证券期货", "securities"),
    Use.WEALTH: Words("理财产品", "wealth product"),
    Use.MARGIN: Words("保证金", "margin deposit"),
    Use.PAYMENT_INSTITUTION: Words("支付机构", "payment institution"),
    Use.CASH: Words("现金支取", "cash"),
    Use.FEE: Words("手续费", "fee"),
    Use.OVERDRAFT: Words("归还透支", "overdraft repaid"),
    Use.ABROAD: Words("境外", "abroad"),
    Use.NON_MEMBER: Words("未参与银行", "non-member bank"),
    Use.SUPPLIER: Words("供应商", "supplier"),
    Use.UNKNOWN: Words("用途待核实", "use not established"),
}

END_REASONS: Mapping[EndReason, Words] = {
    EndReason.HELD: Words("留存账户", "still held"),
    EndReason.IN_TRANSIT: Words("在途未入账", "in transit"),
    EndReason.UNDRAWN: Words("未支用", "not drawn"),
    EndReason.LOAN: Words("进入贷款账户", "loan account"),
    EndReason.HUB: Words("进入过渡户，资金混同", "pooled in a hub account"),
    EndReason.PAYMENT_INSTITUTION: Words("进入支付机构", "payment institution"),
    EndReason.BROKER_POOL: Words("进入第三方存管汇总户", "broker's pool account"),
    EndReason.PROPERTY_ESCROW: Words("进入预售资金监管户", "property escrow"),
    EndReason.EXTERNAL: Words("外部账户", "external account"),
    EndReason.NON_MEMBER: Words("流入未参与银行", "non-member bank"),
    EndReason.NOT_LISTED: Words("账户未纳入观察", "account not observed"),
    EndReason.OUTSIDE: Words("无对方账户信息", "no creditor account given"),
    EndReason.CASH: Words("现金支取", "cash"),
    EndReason.FEE: Words("手续费", "fee"),
    EndReason.REPAYMENT: Words("归还贷款", "paid on a loan"),
    EndReason.OVERDRAFT: Words("归还透支", "repaid an overdraft"),
    EndReason.CONVERSION_RESIDUE: Words("结售汇尾差", "conversion residue"),
    EndReason.WINDOW_OVER: Words("超出授权期限", "authorized window over"),
    EndReason.HOP_LIMIT: Words("达到授权层级", "authorized hops used up"),
    EndReason.AMOUNT_LIMIT: Words("达到授权金额", "authorized amount used up"),
    EndReason.PART_LIMIT: Words("金额过小，不再追踪", "too small to follow"),
}

RULES: Mapping[Rule, Words] = {
    Rule.FIFO: Words("先进先出", "first in, first out"),
    Rule.LIFO: Words("后进先出", "last in, first out"),
    Rule.PRO_RATA: Words("按比例分摊", "pro rata"),
    Rule.PROCEEDS_FIRST: Words("贷款先出", "loan proceeds first"),
    Rule.OWN_FIRST: Words("自有先出", "own money first"),
    Rule.SPECIFIC: Words("逐笔对应", "matching payments"),
    Rule.EXPOSURE: Words("触及上限", "exposure (upper bound)"),
}

KINDS: Mapping[MovementKind, Words] = {
    MovementKind.TRANSFER: Words("转账", "transfer"),
    MovementKind.CASH: Words("现金", "cash"),
    MovementKind.FEE: Words("收费", "fee"),
    MovementKind.INTEREST: Words("付息", "interest"),
    MovementKind.DISBURSEMENT: Words("放款", "disbursement"),
    MovementKind.REPAYMENT: Words("还款", "repayment"),
    MovementKind.RETURN: Words("退回", "return"),
}


@unique
class Label(Enum):
    """Every other word of the renderings; braces are filled by ``say``."""

    TITLE = Words("借据 {loan} 资金去向", "Where the money of loan {loan} went")
    LOAN = Words("借据", "Loan")
    CONTRACT = Words("合同 {contract}", "contract {contract}")
    PURPOSE = Words("约定用途", "Purpose")
    PRINCIPAL = Words("借据金额", "Principal")
    DISBURSED = Words("放款", "disbursed")
    DISBURSED_ON = Words("{at} 放款", "disbursed {at}")
    RULE = Words("归属规则", "Rule")
    AS_OF = Words("截至", "As of")
    AS_OF_END = Words("数据末尾", "the end of the data")
    SCOPE = Words("追踪范围", "Scope")
    SCOPE_NONE = Words("不限", "without limit")
    SCOPE_WINDOW = Words("放款后 {limit} 天内", "{limit} days after disbursement")
    SCOPE_HOPS = Words("最多 {limit} 层", "{limit} movements deep")
    SCOPE_AMOUNT = Words("流转累计不超过 {limit}", "hops up to {limit} in all")
    SCOPE_PART = Words("单份资金不少于 {limit}", "parts of {limit} or more")
    SNAPSHOT = Words("数据快照", "Snapshot")
    COVERAGE = Words("穿透覆盖率", "Coverage")
    COVERAGE_NONE = Words(
        "不适用（该规则只给上限）", "not applicable (this rule gives upper bounds)"
    )
    VISIBLE = Words(
        "{percent}%（{visible} / {principal} 仍在可见范围）",
        "{percent}% ({visible} of {principal} rests in sight)",
    )
    BLIND = Words("看不到", "Out of sight")
    HOPS = Words("逐笔流向（共 {count} 笔）", "Hops ({count})")
    NO_HOPS = Words("没有可见的资金流出。", "No movement out is visible.")
    DATE = Words("时间", "Time")
    FROM_TO = Words("付款方 -> 收款方", "From -> to")
    AMOUNT = Words("交易金额", "Amount")
    TRACED = Words("其中贷款资金", "Traced")
    END = Words("终点原因", "Where it ends")
    GOES_ON = Words("继续穿透", "followed on")
    BACK_FLOW = Words("回流", "back-flow")
    RETURN_OF = Words("退回 {movement}", "return of {movement}")
    RETURNED = Words("已退回 {amount}", "{amount} returned")
    OUTSIDE = Words("账外（无对方账户）", "outside (no account)")
    FIRST_USES = Words("首次用途", "First uses")
    FIRST_USES_HINT = Words("首个非借款人账户", "first account not the borrower's")
    RESTS = Words("资金落点", "Rests")
    RESTS_HINT = Words("截至查询时点", "at the time asked")
    USE = Words("类别", "Class")
    PLACE = Words("账户", "Account")
    SHARE = Words("占比", "Share")
    LEAST = Words("最低", "Least")
    MOST = Words("最高", "Most")
    TOTAL = Words("合计", "Total")
    SPREAD_HINT = Words(
        "最低、最高：各守恒规则下同一行的最小与最大金额。",
        "Least and most: the same row under any conserving rule.",
    )
    EVER_REACHED = Words(
        "曾经流经（毛额，可超过借据金额）", "Ever reached (gross, may exceed the principal)"
    )
    EXPOSURE = Words(
        "触及上限（单列，不计入合计）", "Exposure (an upper bound, apart, in no total)"
    )
    EXPOSURE_UNKNOWN = Words(
        "触及上限未计算：所存结果未含此项，可用 --rule exposure 查看。",
        "Exposure was not computed: the kept result holds none; ask with --rule exposure.",
    )
    UPPER_BOUND = Words("上限", "Upper bound")
    REENTRY = Words(
        "疑似再流入（推断，不计入合计）", "Re-entry candidates (inferred, not in the sums)"
    )
    ENDED = Words("此前断于该账户", "Ended there before")
    SAME_PARTY = Words("借款人或其关联方", "borrower or related")
    INFERRED = Words("推断", "inferred")
    CUT = Words("本视图未显示", "Cut from this view")
    CUT_LINE = Words(
        "{limit} {value}：隐去 {hops} 笔，贷款资金毛额 {amount}；各项合计不受影响。",
        "{limit} {value}: {hops} hops with {amount} traced (gross) are hidden; no sum changes.",
    )
    LIMIT_MAX_HOPS = Words("最多跳数", "Depth at most")
    LIMIT_MIN_AMOUNT = Words("最小金额", "Amount at least")
    LIMIT_BUDGET_HOPS = Words("最多显示笔数", "Hops shown at most")
    CUT_SPREAD = Words(
        "限时已到：最低与最高未涵盖 {rules}。",
        "Out of time: least and most do not cover {rules}.",
    )
    DOUBTS = Words("提示", "Doubts")
    NOT_VISIBLE = Words(
        "本笔资金的落点均看不到或未再追踪。看不到不等于用途合规。",
        "Nothing of this loan rests in sight. That is no evidence of proper use.",
    )
    PARTLY_VISIBLE = Words(
        "看不到的部分不等于用途合规。", "What is out of sight is no evidence of proper use."
    )
    NON_MEMBER_ROW = Words("未参与", "not a member")
    OUTSIDE_ROW = Words("账外", "Outside")
    DAYS_GAP = Words("… {days} 天 …", "… {days} d …")
    LEGEND_WIDTH = Words("线宽 = 贷款资金金额", "Width = traced amount")
    LEGEND_BACK = Words(
        "回流（回到曾到过的账户或借款人）", "back-flow (to where it was before, or the borrower)"
    )
    LEGEND_INFERRED = Words(
        "疑似再流入（推断，不计入合计）", "re-entry candidate (inferred, not in the sums)"
    )
    LEGEND_HELD = Words("留在账上", "waits on the account")
    LEGEND_BLIND = Words("在此看不到去向", "out of sight from here")
    GROUPED = Words(
        "已合并：{hops} 笔并为 {edges} 条（{how}）",
        "Grouped: {hops} hops drawn as {edges} edges ({how})",
    )
    GROUPED_AMOUNT = Words(
        "相同两户间低于 {amount} 的连续小额",
        "runs of hops below {amount} between the same two accounts",
    )
    GROUPED_TIME = Words(
        "相同两户间同日连续多笔", "runs of hops on one day between the same two accounts"
    )
    NOT_DRAWN = Words(
        "图中未画 {hops} 笔小额，合计 {amount}，见明细表",
        "{hops} smaller hops with {amount} are not drawn; see the table",
    )
    NOT_LABELLED = Words(
        "{count} 处金额因版面未标注，见明细表",
        "{count} amounts not printed for lack of room; see the table",
    )
    SVG_DESC = Words(
        "每行一家银行，横轴为时间，线宽为贷款资金金额；共 {hops} 笔。各笔明细另见表格。",
        "One row a bank, time along x, width is the traced amount; {hops} hops. The table of "
        "hops says the same in words.",
    )
    SVG_HOP = Words(
        "第 {number} 笔，{at}，{debit} 至 {credit}，贷款资金 {traced}",
        "Hop {number}, {at}, {debit} to {credit}, traced {traced}",
    )
    SVG_REENTRY = Words(
        "推断的再流入，{at}，{debit} 至 {credit}，{amount}，不计入合计",
        "Inferred re-entry, {at}, {debit} to {credit}, {amount}, not in the sums",
    )


DOUBTS: Mapping[DoubtKind, Words] = {
    DoubtKind.UNOBSERVED: Words(
        "{account} 付出的金额比已见到账多 {amount}；差额按自有资金处理。",
        "{account} paid out {amount} more than was seen to arrive; that counts as own money.",
    ),
    DoubtKind.BALANCE_BREAK: Words(
        "{account} 在 {day} 的余额前后不衔接；当日先后顺序可能有误。",
        "The balances of {account} do not chain on {day}; the order of that day may be wrong.",
    ),
}

Word = Label | Use | EndReason | Rule | MovementKind | DoubtKind


def say(word: Word, lang: Lang, **values: object) -> str:
    """Return a word in a language, its braces filled with ``values``."""
    words = _find_words(word)
    text = words.zh if lang == Lang.ZH else words.en
    return text.format(**values) if values else text


def _find_words(word: Word) -> Words:
    if isinstance(word, Label):
        return word.value
    if isinstance(word, Use):
        return USES[word]
    if isinstance(word, EndReason):
        return END_REASONS[word]
    if isinstance(word, Rule):
        return RULES[word]
    if isinstance(word, DoubtKind):
        return DOUBTS[word]
    return KINDS[word]
