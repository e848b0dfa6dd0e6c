"""What the rows of a statement say together: signs, order in time, directions, gaps.

Balances are the witness. A statement that chains (each balance is the one before it plus
what came in or minus what went out) proves its own order and its own reading of 借 and 贷;
where it has no balances, dates decide the order and the words decide the direction.

- **Signs.** Without a debit/credit column the sign is the direction. With one, a statement
  in which all outgoing amounts and no incoming ones are negative repeats the direction in
  the sign, unless balances chain better when negative amounts are read as red ink.
- **Order.** Among file order, its reverse, and both sorted by time, the one is taken whose
  balances chain best; file order and its reverse may even contradict times, if nine of ten
  balances then chain. Ties go to dates: newest first is reversed.
- **Direction.** 借 is out, 贷 is in, as a customer's statement has them. If the balances
  chain the other way round and not this way, the statement is refused with the way out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import accumulate, pairwise

from fundtrace.books.statement.messages import StatementRefusedError
from fundtrace.model.statement import Finding, StatementRow

_CHAINED_SHARE = 90  # percent of the links that must chain before balances overrule dates


def settle_signs(rows: Sequence[StatementRow], name: str, *, is_signed: bool) -> list[StatementRow]:
    """Take the direction out of the sign where the sign only repeats or gives it."""
    if is_signed:
        if not any(row.amount_minor < 0 for row in rows):
            raise StatementRefusedError("flag_missing", name=name)
        return [dataclasses.replace(row, amount_minor=abs(row.amount_minor)) for row in rows]
    outs = [row for row in rows if not row.is_in]
    ins = [row for row in rows if row.is_in]
    if (
        not outs
        or any(row.amount_minor > 0 for row in outs)
        or any(r.amount_minor < 0 for r in ins)
    ):
        return list(rows)
    plain = [dataclasses.replace(row, amount_minor=abs(row.amount_minor)) for row in rows]
    return list(rows) if _count_best(rows) > _count_best(plain) else plain


def settle_order(rows: Sequence[StatementRow]) -> tuple[list[StatementRow], list[Finding]]:
    """Return the rows in the order in which they happened, and what was done to them."""
    forth, back = list(rows), list(reversed(rows))
    is_newest_first = sum(_compare(a, b) for a, b in pairwise(forth)) < 0
    ways = [back, forth] if is_newest_first else [forth, back]
    timely = [way for way in ways if _is_timely(way)]
    timely += [sorted(way, key=lambda row: row.booked_at) for way in ways]
    best = max(timely, key=_rank)  # the first of equals
    findings: list[Finding] = []
    for way in (forth, back):
        links = _count_links(way)
        if links and _rank(way) > _rank(best) and _rank(way)[0] * 100 >= links * _CHAINED_SHARE:
            best = way
    if not _is_timely(best):
        late = [b.line for a, b in pairwise(best) if b.booked_at < a.booked_at]
        findings.append(Finding("times_lifted", tuple(late)))
        best = _lift(best)
    lines = [row.line for row in best]
    if len(rows) > 1 and lines == [row.line for row in back]:
        findings.append(Finding("order_reversed"))
    elif lines != [row.line for row in forth]:
        findings.append(Finding("order_sorted"))
    return best, findings


def check_direction(rows: Sequence[StatementRow], name: str, *, is_flipped: bool) -> None:
    """Refuse a reading whose balances do not chain where the opposite reading's do."""
    links, these = _count_links(rows), _count_chained(rows)
    others = _count_chained(rows, sign=-1)
    if others > these and others * 100 >= links * _CHAINED_SHARE:
        code = "flip_wrong" if is_flipped else "flip_needed"
        raise StatementRefusedError(code, name=name, these=these, others=others, links=links)


def flip(rows: Sequence[StatementRow]) -> list[StatementRow]:
    """Return the rows with 借 and 贷 changed over."""
    return [dataclasses.replace(row, is_in=not row.is_in) for row in rows]


def derive_opening(rows: Sequence[StatementRow]) -> int | None:
    """Return the balance before the first row, from the first balance given."""
    change = 0
    for row in rows:
        change += row.effect_minor
        if row.balance_minor is not None:
            return row.balance_minor - change
    return None


def find_gaps(rows: Sequence[StatementRow]) -> list[Finding]:
    """List the rows whose balance does not follow from the one before: expected, found."""
    gaps: list[Finding] = []
    expected: int | None = None
    for row in rows:
        expected = None if expected is None else expected + row.effect_minor
        if row.balance_minor is not None:
            if expected is not None and expected != row.balance_minor:
                gaps.append(Finding("gap", (row.line,), (expected, row.balance_minor)))
            expected = row.balance_minor
    return gaps


def _compare(earlier: StatementRow, later: StatementRow) -> int:
    return (later.booked_at > earlier.booked_at) - (later.booked_at < earlier.booked_at)


def _is_timely(rows: Sequence[StatementRow]) -> bool:
    return all(a.booked_at <= b.booked_at for a, b in pairwise(rows))


def _lift(rows: Sequence[StatementRow]) -> list[StatementRow]:
    """Move times that run backwards up to the latest one before them."""
    latest = accumulate((row.booked_at for row in rows), max)
    return [dataclasses.replace(row, booked_at=at) for row, at in zip(rows, latest, strict=True)]


def _count_links(rows: Sequence[StatementRow]) -> int:
    return sum(
        a.balance_minor is not None and b.balance_minor is not None for a, b in pairwise(rows)
    )


def _count_chained(rows: Sequence[StatementRow], sign: int = 1) -> int:
    """Count neighbours whose balances follow from each other."""
    return sum(
        a.balance_minor is not None
        and b.balance_minor is not None
        and a.balance_minor + sign * b.effect_minor == b.balance_minor
        for a, b in pairwise(rows)
    )


def _rank(rows: Sequence[StatementRow]) -> tuple[int, int]:
    """Rank an order by the links that chain, read either way, then by those read as written."""
    plain = _count_chained(rows)
    return max(plain, _count_chained(rows, sign=-1)), plain


def _count_best(rows: Sequence[StatementRow]) -> int:
    """Return how many links chain in the better of both orders, read as written."""
    return max(_count_chained(rows), _count_chained(list(reversed(rows))))
