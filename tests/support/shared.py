"""Where data and vectors outside the repository lie; tests that need them say why they skip."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def find_data(name: str) -> Path:
    """Return the folder ``name`` of the shared data, or skip the test with the reason."""
    return _find_shared("data", "FUNDTRACE_DATA", name)


def find_vectors(name: str) -> Path:
    """Return the file or folder ``name`` of the shared vectors, or skip with the reason."""
    return _find_shared("vectors", "FUNDTRACE_VECTORS", name)


def _find_shared(kind: str, variable: str, name: str) -> Path:
    given = os.environ.get(variable)
    root = Path(given) if given else REPOSITORY.parent / "shared" / kind
    if not (root / name).exists():
        pytest.skip(f"needs {root / name}; set {variable} to the folder that holds {name}")
    return root / name
