"""The memory of a pass beside its results, so that somebody may go on from where it ended.

Each array of ``kernel.layout.State`` is a .npy file, mapped copy-on-write: whoever goes on
changes pages in memory, and never the file.
A state means what one version of the kernel means by it, so it carries that version's stamp.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from fundtrace.errors import InvalidInputError
from fundtrace.model.kinds import Rule
from fundtrace.model.tables import Int64s
from fundtrace.trace.kernel.jit import STAMP
from fundtrace.trace.kernel.layout import State

_FOLDER = "state"
_STAMP = "stamp.json"


def save_state(folder: Path, rule: Rule, state: State) -> None:
    """Write the state of a rule's pass into the folder of a kept result."""
    home = folder / _FOLDER / rule.value
    home.mkdir(parents=True, exist_ok=True)
    for name, values in state._asdict().items():
        np.save(home / f"{name}.npy", values, allow_pickle=False)
    (home / _STAMP).write_text(json.dumps({"stamp": STAMP}), encoding="utf-8")


def load_state(folder: Path, rule: Rule) -> State:
    """Return the state of a rule's pass, mapped copy-on-write.

    Raises InvalidInputError where none was kept, or by another version of the kernel.
    """
    home = folder / _FOLDER / rule.value
    _check_stamp(folder, home)
    arrays: dict[str, Any] = {name: _map(home / f"{name}.npy") for name in State._fields}
    return State(**arrays)


def _check_stamp(folder: Path, home: Path) -> None:
    how = f"run it again: fundtrace trace --data DIR --keep {folder}"
    path = home / _STAMP
    if not path.exists():
        raise InvalidInputError(f"{folder} keeps no state to go on from; {how}")
    if json.loads(path.read_text(encoding="utf-8"))["stamp"] != STAMP:
        raise InvalidInputError(f"the state in {folder} is of another version; {how}")


def _map(path: Path) -> Int64s:
    values: Int64s = np.asarray(np.load(path, mmap_mode="c", allow_pickle=False))
    return values
