"""The chat in JupyterLab with the shipped model, as people use it."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from support.chat_page import SHIPPED, SLOW, ChatPage

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
FAILING = """
from support.fake_realm import FakeRealm
from realm_jupyter import chat_widget
realm = FakeRealm()
realm.load_model("paris")
realm.fail_at = (2, MemoryError("no room left"))
chat = chat_widget(realm)
chat
"""
BUSY = "import time\nend = time.monotonic() + 600\nwhile time.monotonic() < end: time.sleep(0.001)"


def test_a_question_is_answered(lab, page, artifacts):
    lab.show(SHIPPED)
    chat = ChatPage(page).wait()
    answer = chat.ask_and_wait(QUESTION)
    expect(answer).to_contain_text("Paris")
    expect(chat.root.locator("footer")).to_contain_text("tokens/s")
    expect(chat.root.locator("footer")).to_contain_text("seed")
    expect(chat.draft).to_be_focused()
    expect(chat.draft).to_have_value("")
    page.screenshot(path=artifacts / "chat.png")


def test_stop_in_the_middle_keeps_the_text(lab, page):
    lab.show(SLOW)
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


def test_a_busy_kernel_still_stops(lab, page, artifacts):
    lab.show(SLOW, "1 + 1")
    chat = ChatPage(page).wait()
    lab.outputs(1).first.wait_for()
    chat.ask("Tell me of Rome.")
    chat.status("Answering").wait_for()
    lab.run_cell(1, BUSY)
    prompt = lab.cell(1).locator(".jp-InputPrompt")
    expect(prompt).to_have_text("[*]:")
    took_ms = page.evaluate(STOP_AND_WAIT)
    (artifacts / "stop.json").write_text(json.dumps({"click_to_idle_ms": took_ms}))
    chat.answer(1).get_by_text("Stopped").wait_for()
    # The cell still runs: the request did not wait for it.
    expect(prompt).to_have_text("[*]:")
    lab.command("notebook:interrupt-kernel")
    expect(prompt).not_to_have_text("[*]:")


def test_edit_regenerate_and_page_between_alternatives(lab, page, artifacts):
    lab.show(SHIPPED)
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


def test_switching_the_model_shows_the_load_and_answers_with_it(lab, page):
    lab.show(SHIPPED.replace("temperature=0", "temperature=0, max_tokens=30"))
    chat = ChatPage(page).wait()
    chat.ask_and_wait(QUESTION)
    picker = chat.root.get_by_role("combobox", name="Model")
    picker.select_option("tales")
    expect(picker.locator("option", has_text="tales")).to_have_text("tales")
    chat.toggle("conversations")
    chat.button("New conversation").click()
    expect(chat.messages).to_have_count(0)
    answer = chat.ask_and_wait("Once upon a time")
    expect(answer).to_contain_text("tales ·")


def test_a_reload_in_the_middle_of_an_answer_loses_nothing(lab, page):
    lab.show(SLOW)
    chat = ChatPage(page).wait()
    lab.command("docmanager:save")
    chat.ask("Tell me of Rome.")
    chat.status("Answering").wait_for()
    chat.button("Stop").click()
    chat.status("Ready").wait_for()
    before = chat.log.locator(".realm-markdown").inner_text()
    chat.ask("Tell me of Oslo.")
    chat.status("Answering").wait_for()
    lab.reload()
    chat = ChatPage(page)
    expect(chat.messages).to_have_count(4)
    expect(chat.log.locator(".realm-markdown").first).to_have_text(before)
    text = chat.answer(3).locator(".realm-markdown")
    expect(text).not_to_be_empty()
    chat.draft.press("Escape")
    chat.status("Ready").wait_for()
    expect(chat.draft).to_be_enabled()


def test_a_restarted_kernel_leaves_the_text_readable(lab, page, artifacts):
    lab.show(SHIPPED)
    chat = ChatPage(page).wait()
    chat.ask_and_wait(QUESTION)
    lab.begin("notebook:restart-kernel")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    chat.root.get_by_text("Disconnected").first.wait_for()
    expect(chat.answer(1)).to_contain_text("Paris")
    chat.root.get_by_role("button", name="Try again").wait_for()
    page.screenshot(path=artifacts / "chat_disconnected.png")
    lab.begin("notebook:run-all-cells")
    chat = ChatPage(page).wait()
    expect(chat.messages).to_have_count(0)
    expect(chat.ask_and_wait(QUESTION)).to_contain_text("Paris")


def test_a_notebook_without_a_kernel_shows_the_transcript(lab, page, artifacts):
    path = lab.show(SHIPPED)
    chat = ChatPage(page).wait()
    chat.ask_and_wait(QUESTION)
    transcript = page.get_by_text("Transcript of this chat: 2 messages")
    transcript.wait_for()
    lab.command("docmanager:save")
    assert "**Model**" in json.dumps(json.loads(path.read_text())["cells"][0]["outputs"])
    lab.close()
    lab.open(path.name)
    transcript.click()
    page.get_by_text("The capital of France is Paris.", exact=True).wait_for()
    page.screenshot(path=artifacts / "chat_without_kernel.png")


def test_export_and_import(lab, page, tmp_path):
    lab.show(SHIPPED)
    chat = ChatPage(page).wait()
    chat.ask_and_wait(QUESTION)
    texts = {}
    for name in ("Export as Markdown", "Export as OpenAI messages", "Export as notebook cells"):
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
    chat.toggle("conversations")
    expect(chat.root.locator(".realm-conversations").get_by_role("listitem")).to_have_count(2)


def test_two_views_show_one_chat(lab, page):
    lab.show(SHIPPED, "chat")
    first, second = ChatPage(page, 0).wait(), ChatPage(page, 1).wait()
    answer = first.ask_and_wait(QUESTION)
    expect(second.wait_for_answer(1)).to_contain_text("Paris")
    second.ask_and_wait("What is the capital of Italy?")
    expect(first.wait_for_answer(3)).to_contain_text("Rome")
    text = ".realm-markdown"
    assert answer.locator(text).inner_html() == second.answer(1).locator(text).inner_html()


def test_settings_as_python_and_an_answer_to_a_cell(lab, page, artifacts):
    lab.show(SHIPPED)
    chat = ChatPage(page).wait()
    chat.toggle("settings")
    seed = chat.root.get_by_role("textbox", name="Seed", exact=True)
    seed.fill("7")
    seed.press("Tab")
    page.screenshot(path=artifacts / "chat_settings.png")
    chat.button("Copy as Python").click()
    chat.root.get_by_text("Copied as Python").first.wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "temperature=0," in copied
    assert "seed=7," in copied
    compile(copied, "copied", "exec")
    answer = chat.ask_and_wait(QUESTION)
    answer.get_by_role("button", name="To a new cell below").click()
    cell = page.locator(".jp-Notebook .jp-Cell").nth(1)
    expect(cell).to_contain_text("The capital of France is Paris.")


def test_tokens_are_shown_and_gone_on_from(lab, page, artifacts):
    lab.show(SHIPPED)
    chat = ChatPage(page).wait()
    chat.toggle("settings")
    chat.root.get_by_label("Keep the tokens of new answers").check()
    chat.toggle("settings")
    answer = chat.ask_and_wait(QUESTION)
    answer.get_by_role("button", name="Show tokens").click()
    answer.get_by_role("button", name="capital").first.click()
    alternatives = answer.locator(".realm-token-popover")
    alternatives.wait_for()
    page.screenshot(path=artifacts / "chat_tokens.png")
    alternatives.get_by_role("button").first.click()
    expect(chat.draft).to_be_focused()
    expect(answer).to_contain_text(SECOND_OF_TWO)


def test_an_error_is_shown_in_place_and_retried(lab, page, artifacts):
    lab.show(FAILING, "1 + 1")
    chat = ChatPage(page).wait()
    chat.ask("Hi")
    failure = chat.answer(1).get_by_text("no room left")
    failure.wait_for()
    page.screenshot(path=artifacts / "chat_error.png")
    lab.run_cell(1, "realm.fail_at = None\n'mended'")
    lab.outputs(1).get_by_text("mended").wait_for()
    chat.answer(1).get_by_role("button", name="Retry").click()
    expect(chat.answer(1)).to_contain_text("Hello, world!")
    expect(failure).to_have_count(0)


def test_the_magic_opens_the_conversation_of_the_cells(lab, page, artifacts):
    lab.show(
        "%load_ext realm_jupyter",
        "%realm chat --reset",
        f"%%realm chat --temperature 0\n{QUESTION}",
        "%realm chat",
    )
    chat = ChatPage(page).wait()
    expect(chat.answer(1)).to_contain_text("Paris")
    page.screenshot(path=artifacts / "chat_magic.png")


def test_keys_alone_are_enough(lab, page):
    lab.show(SHIPPED)
    chat = ChatPage(page).wait()
    chat.draft.focus()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    chat.wait_for_answer(1)
    page.keyboard.press("ArrowUp")
    editor = chat.messages.nth(0).get_by_role("textbox")
    expect(editor).to_be_focused()
    page.keyboard.press("Escape")
    expect(chat.messages.nth(0).get_by_role("button", name="Edit and send again")).to_be_focused()
    seen = []
    chat.root.locator("[data-panel-button=conversations]").focus()
    for _ in range(4):
        seen.append(
            page.evaluate(
                "document.activeElement.title || document.activeElement.getAttribute('aria-label')"
            )
        )
        page.keyboard.press("Tab")
    assert seen == ["Conversations", "Model", "Settings", "More"]
