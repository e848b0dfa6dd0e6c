import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from fundtrace.model.kinds import EndReason, MovementKind, Rule, Use
from fundtrace.report.trail_json import build_trail_json, render_trail_json
from fundtrace.trace.result import Scope
from fundtrace.trace.trail import Trail
from tests.support.golden import check_golden
from tests.support.trails import (
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

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "docs" / "trail.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("name", "codes"),
    [("use", Use), ("end_reason", EndReason)],
)
def test_the_schema_knows_every_code(name: str, codes: type) -> None:
    assert SCHEMA["$defs"][name]["enum"] == list(codes)


def test_the_schema_knows_every_rule_and_kind() -> None:
    assert SCHEMA["properties"]["rule"]["enum"] == list(Rule)
    assert SCHEMA["$defs"]["hop"]["properties"]["kind"]["enum"] == list(MovementKind)


def _list_objects(node: object) -> list[dict]:
    if isinstance(node, list):
        return [found for item in node for found in _list_objects(item)]
    if not isinstance(node, dict):
        return []
    found = [found for item in node.values() for found in _list_objects(item)]
    return [*found, node] if node.get("type") == "object" else found


def test_the_schema_is_strict_and_described_everywhere() -> None:
    objects = _list_objects(SCHEMA)
    assert len(objects) >= 11
    assert all(each["additionalProperties"] is False for each in objects)
    assert all(each["description"] for each in objects)


@pytest.mark.parametrize("trail", all_trails())
def test_what_is_rendered_fits_the_schema(trail: Trail) -> None:
    VALIDATOR.validate(json.loads(render_trail_json(trail)))


@given(trails())
@settings(max_examples=30, deadline=None)
def test_any_trail_fits_the_schema(trail: Trail) -> None:
    VALIDATOR.validate(json.loads(render_trail_json(trail)))


def test_an_unknown_field_is_refused_by_the_schema() -> None:
    answer = build_trail_json(make_s1()) | {"extra": 1}

    with pytest.raises(ValidationError):
        VALIDATOR.validate(answer)


def test_great_integers_survive() -> None:
    story = Story(SHOES, 2**60 + 1, "2026-03-05T09:00")
    story.move("2026-03-05T10:00", SHOES, place("B", "2"), 2**60 + 1)

    answer = json.loads(render_trail_json(story.tell()))

    assert answer["hops"][0]["traced_minor"] == 2**60 + 1


def test_units_stand_only_where_they_differ() -> None:
    first, second, third = build_trail_json(make_two_currencies())["hops"]

    assert "units_minor" not in first
    assert "currency" not in first
    assert (second["units_minor"], second["currency"]) == (1_890_000, "JPY")
    assert third["credited_at"] is None


def test_units_stand_where_money_came_back_at_another_value() -> None:
    story = Story(SHOES, 1_000, "2026-03-05T09:00")
    story.move("2026-03-05T10:00", SHOES, place("B", "2"), 1_000, units_minor=990)

    (hop,) = build_trail_json(story.tell())["hops"]

    assert (hop["units_minor"], hop["currency"]) == (990, "CNY")


def test_the_world_outside_has_empty_texts() -> None:
    answer = build_trail_json(make_cycle())

    assert answer["hops"][2]["credit"] == {"bank": "", "account": ""}


def test_as_of_is_utc_or_null() -> None:
    assert build_trail_json(make_two_currencies())["as_of"] == "2026-03-06T03:00:00Z"
    assert build_trail_json(make_s1())["as_of"] is None


def test_the_scope_is_said_limit_by_limit() -> None:
    trail = dataclasses.replace(make_s1(), scope=Scope(90, None, None, 100))

    answer = build_trail_json(trail)

    assert answer["scope"] == {
        "window_days": 90,
        "hops_max": None,
        "amount_max_minor": None,
        "part_min_minor": 100,
    }
    VALIDATOR.validate(answer)


def test_exposure_has_no_coverage() -> None:
    trail = dataclasses.replace(make_s1(), rule=Rule.EXPOSURE, first_uses=(), rests=())

    answer = build_trail_json(trail)

    assert answer["coverage"] is None
    VALIDATOR.validate(answer)


def test_flags_are_there_and_empty_and_cuts_are_said() -> None:
    answer = build_trail_json(make_dark())

    assert answer["flags"] == []
    assert answer["cut"] == [
        {"limit": "max_hops", "value": "1", "hidden_hops": 4, "hidden_minor": 123_456_789}
    ]


def test_the_json_of_s1_stays_as_it_is() -> None:
    check_golden("trail-s1.json", render_trail_json(make_s1()))
