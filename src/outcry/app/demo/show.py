"""What a person sees while a demo runs: a live table on a terminal, lines elsewhere."""

import asyncio
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from outcry.app.demo.figures import Figures
from outcry.app.demo.floor import Floor, Stall
from outcry_sdk.models import Level


FRAME_SECONDS: Final = 0.5
QUIET_SECONDS: Final = 5.0


class Screen:
    """Shows one run."""

    def __init__(
        self, console: Console, floor: Floor, figures: Figures, seconds: int | None
    ) -> None:
        """Show nothing yet."""
        self._console = console
        self._floor = floor
        self._figures = figures
        self._seconds = seconds
        self._began = time.monotonic()
        self._told = 0

    @property
    def elapsed(self) -> float:
        """Return for how long bots have been trading, in seconds."""
        return time.monotonic() - self._began

    async def run(self) -> None:
        """Show what happens, for ever."""
        self._began = time.monotonic()
        if self._console.is_terminal:
            await self._show_live()
        await self._tell()

    async def _show_live(self) -> None:
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            await _repeat(FRAME_SECONDS, lambda: live.update(self._frame(), refresh=True))

    async def _tell(self) -> None:
        await asyncio.sleep(QUIET_SECONDS)
        await _repeat(QUIET_SECONDS, self._tell_once)

    def _tell_once(self) -> None:
        self.tell_happenings()
        figures = self._figures
        latency = figures.result.percentiles()
        self._print(
            f"{self.elapsed:6.1f} s  {figures.orders:,} orders, {figures.fills.total():,} fills, "
            f"volume {figures.volume:,.2f}, result p50 {latency.p50:.1f} ms, "
            f"{figures.rejects.total():,} rejects"
        )

    def tell_happenings(self) -> None:
        """Print what happened since the last time."""
        new = self._figures.told - self._told
        self._told = self._figures.told
        kept = list(self._figures.happenings)
        for text in kept[max(len(kept) - new, 0) :]:
            self._print(text)

    def _print(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _frame(self) -> Group:
        of = f" of {self._seconds}" if self._seconds else ""
        title = Text(f"Outcry demo, {self.elapsed:.0f}{of} s. Ctrl-C ends it.", style="bold")
        news = Text("\n".join(self._figures.happenings), style="dim")
        return Group(
            title,
            Text(),
            self._books(),
            Text(),
            figures_table(self._figures, self.elapsed),
            Text(),
            news,
        )

    def _books(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("market", min_width=16)
        for heading in ("bid", "ask", "last", "bid shares", "ask shares"):
            table.add_column(heading, justify="right", min_width=7)
        table.add_column("state")
        for stall in self._floor.stalls:
            table.add_row(*self._row(stall))
        return table

    def _row(self, stall: Stall) -> tuple[str, ...]:
        book = self._floor.feed.books.get(stall.market_id)
        if book is None:
            return (stall.market.title, "", "", "", "", "", "")
        token = stall.market.outcome_0_token_id
        bid, ask = book.best_bid(token), book.best_ask(token)
        state = "open" if stall.open else "closing"
        last = _amount(book.latest_trade_price(token))
        return (stall.market.title, _price(bid), _price(ask), last, _size(bid), _size(ask), state)


def figures_table(figures: Figures, seconds: float) -> Table:
    """Return the figures of *seconds* of trading as a table."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, text in figures.lines(seconds):
        table.add_row(name, Text(text))
    return table


async def _repeat(seconds: float, show: Callable[[], None]) -> None:
    while True:
        show()
        await asyncio.sleep(seconds)


def _price(level: Level | None) -> str:
    return _amount(level.price if level else None)


def _size(level: Level | None) -> str:
    return _amount(level.total_quantity if level else None)


def _amount(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount.normalize():f}"
