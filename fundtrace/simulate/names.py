"""Names that nobody bears: places from tales, surnames that say "made up".

虚 (void), 乌有 (no such thing), 无何 (nowhere), 镜花 and 水月 (flowers in a mirror, the moon in
water) name the places; people are called 贾 (sounds like "false"), 甄 (like "true"), 虚, 乌.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from fundtrace.model.tables import Int64s
from fundtrace.simulate.draws import Draws

PLACES = ("虚州", "乌有", "子虚", "无何", "太虚", "镜花", "水月", "空谷", "蜃楼", "画饼")
_FIRST = "禾木水火土石云星月山川江松竹梅兰菊荷枫桐鹤鹿雁燕鲤麦稻豆瓜果"
_SECOND = "满丰盈润泽辉达茂昌隆顺和安宁兴旺源通汇聚成立信诚明远长久新奇"
_SURNAMES = "贾甄虚乌吴戴假梦幻影"
_GIVEN = "一二三四五六七八九十百千万东西南北春夏秋冬晴雨风雪雷电霜露晨"

# GB/T 4754 codes and the word that a firm of that sector bears.
SECTORS = (
    ("C195", "鞋业"),
    ("C181", "服饰"),
    ("C171", "纺织"),
    ("C292", "塑胶"),
    ("C331", "五金"),
    ("C348", "阀门"),
    ("C387", "照明"),
    ("C231", "印刷"),
    ("C132", "饲料"),
    ("C141", "食品"),
    ("F517", "建材"),
    ("F518", "贸易"),
    ("F516", "物资"),
    ("G543", "物流"),
    ("E501", "装饰"),
    ("L724", "咨询"),
)
FEED, RENOVATION, TRADING = 8, 14, 11  # positions in SECTORS
DEVELOPER_SECTOR = "K701"
FARMER_SECTOR = "A031"
SHOP_SECTOR = "F521"

BANK_NAMES = tuple(f"{place}{kind}" for kind in ("商业银行", "农村银行") for place in PLACES)
OUTSIDE_BANK_NAMES = ("海市银行", "南柯银行")
FOREIGN_BICS = ("ZZZZUSZZ", "ZZZZJPZZ", "ZZZZSGZZ")  # no such institution: ZZZZ
INSTITUTION_NAMES = ("子虚钱包", "乌有支付")
BRANCHES = tuple(f"{word}支行" for word in ("城东", "城西", "城南", "城北", "桥头", "渡口"))
OFFICERS = tuple(f"{word}经理" for word in "甲乙丙丁戊己庚辛壬癸")


def name_companies(draws: Draws, sectors: Int64s) -> pl.Series:
    """Return names of limited companies, by their position in SECTORS."""
    words = [word for _, word in SECTORS]
    return _join(
        len(sectors),
        _pick(draws, PLACES, len(sectors)),
        _pick(draws, _FIRST, len(sectors)),
        _pick(draws, _SECOND, len(sectors)),
        pl.Series(words).gather(sectors),
        "有限公司",
    )


def name_developers(draws: Draws, count: int) -> pl.Series:
    """Return names of property developers."""
    first, second = _pick(draws, _FIRST, count), _pick(draws, _SECOND, count)
    return _join(count, _pick(draws, PLACES, count), first, second, "置业有限公司")


def name_traders(draws: Draws, count: int) -> pl.Series:
    """Return names of sole traders."""
    first, second = _pick(draws, _FIRST, count), _pick(draws, _SECOND, count)
    return _join(count, _pick(draws, PLACES, count), first, second, "经营部")


def name_people(draws: Draws, count: int) -> pl.Series:
    """Return names of people; as in life, some share theirs."""
    first, second = _pick(draws, _GIVEN, count), _pick(draws, _GIVEN, count)
    return _join(count, _pick(draws, _SURNAMES, count), first, second)


def _pick(draws: Draws, words: str | tuple[str, ...], count: int) -> pl.Series:
    return pl.Series(list(words)).gather(draws.below(len(words), count))


def _join(count: int, *parts: pl.Series | str) -> pl.Series:
    if not count:
        return pl.Series([], dtype=pl.String)
    columns = [
        pl.lit(part) if isinstance(part, str) else pl.lit(part.alias(f"part{at}"))
        for at, part in enumerate(parts)
    ]
    return pl.select(pl.concat_str(columns)).to_series()


def choose_sectors(draws: Draws, count: int) -> Int64s:
    """Return positions in SECTORS; every sector is there if there are firms enough."""
    sectors = draws.below(len(SECTORS), count)
    first = min(count, len(SECTORS))
    sectors[:first] = np.arange(first)
    return sectors
