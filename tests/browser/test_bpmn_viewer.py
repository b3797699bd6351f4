"""bpmn-js, the viewer that offices meet most, opens our files and draws everything in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.bpmn.readers import installed
from tests.browser.visitor import PICTURES
from workflow.definition.bpmn import bpmn
from workflow.definition.layout import layout
from workflow.definition.load import SHIPPED, named

pytestmark = pytest.mark.xdist_group("bpmn")

IMPORT = """async xml => {
  const viewer = new BpmnJS({ container: '#canvas' });
  const { warnings } = await viewer.importXML(xml);
  viewer.get('canvas').zoom('fit-viewport');
  const shown = {};
  for (const element of viewer.get('elementRegistry').getAll()) {
    const box = viewer.get('elementRegistry').getGraphics(element).getBoundingClientRect();
    shown[element.id] = box.width > 0 || box.height > 0;
  }
  return { warnings: warnings.map(warning => warning.message), shown };
}"""


@pytest.fixture
def viewer(browser: Browser, pytestconfig: pytest.Config) -> Iterator[Page]:
    """A page with the viewer's bundle and nothing else."""
    folder = installed(pytestconfig.cache.mkdir("bpmn-readers"))
    bundle = folder / "node_modules" / "bpmn-js" / "dist" / "bpmn-viewer.production.min.js"
    page = browser.new_page(viewport={"width": 1900, "height": 600})
    page.set_content('<div id="canvas" style="width: 1880px; height: 580px"></div>')
    page.add_script_tag(path=bundle)
    yield page
    page.close()


@pytest.mark.parametrize("name", SHIPPED)
def test_the_viewer_opens_a_route_without_a_warning_and_draws_everything(
    viewer: Page, name: str
) -> None:
    placed = layout(named(name))

    found = viewer.evaluate(IMPORT, bpmn(named(name)))

    if folder := os.environ.get(PICTURES):
        viewer.screenshot(path=Path(folder) / f"bpmn-js-{name}.png")
    assert found["warnings"] == []
    expected = {n.node.id for n in placed.nodes} | {f.flow.id for f in placed.flows}
    assert expected <= set(found["shown"])
    assert [i for i in expected if not found["shown"][i]] == []
    labels = {n.node.id for n in placed.nodes if n.label is not None and n.node.label}
    assert {f"{node_id}_label" for node_id in labels} <= set(found["shown"])
