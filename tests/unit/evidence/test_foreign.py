"""A log that is not ours, checked from its files: the Tessera and Sunlight vectors."""

from __future__ import annotations

import pytest

from fundtrace.errors import EncodingError, NotFoundError
from fundtrace.evidence.findings import Standing, Topic
from fundtrace.evidence.foreign import check_checkpoint, check_log, check_proof
from fundtrace.tlog.keys import COSIGNATURE_ED25519, ED25519, SignerKey, parse_verifier_key
from fundtrace.tlog.proof_file import ProofFile
from fundtrace.tlog.tile_reader import TileReader
from tests.support.shared import find_vectors

TESSERA_KEY = parse_verifier_key(
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
)
OTHER_KEY = SignerKey("example.com/log/testdata", ED25519, bytes(32)).verifier
WITNESS = SignerKey("witness.example", COSIGNATURE_ED25519, bytes(32)).verifier
SIZES = range(1, 16)


def _topics(verdict):
    return [one.topic for one in verdict.findings]


@pytest.fixture
def tessera():
    return find_vectors("tessera") / "testdata" / "log"


@pytest.fixture
def read_at(tessera):
    """Return a reader of the log as it was at a size: with that size's checkpoint."""

    def at(size, changed=None):
        def read(path):
            if changed and path in changed:
                return changed[path]
            name = f"checkpoint.{size}" if path == "checkpoint" else path
            file = tessera / name
            return file.read_bytes() if file.is_file() else None

        return read

    return at


def _make_proof(tessera, read, index, size):
    reader = TileReader(size, read)
    note = (tessera / f"checkpoint.{size}").read_bytes()
    return ProofFile(None, index, reader.prove_inclusion(index, size), note).encode()


@pytest.mark.parametrize("size", SIZES)
def test_the_tessera_log_holds_at_every_size(read_at, size):
    verdict = check_log(read_at(size), TESSERA_KEY)
    assert _topics(verdict) == [Topic.LOG_SIGNED, Topic.LOG_WHOLE]
    assert verdict.holds()


@pytest.mark.parametrize("index", range(15))
def test_every_entry_of_the_tessera_log_is_proven_and_no_other(tessera, read_at, index):
    read = read_at(15)
    proof = _make_proof(tessera, read, index, 15)
    entry = TileReader(15, read).read_entry(index)
    assert check_proof(proof, entry, TESSERA_KEY).holds()
    other = check_proof(proof, entry + b"x", TESSERA_KEY)
    assert _topics(other) == [Topic.LOG_SIGNED, Topic.INCLUSION_REFUTED]
    assert not other.holds()


def test_a_proof_without_its_entry_is_no_yes(tessera, read_at):
    verdict = check_proof(_make_proof(tessera, read_at(15), 3, 15), None, TESSERA_KEY)
    assert _topics(verdict) == [Topic.LOG_SIGNED, Topic.ENTRY_NOT_GIVEN]
    assert not verdict.holds()


def test_another_key_of_the_same_name_refutes_the_log(read_at):
    verdict = check_log(read_at(15), OTHER_KEY)
    assert _topics(verdict) == [Topic.LOG_REFUTED]
    assert not verdict.holds()


def test_a_cosigner_who_did_not_sign_is_missing(tessera):
    data = (tessera / "checkpoint.15").read_bytes()
    verdict, signed = check_checkpoint(data, TESSERA_KEY, [WITNESS])
    assert signed is not None
    assert _topics(verdict) == [Topic.LOG_SIGNED, Topic.COSIGNATURE_ABSENT]
    assert not verdict.holds()


@pytest.mark.parametrize("path", ["tile/0/000.p/15", "tile/entries/000.p/15"])
@pytest.mark.parametrize("position", [2, 40, -1])
def test_a_changed_byte_in_the_log_is_found(tessera, read_at, path, position):
    data = bytearray((tessera / path).read_bytes())
    data[position] ^= 1
    verdict = check_log(read_at(15, {path: bytes(data)}), TESSERA_KEY)
    assert _topics(verdict) == [Topic.LOG_SIGNED, Topic.LOG_REFUTED]
    assert not verdict.holds()


@pytest.mark.parametrize("path", ["tile/0/000.p/15", "tile/entries/000.p/15"])
def test_a_missing_file_of_the_log_is_named(read_at, path):
    verdict = check_log(read_at(15, {path: None}), TESSERA_KEY)
    refuted = verdict.list_findings(Standing.REFUTED)
    assert path.removesuffix(".p/15") in refuted[0].details["why"]


def test_a_folder_without_a_checkpoint_is_no_log():
    with pytest.raises(NotFoundError, match="checkpoint"):
        check_log(lambda _path: None, TESSERA_KEY)


@pytest.mark.parametrize("data", [b"", b"example.com\n1\nAAAA\n\n"])
def test_bytes_that_are_no_checkpoint_are_refused(data):
    with pytest.raises(EncodingError):
        check_checkpoint(data, TESSERA_KEY)
    with pytest.raises(EncodingError):
        check_proof(data, None, TESSERA_KEY)
