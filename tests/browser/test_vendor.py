"""The browser files we serve are complete: they load from one folder and give the names pages use."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page

VENDOR = Path(__file__).resolve().parents[2] / "app" / "static" / "vendor"

PAGE = """<!doctype html><meta charset="utf-8">
<link rel="stylesheet" href="{at}/tabler/css/tabler.min.css">
<link rel="stylesheet" href="{at}/tabler-icons/tabler-icons.min.css">
<link rel="stylesheet" href="{at}/bpmn-js/assets/diagram-js.css">
<link rel="stylesheet" href="{at}/bpmn-js/assets/bpmn-js.css">
<link rel="stylesheet" href="{at}/bpmn-js/assets/bpmn-font/css/bpmn.css">
<link rel="stylesheet" href="{at}/dmn-js/assets/dmn-js-shared.css">
<link rel="stylesheet" href="{at}/dmn-js/assets/dmn-js-decision-table.css">
<link rel="stylesheet" href="{at}/dmn-js/assets/dmn-font/css/dmn.css">
<i class="ti ti-inbox"></i><button class="btn">签收</button>
<div id="bpmn" style="height: 300px"></div><div id="dmn" style="height: 300px"></div>
<script src="{at}/tabler/js/tabler.min.js"></script>
<script src="{at}/htmx/htmx.min.js"></script>
<script src="{at}/bpmn-js/bpmn-navigated-viewer.production.min.js"></script>
<script src="{at}/dmn-js/dmn-viewer.production.min.js"></script>
"""

BPMN = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
 id="d" targetNamespace="t"><process id="p"><task id="sign_for" name="签收"/></process>
 <bpmndi:BPMNDiagram><bpmndi:BPMNPlane bpmnElement="p"><bpmndi:BPMNShape bpmnElement="sign_for">
 <dc:Bounds x="20" y="20" width="100" height="80"/></bpmndi:BPMNShape></bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</definitions>"""

DMN = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="t">
 <decision id="limits" name="时限"><decisionTable id="table"><input id="i" label="工作">
 <inputExpression id="e"><text>work</text></inputExpression></input>
 <output id="o" label="数值" name="value"/><rule id="r">
 <inputEntry id="ie"><text>"handle"</text></inputEntry><outputEntry id="oe"><text>10</text></outputEntry>
 </rule></decisionTable></decision></definitions>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def vendor_address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(VENDOR))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def vendor_page(page: Page, vendor_address: str) -> Iterator[Page]:
    """A page that has loaded everything we serve; anything the server did not have fails the test."""
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    page.goto(f"{vendor_address}/LICENSES.txt")
    page.set_content(PAGE.format(at=vendor_address), wait_until="networkidle")
    yield page
    assert refused == []


def test_every_file_a_page_asks_for_is_there(vendor_page: Page) -> None:
    names = ["tabler", "htmx", "BpmnJS", "DmnJS"]
    assert vendor_page.evaluate("names => names.map(name => typeof window[name])", names) == [
        "object",
        "object",
        "function",
        "function",
    ]
    assert vendor_page.evaluate("document.fonts.check('16px tabler-icons')")


def test_diagram_is_drawn_with_the_watermark(vendor_page: Page) -> None:
    vendor_page.evaluate("xml => new BpmnJS({container: '#bpmn'}).importXML(xml)", BPMN)
    assert vendor_page.locator("#bpmn [data-element-id=sign_for]").first.text_content() == "签收"
    assert vendor_page.locator("#bpmn .bjs-powered-by").is_visible()


def test_decision_table_is_drawn_with_the_watermark(vendor_page: Page) -> None:
    vendor_page.evaluate("xml => new DmnJS({container: '#dmn'}).importXML(xml)", DMN)
    assert '"handle"' in (vendor_page.locator("#dmn tbody").text_content() or "")
    assert vendor_page.locator("#dmn .bjs-powered-by").is_visible()


def test_licences_travel_with_the_files() -> None:
    text = (VENDOR / "LICENSES.txt").read_text(encoding="utf-8")
    for name in ("@tabler/core 1.", "bpmn-js 18.", "diagram-js ", "dmn-js 17.", "htmx.org 2."):
        assert f"\n{name}" in text
    assert "bpmn.io" in text
