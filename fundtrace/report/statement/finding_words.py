"""The sentences of a statement's findings and the tags of its counterparties, in two languages.

``find_x`` belongs to the finding of code x, ``hint_x`` to the hint x of a counterparty;
``tables`` and its siblings in ``books`` make both.
"""

from __future__ import annotations

FINDING_WORDS: dict[str, tuple[str, str]] = {
    # Hints.
    "hint_payee": ("约定收款人", "declared payee"),
    "hint_same_name": ("与借款人同户名", "same name as the borrower"),
    "hint_securities": ("证券、基金、投资字样", "securities or investment wording"),
    "hint_wealth": ("理财、保险字样", "wealth or insurance wording"),
    "hint_property": ("房地产字样", "property wording"),
    "hint_margin": ("保证金字样", "margin wording"),
    "hint_payment": ("支付机构字样", "payment institution wording"),
    "hint_lender": ("放贷、担保类机构字样", "lender or guarantor wording"),
    "hint_person": ("个人户名", "name of a person"),
    "hint_repayment_text": ("摘要称还款", "text speaks of repaying"),
    "hint_own_bank": ("本行账户", "account at this bank"),
    # Findings.
    "find_disbursement_assumed": (
        (
            "{t0} 没有一笔 {a0} 的入账：本页推定贷款在该日零时进入本账户。若贷款实际进了别的账户，"
            "以下结果不成立，请先核对放款日期、金额和账号。"
        ),
        (
            "No credit of {a0} on {t0}: the page assumes that the loan came in at the start of that "
            "day. If it went to another account, nothing below holds: check date, amount and account."
        ),
    ),
    "find_disbursement_choice": (
        "当日有多笔同额入账（行 {lines}），本页以第一个列出的一行为放款。",
        "Several credits of that amount on that day (lines {lines}); the first one listed is taken.",
    ),
    "find_disbursement_other_amount": (
        "当日第 {lines} 行是放款字样的入账，金额为 {a0}：请核对贷款金额。",
        "Line {lines} of that day reads like a disbursement, but of {a0}: check the loan's amount.",
    ),
    "find_disbursement_near": (
        "{t0} 第 {lines} 行有一笔同额入账 {a0}：请核对放款日期。",
        "Line {lines} of {t0} is a credit of the same amount, {a0}: check the loan's date.",
    ),
    "find_loan_before": (
        (
            "贷款于 {t0} 发放，流水从 {t1} 才开始：中间的去向看不到，期初余额里可能已含贷款资金，以下金额"
            "只能参考。请补齐流水。"
        ),
        (
            "The loan was paid out on {t0}, the statement begins on {t1}: what happened between is not "
            "visible, and the opening balance may hold loan money. Get the missing part."
        ),
    ),
    "find_loan_after": (
        "贷款于 {t0} 发放，流水到 {t1} 就结束：看不到放款后的任何交易。",
        "The loan was paid out on {t0}, the statement ends on {t1}: nothing after it is visible.",
    ),
    "find_payee_unseen": (
        "约定收款人没有出现在流水里：{texts}。",
        "Declared payees that the statement does not show: {texts}.",
    ),
    "find_no_counterparty": (
        "没有对方信息、也看不出是现金或费用的交易：行 {lines}（其中支出合计 {a0}）。请在本行系统补查。",
        (
            "Bookings without a counterparty that are neither cash nor fees: lines {lines} (outgoing "
            "{a0}). Look them up in your own system."
        ),
    ),
    "find_own_counterparty": (
        "对方账号就是本账户的交易（行 {lines}），按没有对方处理。",
        "Bookings whose counterparty is this very account (lines {lines}) count as without one.",
    ),
    "find_order_reversed": (
        "文件按从新到旧排列，已倒转。",
        "The file runs from newest to oldest; it was reversed.",
    ),
    "find_order_sorted": (
        "文件没有按时间排列，已按时间排序（同一时刻保持文件顺序）。",
        "The file was not in order of time; it was sorted.",
    ),
    "find_times_lifted": (
        "行 {lines} 的时间早于上一行，但余额按文件顺序连得上：保留文件顺序。",
        (
            "Lines {lines} are earlier than the row before, but balances chain in file order, which "
            "was kept."
        ),
    ),
    "find_flipped": (
        "按 --flip 反向读取：借为收入，贷为支出。",
        "Read with --flip: debit is in, credit is out.",
    ),
    "find_no_times": (
        "流水没有时间，同一天内以文件顺序为准。",
        "The statement has no times; within a day the file's order counts.",
    ),
    "find_no_balances": (
        "流水没有余额：无法核对行序和方向，也不知道放款前账上有多少自有资金，口径之间的差距可能因此偏小。",
        (
            "The statement has no balances: order and direction cannot be checked, nor is it known how "
            "much own money stood on the account, which may make the spread too narrow."
        ),
    ),
    "find_account_unknown": (
        "流水没有写明本账户账号；如有需要，请加 --account。",
        "The statement does not name its own account; --account would.",
    ),
    "find_zero_rows": (
        "金额为零的行（{lines}）没有计入。",
        "Lines of zero amount ({lines}) were left out.",
    ),
    "find_other_currency": (
        "其他币种的行（{lines}）没有计入。",
        "Lines in another currency ({lines}) were left out.",
    ),
    "find_other_account": (
        "其他账号的行（{lines}）没有计入。",
        "Lines of another account ({lines}) were left out.",
    ),
    "find_other_sheets": (
        "没有读取的工作表：{texts}。",
        "Sheets that were not read: {texts}.",
    ),
    "find_count_differs": (
        "文件所印笔数为 {t0}，实际读到 {t1} 笔：可能缺行。",
        "The file prints {t0} bookings, {t1} were read: rows may be missing.",
    ),
    "find_opening_differs": (
        "文件所印期初余额 {a0}，由第一笔推算为 {a1}；以推算为准。",
        "The file prints an opening balance of {a0}, the first row implies {a1}, which is used.",
    ),
    "find_red_matched": (
        "冲正、退回的行（{lines}）已与原交易对应。",
        "Lines {lines} take back earlier rows and were matched to them.",
    ),
    "find_red_swapped": (
        "红字行（{lines}）找不到原交易，按反方向的普通交易处理。",
        "Red-ink lines ({lines}) match no earlier row; they count as bookings the other way.",
    ),
    "find_red_unmatched": (
        "写有冲正、退回字样的行（{lines}）找不到原交易，按普通交易处理。",
        "Lines {lines} speak of a reversal, but match no earlier row; they count as plain bookings.",
    ),
}
