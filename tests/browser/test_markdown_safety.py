"""Model text in a real browser: hostile texts stay inert, growing ones end as whole ones do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "realm_jupyter" / "widget" / "static"
CORPUS = json.loads(
    (ROOT / "js" / "widget" / "test" / "markdown" / "xss-corpus.json").read_text(encoding="utf-8")
)
ORIGIN = "http://markdown.test"
STRICT = (
    "default-src 'none'; script-src 'self' blob:; style-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'"
)
PAGE = """<!doctype html><meta charset=utf-8><title>Markdown</title>
<link rel=stylesheet href=/widget.css><body class=realm>
<div id=stage></div><script type=module src=/page.js></script>"""
# The engine comes in as in the widget: as text that is imported from a Blob URL.
PAGE_SCRIPT = """
const load = async (name) => {
  const text = await (await fetch("/" + name)).text();
  const url = URL.createObjectURL(new Blob([text], {type: "text/javascript"}));
  try { return await import(url); } finally { URL.revokeObjectURL(url); }
};
const engine = await load("markdown.js");
engine.setMaths(await load("maths.js"));
const stage = document.getElementById("stage");
const copied = [];
window.copied = copied;
window.live = () => {
  const root = document.createElement("div");
  root.className = "realm-md";
  stage.replaceChildren(root);
  const options = {
    copyCode: (text) => copied.push(text), insertCell: () => {}, onMaths: () => {},
  };
  return {root, live: engine.createLive(root, options)};
};
window.whole = (text) => {
  const root = document.createElement("div");
  root.append(engine.renderMarkdown(text, true));
  return root.innerHTML;
};
// Whatever reacts to the pointer, the keyboard or being shown has its chance.
const poke = (root) => {
  for (const element of root.querySelectorAll("*")) {
    for (const type of ["mouseover", "mouseenter", "pointerdown", "focus", "toggle", "load"]) {
      element.dispatchEvent(new Event(type, {bubbles: true}));
    }
    if (!element.closest("a, [data-realm-action]")) element.click?.();
  }
};
window.runCase = async (text) => {
  const {root, live} = window.live();
  for (let end = 1; end <= text.length; end += 1) {
    live.draw(text.slice(0, end), false);
    if (end % 16 === 0) poke(root);
  }
  live.draw(text, true);
  poke(root);
  const isSame = root.innerHTML === window.whole(text);
  // As a page that was saved and opened again has it.
  const again = document.createElement("div");
  again.innerHTML = root.innerHTML;
  stage.append(again);
  poke(again);
  await new Promise((resolve) => setTimeout(resolve, 0));
  return {isSame, pwned: window.__pwned !== undefined,
    links: [...root.querySelectorAll("[href]")].map((link) => link.getAttribute("href"))};
};
document.body.dataset.ready = "";
"""
PROPERTY = r"""
async (seed) => {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const fragments = ["a", " b", "word ", "\n", "\n\n", "  ", "    ", "\t", "*", "**", "_", "~~",
    "`", "```", "\n```py\n", "\n~~~\n", "\n- ", "\n  - ", "\n2) ", "\n> ", "\n# ", "\n---\n",
    "\n===", "|", "\n| a | b |\n", "|---|---|\n", "| c | d |\n", "[", "]", "](http://x.test)",
    "![", "[r]", "\n[r]: http://r.test\n", "$", "$$", "\n$$\n", "\\(", "\\)", "\n\\[", "\\]",
    "x_1", "\\frac12", "<b>", "</b>", "<br>", "<div>", "<!--", "-->", "&lt;", "&", "\r\n",
    "http://u.test", "\\", "é", "👍", "[x] ", ":", "."];
  for (let round = 0; round < 200; round += 1) {
    let text = "";
    const size = 3 + Math.floor(next() * 50);
    for (let i = 0; i < size; i += 1) text += fragments[Math.floor(next() * fragments.length)];
    const {root, live} = window.live();
    let end = 0;
    while (end < text.length) {
      end += 1 + Math.floor(next() * next() * 40);
      live.draw(text.slice(0, end), false);
    }
    live.draw(text, true);
    if (root.innerHTML !== window.whole(text)) return text;
  }
  return null;
}
"""


class Watched:
    """A page and everything that it did beyond drawing."""

    def __init__(self, context, policy):
        self.policy = policy
        self.dialogs = []
        self.requests = []
        self.violations = []
        self.page = context.new_page()
        self.page.on("dialog", self._on_dialog)
        self.page.on("console", self._on_console)
        context.on("page", lambda page: self.requests.append(f"window {page.url}"))
        context.route("**/*", self._serve)
        self.page.goto(f"{ORIGIN}/")
        self.page.wait_for_selector("body[data-ready]", state="attached")

    def _on_dialog(self, dialog):
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _on_console(self, message):
        if "Content Security Policy" in message.text:
            self.violations.append(message.text)

    def _serve(self, route):
        url = route.request.url
        name = url.removeprefix(f"{ORIGIN}/")
        headers = {"Content-Security-Policy": self.policy} if self.policy else {}
        if url == f"{ORIGIN}/":
            route.fulfill(body=PAGE, content_type="text/html", headers=headers)
        elif url == f"{ORIGIN}/page.js":
            route.fulfill(body=PAGE_SCRIPT, content_type="text/javascript")
        elif name in {"markdown.js", "maths.js", "widget.css"}:
            route.fulfill(path=STATIC / name)
        else:
            if not url.endswith("/favicon.ico"):
                self.requests.append(url)
            route.abort()


@pytest.fixture
def open_page(browser):
    for name in ("markdown.js", "maths.js", "widget.css"):
        if not (STATIC / name).exists():
            pytest.fail(f"{STATIC / name} is missing: run python hatch_build.py widget")
    contexts = []

    def open_with(policy=None):
        context = browser.new_context()
        contexts.append(context)
        return Watched(context, policy)

    yield open_with
    for context in contexts:
        context.close()


def test_hostile_text_is_inert_without_the_help_of_a_policy(open_page):
    assert len(CORPUS) >= 60
    watched = open_page()
    for case in CORPUS:
        outcome = watched.page.evaluate("text => window.runCase(text)", case["text"])
        assert not outcome["pwned"], case["name"]
        assert outcome["isSame"], case["name"]
        for link in outcome["links"]:
            assert link.startswith(("http://", "https://", "mailto:")), case["name"]
    watched.page.wait_for_timeout(0)
    assert watched.dialogs == []
    assert watched.requests == []
    assert watched.page.url == f"{ORIGIN}/"


def test_the_page_would_notice(open_page):
    watched = open_page()
    watched.page.evaluate(
        "() => { document.getElementById('stage').innerHTML ="
        " '<img src=http://evil.test/x onerror=\"window.__pwned=1;alert(7)\">'; }"
    )
    watched.page.wait_for_function("() => window.__pwned === 1")
    assert watched.requests == ["http://evil.test/x"]
    assert watched.dialogs == ["7"]


def test_a_strict_policy_suffices(open_page):
    watched = open_page(STRICT)
    text = "# Title\n\nSo $x^2$ and `code`.\n\n```python\nprint(1)\n```\n\n| a |\n|---|\n| b |\n"
    html = watched.page.evaluate(
        "text => { const {root, live} = window.live(); live.draw(text, true);"
        " return root.innerHTML; }",
        text,
    )
    for part in ("<h1", "<math", "hljs-", "<table"):
        assert part in html
    assert watched.violations == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_text_that_grows_ends_as_the_whole_text_does(open_page, seed):
    watched = open_page()
    assert watched.page.evaluate(PROPERTY, seed) is None


def test_pictures_and_links_wait_for_a_click(open_page):
    watched = open_page()
    watched.page.evaluate(
        "text => window.live().live.draw(text, true)",
        "![chart](http://pictures.test/a.png) [site](http://links.test/) \n\n```\ncopy me\n```",
    )
    assert watched.requests == []
    watched.page.get_by_role("button", name="Show picture: chart (pictures.test)").click()
    watched.page.locator("img").wait_for(state="attached")
    watched.page.get_by_role("button", name="Copy").click()
    assert watched.page.evaluate("() => window.copied") == ["copy me"]
    link = watched.page.get_by_role("link", name="site")
    assert link.get_attribute("target") == "_blank"
    assert "noopener" in link.get_attribute("rel")
    assert [url for url in watched.requests if "pictures.test" in url] == [
        "http://pictures.test/a.png"
    ]


def test_formulas_stay_in_their_box(open_page):
    watched = open_page()
    rectangle = watched.page.evaluate(
        "text => { const {root, live} = window.live(); live.draw(text, true);"
        " const other = document.createElement('div'); other.textContent = 'below';"
        " root.after(other);"
        " const at = document.elementFromPoint(5, other.getBoundingClientRect().top + 5);"
        " return [at === other || at.contains(other), root.getBoundingClientRect().height]; }",
        "$$a\\raisebox{-15em}{b}\\hspace{-19em}c\\rule{19em}{19em}$$",
    )
    assert rectangle[0]
    assert rectangle[1] < 1000
