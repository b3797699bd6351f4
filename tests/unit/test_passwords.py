"""Passwords: argon2id at the recommended strength, and what may not be one."""

from __future__ import annotations

import re

import pytest

from workflow import guessable_words, passwords
from workflow.passwords import LONGEST, SHORTEST, hash_password, verify, weakness
from workflow.services.people import one_time_password

GOOD = "ginkgo-leaf-in-may"


def test_a_hash_is_argon2id_at_the_floor_of_the_owasp_sheet_or_above() -> None:
    found = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$", hash_password(GOOD))

    assert found is not None
    memory, time, lanes = map(int, found.groups())
    assert (memory >= 19 * 1024, time >= 2, lanes >= 1) == (True, True, True)


def test_the_same_password_has_another_hash_each_time() -> None:
    assert hash_password(GOOD) != hash_password(GOOD)


@pytest.mark.parametrize("typed", [GOOD + " ", GOOD.upper(), "", GOOD[:-1], "パスワード"])
def test_only_the_very_same_password_fits(typed: str) -> None:
    kept = hash_password(GOOD)

    assert verify(kept, GOOD)
    assert not verify(kept, typed)


def test_where_there_is_no_hash_nothing_fits_but_the_work_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worked: list[str] = []
    real = passwords._hasher

    class Counting:
        def verify(self, kept: str, typed: str) -> bool:
            worked.append(kept)
            return real.verify(kept, typed)

    monkeypatch.setattr(passwords, "_hasher", Counting())

    assert not verify(None, GOOD)
    assert not verify(None, "a password that nobody has")
    assert len(worked) == 2
    assert all(kept.startswith("$argon2id$") for kept in worked)


@pytest.mark.parametrize("kept", ["", "plain", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$broken"])
def test_a_broken_hash_fits_nothing_and_raises_nothing(kept: str) -> None:
    assert not verify(kept, GOOD)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_too_short"),
        ("x" * (SHORTEST - 1), "password_too_short"),
        ("a long one " * 13, "password_too_long"),
        ("password1234", "password_too_common"),
        ("PasswordPassword", "password_too_common"),
        ("qwerty123456", "password_too_common"),
        ("hyoka-hyoka-hyoka", "password_too_common"),
        ("sato.ichiro.1", "password_too_common"),
        ("Sato.Ichiro2022", "password_too_common"),
        ("aaaaaaaaaaaaaaaa", "password_too_common"),
        ("abababababababab", "password_too_common"),
        (GOOD, None),
        ("市民の声を聴く部屋の鍵は銀杏", None),
        ("x7 K" * 5 + "bqv", None),
        ("correct horse battery", None),
    ],
)
def test_what_may_not_be_a_password(password: str, code: str | None) -> None:
    assert weakness(password, sign_in_name="sato.ichiro") == code


def test_the_lengths_are_those_that_are_told() -> None:
    pool = "kv3 xw8-qz5+"
    assert weakness(pool[:SHORTEST], sign_in_name="s") is None
    assert weakness((pool * 20)[:LONGEST], sign_in_name="s") is None
    assert weakness((pool * 20)[: LONGEST + 1], sign_in_name="s") == "password_too_long"


def test_one_time_passwords_are_strong_enough_themselves_and_never_the_same() -> None:
    made = {one_time_password() for _ in range(300)}

    assert len(made) == 300
    assert {weakness(password, sign_in_name="sato.ichiro") for password in made} == {None}
    assert not set("".join(made)) & set("01ilo")


SATO = guessable_words.of_person(
    name="佐藤 一郎", kana="サトウ イチロウ", sign_in_name="k0123", email="sa_ichi@city.aose.lg.jp"
)
AOSE = guessable_words.of_city("青瀬市", ["hyoka.city.aose.lg.jp"])


@pytest.mark.parametrize(
    ("password", "code"),
    [
        # Among the commonest, dressed up or not.
        ("iloveyou2024!!", "password_too_common"),
        ("Summer2026!!", "password_too_common"),
        ("1q2w3e4r5t6y", "password_too_common"),
        ("p@ssw0rd2026", "password_too_common"),
        ("trustno1trustno1", "password_too_common"),
        ("ｄｒａｇｏｎ１２３４５６", "password_too_common"),
        ("あいうえおかきくけこさし", "password_too_common"),
        # One's own name, however it is written, and nothing to speak of beside it.
        ("sato-ichiro-2026", "password_has_your_name"),
        ("2026_Satoh_Ichirou!", "password_has_your_name"),
        ("satouichirou2026", "password_has_your_name"),
        ("k0123-ichiro-xq77", "password_has_your_name"),
        ("佐藤一郎の机12345678", "password_has_your_name"),
        ("サトウイチロウの机123456", "password_has_your_name"),
        ("sa_ichi-20260401", "password_has_your_name"),
        # The city and the program; with one's name, too.
        ("青瀬市役所の鍵20260401", "password_has_city_word"),
        ("aose-hyoka-2026", "password_has_city_word"),
        ("行政評価20260401青瀬市", "password_has_city_word"),
        ("sato@aose.hyoka26", "password_has_city_word"),
        # With a password of its own beside it a word harms nothing; parts of words mean nobody.
        ("sato.ichiro-の長い合言葉", None),
        ("winter-aose-glacier", None),
        ("satokibi-no-glacier-xq", None),
        ("市民の声を聴く部屋の鍵は銀杏", None),
        (GOOD, None),
        ("correct horse battery", None),
    ],
)
def test_what_a_colleague_would_try_first_may_not_be_a_password(
    password: str, code: str | None
) -> None:
    assert weakness(password, sign_in_name="k0123", own=SATO, of_city=AOSE) == code


@pytest.mark.parametrize(
    ("kana", "latin"),
    [
        ("さとう", {"satou", "sato", "satoh"}),
        ("オオノ", {"oono", "ono", "ohno"}),
        ("ほんま", {"honma", "homma"}),
        ("しんじ", {"shinji", "sinzi"}),
        ("まつだ たけし", {"matsuda", "matuda", "takeshi", "takesi"}),
    ],
)
def test_a_name_is_known_in_the_ways_people_write_it(kana: str, latin: set[str]) -> None:
    assert latin <= set(guessable_words.romaji(kana))
