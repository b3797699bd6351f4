"""A sheet whose cycle went over to another route reads well, before and after the change."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.conftest import Installation
from tests.sample_people import APPROVER, PUBLISHER
from workflow.definition.load import named
from workflow.services import definition_change
from workflow.services.change_plan import Asked


def test_the_sheet_tells_what_happened_in_the_words_of_its_time(
    visitor: Visitor, installation: Installation
) -> None:
    city = installation.city
    sheet = city.bring_to("611", "bureau_approval")
    actor = city.actor(PUBLISHER)
    with city.application.query(actor) as ctx:
        plan = definition_change.plan(
            ctx,
            Asked(city.cycle(), named("two_levels"), {"department_review": "section_review"}),
        )
    with city.application.command(actor) as ctx:
        definition_change.apply(ctx, plan)

    visitor.sign_in(APPROVER)
    visitor.go(f"/sheets/{sheet}")

    main = visitor.page.get_by_role("main")
    expect(main).to_contain_text("流れの定義が変わりました")
    expect(main).to_contain_text("部局審査 → 総合政策部承認")
    # Behind it lies only where it was: in the new route nobody looked at it at 部局審査.
    strip = main.locator(".route__stage").all_inner_texts()
    assert [words.split()[0] for words in strip][:3] == ["作成中", "課長審査", "総合政策部承認"]
    visitor.go("/desk")
