"""The widgets in every light: themes, widths, directions, other front ends, axe-core."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.chat_page import SHIPPED, ChatPage, findings
from support.lab_page import menu, run_cells, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.soak]

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "js" / "node_modules" / "axe-core" / "axe.min.js"
RICH = '''# Rivers

A river is **water** that flows; its speed $v = \\frac{d}{t}$ is found with `speed()`:

```python
def speed(distance: float, time: float) -> float:
    """Metres a second."""
    return distance / time  # no zero here
```

| river | length |
|:------|-------:|
| Nile  | 6650 km |
| Amazon | 6400 km |

1. First, measure.
2. Then divide. See [the source](https://example.org).

> Water finds its way.

$$E = m c^2$$
'''
FAKE = """
from support.fake_realm import FakeRealm
from realm_jupyter import chat_widget
realm = FakeRealm()
realm.load_model("paris")
realm.pieces = [{text!r}]
chat = chat_widget(realm)
chat
"""
EVERYTHING = """
from realm_jupyter import Realm, chat_widget, inspect, models_widget
realm = Realm()
realm.load_model("paris")
chat = chat_widget(realm, temperature=0)
chat.session.is_recording = True
chat
"""


@pytest.fixture(scope="session")
def axe():
    if not AXE.is_file():
        pytest.fail("axe-core is missing: run npm ci in js/")
    return AXE.read_text(encoding="utf-8")


def show_rich(page, jupyterlab, name, text=RICH):
    run_cells(page, jupyterlab, name, FAKE.format(text=text))
    chat = ChatPage(page).wait()
    chat.ask_and_wait("Tell me of rivers.")
    return chat


def dark(page):
    menu(page, "Settings", "Theme", "JupyterLab Dark")
    page.locator("body[data-jp-theme-light=false]").wait_for()


def test_rich_text_in_light_and_dark(page, jupyterlab, artifacts, axe):
    chat = show_rich(page, jupyterlab, "looks_rich.ipynb")
    answer = chat.answer(1)
    expect(answer.locator("math").first).to_be_visible()
    expect(answer.locator("table")).to_be_visible()
    page.screenshot(path=artifacts / "looks_light.png")
    assert findings(page, ".realm-chat", axe) == []
    dark(page)
    expect(page.locator(".realm[data-theme=dark]").first).to_be_visible()
    page.screenshot(path=artifacts / "looks_dark.png")
    assert findings(page, ".realm-chat", axe) == []
    menu(page, "Settings", "Theme", "JupyterLab Light")


@pytest.mark.parametrize("panel", ["Settings", "Conversations", "More"])
def test_panels_have_no_serious_finding(page, jupyterlab, artifacts, axe, panel):
    run_cells(page, jupyterlab, "looks_panel.ipynb", SHIPPED)
    chat = ChatPage(page).wait()
    chat.ask_and_wait("What is the capital of France?")
    chat.root.get_by_role("button", name=panel).first.click()
    page.screenshot(path=artifacts / f"looks_{panel.lower()}.png")
    assert findings(page, ".realm-chat", axe) == []
    page.keyboard.press("Escape")
    expect(chat.root.get_by_role("button", name=panel).first).to_be_focused()


def test_models_and_tokens_have_no_serious_finding(page, jupyterlab, artifacts, axe):
    run_cells(
        page,
        jupyterlab,
        "looks_all.ipynb",
        EVERYTHING,
        "models_widget(realm)",
        "inspect(realm.generate('What is the capital of Norway?', logprobs=5, seed=1))",
    )
    models = page.get_by_role("region", name="Models", exact=True)
    models.get_by_role("button", name="Details of paris").click()
    models.get_by_role("button", name="Load tales").click()
    tokens = page.get_by_role("region", name="Tokens", exact=True)
    tokens.get_by_text("Oslo", exact=False).first.hover()
    tokens.scroll_into_view_if_needed()
    page.screenshot(path=artifacts / "looks_tokens.png")
    models.scroll_into_view_if_needed()
    page.screenshot(path=artifacts / "looks_models.png")
    assert findings(page, ".realm-models", axe) == []
    assert findings(page, ".realm-tokens", axe) == []
    dark(page)
    page.screenshot(path=artifacts / "looks_models_dark.png")
    assert findings(page, ".realm-models", axe) == []
    assert findings(page, ".realm-tokens", axe) == []
    menu(page, "Settings", "Theme", "JupyterLab Light")


def test_narrow_and_right_to_left(page, jupyterlab, artifacts):
    page.set_viewport_size({"width": 520, "height": 900})
    text = "# נהרות\n\nהנהר **מים** זורמים.\n\n- אחת\n- שתיים\n"
    chat = show_rich(page, jupyterlab, "looks_narrow.ipynb", text)
    page.screenshot(path=artifacts / "looks_narrow.png")
    box = chat.root.bounding_box()
    assert page.evaluate(
        "el => el.scrollWidth <= el.clientWidth + 1", chat.root.element_handle()
    ), box
    direction = "el => getComputedStyle(el.querySelector('h1')).direction"
    assert chat.answer(1).evaluate(direction) == "rtl"


def test_less_motion_is_respected(browser, jupyterlab):
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.set_default_timeout(90_000)
    chat = show_rich(page, jupyterlab, "looks_still.ipynb")
    moving = chat.root.evaluate(
        "root => [...root.querySelectorAll('*')].filter(el => {"
        "const style = getComputedStyle(el);"
        "return parseFloat(style.animationDuration) > 0.01 "
        "|| parseFloat(style.transitionDuration) > 0.01;}).map(el => el.className)"
    )
    assert moving == []
    context.close()


def test_notebook_7(page, jupyterlab, artifacts):
    pytest.importorskip("notebook")
    base, token, folder = jupyterlab
    write_notebook(folder / "seven.ipynb", SHIPPED)
    page.goto(f"{base}/notebooks/seven.ipynb?token={token}")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    chat = ChatPage(page).wait()
    expect(chat.ask_and_wait("What is the capital of France?")).to_contain_text("Paris")
    chat.answer(1).get_by_role("button", name="Another answer").click()
    expect(chat.answer(1)).to_contain_text(re.compile(r"2\s*/\s*of\s*2"))
    page.screenshot(path=artifacts / "notebook7.png")
