"""The TOML file that says how a bank's own CSV columns become movement tables.

``shape`` is ``ledger`` (each row names both sides) or ``statement`` (each row names an own
account, its counterparty, and which way the money went). ``[columns]`` gives the file's
header for each target, ``[constants]`` a value for every row, or for a column's empty cells.
``docs/examples`` holds two documented mappings. A key that is not known here is refused,
with the list of those that are: a misspelt key must not silently drop a column. Headers and
words are cleaned as the file's cells are, so that （元） and (元) are one.
"""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from fundtrace.books.cells import clean_cell
from fundtrace.errors import InvalidInputError
from fundtrace.model.kinds import MovementKind
from fundtrace.model.tables import MOVEMENT_TEXTS


class Shape(StrEnum):
    """What a row of the file is."""

    LEDGER = "ledger"
    STATEMENT = "statement"


_COMMON = (
    "movement_id",
    "booked_at",
    "booked_on",
    "booked_time",
    "seq",
    "amount",
    "currency",
    "kind",
    "loan_id",
    *MOVEMENT_TEXTS,
)
TARGETS = {
    Shape.LEDGER: (
        *_COMMON,
        "debit_bank",
        "debit_account",
        "credit_bank",
        "credit_account",
        "debit_balance_after",
        "credit_balance_after",
    ),
    Shape.STATEMENT: (
        *_COMMON,
        "bank",
        "account",
        "counterparty_bank",
        "counterparty_account",
        "direction",
        "debit_amount",
        "credit_amount",
        "balance_after",
    ),
}
_SECTIONS = ("shape", "file", "columns", "constants", "formats", "directions", "kinds", "red_ink")


@dataclass(frozen=True)
class CsvMapping:
    """A checked mapping; see the module for its meaning."""

    shape: Shape
    columns: Mapping[str, str]  # target: header in the file
    constants: Mapping[str, str]  # target: value
    delimiter: str = ","
    encoding: str = ""  # "": strict UTF-8, else GB18030
    formats: Mapping[str, str] = field(default_factory=dict)  # datetime, date, time: strptime
    debit_words: tuple[str, ...] = ("借",)  # money leaves the account
    credit_words: tuple[str, ...] = ("贷",)
    kinds: Mapping[str, str] = field(default_factory=dict)  # word in the file: MovementKind
    keep_unmatched_red_ink: bool = False

    def has(self, target: str) -> bool:
        """Return whether a column or a constant gives ``target``."""
        return target in self.columns or target in self.constants


def load_mapping(path: Path) -> CsvMapping:
    """Read a mapping file. Raises InvalidInputError with the key that is wrong."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInputError(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInputError(f"{path} is not TOML: {error}") from error
    try:
        return parse_mapping(document)
    except InvalidInputError as error:
        raise InvalidInputError(f"{path.name}: {error}") from error


def parse_mapping(document: Mapping[str, Any]) -> CsvMapping:
    """Check a mapping's keys and values. Raises InvalidInputError."""
    _check_known(document, _SECTIONS, "the mapping")
    try:
        shape = Shape(document.get("shape", ""))
    except ValueError as error:
        raise InvalidInputError('shape must be "ledger" or "statement"') from error
    file = _get_texts(document, "file", ("delimiter", "encoding"))
    red_ink = _get_texts(document, "red_ink", ("unmatched",))
    if red_ink.get("unmatched", "refuse") not in ("refuse", "keep"):
        raise InvalidInputError('red_ink.unmatched must be "refuse" or "keep"')
    directions = _get_words(document, "directions", ("debit", "credit"))
    mapping = CsvMapping(
        shape=shape,
        columns=_get_texts(document, "columns", TARGETS[shape]),
        constants=_get_texts(document, "constants", TARGETS[shape]),
        delimiter=_check_delimiter(file.get("delimiter", ",")),
        encoding=_check_encoding(file.get("encoding", "")),
        formats=_get_texts(document, "formats", ("datetime", "date", "time")),
        debit_words=directions.get("debit", CsvMapping.debit_words),
        credit_words=directions.get("credit", CsvMapping.credit_words),
        kinds={
            clean_cell(word): kind for word, kind in _get_texts(document, "kinds", None).items()
        },
        keep_unmatched_red_ink=red_ink.get("unmatched") == "keep",
    )
    _check_whole(mapping)
    return mapping


def _check_known(given: Collection[str], known: Collection[str], where: str) -> None:
    unknown = [key for key in given if key not in known]
    if unknown:
        raise InvalidInputError(
            f"{where} has no key {', '.join(unknown)}; known: {', '.join(known)}"
        )


def _get_section(document: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    value = document.get(section, {})
    if not isinstance(value, dict):
        raise InvalidInputError(f"{section} must be a section: [{section}]")
    return value


def _get_texts(
    document: Mapping[str, Any], section: str, known: Collection[str] | None
) -> dict[str, str]:
    """Return a section whose values are texts; ``known`` None allows every key."""
    values = _get_section(document, section)
    if known is not None:
        _check_known(values, known, f"[{section}]")
    for key, value in values.items():
        if not isinstance(value, str) or not value:
            raise InvalidInputError(f"{section}.{key} must be a text in quotes, not empty")
    return {key: value if section == "file" else clean_cell(value) for key, value in values.items()}


def _get_words(
    document: Mapping[str, Any], section: str, known: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Return a section whose values are lists of texts."""
    values = _get_section(document, section)
    _check_known(values, known, f"[{section}]")
    for key, value in values.items():
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise InvalidInputError(f'{section}.{key} must be a list of texts, such as ["借", "D"]')
    return {key: tuple(map(clean_cell, value)) for key, value in values.items()}


def _check_delimiter(delimiter: str) -> str:
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise InvalidInputError(f"file.delimiter must be one character, not {delimiter!r}")
    return delimiter


def _check_encoding(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name if encoding else ""
    except LookupError as error:
        raise InvalidInputError(f"file.encoding {encoding!r} is not known") from error


def _check_whole(mapping: CsvMapping) -> None:
    """Check that every target a movement needs comes from somewhere, exactly once."""
    if ("booked_at" in mapping.columns) == ("booked_on" in mapping.columns):
        raise InvalidInputError(
            "[columns] needs booked_at, or booked_on with or without booked_time"
        )
    if "booked_time" in mapping.columns and "booked_on" not in mapping.columns:
        raise InvalidInputError("[columns] booked_time goes with booked_on, not with booked_at")
    needed = ["currency", *_list_needed(mapping)]
    missing = [target for target in needed if not mapping.has(target)]
    if missing:
        raise InvalidInputError(f"[columns] or [constants] must give {', '.join(missing)}")
    known = [kind.value for kind in MovementKind if kind is not MovementKind.RETURN]
    for word, kind in mapping.kinds.items():
        if kind not in known:
            raise InvalidInputError(f"kinds.{word} is {kind!r}; known: {', '.join(known)}")
    for target in (
        "movement_id",
        "booked_at",
        "booked_on",
        "amount",
        "debit_amount",
        "credit_amount",
    ):
        if target in mapping.constants:
            raise InvalidInputError(f"[constants] cannot give {target}; it differs by row")


def _list_needed(mapping: CsvMapping) -> list[str]:
    """Return the targets that the mapping's shape needs; refuse two ways of saying one thing."""
    if mapping.shape is Shape.LEDGER:
        return ["amount", "debit_account", "credit_account"]
    both = set(mapping.debit_words) & set(mapping.credit_words)
    if both:
        raise InvalidInputError(f"directions: {', '.join(sorted(both))} stands in both lists")
    if not (mapping.has("debit_amount") or mapping.has("credit_amount")):
        return ["bank", "account", "amount", "direction"]
    if mapping.has("amount") or mapping.has("direction"):
        raise InvalidInputError(
            "give amount and direction, or debit_amount and credit_amount, not both"
        )
    return ["bank", "account", "debit_amount", "credit_amount"]
