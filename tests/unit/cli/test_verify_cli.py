"""``fundtrace verify`` as its user runs it: files in, words and exit codes out."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from fundtrace.cli.main import app
from fundtrace.errors import EncodingError, InvalidInputError
from fundtrace.evidence.findings import Finding, Standing, Topic, Verdict
from fundtrace.evidence.render import render_verdict_json
from fundtrace.report.texts import clean
from fundtrace.tlog.tile_reader import TileReader
from tests.support.consortium import ROOT, BankLog, build_evidence, sign_version
from tests.support.records import make_loan_opened, make_movement
from tests.support.shared import find_vectors

TESSERA_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"


@pytest.fixture
def log():
    """A log with two records of one stream and their tally."""
    one = BankLog()
    one.publish(make_loan_opened())
    one.publish(make_movement())
    one.tally()
    return one


@pytest.fixture
def package(log, tmp_path):
    """The file of a package that holds."""
    path = tmp_path / "evidence.zip"
    path.write_bytes(build_evidence(log).encode())
    return path


def _run(*arguments):
    return CliRunner().invoke(app, ["verify", *map(str, arguments)])


@pytest.mark.parametrize(
    ("lang", "answer"), [("en", "Yes: what is marked proven"), ("zh", "是：标为“已证明”")]
)
def test_evidence_that_holds_leaves_with_0(package, lang, answer):
    done = _run(package, "--root", ROOT.hex(), "--lang", lang)
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1].startswith(answer)


def test_the_root_may_be_the_file_of_version_1(package, tmp_path):
    pin = tmp_path / "roster-1.bin"
    pin.write_bytes(sign_version().roster)
    assert _run(package, "--root", pin).exit_code == 0


@pytest.mark.parametrize(
    ("lang", "word"), [("en", "Ask a member for the root by another way"), ("zh", "以 --root 给出")]
)
def test_without_a_root_the_answer_is_no_and_says_what_to_do(package, lang, word):
    done = _run(package, "--lang", lang)
    assert done.exit_code == 1
    assert word in done.output
    assert ROOT.hex() in done.output


def test_part_of_a_stream_is_accepted_on_purpose_only(log, tmp_path):
    path = tmp_path / "part.zip"
    whole = build_evidence(log)
    path.write_bytes(replace(whole, entries=whole.entries[1:]).encode())
    assert _run(path, "--root", ROOT.hex()).exit_code == 1
    assert _run(path, "--root", ROOT.hex(), "--partial").exit_code == 0


def test_bodies_are_shown_when_asked_for(package):
    plain = _run(package, "--root", ROOT.hex())
    shown = _run(package, "--root", ROOT.hex(), "--bodies")
    assert "流借2026-0117" not in plain.output
    assert "流借2026-0117" in shown.output


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "up to the tally at entry 2"), ("zh", "截至第 2 条统计条目完整")]
)
def test_a_whole_stream_is_whole_up_to_its_tally_and_no_further(log, tmp_path, lang, words):
    log.publish(make_movement())
    path = tmp_path / "old.zip"
    whole = build_evidence(log)
    path.write_bytes(replace(whole, entries=whole.entries[:3]).encode())
    done = _run(path, "--root", ROOT.hex(), "--lang", lang)
    assert done.exit_code == 0
    assert words in done.output


def test_json_carries_findings_and_bodies(package):
    done = _run(package, "--root", ROOT.hex(), "--format", "json")
    value = json.loads(done.output)
    assert value["format"] == "fundtrace-verdict/1"
    assert value["holds"] is True
    assert {one["standing"] for one in value["findings"]} == {"proven", "claimed"}
    assert value["bodies"]["entries/0002"]["amount_minor"] == 100_000


@pytest.mark.parametrize("text", ["\x9b31m", "\u202eab", "\ud800", "\U000e0041", "\x7f", "流借"])
def test_json_commands_no_terminal_and_loses_nothing(text):
    finding = Finding(Standing.REFUTED, Topic.ENTRY_REFUTED, "entries/0001", {"why": text})
    shown = render_verdict_json(Verdict((finding,)))
    assert json.loads(shown)["findings"][0]["details"] == {"why": text}
    assert all(clean(line) == line for line in shown.split("\n"))
    assert ("流借" in shown) == (text == "流借")


@pytest.mark.parametrize("options", [["--log-key", TESSERA_KEY], ["--entry", "x"]])
def test_a_package_takes_no_keys_of_other_logs(package, options):
    done = _run(package, *options)
    assert isinstance(done.exception, InvalidInputError)


@pytest.mark.parametrize("root", ["", "zz", "00" * 31, "no such file"])
def test_a_root_that_is_none_is_refused_before_anything_is_read(package, root):
    done = _run(package, "--root", root or "0")
    assert isinstance(done.exception, InvalidInputError)
    assert "64 hex digits" in str(done.exception)


def test_a_damaged_package_leaves_with_2(package):
    package.write_bytes(package.read_bytes()[:-10])
    done = _run(package, "--root", ROOT.hex())
    assert isinstance(done.exception, EncodingError)
    assert done.exception.exit_code == 2


def test_a_file_that_is_not_there_is_refused(tmp_path):
    done = _run(tmp_path / "nothing.zip")
    assert isinstance(done.exception, InvalidInputError)


def test_a_foreign_log_verifies_from_its_folder(tmp_path):
    source = find_vectors("tessera") / "testdata" / "log"
    (tmp_path / "tile").symlink_to(source / "tile")
    (tmp_path / "checkpoint").write_bytes((source / "checkpoint.15").read_bytes())
    done = _run(tmp_path, "--log-key", TESSERA_KEY, "--lang", "en")
    assert done.exit_code == 0, done.output
    assert "all 15 entries are here" in done.output


def test_a_foreign_proof_verifies_with_its_entry(tmp_path):
    source = find_vectors("tessera") / "testdata" / "log"

    def read(path):
        file = source / path
        return file.read_bytes() if file.is_file() else None

    from fundtrace.tlog.proof_file import ProofFile

    reader = TileReader(15, read)
    note = (source / "checkpoint.15").read_bytes()
    proof, entry = tmp_path / "proof.txt", tmp_path / "entry.bin"
    proof.write_bytes(ProofFile(None, 3, reader.prove_inclusion(3, 15), note).encode())
    entry.write_bytes(reader.read_entry(3))
    done = _run(proof, "--entry", entry, "--log-key", TESSERA_KEY, "--lang", "en")
    assert done.exit_code == 0, done.output
    assert "the entry stands at index 3" in done.output
    assert _run(proof, "--log-key", TESSERA_KEY).exit_code == 1


def test_a_checkpoint_verifies_by_the_log_s_key_and_not_without():
    path = find_vectors("tessera") / "testdata" / "log" / "checkpoint.15"
    assert _run(path, "--log-key", TESSERA_KEY).exit_code == 0
    done = _run(path)
    assert isinstance(done.exception, InvalidInputError)
    assert "vkey" in str(done.exception)


@pytest.mark.parametrize("is_folder", [False, True])
def test_a_checkpoint_in_place_of_a_proof_says_nothing_about_an_entry(tmp_path, is_folder):
    path = tmp_path if is_folder else tmp_path / "checkpoint"
    source = find_vectors("tessera") / "testdata" / "log"
    (tmp_path / "tile").symlink_to(source / "tile")
    (tmp_path / "checkpoint").write_bytes((source / "checkpoint.15").read_bytes())
    entry = tmp_path / "entry.bin"
    entry.write_bytes(b"never logged")
    assert _run(path, "--log-key", TESSERA_KEY).exit_code == 0
    done = _run(path, "--log-key", TESSERA_KEY, "--entry", entry)
    assert isinstance(done.exception, InvalidInputError)
    assert "says nothing about an entry" in str(done.exception)


def test_a_root_given_with_what_has_no_roster_is_refused(log, tmp_path):
    proof = tmp_path / "proof.txt"
    proof.write_bytes(log.prove(0))
    entry = tmp_path / "entry.bin"
    entry.write_bytes(log.entries[0])
    options = (proof, "--entry", entry, "--log-key", log.signer.verifier.encode())
    assert _run(*options).exit_code == 0
    done = _run(*options, "--root", ROOT.hex())
    assert isinstance(done.exception, InvalidInputError)


@pytest.mark.parametrize("is_folder", [False, True])
@pytest.mark.parametrize("magic", [b"", b"PK"])
def test_a_file_larger_than_its_kind_is_refused_unread(tmp_path, is_folder, magic):
    path = tmp_path / "checkpoint"
    path.write_bytes(magic)
    os.truncate(path, 5_000_000_000)  # nothing is written: the file has holes
    done = _run(tmp_path if is_folder else path, "--log-key", TESSERA_KEY)
    assert isinstance(done.exception, InvalidInputError)
    assert "larger than any evidence" in str(done.exception)


def test_a_checkpoint_of_many_megabytes_is_refused_unread(tmp_path):
    path = tmp_path / "checkpoint"
    path.touch()
    os.truncate(path, 100_000_000)
    done = _run(path, "--log-key", TESSERA_KEY)
    assert "larger than any evidence" in str(done.exception)
