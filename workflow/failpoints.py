"""Named points at which a fault experiment strikes this very process; off in every installation.

``HYOKA_FAILPOINTS`` names a folder. A file in it called like a point (``after_claim``, or
``after_claim@somebody@city.jp`` for one mail alone) is an order: the first process that comes by
takes the file away and does what it says. With ``… every`` the file stays and strikes everybody.
Where no folder is named, a point costs one comparison.
"""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

_folder: Path | None = None


class Struck(Exception):
    """What the order ``raise`` raises."""


def watch(folder: Path | None) -> None:
    """Take orders from *folder* from now on; None turns every point off."""
    global _folder
    _folder = folder


def reached(point: str, subject: str = "") -> None:
    """The process is at *point*, with *subject* in its hands: carry out an order, if there is one.

    Raises:
        Struck: the order said so.
        MemoryError: the order was to eat memory.
    """
    if _folder is None:
        return
    for name in (f"{point}@{subject}", point):
        what, _, every = _order(_folder / name)
        if what and (every or _taken(_folder / name)):
            log.warning("failpoint", point=name, what=what, process=os.getpid())
            _strike(what)


def _order(path: Path) -> tuple[str, str, str]:
    try:
        return path.read_text("utf-8").strip().partition(" ")
    except OSError:
        return "", "", ""


def _taken(path: Path) -> bool:
    """Whether it was this process that took the order away."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _strike(what: str) -> None:
    match what:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "raise":
            raise Struck(what)
        case "spin":
            while True:
                pass
        case "eat":
            _eat()
        case _:
            raise ValueError(f"unknown order {what!r}")


def _eat() -> None:
    """Take memory until there is none: a quarter of a gigabyte, so that the machine lives on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**28, hard))
    eaten = []
    try:
        while True:
            eaten.append(bytes(2**24))
    finally:
        eaten.clear()
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
