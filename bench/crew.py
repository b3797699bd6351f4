"""Workers as processes: each holds a connection per side and decides what it is handed."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection

from bench.by_hand_decisions import Wanted
from bench.sides import SIDES


class Crew:
    """Some processes that wait for work."""

    def __init__(self, pipes: Sequence[Connection]) -> None:
        self._pipes = pipes

    def decide(self, side: str, slices: Sequence[Sequence[Wanted]]) -> float:
        """Hand one slice to each of as many workers; returns seconds from first to last.

        Everything is handed out before the word is given; the clock is the same for all processes
        of a machine.
        """
        working = self._pipes[: len(slices)]
        for pipe, wishes in zip(working, slices, strict=True):
            pipe.send((side, wishes))
        for pipe in working:
            assert pipe.recv() == "ready"
        for pipe in working:
            pipe.send("go")
        times: list[tuple[float, float]] = [pipe.recv() for pipe in working]
        return max(end for _, end in times) - min(start for start, _ in times)


@contextmanager
def crew_of(size: int, url: str) -> Iterator[Crew]:
    """*size* workers on the database at *url*; all end when the block does."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for _ in range(size):
        here, there = context.Pipe()
        process = context.Process(target=_work, args=(there, url), daemon=True)
        process.start()
        there.close()
        pipes.append(here)
        processes.append(process)
    try:
        yield Crew(pipes)
        for pipe in pipes:
            pipe.send(None)
    finally:
        for pipe, process in zip(pipes, processes, strict=True):
            # A worker that is still waiting finds the pipe closed and ends by itself.
            pipe.close()
            process.join()
            process.close()


def _work(pipe: Connection, url: str) -> None:
    # Ctrl-C reaches the whole group; whoever leads ends the others by closing their pipes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sides = {name: make(url) for name, make in SIDES.items()}
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            break
        if job is None:
            break
        name, wishes = job
        side = sides[name]
        gc.collect()
        pipe.send("ready")
        pipe.recv()
        start = time.monotonic()
        for wanted in wishes:
            side.decide(wanted)
        pipe.send((start, time.monotonic()))
    for side in sides.values():
        side.close()
