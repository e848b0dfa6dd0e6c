"""Rows added day by day give the answers that all rows together give."""

from __future__ import annotations

import random
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundtrace import GrowingDataset, keep, open_kept
from fundtrace.api.dataset import Dataset
from fundtrace.books.tables import build_tables
from fundtrace.errors import BadTablesError, InvalidInputError
from fundtrace.model.kinds import CONSERVING_RULES
from fundtrace.trace.extending import find_end
from fundtrace.trace.trail import Trail
from tests.support.questions import patient
from tests.support.rows import account, loan, movement
from tests.support.worlds import FULL, worlds


def open_growing(**tables: list[dict[str, str]]) -> GrowingDataset:
    return GrowingDataset(Dataset(build_tables(tables)))


def list_facts(trail: Trail) -> dict[str, Any]:
    """Return all that a trail says but for its snapshot, the order of its parts and exposure."""
    facts = {one.name: getattr(trail, one.name) for one in fields(trail)}
    for name in ("snapshot", "exposure"):
        facts.pop(name)
    for name in ("first_uses", "rests", "ever_reached", "bank_names", "doubts"):
        facts[name] = sorted(map(repr, facts[name]))
    return facts


@patient(40)
@given(data=st.data())
def test_rows_added_in_steps_say_what_all_of_them_say(data: st.DataObject):
    rows = data.draw(worlds(replace(FULL, movements_max=20))).rows
    draws = random.Random(data.draw(st.integers(0, 2**32)))
    movements = rows["movements"]
    cuts = sorted(draws.randint(0, len(movements)) for _ in range(3))
    base = {name: table for name, table in rows.items() if table and name != "loans"}
    named = {row["movement_id"]: at for at, row in enumerate(movements)}
    comes = [named.get(row["movement_id"], 0) for row in rows["loans"]]
    in_order = [
        row for _, row in sorted(zip(comes, rows["loans"], strict=True), key=lambda x: x[0])
    ]
    first = [row for row in in_order if named.get(row["movement_id"], 0) < cuts[0]]
    start = base | {"movements": movements[: cuts[0]], "loans": first}
    growing = open_growing(**start)
    for begin, end in zip(cuts, [*cuts[1:], len(movements)], strict=True):
        new = [row for row in in_order if begin <= named.get(row["movement_id"], 0) < end]
        new = [row for row in new if row not in first]
        growing.append({"movements": movements[begin:end], "loans": new})
        for one in growing.dataset.tables.loans[:1]:
            growing.trace(one.loan_id)  # what an answer looked up is of no use after the next step
    tables = build_tables(base | {"movements": movements, "loans": in_order})
    whole = Dataset(tables)
    for one in growing.dataset.tables.loans:
        for rule in CONSERVING_RULES:
            expected = whole.trace(one.loan_id, rule, as_of=find_end(tables))
            assert list_facts(growing.trace(one.loan_id, rule)) == list_facts(expected)


ACCOUNTS = [account("A/1", opening_balance="0.00"), account("B/1", opening_balance="0.00")]


def start() -> GrowingDataset:
    return open_growing(
        accounts=ACCOUNTS,
        movements=[movement("M1", "03 09:00", "A/1", "B/1", "60.00")],
        loans=[loan("L1", "A/1", "100.00", "02 09:00")],
    )


def test_a_growing_data_set_follows_what_comes():
    growing = start()
    growth = growing.append(
        {
            "movements": [movement("M2", "04 09:00", "B/1", "C/9", "50.00")],
            "accounts": [account("C/9", kind="securities")],
        }
    )
    assert (growth.movements, growth.accounts_changed, growth.is_restart) == (1, 0, False)
    trail = growing.trace("L1")
    assert [(hop.movement_id, hop.traced_minor) for hop in trail.hops] == [
        ("M1", 6000),
        ("M2", 5000),
    ]
    assert trail.exposure is None
    assert {str(part.use): part.traced_minor for part in trail.rests}["securities"] == 5000


def test_a_question_between_two_steps_changes_no_later_answer():
    growing = start()
    first = {"movements": [movement("M2", "04 09:00", "B/1", "D/1", "10.00")]}
    growing.append(first | {"accounts": [account("D/1", kind="external")]})
    assert growing.trace("L1").reentry_candidates == ()
    back = movement("M3", "05 09:00", "D/1", "A/1", "5.00")
    onward = movement("M4", "05 10:00", "B/1", "E/1", "5.00")
    accounts = [account("E/1", kind="external")]
    growing.append({"movements": [back, onward], "accounts": accounts})
    found = growing.trace("L1").reentry_candidates
    assert [one.movement_id for one in found] == ["M3"]


def test_an_early_movement_traces_again_only_what_it_can_reach():
    growing = start()
    early = movement("M0", "02 12:00", "A/1", "B/1", "30.00")
    growth = growing.append({"movements": [early]})
    assert growth.accounts_changed == 2
    assert set(growth.retraced.values()) == {1}
    assert [hop.traced_minor for hop in growing.trace("L1").hops] == [3000, 6000]
    growing.restart()
    assert [hop.traced_minor for hop in growing.trace("L1").hops] == [3000, 6000]


def test_a_return_may_name_a_movement_that_was_there_before():
    growing = start()
    returned = movement("R1", "05 09:00", "B/1", "A/1", "60.00", kind="return", reverses="M1")
    growing.append({"movements": [returned]})
    assert growing.trace("L1").hops[-1].reverses == "M1"
    again = movement("R2", "06 09:00", "B/1", "A/1", "0.01", kind="return", reverses="M1")
    with pytest.raises(BadTablesError, match=r"returns of .M1. come to 60\.01 together"):
        growing.append({"movements": [again]})


def test_bad_rows_are_all_listed_and_nothing_is_added():
    growing = start()
    rows = [
        movement("M1", "04 09:00", "A/1", "B/1", "1.00"),
        movement("M3", "04 09:00", "A/1", "B/1", "x"),
    ]
    more = {"accounts": ACCOUNTS[:1], "loans": [loan("L1", "A/1", "1.00", "04 09:00")]}
    with pytest.raises(BadTablesError) as caught:
        growing.append({"movements": rows} | more)
    places = [(one.file, one.line, one.column) for one in caught.value.problems]
    assert ("movements.csv", 2, "movement_id") in places
    assert ("movements.csv", 3, "amount") in places
    assert ("accounts.csv", 2, "account") in places
    assert ("loans.csv", 2, "loan_id") in places
    assert len(growing.dataset.tables.movements) == 1
    growing.append({"movements": [movement("M3", "04 09:00", "A/1", "B/1", "1.00")]})


def test_an_account_known_in_other_currencies_only_must_be_listed():
    growing = start()
    dollars = movement("M2", "04 09:00", "A/1", "B/1", "1.00") | {"currency": "USD"}
    with pytest.raises(BadTablesError, match="in other currencies only; add it to accounts too"):
        growing.append({"movements": [dollars]})
    listed = [account(name, currency="USD", kind="current") for name in ("A/1", "B/1")]
    assert growing.append({"movements": [dollars], "accounts": listed}).movements == 1


def test_other_tables_and_other_rules_are_refused():
    growing = GrowingDataset(start().dataset, ["fifo"])
    with pytest.raises(InvalidInputError, match="only movements, accounts, loans"):
        growing.append({"parties": []})
    with pytest.raises(InvalidInputError, match="not kept up to date here; ask for fifo"):
        growing.trace("L1", "lifo")


def test_it_goes_on_from_a_kept_result(tmp_path: Path):
    begin = start().dataset
    keep(begin, tmp_path / "kept", is_extendable=True, with_exposure=False)
    kept = open_kept(tmp_path / "kept")
    resumed, fresh = GrowingDataset(begin, kept=kept), GrowingDataset(begin)
    for name, at, account_from, account_to in (
        ("M2", "04 09:00", "B/1", "A/1"),
        ("M0", "01 12:00", "B/1", "A/1"),
    ):
        rows = {"movements": [movement(name, at, account_from, account_to, "10.00")]}
        assert resumed.append(rows) == fresh.append(rows)
        for rule in CONSERVING_RULES:
            found, expected = resumed.trace("L1", rule), fresh.trace("L1", rule)
            assert list_facts(found) == list_facts(expected)
    again = open_kept(tmp_path / "kept")  # going on changes nothing on disk
    assert again.trace("L1").hops == GrowingDataset(begin).trace("L1").hops
    with pytest.raises(InvalidInputError, match="of other tables or of another time"):
        GrowingDataset(resumed.dataset, kept=kept)


def test_a_result_kept_without_its_memory_cannot_go_on(tmp_path: Path):
    begin = start().dataset
    end = find_end(begin.tables)
    keep(begin, tmp_path / "kept", as_of=end, with_exposure=False)
    with pytest.raises(InvalidInputError, match="keeps no state to go on from"):
        GrowingDataset(begin, kept=open_kept(tmp_path / "kept"))
    with pytest.raises(InvalidInputError, match="as of the last booking"):
        keep(begin, tmp_path / "other", as_of=end, is_extendable=True)


def test_every_step_has_a_snapshot_of_its_own():
    growing = start()
    before = growing.trace("L1").snapshot
    growing.append({"movements": [movement("M2", "04 09:00", "B/1", "A/1", "1.00")]})
    assert growing.trace("L1").snapshot != before


# --- what 64 bits do not carry ----------------------------------------------------------

HALF = "9000000000000000.00"  # in minor units 0.39 x 2^61, and a movement counts both sides
HUGE = "24000000000000000.00"  # more than 2^61 by itself
TOO_MUCH = {
    "amounts behind the others": {"movements": [movement("N1", "05 09:00", "B/1", "C/9", HUGE)]},
    "amounts before others": {"movements": [movement("N1", "02 12:00", "B/1", "C/9", HUGE)]},
    "a loan": {
        "movements": [movement("N1", "05 09:00", "B/1", "A/1", "1.00")],
        "loans": [loan("L2", "A/1", HUGE, "05 10:00", movement_id="N1")],
    },
    "an opening balance": {
        "movements": [movement("N1", "05 09:00", "B/1", "C/9", "1.00", purpose="goods")],
        "accounts": [account("C/9", opening_balance=HUGE)],
    },
    "the first balance of a new account": {
        "movements": [movement("N1", "05 09:00", "C/9", "B/1", "1.00", debit_balance_after=HUGE)]
    },
    "the first balance of an account in use": {
        "movements": [movement("N1", "05 09:00", "D/1", "B/1", "1.00", debit_balance_after=HUGE)]
    },
}


def list_answers(growing: GrowingDataset) -> list[tuple[str, dict[str, Any]]]:
    trails = [growing.trace("L1", rule) for rule in CONSERVING_RULES]
    return [(one.snapshot, list_facts(one)) for one in trails]


def start_with_an_unlisted_account() -> GrowingDataset:
    growing = start()
    growing.append({"movements": [movement("M2", "04 09:00", "B/1", "D/1", "10.00")]})
    return growing


@pytest.mark.parametrize("rows", TOO_MUCH.values(), ids=TOO_MUCH)
def test_rows_beyond_the_bound_are_refused_and_nothing_is_added(
    rows: dict[str, list[dict[str, str]]],
):
    growing, fresh = start_with_an_unlisted_account(), start_with_an_unlisted_account()
    before, tables = list_answers(growing), growing.dataset.tables
    with pytest.raises(InvalidInputError, match=r"2\^61 minor units or more; nothing was added"):
        growing.append(rows)
    assert growing.dataset.tables is tables
    assert list_answers(growing) == before
    good = {
        "movements": [
            movement("N1", "06 09:00", "B/1", "C/9", "20.00", remittance="goods"),
            movement("N2", "06 10:00", "D/1", "A/1", "5.00", debit_balance_after="95.00"),
        ],
        "accounts": [account("C/9", opening_balance="1.00")],
        "loans": [loan("L2", "A/1", "5.00", "06 10:00", movement_id="N2")],
    }
    assert growing.append(good) == fresh.append(good)
    assert list_answers(growing) == list_answers(fresh)
    assert list_facts(growing.trace("L2")) == list_facts(fresh.trace("L2"))
    assert growing.dataset.tables.movements.texts == fresh.dataset.tables.movements.texts


@pytest.mark.parametrize("at", ["05 09:00", "02 12:00"])
def test_steps_that_fit_one_by_one_are_refused_where_they_do_not_fit_together(at: str):
    growing = start()
    growing.append({"movements": [movement("N1", at, "B/1", "C/9", HALF)]})
    with pytest.raises(InvalidInputError, match="nothing was added"):
        growing.append({"movements": [movement("N2", "06 09:00", "B/1", "C/9", HALF)]})
    growing.restart()
    with pytest.raises(InvalidInputError, match="nothing was added"):
        growing.append({"movements": [movement("N2", "06 09:00", "B/1", "C/9", HALF)]})
    growing.append({"movements": [movement("N2", "06 09:00", "B/1", "A/1", "1.00")]})
    assert list(growing.dataset.tables.movements.movement_id) == ["M1", "N1", "N2"]
    assert growing.trace("L1").hops


def test_tables_beyond_the_bound_cannot_grow():
    with pytest.raises(InvalidInputError, match=r"2\^61 .* traced, but cannot grow"):
        open_growing(movements=[movement("M1", "03 09:00", "A/1", "B/1", HUGE)])


def test_more_movements_than_a_trace_takes_are_refused(monkeypatch: pytest.MonkeyPatch):
    growing = start()
    monkeypatch.setattr("fundtrace.trace.units.MOVEMENTS_MAX", 2)
    more = [movement(f"N{day}", f"0{day} 09:00", "B/1", "A/1", "1.00") for day in (4, 5)]
    with pytest.raises(InvalidInputError, match="at most 2 movements; nothing was added"):
        growing.append({"movements": more})
    assert growing.append({"movements": more[:1]}).movements == 1
