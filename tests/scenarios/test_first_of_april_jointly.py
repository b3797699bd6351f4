"""A reorganisation with a sheet at a joint stage (合議): who was asked still answers.

In the first days of June, before the last day of the stage settles those who stay silent.
"""

from __future__ import annotations

from datetime import date

import pytest

from tests.authority import reply
from tests.city import City, on_route
from tests.recorders import Clock
from tests.sample_people import APPROVER
from tests.transfers import applied, move, row
from workflow.errors import Refused

pytestmark = on_route("joint_external")

DAY = date(2022, 6, 3)


def joint_over(city: City, clock: Clock, *rows: dict[str, str]) -> None:
    """612 asks 総務部, 市議会事務局 and 市民自治部; then comes the day."""
    city.submit("612")
    city.approve("612")
    assert city.state("612") == "joint_agreement"
    applied(city, *rows, on=DAY)
    clock.set(DAY)
    city.tick()


def pending(city: City) -> list[str]:
    return [f"{holder.title} {holder.name}" for holder in city.page(APPROVER, "612").holders]


def test_whoever_was_asked_answers_for_the_department_from_the_new_post(
    route_city: City, clock: Clock
) -> None:
    joint_over(
        route_city, clock,
        move("takahashi.noriko", "財政基盤部", "理事", "担当"),
        move("kawaguchi.osamu", "市民自治部", "部長", "部長"),
    )  # fmt: skip

    assert "市民自治部長 高橋 典子" in pending(route_city)
    with pytest.raises(Refused):
        reply(route_city, "kawaguchi.osamu", "612")
    for name in ("ogawa.tetsuo", "kubota.masaru", "takahashi.noriko"):
        reply(route_city, name, "612")

    assert route_city.state("612") != "joint_agreement"
    assert route_city.scalar(
        "SELECT u.name FROM joint_reply j JOIN org_unit u ON u.id = j.unit_id "
        "JOIN person p ON p.id = j.person_id WHERE p.name = '高橋 典子'"
    ) == "市民自治部"  # fmt: skip
    assert route_city.verify().broken == ()


def test_who_leaves_the_office_is_followed_by_the_new_head(route_city: City, clock: Clock) -> None:
    joint_over(
        route_city, clock,
        row("退職", sign_in_name="takahashi.noriko"),
        move("kawaguchi.osamu", "市民自治部", "部長", "部長"),
    )  # fmt: skip

    assert "市民自治部長 川口 修" in pending(route_city)


def test_a_department_that_is_renamed_is_asked_under_its_new_name(
    route_city: City, clock: Clock
) -> None:
    joint_over(route_city, clock, row("改称", unit="市民自治部", successor="市民協働部"))

    assert "市民協働部長 高橋 典子" in pending(route_city)
    for name in ("ogawa.tetsuo", "kubota.masaru", "takahashi.noriko"):
        reply(route_city, name, "612")
    assert route_city.state("612") != "joint_agreement"


def test_an_answer_from_before_still_counts_afterwards(route_city: City, clock: Clock) -> None:
    route_city.submit("612")
    route_city.approve("612")
    reply(route_city, "takahashi.noriko", "612")
    applied(route_city, row("改称", unit="市民自治部", successor="市民協働部"), on=DAY)
    clock.set(DAY)
    route_city.tick()

    assert sorted(pending(route_city)) == ["市議会事務局長 久保田 勝", "総務部長 小川 哲夫"]
    reply(route_city, "ogawa.tetsuo", "612")
    reply(route_city, "kubota.masaru", "612")
    assert route_city.state("612") != "joint_agreement"
