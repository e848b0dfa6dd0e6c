"""A trail for a terminal, in Chinese or English, exact to the minor unit.

Readable at 100 columns, in a pipe and on a screen that knows no colours: everything that a
colour says, a word says too, and figures are folded rather than cut. The parts that rest on
inference, the upper bound and what is out of sight stand apart from the sums and say so.
"""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fundtrace.model.instants import render_local
from fundtrace.model.kinds import EndReason, Rule, Use
from fundtrace.model.money import render_amount
from fundtrace.report.texts import (
    clean,
    describe_cut,
    describe_doubt,
    describe_scope,
    get_bank_name,
    mask_account,
    render_share,
)
from fundtrace.report.words import Label, Lang, say
from fundtrace.trace.trail import Hop, Part, Place, Reached, Trail

WIDTH_DEFAULT = 100  # of pipes and files, in columns
_INDENT_MAX = 6  # deeper hops stand no further right, or names would not fit
_BAR_SIZE = 20
_SNAPSHOT_SIZE = 19  # "sha256:" and twelve digits
_EXACT_SPREAD_WIDTH = 90  # narrower terminals stack least and most


def render_trail(
    trail: Trail, lang: str, width: int = WIDTH_DEFAULT, *, is_masked: bool = False
) -> RenderableType:
    """Return the whole answer as one rich renderable.

    ``width`` is that of the terminal in columns; ``is_masked`` shows at most the last four
    characters of account numbers.
    """
    page = _Page(trail, Lang(lang), width, is_masked=is_masked)
    sections: list[RenderableType] = [page.build_header(), *page.build_hops()]
    sections += page.build_parts(Label.FIRST_USES, Label.FIRST_USES_HINT, trail.first_uses)
    sections += page.build_parts(Label.RESTS, Label.RESTS_HINT, trail.rests, has_end_reasons=True)
    sections += page.build_ever_reached()
    sections += page.build_exposure()
    sections += page.build_reentry()
    sections += page.build_notes()
    return Group(*sections)


def render_trail_text(
    trail: Trail,
    lang: str,
    width: int | None = None,
    *,
    is_terminal: bool = False,
    is_masked: bool = False,
) -> str:
    """Render as text, ``width`` columns wide (100 if nobody says), without colours.

    ``is_terminal``: the text goes to standard output; if a terminal is there, the text takes
    its width and colours (not with NO_COLOR, as rich knows it).
    """
    out = io.StringIO()
    has_colours = is_terminal and sys.stdout.isatty()
    if width is None:
        width = shutil.get_terminal_size().columns if has_colours else WIDTH_DEFAULT
    console = Console(
        file=out,
        width=width,
        color_system="auto" if has_colours else None,
        force_terminal=has_colours,
        legacy_windows=False,
    )
    console.print(render_trail(trail, lang, width, is_masked=is_masked))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


class _Page:
    """What every section needs: the trail, the language, how accounts are shown."""

    def __init__(self, trail: Trail, lang: Lang, width: int, *, is_masked: bool) -> None:
        self.trail = trail
        self.lang = lang
        self.onward = {parent for hop in trail.hops for parent in hop.parents}
        self.is_masked = is_masked
        self.is_wide = width >= _EXACT_SPREAD_WIDTH

    def say(self, label: Label, **values: object) -> str:
        return say(label, self.lang, **values)

    def money(self, minor: int) -> str:
        return render_amount(minor, self.trail.currency)

    def build_header(self) -> RenderableType:
        trail = self.trail
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="fold")
        loan = clean(trail.loan_id)
        if trail.contract_id:
            loan += f" ({self.say(Label.CONTRACT, contract=clean(trail.contract_id))})"
        principal = f"{trail.currency} {self.money(trail.principal_minor)}"
        disbursed = self.say(Label.DISBURSED_ON, at=render_local(trail.disbursed_at))
        as_of = self.say(Label.AS_OF_END) if trail.as_of is None else render_local(trail.as_of)
        grid.add_row(self.say(Label.LOAN), Text(loan))
        grid.add_row(self.say(Label.PURPOSE), Text(clean(trail.purpose) or "-"))
        grid.add_row(self.say(Label.PRINCIPAL), f"{principal}, {disbursed}")
        grid.add_row(self.say(Label.PLACE), self.describe_place(trail.account, " "))
        grid.add_row(self.say(Label.RULE), f"{say(trail.rule, self.lang)} ({trail.rule})")
        grid.add_row(self.say(Label.AS_OF), as_of)
        scope = describe_scope(trail.scope, trail.currency, self.lang)
        grid.add_row(self.say(Label.SCOPE), scope)
        grid.add_row(self.say(Label.SNAPSHOT), Text(clean(trail.snapshot[:_SNAPSHOT_SIZE])))
        self._add_coverage(grid)
        return grid

    def _add_coverage(self, grid: Table) -> None:
        if self.trail.rule is Rule.EXPOSURE:
            grid.add_row(self.say(Label.COVERAGE), self.say(Label.COVERAGE_NONE))
            return
        coverage = self.trail.coverage
        full = coverage.visible_minor * _BAR_SIZE // coverage.principal_minor
        visible = self.say(
            Label.VISIBLE,
            percent=coverage.percent,
            visible=self.money(coverage.visible_minor),
            principal=self.money(coverage.principal_minor),
        )
        bar = f"[{'#' * full}{'.' * (_BAR_SIZE - full)}]"
        grid.add_row(self.say(Label.COVERAGE), Text(f"{bar} {visible}"))
        for number, (reason, value) in enumerate(coverage.blind):
            share = render_share(value, coverage.principal_minor)
            grid.add_row(
                self.say(Label.BLIND) if number == 0 else "",
                Text(f"{self.money(value)} ({share})  {say(reason, self.lang)}", style="yellow"),
            )

    def describe_place(self, place: Place, joint: str) -> Text:
        """Name holder, then bank and account, with ``joint`` between them."""
        if not place:
            return Text(self.say(Label.OUTSIDE))
        account = mask_account(place.account) if self.is_masked else place.account
        where = f"{get_bank_name(self.trail, place.bank)} {clean(account)}"
        holder = clean(place.holder_name or place.holder_id)
        return Text(f"{holder}{joint}{where}" if holder else where)

    def build_hops(self) -> list[RenderableType]:
        if not self.trail.hops:
            return [Text(f"\n{self.say(Label.NO_HOPS)}")]
        table = self._table(self.say(Label.HOPS, count=len(self.trail.hops)))
        table.add_column("#", justify="right", no_wrap=True)
        table.add_column(self.say(Label.DATE), overflow="fold", max_width=10)
        table.add_column(self.say(Label.FROM_TO), ratio=1, overflow="fold")
        self._add_figures(table, Label.AMOUNT, Label.TRACED)
        table.add_column(self.say(Label.END), overflow="fold", max_width=18)
        for number, hop in enumerate(self.trail.hops, start=1):
            currency = "" if hop.currency == self.trail.currency else f"{hop.currency} "
            table.add_row(
                str(number),
                render_local(hop.booked_at),
                self._describe_hop(hop),
                f"{currency}{render_amount(hop.amount_minor, hop.currency)}",
                self._describe_traced(hop),
                self._describe_end(hop),
            )
        return [Text(""), table]

    def _describe_hop(self, hop: Hop) -> Padding:
        text = Text.assemble(self.describe_place(hop.debit, " "), "\n-> ")
        text.append_text(self.describe_place(hop.credit, " "))
        return Padding(text, (0, 0, 0, min(hop.depth - 1, _INDENT_MAX)))

    def _describe_traced(self, hop: Hop) -> str:
        traced = self.money(hop.traced_minor)
        if hop.currency == self.trail.currency:
            return traced
        return f"{traced}\n{hop.currency} {render_amount(hop.units_minor, hop.currency)}"

    def _describe_end(self, hop: Hop) -> Text:
        goes_on = hop.movement_id in self.onward or (self.trail.cut and _is_held(hop))
        lines = [self.say(Label.GOES_ON) if goes_on else say(hop.end_reason, self.lang)]
        if hop.use is not Use.UNKNOWN and say(hop.use, self.lang) != lines[0]:
            lines.insert(0, say(hop.use, self.lang))
        if hop.reverses:
            lines.append(self.say(Label.RETURN_OF, movement=clean(hop.reverses)))
        if hop.returned_minor:
            lines.append(self.say(Label.RETURNED, amount=self.money(hop.returned_minor)))
        text = Text("\n".join(lines))
        if hop.is_back_flow:
            text.append(f"\n<< {self.say(Label.BACK_FLOW)}", style="bold red")
        return text

    def _hint_spread(self) -> str:
        late = [cut for cut in self.trail.cut if cut.limit == "budget_seconds"]
        return describe_cut(self.trail, late[0], self.lang) if late else self.say(Label.SPREAD_HINT)

    def build_parts(
        self, title: Label, hint: Label, parts: Sequence[Part], *, has_end_reasons: bool = False
    ) -> list[RenderableType]:
        if not parts:
            return []
        table = self._table(f"{self.say(title)} ({self.say(hint)})", has_footer=True)
        total = sum(part.traced_minor for part in parts)
        table.add_column(self.say(Label.USE), self.say(Label.TOTAL), overflow="fold", ratio=2)
        table.add_column(self.say(Label.PLACE), ratio=3, overflow="fold")
        self._add_figures(table, Label.TRACED, footer=self.money(total))
        table.add_column(
            self.say(Label.SHARE),
            render_share(total, self.trail.principal_minor),
            justify="right",
            overflow="fold",
        )
        self._add_spread(table)
        for part in parts:
            use = say(part.use, self.lang)
            end = say(part.end_reason, self.lang)
            shown = f"{use}\n{end}" if has_end_reasons and end != use else use
            place = self.describe_place(part.place, "\n")
            table.add_row(shown, place, *self._figures(part))
        hints = [Text(self._hint_spread(), style="dim")] if has_end_reasons else []
        return [Text(""), table, *hints]

    def build_ever_reached(self) -> list[RenderableType]:
        return self._build_reached(Label.EVER_REACHED, Label.TRACED, self.trail.ever_reached)

    def build_exposure(self) -> list[RenderableType]:
        rows = self.trail.exposure
        if rows is None:
            return [Text(""), Text(self.say(Label.EXPOSURE_UNKNOWN), style="dim")]
        if not rows:
            return []
        table = self._table(self.say(Label.EXPOSURE))
        table.add_column(self.say(Label.USE), ratio=1, overflow="fold")
        self._add_figures(table, Label.UPPER_BOUND)
        for row in rows:
            table.add_row(say(row.use, self.lang), self.money(row.traced_minor))
        return [Text(""), table]

    def _build_reached(
        self, title: Label, figure: Label, rows: Sequence[Reached]
    ) -> list[RenderableType]:
        if not rows:
            return []
        table = self._table(self.say(title))
        table.add_column(self.say(Label.USE), ratio=1, overflow="fold")
        self._add_figures(table, figure)
        table.add_column(self.say(Label.SHARE), justify="right", overflow="fold")
        self._add_spread(table)
        for row in rows:
            table.add_row(say(row.use, self.lang), *self._figures(row))
        return [Text(""), table]

    def build_reentry(self) -> list[RenderableType]:
        if not self.trail.reentry_candidates:
            return []
        table = self._table(self.say(Label.REENTRY))
        table.add_column(self.say(Label.DATE), overflow="fold", max_width=10)
        table.add_column(self.say(Label.FROM_TO), ratio=1, overflow="fold")
        self._add_figures(table, Label.AMOUNT, Label.ENDED)
        table.add_column(self.say(Label.USE), overflow="fold", max_width=20)
        for each in self.trail.reentry_candidates:
            arrow = Text.assemble(self.describe_place(each.debit, " "), "\n-> ")
            use = Text(say(each.use, self.lang))
            if each.is_same_party:
                use.append(f"\n{self.say(Label.SAME_PARTY)}", style="bold red")
            table.add_row(
                render_local(each.booked_at),
                arrow.append_text(self.describe_place(each.credit, " ")),
                f"{each.currency} {render_amount(each.amount_minor, each.currency)}",
                self.money(each.ended_minor),
                use,
            )
        return [Text(""), table]

    def build_notes(self) -> list[RenderableType]:
        """Say what the view cut, what weakens the trail, and what silence means."""
        lines: list[RenderableType] = []
        if self.trail.cut:
            lines.append(Text(f"\n{self.say(Label.CUT)}", style="bold"))
        lines += [Text(f"  {describe_cut(self.trail, cut, self.lang)}") for cut in self.trail.cut]
        if self.trail.doubts:
            lines.append(Text(f"\n{self.say(Label.DOUBTS)}", style="bold"))
        lines += [Text(f"  {describe_doubt(doubt, self.lang)}") for doubt in self.trail.doubts]
        if self.trail.rule is Rule.EXPOSURE or not self.trail.coverage.blind:
            return lines
        is_dark = self.trail.coverage.visible_minor == 0
        closing = Label.NOT_VISIBLE if is_dark else Label.PARTLY_VISIBLE
        lines.append(Text(f"\n{self.say(closing)}", style="bold yellow"))
        return lines

    def _table(self, title: str, *, has_footer: bool = False) -> Table:
        return Table(
            title=title,
            title_justify="left",
            title_style="bold",
            box=box.SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
            pad_edge=False,
            expand=True,
            show_footer=has_footer,
            footer_style="bold",
        )

    def _add_figures(self, table: Table, *titles: Label, footer: str = "") -> None:
        # Folded where a terminal is too narrow: a figure that is cut short is a wrong one.
        for title in titles:
            table.add_column(self.say(title), footer, justify="right", overflow="fold")

    def _add_spread(self, table: Table) -> None:
        if self.is_wide:
            self._add_figures(table, Label.LEAST, Label.MOST)
        else:
            title = f"{self.say(Label.LEAST)}\n- {self.say(Label.MOST)}"
            table.add_column(title, justify="right", overflow="fold")

    def _figures(self, row: Part | Reached) -> list[str]:
        spread = [self.money(row.min_minor), self.money(row.max_minor)]
        return [
            self.money(row.traced_minor),
            render_share(row.traced_minor, self.trail.principal_minor),
            *(spread if self.is_wide else ["\n- ".join(spread)]),
        ]


def _is_held(hop: Hop) -> bool:
    return hop.end_reason is EndReason.HELD
