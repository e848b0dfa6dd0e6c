"""Draw a laid-out trail as SVG: well-formed, without script, style sheet or outside font.

Everything is a presentation attribute, so that the picture also shows where a content
security policy forbids inline styles. What a colour says, a dash, a shape or a word says
too. Hops and accounts can be focused and read out; texts are escaped by the XML writer.
"""

from __future__ import annotations

import hashlib
from xml.etree import ElementTree as ET

from fundtrace.report.svg.flows import Grouping
from fundtrace.report.svg.labels import LINE_HEIGHT, Label, Tone
from fundtrace.report.svg.layout import BLIND_SWATCH, HELD_SWATCH, Layout, Swatch, build_layout
from fundtrace.report.svg.shapes import (
    EDGE_WIDTH_MAX,
    GUTTER,
    Bar,
    BarLook,
    Edge,
    EdgeLook,
    Point,
)
from fundtrace.report.words import Lang
from fundtrace.trace.trail import Trail

FONTS = "'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', 'Noto Sans', Arial, sans-serif"

_INK = "#1c2733"
_SOFT = "#5b6b7b"
_LINE = "#cfd8e1"
_SHADE = "#eef0f3"
_HELD = "#c3cfdb"
_BAR = "#24466b"
_STROKES = {
    EdgeLook.HOP: "#4f86bd",
    EdgeLook.BACK_FLOW: "#c2331f",
    EdgeLook.INFERRED: "#6a3fb5",
}
_DASHES = {EdgeLook.BACK_FLOW: "13 5", EdgeLook.INFERRED: "0.1 5.5"}
_INKS = {
    Tone.TITLE: _INK,
    Tone.HEADER: _SOFT,
    Tone.BANK: _INK,
    Tone.DATE: _INK,
    Tone.GAP: _SOFT,
    Tone.ACCOUNT: _INK,
    Tone.END: _SOFT,
    Tone.AMOUNT: "#1f4e79",
    Tone.BACK_FLOW: "#a1220f",
    Tone.INFERRED: "#55309b",
    Tone.LEGEND: _SOFT,
}
_BOLD = frozenset({Tone.TITLE, Tone.BANK, Tone.BACK_FLOW})
_BACKED = frozenset({Tone.AMOUNT, Tone.BACK_FLOW, Tone.INFERRED, Tone.ACCOUNT, Tone.END})
_BASELINE = 0.98  # of the font size below the top of a line


def render_trail_svg(trail: Trail, lang: str, grouping: Grouping | None = None) -> str:
    """Render the tabular sequential graph of a trail as an SVG document.

    ``grouping`` says how hops between the same two accounts are merged; without it a trail of
    more than 80 hops is grouped by amount. The picture says what was merged.
    """
    layout = build_layout(trail, Lang(lang), grouping)
    mark = hashlib.sha256(f"{trail.loan_id}\n{trail.rule}\n{lang}".encode()).hexdigest()[:8]
    return _Drawing(layout, mark, Lang(lang)).draw()


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") if value else "0"


def _attributes(**values: str | float) -> dict[str, str]:
    return {
        name.replace("_", "-"): value if isinstance(value, str) else _number(value)
        for name, value in values.items()
    }


class _Drawing:
    """One document."""

    def __init__(self, layout: Layout, mark: str, lang: Lang) -> None:
        self.layout = layout
        width, height = _number(layout.width), _number(layout.height)
        self.root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {width} {height}",
                "width": width,
                "height": height,
                "role": "group",
                "lang": "zh-CN" if lang is Lang.ZH else "en",
                "font-family": FONTS,
                # Several pictures may stand in one page.
                "aria-labelledby": f"ft-{mark}-title ft-{mark}-desc",
            },
        )
        self._add_text(self.root, "title", layout.title, id=f"ft-{mark}-title")
        self._add_text(self.root, "desc", layout.description, id=f"ft-{mark}-desc")

    def draw(self) -> str:
        """Draw from back to front."""
        layout = self.layout
        self._add(self.root, "rect", width=layout.width, height=layout.height, fill="#ffffff")
        self._draw_rows()
        self._draw_axis()
        self._draw_bands()
        flows = self._add(self.root, "g", fill="none")
        for edge in sorted(layout.geometry.edges, key=lambda edge: -edge.width):
            self._draw_edge(flows, edge)
        stops = self._add(self.root, "g")
        for bar in layout.geometry.bars:
            self._draw_bar(stops, bar)
        texts = self._add(self.root, "g", aria_hidden="true")
        for label in layout.labels:
            self._draw_label(texts, label)
        for swatch in layout.swatches:
            self._draw_swatch(texts, swatch)
        ET.indent(self.root)
        return ET.tostring(self.root, encoding="unicode") + "\n"

    @staticmethod
    def _add(parent: ET.Element, tag: str, **values: str | float) -> ET.Element:
        return ET.SubElement(parent, tag, _attributes(**values))

    def _add_text(
        self, parent: ET.Element, tag: str, text: str, **values: str | float
    ) -> ET.Element:
        element = self._add(parent, tag, **values)
        element.text = text
        return element

    def _draw_rows(self) -> None:
        group = self._add(self.root, "g", aria_hidden="true")
        width = self.layout.width
        for row in self.layout.geometry.rows:
            if not row.is_member:
                self._add(group, "rect", y=row.top, width=width, height=row.height, fill=_SHADE)
            self._add_line(group, (0, row.top), (width, row.top), _LINE)
        bottom = self.layout.geometry.bottom
        self._add_line(group, (0, bottom), (width, bottom), _LINE)
        self._add_line(group, (GUTTER, self.layout.geometry.rows[0].top), (GUTTER, bottom), _LINE)

    def _draw_axis(self) -> None:
        group = self._add(self.root, "g", aria_hidden="true")
        geometry = self.layout.geometry
        top = geometry.rows[0].top
        for tick in geometry.ticks:
            self._add_line(group, (tick.x, top - 4), (tick.x, geometry.bottom), _LINE, "1 3")
            last = geometry.xs[tick.day.first + tick.day.count - 1]
            span = (tick.x - 3, top - 2), (last + 3, top - 2)
            self._add_line(group, *span, _BAR).set("stroke-width", "2.5")
            if tick.day.gap_days:
                x = (geometry.xs[tick.day.first - 1] + tick.x) / 2
                for shift in (-2.5, 2.5):
                    ends = (x + shift - 2, top + 5), (x + shift + 2, top - 5)
                    self._add_line(group, *ends, _SOFT)

    def _add_line(
        self, group: ET.Element, start: Point, end: Point, stroke: str, dash: str = ""
    ) -> ET.Element:
        (x1, y1), (x2, y2) = start, end
        line = self._add(group, "line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke)
        if dash:
            line.set("stroke-dasharray", dash)
        return line

    def _draw_bands(self) -> None:
        group = self._add(self.root, "g", aria_hidden="true")
        for band in self.layout.geometry.bands:
            (x1, y), (x2, _) = band.start, band.end
            if not band.width:
                self._add_line(group, band.start, band.end, _HELD, "2 4")
                continue
            top = y - band.width / 2
            self._add(group, "rect", x=x1, y=top, width=x2 - x1, height=band.width, fill=_HELD)
        (x1, y), (x2, _) = self.layout.disbursement
        self._draw_stroke(group, f"M{_number(x1)} {_number(y)}H{_number(x2 - 8)}", _BAR, 3)
        self._add(group, "path", d=_arrow((x2, y), 9), fill=_BAR)

    def _draw_stroke(
        self, parent: ET.Element, path: str, stroke: str, width: float, **more: str | float
    ) -> None:
        self._add(parent, "path", d=path, fill="none", stroke=stroke, stroke_width=width, **more)

    def _draw_edge(self, parent: ET.Element, edge: Edge) -> None:
        group = self._add(parent, "g", tabindex="0", role="img", aria_label=edge.title)
        self._add_text(group, "title", edge.title)
        head = min(4.0 + edge.width / 2, 11.0)
        (x1, y1), (x2, y2) = edge.start, edge.end
        # A broad edge runs up to its bar, its arrow head on top; a thin one would blunt it.
        tip = x2 if edge.width > head else x2 - head
        handles = (edge.handles[0], y1, edge.handles[1], y2, tip, y2)
        path = f"M{_number(x1)} {_number(y1)}C{' '.join(map(_number, handles))}"
        more: dict[str, str | float] = {}
        if edge.look in _DASHES:
            more["stroke_dasharray"] = _DASHES[edge.look]
        if edge.look is EdgeLook.INFERRED:
            more["stroke_linecap"] = "round"
        else:
            more["stroke_opacity"] = "0.62"
        self._draw_stroke(group, path, _STROKES[edge.look], edge.width, **more)
        self._add(group, "path", d=_arrow((x2, y2), head), fill=_STROKES[edge.look])

    def _draw_bar(self, parent: ET.Element, bar: Bar) -> None:
        group = self._add(parent, "g", tabindex="0", role="img", aria_label=bar.title)
        self._add_text(group, "title", bar.title)
        box = bar.box
        rect = self._add(
            group, "rect", x=box.left, y=box.top, width=box.width, height=box.height, rx=1.5
        )
        _style_bar(rect, bar.look)

    def _draw_label(self, parent: ET.Element, label: Label) -> None:
        box, size = label.box, label.size
        if label.leader:
            middle = (box.left + box.width / 2, box.top + box.height / 2)
            self._add_line(parent, label.leader, middle, _SOFT)
        if label.tone in _BACKED:
            self._add(
                parent,
                "rect",
                x=box.left,
                y=box.top,
                width=box.width,
                height=box.height,
                rx=2,
                fill=self._paper_at(box.top + box.height / 2),
                fill_opacity="0.82",
            )
        pad = 2.5 if label.tone in {Tone.AMOUNT, Tone.BACK_FLOW, Tone.INFERRED} else 0.0
        for number, line in enumerate(label.lines):
            y = box.top + (number * LINE_HEIGHT + _BASELINE) * size
            text = self._add_text(
                parent, "text", line, x=box.left + pad, y=y, font_size=size, fill=_INKS[label.tone]
            )
            if label.tone in _BOLD:
                text.set("font-weight", "bold")

    def _paper_at(self, y: float) -> str:
        """Return the colour of the row at a height."""
        rows = self.layout.geometry.rows
        is_shaded = any(not r.is_member and r.top <= y < r.top + r.height for r in rows)
        return _SHADE if is_shaded else "#ffffff"

    def _draw_swatch(self, parent: ET.Element, swatch: Swatch) -> None:
        box = swatch.box
        y = box.top + EDGE_WIDTH_MAX / 2
        if swatch.look == BLIND_SWATCH:
            left = box.left + box.width - swatch.width
            rect = self._add(parent, "rect", x=left, y=y - 9, width=swatch.width, height=18, rx=1.5)
            _style_bar(rect, BarLook.BLIND)
            return
        path = f"M{_number(box.left)} {_number(y)}H{_number(box.right)}"
        if swatch.look == HELD_SWATCH:
            self._draw_stroke(parent, path, _HELD, swatch.width)
            return
        look = EdgeLook(swatch.look)
        more: dict[str, str | float] = {}
        if look in _DASHES:
            more["stroke_dasharray"] = _DASHES[look]
        if look is EdgeLook.INFERRED:
            more["stroke_linecap"] = "round"
        else:
            more["stroke_opacity"] = "0.62"
        self._draw_stroke(parent, path, _STROKES[look], swatch.width, **more)


def _style_bar(rect: ET.Element, look: BarLook) -> None:
    if look is BarLook.THROUGH:
        rect.set("fill", _BAR)
        return
    rect.set("fill", "#ffffff")
    rect.set("stroke", _BAR if look is BarLook.BLIND else _STROKES[EdgeLook.INFERRED])
    rect.set("stroke-width", "1.6")
    rect.set("stroke-dasharray", "3 2" if look is BarLook.BLIND else "1 2")


def _arrow(tip: Point, size: float) -> str:
    """Return the path of an arrow head that points right."""
    x, y = tip
    half = size * 0.62
    return (
        f"M{_number(x)} {_number(y)}L{_number(x - size)} {_number(y - half)}V{_number(y + half)}Z"
    )
