"""Every Merkle proof of transparency-dev/merkle's test data is judged as its file says."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from fundtrace.errors import ProofError
from fundtrace.tlog.proofs import (
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from tests.support.shared import find_vectors, list_vectors

FOLDER = "transparency-dev-merkle/testdata"

# These want success with roots of 12 bytes; a verifier that demands whole hashes refuses them.
LEFT_OUT = {
    "consistency/additional/sizes-are-equal-one-and-proof-is-empty.json",
    "subtreeconsistency/additional/sizes-are-equal-one-and-proof-is-empty.json",
}


def _verify(kind: str, case: dict[str, Any]) -> None:
    path = [b64decode(value) for value in case["proof"] or []]
    root, root1, root2, leaf = (
        b64decode(case.get(name) or "") for name in ("root", "root1", "root2", "leafHash")
    )
    match kind:
        case "inclusion":
            verify_inclusion(leaf, case["leafIdx"], case["treeSize"], path, root)
        case "consistency":
            verify_consistency(case["size1"], root1, case["size2"], root2, path)
        case "subtreeinclusion":
            verify_subtree_inclusion(leaf, case["leafIdx"], case["start"], case["end"], path, root)
        case "subtreeconsistency":
            verify_subtree_consistency(case["start"], case["end"], root1, case["size"], root2, path)
        case _:
            pytest.fail(f"no proof is called {kind}")


def test_the_folder_holds_all_the_vectors_and_the_two_that_are_left_out():
    folder = find_vectors(FOLDER)
    assert len(list(folder.rglob("*.json"))) == 518
    assert all((folder / name).is_file() for name in LEFT_OUT)


@pytest.mark.parametrize("file", list_vectors(FOLDER, "**/*.json"))
def test_a_proof_is_judged_as_its_file_says(file: Path):
    name = file.relative_to(find_vectors(FOLDER)).as_posix()
    case = json.loads(file.read_bytes())
    if name in LEFT_OUT:
        with pytest.raises(ProofError, match="12 bytes"):
            _verify(name.partition("/")[0], case)
    elif case["wantErr"]:
        with pytest.raises(ProofError):
            _verify(name.partition("/")[0], case)
    else:
        _verify(name.partition("/")[0], case)
