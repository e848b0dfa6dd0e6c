"""Forward reach as a notebook asks for it."""

from __future__ import annotations

import pytest

from fundtrace.api import dataset as dataset_module
from fundtrace.api.dataset import Dataset
from fundtrace.errors import AmbiguousError, InvalidInputError, NotFoundError
from fundtrace.model.instants import parse_instant
from tests.support.rows import account, build, loan, movement

HOW = pytest.mark.parametrize("movements_min", [0, 250_000], ids=["kernel", "reference"])


@pytest.fixture
def dataset() -> Dataset:
    return build(
        movements=[
            movement("M1", "02 10:00", "A/1", "B/1", "100.00"),
            movement("M2", "02 09:00", "B/1", "C/0", "60.00"),  # gone before it came
            movement("M3", "03 11:00", "B/1", "C/1", "60.00"),
            movement("M4", "04 11:00", "C/1", "D/1", "5.00"),
            movement("M5", "05 11:00", "D/1", "E/1", "5.00"),  # the hub lets nothing through
            movement("M6", "06 11:00", "A/9", "A/8", "5.00"),
            movement("M7", "06 11:00", "A/9", "A/8", "5.00", currency="USD"),
        ],
        accounts=[
            account("D/1", kind="hub"),
            *(account(one) for one in ("A/1", "B/1", "C/0", "C/1", "E/1", "A/9", "A/8")),
            *(account(one, currency="USD") for one in ("A/9", "A/8")),
        ],
    )


@HOW
def test_reach_names_accounts_in_the_order_of_arrival(
    dataset: Dataset, movements_min: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dataset_module, "KERNEL_MOVEMENTS_MIN", movements_min)
    found = dataset.reach("A/1", "2026-03-02")
    assert [(one.bank, one.account, one.movement_id) for one in found] == [
        ("A", "1", ""),
        ("B", "1", "M1"),
        ("C", "1", "M3"),
        ("D", "1", "M4"),
    ]
    assert found[0].instant == parse_instant("2026-03-02")
    assert found[1].instant == parse_instant("2026-03-02T10:00:00+08:00")
    assert [one.account for one in dataset.reach("A/1", "2026-03-02T10:00:01+08:00")] == ["1"]
    assert len(dataset.reach("A/1", until="2026-03-03")) == 3
    assert dataset.reach("A/1", until="2026-03-03")[0].instant == parse_instant(
        "2026-03-02T09:00:00+08:00"
    )


def test_reach_wants_one_account(dataset: Dataset):
    with pytest.raises(AmbiguousError, match="CNY, USD") as caught:
        dataset.reach("A/9")
    assert caught.value.candidates == ("CNY", "USD")
    assert [one.currency for one in dataset.reach("A/9", currency="USD")] == ["USD", "USD"]
    with pytest.raises(NotFoundError, match="not held in JPY"):
        dataset.reach("A/9", currency="JPY")
    with pytest.raises(NotFoundError, match="no account 'A/7' here"):
        dataset.reach("A/7")
    with pytest.raises(InvalidInputError):
        dataset.reach("A/1", "1492-10-12")


@HOW
def test_the_loans_of_a_movement_are_the_same_either_way(
    movements_min: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dataset_module, "KERNEL_MOVEMENTS_MIN", movements_min)
    dataset = build(
        movements=[
            movement("M1", "02 10:00", "A/1", "B/1", "100.00"),
            movement("M2", "03 10:00", "B/1", "C/1", "60.00"),
        ],
        loans=[loan("L1", "A/1", "100.00"), loan("L2", "C/1", "30.00")],
    )
    assert dataset.list_exposed_ranks([1]) == [0]
