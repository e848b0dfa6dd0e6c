"""Which characters agreed text may hold: fixed ranges of code points, no tables of the platform.

Whether a record, a consent or a roster is well formed must be one answer on every node. What
``str.isprintable``, ``isspace`` or ``casefold`` say hangs on the Unicode version of the Python at
hand, so none of them judges text that members agree on; these ranges do, and they never change.

``FORBIDDEN`` holds what is not there to be read: controls, ends of lines, what turns the reading
direction, what takes no room, language tags and the other plane-14 codes that show nothing, and
noncharacters. With them one name can be shown as another. Everything else is allowed, also code
points that no version of Unicode has assigned yet and those for private use, in which older
banking systems write rare characters of names; selectors of a glyph's variant (U+FE00, U+E0100 on)
are part of what stands before them. Lone surrogates have no UTF-8 and are refused where text is
encoded.
"""

from __future__ import annotations

import re
from typing import Final

_RANGES: Final = (
    (0x0000, 0x001F),  # C0 controls
    (0x007F, 0x009F),  # delete, C1 controls
    (0x00AD, 0x00AD),  # soft hyphen
    (0x034F, 0x034F),  # combining grapheme joiner
    (0x061C, 0x061C),  # Arabic letter mark: direction
    (0x115F, 0x1160),  # Hangul fillers
    (0x17B4, 0x17B5),  # Khmer vowels that show nothing
    (0x180E, 0x180E),  # Mongolian vowel separator
    (0x200B, 0x200F),  # zero width, joiners, marks of direction
    (0x2028, 0x202E),  # line and paragraph separators, embeddings and overrides of direction
    (0x2060, 0x206F),  # word joiner, invisible operators, isolates of direction
    (0x3164, 0x3164),  # Hangul filler
    (0xFDD0, 0xFDEF),  # noncharacters
    (0xFEFF, 0xFEFF),  # zero width no-break space, the byte order mark
    (0xFFA0, 0xFFA0),  # halfwidth Hangul filler
    (0xFFF9, 0xFFFB),  # interlinear annotation
    (0x1D173, 0x1D17A),  # musical formatting
    (0xE0000, 0xE00FF),  # language tags
    (0xE01F0, 0xE0FFF),  # show nothing, unassigned
    *((plane + 0xFFFE, plane + 0xFFFF) for plane in range(0, 0x110000, 0x10000)),  # noncharacters
)
# SPEC: Unicode White_Space, without the controls and separators above; C2SP signed-note's "spaces".
_SPACES: Final = "\u0020\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))

_FORBIDDEN: Final = re.compile(
    "[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _RANGES) + "]"
)
_SPACE: Final = re.compile(f"[\t-\r\x85\u2028\u2029{_SPACES}]")


def find_forbidden(text: str) -> str | None:
    """Return the first character of a text that is not there to be read, or None."""
    found = _FORBIDDEN.search(text)
    return found[0] if found else None


def has_space(text: str) -> bool:
    """Tell whether a text holds a Unicode space: White_Space, ends of lines included."""
    return _SPACE.search(text) is not None


def is_trimmed(text: str) -> bool:
    """Tell whether a text neither begins nor ends in a space."""
    return not (has_space(text[:1]) or has_space(text[-1:]))


def fold_ascii(text: str) -> str:
    """Return a text with A to Z as a to z, to compare names; other letters stay as they are."""
    return text.translate(_LOWER)


_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
