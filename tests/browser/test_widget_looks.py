"""The widgets in every light: themes, widths, directions, other front ends, axe-core."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from support.chat_page import SHIPPED, SLOW, ChatPage, findings
from support.lab_page import write_notebook

pytestmark = pytest.mark.browser

SECOND_OF_TWO = re.compile(r"2\s*/\s*of\s*2")
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


def show_rich(lab, page, text=RICH):
    lab.show(FAKE.format(text=text))
    chat = ChatPage(page).wait()
    chat.ask_and_wait("Tell me of rivers.")
    return chat


def test_rich_text_and_panels_in_light_and_dark(lab, page, artifacts, axe):
    chat = show_rich(lab, page)
    answer = chat.answer(1)
    expect(answer.locator("math").first).to_be_visible()
    expect(answer.locator("table")).to_be_visible()
    for theme in ("Light", "Dark"):
        lab.use_theme(theme)
        expect(page.locator(f".realm[data-theme={theme.lower()}]").first).to_be_visible()
        page.screenshot(path=artifacts / f"looks_{theme.lower()}.png")
        assert findings(page, ".realm-chat", axe) == []
        for panel in ("settings", "conversations"):
            chat.toggle(panel)
            page.screenshot(path=artifacts / f"looks_{panel}_{theme.lower()}.png")
            assert findings(page, ".realm-chat", axe) == []
            page.keyboard.press("Escape")
            expect(chat.root.locator(f"[data-panel-button={panel}]:focus-within")).to_have_count(1)
    chat.button("More").click()
    page.screenshot(path=artifacts / "looks_more.png")
    assert findings(page, ".realm-chat", axe) == []
    page.keyboard.press("Escape")
    expect(chat.button("More")).to_be_focused()


def test_models_and_tokens_in_light_and_dark(lab, page, artifacts, axe):
    lab.show(
        EVERYTHING,
        "models_widget(realm)",
        "inspect(realm.generate('What is the capital of Norway?', logprobs=5, seed=1), realm)",
    )
    models = page.get_by_role("region", name="Models", exact=True)
    models.get_by_role("button", name="Details of paris").click()
    models.get_by_role("button", name="Load tales").click()
    models.get_by_text("Fits in memory").first.wait_for()
    tokens = page.get_by_role("region", name="Tokens", exact=True)
    token = tokens.get_by_role("button", name="capital").first
    popover = tokens.locator(".realm-token-popover")
    for theme in ("Light", "Dark"):
        lab.use_theme(theme)
        token.click()
        popover.wait_for()
        page.screenshot(path=artifacts / f"looks_tokens_{theme.lower()}.png")
        assert findings(page, ".realm-tokens", axe) == []
        assert findings(page, ".realm-models", axe) == []
    models.scroll_into_view_if_needed()
    page.screenshot(path=artifacts / "looks_models_dark.png")
    lab.use_theme("Light")
    page.screenshot(path=artifacts / "looks_models_light.png")
    # Another token leads to another text; both are there.
    token.click()
    popover.get_by_role("button").first.click()
    expect(tokens).to_contain_text(SECOND_OF_TWO)
    tokens.get_by_role("button", name="Previous alternative").click()
    expect(token).to_be_visible()


def test_narrow_and_right_to_left(lab, page, artifacts):
    text = "# נהרות\n\nהנהר **מים** זורמים.\n\n- אחת\n- שתיים\n\n1. three\n2. four\n"
    chat = show_rich(lab, page, text)
    chat.root.evaluate("el => { el.parentElement.style.width = '320px'; }")
    page.screenshot(path=artifacts / "looks_narrow.png")
    assert chat.root.evaluate("el => el.scrollWidth <= el.clientWidth + 1")
    direction = "(el, tag) => getComputedStyle(el.querySelector(tag)).direction"
    answer = chat.answer(1)
    assert [answer.evaluate(direction, tag) for tag in ("h1", "p", "ul", "ol")] == [
        "rtl", "rtl", "rtl", "ltr",
    ]  # fmt: skip
    chat.toggle("settings")
    page.screenshot(path=artifacts / "looks_narrow_settings.png")
    assert chat.root.evaluate("el => el.scrollWidth <= el.clientWidth + 1")


def test_less_motion_is_respected(lab, page):
    page.emulate_media(reduced_motion="reduce")
    lab.show(SLOW)
    chat = ChatPage(page).wait()
    chat.ask("Tell me of Rome.")
    chat.status("Answering").wait_for()
    moving = chat.root.evaluate(
        "root => [...root.querySelectorAll('*')].filter(el => {"
        "const style = getComputedStyle(el);"
        "return style.animationName !== 'none' "
        "|| parseFloat(style.transitionDuration) > 0.01;}).map(el => el.className)"
    )
    page.emulate_media(reduced_motion="no-preference")
    assert moving == []
    chat.draft.press("Escape")
    chat.status("Ready").wait_for()


def test_notebook_7(lab, jupyterlab, artifacts):
    pytest.importorskip("notebook")
    write_notebook(jupyterlab.folder / "seven.ipynb", SHIPPED)
    page = lab.page.context.new_page()
    page.goto(f"{jupyterlab.base}/notebooks/seven.ipynb?token={jupyterlab.token}")
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()
    page.keyboard.press("Shift+Enter")
    chat = ChatPage(page).wait()
    expect(chat.ask_and_wait("What is the capital of France?")).to_contain_text("Paris")
    chat.answer(1).get_by_role("button", name="Another answer").click()
    expect(chat.answer(1)).to_contain_text(SECOND_OF_TWO)
    # Here a widget cannot make cells: the text is copied, with a hint.
    chat.answer(1).get_by_role("button", name="To a new cell below").click()
    chat.root.get_by_text("Copied. For a new cell below").first.wait_for()
    page.screenshot(path=artifacts / "notebook7.png")
    page.close()
