"""A trail from a kept result is the trail from the tables, byte for byte."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundtrace.api.dataset import Dataset
from fundtrace.api.kept import keep, open_kept
from fundtrace.model.kinds import CONSERVING_RULES, Rule
from fundtrace.model.tables import Tables
from fundtrace.report.trail_json import render_trail_json
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import run_kernel
from fundtrace.trace.reentry import list_reentry_candidates
from fundtrace.trace.result import Scope
from tests.support.naive_reentry import list_candidates
from tests.support.questions import SHAPES, patient, questions
from tests.support.worlds import Shape, World, worlds

RELATED = [("H1", "H2", "spouse"), ("H2", "H3", "supplier"), ("H4", "H1", "shareholder")]


@st.composite
def peopled(draw: st.DrawFn, shape: Shape, members: str = "AB") -> Tables:
    """A random world with names, relations and banks that take no part, often or always."""
    world: World = draw(worlds(shape))
    holders = [f"H{number}" for number in range(1, 5)]
    if draw(st.booleans()):
        world.rows["parties"] = [
            {
                "holder_id": one,
                "name": f"名 {one}",
                "type": "",
                "sector": draw(st.sampled_from(["", "70"])),
            }
            for one in holders
        ]
        world.rows["relations"] = [
            {"holder_id": one, "related_holder_id": other, "relation": how, "share": ""}
            for one, other, how in RELATED
            if draw(st.booleans())
        ]
    if members != "AB" or draw(st.booleans()):
        world.rows["members"] = [{"bank": bank, "name": f"银行 {bank}"} for bank in members]
    return world.build()


def answer_all(tables: Tables, as_of: int | None, scope: Scope, folder: Path) -> None:
    """Keep, open, and compare every loan under every rule."""
    dataset = Dataset(tables)
    keep(dataset, folder, as_of=as_of, scope=scope)
    kept = open_kept(folder)
    assert kept.loan_ids == dataset.loan_ids
    for loan in dataset.loan_ids:
        for rule in Rule:
            expected = dataset.trace(loan, rule, as_of=as_of, scope=scope)
            found = kept.trace(loan, rule)
            assert found.__dict__ == expected.__dict__
            assert render_trail_json(found) == render_trail_json(expected)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@patient(25)
@given(data=st.data())
def test_a_kept_result_answers_what_the_tables_answer(shape: Shape, data: st.DataObject):
    asked, scope = data.draw(questions(shape))
    tables = data.draw(st.one_of(st.just(asked.tables), peopled(shape)))
    with tempfile.TemporaryDirectory() as folder:
        answer_all(tables, asked.as_of, scope, Path(folder) / "kept")


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@patient(25)
@given(data=st.data())
def test_a_kept_pass_reads_like_the_pass_that_was_kept(shape: Shape, data: st.DataObject):
    asked, scope = data.draw(questions(shape))
    dataset = Dataset(asked.tables)
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr("fundtrace.api.dataset.KERNEL_MOVEMENTS_MIN", 0)
        keep(dataset, name, as_of=asked.as_of, scope=scope, with_exposure=False)
        kept = open_kept(name)
        for rule in CONSERVING_RULES:
            expected, found = run_kernel(asked, rule, scope), kept.get_pass(rule)
            assert list(found.hops) == list(expected.hops)
            assert list(found.rests) == list(expected.rests)
            assert list(found.first_uses) == list(expected.first_uses)
            assert found.unobserved == expected.unobserved
            # What only a new pass reads of the input is made when it is read.
            again = run_kernel(found.given, rule, scope)
            assert list(again.hops) == list(expected.hops)
            assert list(again.rests) == list(expected.rests)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@patient(40)
@given(data=st.data())
def test_reentry_candidates_are_those_of_the_definition(shape: Shape, data: st.DataObject):
    given = TraceInput(data.draw(peopled(shape, "A")))
    result = run_kernel(given, data.draw(st.sampled_from(CONSERVING_RULES)))
    for rank in range(len(given.loans)):
        found = list_reentry_candidates(given, rank, result)
        told = [(one.movement_id, one.ended_minor, one.use) for one in found]
        assert told == list_candidates(given, rank, result)


def test_random_worlds_do_have_reentry_candidates():
    """The property above would hold of none at all."""
    counts = []

    @patient(60)
    @given(data=st.data())
    def count(data: st.DataObject):
        given = TraceInput(data.draw(peopled(SHAPES["long"], "A")))
        result = run_kernel(given, Rule.PROCEEDS_FIRST)
        counts.extend(
            len(list_reentry_candidates(given, rank, result)) for rank in range(len(given.loans))
        )

    count()
    assert sum(counts) > 0
