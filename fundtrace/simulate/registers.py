"""The registers of a world as frames: members, parties, relations, accounts and loans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from fundtrace.model.kinds import AccountKind, PartyType, Relation
from fundtrace.model.money import render_amount
from fundtrace.model.tables import NO_VALUE, Int64s
from fundtrace.simulate import clock, names
from fundtrace.simulate.draws import Draws
from fundtrace.simulate.lending import Loan
from fundtrace.simulate.population import CURRENCIES, OUTSIDE_BANKS, Population
from fundtrace.simulate.world import World

_NUMBERS, _NAMES, _DATES = 100, 101, 102  # streams of draws
_KINDS = tuple(AccountKind)


@dataclass(frozen=True, eq=False)
class Directory:
    """Bank, number and currency of every account; the last entry is the outside, empty."""

    bank_codes: list[str]
    bank: Int64s  # position in bank_codes
    number: pl.Series
    currency: Int64s


def describe_accounts(world: World) -> Directory:
    """Return what movements say of accounts, listed ones first."""
    population = world.population
    members = population.member_count
    codes = [*(f"B{at + 1:02d}" for at in range(members)), *OUTSIDE_BANKS, ""]
    outside_banks = [members + one.bank for one in population.outsiders]
    bank = [*(one.bank for one in population.own), *outside_banks, len(codes) - 1]
    currency = [
        *(one.currency for one in population.own),
        *(one.currency for one in population.outsiders),
        0,
    ]
    all_banks = np.concatenate([population.bank, np.array(bank, dtype=np.int64)])
    total = len(all_banks) - 1
    serials = Draws(world.size.seed, _NUMBERS).shuffle(total)
    frame = pl.DataFrame({"bank": all_banks[:total], "serial": serials})
    prefix = (pl.col("bank") * 37 % 100).cast(pl.String).str.zfill(2)  # some begin with a zero
    number = prefix + (pl.col("serial") * 97 + 11).cast(pl.String).str.zfill(10)
    return Directory(
        bank_codes=codes,
        bank=all_banks,
        number=frame.select(number.alias("account")).to_series().append(pl.Series([""])),
        currency=np.concatenate(
            [np.zeros(len(population.bank), dtype=np.int64), np.array(currency, dtype=np.int64)]
        ),
    )


def name_party(party: int) -> str:
    """Return the id of a party."""
    return f"P{party + 1:07d}"


def _name_parties(parties: Int64s) -> pl.Series:
    digits = pl.col("party").cast(pl.String).str.zfill(7)
    frame = pl.DataFrame({"party": parties + 1})
    named = pl.when(pl.col("party") > 0).then(pl.lit("P") + digits).otherwise(pl.lit(""))
    return frame.select(named).to_series()


def build_registers(world: World) -> dict[str, pl.DataFrame]:
    """Return all tables but the movements, each in an order that says nothing."""
    directory = describe_accounts(world)
    population = world.population
    registered = _draw_registrations(world)
    return {
        "members": pl.DataFrame(
            {
                "bank": directory.bank_codes[: population.member_count],
                "name": names.BANK_NAMES[: population.member_count],
            }
        ),
        "parties": _build_parties(world, registered),
        "relations": _build_relations(world),
        "accounts": _build_accounts(population, directory, registered),
        "loans": pl.DataFrame([_describe_loan(world, directory, one) for one in world.stage.loans]),
    }


def _draw_registrations(world: World) -> Int64s:
    """Return by company and shop the day of registration, counted from the world's first."""
    blocks, draws = world.population.blocks, Draws(world.size.seed, _DATES)
    day = -draws.spread(400, 7_000, blocks.shops.stop)
    quiet = len(blocks.quiet)
    day[blocks.quiet.start : blocks.quiet.stop] = -draws.spread(30, 2_500, quiet)
    for company, young_day in world.stage.young:
        day[company] = young_day
    return day


def _render_days(days: Int64s) -> pl.Series:
    dates = pl.Series(days + clock.LOCAL_EPOCH_SECONDS // clock.DAY_SECONDS)
    return dates.cast(pl.Int32).cast(pl.Date).cast(pl.String)


def _build_parties(world: World, registered: Int64s) -> pl.DataFrame:
    blocks = world.population.blocks
    draws = Draws(world.size.seed, _NAMES)
    firms = len(blocks.traders) + len(blocks.quiet)
    sectors = pl.Series([code for code, _ in names.SECTORS]).gather(world.population.sector[:firms])
    developers, shops, people = len(blocks.developers), len(blocks.shops), len(blocks.people)
    name = pl.concat(
        [
            names.name_companies(draws, world.population.sector[:firms]),
            names.name_developers(draws, developers),
            names.name_traders(draws, shops),
            names.name_people(draws, people),
        ]
    )
    farmers = np.array(blocks.shops) % 4 == 0
    shop_sectors = np.where(farmers, names.FARMER_SECTOR, names.SHOP_SECTOR).tolist()
    sector = [*sectors.to_list(), *[names.DEVELOPER_SECTOR] * developers, *shop_sectors]
    kinds = [PartyType.COMPANY.value] * (firms + developers)
    kinds += [PartyType.SOLE_TRADER.value] * shops + [PartyType.PERSON.value] * people
    return pl.DataFrame(
        {
            "holder_id": _name_parties(np.arange(world.population.party_count)),
            "name": name,
            "type": kinds,
            "sector": [*sector, *[""] * people],
            "registered_on": pl.concat([_render_days(registered), pl.Series([""] * people)]),
        }
    )


def _build_relations(world: World) -> pl.DataFrame:
    blocks, suppliers = world.population.blocks, world.stage.suppliers
    companies = np.array(blocks.companies)
    owners = blocks.owners.start + companies
    married = companies[companies % 3 == 0]
    married = married[married // 3 < len(blocks.spouses)]
    spouses = blocks.spouses.start + married // 3
    traders = np.repeat(np.arange(len(suppliers)), 3)
    known = suppliers[:, :3].reshape(-1)
    distinct = known != traders
    parts = [
        (companies, owners, Relation.SHAREHOLDER),
        (companies, owners, Relation.LEGAL_REPRESENTATIVE),
        (blocks.owners.start + married, spouses, Relation.SPOUSE),
        (married, spouses, Relation.AFFILIATE),
        (traders[distinct], known[distinct], Relation.SUPPLIER),
    ]
    for relation in (Relation.AFFILIATE, Relation.GUARANTOR, Relation.LENDER_EMPLOYEE):
        pairs = [(one, other) for one, other, kind in world.stage.relations if kind is relation]
        both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        parts.append((both[:, 0], both[:, 1], relation))
    frames = [
        pl.DataFrame(
            {
                "holder_id": _name_parties(holder),
                "related_holder_id": _name_parties(other),
                "relation": pl.repeat(relation.value, len(holder), eager=True),
                "share": pl.repeat(
                    "100%" if relation is Relation.SHAREHOLDER else "", len(holder), eager=True
                ),
            }
        )
        for holder, other, relation in parts
    ]
    return pl.concat(frames).unique(maintain_order=True)


def _build_accounts(
    population: Population, directory: Directory, registered: Int64s
) -> pl.DataFrame:
    """Return the accounts table by bank and number."""
    own, scale, blocks = population.own, population.scale, population.blocks
    firms = blocks.shops.stop
    current, savings = _KINDS.index(AccountKind.CURRENT), _KINDS.index(AccountKind.SAVINGS)
    kind = [current] * firms + [savings] * len(blocks.people)
    kind += [_KINDS.index(one.kind) for one in own]
    holder = np.concatenate(
        [np.arange(population.party_count), np.array([one.holder for one in own])]
    )
    opening = np.concatenate([population.opening, np.array([one.opening for one in own])])
    limit = np.full(scale, 0, dtype=np.int64)
    limit[: len(population.limit)] = population.limit
    texts = [render_amount(one, "CNY", grouping=False) if one > 0 else "" for one in limit.tolist()]
    currency = directory.currency[:scale]
    frame = pl.DataFrame(
        {
            "bank": pl.Series(directory.bank_codes).gather(directory.bank[:scale]),
            "account": directory.number[:scale],
            "holder_id": _name_parties(holder),
            "kind": pl.Series([one.value for one in _KINDS]).gather(kind),
            "currency": pl.Series(CURRENCIES).gather(currency),
            "opening_balance": _render_openings(opening),
            "overdraft_limit": texts,
            "opened_on": pl.concat(
                [_render_days(registered + 3), pl.Series([""] * (scale - firms))]
            ),
        }
    )
    return frame.sort("bank", "account")


def _render_openings(opening: Int64s) -> pl.Series:
    """Return opening balances as text; those in other currencies are 0, which fits all."""
    return pl.Series(
        [
            "" if one == NO_VALUE else render_amount(one, "CNY", grouping=False)
            for one in opening.tolist()
        ]
    )


def _describe_loan(world: World, directory: Directory, loan: Loan) -> dict[str, str]:
    terms = loan.terms

    def name_account(account: int) -> str:
        return f"{directory.bank_codes[directory.bank[account]]}/{directory.number[account]}"

    movement = int(world.row_of_handle[loan.handle])
    booked = world.booked
    disbursed_at = clock.render_second(int(booked.columns.second[booked.row[movement]]))
    renewed = "" if terms.renewal_of < 0 else f"L{terms.renewal_of + 1:06d}"
    return {
        "loan_id": f"L{loan.number + 1:06d}",
        "bank": directory.bank_codes[loan.bank],
        "account": directory.number[loan.account],
        "principal": render_amount(terms.principal, CURRENCIES[terms.currency], grouping=False),
        "currency": CURRENCIES[terms.currency],
        "disbursed_at": disbursed_at,
        "movement_id": f"M{movement + 1:09d}",
        "contract_id": f"HT{loan.number + 1:06d}",
        "holder_id": name_party(terms.holder),
        "purpose_class": terms.purpose_class.value,
        "purpose": terms.purpose,
        "contract_date": clock.render_day(loan.contract_day),
        "payment_mode": terms.mode.value,
        "declared_payees": ";".join(name_account(one) for one in terms.payees),
        "renewal_of": renewed,
        "maturity_on": clock.render_day(loan.maturity_day),
        "branch": names.BRANCHES[loan.branch],
        "officer": names.OFFICERS[loan.officer],
    }
