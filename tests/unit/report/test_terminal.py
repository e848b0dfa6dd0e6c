import dataclasses
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from fundtrace.model.kinds import EndReason, MovementKind, Rule, Use
from fundtrace.report.terminal import render_trail, render_trail_text
from fundtrace.report.words import Lang
from fundtrace.trace.trail import Trail
from tests.support.golden import check_golden
from tests.support.trails import (
    LEATHER,
    SHOES,
    Story,
    all_trails,
    make_cycle,
    make_dark,
    make_s1,
    make_two_currencies,
    place,
    trails,
)


@pytest.mark.parametrize("lang", Lang)
def test_the_table_of_s1_stays_as_it_is(lang: Lang) -> None:
    check_golden(f"trail-s1.{lang}.txt", render_trail_text(make_s1(), lang, 100))


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize("trail", all_trails())
def test_no_line_is_wider_than_the_terminal(trail: Trail, width: int, lang: Lang) -> None:
    lines = render_trail_text(trail, lang, width).splitlines()

    assert max(cell_len(line) for line in lines) <= width


@given(trails(), st.sampled_from(Lang))
@settings(max_examples=25, deadline=None)
def test_any_trail_renders(trail: Trail, lang: Lang) -> None:
    assert render_trail_text(trail, lang, 100).count("\n") > 8


@pytest.mark.parametrize("width", [80, 100])
def test_great_amounts_are_folded_and_never_cut(width: int) -> None:
    story = Story(SHOES, 10**15, "2026-03-05T09:00")
    story.move("2026-03-05T10:00", SHOES, place("B", "6222021203001234567"), 10**15 - 1)

    text = render_trail_text(story.tell(), Lang.EN, width)

    assert "…" not in text
    assert "10,000,000,000,000.00" in text


def test_a_pipe_gets_no_escape_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")

    assert "\x1b" not in render_trail_text(make_cycle(), Lang.EN, 100)
    assert "\x1b" not in render_trail_text(make_cycle(), Lang.EN, is_terminal=True)


def test_a_terminal_gets_its_width_and_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "130")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)

    text = render_trail_text(make_cycle(), Lang.EN, is_terminal=True)

    assert "\x1b[1;31m" in text
    assert "─" * 120 in text


def test_a_language_may_be_given_as_text() -> None:
    assert render_trail_text(make_s1(), "zh") == render_trail_text(make_s1(), Lang.ZH)


def test_an_ascii_terminal_gets_ascii_boxes() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")
    console = Console(file=out, width=100, color_system=None)

    console.print(render_trail(make_dark(), Lang.EN, 100))

    out.flush()
    assert b"---" in out.buffer.getvalue()  # type: ignore[attr-defined]


def test_names_cannot_command_the_terminal_or_the_markup() -> None:
    story = Story(SHOES, 100, "2026-03-05T09:00")
    story.move("2026-03-05T10:00", SHOES, place("B", "2", "\x1b[2J[bold]x[/bold]"), 100)

    text = render_trail_text(story.tell(), Lang.EN, 140)

    assert "\x1b" not in text
    assert "[bold]x[/bold]" in text


def test_s1_says_what_the_scenario_must_say() -> None:
    text = render_trail_text(make_s1(), Lang.EN, 120)

    assert "5.00% (150,000.00 of 3,000,000.00 rests in sight)" in text
    assert "2,850,000.00 (95.00%)  non-member bank" in text
    assert "Re-entry candidates (inferred, not in the sums)" in text
    assert "borrower or related" in text
    assert "What is out of sight is no evidence of proper use." in text


def test_nothing_in_sight_is_not_called_clean() -> None:
    english = render_trail_text(make_dark(), Lang.EN, 100)
    chinese = render_trail_text(make_dark(), Lang.ZH, 100)

    assert "Nothing of this loan rests in sight. That is no evidence of proper use." in english
    assert "看不到不等于用途合规" in chinese


def test_cuts_and_doubts_are_said() -> None:
    text = render_trail_text(make_dark(), Lang.EN, 120)

    assert "Depth at most 1: 4 hops with 1,234,567.89 traced (gross) are hidden" in text
    assert "paid out CNY 123.45 more than was seen to arrive" in text
    assert "do not chain on 2026-03-05" in text


def test_back_flow_is_marked_in_words() -> None:
    text = render_trail_text(make_cycle(), Lang.EN, 100)

    assert text.count("<< back-flow") == 2
    assert text.count("no evidence") == 0


def test_another_currency_stands_beside_its_amount() -> None:
    text = render_trail_text(make_two_currencies(), Lang.EN, 120)

    assert "JPY 2,000,000" in text
    assert "JPY 1,890,000" in text
    assert "90,000.01" in text


def test_masked_accounts_show_their_tail_only() -> None:
    text = render_trail_text(make_cycle(), Lang.EN, 120, is_masked=True)

    assert "****4567" in text
    assert "6222021203001234567" not in text


def test_exposure_claims_no_coverage() -> None:
    trail = dataclasses.replace(make_s1(), rule=Rule.EXPOSURE, first_uses=(), rests=())

    text = render_trail_text(trail, Lang.EN, 100)

    assert "not applicable (this rule gives upper bounds)" in text
    assert "no evidence" not in text


def test_a_loan_that_never_moved_says_so() -> None:
    text = render_trail_text(Story(SHOES, 100, "2026-03-05T09:00").tell(), Lang.EN, 100)

    assert "No movement out is visible." in text


def test_returns_are_marked_on_both_sides() -> None:
    story = Story(SHOES, 100_000, "2026-03-05T09:00")
    story.move("2026-03-05T10:00", SHOES, LEATHER, 100_000, returned_minor=40_000)
    story.move(
        "2026-03-06T10:00",
        LEATHER,
        SHOES,
        40_000,
        Use.BORROWER,
        EndReason.HELD,
        kind=MovementKind.RETURN,
        reverses="m01",
    )

    text = render_trail_text(story.tell(), Lang.EN, 120)

    assert "400.00 returned" in text
    assert "return of m01" in text
