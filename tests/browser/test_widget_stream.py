"""Two thousand tokens at two hundred a second, hostile text, and fifty turns in a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.chat_page import ChatPage

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "realm_jupyter" / "widget" / "static"
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
# Markdown is drawn while the answer is under way, not at its end.
SHOWN_WHILE_WRITTEN = "document.querySelector('[role=log][aria-busy=true] .realm-markdown h2')"


def show_paced(lab, page, pieces, per_second, *more):
    """Show a chat that answers in these pieces; return its notebook too."""
    path = lab.folder / "pieces.json"
    path.write_text(json.dumps(pieces))
    notebook = lab.show(PACED.format(path=str(path), per_second=per_second), *more)
    return ChatPage(page).wait(), notebook


def words(num_tokens):
    """Return a Markdown text of this many tokens, as a model would cut it."""
    text = "".join(PARAGRAPHS.format(number=number) for number in range(num_tokens))
    return [text[start : start + 4] for start in range(0, 4 * num_tokens, 4)]


def test_a_fast_answer_is_whole_and_the_page_stays_free(lab, page, artifacts):
    frames = []

    def receive(frame):
        frames.append(frame)

    def watch(socket):
        socket.on("framereceived", receive)

    page.on("websocket", watch)
    pieces = words(NUM_TOKENS)
    chat, _notebook = show_paced(lab, page, pieces, 200.0, "1 + 1")
    page.remove_listener("websocket", watch)
    lab.outputs(1).first.wait_for()
    page.evaluate(WATCH)
    frames.clear()
    chat.ask("Go")
    answer = chat.answer(1)
    page.wait_for_function(SHOWN_WHILE_WRITTEN)
    answer.get_by_role("button", name="Another answer").wait_for()
    chat.status("Ready").wait_for()
    long_tasks_ms = page.evaluate("window.longTasks")
    num_messages = sum(_is_of_widget(frame) for frame in frames)
    figures = {"tokens": NUM_TOKENS, "messages": num_messages, "long_tasks_ms": long_tasks_ms}
    (artifacts / "stream.json").write_text(json.dumps(figures))
    # Ten seconds: at most 60 messages in each.
    assert 10 < num_messages <= 600
    # What stands there now is what a view draws that gets all of it at once.
    lab.run_cell(1, "print('# second view')\nchat")
    whole = ChatPage(page, 1).answer(1)
    whole.get_by_role("button", name="Another answer").wait_for()
    text = ".realm-markdown"
    expect(whole.locator(f"{text} h2")).to_have_count("".join(pieces).count("## "))
    assert whole.locator(text).inner_html() == answer.locator(text).inner_html()


def _is_of_widget(frame):
    data = frame if isinstance(frame, bytes) else frame.encode()
    return b'"comm_msg"' in data


def test_hostile_text_is_inert(lab, page, jupyterlab):
    requested, dialogs = [], []

    def on_request(request):
        requested.append(request.url)

    def on_dialog(dialog):
        dialogs.append((dialog.type, dialog.message))
        dialog.dismiss()

    page.on("request", on_request)
    page.on("dialog", on_dialog)
    texts = [case["text"] for case in json.loads(CORPUS.read_text())]
    assert len(texts) >= 60
    pieces = [piece for text in texts for piece in (text, "\n\n---\n\n")]
    chat, _notebook = show_paced(lab, page, pieces, 2000.0)
    here = page.url
    chat.ask("Go")
    chat.answer(1).get_by_role("button", name="Another answer").wait_for()
    markdown = chat.answer(1).locator(".realm-markdown")
    markdown.hover()
    page.remove_listener("request", on_request)
    page.remove_listener("dialog", on_dialog)
    assert dialogs == [], requested[-5:]
    assert page.evaluate("window.__pwned") is None
    assert page.url == here
    assert not [url for url in requested if not url.startswith((jupyterlab.base, "data:", "blob:"))]
    for tag in ("script", "iframe", "object", "embed", "style", "form", "base", "meta", "link"):
        expect(markdown.locator(tag)).to_have_count(0)


def test_fifty_turns_make_a_small_file(lab, page):
    turns = "for number in range(50):\n    chat.send(f'Question {number}?')\n    chat.wait(60)"
    chat, notebook = show_paced(lab, page, words(500), 1e9, turns)
    expect(chat.messages).to_have_count(100)
    page.get_by_text("Transcript of this chat: 100 messages").wait_for()
    lab.command("docmanager:save")
    saved = notebook.read_bytes()
    assert b"Question 49?" in saved
    bundle = sum((STATIC / name).stat().st_size for name in ("widget.js", "widget.css"))
    assert len(saved) < 300_000 + bundle
