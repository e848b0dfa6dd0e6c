"""The peers that reach is measured against: each builds its index once, then answers.

A peer gets the movements that can carry money as four columns: debit account, event position
at which it leaves, credit account, position at which it arrives. Positions are unique and
ordered as the tracer orders events, so that "after" means the same to all. It answers with
the accounts that money on an account can have reached from a position on.

Graph libraries know no time. They get the time-expanded graph: a node for each end of each
movement, an edge for the movement, and an edge from each node to the next of its account.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Ask = Callable[[int, int], Ints]  # account, position -> accounts, sorted


class Edges(NamedTuple):
    """Movements that carry money from one account to another."""

    debit: Ints
    leaves: Ints
    credit: Ints
    arrives: Ints
    accounts: int


class TimeExpanded(NamedTuple):
    """Nodes 0 .. n-1 leave, n .. 2n-1 arrive, of n movements."""

    edges: npt.NDArray[np.int64]  # (source, target)
    account: Ints  # by node
    order: Ints  # nodes by (account, position)
    key: Ints  # account and position of each node in that order

    def find_start(self, account: int, position: int) -> int:
        """Return the first node of an account at or after a position, -1 where there is none."""
        place = int(np.searchsorted(self.key, (account << 32) + position))
        node = int(self.order[place]) if place < len(self.order) else -1
        return node if node >= 0 and self.account[node] == account else -1

    def list_accounts(self, account: int, nodes: Ints) -> Ints:
        """Return the accounts in which nodes lie, and the one asked about."""
        return np.unique(np.append(self.account[nodes], account))


def expand_in_time(edges: Edges) -> TimeExpanded:
    """Make the time-expanded graph."""
    count = len(edges.debit)
    account = np.concatenate([edges.debit, edges.credit])
    key = (account << 32) + np.concatenate([edges.leaves, edges.arrives])
    order = np.argsort(key, kind="stable")
    follows = account[order[1:]] == account[order[:-1]]
    chain = np.stack([order[:-1][follows], order[1:][follows]], axis=1)
    movements = np.stack([np.arange(count), np.arange(count, 2 * count)], axis=1)
    return TimeExpanded(np.concatenate([movements, chain]), account, order, key[order])


def build_rustworkx(edges: Edges) -> Ask:
    """Answer by ``rustworkx.descendants``."""
    rustworkx: Any = import_module("rustworkx")
    expanded = expand_in_time(edges)
    graph = rustworkx.PyDiGraph(multigraph=True)
    graph.add_nodes_from(range(len(expanded.account)))
    graph.extend_from_edge_list(list(map(tuple, expanded.edges.tolist())))

    def ask(account: int, position: int) -> Ints:
        start = expanded.find_start(account, position)
        if start < 0:
            return np.array([account])
        nodes = rustworkx.descendants(graph, start)
        return expanded.list_accounts(account, np.fromiter(nodes, np.int64, len(nodes)))

    return ask


def build_igraph(edges: Edges) -> Ask:
    """Answer by ``igraph.Graph.subcomponent``."""
    igraph: Any = import_module("igraph")
    expanded = expand_in_time(edges)
    graph = igraph.Graph(n=len(expanded.account), edges=expanded.edges, directed=True)

    def ask(account: int, position: int) -> Ints:
        start = expanded.find_start(account, position)
        if start < 0:
            return np.array([account])
        return expanded.list_accounts(account, np.array(graph.subcomponent(start, mode="out")))

    return ask


def build_networkx(edges: Edges) -> Ask:
    """Answer by ``networkx.descendants``."""
    networkx: Any = import_module("networkx")
    expanded = expand_in_time(edges)
    graph = networkx.DiGraph()
    graph.add_edges_from(expanded.edges.tolist())

    def ask(account: int, position: int) -> Ints:
        start = expanded.find_start(account, position)
        if start < 0:
            return np.array([account])
        nodes = networkx.descendants(graph, start)
        return expanded.list_accounts(account, np.fromiter(nodes, np.int64, len(nodes)))

    return ask


def build_duckdb(edges: Edges) -> Ask:
    """Answer by a recursive query that keeps the earliest arrival of each account."""
    connection: Any = import_module("duckdb").connect()
    connection.execute("set threads to 1")
    connection.register(
        "given", {"d": edges.debit, "l": edges.leaves, "c": edges.credit, "a": edges.arrives}
    )
    connection.execute("create table moves as select * from given order by d, l")
    query = """
        with recursive reach(account, since) using key (account) as (
            select $account::bigint, $position::bigint - 1
            union
            select moves.c, min(moves.a)
            from reach join moves on moves.d = reach.account and moves.l > reach.since
            left join recurring.reach as known on known.account = moves.c
            where known.since is null or moves.a < known.since
            group by moves.c
        )
        select account from reach"""

    def ask(account: int, position: int) -> Ints:
        asked = {"account": account, "position": position}
        found = connection.execute(query, asked).fetchnumpy()["account"]
        return np.unique(np.asarray(found))

    return ask


def build_sqlite(edges: Edges) -> Ask:
    """Answer by a recursive query over the time-expanded graph, with an index."""
    expanded = expand_in_time(edges)
    connection = sqlite3.connect(":memory:")
    connection.execute("create table edge (source integer, target integer)")
    connection.executemany("insert into edge values (?, ?)", expanded.edges.tolist())
    connection.execute("create index by_source on edge (source, target)")
    query = """
        with recursive reach(node) as (
            select ? union select target from edge join reach on source = node
        )
        select node from reach"""

    def ask(account: int, position: int) -> Ints:
        start = expanded.find_start(account, position)
        if start < 0:
            return np.array([account])
        nodes = [node for (node,) in connection.execute(query, (start,))]
        return expanded.list_accounts(account, np.array(nodes))

    return ask


def build_raphtory(edges: Edges) -> Ask:
    """Answer by Raphtory's temporally reachable nodes; it knows no late arrival."""
    raphtory: Any = import_module("raphtory")
    algorithms: Any = import_module("raphtory.algorithms")
    pandas: Any = import_module("pandas")
    frame = pandas.DataFrame({"t": edges.leaves, "d": edges.debit, "c": edges.credit})
    graph = raphtory.Graph()
    graph.load_edges(frame, time="t", src="d", dst="c")

    def ask(account: int, position: int) -> Ints:
        if not graph.has_node(account):
            return np.array([account])
        state = algorithms.temporally_reachable_nodes(
            graph, max_hops=1 << 20, start_time=position, seed_nodes=[account]
        )
        found = [int(node.name) for node, one in state.items() if one["reachable_nodes"]]
        return np.unique(np.array([account, *found]))

    return ask


def build_static(edges: Edges) -> Ask:
    """Answer without time, as plain graph reach does: which is wrong, and shown as such."""
    igraph: Any = import_module("igraph")
    pairs = np.unique(np.stack([edges.debit, edges.credit], axis=1), axis=0)
    graph = igraph.Graph(n=edges.accounts, edges=pairs, directed=True)

    def ask(account: int, _position: int) -> Ints:
        return np.unique(np.array(graph.subcomponent(account, mode="out")))

    return ask
