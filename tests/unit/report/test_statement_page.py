from __future__ import annotations

import re
import string
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fundtrace.api.dataset import Dataset
from fundtrace.books.statement.reader import read_statement
from fundtrace.books.statement.tables import build_facts
from fundtrace.books.tables import build_tables
from fundtrace.model.kinds import CONSERVING_RULES, Rule
from fundtrace.model.statement import LoanQuestion
from fundtrace.report.statement import page as statement_page
from fundtrace.report.statement.page import Phrases, build_key_lines, render_statement_page
from fundtrace.report.statement.view import build_view
from fundtrace.report.statement.words import WORDS
from tests.support.statements import write_factory_xlsx, write_farm_csv, write_flagged

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "docs" / "examples" / "statement-sample.csv"
TEMPLATE = Path(statement_page.__file__).parent / "templates" / "statement.html.j2"
VOID = {"meta", "br"}


def ask(path, on="2026-03-05", principal=300000000, payees=()):
    case, rows = build_facts(read_statement(path), LoanQuestion("L-1", on, principal, payees))
    dataset = Dataset(build_tables(rows))
    return case, {rule: dataset.trace("L-1", rule) for rule in Rule}


def render(case, trails, lang="zh"):
    return render_statement_page(case, trails, lang, "0.1.0")


class Checker(HTMLParser):
    """Collects tags that are not closed, and every tag and attribute."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.attributes = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, _attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(params=["sample", "factory", "farm"])
def answer(request, tmp_path):
    if request.param == "sample":
        return ask(SAMPLE, payees=("温州鹿达皮革有限公司",))
    if request.param == "factory":
        return ask(write_factory_xlsx(tmp_path / "a.xlsx"))
    return ask(write_farm_csv(tmp_path / "b.csv"), on="2026-03-02", principal=30000000)


@pytest.mark.parametrize("rule", CONSERVING_RULES)
def test_destinations_add_up_to_the_loan_under_every_rule(answer, rule):
    case, trails = answer
    view = build_view(case, trails)
    assert sum(one.by_rule[rule] for one in view.destinations) == case.loan.principal_minor


def test_the_spread_is_that_of_the_trail(answer):
    case, trails = answer
    view = build_view(case, trails)
    parts = {
        (part.place.bank, part.place.account): (part.min_minor, part.max_minor)
        for part in trails[Rule.FIFO].rests
        if part.place.bank not in ("", "OWN")
    }
    shown = {
        (one.counterparty.bank, one.counterparty.account): (one.min_minor, one.max_minor)
        for one in view.destinations
        if one.counterparty
    }
    assert shown == {key: value for key, value in parts.items() if value[1]}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_is_well_formed_and_self_contained(answer, lang):
    page = render(*answer, lang)
    checker = Checker(page)
    assert checker.open == []
    assert not {"script", "link", "img", "iframe"} & set(checker.tags)
    assert not {"src", "onclick", "style"} & {name for name, _ in checker.attributes}
    assert not re.search(r"https?://|url\(|@import", page)
    assert 'lang="zh-CN"' in page if lang == "zh" else 'lang="en"' in page


def test_the_same_input_gives_the_same_bytes(tmp_path):
    first = render(*ask(write_factory_xlsx(tmp_path / "a.xlsx")))
    again = render(*ask(tmp_path / "a.xlsx"))
    assert first == again


def test_the_sample_tells_its_story():
    case, trails = ask(SAMPLE, payees=("温州鹿达皮革有限公司",))
    lines = build_key_lines(case, trails, "zh")
    assert lines == [
        (
            "按“贷款先出”口径，截至 2026-03-30：2,729,518.75 元（约 272.95 万元）到了 6 个对方账户；"
            "213,643.25 元（约 21.36 万元）仍在本账户；5,512.50 元用于还贷；51,325.50 元（约 5.13 万元）"
            "取现、付费或对方不明。"
        ),
        (
            "约定收款人以外的最大去向：海纳证券股份有限公司客户交易结算资金（4000023129200771850，"
            "证券、基金、投资字样），视口径为 56,295.40 至 500,000.00 元。"
        ),
        "到此为止：5 个对方账户、5 笔付款的后续去向，须由其他银行答复（5 家银行）。",
    ]
    page = render(case, trails)
    assert "与借款人同户名" in page
    assert (
        "2026-03-06 15:33:48 到账、户名“海纳证券股份有限公司客户交易结算资金”、账号 4000023129200771850 "
        "的 500,000.00 元，后来去了哪里？其中属于本笔贷款 56,295.40 至 500,000.00 元。" in page
    )


def test_a_payment_that_came_back_whole_is_not_asked_about(tmp_path):
    case, trails = ask(write_farm_csv(tmp_path / "b.csv"), on="2026-03-02", principal=30000000)
    view = build_view(case, trails)
    names = [p.counterparty.name for q in view.questions for p in q.payments]
    assert names == ["瑞安置业有限公司"]
    assert [one.row.line for one in view.payments if one.is_return] == [7]


def test_accounts_at_banks_not_named_are_counted_apart(tmp_path):
    case, trails = ask(write_factory_xlsx(tmp_path / "a.xlsx"))
    assert build_key_lines(case, trails, "zh")[2] == (
        "到此为止：3 个对方账户、3 笔付款的后续去向，须由其他银行答复（2 家银行，1 个账户未列明开户行）。"
    )
    assert "开户行未列明的账户" in render(case, trails)


def test_money_that_comes_back_from_a_counterparty_is_shown_apart():
    case, trails = ask(SAMPLE)
    view = build_view(case, trails)
    assert [(one.row.line, one.counterparty.name) for one in view.come_back] == [(22, "陈海涛")]


def test_a_hostile_name_is_only_text(tmp_path):
    evil = "<script>alert(1)</script>\"'&"
    path = write_flagged(
        tmp_path / "s.csv",
        ["20260305", "100000", "贷", "100.00", "", "", "", "贷款发放"],
        ["20260306", "100000", "借", "60.00", "", evil, "111", evil],
    )
    page = render(*ask(path, principal=10000, payees=(evil,)))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert Checker(page).open == []


def test_gaps_and_rows_without_counterparty_are_on_the_page(tmp_path):
    path = write_flagged(
        tmp_path / "s.csv",
        ["20260305", "100000", "贷", "100.00", "100.00", "", "", "贷款发放"],
        ["20260306", "100000", "借", "60.00", "35.00", "", "", "转支"],
    )
    page = render(*ask(path, principal=10000), lang="en")
    assert "1 in all" in page
    assert "-5.00" in page
    assert "lines 3 (outgoing CNY 60.00)" in page


def test_an_empty_result_is_not_called_clean(tmp_path):
    path = write_flagged(
        tmp_path / "s.csv", ["20260305", "100000", "贷", "100.00", "", "", "", "贷款发放"]
    )
    page = render(*ask(path, principal=10000))
    assert "这不等于没有挪用" in page
    assert "没有异常，不等于用途合规" in page


def test_an_assumed_disbursement_is_said_at_the_top(tmp_path):
    page = render(*ask(write_factory_xlsx(tmp_path / "a.xlsx"), on="2026-03-08"))
    head = page.split('id="where"')[0]
    assert "推定贷款在该日零时进入本账户" in head
    assert "请核对放款日期" in head


@pytest.mark.parametrize(
    ("minor", "shown"),
    [
        (300000000, "300 万元"),
        (123456789, "约 123.46 万元"),
        (1000000, "1 万元"),
        (999999, ""),
        (1005000, "约 1 万元"),
        (1015000, "约 1.02 万元"),
        (12345600000000, "12,345,600 万元"),
    ],
)
def test_large_amounts_are_also_told_in_wan(tmp_path, minor, shown):
    case, _ = ask(write_factory_xlsx(tmp_path / "a.xlsx"))
    assert Phrases(case, "zh").wan(minor) == shown
    assert Phrases(case, "en").wan(minor) == ""


@pytest.mark.parametrize("key", WORDS)
def test_every_word_stands_in_both_languages_with_the_same_values(key):
    chinese, english = WORDS[key]
    if key not in ("wan", "about"):  # English has no 万
        assert chinese
        assert english
        fields = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in (chinese, english)
        ]
        assert fields[0] == fields[1]


def test_every_word_is_used_and_every_used_word_exists():
    root = Path(statement_page.__file__).parents[2]
    sources = [
        TEMPLATE,
        *(root / "report" / "statement").glob("[pv]*.py"),
        root / "cli" / "statement.py",
    ]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    used = set(re.findall(r"\bw\.([a-z_]+)", text))
    used |= set(re.findall(r"(?:say\(|words\[)\s*[\"']([a-z_]+)[\"']", text))
    assert used <= WORDS.keys()
    prefixes = ("rule_", "mean_", "dest_", "hint_", "find_", "key_")
    quoted = set(re.findall(r"[\"']([a-z_]+)[\"']", text))
    assert {key for key in WORDS if not key.startswith(prefixes)} <= used | quoted


def test_every_finding_and_hint_of_the_reader_has_words():
    books = (ROOT / "fundtrace" / "books" / "statement").glob("*.py")
    text = "\n".join(path.read_text(encoding="utf-8") for path in books)
    codes = set(re.findall(r"Finding\(\s*\"([a-z_]+)\"", text)) - {"gap"}
    codes |= {"red_matched", "red_swapped", "red_unmatched"}
    assert codes == {key.removeprefix("find_") for key in WORDS if key.startswith("find_")}
    hints = set(re.findall(r"\(\s*\"([a-z_]+)\",\s*re\.compile", text))
    hints |= set(re.findall(r"hints\.append\(\"([a-z_]+)\"", text))
    assert hints == {key.removeprefix("hint_") for key in WORDS if key.startswith("hint_")}
