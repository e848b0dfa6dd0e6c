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


def list_vectors(name: str, pattern: str) -> list[pytest.ParameterSet]:
    """Return a parameter for each file under ``name``, or one that skips with the reason."""
    folder = _place_shared("vectors", "FUNDTRACE_VECTORS", name)
    if not folder.exists():
        reason = _explain_absence(folder, "FUNDTRACE_VECTORS", name)
        return [pytest.param(folder, marks=pytest.mark.skip(reason=reason))]
    files = sorted(folder.glob(pattern))
    return [pytest.param(file, id=str(file.relative_to(folder))) for file in files]


def _find_shared(kind: str, variable: str, name: str) -> Path:
    found = _place_shared(kind, variable, name)
    if not found.exists():
        pytest.skip(_explain_absence(found, variable, name))
    return found


def _place_shared(kind: str, variable: str, name: str) -> Path:
    given = os.environ.get(variable)
    return (Path(given) if given else REPOSITORY.parent / "shared" / kind) / name


def _explain_absence(place: Path, variable: str, name: str) -> str:
    return f"needs {place}; set {variable} to the folder that holds {name}"
