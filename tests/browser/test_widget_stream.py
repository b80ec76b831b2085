"""Two thousand tokens at two hundred a second, hostile text, and fifty turns in a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.chat_page import ChatPage
from support.lab_page import run_cells

pytestmark = [pytest.mark.browser, pytest.mark.soak]

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "js" / "widget" / "test" / "markdown" / "xss-corpus.json"
NUM_TOKENS = 2000
PARAGRAPHS = """## Heading {number}

Some *text* with `code`, a [link](https://example.org) and **more** of it.

- one
- two

```python
def answer():
    return {number}
```

| a | b |
|---|---|
| 1 | {number} |

"""
PACED = """
from support.paced_realm import paced_realm
from realm_jupyter import chat_widget
import json
pieces = json.load(open({path!r}))
chat = chat_widget(paced_realm(pieces, {per_second}), max_tokens=100_000)
chat
"""
WATCH = """
() => {
  window.longTasks = [];
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) window.longTasks.push(entry.duration);
  }).observe({type: "longtask"});
}
"""


def show_paced(page, jupyterlab, name, pieces, per_second):
    """Show a chat that answers in these pieces."""
    path = jupyterlab[2] / f"{name}.json"
    path.write_text(json.dumps(pieces))
    source = PACED.format(path=str(path), per_second=per_second)
    run_cells(page, jupyterlab, f"{name}.ipynb", source)
    return ChatPage(page).wait()


def words(num_tokens):
    """Return a Markdown text of this many tokens, as a model would cut it."""
    text = "".join(PARAGRAPHS.format(number=number) for number in range(num_tokens))
    return [text[start : start + 4] for start in range(0, 4 * num_tokens, 4)]


def test_a_fast_answer_is_whole_and_the_page_stays_free(page, jupyterlab, artifacts):
    received = []
    page.on(
        "websocket",
        lambda socket: socket.on(
            "framereceived", lambda frame: received.append(_kind_of(frame)) or None
        ),
    )
    pieces = words(NUM_TOKENS)
    chat = show_paced(page, jupyterlab, "stream", pieces, 200.0)
    page.evaluate(WATCH)
    received.clear()
    chat.ask("Go")
    chat.answer(1).get_by_role("button", name="Another answer").wait_for()
    chat.status("Ready").wait_for()
    deltas = sum(kind == "delta" for kind in received)
    long_tasks = page.evaluate("window.longTasks")
    figures = {"tokens": NUM_TOKENS, "deltas": deltas, "long_tasks_ms": long_tasks}
    (artifacts / "stream.json").write_text(json.dumps(figures))
    # Ten seconds: at most 60 messages in each.
    assert 10 < deltas <= 600
    streamed = chat.answer(1).locator(".realm-markdown").inner_html()
    page.get_by_role("button", name="Save and create checkpoint").click()
    page.reload()
    chat = ChatPage(page).wait()
    expect(chat.messages).to_have_count(2)
    whole = chat.answer(1).locator(".realm-markdown")
    expect(whole.get_by_role("heading").first).to_be_visible()
    assert whole.inner_html() == streamed


def _kind_of(frame):
    data = frame if isinstance(frame, bytes) else frame.encode()
    return "delta" if b'"type": "delta"' in data or b'"type":"delta"' in data else "other"


def test_hostile_text_is_inert(page, jupyterlab):
    requested = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    texts = [case["text"] for case in json.loads(CORPUS.read_text())]
    assert len(texts) >= 60
    pieces = [piece for text in texts for piece in (text, "\n\n---\n\n")]
    chat = show_paced(page, jupyterlab, "hostile", pieces, 2000.0)
    here = page.url
    chat.ask("Go")
    chat.answer(1).get_by_role("button", name="Another answer").wait_for()
    markdown = chat.answer(1).locator(".realm-markdown")
    markdown.hover()
    assert page.evaluate("window.__pwned") is None
    assert page.url == here
    assert not [url for url in requested if not url.startswith((jupyterlab[0], "data:", "blob:"))]
    for tag in ("script", "iframe", "object", "embed", "style", "form", "base", "meta", "link"):
        expect(markdown.locator(tag)).to_have_count(0)


def test_fifty_turns_make_a_small_file(page, jupyterlab):
    path = jupyterlab[2] / "fifty.json"
    path.write_text(json.dumps(words(500)))
    source = PACED.format(path=str(path), per_second=1e9)
    turns = "for number in range(50):\n    chat.send(f'Question {number}?')\n    chat.wait(60)"
    run_cells(page, jupyterlab, "fifty.ipynb", source, turns)
    chat = ChatPage(page).wait()
    expect(chat.messages).to_have_count(100)
    page.get_by_text("Transcript of this chat: 100 messages").wait_for()
    page.keyboard.press("Control+s")
    page.locator(".jp-mod-current .jp-mod-dirty, .jp-mod-dirty").first.wait_for(state="detached")
    saved = (jupyterlab[2] / "fifty.ipynb").read_bytes()
    assert b"Question 49?" in saved
    assert len(saved) < 300_000
