"""The tables of parties, their relations, and the banks that take part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fundtrace.books.sheet import Layout, Sheet
from fundtrace.books.text import Text, repeat_text
from fundtrace.model.columns import Words
from fundtrace.model.kinds import PartyType, Relation
from fundtrace.model.registers import Parties, Relations
from fundtrace.model.tables import Int8s, Member

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


@dataclass(frozen=True, eq=False)
class PartyRows:
    """The parties, a column each."""

    holder_id: Text
    name: Text
    type: Int8s  # position in PartyType
    sector: Text
    registered_on: Text

    def freeze(self) -> Parties:
        """Return the parties as the tables keep them."""
        return Parties(
            self.holder_id.freeze(),
            self.name.freeze(),
            Words(self.type, _TYPES),
            self.sector.freeze(),
            self.registered_on.freeze(),
        )


def read_parties(sheet: Sheet | None) -> PartyRows:
    """Read the parties, none where there is no such table."""
    if sheet is None:
        nothing = repeat_text("", 0)
        return PartyRows(nothing, nothing, np.empty(0, dtype=np.int8), nothing, nothing)
    holder_id = sheet.get_identifiers("holder_id", required=True)
    sheet.refuse_repeats("holder_id", [holder_id], "holder")
    return PartyRows(
        holder_id,
        sheet.get_text("name"),
        np.maximum(sheet.get_choices("type", PartyType), 0),
        sheet.get_identifiers("sector"),
        sheet.get_dates("registered_on"),
    )


def read_relations(sheet: Sheet) -> Relations:
    """Read the relations in table order."""
    relation = np.maximum(sheet.get_choices("relation", Relation, required=True), 0)
    return Relations(
        sheet.get_identifiers("holder_id", required=True).freeze(),
        sheet.get_identifiers("related_holder_id", required=True).freeze(),
        Words(relation, _RELATIONS),
        sheet.get_text("share").freeze(),
    )


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
