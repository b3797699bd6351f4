"""What ticks did, to be compared: the same due timers must tell the same people everywhere."""

from __future__ import annotations

from bench import million
from bench.stand import Stand

# Without ids: who was told what, how the timers ended, which mails gather how much.
_DID = """
SELECT 'notice', kind, recipient_id, count(*), count(gathered_at) FROM notice
WHERE rung / %(generation)s = %(nth)s GROUP BY 2, 3
UNION ALL
SELECT 'timer ' || kind, coalesce(outcome, 'open'), NULL, count(*), count(settled_at) FROM timer
WHERE rung / %(generation)s = %(nth)s GROUP BY 1, 2
UNION ALL
SELECT 'mail', m.state, m.recipient_id, count(DISTINCT m.id), count(*) FROM mail m
JOIN notice n ON n.mail_id = m.id WHERE n.rung / %(generation)s = %(nth)s GROUP BY 2, 3
ORDER BY 1, 2, 3
"""
_TOLD = """
SELECT evaluation_id, kind, recipient_id FROM notice
WHERE rung / %(generation)s = %(nth)s ORDER BY 1, 2, 3
"""


def differences_of_ticks(stand: Stand, names: tuple[str, str], rounds: range) -> list[str]:
    """Where the ticks of these rounds did something else in one database than in the other."""
    told = []
    with stand.owner(names[0]) as many, stand.owner(names[1]) as few:
        for nth in rounds:
            values = {"generation": million.GENERATION, "nth": nth}
            did = [set(one.execute(_DID, values).fetchall()) for one in (many, few)]
            told += [f"round {nth}, only one of them: {row}" for row in did[0] ^ did[1]]
            if not did[0]:
                told.append(f"round {nth}: nothing was told to anybody")
    return told


def differences_of_firing(stand: Stand, name: str, rounds: range) -> list[str]:
    """Where by hand others were told than by the core; the rounds are theirs in turns."""
    with stand.owner(name) as connection:
        found = [
            connection.execute(_TOLD, {"generation": million.GENERATION, "nth": nth}).fetchall()
            for nth in rounds
        ]
    return [
        f"firing, round {number + 1}: core told {len(core)}, by hand {len(by_hand)}"
        for number, (core, by_hand) in enumerate(zip(found[::2], found[1::2], strict=True))
        if core != by_hand or not core
    ]
