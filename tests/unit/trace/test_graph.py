import dataclasses

import networkx as nx
import pytest
from hypothesis import given, settings

from fundtrace.model.kinds import EndReason, Rule, Use
from fundtrace.trace.frames import HOP_SCHEMA, build_part_frame
from fundtrace.trace.graph import build_graph
from fundtrace.trace.trail import Cut, Part, Trail
from tests.support.trails import (
    LEATHER,
    SHOES,
    Story,
    all_trails,
    make_cycle,
    make_s1,
    make_two_currencies,
    trails,
)


def _edges(graph: "nx.MultiDiGraph[str]", kind: str) -> list[tuple[str, str, dict[str, object]]]:
    return [(u, v, data) for u, v, data in graph.edges(data=True) if data["kind"] == kind]


def test_the_disbursement_is_the_first_node() -> None:
    graph = build_graph(make_s1())

    assert next(iter(graph.nodes)) == "A/1001/CNY@disbursement"
    assert graph.nodes["A/1001/CNY@disbursement"] == {
        "bank": "A",
        "account": "1001",
        "currency": "CNY",
        "holder": "温州永兴鞋业有限公司",
        "at": "2026-03-05T01:00:00Z",
    }


def test_a_hop_edge_leads_from_debit_event_to_credit_event() -> None:
    graph = build_graph(make_s1())

    assert graph.edges["B/2001/CNY@4", "C/3001/CNY@5", "m02"] == {
        "kind": "hop",
        "movement_id": "m02",
        "depth": 2,
        "amount_minor": 285_000_000,
        "traced_minor": 285_000_000,
        "units_minor": 285_000_000,
        "currency": "CNY",
        "booked_at": "2026-03-06T02:15:00Z",
        "use": "unknown",
        "end_reason": "held",
        "is_back_flow": False,
    }


def test_held_edges_carry_what_waits_on_the_account() -> None:
    graph = build_graph(make_cycle())

    held = [(u, v, data["traced_minor"]) for u, v, data in _edges(graph, "held")]
    assert ("A/1001/CNY@disbursement", "A/1001/CNY@2", 100_000_000) in held
    assert ("B/2001/CNY@4", "B/2001/CNY@6", 2_000_000) in held
    assert ("A/1001/CNY@2", "A/1001/CNY@9", 0) in held
    assert ("A/1001/CNY@10", "A/1001/CNY@12", 37_500_000) in held


@pytest.mark.parametrize("trail", all_trails())
def test_the_graph_has_no_cycle_and_one_edge_a_hop(trail: Trail) -> None:
    graph = build_graph(trail)

    assert nx.is_directed_acyclic_graph(graph)
    assert [d["movement_id"] for _, _, d in _edges(graph, "hop")] == [
        hop.movement_id for hop in trail.hops
    ]
    assert sum(1 for n in graph if graph.in_degree(n) == 0) == 1


def test_a_round_trip_within_one_instant_has_no_cycle() -> None:
    story = Story(SHOES, 100, "2026-03-05T09:00")
    for debit, credit in [(SHOES, LEATHER), (LEATHER, SHOES), (SHOES, LEATHER)]:
        story.move("2026-03-05T09:00", debit, credit, 100)

    graph = build_graph(story.tell())

    assert nx.is_directed_acyclic_graph(graph)
    assert nx.dag_longest_path_length(graph) == 6


@given(trails())
@settings(max_examples=60, deadline=None)
def test_any_trail_unrolls_into_a_deterministic_dag(trail: Trail) -> None:
    graph, again = build_graph(trail), build_graph(trail)

    assert nx.is_directed_acyclic_graph(graph)
    assert list(graph.nodes(data=True)) == list(again.nodes(data=True))
    assert list(graph.edges(data=True)) == list(again.edges(data=True))
    assert all(data["traced_minor"] >= 0 for _, _, data in _edges(graph, "held"))


def test_money_in_transit_stands_on_a_node_without_a_time() -> None:
    graph = build_graph(make_two_currencies())

    assert graph.nodes["JPX/7700/JPY@in_transit:m03"]["at"] == ""
    assert not any("in_transit" in u + v for u, v, _ in _edges(graph, "held"))


def test_the_world_outside_is_no_account_that_could_hold() -> None:
    graph = build_graph(make_cycle())

    outside = [node for node in graph if node.startswith("outside@")]
    assert len(outside) == 3
    assert all(graph.out_degree(node) == 0 for node in outside)


@pytest.mark.parametrize("over", [{"rule": Rule.EXPOSURE}, {"cut": (Cut("max_hops", "3", 1, 1),)}])
def test_a_wait_has_no_value_where_the_trail_does_not_say_it(over: dict[str, object]) -> None:
    trail = dataclasses.replace(make_s1(), **over)

    held = _edges(build_graph(trail), "held")

    assert held
    assert all("traced_minor" not in data for _, _, data in held)


def test_what_was_never_drawn_does_not_wait_on_the_account() -> None:
    trail = make_s1()
    undrawn = Part(Use.UNDRAWN, SHOES, EndReason.UNDRAWN, 7, 7, 7)

    graph = build_graph(dataclasses.replace(trail, rests=(*trail.rests, undrawn)))

    first = graph.edges["A/1001/CNY@disbursement", "A/1001/CNY@2", "held"]
    assert first["traced_minor"] == 300_000_000 - 7


def test_the_trail_gives_its_graph_and_frame() -> None:
    trail = make_two_currencies()

    frame = trail.to_frame()

    assert trail.graph is trail.graph
    assert dict(frame.schema) == HOP_SCHEMA
    assert frame["traced_minor"].to_list() == [10_000_000, 9_000_001, 500_000]
    assert frame["credited_at"].null_count() == 1
    assert str(frame["booked_at"][0]) == "2026-03-05 01:30:00+00:00"
    assert frame["parents"].to_list() == [["disbursement"], ["m01"], ["m01"]]


def test_a_frame_of_nothing_keeps_its_columns() -> None:
    trail = Story(SHOES, 100, "2026-03-05T09:00").tell()

    assert dict(trail.to_frame().schema) == HOP_SCHEMA
    assert build_part_frame(()).height == 0


def test_a_part_frame_has_a_row_per_part() -> None:
    frame = build_part_frame(make_s1().rests)

    assert frame["use"].to_list() == ["declared_payee", "non_member"]
    assert frame["min_minor"].sum() == 180_000_000
