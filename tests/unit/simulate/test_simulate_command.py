from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from fundtrace.cli.simulate import simulate
from fundtrace.errors import InvalidInputError

app = typer.Typer()
app.command()(simulate)


def run(*args):
    return CliRunner().invoke(app, ["--seed", "7", "--scale", "1000", *args])


def test_a_world_is_written_and_checked(tmp_path):
    done = run("--out", str(tmp_path / "world"), "--check")
    assert done.exit_code == 0, done.output
    assert "0 problems" in done.output
    manifest = json.loads((tmp_path / "world" / "world.json").read_text())
    assert (manifest["seed"], manifest["scale"]) == (7, 1_000)
    assert (tmp_path / "world" / "movements.csv").exists()


def test_the_format_and_the_movements_can_be_chosen(tmp_path):
    out = tmp_path / "world"
    done = run("--out", str(out), "--format", "parquet", "--movements", "6000")
    assert done.exit_code == 0, done.output
    assert (out / "movements.parquet").exists()
    assert json.loads((out / "world.json").read_text())["movements_asked"] == 6_000


def test_a_former_world_is_replaced_only_when_asked(tmp_path):
    out = str(tmp_path / "world")
    assert run("--out", out).exit_code == 0
    assert isinstance(run("--out", out).exception, InvalidInputError)
    assert run("--out", out, "--overwrite", "--format", "parquet").exit_code == 0
    assert not (tmp_path / "world" / "movements.csv").exists()


@pytest.mark.parametrize("name", ["notes.txt", "movements.csv.bak"])
def test_other_files_are_left_alone(tmp_path, name):
    (tmp_path / name).write_text("mine")
    done = run("--out", str(tmp_path), "--overwrite")
    assert isinstance(done.exception, InvalidInputError)
    assert (tmp_path / name).read_text() == "mine"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "world").write_text("")
    assert isinstance(run("--out", str(tmp_path / "world")).exception, InvalidInputError)


def test_an_unknown_format_is_refused(tmp_path):
    done = run("--out", str(tmp_path / "world"), "--format", "xlsx")
    assert isinstance(done.exception, InvalidInputError)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    done = run("--out", str(tmp_path / "file" / "world"))
    assert isinstance(done.exception, InvalidInputError)
