"""The exported page as a reader meets it: served by a plain static server, then by nobody."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from realm_jupyter.types import GenerationConfig
from realm_jupyter.web import PageSettings, export_web
from support.chat_page import ChatPage, findings
from support.static_site import StaticSite

pytestmark = pytest.mark.browser

QUESTION = "What is the capital of France?"
WIDE, NARROW = {"width": 1100, "height": 800}, {"width": 360, "height": 640}
SAVES_DATA = "Object.defineProperty(navigator, 'connection', {value: {saveData: true}})"
NO_SIMD = "WebAssembly.validate = () => false"
# A larger model: each turn of the engine takes this long, and messages get in between turns.
SLOW_TURNS = """{
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function (...message) {
    for (const end = performance.now() + 20; performance.now() < end; );
    post.apply(this, message);
  };
}
"""
# How often, and after how long at most, something else could run on the page's own thread.
WATCH = """
() => {
  const watch = window.watch = {longest_ms: 0, num_turns: 0};
  const channel = new MessageChannel();
  let before = performance.now();
  channel.port1.onmessage = () => {
    const now = performance.now();
    watch.longest_ms = Math.max(watch.longest_ms, now - before);
    watch.num_turns += 1;
    before = now;
    setTimeout(() => channel.port2.postMessage(0), 1);
  };
  channel.port2.postMessage(0);
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two pages below a root: one answers briefly, one slowly goes on and on."""
    root = tmp_path_factory.mktemp("site")
    brief = PageSettings(title="Ask Paris", config=GenerationConfig(temperature=0))
    export_web("paris", root / "ask", brief)
    endless = GenerationConfig(temperature=0, ignore_eos=True, max_tokens=900)
    # In parts, as larger models are.
    export_web("paris", root / "talk", PageSettings(config=endless, max_file_bytes=1_000_000))
    (worker,) = root.glob("talk/app-*/engine_worker.js")
    worker.write_text(SLOW_TURNS + worker.read_text(encoding="utf-8"), encoding="utf-8")
    return root


@pytest.fixture
def site(folder):
    served = StaticSite(folder)
    yield served
    served.stop()


@pytest.fixture
def open_page(browser):
    """Open pages in contexts of their own; what they complain about ends the test."""
    contexts, complaints = [], []

    def open_page(**options):
        context = browser.new_context(viewport=WIDE, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(90_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: message.type == "error" and complaints.append(message.text),
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def chat_in(page):
    return ChatPage(page).wait()


def test_it_answers_and_answers_again_without_a_network(open_page, site, artifacts):
    page = open_page()
    asked = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site.url}ask/")
    chat = chat_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask Paris")
    expect(chat.ask_and_wait(QUESTION)).to_contain_text("Paris")
    assert page.evaluate("crossOriginIsolated")
    page.screenshot(path=artifacts / "web_chat.png")
    assert {url for url in asked if not url.startswith(f"{site.url}ask/")} == set()
    site.stop()
    page.context.set_offline(True)
    page.reload()
    chat = chat_in(page)
    expect(chat.ask_and_wait("What is the capital of Italy?")).to_contain_text("Rome")
    # In a tab of its own, too, and by the name of the file.
    other = page.context.new_page()
    other.goto(f"{site.url}ask/index.html")
    expect(chat_in(other).ask_and_wait(QUESTION)).to_contain_text("Paris")
    other.goto(f"{site.url}ask/LICENSES.txt")
    expect(other.locator("body")).to_contain_text("BSD")


def test_stop_keeps_the_text_and_the_page_stays_alive(open_page, site, artifacts):
    page = open_page()
    page.goto(f"{site.url}talk/index.html")
    chat = chat_in(page)
    page.evaluate(WATCH)
    for number, stop in enumerate(("Escape", "button")):
        chat.ask("Tell me of Rome.")
        chat.status("Answering").wait_for()
        if stop == "button":
            chat.button("Stop").click()
        else:
            chat.draft.press("Escape")
        answer = chat.answer(2 * number + 1)
        answer.get_by_text("Stopped").wait_for()
        chat.status("Ready").wait_for()
        assert answer.locator(".realm-markdown").inner_text().strip()
        expect(chat.draft).to_be_focused()
    watch = page.evaluate("window.watch")
    (artifacts / "web_main_thread.json").write_text(json.dumps(watch))
    # The engine works elsewhere; how long the longest turn took depends on the machine's load.
    assert watch["num_turns"] > 20
    answer.get_by_role("button", name="Continue").click()
    chat.status("Answering").wait_for()
    chat.draft.press("Escape")
    expect(answer).to_contain_text(re.compile(r"2\s*/\s*of\s*2"))


def test_without_a_service_worker_it_answers_with_one_thread(open_page, site):
    page = open_page(service_workers="block")
    page.goto(f"{site.url}ask/")
    chat = chat_in(page)
    assert not page.evaluate("crossOriginIsolated")
    expect(chat.ask_and_wait(QUESTION)).to_contain_text("Paris")


def test_a_reader_decides_stops_and_tries_again(browser, site, artifacts):
    # Failures of the network are on the console, which is their place.
    context = browser.new_context(viewport=NARROW, service_workers="block")
    page = context.new_page()
    page.set_default_timeout(90_000)
    page.add_init_script(SAVES_DATA)
    page.goto(f"{site.url}talk/")
    download = page.get_by_role("button", name="Download 2.6 MB and start")
    expect(page.get_by_role("status")).to_contain_text("a download of 2.6 MB")
    page.screenshot(path=artifacts / "web_asking.png")
    held = []
    page.route("**/*.gguf.001", lambda route: held.append(route))  # noqa: PLW0108 - not a builtin
    download.click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.screenshot(path=artifacts / "web_loading.png")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status")).to_contain_text("Loading was stopped")
    page.unroute("**/*.gguf.001")
    page.route("**/*.gguf.001", lambda route: route.abort())
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be downloaded")
    page.screenshot(path=artifacts / "web_failed.png")
    page.unroute("**/*.gguf.001")
    page.get_by_role("button", name="Try again").click()
    chat_in(page)
    page.screenshot(path=artifacts / "web_narrow.png")
    context.close()


def test_the_model_can_be_deleted(open_page, site):
    page = open_page()
    page.goto(f"{site.url}ask/")
    chat_in(page)
    page.get_by_role("button", name="About").click()
    about = page.get_by_role("dialog")
    expect(about).to_contain_text("BSD-3-Clause")
    expect(about).to_contain_text("works without a network")
    about.get_by_role("button", name="Delete it here").click()
    expect(about.get_by_role("status")).to_contain_text("Deleted")
    page.keyboard.press("Escape")
    expect(about).to_have_count(0)
    expect(page.get_by_role("button", name="About")).to_be_focused()
    numbers = page.evaluate(
        "async () => Promise.all((await caches.keys()).filter(name => name.includes('model'))"
        ".map(async name => (await (await caches.open(name)).keys()).length))"
    )
    assert sum(numbers) == 0


def test_a_browser_without_room_for_the_model_says_so_and_answers(open_page, site):
    page = open_page(service_workers="block")
    limits = page.context.new_cdp_session(page)
    origin = site.url.rstrip("/")
    limits.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 1_500_000})
    page.goto(f"{site.url}talk/")
    chat_in(page)
    page.get_by_role("button", name="About").click()
    about = page.get_by_role("dialog")
    expect(about.get_by_role("status")).to_contain_text("no room to keep the whole model")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(open_page, site, axe, artifacts, scheme):
    page = open_page(color_scheme=scheme)
    page.add_init_script(SAVES_DATA)
    page.goto(f"{site.url}ask/")
    page.get_by_role("button", name="Download").wait_for()
    assert findings(page, "html", axe) == []
    page.get_by_role("button", name="Download").click()
    chat = chat_in(page)
    expect(page.locator(f".realm[data-theme={scheme}]")).to_be_visible()
    chat.ask_and_wait(QUESTION)
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        page.screenshot(path=artifacts / f"web_{scheme}_{size['width']}.png")
        assert findings(page, "html", axe) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        chat.toggle("settings")
        assert findings(page, "html", axe) == []
        page.screenshot(path=artifacts / f"web_settings_{scheme}_{size['width']}.png")
        page.keyboard.press("Escape")
    page.get_by_role("button", name="About").click()
    page.get_by_role("dialog").wait_for()
    page.screenshot(path=artifacts / f"web_about_{scheme}.png")
    assert findings(page, "html", axe) == []


def test_what_a_browser_lacks_is_said(open_page, site, folder, browser):
    page = open_page()
    page.add_init_script(NO_SIMD)
    page.goto(f"{site.url}ask/")
    expect(page.get_by_role("alert")).to_contain_text("no SIMD instructions")
    expect(page.get_by_role("textbox")).to_have_count(0)
    # Without JavaScript, and opened as a file, the page itself has to say it.
    plain = open_page(java_script_enabled=False)
    plain.goto(f"{site.url}ask/")
    expect(plain.locator("noscript p")).to_contain_text("needs JavaScript")
    expect(plain.locator("noscript p")).to_be_visible()
    context = browser.new_context()
    file = context.new_page()
    file.goto((folder / "ask" / "index.html").as_uri())
    expect(file.get_by_role("alert")).to_contain_text("python -m http.server")
    context.close()
