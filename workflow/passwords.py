"""Password hashes: argon2id through argon2-cffi, and what a password must be.

Parameters: the OWASP password storage cheat sheet's floor (19 MiB, two passes, one lane). Length
decides, no composition rules (ASVS 5.0, 6.2.1 and 6.2.5); refused are the commonest (the 30,000
that zxcvbn ships, 6.2.4), what zxcvbn guesses soon, and words of oneself and the city (6.2.11).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from workflow import guessable_words

SHORTEST, LONGEST = 12, 128

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

#: Verified for names that do not exist, so that the time an answer takes says nothing.
_DUMMY = _hasher.hash("a password that nobody has")

#: A Latin word that is shorter may be part of another word.
SHORTEST_ANYWHERE = 5
#: zxcvbn's "safely unguessable": 10⁸ guesses. Its work grows fast with the length.
_LOWEST_SCORE, _LOOKED_AT = 3, 48

#: Parts that make a long password guessable in an office.
_COMMON = ("password", "qwerty", "123456", "111111", "abcdef", "hyoka", "hyouka", "iloveyou")


def hash_password(password: str) -> str:
    """The hash to keep."""
    return _hasher.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Whether *password* is the one; the same work is done where there is no hash."""
    try:
        matches = _hasher.verify(password_hash or _DUMMY, password)
    except (VerificationError, InvalidHashError):
        return False
    return matches and password_hash is not None


def weakness(
    password: str,
    *,
    sign_in_name: str,
    own: Iterable[str] = (),
    of_city: Iterable[str] = (),
) -> str | None:
    """Why *password* may not be used (a code), or None.

    Args:
        own: words of the person (``workflow.guessable_words.of_person``).
        of_city: words of the city (``workflow.guessable_words.of_city``).
    """
    if len(password) < SHORTEST:
        return "password_too_short"
    if len(password) > LONGEST:
        return "password_too_long"
    folded = normalize("NFKC", password).casefold()
    stripped = folded
    for part in (*_COMMON, sign_in_name.casefold()):
        stripped = stripped.replace(part, "")
    # What is left beside the guessable parts must still be a password of some length.
    if len(stripped) < SHORTEST // 2 or len(set(folded)) < 5:
        return "password_too_common"
    own, of_city = [*own, *guessable_words.parts(sign_in_name)], list(of_city)
    if _is_little_beside(folded, own):
        return "password_has_your_name"
    if _is_little_beside(folded, [*own, *of_city]):
        return "password_has_city_word"
    return "password_too_common" if _is_guessed_soon(folded, [*own, *of_city]) else None


def _is_little_beside(password: str, words: list[str]) -> bool:
    """Whether a password holds some of *words*, and beside them hardly a letter."""
    left = password
    for word in sorted(words, key=len, reverse=True):
        if len(word) < SHORTEST_ANYWHERE and word.isascii():
            left = re.sub(rf"(?<![a-z]){re.escape(word)}(?![a-z])", " ", left)
        else:
            left = left.replace(word, " ")
    return left != password and len(re.sub(r"[\W\d_]", "", left)) < SHORTEST // 2


def _is_guessed_soon(password: str, words: list[str]) -> bool:
    # Its lists are large, and only who sets a password needs them.
    from zxcvbn import zxcvbn
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    # With figures and signs around it a common one stays common.
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", password)
    if {password, core} & set(FREQUENCY_LISTS["passwords"]):
        return True
    return bool(zxcvbn(password[:_LOOKED_AT], user_inputs=words)["score"] < _LOWEST_SCORE)
