"""Forward reach in the words of the tables: which accounts, since when, by which movement."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fundtrace.errors import AmbiguousError, NotFoundError
from fundtrace.model.tables import NO_ROW, Accounts
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.reach import reach_forward

if TYPE_CHECKING:
    from fundtrace.trace.kernel.reaching import ReachIndex


class Reached(NamedTuple):
    """An account to which money can have come."""

    bank: str
    account: str
    currency: str
    instant: int  # microseconds since the epoch, of the first arrival
    movement_id: str  # that can have brought it first; empty for the account asked about


def list_reached(
    given: TraceInput,
    index: ReachIndex | None,
    of: tuple[str, str],
    times: tuple[int | None, int | None],
) -> list[Reached]:
    """Return what ``of`` (bank/number, currency or empty) can reach within ``times``.

    Both times are inclusive; None is no limit, and then the first row's instant is that of
    the first movement known. Without an index the reference answers.
    """
    accounts, movements = given.tables.accounts, given.tables.movements
    account = _find_account(accounts, *of)
    since, until = times
    if since is None:
        since = int(movements.booked_at.min()) if len(movements) else 0
    if index is None:
        arrivals = reach_forward(given, account, since, until)
    else:
        from fundtrace.trace.kernel import reaching

        arrivals = reaching.reach_forward(index, account, since, until)
    return [
        Reached(
            accounts.bank[one],
            accounts.account[one],
            accounts.currency[one],
            instant,
            "" if row == NO_ROW else movements.movement_id[row],
        )
        for one, instant, row in zip(*(column.tolist() for column in arrivals[:3]), strict=True)
    ]


def _find_account(accounts: Accounts, name: str, currency: str) -> int:
    """Return the row of the only account of that name and, unless empty, currency."""
    found = [
        row
        for row, (bank, number) in enumerate(zip(accounts.bank, accounts.account, strict=True))
        if number and name.endswith(number) and name == f"{bank}/{number}"
    ]
    currencies = [accounts.currency[row] for row in found]
    fitting = [row for row in found if currency in ("", accounts.currency[row])]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(currencies)
        raise AmbiguousError(f"account {name} is held in {names}; name the currency", currencies)
    if found:
        raise NotFoundError(f"account {name} is not held in {currency}")
    raise NotFoundError(f"no account {name!r} here; write bank/number")
