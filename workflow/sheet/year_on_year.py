"""What differs between last year's sheet of a measure and this year's, as an approver reads it.

Only what was written or measured counts: texts, stars, the actual value of the judged year, costs.
Labels of years, the plan's codes and the organisation differ every year and say nothing.
"""

from collections.abc import Iterator

from workflow.sheet.changes import Change
from workflow.sheet.content import Indicator, ProjectLine, SheetContent
from workflow.sheet.flags import TEXTS, folded

#: Where the stars stand on the sheet: behind these texts.
_BEFORE_RATING = 2
_COSTS = ("project_cost", "personnel_cost")


def year_on_year(earlier: SheetContent, later: SheetContent) -> tuple[Change, ...]:
    """Return what differs, in the order of the sheet; paths as in `changes`, without the year.

    Texts that differ in white space or width alone are the same. Each sheet speaks for the year it
    judges: "indicators[2].actuals" holds two different years. Indicators and projects of two
    plans are the same when their names are; their key is that of this year, else of last year.
    """
    found = [*_texts(earlier, later, TEXTS[:_BEFORE_RATING])]
    found += _one("rating", earlier.rating, later.rating)
    found += [*_texts(earlier, later, TEXTS[_BEFORE_RATING:]), *_indicators(earlier, later)]
    found += _projects(earlier, later)
    found += _one("total_project_cost", earlier.total_project_cost, later.total_project_cost)
    return tuple(found)


def _one(path: str, before: object, after: object) -> Iterator[Change]:
    if before != after:
        yield Change(
            path,
            None if before is None else str(before),
            None if after is None else str(after),
        )


def _texts(earlier: SheetContent, later: SheetContent, names: tuple[str, ...]) -> Iterator[Change]:
    for name in names:
        before, after = getattr(earlier, name), getattr(later, name)
        if folded(before) != folded(after):
            yield Change(name, before, after)


def _indicators(earlier: SheetContent, later: SheetContent) -> Iterator[Change]:
    before = {folded(i.name): i for i in earlier.indicators}
    for indicator in later.indicators:
        last = before.pop(folded(indicator.name), None)
        yield from _one(
            f"indicators[{indicator.number}].actuals",
            _actual(last, earlier.target_fiscal_year) if last else None,
            _actual(indicator, later.target_fiscal_year),
        )
    for indicator in before.values():
        if not any(i.number == indicator.number for i in later.indicators):
            actual = _actual(indicator, earlier.target_fiscal_year)
            yield from _one(f"indicators[{indicator.number}].actuals", actual, None)


def _actual(indicator: Indicator, year: int) -> str | None:
    return indicator.actuals.get(year)


def _projects(earlier: SheetContent, later: SheetContent) -> Iterator[Change]:
    before = {folded(p.name): p for p in earlier.projects}
    for project in later.projects:
        last = before.pop(folded(project.name), None)
        yield from _costs(project.code, last, project)
    for project in before.values():
        if not any(p.code == project.code for p in later.projects):
            yield from _costs(project.code, project, None)


def _costs(code: str, before: ProjectLine | None, after: ProjectLine | None) -> Iterator[Change]:
    for cost in _COSTS:
        yield from _one(
            f"projects[{code}].{cost}",
            getattr(before, cost) if before else None,
            getattr(after, cost) if after else None,
        )
