"""Makes docs/reliability.md from the last long run: ``python -m tests.faults.report``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.faults.conftest import RESULTS

PAGE = RESULTS.with_name("reliability.md")

#: Experiment → what is promised whatever happens, what is done to the installation, the test.
PROMISES = {
    "E01": (
        "An approval that was answered is in the ledger, once.",
        "`kill -9` of a random gunicorn worker every 0.5 s",
        "test_web.py",
    ),
    "E02": (
        "The same when the database dies; the web goes on by itself within 5 s.",
        "`kill -9` of all of PostgreSQL",
        "test_web.py",
    ),
    "E03": (
        "A form that is sent again acts once and gets the first receipt.",
        "lines cut at COMMIT, before it is heard or before its answer is",
        "test_web.py",
    ),
    "E04": (
        "No reminder comes twice; whatever may be missing is shown as unknown.",
        "`kill -9` of Celery children at nine named points",
        "test_mail.py",
    ),
    "E05": (
        "A new worker goes on after the lease, not after the visibility timeout (15 min).",
        "`kill -9` of a whole worker in the middle of a mail",
        "test_mail.py",
    ),
    "E06": (
        "An emptied Redis costs delay and nothing else.",
        "`kill -9` of Redis, restart without its data",
        "test_queue.py",
    ),
    "E07": ("Nobody waits for Redis.", "Redis frozen while people approve", "test_queue.py"),
    "E08": (
        "A full or forgetful Redis loses nothing; `/readyz` warns within two ticks.",
        "`maxmemory` of one byte, `noeviction`, then `allkeys-random`",
        "test_queue.py",
    ),
    "E09": (
        "A message may come any number of times; its effect comes once.",
        "each message three times at once, and again after a second",
        "test_queue.py",
    ),
    "E10": (
        "Two beats double nothing; no beat is seen within two ticks, and made up for by one mail.",
        "two beats, clock steps, none over three deadlines, then one",
        "test_queue.py",
    ),
    "E11": (
        "Nothing comes early, twice or on a closed day, and every rung comes.",
        "a clock that wanders and steps back around awkward days",
        "test_time.py",
    ),
    "E12": (
        "Reminders at most once, returns at least once; no transaction waits for the mail server.",
        "421, 450, 550, 451, cut before and after the dot, hanging, dripping",
        "test_mail.py",
    ),
    "E13": (
        "A worker that wakes up too late changes nothing and sends nothing.",
        "a child frozen past its lease, then woken",
        "test_mail.py",
    ),
    "E14": (
        "A mail that kills its worker is given up; the others arrive.",
        "tasks that kill, raise, spin and eat memory",
        "test_mail.py",
    ),
    "E15": (
        "Of two who act on a sheet at once one wins, the other is told; texts are never mixed.",
        "approve against return, save against save",
        "test_web.py",
    ),
    "E16": (
        "The same form is one approval, however often it is sent.",
        "five posts at once, and one from the back button",
        "test_web.py",
    ),
    "E17": (
        "The public sees a whole publication or the one before it.",
        "`kill -9` of children at named points and at random",
        "test_publication.py",
    ),
    "E18": (
        "Nobody notices that web and workers are replaced.",
        "SIGTERM one after the other, SIGKILL at the stop timeout, old messages in the queues",
        "test_web.py",
    ),
}

_HEAD = """# Reliability

What hyoka promises when something dies, and how each promise is tested. `make faults` starts real servers (PostgreSQL, Redis, gunicorn, Celery, a mail server that misbehaves) and kills them; every run prints its seed, and `make faults ARGS="--seed N"` repeats it. `--long` does twenty times as much. Each experiment counts for itself: what people were answered against the ledger, and what the plan said must be sent against what the mail server really got.

This page is made from `reliability-results.json`, which a long run writes (`python -m tests.faults.report`); a test holds the two together.

| | Promise | What is done | Test in `tests/faults/` | Counted in the last long run |
|---|---|---|---|---|
"""

_TAIL = """
## What is not promised

- **Exactly one mail.** Between the final dot and the server's answer nobody can know (RFC 1047). Reminders choose *at most once*: such a mail is `unknown`, shown to the administrator, and the digest of the next open day covers it, if it still holds. "It came back to you" chooses *at least once*, under the same Message-ID. A worker that dies before it reached the mail server leaves the same `unknown`.
- **That an accepted mail arrives.** A relay may take a mail and return it later. Reports that it sends back are read by `hyoka mail bounced` where that is set up ([operations](operations.md)), and mark addresses that do not exist; without them such a mail is `sent`. What is not sent on its day, whatever the reason, is not sent later: the next digest tells the present state.
- **A power cut.** The experiments kill processes; that a disk keeps what it acknowledged is the disk's promise.
- **A worker that never ends.** Celery 5.7 itself ends when it loses Redis while it connects (seen in E06, where it is started again, as compose does it by `restart: unless-stopped`; other supervisors need the same).
- **An installation without a tick stays ready for a while.** `/readyz` warns (`tick_slow`) when two ticks have not come by, one minute with the usual 30 s, and fails after five and a minute, 3.5 minutes: pages work without a tick, and a load balancer should not take them away for a short stop.
"""


def page(results: dict[str, Any]) -> str:
    """The page, from the numbers of each experiment.

    Raises:
        KeyError: an experiment has no numbers.
    """
    rows = []
    for name, (promise, done, test) in PROMISES.items():
        found = results[name]
        counted = "; ".join(f"{_words(key)} {value:,}" for key, value in found["counted"].items())
        told = f"{counted} ({found['day']}, seed {found['seed']}, {found['seconds']} s)"
        rows.append(f"| {name} | {promise} | {done} | `{test}` | {told} |\n")
    return _HEAD + "".join(rows) + _TAIL


def _words(key: str) -> str:
    key = key.removesuffix("_ms") + " (ms)" if key.endswith("_ms") else key
    return key.replace("_", " ")


def main(results: Path = RESULTS, target: Path = PAGE) -> None:
    """Write the page."""
    target.write_text(page(json.loads(results.read_text("utf-8"))), "utf-8")


if __name__ == "__main__":
    main()
