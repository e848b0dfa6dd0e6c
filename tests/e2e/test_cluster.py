"""A real scheduler and real workers, over TLS with certificates on both sides."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import fundtrace
from fundtrace.cli.main import run
from fundtrace.cluster import stage as staged
from fundtrace.cluster import tasks
from fundtrace.cluster.access import Access
from fundtrace.cluster.engine import DaskEngine, Engine, connect
from fundtrace.cluster.stage import open_stage
from fundtrace.cluster.tracing import trace_rules
from fundtrace.errors import InvalidInputError, UnavailableError
from fundtrace.model.kinds import CONSERVING_RULES, Rule
from fundtrace.simulate.folder import write_world
from fundtrace.simulate.world import Size, build_world
from fundtrace.trace.engine import trace_all
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import index_fifo, prepare, run_prepared
from fundtrace.trace.kernel.passes import ColumnarPass
from fundtrace.trace.result import Scope
from tests.support.clusters import Authority, Cluster, wait_for
from tests.support.questions import SHAPES, check_equal
from tests.support.worlds import make_world

pytestmark = pytest.mark.xdist_group("cluster")

RULES = list(CONSERVING_RULES)
SCOPES = [Scope(), Scope(window_days=3, hops_max=4), Scope(amount_max_minor=90)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        for _ in range(2):
            cluster.start_worker()
        yield cluster
    finally:
        cluster.close()


@pytest.fixture(scope="module")
def engine(cluster: Cluster) -> Iterator[DaskEngine]:
    with connect(cluster.access, 60) as engine:
        assert isinstance(engine, DaskEngine)
        engine._client.wait_for_workers(2, timeout=60)
        yield engine


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world") / "world"
    write_world(build_world(Size.check(11, 2_000, 30_000)), folder, file_format="parquet")
    return folder


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(2))
def test_a_cluster_says_what_the_reference_says(shape: str, seed: int, engine: DaskEngine):
    asked = TraceInput(make_world(seed, 60, SHAPES[shape]).build())
    scope = SCOPES[(seed + len(shape)) % len(SCOPES)]
    found = trace_rules(prepare(asked), RULES, scope, engine, rows_max=25)
    for rule in RULES:
        check_equal(found[rule], trace_all(asked, rule, scope))


def check_same(found: ColumnarPass, expected: ColumnarPass, parents_of: slice) -> None:
    """Check that two passes of the kernels are equal; parents, which are slow, of some loans."""
    for name in ("offsets", "row", "depth", "units", "value", "returned"):
        columns = (getattr(one.hop_columns, name) for one in (found, expected))
        assert np.array_equal(*columns), name
    for statement in ("rest_columns", "first_use_columns"):
        for name in ("offsets", "account", "reason", "value"):
            columns = (getattr(getattr(one, statement), name) for one in (found, expected))
            assert np.array_equal(*columns), (statement, name)
    assert found.unobserved == expected.unobserved
    assert found.hops[parents_of] == expected.hops[parents_of]
    assert list(found.rests) == list(expected.rests)


def test_a_simulated_world_is_traced_as_on_one_machine(world: Path, engine: DaskEngine):
    prepared = prepare(TraceInput(fundtrace.load(world).tables))
    scope, heard = Scope(window_days=90), []
    found = trace_rules(
        prepared, RULES, scope, engine, progress=lambda *one: heard.append(one), rows_max=9_000
    )
    for rule in RULES:
        check_same(found[rule], run_prepared(prepared, rule, scope), slice(None))
    assert {rule for rule, done, total in heard if done == total} == set(RULES)


class KillingEngine(DaskEngine):
    """Kills the first worker that is seen running a job, while it runs it."""

    def __init__(self, engine: DaskEngine) -> None:
        super().__init__(engine._client)
        self.killed = ""
        self._pids = self._client.run(os.getpid)
        self._has_jobs = False

    def submit(self, function, *args, priority=0):
        self._has_jobs = self._has_jobs or function is tasks.run_job
        return super().submit(function, *args, priority=priority)

    def watch(self, handles):
        if self._has_jobs:
            self.killed = wait_for(lambda: self._kill_one(self._pids))
        yield from super().watch(handles)

    def _kill_one(self, pids: dict[str, int]) -> str | None:
        for worker, stacks in self._client.call_stack().items():
            for key in stacks:
                if "run_job" not in str(key):
                    continue
                os.kill(pids[worker], signal.SIGSTOP)
                # It may have ended before it was stopped: then the scheduler knows.
                if key in self._client.processing()[worker]:
                    os.kill(pids[worker], signal.SIGKILL)
                    return str(key)
                os.kill(pids[worker], signal.SIGCONT)
        return None


def test_a_worker_killed_in_the_middle_of_a_job_changes_nothing(
    world: Path, cluster: Cluster, engine: DaskEngine
):
    cluster.start_worker()
    engine._client.wait_for_workers(3, timeout=60)
    prepared = prepare(TraceInput(fundtrace.load(world).tables))
    killing, rules = KillingEngine(engine), [Rule.PRO_RATA, Rule.SPECIFIC, Rule.FIFO]
    found = trace_rules(prepared, rules, Scope(), killing, rows_max=9_000)
    assert "run_job" in killing.killed
    dead = wait_for(lambda: [one for one in cluster.processes if one.poll() is not None] or None)
    assert [one.returncode for one in dead] == [-signal.SIGKILL]
    for rule in rules:
        check_same(found[rule], run_prepared(prepared, rule, Scope()), slice(None, None, 20))


class EndingEngine(DaskEngine):
    """Kills the scheduler before it waits for results."""

    def __init__(self, engine: Engine, cluster: Cluster) -> None:
        assert isinstance(engine, DaskEngine)
        super().__init__(engine._client)
        self._scheduler = cluster.processes[0]

    def gather(self, handles):
        self._scheduler.kill()
        return super().gather(handles)


def test_where_the_scheduler_dies_the_error_says_so(world: Path, tmp_path: Path):
    own = Cluster(tmp_path / "own")
    try:
        own.start_worker()
        prepared = prepare(TraceInput(fundtrace.load(world).tables))
        with connect(own.access, 60) as engine:
            ending = EndingEngine(engine, own)
            with pytest.raises(UnavailableError, match="was lost"):
                trace_rules(prepared, [Rule.LIFO], Scope(), ending)
    finally:
        own.close()


def test_a_worker_refuses_a_stage_of_a_version_that_it_does_not_know(
    engine: DaskEngine, monkeypatch: pytest.MonkeyPatch
):
    index = index_fifo(prepare(TraceInput(make_world(1, 20, SHAPES["plain"]).build())))
    monkeypatch.setattr(staged, "FORMAT", 2)  # here; the workers know 1
    with open_stage(index, None) as stage:
        handle = engine.submit(tasks.open_reach, stage)
        with pytest.raises(InvalidInputError, match="format 2, this worker reads 1"):
            engine.gather([handle])


def test_who_has_no_certificate_is_refused(cluster: Cluster):
    at = urlsplit(cluster.address)
    context = ssl.create_default_context(cafile=str(cluster.authority.ca))
    context.check_hostname = False
    with (
        socket.create_connection((at.hostname, at.port), timeout=10) as plain,
        pytest.raises(ssl.SSLError, match="certificate"),
        context.wrap_socket(plain) as wrapped,
    ):
        wrapped.recv(1)


def test_a_certificate_of_another_authority_is_refused(cluster: Cluster, tmp_path: Path):
    stranger = Authority(tmp_path / "stranger")
    cert, key = stranger.issue("client")
    access = Access(cluster.address, cluster.authority.ca, cert, key)
    with pytest.raises(UnavailableError, match="trusts us"), connect(access, 2):
        pass


def test_a_scheduler_of_another_authority_is_not_trusted(cluster: Cluster, tmp_path: Path):
    stranger = Authority(tmp_path / "stranger")
    access = Access(cluster.address, stranger.ca, cluster.access.cert, cluster.access.key)
    with pytest.raises(UnavailableError, match="trusts us"), connect(access, 2):
        pass


def call(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run a command that succeeds; return what it says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["fundtrace", *words])
        with pytest.raises(SystemExit) as stop:
            run()
    assert not stop.value.code
    return capsys.readouterr().out


def test_the_command_writes_the_same_tables_with_a_cluster_and_without(
    cluster: Cluster, tmp_path: Path, capsys
):
    world = tmp_path / "world"
    write_world(build_world(Size.check(5, 1_000, 6_000)), world, file_format="parquet")
    access, work = cluster.access, tmp_path / "work"
    work.mkdir()
    common = ("trace", "--data", str(world), "--rule", "all", "--scope-window", "90")
    tls = ("--tls-ca", access.ca, "--tls-cert", access.cert, "--tls-key", access.key)
    apart, alone = tmp_path / "apart", tmp_path / "alone"
    where = ("--cluster", access.address, "--work", str(work), *map(str, tls))
    said = call(capsys, *common, "--out", str(apart), *where)
    expected = call(capsys, *common, "--out", str(alone))
    assert said.replace(str(apart), "OUT") == expected.replace(str(alone), "OUT")
    for name in ("hops", "first_uses", "rests", "summary"):
        found, expected = (pl.read_parquet(one / f"{name}.parquet") for one in (apart, alone))
        assert_frame_equal(found, expected)
    assert list(work.iterdir()) == []  # the stage is gone
