"""Says what was found: as a table for people, as JSON for everything else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.measured import Outcome, Ratio

LATEST = Path(__file__).resolve().parent / "results" / "latest.json"


def is_passed(outcomes: Sequence[Outcome]) -> bool:
    """Every bound holds, and the sides did the same work."""
    return all(
        outcome.is_sound and all(ratio.is_met for ratio in outcome.ratios) for outcome in outcomes
    )


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The lines of the table: each side with its spread, then the ratios with their bounds."""
    yield f"{'':<36}{'rounds':>7}{'min':>10}{'median':>10}{'max':>10}"
    for outcome in outcomes:
        for one in outcome.series:
            digits = 0 if one.middle >= 10 else 2
            figures = (min(one.figures), one.middle, max(one.figures))
            cells = "".join(f"{figure:>10,.{digits}f}" for figure in figures)
            name = f"{outcome.name}: {one.name}"
            yield f"{name:<36}{len(one.figures):>7}{cells}  {one.unit}"
    yield ""
    yield f"{'ratio of medians':<44}{'':>9}{'each round':>15}  bound"
    for outcome in outcomes:
        for ratio in outcome.ratios:
            spread = f"{min(ratio.per_round):.2f} – {max(ratio.per_round):.2f}"
            yield f"{ratio.name:<44}{ratio.of_medians:>9.2f}{spread:>15}  {_bound(ratio)}"
        for text in (*outcome.differences[:5], *outcome.broken[:5], *outcome.costly[:5]):
            yield f"WRONG {text}"
        if outcome.is_sound:
            yield f"{outcome.name}: {outcome.shown}"


def _bound(ratio: Ratio) -> str:
    if ratio.at_least is None and ratio.at_most is None:
        return "reported only"
    wanted = f"≥ {ratio.at_least}" if ratio.at_least is not None else f"≤ {ratio.at_most}"
    return f"{wanted}: {'met' if ratio.is_met else 'MISSED'}"


def write(path: Path, outcomes: Sequence[Outcome], around: Mapping[str, object]) -> None:
    """Write everything to *path*, as a whole or not at all."""
    text = json.dumps(
        {
            **around,
            "results": [outcome.told() for outcome in outcomes],
            "verdict": "met" if is_passed(outcomes) else "missed",
        },
        ensure_ascii=False,
        indent=2,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(text + "\n", "utf-8")
    os.replace(unfinished, path)
