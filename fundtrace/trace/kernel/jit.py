"""The one door to numba: every kernel function is compiled by ``jit``, cached, without the GIL.

Numba keeps compiled code as long as the *file* of a function is unchanged, although it
contains the compiled code of functions from other files and the values of constants: after
an edit elsewhere, or an upgrade, it would go on running what was true before. Here all
cached code carries one stamp, over the sources of this package and the constants that they
freeze, so that any change compiles everything anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib.resources import files
from typing import Any, ParamSpec, TypeVar

import numba

from fundtrace.trace.kernel import layout
from fundtrace.trace.rules import SPECIFIC_WINDOW_MICROSECONDS

# ``_nrt`` off: no kernel function allocates, so compiled code need not count references to
# arrays. It compiles a third faster, and what would allocate in a hot loop does not compile.
_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}

P = ParamSpec("P")
R = TypeVar("R")


def _stamp_sources() -> str:
    """Return a digest of everything that compiled code depends on."""
    digest = hashlib.sha256()
    for source in sorted(files(__package__).iterdir(), key=lambda one: one.name):
        if source.name.endswith(".py"):
            digest.update(source.read_bytes())
    constants = {name: value for name, value in vars(layout).items() if isinstance(value, int)}
    digest.update(repr((sorted(constants.items()), SPECIFIC_WINDOW_MICROSECONDS)).encode())
    return digest.hexdigest()


STAMP = _stamp_sources()


def jit(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function on its first call; the compiled code is kept beside the module."""
    compiled: Any = numba.njit(**_OPTIONS)(function)
    compiled._cache._cache_file._source_stamp = STAMP  # noqa: SLF001  numba offers no way in
    kept: Callable[P, R] = compiled
    return kept
