"""Text of a model as HTML: what it says is kept, what it could do is not."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from realm_jupyter.markdown import markdown_to_html

CORPUS = json.loads(
    (Path(__file__).parents[1] / "js/widget/test/markdown/xss-corpus.json").read_text("utf-8")
)
HARMLESS = {
    "a", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li",
    "ol", "p", "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
STYLES = {"text-align:left", "text-align:center", "text-align:right"}
ATTRIBUTES = {"class", "href", "rel", "start", "style", "target", "title"}


class Elements(HTMLParser):
    """Collects the elements of a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case["name"])
def test_hostile_text_is_inert(case):
    for tag, attributes in Elements(markdown_to_html(case["text"])).found:
        assert tag in HARMLESS
        assert set(attributes) <= ATTRIBUTES
        if "style" in attributes:  # of a table's columns
            assert attributes["style"] in {
                f"text-align:{side}" for side in ("left", "center", "right")
            }
        if tag == "a":
            assert attributes["href"].startswith(("http://", "https://", "mailto:"))
            assert attributes["rel"] == "noopener noreferrer nofollow"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**a** `<b>`", "<p><strong>a</strong> <code>&lt;b&gt;</code></p>"),
        ("```py\nx < 1", '<pre><code class="language-py">x &lt; 1</code></pre>'),
        ("~~no~~", "<p><s>no</s></p>"),
        ("$5 and $6", "<p>$5 and $6</p>"),
        ("$a_1 b_2$", '<p><span class="math inline">$a_1 b_2$</span></p>'),
        ("", ""),
    ],
)
def test_markdown_is_rendered_also_while_it_grows(text, shown):
    assert markdown_to_html(text).strip() == shown


def test_an_image_is_a_link_to_it():
    found = Elements(markdown_to_html("![a cat](https://example.org/cat.png)")).found
    assert [tag for tag, _ in found] == ["p", "a"]


def test_tables_have_cells():
    tags = [tag for tag, _ in Elements(markdown_to_html("|a|b|\n|-|-|\n|1|2|")).found]
    assert tags.count("td") == tags.count("th") == 2
