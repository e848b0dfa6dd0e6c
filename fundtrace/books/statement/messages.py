"""Why a statement or a cell of it is refused: one table, Chinese and English.

The people who meet these sentences are bank officers on their first day, so each one says
what was found and what to do about it. A refusal carries its code and its values; the
language is chosen where it is shown.
"""

from __future__ import annotations

from typing import Literal

from fundtrace.errors import InvalidInputError

Lang = Literal["zh", "en"]

MESSAGES: dict[str, tuple[str, str]] = {
    "amount_blank": ("没有金额", "no amount"),
    "amount_both": ("借方和贷方同时有金额", "debit and credit both hold an amount"),
    "amount_text": (
        "{value!r} 不是金额，应如 1,234.56",
        "{value!r} is not an amount such as 1,234.56",
    ),
    "amount_scientific": (
        "{value!r} 是科学计数法，可能已丢失数位；请把该列设为文本或数值格式后重新导出",
        (
            "{value!r} is in scientific notation and may have lost digits; export the column again "
            "as text or plain numbers"
        ),
    ),
    "amount_float": (
        "单元格中的数 {value} 超过 {digits} 位小数，多半是公式的二进制尾差；请四舍五入后重存",
        (
            "the cell's number {value} has more than {digits} decimals, most likely a formula's "
            "binary remainder; round it and save again"
        ),
    ),
    "amount_decimals": (
        "{value!r} 的小数位数超过币种 {currency} 的 {digits} 位",
        "{value!r} has more than the {digits} decimals of {currency}",
    ),
    "amount_kind": ("单元格内容不是金额", "the cell holds no amount"),
    "amount_large": ("{value!r} 过大", "{value!r} is too large"),
    "account_digits": (
        "账号存成了 {count} 位的数字，而 Excel 只保留 15 位，尾数已不可靠；请以文本格式重新导出",
        (
            "the account number is stored as a number of {count} digits, of which Excel keeps 15; "
            "export the column again as text"
        ),
    ),
    "account_scientific": (
        "账号 {value!r} 是科学计数法，数位已丢失；请以文本格式重新导出",
        (
            "the account number {value!r} is in scientific notation and has lost digits; export the "
            "column again as text"
        ),
    ),
    "account_kind": ("单元格内容不是账号", "the cell holds no account number"),
    "date_blank": ("没有交易日期", "no date"),
    "date_text": (
        "{value!r} 不是可识别的日期，应如 20260305、2026-03-05 或 2026/3/5",
        "{value!r} is not a date such as 20260305, 2026-03-05 or 2026/3/5",
    ),
    "date_number": (
        "{value} 是没有日期格式的数字，无法确定是哪一天；请把该列设为日期格式",
        "{value} is a number without a date format; format the column as dates",
    ),
    "time_text": (
        "{value!r} 不是可识别的时间，应如 093000 或 09:30:00",
        "{value!r} is not a time such as 093000 or 09:30:00",
    ),
    "time_ambiguous": (
        "{value!r} 可能是时分，也可能是分秒；应写成六位，如 093000",
        "{value!r} may be hours and minutes or minutes and seconds; write six digits, 093000",
    ),
    "flag_text": (
        "借贷标志 {value!r} 无法识别，应为 借/贷、D/C、支出/收入 等",
        "the debit/credit mark {value!r} is not known; use 借/贷, D/C or 支出/收入",
    ),
    "currency_unknown": (
        "币种 {value!r} 无法识别",
        "the currency {value!r} is not known",
    ),
    "currency_other": (
        "该行币种为 {value}，本流水为 {currency}；请按币种分开导出，或用 --currency 选定其一",
        (
            "this row is in {value}, the statement in {currency}; export one currency at a time or "
            "choose one with --currency"
        ),
    ),
    "account_other": (
        "该行属于账号 {value}，本流水为 {account}；请按账号分开导出，或用 --account 选定其一",
        (
            "this row belongs to account {value}, the statement to {account}; export one account at "
            "a time or choose one with --account"
        ),
    ),
    "file_missing": ("找不到文件 {name}", "there is no file {name}"),
    "file_xls": (
        "{name} 是旧版 .xls 格式；请在 Excel 或 WPS 中另存为 .xlsx",
        "{name} is in the old .xls format; save it as .xlsx",
    ),
    "file_html": (
        "{name} 其实是网页（HTML）；请用 Excel 或 WPS 打开后另存为 .xlsx",
        "{name} is really an HTML page; open it in Excel or WPS and save it as .xlsx",
    ),
    "file_pdf": (
        "{name} 是 PDF；请向银行索取 XLSX 或 CSV 格式的流水",
        "{name} is a PDF; ask for the statement as XLSX or CSV",
    ),
    "file_xlsx": (
        "{name} 无法作为 XLSX 读取（文件损坏或有密码）：{why}",
        "{name} cannot be read as XLSX (damaged or protected): {why}",
    ),
    "file_text": (
        "{name} 既不是 XLSX，也不是 UTF-8 或 GB18030 编码的文本",
        "{name} is neither XLSX nor text in UTF-8 or GB18030",
    ),
    "file_empty": ("{name} 是空的", "{name} is empty"),
    "csv_broken": (
        "{name} 不是合法的 CSV：{why}",
        "{name} is not CSV: {why}",
    ),
    "row_wide": (
        "第 {position} 列没有表头却有内容 {value!r}；多半是前面的单元格里有未加引号的分隔符",
        (
            "column {position} has no header but holds {value!r}; most likely a cell before it holds "
            "a separator without quotes"
        ),
    ),
    "file_large": (
        "{name} 超过 {limit} 行；请缩短查询区间后重新导出",
        "{name} has more than {limit} rows; export a shorter period",
    ),
    "header_missing": (
        (
            "{name} 的前 {count} 行里没有找到表头：至少需要交易日期（或交易时间）一列，以及交易金额"
            "或借方/贷方金额列。看到的列：{seen}"
        ),
        (
            "no header among the first {count} rows of {name}: a date (or time) column and an amount "
            "or debit/credit columns are needed. Columns seen: {seen}"
        ),
    ),
    "sheets_many": (
        "{name} 有多张流水表：{sheets}；请用 --sheet 指定一张",
        "{name} has several sheets with statements: {sheets}; choose one with --sheet",
    ),
    "sheet_missing": (
        "{name} 没有名为 {sheet} 的工作表，现有：{sheets}",
        "{name} has no sheet {sheet}; it has: {sheets}",
    ),
    "flag_missing": (
        "{name} 只有金额一列，没有借贷标志，金额也没有负数，无法判断收支方向",
        (
            "{name} has one amount column, no debit/credit mark and no negative amount: directions "
            "cannot be told"
        ),
    ),
    "rows_missing": ("{name} 没有一笔交易", "{name} holds no transaction"),
    "flip_needed": (
        (
            "{name} 按“借=支出、贷=收入”读，余额只有 {these} 处连得上；反过来读则有 {others} 处"
            "（共 {links} 处）。这份流水多半站在银行账簿一方记借贷，请加 --flip 重新运行"
        ),
        (
            "read with debit = out and credit = in, {these} of {links} balances of {name} chain; the "
            "other way round {others} do. The statement seems to be written from the bank's side: "
            "run again with --flip"
        ),
    ),
    "flip_wrong": (
        (
            "加了 --flip 后 {name} 的余额只有 {these} 处连得上，不加则有 {others} 处（共 {links} 处）；"
            "请去掉 --flip"
        ),
        (
            "with --flip {these} of {links} balances of {name} chain, without it {others} do; leave "
            "--flip out"
        ),
    ),
}


class StatementRefusedError(InvalidInputError):
    """A statement, or one cell of it, cannot be read without guessing."""

    def __init__(self, code: str, **values: object) -> None:
        """Keep the code and the values that its sentence shows."""
        self.code = code
        self.values = values
        super().__init__(self.render("en"))

    def render(self, lang: Lang) -> str:
        """Return the sentence in a language."""
        chinese, english = MESSAGES[self.code]
        return (chinese if lang == "zh" else english).format(**self.values)
