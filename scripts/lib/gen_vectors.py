"""Write tests/vectors/fundtrace/*.json from their families, and the examples in docs.

Those are the worked one of docs/ledger.md, and docs/examples/evidence.zip with the roster that
is its root. With --check, only compare.
"""

from __future__ import annotations

import base64
import json
import sys
import zipfile
from io import BytesIO
from pathlib import Path

from ledger_page import LEDGER_PAGE, fill_page
from vectors import FAMILIES, render_family

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "vectors" / "fundtrace"
EXAMPLES = ROOT / "docs" / "examples"


def main(arguments: list[str]) -> int:
    """Write every file, or name those that differ; return the exit code."""
    texts = {FOLDER / f"{name}.json": render_family(name) for name in FAMILIES}
    package = find_whole_package(texts[FOLDER / "evidence.json"])
    texts[LEDGER_PAGE] = fill_page(LEDGER_PAGE.read_text(encoding="utf-8"))
    files = {path: text.encode() for path, text in texts.items()}
    files[EXAMPLES / "evidence.zip"] = package
    with zipfile.ZipFile(BytesIO(package)) as archive:
        files[EXAMPLES / "roster-1.bin"] = archive.read("roster/1.bin")
    differing = []
    for path, content in files.items():
        if "--check" not in arguments:
            path.write_bytes(content)
        elif not path.exists() or path.read_bytes() != content:
            differing.append(path.name)
    for name in differing:
        print(f"{name} is not what its script says; run scripts/gen-vectors")
    return 1 if differing else 0


def find_whole_package(text: str) -> bytes:
    """Return the package that the vectors of evidence show whole."""
    cases = json.loads(text)["cases"]
    whole = next(case for case in cases if case["name"] == "whole")
    return base64.b64decode(whole["package_base64"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
