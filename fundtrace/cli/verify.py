"""``fundtrace verify``: evidence checked offline, anywhere; proven, or only claimed."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fundtrace.cli.options import Lang
from fundtrace.errors import InvalidInputError


class VerdictFormat(StrEnum):
    """How the verdict is written."""

    TEXT = "text"
    JSON = "json"


EvidenceFile = Annotated[
    Path,
    typer.Argument(
        help="Evidence package, proof file (tlog-proof), signed checkpoint, or the folder of"
        " a log in tiles."
    ),
]
Root = Annotated[
    str,
    typer.Option(
        "--root",
        help="SHA-256 of the consortium's roster version 1 (64 hex digits), got by another"
        " way than the package; or the file with that roster.",
    ),
]
EntryFile = Annotated[
    Path | None,
    typer.Option("--entry", help="The entry that a proof file is about: its exact bytes."),
]
LogKey = Annotated[
    str, typer.Option("--log-key", help="The log's key (vkey), for all but packages.")
]
Cosigners = Annotated[
    list[str] | None,
    typer.Option("--cosigner", help="Key (vkey) of one who must have cosigned; may be repeated."),
]
Partial = Annotated[
    bool,
    typer.Option("--partial", help="Accept a package that shows streams only in part."),
]
Bodies = Annotated[
    bool, typer.Option("--bodies", help="Show what opened records say, field by field.")
]
OutputFormat = Annotated[
    VerdictFormat, typer.Option("--format", help="Text, or JSON for another program.")
]
AnswerLang = Annotated[Lang, typer.Option("--lang", help="Language of the answer.")]


def verify(  # noqa: PLR0913  one option per parameter
    file: EvidenceFile,
    *,
    root: Root = "",
    entry: EntryFile = None,
    log_key: LogKey = "",
    cosigner: Cosigners = None,
    partial: Partial = False,
    bodies: Bodies = False,
    output_format: OutputFormat = VerdictFormat.TEXT,
    lang: AnswerLang = Lang.ZH,
) -> None:
    """Check evidence without a network, and say what is proven and what is only claimed.

    Leaves with 0 where the evidence holds, 1 where it does not, 2 where the file is none.

    Example: fundtrace verify evidence.zip --root 9f2c…e1 --lang en
    """
    from fundtrace.api.evidence import verify_evidence
    from fundtrace.evidence.render import render_verdict, render_verdict_json
    from fundtrace.tlog.keys import parse_verifier_key

    verdict = verify_evidence(
        file,
        pinned_root=_read_root(root) if root else None,
        entry=entry,
        log_key=parse_verifier_key(log_key) if log_key else None,
        cosigners=[parse_verifier_key(one) for one in cosigner or ()],
    )
    if output_format is VerdictFormat.JSON:
        typer.echo(render_verdict_json(verdict, is_part_enough=partial), nl=False)
    else:
        text = render_verdict(verdict, lang.value, is_part_enough=partial, has_bodies=bodies)
        typer.echo(text, nl=False)
    if not verdict.holds(is_part_enough=partial):
        raise typer.Exit(1)


def _read_root(text: str) -> bytes:
    from hashlib import sha256

    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        return bytes.fromhex(text)
    path = Path(text)
    if not path.is_file():
        raise InvalidInputError(
            f"--root {text!r} is neither 64 hex digits nor a file; ask a member of the consortium"
            " for the SHA-256 of roster version 1"
        )
    return sha256(path.read_bytes()).digest()
