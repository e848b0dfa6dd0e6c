"""The tables of a kept result: what a trail needs of them, mapped, and whose snapshot they are.

Warnings of the tables are not kept: they were told when the tables were loaded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fundtrace.kept.arrays import (
    map_numbers,
    map_texts,
    map_words,
    save_numbers,
    save_texts,
    save_words,
)
from fundtrace.kept.registers import (
    KeptLoans,
    KeptParties,
    KeptRelations,
    save_loans,
    save_parties,
    save_relations,
)
from fundtrace.model.columns import encode_values
from fundtrace.model.kinds import AccountKind
from fundtrace.model.tables import Accounts, Int32s, Member, Movements, Tables

_MOVEMENT_NUMBERS = (
    *("line", "booked_at", "credit_booked_at", "seq", "debit", "credit", "amount_minor"),
    *("credit_minor", "kind", "reverses", "debit_balance_minor", "credit_balance_minor"),
)
_MOVEMENT_TEXTS = ("movement_id", "loan_id")
_MOVEMENT_WORDS = ("currency", "credit_currency")
_ACCOUNT_NUMBERS = ("opening_minor", "overdraft_limit_minor")
_ACCOUNT_TEXTS = ("account", "holder_id")
_ACCOUNT_WORDS = ("bank", "currency", "sector")
_NO_PARTY = -1


@dataclass(frozen=True, eq=False)
class KeptTables(Tables):
    """Mapped tables; a holder's name is one step from the account."""

    party: Int32s = field(default_factory=lambda: np.zeros(0, dtype=np.int32))  # by account

    def get_name(self, account_id: int) -> str:
        """Return the name of an account's holder, empty where no table says."""
        party = int(self.party[account_id])
        if party == _NO_PARTY or not isinstance(self.parties, KeptParties):
            return ""
        return self.parties.names[party]


def save_tables(folder: Path, tables: Tables) -> None:
    """Write what a trail needs of tables into a folder."""
    movements, accounts = tables.movements, tables.accounts
    for name in _MOVEMENT_NUMBERS:
        save_numbers(folder, f"movements.{name}", getattr(movements, name))
    for name in _MOVEMENT_TEXTS:
        save_texts(folder, f"movements.{name}", getattr(movements, name))
    for name in _MOVEMENT_WORDS:
        save_words(folder, f"movements.{name}", getattr(movements, name), len(movements))
    for name, texts in movements.texts.items():
        save_texts(folder, f"movements.texts.{name}", texts)
    for name in _ACCOUNT_NUMBERS:
        save_numbers(folder, f"accounts.{name}", getattr(accounts, name))
    for name in _ACCOUNT_TEXTS:
        save_texts(folder, f"accounts.{name}", getattr(accounts, name))
    for name in _ACCOUNT_WORDS:
        save_words(folder, f"accounts.{name}", getattr(accounts, name), len(accounts))
    save_words(folder, "accounts.kind", map(str, accounts.kind), len(accounts))
    is_listed = np.fromiter(accounts.is_listed, np.bool_, len(accounts))
    save_numbers(folder, "accounts.is_listed", is_listed)
    rows = {holder: row for row, holder in enumerate(tables.parties)}
    save_numbers(folder, "accounts.party", encode_values(accounts.holder_id, rows, _NO_PARTY))
    save_loans(folder, tables.loans)
    save_parties(folder, tables.parties)
    save_relations(folder, tables.relations)
    members = tables.members
    facts = {
        "loans": len(tables.loans),
        "movement_texts": list(movements.texts),
        "has_accounts_table": tables.has_accounts_table,
        "members": members and [[one.bank, one.name, one.cnaps] for one in members.values()],
        "has_members": members is not None,
    }
    (folder / "tables.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")


def map_tables(folder: Path, snapshot: str) -> KeptTables:
    """Return the tables that ``save_tables`` wrote, mapped."""
    facts: dict[str, Any] = json.loads((folder / "tables.json").read_text(encoding="utf-8"))
    movements = Movements(
        **_map_all(folder, "movements", _MOVEMENT_NUMBERS, _MOVEMENT_TEXTS, _MOVEMENT_WORDS),
        texts={
            name: map_texts(folder, f"movements.texts.{name}") for name in facts["movement_texts"]
        },
    )
    accounts = Accounts(
        **_map_all(folder, "accounts", _ACCOUNT_NUMBERS, _ACCOUNT_TEXTS, _ACCOUNT_WORDS),
        kind=map_words(folder, "accounts.kind", AccountKind),
        is_listed=map_numbers(folder, "accounts.is_listed"),
    )
    members = {bank: Member(bank, *more) for bank, *more in facts["members"] or ()}
    return KeptTables(
        accounts=accounts,
        movements=movements,
        loans=KeptLoans(folder, facts["loans"]),
        parties=KeptParties(folder),
        relations=KeptRelations(folder),
        members=members if facts["has_members"] else None,
        has_accounts_table=facts["has_accounts_table"],
        snapshot=snapshot,
        party=map_numbers(folder, "accounts.party"),
    )


def _map_all(
    folder: Path, table: str, numbers: Iterable[str], texts: Iterable[str], words: Iterable[str]
) -> dict[str, Any]:
    return {
        **{name: map_numbers(folder, f"{table}.{name}") for name in numbers},
        **{name: map_texts(folder, f"{table}.{name}") for name in texts},
        **{name: map_words(folder, f"{table}.{name}", str) for name in words},
    }
