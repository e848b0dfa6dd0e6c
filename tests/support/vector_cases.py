"""Cases of vector files as parameters: the shared ones, and the project's own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from fundtrace import errors
from tests.support.shared import REPOSITORY, find_vectors

OWN = REPOSITORY / "tests" / "vectors" / "fundtrace"
if str(REPOSITORY / "scripts" / "lib") not in sys.path:
    sys.path.insert(0, str(REPOSITORY / "scripts" / "lib"))  # for ``import vectors``


def list_cases(
    name: str, read: Callable[[Any], Iterable[tuple[str, Any]]]
) -> list[pytest.ParameterSet]:
    """Return (id, case) pairs that ``read`` finds in a shared JSON file, or one that skips."""
    try:
        file = find_vectors(name)
    except pytest.skip.Exception as absent:
        return [pytest.param(None, marks=pytest.mark.skip(reason=str(absent)))]
    return as_params(read(json.loads(file.read_bytes())))


def list_own_cases(family: str) -> list[pytest.ParameterSet]:
    """Return the cases of one of the project's own families."""
    page = json.loads((OWN / f"{family}.json").read_bytes())
    return as_params((case["name"], case) for case in page["cases"])


def as_params(pairs: Iterable[tuple[str, Any]]) -> list[pytest.ParameterSet]:
    """Return parameters with these ids, of which there must be some."""
    params = [pytest.param(case, id=name) for name, case in pairs]
    assert params
    return params


def judge(case: dict[str, Any], verify: Callable[[], Any]) -> Any:
    """Return what ``verify`` returns for a valid case; for others, demand the named error."""
    if case["expect"] == "valid":
        return verify()
    with pytest.raises(errors.FundtraceError) as caught:
        verify()
    assert type(caught.value).__name__ == case["expect"]
    if case.get("rule"):
        assert caught.value.rule == case["rule"]
    return None
