"""A folder of a kept result: whole or not there, opened or refused with what to do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import fundtrace
from fundtrace.api import kept as kept_module
from fundtrace.api.dataset import Dataset
from fundtrace.errors import AmbiguousError, EncodingError, InvalidInputError, NotFoundError
from fundtrace.kept.state import load_state
from fundtrace.model.kinds import CONSERVING_RULES, Rule
from fundtrace.report.terminal import render_trail_text
from fundtrace.report.trail_json import render_trail_json
from fundtrace.trace.extending import find_end
from fundtrace.trace.kernel import jit as jit_module
from fundtrace.trace.kernel import prepare
from fundtrace.trace.kernel.growing import start_pass
from fundtrace.trace.result import Scope
from fundtrace.trace.view import View
from tests.support.rows import build, loan, movement

SCENARIOS = Path(__file__).parents[2] / "fixtures" / "scenarios"
AGAIN = "fundtrace trace --data DIR --keep"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept") / "s3"
    fundtrace.keep(fundtrace.load(SCENARIOS / "S3"), folder)
    return folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A copy that a test may harm."""
    return Path(shutil.copytree(original, tmp_path / "kept"))


def change_manifest(folder: Path, **facts: object) -> None:
    path = folder / "kept.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))


def list_files(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*.*")}


def test_a_kept_result_knows_what_it_was_made_of(tmp_path: Path):
    dataset = fundtrace.load(SCENARIOS / "S1")
    fundtrace.keep(dataset, tmp_path / "k", as_of="2026-03-10", scope=Scope(hops_max=2))
    manifest = fundtrace.open_kept(tmp_path / "k").manifest
    assert manifest.snapshot == dataset.tables.snapshot
    assert manifest.scope == Scope(hops_max=2)
    assert manifest.as_of == manifest.ends_at
    assert manifest.rules == tuple(CONSERVING_RULES)
    assert (manifest.loans, manifest.movements) == (1, len(dataset.tables.movements))
    assert manifest.package == fundtrace.__version__


def test_a_view_hides_hops_of_a_kept_trail_and_says_so(folder: Path):
    kept = fundtrace.open_kept(folder)
    trail = kept.trace(kept.loan_ids[0], view=View(hops_max=1))
    assert len(trail.hops) == 1
    assert trail.cut[0].limit == "budget_hops"


def test_a_contract_leads_to_its_loan_or_asks_which(tmp_path: Path):
    dataset = build(
        movements=[movement("M1", "02 10:00", "A/1", "B/1", "100.00")],
        loans=[
            loan("L1", "A/1", "100.00", contract_id="K1"),
            loan("L2", "A/2", "30.00", contract_id="K2"),
            loan("L3", "A/2", "20.00", contract_id="K2"),
        ],
    )
    fundtrace.keep(dataset, tmp_path / "k")
    kept = fundtrace.open_kept(tmp_path / "k")
    assert kept.trace("K1").loan_id == "L1"
    with pytest.raises(AmbiguousError, match="L2, L3"):
        kept.trace("K2")
    with pytest.raises(NotFoundError, match="L1, L2, L3"):
        kept.trace("K3")
    with pytest.raises(NotFoundError):
        kept.trace("")


def test_exposure_that_was_not_kept_is_told_as_not_computed(tmp_path: Path):
    dataset = fundtrace.load(SCENARIOS / "S1")
    fundtrace.keep(dataset, tmp_path / "k", with_exposure=False)
    kept = fundtrace.open_kept(tmp_path / "k")
    trail = kept.trace("L1")
    assert trail.exposure is None
    assert json.loads(render_trail_json(trail))["exposure"] is None
    assert "Exposure was not computed" in render_trail_text(trail, "en", is_terminal=False)
    assert "触及上限未计算" in render_trail_text(trail, "zh", is_terminal=False)
    asked = kept.trace("L1", "exposure")
    assert asked.exposure == dataset.trace("L1", "exposure").exposure


def test_unknown_rules_and_passes_of_exposure_are_refused(folder: Path):
    kept = fundtrace.open_kept(folder)
    with pytest.raises(InvalidInputError, match="unknown rule"):
        kept.trace(kept.loan_ids[0], "hifo")
    with pytest.raises(InvalidInputError, match="no pass"):
        kept.get_pass(Rule.EXPOSURE)


def test_an_unknown_format_is_refused_with_what_to_do(folder: Path):
    change_manifest(folder, format=2, package="9.9")
    with pytest.raises(InvalidInputError, match=rf"format 2, written by fundtrace 9\.9.*{AGAIN}"):
        fundtrace.open_kept(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "\xff", '{"kind": "fundtrace kept result"'])
def test_a_manifest_that_cannot_be_read_is_damage(folder: Path, text: str):
    (folder / "kept.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(EncodingError, match=AGAIN):
        fundtrace.open_kept(folder)


@pytest.mark.parametrize("name", ["scope", "files", "columns", "snapshot"])
def test_a_manifest_without_a_fact_is_damage(folder: Path, name: str):
    facts = json.loads((folder / "kept.json").read_text())
    del facts[name]
    (folder / "kept.json").write_text(json.dumps(facts))
    with pytest.raises(EncodingError, match=AGAIN):
        fundtrace.open_kept(folder)


def test_every_file_must_be_there_in_its_full_size(original: Path, tmp_path: Path):
    names = [name for name in list_files(original) if name != "kept.json"]
    assert len(names) > 100
    for name in names:
        copy = Path(shutil.copytree(original, tmp_path / "copy"))
        content = (copy / name).read_bytes()
        (copy / name).write_bytes(content[: len(content) // 2] if content else b"x")
        with pytest.raises(EncodingError, match="bytes, not"):
            fundtrace.open_kept(copy)
        (copy / name).unlink()
        with pytest.raises(EncodingError, match="is missing"):
            fundtrace.open_kept(copy)
        shutil.rmtree(copy)


@pytest.mark.parametrize("name", ["hops.proceeds_first.parquet", "statements.parquet"])
def test_money_that_does_not_add_up_is_damage_and_never_shown(folder: Path, name: str):
    kept = json.loads((folder / "kept.json").read_text())
    laid = {one[0]: one for one in kept["columns"][name.removesuffix(".parquet")]}
    content = bytearray((folder / name).read_bytes())
    content[laid["value"][2]] ^= 1
    (folder / name).write_bytes(content)
    opened = fundtrace.open_kept(folder)
    first = opened.get_pass(Rule.PROCEEDS_FIRST).given.loans[0]
    with pytest.raises(EncodingError, match=AGAIN):
        opened.trace(first.loan_id)


def test_files_of_other_content_are_damage(folder: Path):
    for path in folder.glob("*.npy"):
        path.write_bytes(b"\0" * path.stat().st_size)
    with pytest.raises(EncodingError, match=AGAIN):
        fundtrace.open_kept(folder)


def test_other_folders_are_no_kept_results(tmp_path: Path):
    with pytest.raises(InvalidInputError, match="holds no kept result"):
        fundtrace.open_kept(SCENARIOS / "S1")
    with pytest.raises(InvalidInputError, match="is not a folder"):
        fundtrace.open_kept(tmp_path / "absent")
    (tmp_path / "kept.json").write_text('{"kind": "something else", "format": 1}')
    with pytest.raises(InvalidInputError, match="holds no kept result"):
        fundtrace.open_kept(tmp_path)


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    dataset = fundtrace.load(SCENARIOS / "S1")
    with pytest.raises(InvalidInputError, match="other files"):
        fundtrace.keep(dataset, tmp_path)
    with pytest.raises(InvalidInputError, match="is a file"):
        fundtrace.keep(dataset, tmp_path / "mine.txt")
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]


def test_a_new_result_replaces_the_former_one_whole(folder: Path):
    fundtrace.keep(fundtrace.load(SCENARIOS / "S1"), folder, with_exposure=False)
    assert not (folder / "exposure.parquet").exists()
    assert fundtrace.open_kept(folder).loan_ids == ["L1"]


def test_an_interrupted_write_leaves_the_former_result(folder: Path, monkeypatch):
    before = list_files(folder)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kept_module, "_list_exposures", fail)
    with pytest.raises(KeyboardInterrupt):
        fundtrace.keep(fundtrace.load(SCENARIOS / "S1"), folder)
    assert list_files(folder) == before
    assert [one.name for one in folder.parent.iterdir()] == [folder.name]


def test_a_result_for_other_tables_is_refused(original: Path, tmp_path: Path):
    kept = fundtrace.open_kept(original)
    kept.check_tables(SCENARIOS / "S3")
    changed = Path(shutil.copytree(SCENARIOS / "S3", tmp_path / "S3"))
    with (changed / "movements.csv").open("a") as file:
        file.write("\n")
    with pytest.raises(InvalidInputError, match=r"have changed.*again"):
        kept.check_tables(changed)


def test_amounts_beyond_64_bits_cannot_be_kept(tmp_path: Path):
    dataset = build(
        movements=[
            movement("M1", "02 10:00", "A/1", "B/1", "80000000000000000.00"),
            movement("M2", "03 10:00", "A/1", "B/1", "80000000000000000.00"),
        ],
        loans=[loan("L1", "A/1", "100.00")],
    )
    with pytest.raises(InvalidInputError, match="64 bits"):
        fundtrace.keep(dataset, tmp_path / "k")
    assert not (tmp_path / "k").exists()


def test_the_tables_of_a_kept_result_read_like_the_tables(original: Path):
    tables = fundtrace.load(SCENARIOS / "S3").tables
    found = fundtrace.open_kept(original).get_pass(Rule.FIFO).given.tables
    assert list(found.loans) == list(tables.loans)
    assert dict(found.parties) == dict(tables.parties)
    assert list(found.relations) == list(tables.relations)
    assert found.members == tables.members
    assert found.has_accounts_table == tables.has_accounts_table
    for part in ("movements", "accounts"):
        for name, values in vars(getattr(tables, part)).items():
            if name != "texts":
                assert list(getattr(getattr(found, part), name)) == list(values)
    for name, texts in tables.movements.texts.items():
        assert list(found.movements.texts[name]) == list(texts)


def test_a_state_goes_on_from_where_its_pass_ended(tmp_path: Path):
    dataset = Dataset(fundtrace.load(SCENARIOS / "S3").tables)
    fundtrace.keep(dataset, tmp_path, is_extendable=True)
    given = dataset.get_input(find_end(dataset.tables))
    prepared = prepare(given)
    before = list_files(tmp_path / "state")
    for rule in CONSERVING_RULES:
        started = start_pass(prepared, given, rule, Scope())
        state = load_state(tmp_path, rule)
        for name in state._fields:
            kept, made = getattr(state, name), getattr(started.state, name)
            assert (kept.shape, kept.dtype) == (made.shape, made.dtype)
        assert np.array_equal(state.n, started.state.n)
        assert np.array_equal(state.balance, started.state.balance)
        state.balance[:] = 0  # in memory only
    assert list_files(tmp_path / "state") == before
    assert fundtrace.open_kept(tmp_path).manifest.kernel_stamp == jit_module.STAMP


def test_states_that_are_not_there_or_of_another_kernel_are_refused(folder: Path, tmp_path: Path):
    with pytest.raises(InvalidInputError, match="keeps no state"):
        load_state(folder, Rule.FIFO)
    fundtrace.keep(fundtrace.load(SCENARIOS / "S1"), tmp_path / "k", is_extendable=True)
    (tmp_path / "k" / "state" / "fifo" / "stamp.json").write_text('{"stamp": "old"}')
    with pytest.raises(InvalidInputError, match="another version"):
        load_state(tmp_path / "k", Rule.FIFO)
