"""Write tests/vectors/fundtrace/*.json from their families, and the example of docs/ledger.md.

With --check, only compare.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ledger_page import LEDGER_PAGE, fill_page
from vectors import FAMILIES, render_family

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "vectors" / "fundtrace"


def main(arguments: list[str]) -> int:
    """Write every file, or name those that differ; return the exit code."""
    texts = {FOLDER / f"{name}.json": render_family(name) for name in FAMILIES}
    texts[LEDGER_PAGE] = fill_page(LEDGER_PAGE.read_text(encoding="utf-8"))
    differing = []
    for path, text in texts.items():
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            differing.append(path.name)
    for name in differing:
        print(f"{name} is not what its script says; run scripts/gen-vectors")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
