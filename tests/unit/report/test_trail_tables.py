import csv
import dataclasses
import io
from xml.etree import ElementTree as ET

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.report.trail_csv import COLUMNS, guard_cell, render_trail_csv
from fundtrace.report.trail_graphml import render_trail_graphml
from fundtrace.trace.result import Scope
from fundtrace.trace.trail import Trail
from tests.support.trails import (
    SHOES,
    Story,
    all_trails,
    make_cycle,
    make_s1,
    make_two_currencies,
    place,
    trails,
)


def _read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("trail", all_trails())
def test_csv_has_a_line_per_hop(trail: Trail) -> None:
    text = render_trail_csv(trail)

    assert text.startswith(",".join(COLUMNS) + "\r\n")
    assert [row["movement_id"] for row in _read(text)] == [hop.movement_id for hop in trail.hops]


def test_csv_amounts_are_decimal_text_and_minor_units() -> None:
    row = _read(render_trail_csv(make_two_currencies()))[1]

    assert (row["currency"], row["amount"], row["amount_minor"]) == ("JPY", "2000000", "2000000")
    assert (row["units"], row["units_minor"]) == ("1890000", "1890000")
    assert (row["loan_currency"], row["traced"], row["traced_minor"]) == (
        "CNY",
        "90000.01",
        "9000001",
    )


def test_csv_leaves_the_credit_time_of_what_is_in_transit_empty() -> None:
    assert _read(render_trail_csv(make_two_currencies()))[2]["credited_at"] == ""


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_looks_like_a_formula_is_guarded(start: str) -> None:
    story = Story(SHOES, 100, "2026-03-05T09:00")
    story.move("2026-03-05T10:00", SHOES, place("B", "2", f"{start}HYPERLINK(1)"), 100)

    row = _read(render_trail_csv(story.tell()))[0]

    assert row["credit_holder"] == f"'{start}HYPERLINK(1)"


@given(st.text())
def test_guarding_only_ever_adds_an_apostrophe(text: str) -> None:
    assert guard_cell(text).removeprefix("'") == text.removeprefix("'")
    assert not guard_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(trails())
@settings(max_examples=30, deadline=None)
def test_any_trail_survives_csv(trail: Trail) -> None:
    rows = _read(render_trail_csv(trail))

    assert [int(row["traced_minor"]) for row in rows] == [h.traced_minor for h in trail.hops]


def test_graphml_can_be_read_back() -> None:
    trail = make_cycle()

    graph = nx.parse_graphml(render_trail_graphml(trail), force_multigraph=True)

    assert list(graph.nodes(data=True)) == list(trail.graph.nodes(data=True))
    assert [facts for _, _, facts in graph.edges(data=True)] == [
        facts for _, _, facts in trail.graph.edges(data=True)
    ]
    assert graph.graph["principal_minor"] == 100_000_000
    assert not any(name.startswith("scope") for name in graph.graph)
    scoped = dataclasses.replace(trail, scope=Scope(window_days=90, part_min_minor=100)).graph
    limits = {name: limit for name, limit in scoped.graph.items() if name.startswith("scope")}
    assert limits == {"scope_window_days": 90, "scope_part_min_minor": 100}


def test_graphml_writes_truth_as_xml_does() -> None:
    text = render_trail_graphml(make_cycle())

    assert ">true<" in text
    assert "True" not in text


@given(trails())
@settings(max_examples=30, deadline=None)
def test_any_trail_is_well_formed_graphml(trail: Trail) -> None:
    text = render_trail_graphml(trail)

    assert ET.fromstring(text).tag.endswith("graphml")  # noqa: S314
    assert text == render_trail_graphml(trail)


def test_graphml_amounts_are_longs() -> None:
    text = render_trail_graphml(make_s1())

    assert 'attr.name="traced_minor" attr.type="long"' in text
