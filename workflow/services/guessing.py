"""What it costs to guess passwords: waiting, by name, by device, by address and by network.

A name waits after five wrong passwords, whoever typed them; so that nobody can lock a colleague
out, a device in which that person signed in before has an allowance of its own and waits for
itself alone. Addresses and networks wait for all names together, also for those that nobody has.
All of it stands in PostgreSQL and is forgotten by the tick.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import sqlalchemy as sa

from workflow.application import Application, Context
from workflow.policy import SYSTEM, Permission

#: The waiting: 1, 2, 4 … minutes, at most this.
LONGEST_WAIT = timedelta(minutes=15)
#: A city hall may stand behind one address, so many may mistype before it has to wait …
FREE_PER_ADDRESS = 20
#: … and a network (IPv4 /24, IPv6 /64) is let go sooner: it holds more people who did nothing.
FREE_PER_NETWORK, LONGEST_WAIT_OF_NETWORK = 100, timedelta(minutes=4)
#: An address without a wrong password for so long begins anew.
FORGOTTEN_AFTER = timedelta(hours=1)
#: A device in which nobody signed in for so long is a stranger again.
DEVICE_FORGOTTEN_AFTER = timedelta(days=180)

_BLOCKED = sa.text("""
SELECT max(blocked_until) FROM sign_in_origin WHERE origin = ANY(:origins) AND blocked_until > :now
""")
# In the order of the names, so that two who fail at once do not wait for each other for ever.
_FAILED = sa.text("""
INSERT INTO sign_in_origin AS o (origin, failed_attempts, failed_at)
SELECT origin, 1, :now FROM unnest(CAST(:origins AS text[])) AS origin ORDER BY origin
ON CONFLICT (origin) DO UPDATE SET failed_at = :now, failed_attempts =
    CASE WHEN o.failed_at < :forgotten THEN 1 ELSE o.failed_attempts + 1 END
RETURNING origin, failed_attempts
""")
_BLOCK = sa.text("UPDATE sign_in_origin SET blocked_until = :until WHERE origin = :origin")
_NAME_FAILED = sa.text("""
UPDATE credential SET failed_attempts = :attempts, blocked_until = :until WHERE person_id = :person
""")
_DEVICE_FAILED = sa.text("""
UPDATE known_device SET failed_attempts = :attempts, blocked_until = :until
WHERE person_id = :person AND token_hash = :device
""")
_KNOWN = sa.text("""
INSERT INTO known_device (person_id, token_hash, password_key, used_at)
SELECT person_id, :device, sha256(convert_to(password_hash, 'UTF8')), :now
FROM credential WHERE person_id = :person
ON CONFLICT (person_id, token_hash) DO UPDATE SET password_key = excluded.password_key,
    used_at = :now, failed_attempts = 0, blocked_until = NULL
""")
_FORGET_ORIGINS = sa.text("""
DELETE FROM sign_in_origin
WHERE failed_at < :before AND (blocked_until IS NULL OR blocked_until < :now)
""")
_FORGET_DEVICES = sa.text("DELETE FROM known_device WHERE used_at < :before")


def waiting(attempts: int, free: int, longest: timedelta = LONGEST_WAIT) -> timedelta | None:
    """How long to wait after so many wrong passwords in a row; None while they are free."""
    over = attempts - free
    return min(timedelta(minutes=2 ** min(over, 10)), longest) if over >= 0 else None


def origins(address: str) -> list[str]:
    """What a client's address counts for: itself and its network; nothing where it is unknown."""
    try:
        found = ip_address(address)
    except ValueError:
        return []
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    width = 24 if found.version == 4 else 64
    return [f"address:{found}", f"network:{ip_network((found, width), strict=False)}"]


def blocked_until(ctx: Context, where: list[str]) -> datetime | None:
    """Until when nobody may try from there; None when they may."""
    found = ctx.execute(_BLOCKED, {"origins": where, "now": ctx.now}).scalar_one()
    return found if isinstance(found, datetime) else None


def count(ctx: Context, where: list[str]) -> None:
    """Note a wrong password from there."""
    if not where:
        return
    values = {"origins": where, "now": ctx.now, "forgotten": ctx.now - FORGOTTEN_AFTER}
    for found in ctx.execute(_FAILED, values).all():
        wait = (
            waiting(found.failed_attempts, FREE_PER_ADDRESS)
            if found.origin.startswith("address:")
            else waiting(found.failed_attempts, FREE_PER_NETWORK, LONGEST_WAIT_OF_NETWORK)
        )
        if wait is not None:
            ctx.execute(_BLOCK, {"origin": found.origin, "until": ctx.now + wait})


def count_wrong_password(ctx: Context, row: Any, free: int, device: bytes | None = None) -> None:
    """Note a wrong password of the person of *row*: at the known device, else at the name."""
    attempts = (row.failed_attempts if device is None else row.device_attempts) + 1
    wait = waiting(attempts, free)
    values = {
        "person": row.id,
        "attempts": attempts,
        "until": ctx.now + wait if wait is not None else None,
    }
    if device is None:
        ctx.execute(_NAME_FAILED, values)
    else:
        ctx.execute(_DEVICE_FAILED, values | {"device": device})


def forget(ctx: Context, person_id: int) -> None:
    """Begin anew: the person has signed in."""
    ctx.execute(_NAME_FAILED, {"person": person_id, "attempts": 0, "until": None})


def make_known(ctx: Context, person_id: int, device: bytes) -> None:
    """From now on the person has an allowance of their own on this device."""
    ctx.execute(_KNOWN, {"person": person_id, "device": device, "now": ctx.now})


def forget_old(application: Application) -> int:
    """Forget what no longer makes anybody wait, and devices that nobody uses; returns how many."""
    with application.command(SYSTEM) as ctx:
        ctx.require(Permission.RUN_ENGINE)
        gone = ctx.execute(_FORGET_ORIGINS, {"now": ctx.now, "before": ctx.now - FORGOTTEN_AFTER})
        unused = ctx.execute(_FORGET_DEVICES, {"before": ctx.now - DEVICE_FORGOTTEN_AFTER})
    return gone.rowcount + unused.rowcount
