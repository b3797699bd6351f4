"""The workbench in words: the queue with its flags, what is opened and chosen, who comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from web.language import gettext as _
from web.opened import Choice, fits, mark
from workflow.queries.sheet_page import SheetPage
from workflow.queries.workbench import Flags, QueueItem


@dataclass(frozen=True)
class Row:
    """One sheet in the queue.

    Attributes:
        opened: its page was shown here as it stands now.
        stale: its page was shown here, and it changed or moved since.
    """

    item: QueueItem
    current: bool
    opened: bool
    stale: bool
    chosen: bool

    @property
    def can_be_chosen(self) -> bool:
        """Whether a box is drawn: with eyes open, and in the post in which one acts."""
        return self.opened and self.item.other_post is None


@dataclass(frozen=True)
class Bench:
    """One page of the workbench.

    Attributes:
        choice: what the page carries on, the sheet that it shows among what was opened.
        lost: the shown sheet had been chosen, and changed since: it no longer is.
        hidden: chosen, but no box of the queue says so: the confirmation says why.
    """

    rows: tuple[Row, ...]
    choice: Choice
    lost: bool
    hidden: tuple[int, ...]

    @property
    def current(self) -> Row | None:
        """The shown sheet, where it waits for the reader."""
        return next((row for row in self.rows if row.current), None)

    @property
    def place(self) -> int | None:
        """Where in the queue the shown sheet stands, the first being 1."""
        return next((n for n, row in enumerate(self.rows, start=1) if row.current), None)

    def neighbour(self, step: int) -> QueueItem | None:
        """The sheet *step* places further down; from a sheet that is not in the queue, the first.

        None at either end.
        """
        if self.place is None:
            return self.rows[0].item if self.rows and step > 0 else None
        place = self.place - 1 + step
        return self.rows[place].item if 0 <= place < len(self.rows) else None


def bench_of(page: SheetPage, items: Sequence[QueueItem], choice: Choice) -> Bench:
    """The page for the sheet that is being shown, with what its address carried."""
    by_id = {item.evaluation_id: item for item in items}
    fresh = {key for key, item in by_id.items() if _is_fresh(choice, item)}
    lost = page.id in choice.chosen and page.id not in fresh
    if lost:
        choice = choice.without(page.id)
    if page.id in by_id:
        choice = choice.with_opened(mark(page.id, page.version, bytes.fromhex(page.seen_hash)))
        if _is_fresh(choice, by_id[page.id]):
            fresh.add(page.id)
    rows = tuple(
        Row(
            item=item,
            current=item.evaluation_id == page.id,
            opened=item.evaluation_id in fresh,
            stale=item.evaluation_id in choice.opened and item.evaluation_id not in fresh,
            chosen=item.evaluation_id in choice.chosen,
        )
        for item in items
    )
    boxes = {row.item.evaluation_id for row in rows if row.can_be_chosen}
    hidden = tuple(key for key in choice.chosen if key not in boxes)
    return Bench(rows, choice, lost, hidden)


def _is_fresh(choice: Choice, item: QueueItem) -> bool:
    shown = choice.opened.get(item.evaluation_id)
    return shown is not None and shown.version == item.version and fits(shown, item.content_hash)


def flag_words(flags: Flags, *, late: bool = True) -> list[tuple[str, str]]:
    """(kind of chip, words) of each flag; without *late* where the deadline stands beside them."""
    words = []
    if flags.held:
        words.append(("info", _("保留中")))
    if late and flags.late_days:
        words.append(("error", _("%(n)s日超過", n=flags.late_days)))
    if flags.disagrees:
        words.append(("warning", _("指標と評価が食い違う")))
    if flags.same_texts:
        words.append(("warning", _("昨年と同文 %(n)s欄", n=len(flags.same_texts))))
    if flags.changed:
        words.append(("info", _("前回から変更あり")))
    return words
