from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import networkx as nx
import polars as pl
import pytest

import fundtrace
from fundtrace.api.dataset import Dataset, parse_rules
from fundtrace.api.portfolio import trace_portfolio, write_portfolio
from fundtrace.api.search import get_loan_id, list_matches
from fundtrace.errors import AmbiguousError, InvalidInputError, NotFoundError
from fundtrace.model.kinds import CONSERVING_RULES, Rule
from fundtrace.trace.result import Scope
from fundtrace.trace.view import View
from tests.support.rows import build, loan, movement

S1 = Path(__file__).parents[2] / "fixtures" / "scenarios" / "S1"
UETR = "3c9d2f4e-7a51-4c0b-9d1e-2f6a8b7c5d40"


@pytest.fixture
def dataset() -> Dataset:
    return build(
        movements=[
            movement("M1", "02 10:00", "A/1", "B/1", "100.00", uetr=UETR),
            movement("M2", "03 10:00", "B/1", "C/1", "60.00"),
            movement("M3", "03 11:00", "A/2", "B/1", "10.00"),
        ],
        loans=[
            loan("L1", "A/1", "100.00", contract_id="K1"),
            loan("L2", "A/2", "30.00", contract_id="K2"),
            loan("L3", "A/2", "20.00", contract_id="K2"),
        ],
    )


def test_a_folder_is_loaded_and_traced_in_two_calls():
    trail = fundtrace.load(S1).trace("L1", rule="fifo")
    assert trail.rule is Rule.FIFO
    assert isinstance(trail.graph, nx.MultiDiGraph)
    frame = trail.to_frame()
    assert frame.height == len(trail.hops)
    assert frame["traced_minor"].dtype == pl.Int64


def test_the_same_question_is_answered_from_the_same_pass(dataset: Dataset):
    assert dataset.get_pass(Rule.FIFO) is dataset.get_pass(Rule.FIFO)
    assert dataset.get_pass(Rule.FIFO, None, Scope(hops_max=1)) is not dataset.get_pass(Rule.FIFO)


def test_a_contract_with_one_drawdown_names_its_loan(dataset: Dataset):
    assert dataset.trace("K1").loan_id == "L1"


def test_a_contract_with_several_drawdowns_asks_which(dataset: Dataset):
    with pytest.raises(AmbiguousError, match="L2, L3") as caught:
        dataset.trace("K2")
    assert caught.value.candidates == ("L2", "L3")


def test_an_unknown_loan_is_told_with_the_known_ones(dataset: Dataset):
    with pytest.raises(NotFoundError, match="L1, L2, L3"):
        dataset.trace("L9")


def test_an_unknown_rule_is_told_with_the_known_ones(dataset: Dataset):
    with pytest.raises(InvalidInputError, match="fifo, lifo, pro_rata"):
        dataset.trace("L1", "hifo")


def test_the_time_asked_may_be_text_a_datetime_or_microseconds(dataset: Dataset):
    at = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
    asked = [
        dataset.trace("L1", as_of=one).as_of
        for one in ("2026-03-02T20:00:00", at, 1_772_452_800_000_000)
    ]
    assert asked == [1_772_452_800_000_000] * 3


@pytest.mark.parametrize("bad", ["yesterday", "2026-13-01"])
def test_a_time_that_is_none_is_refused(dataset: Dataset, bad: str):
    with pytest.raises(InvalidInputError, match="ISO 8601"):
        dataset.trace("L1", as_of=bad)


@pytest.mark.parametrize("field", ["window_days", "hops_max", "amount_max_minor", "part_min_minor"])
def test_a_scope_below_zero_is_refused(field: str):
    with pytest.raises(InvalidInputError, match=field):
        Scope(**{field: -1})


@pytest.mark.parametrize("field", ["depth_max", "amount_min_minor", "hops_max", "seconds_max"])
def test_a_view_below_zero_is_refused(field: str):
    with pytest.raises(InvalidInputError, match=field):
        View(**{field: -1})


@pytest.mark.parametrize(
    ("reference", "kind", "loans"),
    [
        ("L1", "loan", ("L1",)),
        ("K2", "contract", ("L2", "L3")),
        ("M2", "movement", ("L1",)),
        (UETR.upper(), "uetr", ("L1",)),
        ("C/1", "account", ("L1",)),
        ("A/2", "account", ("L2", "L3")),
    ],
)
def test_anything_an_officer_has_at_hand_leads_to_loans(
    dataset: Dataset, reference: str, kind: str, loans: tuple[str, ...]
):
    (match,) = list_matches(dataset, reference)
    assert (match.kind, match.loan_ids) == (kind, loans)


def test_a_search_says_which_loans_may_have_been_there_under_another_rule(dataset: Dataset):
    (match,) = list_matches(dataset, "M3")
    assert match.loan_ids == ("L2",)
    assert match.exposed_loan_ids == ("L3",)


def test_an_account_number_is_found_at_every_bank(dataset: Dataset):
    assert [match.name for match in list_matches(dataset, "1")] == ["A/1", "B/1", "C/1"]


def test_what_names_nothing_is_told(dataset: Dataset):
    with pytest.raises(NotFoundError, match="nothing here is called"):
        list_matches(dataset, "ghost")


def test_one_loan_is_found_by_movement_and_several_are_refused(dataset: Dataset):
    assert get_loan_id(dataset, "M2") == "L1"
    assert get_loan_id(dataset, "L2") == "L2"
    with pytest.raises(AmbiguousError):
        get_loan_id(dataset, "B/1")


def test_a_reference_that_carried_no_loan_is_told():
    dataset = build(
        movements=[movement("M1", "02 10:00", "X/1", "Y/1", "1.00")],
        loans=[loan("L1", "A/1", "1.00")],
    )
    with pytest.raises(NotFoundError, match="carried no loan"):
        get_loan_id(dataset, "M1")


@pytest.mark.parametrize("rule", Rule)
def test_an_answer_names_the_scope_that_it_was_made_under(dataset: Dataset, rule: Rule):
    scope = Scope(window_days=90, part_min_minor=100)
    assert dataset.trace(dataset.loan_ids[0], rule, scope=scope).scope == scope
    assert dataset.trace(dataset.loan_ids[0], rule).scope == Scope()


def test_a_portfolio_names_its_scope(dataset: Dataset):
    scope = Scope(window_days=90, part_min_minor=100)
    summary = trace_portfolio(dataset, [Rule.FIFO], None, scope)["summary"]
    names = ("window_days", "hops_max", "amount_max_minor", "part_min_minor")
    said = summary.select(f"scope_{name}" for name in names).unique()
    assert said.rows() == [(90, None, None, 100)]


def test_a_portfolio_conserves_every_loan_under_every_rule(dataset: Dataset):
    frames = trace_portfolio(dataset, list(CONSERVING_RULES))
    summary = frames["summary"]
    assert summary.height == 3 * len(CONSERVING_RULES)
    assert summary["scope_window_days"].to_list() == [None] * summary.height
    assert (summary["rests_minor"] == summary["principal_minor"]).all()
    assert (summary["first_uses_minor"] == summary["principal_minor"]).all()
    sums = frames["rests"].group_by("rule", "loan_id").agg(pl.col("traced_minor").sum())
    assert sorted(sums["traced_minor"].unique().to_list()) == [2_000, 3_000, 10_000]


def test_a_portfolio_gives_the_same_figures_as_single_trails(dataset: Dataset):
    frames = trace_portfolio(dataset, list(CONSERVING_RULES))
    for rule in CONSERVING_RULES:
        for loan_id in dataset.loan_ids:
            trail = dataset.trace(loan_id, rule)
            rows = frames["rests"].filter(
                (pl.col("rule") == rule.value) & (pl.col("loan_id") == loan_id)
            )
            expected = sorted(
                (part.place.account, part.traced_minor, part.min_minor, part.max_minor)
                for part in trail.rests
            )
            columns = ["account", "traced_minor", "min_minor", "max_minor"]
            assert sorted(rows.select(columns).rows()) == expected


def test_a_portfolio_under_exposure_is_refused(dataset: Dataset):
    with pytest.raises(InvalidInputError, match="exposure"):
        trace_portfolio(dataset, [Rule.EXPOSURE])


def test_a_portfolio_reports_its_progress(dataset: Dataset):
    heard: list[tuple[Rule, int, int]] = []
    trace_portfolio(dataset, [Rule.FIFO], progress=lambda *one: heard.append(one))
    assert heard[0] == (Rule.FIFO, 0, 6)


def test_result_files_are_the_same_to_the_byte_when_written_again(dataset: Dataset, tmp_path: Path):
    frames = trace_portfolio(dataset, list(CONSERVING_RULES))
    first, second = (write_portfolio(frames, tmp_path / name) for name in ("one", "two"))
    assert [path.name for path in first] == [path.name for path in second]
    assert len(first) == 8
    digests = [
        [hashlib.sha256(path.read_bytes()).digest() for path in paths] for paths in (first, second)
    ]
    assert digests[0] == digests[1]
    assert not list((tmp_path / "one").glob(".*"))


def test_rules_are_named_one_by_one_or_all_at_once():
    assert parse_rules(["fifo"]) == [Rule.FIFO]
    assert parse_rules(["all"]) == list(CONSERVING_RULES)
    with pytest.raises(InvalidInputError):
        parse_rules(["both"])
