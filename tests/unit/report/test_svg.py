import dataclasses
import itertools
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.model.kinds import EndReason, MovementKind, Rule, Use
from fundtrace.report.svg.draw import render_trail_svg
from fundtrace.report.svg.flows import Grouping, build_flows, choose_grouping
from fundtrace.report.svg.labels import Board, Box, Label, Tone, make_label, measure, shorten
from fundtrace.report.svg.layout import Layout, build_layout
from fundtrace.report.words import Lang
from fundtrace.trace.trail import Place, Trail
from tests.support.golden import check_golden
from tests.support.trails import (
    LEATHER,
    SHOES,
    TRADER,
    Story,
    all_trails,
    make_cycle,
    make_dark,
    make_fan_out,
    make_s1,
    make_two_currencies,
    place,
    trails,
)

SVG = "{http://www.w3.org/2000/svg}"


def _list_overlaps(layout: Layout) -> list[tuple[Label, Label]]:
    return [
        (one, other)
        for one, other in itertools.combinations(layout.labels, 2)
        if one.box.intersects(other.box)
    ]


def _texts(layout: Layout) -> list[str]:
    return [line for label in layout.labels for line in label.lines]


@pytest.mark.parametrize("lang", Lang)
def test_the_picture_of_s1_stays_as_it_is(lang: Lang) -> None:
    check_golden(f"trail-s1.{lang}.svg", render_trail_svg(make_s1(), lang))


@given(trails(), st.sampled_from(Lang), st.sampled_from(Grouping))
@settings(max_examples=80, deadline=None)
def test_no_two_labels_ever_overlap(trail: Trail, lang: Lang, grouping: Grouping) -> None:
    assert _list_overlaps(build_layout(trail, lang, grouping)) == []


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize("trail", all_trails())
def test_no_label_of_a_worked_trail_overlaps_or_is_missing(trail: Trail, lang: Lang) -> None:
    layout = build_layout(trail, lang)

    assert _list_overlaps(layout) == []
    assert layout.unlabelled == 0


@given(trails(), st.sampled_from(Lang))
@settings(max_examples=60, deadline=None)
def test_every_account_and_every_rest_finds_its_label(trail: Trail, lang: Lang) -> None:
    layout = build_layout(trail, lang)

    texts = _texts(layout)
    accounts = layout.geometry.accounts
    assert all(account.name in texts for account in accounts)
    assert all(line in texts for account in accounts for line in account.ends)


@given(trails())
@settings(max_examples=60, deadline=None)
def test_every_edge_leads_to_the_right_and_stays_on_the_paper(trail: Trail) -> None:
    layout = build_layout(trail, Lang.ZH)

    boxes = [label.box for label in layout.labels] + [bar.box for bar in layout.geometry.bars]
    assert all(edge.start[0] < edge.end[0] for edge in layout.geometry.edges)
    assert all(box.left >= 0 and box.right <= layout.width for box in boxes)
    assert all(box.top >= 0 and box.bottom <= layout.height for box in boxes)


@given(trails(), st.sampled_from(Grouping))
@settings(max_examples=60, deadline=None)
def test_grouping_loses_no_hop_and_no_value(trail: Trail, grouping: Grouping) -> None:
    flows = build_flows(trail, grouping)

    numbers = sorted(number for flow in flows.flows for number, _ in flow.hops)
    assert numbers == list(range(1, len(trail.hops) + 1))
    assert sum(flow.traced_minor for flow in flows.flows) == sum(
        hop.traced_minor for hop in trail.hops
    )


@given(trails(), st.sampled_from(Lang))
@settings(max_examples=40, deadline=None)
def test_any_trail_draws_well_formed_and_the_same_again(trail: Trail, lang: Lang) -> None:
    text = render_trail_svg(trail, lang)

    assert ET.fromstring(text).tag == f"{SVG}svg"  # noqa: S314
    assert text == render_trail_svg(trail, lang)


def test_rows_are_banks_the_lender_first_and_strangers_last() -> None:
    rows = build_layout(make_s1(), Lang.ZH).geometry.rows

    assert [(row.bank, row.is_member) for row in rows] == [
        ("A", True),
        ("B", True),
        ("C", True),
        ("D", True),
        ("N", False),
    ]


def test_the_world_outside_is_the_last_row() -> None:
    rows = build_layout(make_cycle(), Lang.ZH).geometry.rows

    assert (rows[-1].bank, rows[-1].is_member) == ("", False)


def test_edge_widths_are_in_proportion_to_traced_value() -> None:
    edges = build_layout(make_cycle(), Lang.ZH).geometry.edges

    assert edges[0].width == 24.0
    assert edges[4].width == pytest.approx(24.0 * 0.6)
    assert edges[2].width == 1.4


def test_empty_days_are_a_marked_gap() -> None:
    texts = _texts(build_layout(make_s1(), Lang.ZH))

    assert "… 2 天 …" in texts
    assert "… 11 天 …" in texts


def test_a_round_trip_within_a_day_has_two_stops_of_the_borrower() -> None:
    layout = build_layout(make_cycle(), Lang.ZH)

    borrower = next(account for account in layout.geometry.accounts if account.is_start)
    assert [stop.column for stop in borrower.stops[:2]] == [0, 3]


def test_back_flow_has_a_colour_a_dash_and_a_word() -> None:
    text = render_trail_svg(make_cycle(), Lang.ZH)

    assert text.count('stroke="#c2331f"') == 3  # two edges and the legend
    assert 'stroke-dasharray="13 5"' in text
    assert "回流 #4 97.5万" in text


def test_a_re_entry_candidate_is_dotted_and_called_inferred() -> None:
    root = ET.fromstring(render_trail_svg(make_s1(), Lang.EN))  # noqa: S314

    labels = [group.get("aria-label") or "" for group in root.iter(f"{SVG}g")]
    assert any(label.startswith("Inferred re-entry") for label in labels)
    assert "inferred 2,840,000.00 related party" in [text.text for text in root.iter(f"{SVG}text")]


def test_the_document_is_accessible_and_carries_no_script() -> None:
    root = ET.fromstring(render_trail_svg(make_cycle(), Lang.EN))  # noqa: S314

    assert root.get("role") == "group"
    named = (root.get("aria-labelledby") or "").split()
    found = {element.get("id") for element in root.iter() if element.get("id")}
    assert set(named) == found
    focusable = [group for group in root.iter(f"{SVG}g") if group.get("tabindex") == "0"]
    assert len(focusable) == 9 + 13  # hops and stops
    assert all(group.get("aria-label") for group in focusable)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "g", "rect", "line", "path", "text"}
    assert all("style" not in element.attrib for element in root.iter())


def test_two_pictures_on_one_page_have_ids_of_their_own() -> None:
    one = render_trail_svg(make_s1(), Lang.EN)
    other = render_trail_svg(dataclasses.replace(make_s1(), rule=Rule.FIFO), Lang.EN)

    assert one.split('aria-labelledby="')[1][:12] != other.split('aria-labelledby="')[1][:12]


def test_a_language_may_be_given_as_text() -> None:
    assert render_trail_svg(make_s1(), "zh") == render_trail_svg(make_s1(), Lang.ZH)


def test_names_are_escaped() -> None:
    story = Story(SHOES, 100, "2026-03-05T09:00")
    story.move("2026-03-05T10:00", SHOES, place("B", "2", "<script>&\x00"), 100)

    text = render_trail_svg(story.tell(), Lang.EN)

    assert "<script>" not in text
    assert "&lt;script&gt;&amp;\ufffd" in text


def test_a_large_trail_is_grouped_by_amount_and_says_so() -> None:
    trail = make_fan_out(200)

    assert choose_grouping(make_fan_out(60)) is Grouping.NONE
    assert choose_grouping(trail) is Grouping.AMOUNT
    texts = " ".join(_texts(build_layout(trail, Lang.EN)))
    assert "Grouped: 199 hops drawn as 45 edges" in texts
    assert "runs of hops below 60,000.00 between the same two accounts" in texts


def test_grouping_by_time_stays_within_a_day() -> None:
    story = Story(SHOES, 1_000, "2026-03-05T09:00")
    for at in ("2026-03-05T10:00", "2026-03-05T11:00", "2026-03-06T10:00"):
        story.move(at, SHOES, LEATHER, 100)

    flows = build_flows(story.tell(), Grouping.TIME)

    assert [len(flow.hops) for flow in flows.flows] == [2, 1]
    assert "same day" not in render_trail_svg(story.tell(), Lang.EN, Grouping.TIME)
    assert "on one day" in render_trail_svg(story.tell(), Lang.EN, Grouping.TIME)


@pytest.mark.parametrize(
    ("debit", "credit"), [(LEATHER, SHOES), (LEATHER, TRADER), (TRADER, SHOES)]
)
def test_grouping_does_not_reach_over_money_that_moved_on(debit: Place, credit: Place) -> None:
    story = Story(SHOES, 100_000, "2026-03-05T09:00")
    story.move("2026-03-05T09:30", SHOES, TRADER, 50_000)
    story.move("2026-03-05T10:00", SHOES, LEATHER, 100)
    story.move("2026-03-05T11:00", debit, credit, 50)
    story.move("2026-03-05T12:00", SHOES, LEATHER, 100)

    flows = build_flows(story.tell(), Grouping.AMOUNT)

    assert [len(flow.hops) for flow in flows.flows] == [1, 1, 1, 1]


def test_a_huge_trail_draws_its_greatest_edges_and_says_what_is_left_out() -> None:
    story = Story(SHOES, 10**9, "2026-03-05T09:00")
    for number in range(410):
        story.move("2026-03-05T10:00", SHOES, place("B", f"{number}"), 10_000 + number)

    layout = build_layout(story.tell(), Lang.EN)

    assert len(layout.geometry.edges) == 400
    texts = " ".join(_texts(layout))
    assert "10 smaller hops with 1,000.45 are not drawn" in texts


def test_another_currency_and_money_in_transit_are_said() -> None:
    texts = _texts(build_layout(make_two_currencies(), Lang.EN))

    assert "#2 90,000.01 (JPY 1,890,000)" in texts
    assert "abroad, in transit" in texts
    assert "5,000.00 (5.00%)" in texts


def test_the_header_names_rule_principal_and_coverage() -> None:
    texts = " ".join(_texts(build_layout(make_s1(), Lang.ZH)))

    assert "归属规则：贷款先出" in texts
    assert "CNY 3,000,000.00" in texts
    assert "穿透覆盖率：5.00%" in texts
    assert "看不到的部分不等于用途合规" in texts


def test_a_dark_trail_says_what_that_means() -> None:
    texts = " ".join(_texts(build_layout(make_dark(), Lang.EN)))

    assert "no evidence of proper use" in texts
    assert "Depth at most 1: 4 hops" in texts


def test_exposure_draws_without_rests() -> None:
    trail = dataclasses.replace(make_s1(), rule=Rule.EXPOSURE, first_uses=(), rests=())

    texts = " ".join(_texts(build_layout(trail, Lang.EN)))

    assert "Coverage: not applicable" in texts
    assert "#1 3,000,000.00" in texts


def test_a_loan_that_never_moved_still_draws() -> None:
    texts = _texts(build_layout(Story(SHOES, 100, "2026-03-05T09:00").tell(), Lang.EN))

    assert any("温州永兴鞋业" in text for text in texts)


def test_a_return_is_called_one() -> None:
    story = Story(SHOES, 100_000, "2026-03-05T09:00")
    story.move("2026-03-05T10:00", SHOES, LEATHER, 100_000)
    over = {"kind": MovementKind.RETURN, "reverses": "m01"}
    story.move("2026-03-06T10:00", LEATHER, SHOES, 40_000, Use.BORROWER, EndReason.HELD, **over)

    assert "return #2 400.00" in _texts(build_layout(story.tell(), Lang.EN))


def test_a_label_gives_way_to_one_that_costs_less() -> None:
    board = Board()
    board.add_line([(10.0, 5.0), (12.0, 5.0)], 1)
    crossed = make_label(["abc"], 0, 0, 10, Tone.AMOUNT)
    free = make_label(["abc"], 200, 0, 10, Tone.AMOUNT)

    assert board.place_best([(0, crossed), (1, free)], own=7)
    assert board.labels == [free]
    assert board.place_best([(0, crossed), (9, free)], own=7)
    assert not board.place_best([(0, crossed)], own=7)


def test_boxes_that_only_touch_do_not_intersect() -> None:
    box = Box(0, 0, 10, 10)

    assert not box.intersects(Box(10, 0, 10, 10))
    assert not box.intersects(Box(0, 10, 10, 10))
    assert box.intersects(Box(9.9, 9.9, 1, 1))


@given(st.text(max_size=40), st.floats(20, 300))
def test_shortened_text_fits(text: str, width: float) -> None:
    assert measure(shorten(text, width, 12), 12) <= width
