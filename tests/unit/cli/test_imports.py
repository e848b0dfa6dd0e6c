"""``fundtrace import``: the report on standard output, our errors only."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from fundtrace.cli.imports import app
from fundtrace.errors import InvalidInputError
from tests.support.shared import REPOSITORY

EAST = """HQCKZH,HXJYRQ,JDBZ,JYJE,DFHM,DFZH
6222020000000001,20260301,贷,1.00,,
"""
MAP = str(REPOSITORY / "docs" / "examples" / "import-east.toml")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "hqmx.csv"
    path.write_bytes(EAST.encode("gb18030"))
    return str(path)


def test_a_csv_is_imported_and_reported(file, tmp_path):
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["csv", file, str(out), "--map", MAP])
    assert result.exit_code == 0, result.output
    assert f"Imported {file} to {out}\n  movements  1 rows\n  accounts   1 rows\n" in result.output
    assert (out / "movements.csv").exists()


def test_tables_can_be_parquet(file, tmp_path):
    out = tmp_path / "out"
    arguments = ["csv", file, str(out), "--map", MAP, "--format", "parquet"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert (out / "movements.parquet").exists()


def test_tables_are_replaced_only_when_asked(file, tmp_path):
    arguments = ["csv", file, str(tmp_path / "out"), "--map", MAP]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    again = CliRunner().invoke(app, arguments)
    assert isinstance(again.exception, InvalidInputError)
    assert CliRunner().invoke(app, [*arguments, "--overwrite"]).exit_code == 0


@pytest.mark.parametrize("command", ["berka", "amlgentex"])
def test_a_folder_without_the_data_is_refused_by_our_error(command, tmp_path):
    result = CliRunner().invoke(app, [command, str(tmp_path), str(tmp_path / "out")])
    assert isinstance(result.exception, InvalidInputError)


@pytest.mark.parametrize("command", ["berka", "amlgentex", "csv"])
def test_help_shows_an_example(command):
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert f"fundtrace import {command}" in " ".join(result.output.split())
