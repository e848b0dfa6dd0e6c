"""FundTrace: where did this loan's money go? Follow it across banks, to the last minor unit.

From a notebook: ``fundtrace.load("DIR").trace("L-1").rests``. From a shell:
``fundtrace trail L-1 --data DIR``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os

    from fundtrace.api.dataset import Dataset
    from fundtrace.api.growing import GrowingDataset
    from fundtrace.api.kept import Kept, keep
    from fundtrace.model.kinds import Rule
    from fundtrace.trace.result import Scope
    from fundtrace.trace.trail import Trail
    from fundtrace.trace.view import View

__version__ = "0.1.0"
__all__ = [
    "Dataset",
    "GrowingDataset",
    "Kept",
    "Rule",
    "Scope",
    "Trail",
    "View",
    "__version__",
    "keep",
    "load",
    "open_kept",
]

_HOMES = {
    "Dataset": "fundtrace.api.dataset",
    "GrowingDataset": "fundtrace.api.growing",
    "Kept": "fundtrace.api.kept",
    "Rule": "fundtrace.model.kinds",
    "Scope": "fundtrace.trace.result",
    "Trail": "fundtrace.trace.trail",
    "View": "fundtrace.trace.view",
    "keep": "fundtrace.api.kept",
}


def load(folder: str | os.PathLike[str], *, errors_max: int | None = None) -> Dataset:
    """Read a folder of movement tables (CSV or Parquet, docs/tables.md).

    Raises BadTablesError with every bad row, or the first ``errors_max`` of them; then
    nothing was loaded.
    """
    from fundtrace.api.dataset import load_dataset

    return load_dataset(folder, errors_max=errors_max)


def open_kept(folder: str | os.PathLike[str]) -> Kept:
    """Open a result that ``fundtrace trace --keep`` or ``fundtrace.keep`` made (docs/kept.md).

    Raises InvalidInputError for a folder that holds none or one of an unknown format,
    EncodingError for a damaged one.
    """
    from fundtrace.api.kept import open_kept as open_folder

    return open_folder(folder)


def __getattr__(name: str) -> Any:
    """Import the public names when first used, so that ``import fundtrace`` costs nothing."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'fundtrace' has no attribute {name!r}")
