"""The chat in JupyterLab with the shipped model, as people use it."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from support.chat_page import SHIPPED, ChatPage
from support.lab_page import menu, run_cells

pytestmark = pytest.mark.browser

# Readers see "2 / 2" and hear "2 of 2".
SECOND_OF_TWO = re.compile(r"2\s*/\s*of\s*2")
QUESTION = "What is the capital of France?"
# Click, and return the milliseconds until the log says that nothing comes any more.
STOP_AND_WAIT = """
() => new Promise(resolve => {
  const log = document.querySelector(".realm [role=log]");
  const start = performance.now();
  new MutationObserver(() => {
    if (log.getAttribute("aria-busy") === "false") resolve(performance.now() - start);
  }).observe(log, {attributeFilter: ["aria-busy"]});
  document.querySelector(".realm button[aria-label=Stop]").click();
})
"""
LONG = """
from realm_jupyter import chat_widget
chat = chat_widget(model="paris", ignore_eos=True, max_tokens=900, seed=1)
chat
"""


def test_a_question_is_answered(page, jupyterlab, artifacts):
    run_cells(page, jupyterlab, "chat.ipynb", SHIPPED)
    chat = ChatPage(page).wait()
    answer = chat.ask_and_wait(QUESTION)
    expect(answer).to_contain_text("Paris")
    expect(chat.root.locator("footer")).to_contain_text("tokens/s")
    expect(chat.root.locator("footer")).to_contain_text("seed")
    expect(chat.draft).to_be_focused()
    expect(chat.draft).to_have_value("")
    page.screenshot(path=artifacts / "chat.png")


@pytest.mark.soak
def test_stop_in_the_middle_keeps_the_text(page, jupyterlab):
    run_cells(page, jupyterlab, "chat_stop.ipynb", LONG)
    chat = ChatPage(page).wait()
    for number, stop in enumerate(("Escape", "button")):
        chat.ask("Tell me of Rome.")
        chat.status("Answering").wait_for()
        assert chat.log.get_attribute("aria-busy") == "true"
        if stop == "button":
            chat.button("Stop").click()
        else:
            chat.draft.press("Escape")
        answer = chat.answer(2 * number + 1)
        answer.get_by_text("Stopped").wait_for()
        chat.status("Ready").wait_for()
        assert chat.log.get_attribute("aria-busy") == "false"
        expect(chat.draft).to_be_focused()
        assert answer.locator(".realm-markdown").inner_text().strip()


def test_edit_regenerate_and_page_between_alternatives(page, jupyterlab, artifacts):
    run_cells(page, jupyterlab, "chat_edit.ipynb", SHIPPED)
    chat = ChatPage(page).wait()
    chat.ask_and_wait(QUESTION)
    question = chat.messages.nth(0)
    question.hover()
    question.get_by_role("button", name="Edit and send again").click()
    editor = question.get_by_role("textbox")
    expect(editor).to_be_focused()
    editor.fill("What is the capital of Italy?")
    page.screenshot(path=artifacts / "chat_editing.png")
    editor.press("Enter")
    expect(chat.answer(1)).to_contain_text("Rome")
    chat.answer(1).get_by_role("button", name="Another answer").click()
    expect(chat.answer(1)).to_contain_text(SECOND_OF_TWO)
    pager = question.get_by_role("group", name="Alternatives")
    expect(pager).to_contain_text(SECOND_OF_TWO)
    pager.get_by_role("button", name="Previous alternative").click()
    expect(chat.messages.nth(0)).to_contain_text("France")
    expect(chat.answer(1)).to_contain_text("Paris")
    page.screenshot(path=artifacts / "chat_alternatives.png")


def test_switching_the_model_shows_the_load_and_answers_with_it(page, jupyterlab):
    source = SHIPPED.replace("temperature=0", "temperature=0, max_tokens=30")
    run_cells(page, jupyterlab, "chat_switch.ipynb", source)
    chat = ChatPage(page).wait()
    chat.ask_and_wait(QUESTION)
    picker = chat.root.get_by_role("combobox", name="Model")
    picker.select_option("tales")
    expect(picker.locator("option", has_text="tales")).to_have_text("tales")
    chat.button("Conversations").click()
    chat.button("New conversation").click()
    expect(chat.messages).to_have_count(0)
    answer = chat.ask_and_wait("Once upon a time")
    expect(answer).to_contain_text("tales ·")


def test_a_reload_of_the_page_brings_everything_back(page, jupyterlab):
    run_cells(page, jupyterlab, "chat_reload.ipynb", SHIPPED)
    chat = ChatPage(page).wait()
    chat.ask_and_wait(QUESTION)
    before = chat.log.inner_text()
    page.get_by_role("button", name="Save and create checkpoint").click()
    page.reload()
    chat = ChatPage(page).wait()
    expect(chat.messages).to_have_count(2)
    assert chat.log.inner_text() == before
    expect(chat.ask_and_wait("What is the capital of Italy?")).to_contain_text("Rome")


def test_a_reload_in_the_middle_of_an_answer_loses_nothing(page, jupyterlab):
    run_cells(page, jupyterlab, "chat_reload_busy.ipynb", LONG)
    chat = ChatPage(page).wait()
    page.get_by_role("button", name="Save and create checkpoint").click()
    chat.ask("Tell me of Rome.")
    chat.status("Answering").wait_for()
    page.reload()
    chat = ChatPage(page)
    chat.draft.wait_for()
    chat.button("Stop").or_(chat.button("Another answer")).first.wait_for()
    text = chat.answer(1).locator(".realm-markdown")
    expect(text).not_to_be_empty()
    chat.draft.press("Escape")
    chat.status("Ready").wait_for()


def test_a_restarted_kernel_leaves_the_text_readable(page, jupyterlab, artifacts):
    run_cells(page, jupyterlab, "chat_restart.ipynb", SHIPPED)
    chat = ChatPage(page).wait()
    chat.ask_and_wait(QUESTION)
    menu(page, "Kernel", "Restart Kernel…")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    chat.root.get_by_text("Disconnected").first.wait_for()
    expect(chat.answer(1)).to_contain_text("Paris")
    chat.root.get_by_role("button", name="Try again").wait_for()
    page.screenshot(path=artifacts / "chat_disconnected.png")
    menu(page, "Run", "Run All Cells")
    chat = ChatPage(page).wait()
    expect(chat.ask_and_wait(QUESTION)).to_contain_text("Paris")


def test_a_notebook_without_a_kernel_shows_the_transcript(page, jupyterlab, artifacts):
    run_cells(page, jupyterlab, "chat_saved.ipynb", SHIPPED)
    chat = ChatPage(page).wait()
    chat.ask_and_wait(QUESTION)
    transcript = page.get_by_text("Transcript of this chat: 2 messages")
    transcript.wait_for()
    page.get_by_role("button", name="Save and create checkpoint").click()
    page.get_by_text("Transcript of this chat: 2 messages").wait_for()
    menu(page, "Kernel", "Shut Down Kernel")
    page.reload()
    transcript.wait_for()
    transcript.click()
    page.get_by_text("The capital of France is Paris.", exact=True).wait_for()
    page.screenshot(path=artifacts / "chat_without_kernel.png")
    saved = json.loads((jupyterlab[2] / "chat_saved.ipynb").read_text())
    assert "**Model**" in json.dumps(saved["cells"][0]["outputs"])


@pytest.mark.soak
def test_export_and_import(page, jupyterlab, tmp_path):
    run_cells(page, jupyterlab, "chat_export.ipynb", SHIPPED)
    chat = ChatPage(page).wait()
    chat.ask_and_wait(QUESTION)
    texts = {}
    for name in ("Export as Markdown", "Export as JSON", "Export as notebook cells"):
        with page.expect_download() as download:
            chat.more(name)
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        texts[path.suffix] = path
    messages = json.loads(texts[".json"].read_text())["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant"]
    assert json.loads(texts[".ipynb"].read_text())["cells"][1]["source"].startswith("%%realm chat")
    with page.expect_file_chooser() as chooser:
        chat.more("Import")
    chooser.value.set_files(texts[".md"])
    expect(chat.messages).to_have_count(2)
    chat.button("Conversations").click()
    expect(chat.root.get_by_role("listitem")).to_have_count(2)


@pytest.mark.soak
def test_two_views_show_one_chat(page, jupyterlab):
    run_cells(page, jupyterlab, "chat_views.ipynb", SHIPPED, "chat")
    first, second = ChatPage(page, 0).wait(), ChatPage(page, 1).wait()
    answer = first.ask_and_wait(QUESTION)
    expect(second.answer(1)).to_contain_text("Paris")
    second.ask_and_wait("What is the capital of Italy?")
    expect(first.answer(3)).to_contain_text("Rome")
    assert answer.inner_html() == second.answer(1).inner_html()


@pytest.mark.soak
def test_settings_as_python_and_the_system_prompt(page, jupyterlab, artifacts):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    run_cells(page, jupyterlab, "chat_settings.ipynb", SHIPPED)
    chat = ChatPage(page).wait()
    chat.button("Settings").click()
    seed = chat.root.get_by_label("Seed", exact=True)
    seed.fill("7")
    seed.press("Tab")
    page.screenshot(path=artifacts / "chat_settings.png")
    expect(chat.button("Copy as Python")).to_be_enabled()
    chat.button("Copy as Python").click()
    chat.root.get_by_text("copied", exact=False).first.wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "temperature=0," in copied
    assert "seed=7," in copied
    compile(copied, "copied", "exec")


@pytest.mark.soak
def test_tokens_are_shown_and_gone_on_from(page, jupyterlab, artifacts):
    run_cells(page, jupyterlab, "chat_tokens.ipynb", SHIPPED)
    chat = ChatPage(page).wait()
    chat.button("Settings").click()
    chat.root.get_by_label("Keep the tokens of new answers").check()
    chat.button("Settings").click()
    answer = chat.ask_and_wait(QUESTION)
    answer.get_by_role("button", name="Show tokens").click()
    token = answer.get_by_text("capital", exact=False).first
    token.click()
    alternatives = answer.get_by_role("group", name="Alternatives").last
    alternatives.wait_for()
    page.screenshot(path=artifacts / "chat_tokens.png")
    alternatives.get_by_role("button").nth(1).click()
    expect(answer).to_contain_text(SECOND_OF_TWO)


@pytest.mark.soak
def test_an_error_is_shown_in_place_and_retried(page, jupyterlab, artifacts):
    run_cells(
        page,
        jupyterlab,
        "chat_error.ipynb",
        "from support.fake_realm import FakeRealm\n"
        "from realm_jupyter import chat_widget\n"
        "realm = FakeRealm()\n"
        "realm.load_model('paris')\n"
        "chat = chat_widget(realm)\n"
        "chat",
        "1 + 1",
    )
    chat = ChatPage(page).wait()
    open_cell = page.locator(".jp-Notebook .jp-CodeCell").nth(1)
    open_cell.get_by_text("[2]:").wait_for()
    open_cell.locator(".cm-content").fill("realm.fail_at = (2, MemoryError('no room left'))")
    open_cell.locator(".cm-content").press("Control+Enter")
    open_cell.get_by_text("[3]:").wait_for()
    chat.ask("Hi")
    failure = chat.answer(1).get_by_text("no room left")
    failure.wait_for()
    page.screenshot(path=artifacts / "chat_error.png")
    open_cell.locator(".cm-content").fill("realm.fail_at = None")
    open_cell.locator(".cm-content").press("Control+Enter")
    open_cell.get_by_text("[4]:").wait_for()
    chat.answer(1).get_by_role("button", name="Retry").click()
    expect(chat.answer(1)).to_contain_text("Hello, world!")
    expect(failure).to_have_count(0)


@pytest.mark.soak
def test_a_busy_kernel_still_stops(page, jupyterlab, artifacts):
    run_cells(page, jupyterlab, "chat_busy.ipynb", LONG, "import time\nx = 0")
    chat = ChatPage(page).wait()
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(1)
    cell.get_by_text("[2]:").wait_for()
    chat.ask("Tell me of Rome.")
    chat.status("Answering").wait_for()
    code = "end = time.monotonic() + 600\nwhile time.monotonic() < end: time.sleep(0.001)"
    cell.locator(".cm-content").fill(code)
    cell.locator(".cm-content").press("Control+Enter")
    cell.get_by_text("[*]:").wait_for()
    took_ms = page.evaluate(STOP_AND_WAIT)
    (artifacts / "stop.json").write_text(json.dumps({"click_to_idle_ms": took_ms}))
    chat.answer(1).get_by_text("Stopped").wait_for()
    # The cell still runs: the request did not wait for it.
    assert cell.get_by_text("[*]:").is_visible()
    menu(page, "Kernel", "Interrupt Kernel")
    cell.get_by_text("[3]:").wait_for()


@pytest.mark.soak
def test_the_magic_opens_the_conversation_of_the_cells(page, jupyterlab, artifacts):
    run_cells(
        page,
        jupyterlab,
        "chat_magic.ipynb",
        "%load_ext realm_jupyter",
        f"%%realm chat --temperature 0\n{QUESTION}",
        "%realm chat",
    )
    chat = ChatPage(page).wait()
    expect(chat.answer(1)).to_contain_text("Paris")
    page.screenshot(path=artifacts / "chat_magic.png")


@pytest.mark.soak
def test_keys_alone_are_enough(page, jupyterlab):
    run_cells(page, jupyterlab, "chat_keys.ipynb", SHIPPED)
    chat = ChatPage(page).wait()
    chat.draft.focus()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    chat.answer(1).get_by_role("button", name="Another answer").wait_for()
    page.keyboard.press("ArrowUp")
    editor = chat.messages.nth(0).get_by_role("textbox")
    expect(editor).to_be_focused()
    page.keyboard.press("Escape")
    expect(chat.messages.nth(0).get_by_role("button", name="Edit and send again")).to_be_focused()
    seen = []
    chat.root.get_by_role("button", name="Conversations").focus()
    for _ in range(4):
        seen.append(
            page.evaluate(
                "document.activeElement.getAttribute('aria-label') || document.activeElement.title"
            )
        )
        page.keyboard.press("Tab")
    assert seen == ["Conversations", "Model", "Settings", "More"]
