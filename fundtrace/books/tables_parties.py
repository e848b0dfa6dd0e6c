"""The tables of parties, their relations, and the banks that take part."""

from __future__ import annotations

from fundtrace.books.sheet import Layout, Sheet
from fundtrace.model.kinds import PartyType, Relation
from fundtrace.model.tables import Member, Party, Related

PARTIES = Layout(
    name="parties",
    required=("holder_id",),
    optional=("name", "type", "sector", "registered_on"),
    exact=frozenset({"holder_id", "sector"}),
)
RELATIONS = Layout(
    name="relations",
    required=("holder_id", "related_holder_id", "relation"),
    optional=("share",),
    exact=frozenset({"holder_id", "related_holder_id"}),
)
MEMBERS = Layout(
    name="members",
    required=("bank",),
    optional=("name", "cnaps"),
    exact=frozenset({"bank", "cnaps"}),
)
_TYPES = tuple(PartyType)
_RELATIONS = tuple(Relation)


def read_parties(sheet: Sheet) -> dict[str, Party]:
    """Read the parties by holder id."""
    holder_id = sheet.get_identifiers("holder_id", required=True)
    sheet.refuse_repeats("holder_id", [holder_id], "holder")
    columns = zip(
        holder_id.to_list(),
        sheet.get_text("name").to_list(),
        (_TYPES[max(position, 0)] for position in sheet.get_choices("type", PartyType).tolist()),
        sheet.get_identifiers("sector").to_list(),
        sheet.get_dates("registered_on"),
        strict=True,
    )
    return {row[0]: Party(*row) for row in columns}


def read_relations(sheet: Sheet) -> tuple[Related, ...]:
    """Read the relations in table order."""
    relations = sheet.get_choices("relation", Relation, required=True).tolist()
    columns = zip(
        sheet.get_identifiers("holder_id", required=True).to_list(),
        sheet.get_identifiers("related_holder_id", required=True).to_list(),
        (_RELATIONS[max(position, 0)] for position in relations),
        sheet.get_text("share").to_list(),
        strict=True,
    )
    return tuple(Related(*row) for row in columns)


def read_members(sheet: Sheet) -> dict[str, Member]:
    """Read the banks that take part."""
    bank = sheet.get_identifiers("bank", required=True)
    sheet.refuse_repeats("bank", [bank], "bank")
    columns = zip(
        bank.to_list(),
        sheet.get_text("name").to_list(),
        sheet.get_identifiers("cnaps").to_list(),
        strict=True,
    )
    return {row[0]: Member(*row) for row in columns}
