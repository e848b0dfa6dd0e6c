"""FundTrace: where did this loan's money go? Follow it across banks, to the last minor unit.

From a notebook: ``fundtrace.load("DIR").trace("L-1").rests``. From a shell:
``fundtrace trail L-1 --data DIR``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from fundtrace.api.dataset import Dataset

__version__ = "0.1.0"
__all__ = ["__version__", "load"]


def load(folder: str | os.PathLike[str]) -> Dataset:
    """Read a folder of movement tables (CSV or Parquet, DESIGN section 5).

    Raises BadTablesError with every bad row; then nothing was loaded.
    """
    from fundtrace.api.dataset import load_dataset

    return load_dataset(folder)
