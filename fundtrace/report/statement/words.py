"""The words of the statement page and of its command, Chinese first, then English.

Values in braces are filled in by ``page``; both languages show the same ones.
"""

from __future__ import annotations

from typing import Literal

from fundtrace.report.statement.finding_words import FINDING_WORDS
from fundtrace.report.words import RULES

Lang = Literal["zh", "en"]

_WORDS: dict[str, tuple[str, str]] = {
    "html_lang": ("zh-CN", "en"),
    "title": ("贷款资金去向：单一账户流水核查", "Where the loan's money went: one statement"),
    "skip": ("跳到资金去向", "Skip to where the money went"),
    "range": ("{least} 至 {most}", "{least} to {most}"),
    "money": ("{amount} {unit}", "{unit} {amount}"),
    "yuan": ("元", "CNY"),
    "wan": ("{about}{number} 万{unit}", ""),
    "about": ("约 ", ""),
    "sentence_join": ("；", "; "),
    "list_join": ("、", ", "),
    "comma": ("，", ", "),
    "none": ("—", "—"),
    # Facts at the top.
    "fact_loan": ("贷款", "Loan"),
    "fact_principal": ("发放金额", "Amount paid out"),
    "fact_date": ("发放日期", "Paid out on"),
    "fact_account": ("流水账户", "Account"),
    "fact_holder": ("户名", "Holder"),
    "fact_bank": ("开户行", "Bank"),
    "fact_period": ("流水期间", "Statement from"),
    "fact_printed_period": ("文件所印期间", "Period printed"),
    "fact_rows": ("交易笔数", "Bookings"),
    "fact_file": ("来源文件", "File"),
    "fact_payees": ("约定收款人", "Declared payees"),
    "account_none": ("（流水未写明）", "(not named)"),
    "in_row": ("流水第 {line} 行", "line {line}"),
    "assumed": ("流水中没有这笔入账，按当日零时发放推定", "not in the statement; assumed at 00:00"),
    # The three lines that matter most.
    "key_title": ("最要紧的三句话", "What matters most"),
    "key_where": (
        "按“{rule}”口径，截至 {end}：{parts}。",
        'By the rule "{rule}", as of {end}: {parts}.',
    ),
    "key_counterparty": (
        "{amount}到了 {count} 个对方账户",
        "{amount} on {count} counterparty accounts",
    ),
    "key_held": ("{amount}仍在本账户", "{amount} still on this account"),
    "key_repayment": ("{amount}用于还贷", "{amount} repaid to lenders"),
    "key_other": (
        "{amount}取现、付费或对方不明",
        "{amount} in cash, fees or to parties not named",
    ),
    "key_largest": (
        "最大去向：{name}（{account}{hints}），{range}。",
        "Largest destination: {name} ({account}{hints}), {range}.",
    ),
    "key_largest_other": (
        "约定收款人以外的最大去向：{name}（{account}{hints}），{range}。",
        "Largest destination other than declared payees: {name} ({account}{hints}), {range}.",
    ),
    "every_rule": ("各口径下均为 {amount}", "{amount} under every rule"),
    "by_rule": ("视口径为 {range}", "{range} depending on the rule"),
    "key_no_largest": (
        "本流水范围内，任何口径都没有贷款资金流出到对方账户；这不等于没有挪用。",
        (
            "No rule lets loan money reach a counterparty within this statement; this does not mean "
            "that there was no diversion."
        ),
    ),
    "key_questions": (
        "到此为止：{accounts} 个对方账户、{payments} 笔付款的后续去向，须由其他银行答复（{banks}）。",
        (
            "The statement ends here: other banks must answer for {payments} payments to {accounts} "
            "accounts ({banks})."
        ),
    ),
    "key_banks": ("{count} 家银行", "{count} banks"),
    "key_banks_unknown": ("{count} 个账户未列明开户行", "{count} accounts at banks not named"),
    "key_no_questions": (
        "没有需要其他银行答复的付款；未写明对方的交易见第五节。",
        "No payment needs another bank's answer; section 5 lists bookings without counterparty.",
    ),
    "not_clean": (
        "本页只说明这一份流水看得见的部分。没有列出的，不等于没有发生；没有异常，不等于用途合规。",
        (
            "This page shows what this one statement can show. What is not listed may still have "
            "happened; an empty result is not a clean one."
        ),
    ),
    # Section 1.
    "where_title": ("一、资金去了哪里", "1 Where the money went"),
    "where_lead": (
        (
            "账户里的贷款资金和自有资金混在一起，付出去的钱算哪一部分，取决于归属口径。下面逐一列出六种"
            "口径；“最少—最多”是六种口径之间的差距，差距越小，结论越牢靠。"
        ),
        (
            "Loan money and own money mix on the account; which of them a payment carries depends on "
            "the attribution rule. All six are shown; least and most are their spread: the narrower, "
            "the surer."
        ),
    ),
    "chart_label": ("各口径下 {principal} 的去向构成", "Where {principal} went under each rule"),
    "chart_other": ("其他去向", "Other destinations"),
    "col_destination": ("去向", "Destination"),
    "col_spread": ("最少 — 最多", "Least – most"),
    "col_exposure": ("触及上限", "Exposure"),
    "col_total": ("合计", "Total"),
    "total_note": ("每种口径合计都等于发放金额", "every rule adds up to the loan"),
    "exposure_note": (
        "触及上限另算：放款后流出的每一笔都全额计入（封顶于贷款金额），各行相加没有意义。",
        (
            "Exposure stands apart: every later outflow counts in full, capped at the loan; its rows "
            "do not add up."
        ),
    ),
    "tags_note": (
        "标签只按户名、摘要的字样提示，不参与计算，须人工核实。",
        (
            "Tags come from the wording of names and texts; they do not enter the figures and must be "
            "checked."
        ),
    ),
    "default_mark": ("默认", "default"),
    "dest_held": ("仍在本账户", "Still on this account"),
    "dest_cash": ("现金支取", "Cash"),
    "dest_fee": ("手续费", "Fees"),
    "dest_repayment": (
        "归还贷款本息（流水未写明对方）",
        "Loan repayments (no counterparty named)",
    ),
    "dest_outside": ("对方不明（流水未写明对方）", "Unknown (no counterparty named)"),
    "dest_overdraft": ("偿还本账户透支", "Repaid this account's overdraft"),
    "dest_undrawn": ("尚未发放", "Not paid out"),
    "name_none": ("（无户名）", "(no name)"),
    "account_missing": ("账号未列明", "no account number"),
    "bank_missing": ("开户行未列明", "bank not named"),
    # Section 2.
    "ask_title": ("二、需要其他银行答复什么", "2 What other banks would have to answer"),
    "ask_lead": (
        (
            "本流水看不到对方账户。每一条都是一个可以直接发问的问题：钱到账之后又去了哪里。金额范围是其中"
            "属于本笔贷款的部分。"
        ),
        (
            "This statement cannot see the accounts beyond it. Each line can be sent as it stands: "
            "where did the money go next? The range is the part that belongs to this loan."
        ),
    ),
    "ask_bank": ("致 {bank}", "To {bank}"),
    "ask_unknown": (
        "开户行未列明的账户（请先在本行系统查明开户行）",
        "Accounts at banks not named (find the bank in your own system first)",
    ),
    "ask_own": (
        "（本行账户，可在本行系统内查询）",
        "(an account at this bank: ask your own system)",
    ),
    "ask_line": (
        "{date} 到账、户名“{name}”、账号 {account} 的 {amount}，后来去了哪里？其中属于本笔贷款 {range}。",
        (
            'Where did the {amount} go that arrived on {date} in account {account} of "{name}"? '
            "Of it, {range} belong to this loan."
        ),
    ),
    "ask_returned": ("（其中 {amount} 后来已退回）", "({amount} of it came back later)"),
    "ask_none": ("没有。", "Nothing."),
    # Section 3.
    "payments_title": ("三、逐笔清单", "3 Payment by payment"),
    "payments_lead": (
        "放款后每一笔带走（或退回）贷款资金的交易，按流水顺序。",
        "Every booking after the disbursement that carried loan money out or back, in order.",
    ),
    "payments_none": (
        "没有一笔交易带走贷款资金。",
        "No booking carried loan money.",
    ),
    "col_line": ("行", "Line"),
    "col_date": ("时间", "Time"),
    "col_party": ("对方", "Counterparty"),
    "col_text": ("摘要、用途、附言", "Text"),
    "col_amount": ("交易金额", "Amount"),
    "col_traced": ("其中贷款资金", "Of it loan money"),
    "mark_return": ("退回", "returned"),
    # Section 4.
    "back_title": ("四、后来又从这些账户回来的钱", "4 Money that came back from these accounts"),
    "back_lead": (
        "以下入账来自贷款资金到过的账户。是否为贷款资金回流，流水不能证明：只是推断，不计入任何合计。",
        (
            "These credits come from accounts that loan money had reached. Whether it is the loan's "
            "money coming back, the statement cannot prove: inferred, and in no sum."
        ),
    ),
    "back_none": ("本流水内没有。", "None within this statement."),
    "col_ended": ("此前到该账户的贷款资金（最多）", "Loan money there before (at most)"),
    # Section 5.
    "check_title": ("五、这份流水本身要留意的地方", "5 What to mind about this statement"),
    "check_none": ("没有发现。", "Nothing found."),
    "gaps_title": ("余额连不上的地方", "Balances that do not chain"),
    "gaps_lead": (
        "上一笔余额加减本笔金额，不等于本笔余额：中间可能缺行，或者文件被改动过。共 {count} 处。",
        (
            "The balance before, plus or minus the amount, is not the balance after: rows may be "
            "missing, or the file was edited. {count} in all."
        ),
    ),
    "gaps_more": ("只列前 {shown} 处。", "The first {shown} are shown."),
    "col_expected": ("应为", "Expected"),
    "col_found": ("实为", "Found"),
    "col_gap": ("相差", "Difference"),
    # Section 6.
    "rules_title": ("六、归属口径是什么意思", "6 What the attribution rules mean"),
    "rules_lead": (
        "没有哪一种口径是法定唯一的；选哪一种，要在报告里写明。六种口径都把贷款资金一分不差地分完。",
        (
            "No rule is the only lawful one; a report must name the one it uses. All six divide the "
            "loan's money without losing a fen."
        ),
    ),
    **{f"rule_{rule}": (words.zh, words.en) for rule, words in RULES.items()},
    "mean_fifo": ("先到账的钱先付出去。", "Money that came first leaves first (Clayton's case)."),
    "mean_lifo": ("后到账的钱先付出去。", "Money that came last leaves first."),
    "mean_pro_rata": (
        "每笔付款按当时账上贷款资金与自有资金的比例分摊。",
        "Each payment carries loan and own money in the proportion that stands on the account.",
    ),
    "mean_proceeds_first": (
        "只要账上还有贷款资金，就视为先付出贷款资金，对借款人最不利；本页默认。",
        (
            "While any loan money is left, payments are taken to carry it: the presumption against "
            "the borrower, and this page's default."
        ),
    ),
    "mean_own_first": (
        "先付自有资金，自有资金不够时才动用贷款资金（最低中间余额法）。",
        (
            "Own money leaves first; the loan is touched only when it does not suffice (lowest "
            "intermediate balance)."
        ),
    ),
    "mean_specific": (
        "72 小时内有金额完全相同且未动用的入账，就与之对应；否则同“贷款先出”。",
        (
            "A payment that equals an untouched arrival of the last 72 hours is matched to it; else "
            "as under loan proceeds first."
        ),
    ),
    "mean_exposure": (
        "不作分配：放款后每一笔流出都全额计入，只表示最多可能涉及多少。",
        (
            "Divides nothing: every later outflow counts in full. It only says how much can be "
            "involved at most."
        ),
    ),
    "rules_payee": (
        "付给约定收款人的款项（放款后 30 天内），各口径都先算贷款资金。退回的款项先冲回原付款。",
        (
            "Payments to declared payees within 30 days carry the loan's money first under every "
            "rule. Returned payments undo the payment they return."
        ),
    ),
    "rules_end": (
        "对方账户之后的去向不在本流水内，一律到对方账户为止。",
        "What happens beyond a counterparty's account is not in this statement; the trail ends there.",
    ),
    # Foot.
    "foot_hash": ("文件 SHA-256", "SHA-256 of the file"),
    "foot_snapshot": ("数据快照", "Snapshot of the data"),
    "foot_version": ("FundTrace {version} 生成", "Made by FundTrace {version}"),
    "foot_sheet": ("工作表“{sheet}”", "sheet “{sheet}”"),
    "foot_same": (
        "同一文件、同一参数，任何时候生成的页面都逐字节相同。",
        "The same file and options give the same page, byte for byte.",
    ),
    # The command.
    "cli_written": ("页面已写入 {path}", "Page written to {path}"),
}

WORDS = _WORDS | FINDING_WORDS


def get_words(lang: Lang) -> dict[str, str]:
    """Return all words of one language."""
    return {key: pair[0 if lang == "zh" else 1] for key, pair in WORDS.items()}
