"""Small texts that several renderings share: clean names, accounts, shares, round sums.

Names and numbers come from other people's files, so they are made harmless before a
terminal or an XML document sees them. Shares are whole-number arithmetic.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from fundtrace.model.kinds import Rule
from fundtrace.model.money import get_minor_digits, render_amount, render_percent
from fundtrace.report.words import Label, Lang, say
from fundtrace.trace.trail import Cut, Doubt, Trail

if TYPE_CHECKING:
    from fundtrace.trace.result import Scope  # which imports numpy; commands begin without it

# Control characters (terminal escapes), invisible and direction-changing ones, lone halves
# of surrogate pairs, line and paragraph separators.
_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_REPLACEMENT = "\ufffd"
_NONCHARACTERS = frozenset("\ufffe\uffff")
_TAIL_SIZE = 4
_WAN = 10_000


def clean(text: str) -> str:
    """Replace characters that could command a terminal, reorder a line or break XML."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _REPLACEMENT if unicodedata.category(char) in _HARMFUL or char in _NONCHARACTERS else char
        for char in text
    )


def mask_account(account: str) -> str:
    """Show at most the last four characters of an account number, never more than half."""
    kept = min(_TAIL_SIZE, len(account) // 2)
    return "****" + (account[len(account) - kept :] if kept else "")


def shorten_account(account: str) -> str:
    """Return a long account number's last four characters behind an ellipsis."""
    return account if len(account) <= 2 * _TAIL_SIZE else f"…{account[-_TAIL_SIZE:]}"


def get_bank_name(trail: Trail, bank: str) -> str:
    """Return a bank's name as the trail gives it, or its code."""
    return clean(dict(trail.bank_names).get(bank, "") or bank)


def render_share(part_minor: int, whole_minor: int) -> str:
    """Return part of whole as a percentage with two digits."""
    return f"{render_percent(part_minor, whole_minor)}%"


def render_round_amount(minor: int, currency: str) -> str:
    """Render in 万元 where that is exact to two digits, else in full; never rounded."""
    per_hundred = 100 * 10 ** get_minor_digits(currency)
    if currency != "CNY" or minor % per_hundred or abs(minor) < _WAN * per_hundred // 100:
        return render_amount(minor, currency)
    hundreds = minor // per_hundred  # of yuan, so that 100 of them are 1 万
    text = f"{hundreds // 100:,}.{hundreds % 100:02d}".rstrip("0").rstrip(".")
    return f"{text}万"


def describe_scope(scope: Scope, currency: str, lang: Lang | str) -> str:
    """Say how far following was allowed; amounts are of ``currency``, the loan's."""
    lang = Lang(lang)
    amounts = {
        Label.SCOPE_AMOUNT: scope.amount_max_minor,
        Label.SCOPE_PART: scope.part_min_minor or None,  # 0 is no limit
    }
    limits: dict[Label, object] = {
        Label.SCOPE_WINDOW: scope.window_days,
        Label.SCOPE_HOPS: scope.hops_max,
    }
    for label, minor in amounts.items():
        limits[label] = None if minor is None else f"{currency} {render_amount(minor, currency)}"
    said = [say(label, lang, limit=limit) for label, limit in limits.items() if limit is not None]
    return ("，" if lang is Lang.ZH else ", ").join(said) or say(Label.SCOPE_NONE, lang)


def describe_cut(trail: Trail, cut: Cut, lang: Lang | str) -> str:
    """Say in a sentence what a view limit hid, or which rules the spread lacks."""
    lang = Lang(lang)
    if cut.limit == "budget_seconds":
        rules = [say(Rule(name), lang) for name in cut.value.split(", ")]
        return say(Label.CUT_SPREAD, lang, rules=("、" if lang is Lang.ZH else ", ").join(rules))
    amount = render_amount(cut.hidden_minor, trail.currency)
    limit = say(Label[f"LIMIT_{cut.limit.upper()}"], lang)
    values = {"limit": limit, "value": cut.value, "hops": cut.hidden_hops}
    return say(Label.CUT_LINE, lang, **values, amount=amount)


def describe_doubt(doubt: Doubt, lang: Lang | str) -> str:
    """Say in a sentence what weakens the trail."""
    place = doubt.place
    amount = f"{place.currency} {render_amount(doubt.amount_minor, place.currency)}"
    account = clean(f"{place.bank}/{place.account}")
    return say(doubt.kind, Lang(lang), account=account, amount=amount, day=doubt.day)
