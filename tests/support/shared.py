"""Where data outside the repository lies; tests that need it say why they skip."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def find_data(name: str) -> Path:
    """Return the folder ``name`` of the shared data, or skip the test with the reason."""
    given = os.environ.get("FUNDTRACE_DATA")
    root = Path(given) if given else REPOSITORY.parent / "shared" / "data"
    folder = root / name
    if not folder.is_dir():
        pytest.skip(f"needs {folder}; set FUNDTRACE_DATA to the folder that holds {name}")
    return folder
