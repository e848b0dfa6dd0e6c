"""The page of one bank statement: self-contained HTML, no script, the same bytes each time.

The numbers come from ``view``, the words from ``words``, the markup from
``templates/statement.html.j2``; this module puts amounts, dates and sentences together. All
text of the file is escaped by Jinja2; no time of rendering enters the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jinja2

from fundtrace.model.instants import render_instant, render_local
from fundtrace.model.kinds import DEFAULT_RULE, Rule
from fundtrace.model.money import get_minor_digits, render_amount
from fundtrace.model.statement import Counterparty, Finding, StatementFacts
from fundtrace.model.tables import UNKNOWN_BANK
from fundtrace.report.statement.view import (
    SHOWN_RULES,
    Destination,
    Payment,
    StatementView,
    build_view,
)
from fundtrace.report.statement.words import Lang, get_words
from fundtrace.trace.trail import Trail

GAPS_SHOWN_MAX = 50  # LIMIT: a statement that chains nowhere must not fill a hundred pages
_LINES_SHOWN_MAX = 40
_WAN_LEAST = 10_000  # main units from which 万 stands beside the exact amount
_BAR_WIDTH = 10_000
_COLOURS = 7  # classes c0 to c6 of the template: five counterparties, held, all others


@dataclass(frozen=True)
class Bar:
    """A piece of a bar, in ten-thousandths of its width."""

    x: int
    width: int
    css: str
    label: str


class Phrases:
    """Words and amounts of one page in its language and currency."""

    def __init__(self, case: StatementFacts, lang: Lang) -> None:
        """Choose the language; the currency is the statement's."""
        self.words = get_words(lang)
        self.currency = case.statement.currency
        self.digits = get_minor_digits(self.currency)

    def say(self, key: str, /, **values: object) -> str:
        """Return a sentence with its values filled in."""
        return self.words[key].format(**values)

    @property
    def unit(self) -> str:
        """Return the currency's name beside an amount."""
        return self.words["yuan"] if self.currency == "CNY" else self.currency

    def exact(self, minor: int) -> str:
        """Return an amount without its unit, to the last minor unit."""
        return render_amount(minor, self.currency)

    def wan(self, minor: int) -> str:
        """Return a large amount in 万, rounded half to even and then marked, or nothing."""
        main = 10**self.digits
        if abs(minor) < _WAN_LEAST * main or not self.words["wan"]:
            return ""
        hundredth = main * _WAN_LEAST // 100
        whole, rest = divmod(abs(minor), hundredth)
        whole += 2 * rest > hundredth or (2 * rest == hundredth and whole % 2 == 1)
        number = f"{whole // 100:,}.{whole % 100:02d}".rstrip("0").rstrip(".")
        sign = "-" if minor < 0 else ""
        about = self.words["about"] if rest else ""
        unit = self.unit if self.currency == "CNY" else f" {self.unit}"
        return self.say("wan", about=about, number=sign + number, unit=unit)

    def money(self, minor: int) -> str:
        """Return an amount with its unit, and in 万 beside it where it is large."""
        text = self.say("money", amount=self.exact(minor), unit=self.unit)
        wan = self.wan(minor)
        return f"{text}（{wan}）" if wan else text

    def plain(self, minor: int) -> str:
        """Return an amount with its unit."""
        return self.say("money", amount=self.exact(minor), unit=self.unit)

    def range(self, least: int, most: int) -> str:
        """Return a spread; one amount where both ends are the same."""
        if least == most:
            return self.plain(least)
        return self.say("range", least=self.exact(least), most=self.plain(most))

    def spread(self, least: int, most: int) -> str:
        """Return a spread as words about the rules."""
        if least == most:
            return self.say("every_rule", amount=self.plain(least))
        return self.say("by_rule", range=self.range(least, most))

    def date(self, micros: int) -> str:
        """Return the day of an instant in Asia/Shanghai."""
        return render_instant(micros, utc=False)[:10]

    def time(self, micros: int) -> str:
        """Return day and time; only the day where the statement gives no time."""
        return render_local(micros).removesuffix(" 00:00")

    def lines(self, lines: Sequence[int]) -> str:
        """Return line numbers as a list, cut where it would run over."""
        shown = self.words["list_join"].join(map(str, lines[:_LINES_SHOWN_MAX]))
        return f"{shown} …" if len(lines) > _LINES_SHOWN_MAX else shown

    def name(self, party: Counterparty | None, word: str) -> str:
        """Return the name of a destination."""
        if party is None:
            return self.words[f"dest_{word}"]
        return party.name or self.words["name_none"]

    def account(self, party: Counterparty) -> str:
        """Return a counterparty's account number, or that there is none."""
        return party.shown_account or self.words["account_missing"]

    def finding(self, finding: Finding) -> str:
        """Return the sentence of a finding."""
        values: dict[str, object] = {
            f"a{i}": self.plain(minor) for i, minor in enumerate(finding.amounts)
        }
        values |= {f"t{i}": text for i, text in enumerate(finding.texts)}
        values["lines"] = self.lines(finding.lines)
        values["texts"] = self.words["list_join"].join(finding.texts)
        return self.say(f"find_{finding.code}", **values)


def render_statement_page(
    case: StatementFacts, trails: Mapping[Rule, Trail], lang: Lang, version: str
) -> str:
    """Render the page; ``trails`` holds the loan's trail under every rule."""
    view = build_view(case, trails)
    phrases = Phrases(case, lang)
    principal = case.loan.principal_minor
    context: dict[str, Any] = {
        "p": phrases,
        "w": phrases.words,
        "case": case,
        "statement": case.statement,
        "view": view,
        "rules": SHOWN_RULES,
        "exposure": Rule.EXPOSURE,
        "default": DEFAULT_RULE,
        "key_lines": build_key_lines(case, trails, lang),
        "legend": _build_legend(view, phrases),
        "bars": {rule: _build_bars(view, rule, principal, phrases) for rule in SHOWN_RULES},
        "scale": lambda minor: minor * _BAR_WIDTH // principal,
        "totals": {
            rule: sum(one.by_rule[rule] for one in view.destinations) for rule in SHOWN_RULES
        },
        "findings": [one for one in case.findings if one.code != "gap"],
        "gaps": [one for one in case.findings if one.code == "gap"],
        "gaps_shown_max": GAPS_SHOWN_MAX,
        "snapshot": trails[DEFAULT_RULE].snapshot,
        "version": version,
        "ask_line": lambda payment: _ask(payment, phrases),
    }
    return _get_environment().get_template("statement.html.j2").render(context)


def build_key_lines(case: StatementFacts, trails: Mapping[Rule, Trail], lang: Lang) -> list[str]:
    """Return the three most important sentences: where, the largest, what is still open."""
    view = build_view(case, trails)
    phrases = Phrases(case, lang)
    return [_say_where(case, view, phrases), _say_largest(view, phrases), _say_open(view, phrases)]


def _say_where(case: StatementFacts, view: StatementView, phrases: Phrases) -> str:
    sums = {"counterparty": 0, "held": 0, "repayment": 0, "other": 0}
    count = 0
    for one in view.destinations:
        minor = one.by_rule[DEFAULT_RULE]
        word = "counterparty" if one.counterparty else one.word
        sums[word if word in sums else "other"] += minor
        count += bool(minor and one.counterparty)
    parts = [
        phrases.say(f"key_{word}", amount=phrases.money(minor), count=count)
        for word, minor in sums.items()
        if minor
    ]
    return phrases.say(
        "key_where",
        rule=phrases.words[f"rule_{DEFAULT_RULE}"],
        end=phrases.date(case.statement.rows[-1].booked_at),
        parts=phrases.words["sentence_join"].join(parts),
    )


def _say_largest(view: StatementView, phrases: Phrases) -> str:
    parties = [one for one in view.destinations if one.counterparty]
    others = [one for one in parties if one.counterparty and "payee" not in one.counterparty.hints]
    chosen = (others or parties)[:1]
    if not chosen or chosen[0].counterparty is None:
        return phrases.words["key_no_largest"]
    one, party = chosen[0], chosen[0].counterparty
    hints = [phrases.words[f"hint_{hint}"] for hint in party.hints]
    return phrases.say(
        "key_largest" if one is parties[0] else "key_largest_other",
        name=phrases.name(party, ""),
        account=phrases.account(party),
        hints="".join(phrases.words["comma"] + hint for hint in hints),
        range=phrases.spread(one.min_minor, one.max_minor),
    )


def _say_open(view: StatementView, phrases: Phrases) -> str:
    others = [one for one in view.questions if not one.is_own_bank]
    if not others:
        return phrases.words["key_no_questions"]
    named = [one for one in others if one.bank != UNKNOWN_BANK]
    unknown = sum(one.account_count for one in others if one.bank == UNKNOWN_BANK)
    banks = [phrases.say("key_banks", count=len(named))] if named else []
    banks += [phrases.say("key_banks_unknown", count=unknown)] if unknown else []
    return phrases.say(
        "key_questions",
        banks=phrases.words["comma"].join(banks),
        accounts=sum(one.account_count for one in others),
        payments=sum(len(one.payments) for one in others),
    )


def _ask(payment: Payment, phrases: Phrases) -> str:
    party = payment.counterparty
    line = phrases.say(
        "ask_line",
        date=phrases.time(payment.row.booked_at),
        name=phrases.name(party, payment.word),
        account=phrases.account(party) if party else "",
        amount=phrases.plain(payment.row.amount_minor),
        range=phrases.range(payment.min_minor, payment.max_minor),
    )
    if payment.returned_minor:
        line += phrases.say("ask_returned", amount=phrases.plain(payment.returned_minor))
    return line


def _get_css(position: int, one: Destination) -> str:
    """Return the colour class: the first five counterparties, held, and all others."""
    if one.word == "held":
        return "c5"
    return f"c{position}" if one.counterparty and position < _COLOURS - 2 else "c6"


def _build_legend(view: StatementView, phrases: Phrases) -> list[tuple[str, str]]:
    legend: dict[str, str] = {}
    for position, one in enumerate(view.destinations):
        css = _get_css(position, one)
        if css == "c6":
            legend[css] = phrases.words["chart_other"]
        else:
            legend[css] = phrases.name(one.counterparty, one.word)
    return sorted(legend.items())


def _build_bars(view: StatementView, rule: Rule, principal: int, phrases: Phrases) -> list[Bar]:
    """Return the pieces of one rule's bar, colours in order; together they fill it."""
    pieces: dict[str, tuple[int, list[str]]] = {}
    for position, one in enumerate(view.destinations):
        css, minor = _get_css(position, one), one.by_rule[rule]
        total, labels = pieces.get(css, (0, []))
        name = phrases.name(one.counterparty, one.word)
        label = [f"{name} {phrases.plain(minor)}"] if minor else []
        pieces[css] = (total + minor, labels + label)
    bars: list[Bar] = []
    done = 0
    for css, (minor, labels) in sorted(pieces.items()):
        x = done * _BAR_WIDTH // principal
        done += minor
        width = done * _BAR_WIDTH // principal - x
        if minor:
            bars.append(Bar(x, width, css, phrases.words["list_join"].join(labels)))
    return bars


@lru_cache(maxsize=1)
def _get_environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("fundtrace.report.statement"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
