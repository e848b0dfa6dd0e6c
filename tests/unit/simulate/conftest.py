"""Worlds that several tests look at, built once."""

from __future__ import annotations

import pytest

from fundtrace.simulate.folder import write_world
from fundtrace.simulate.world import Size, build_world


@pytest.fixture(scope="session")
def small():
    return build_world(Size.check(7, 2_000))


@pytest.fixture(scope="session")
def folder(small, tmp_path_factory):
    target = tmp_path_factory.mktemp("worlds") / "small"
    write_world(small, target, file_format="csv")
    return target
