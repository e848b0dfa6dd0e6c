"""What must hold for the world of any seed."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from fundtrace.errors import InvalidInputError
from fundtrace.simulate.folder import write_world
from fundtrace.simulate.validate import check_world
from fundtrace.simulate.world import Size, build_world

FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(
    seed=st.integers(0, 2**63),
    scale=st.integers(1_000, 3_000),
    each=st.integers(5, 14),
    file_format=st.sampled_from(["csv", "parquet"]),
)
def test_every_world_is_what_it_claims(seed, scale, each, file_format):
    try:
        world = build_world(Size.check(seed, scale, scale * each))
    except InvalidInputError:  # a seed in many draws too few parties for the least scale
        assume(scale > 1_500)
        raise
    with tempfile.TemporaryDirectory() as beside:
        folder = Path(beside) / "world"
        write_world(world, folder, file_format=file_format)
        assert check_world(folder).problems == ()
