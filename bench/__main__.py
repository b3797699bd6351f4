"""``python -m bench``: measures, prints a table, writes ``bench/results/latest.json``.

Exit status 0: every bound holds; 1: a bound is missed, or the sides did not do the same work;
2: wrong arguments.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import decisions, machine, pages, publishing, report, ticks
from bench.measured import Outcome
from bench.stand import DATA_PARENT, Stand, durable_server, stand_on

Benchmark = Callable[[Stand], Outcome]

FULL: dict[str, Benchmark] = {
    "decisions": lambda stand: decisions.run(stand, decisions.FULL),
    "publishing": lambda stand: publishing.run(stand, publishing.FULL),
    "tick": lambda stand: ticks.run(stand, ticks.FULL),
    "desk": lambda stand: pages.run(stand, pages.DESK, pages.DESK_FULL),
    "board": lambda stand: pages.run(stand, pages.BOARD, pages.BOARD_FULL),
}
QUICK: dict[str, Benchmark] = {
    "decisions": lambda stand: decisions.run(stand, decisions.QUICK),
    "publishing": lambda stand: publishing.run(stand, publishing.QUICK),
    "tick": lambda stand: ticks.run(stand, ticks.QUICK),
    "desk": lambda stand: pages.run(stand, pages.DESK, pages.DESK_QUICK),
    "board": lambda stand: pages.run(stand, pages.BOARD, pages.BOARD_QUICK),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; returns the exit status."""
    asked = _parser().parse_args(arguments)
    benchmarks = QUICK if asked.quick else FULL
    names = [asked.only] if asked.only else list(benchmarks)
    # Only a whole run replaces the results that the README speaks of.
    out = asked.out or (None if asked.quick or asked.only else report.LATEST)

    start = time.monotonic()
    load_before = machine.load_average()
    with durable_server(asked.data) as server:
        stand = stand_on(server)
        around: dict[str, object] = {
            "measured_at": stand.clock(),
            "command": " ".join(
                ["python -m bench", *(sys.argv[1:] if arguments is None else arguments)]
            ),
            "machine": machine.machine(asked.data),
            "versions": machine.versions(stand),
            "settings": machine.settings(stand),
        }
        outcomes = [benchmarks[name](stand) for name in names]
    around["load_average"] = {"before": load_before, "after": machine.load_average()}
    around["seconds"] = round(time.monotonic() - start)

    print()
    for line in report.table(outcomes):
        print(line)
    if out is not None:
        report.write(out, outcomes, around)
        print(f"written to {out}")
    return 0 if report.is_passed(outcomes) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, no bounds: shows that it runs"
    )
    parser.add_argument("--only", choices=sorted(FULL), help="one of the benchmarks")
    parser.add_argument(
        "--data",
        type=Path,
        default=DATA_PARENT,
        help=f"an existing folder on the disk to measure (default {DATA_PARENT})",
    )
    parser.add_argument(
        "--out", type=Path, help="where to write the results (default: results/latest.json)"
    )
    return parser


if __name__ == "__main__":
    # Whoever ends us in another way than Ctrl-C gets the disk back too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main())
