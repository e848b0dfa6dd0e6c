"""Print one line per loan: how much of one use rests under each conserving rule.

The use is the one on which the rules differ most; uses that need no explanation (still with
the borrower, a declared payee, a supplier, unknown) are taken only where no other differs.
Uses and rules are named in the words of ``fundtrace.report.words``, as on every screen.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import fundtrace
from fundtrace.model.kinds import CONSERVING_RULES, Use
from fundtrace.model.money import render_amount
from fundtrace.report.words import Lang, say

_ORDINARY = {Use.BORROWER, Use.DECLARED_PAYEE, Use.SUPPLIER, Use.UNKNOWN}
_LINE = {Lang.ZH: "{loan} {use}：{amounts}", Lang.EN: "{loan} {use}: {amounts}"}
_JOIN = {Lang.ZH: "；", Lang.EN: "; "}


def main(folder: Path, lang: Lang) -> None:
    """Compare all conserving rules on every loan of a folder of tables."""
    dataset = fundtrace.load(folder)
    for loan_id in dataset.loan_ids:
        totals: dict[Use, dict[str, int]] = defaultdict(dict)
        for rule in CONSERVING_RULES:
            trail = dataset.trace(loan_id, rule)
            for part in trail.rests:
                by_rule = totals[part.use]
                by_rule[rule] = by_rule.get(rule, 0) + part.traced_minor
        spreads = {use: _measure_spread(by_rule) for use, by_rule in totals.items()}
        use = max(spreads, key=lambda one: (bool(spreads[one]), one not in _ORDINARY, spreads[one]))
        amounts = (
            f"{say(rule, lang)} {render_amount(totals[use].get(rule, 0), trail.currency)}"
            for rule in CONSERVING_RULES
        )
        print(
            _LINE[lang].format(loan=loan_id, use=say(use, lang), amounts=_JOIN[lang].join(amounts))
        )


def _measure_spread(by_rule: dict[str, int]) -> int:
    values = [by_rule.get(rule, 0) for rule in CONSERVING_RULES]
    return max(values) - min(values)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Lang(sys.argv[2]))
