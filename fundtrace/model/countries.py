"""Which bank codes are BICs of another country (ISO 9362, ISO 3166-1)."""

from __future__ import annotations

import re

_CODES = (
    "AD AE AF AG AI AL AM AO AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW "
    "BY BZ CA CD CF CG CH CI CL CM CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET "
    "FI FJ FM FO FR GA GB GD GE GG GH GI GM GN GQ GR GT GW GY HK HN HR HT HU ID IE IL IM IN "
    "IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV "
    "LY MA MC MD ME MG MH MK ML MM MN MO MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ "
    "OM PA PE PG PH PK PL PS PT PW PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR "
    "SS ST SV SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VN "
    "VU WS XK YE ZA ZM ZW"
)
_ABROAD = frozenset(_CODES.split())  # every country with a banking system but CN

_BIC = re.compile(r"[A-Z]{4}([A-Z]{2})[A-Z0-9]{2}([A-Z0-9]{3})?")  # SPEC: ISO 9362


def is_abroad(bank: str) -> bool:
    """Tell whether a bank's code is a BIC of a country other than mainland China."""
    bic = _BIC.fullmatch(bank)
    return bic is not None and bic[1] in _ABROAD
