"""The unrolled graph of a trail as GraphML, for Gephi, yEd, Neo4j and the like."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import networkx as nx
from networkx.readwrite.graphml import GraphMLWriter

from fundtrace.report.texts import clean
from fundtrace.trace.trail import Trail

_KEY = "key"
_DATA = "data"


def render_trail_graphml(trail: Trail) -> str:
    """Render the trail's graph (see fundtrace.trace.graph), byte for byte the same each time.

    Edges carry ids of their own (e0, e1 ...) and their movement as an attribute, so that
    parallel waits do not collide.
    """
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    graph.graph.update(_clean_all(trail.graph.graph))
    for node, facts in trail.graph.nodes(data=True):
        graph.add_node(clean(node), **_clean_all(facts))
    for number, (debit, credit, facts) in enumerate(trail.graph.edges(data=True)):
        graph.add_edge(clean(debit), clean(credit), key=f"e{number}", **_clean_all(facts))
    # Not write_graphml: that one uses lxml where it is installed, and writes other bytes.
    writer = GraphMLWriter()
    writer.add_graph_element(graph)
    root: ET.Element = writer.xml
    _lower_booleans(root)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _lower_booleans(root: ET.Element) -> None:
    """Write truth values as GraphML's xs:boolean does; networkx writes Python's words."""
    booleans = {key.get("id") for key in root.iter(_KEY) if key.get("attr.type") == "boolean"}
    for data in root.iter(_DATA):
        if data.get("key") in booleans and data.text:
            data.text = data.text.lower()


def _clean_all(facts: dict[str, object]) -> dict[str, object]:
    return {
        name: clean(value) if isinstance(value, str) else value for name, value in facts.items()
    }
