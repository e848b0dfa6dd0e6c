"""The project's own test vectors: one module a family, each with ``build()``.

A family is a list of cases; a case has a name, why it is there, what is expected, and its data:
``expect`` is ``valid`` or the name of the error that must come. Keys come from labels and are
public (``keys``), times are fixed, nothing is random, so the files come out the same on every
machine. To add a family: a module here, a line in ``FAMILIES``, a runner in
tests/vectors/test_fundtrace_vectors.py; then scripts/gen-vectors.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from vectors import checkpoints, cosignatures, notes, proof_files, quorums, records, vkeys

Case = dict[str, Any]

FAMILIES: Final[dict[str, tuple[str, Callable[[], list[Case]]]]] = {
    "vkeys": ("verifier keys, name+id+key (C2SP signed-note)", vkeys.build),
    "notes": ("signed notes under the keys that are known (C2SP signed-note)", notes.build),
    "checkpoints": ("signed heads under their log's key (C2SP tlog-checkpoint)", checkpoints.build),
    "cosignatures": ("one cosigner's line on a head (C2SP tlog-cosignature)", cosignatures.build),
    "proof_files": ("an entry's proof under a policy (C2SP tlog-proof)", proof_files.build),
    "quorums": ("q of n members, and heads under a policy", quorums.build),
    "records": ("sealed records for a reader, and entries in clear", records.build),
}


def render_family(name: str) -> str:
    """Return the text of a family's file."""
    about, build = FAMILIES[name]
    page = {"family": name, "about": about, "keys": "public test keys", "cases": build()}
    return json.dumps(page, indent=1, ensure_ascii=False) + "\n"
