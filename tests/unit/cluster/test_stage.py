"""The stage on disk: what it holds, and what a worker refuses to read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fundtrace.cluster import stage as staged
from fundtrace.cluster import tasks
from fundtrace.cluster.stage import Stage, open_stage, write_stage
from fundtrace.errors import EncodingError, InvalidInputError, UnavailableError
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import FifoIndex, index_fifo, prepare
from fundtrace.trace.kernel.fronts import list_outflows
from fundtrace.trace.kernel.slices import build_register, list_slices
from tests.support.worlds import FULL, World, make_world

ROWS_MAX = 10


def make_index(seed: int = 3) -> FifoIndex:
    return index_fifo(prepare(TraceInput(make_world(seed, 40, FULL).build())))


@pytest.fixture
def index() -> FifoIndex:
    return make_index()


@pytest.fixture
def stage(index: FifoIndex, tmp_path: Path) -> Stage:
    return write_stage(index, tmp_path / "stage", ROWS_MAX)


def check_same(found: tuple, expected: tuple) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        if isinstance(other, tuple):
            check_same(one, other)
        else:
            assert np.array_equal(one, other)
            assert getattr(one, "dtype", None) == getattr(other, "dtype", None)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_read_is_what_was_written(seed: int, tmp_path: Path):
    index = make_index(seed)
    stage = write_stage(index, tmp_path / "stage", ROWS_MAX)
    check_same(staged.read_register(stage), build_register(index.prepared))
    slices = list(list_slices(index.prepared, ROWS_MAX))
    assert stage.slice_count == len(slices) > 1
    for place, one in enumerate(slices):
        check_same(staged.read_slice(stage, place), one)
    outflows = list_outflows(index, ROWS_MAX)
    assert len(stage.ranges) == len(outflows) > 1
    for place, range_ in enumerate(outflows):
        check_same(staged.read_range(stage, place), range_)
    check_same(staged.read_grounds(stage), (index.axes.acc, index.axes.is_odd))


def test_a_world_without_loans_can_be_staged(tmp_path: Path):
    index = index_fifo(prepare(TraceInput(World().build())))
    stage = write_stage(index, tmp_path / "stage")
    check_same(staged.read_register(stage), build_register(index.prepared))


def test_a_stage_holds_numbers_and_nothing_else(stage: Stage):
    files = sorted(Path(stage.folder).glob("*.parquet"))
    kinds = {kind for path in files for kind in pl.read_parquet_schema(path).values()}
    assert kinds <= {pl.Int8, pl.UInt8, pl.Int32, pl.Int64, pl.Boolean}
    known = {path.stem for path in files} | {"manifest"}
    assert {path.stem for path in Path(stage.folder).iterdir()} == known


def change_manifest(stage: Stage, **changes: object) -> Stage:
    """Write another manifest, and return the stage with its digest."""
    path = Path(stage.folder) / "manifest.json"
    content = json.dumps({**json.loads(path.read_bytes()), **changes}).encode()
    path.write_bytes(content)
    return stage._replace(digest=staged.hashlib.sha256(content).hexdigest())


def test_an_unknown_format_is_refused(stage: Stage):
    with pytest.raises(InvalidInputError, match="format 99, this worker reads 1"):
        tasks.open_reach(change_manifest(stage, format=99))


def test_other_kernels_are_refused(stage: Stage):
    with pytest.raises(InvalidInputError, match="different kernels"):
        tasks.read_grounds(change_manifest(stage, kernels="0" * 64))


def test_the_manifest_of_another_stage_is_refused(stage: Stage):
    change_manifest(stage, ends_at=0)
    with pytest.raises(EncodingError, match="does not hold the stage"):
        tasks.read_range(stage, 0)


def test_a_file_that_changed_is_refused(stage: Stage):
    path = Path(stage.folder) / "slice-0.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(EncodingError, match="is not what was written there"):
        staged.read_slice(stage, 0)
    staged.read_slice(stage, 1)


def test_a_worker_that_does_not_see_the_folder_says_which_option_helps(stage: Stage):
    with pytest.raises(UnavailableError, match="--work"):
        tasks.open_reach(stage._replace(folder=stage.folder + "-elsewhere"))


def test_a_stage_is_gone_when_it_is_left_and_was_for_this_user_alone(
    index: FifoIndex, tmp_path: Path
):
    with open_stage(index, tmp_path) as stage:
        folder = Path(stage.folder)
        assert folder.parent.parent == tmp_path.resolve()
        assert folder.parent.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []


def test_a_work_folder_that_is_absent_is_refused(index: FifoIndex, tmp_path: Path):
    with (
        pytest.raises(InvalidInputError, match="work folder"),
        open_stage(index, tmp_path / "absent"),
    ):
        pass
