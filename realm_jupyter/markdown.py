"""Markdown of untrusted authors as HTML in which nothing runs and nothing is fetched.

A notebook trusts the outputs of its own cells: front ends run the scripts in their HTML, and
in the HTML within their Markdown. So a model's text is never published as Markdown.
"""

from __future__ import annotations

import functools
import html
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererProtocol
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

__all__ = ["markdown_to_html"]

_SCHEMES = ("http://", "https://", "mailto:")


def markdown_to_html(text: str) -> str:
    r"""Return the HTML of a Markdown text, complete or still growing.

    Parameters
    ----------
    text : str
        CommonMark with tables, strikethrough and formulas in dollars; may hold anything.

    Returns
    -------
    str
        HTML in the text is shown as text, an image becomes a link to it, and links lead to
        ``http``, ``https`` and ``mailto`` only, in a tab of their own. Formulas keep their
        dollars, for MathJax.

    Notes
    -----
    0.1 MB take a few milliseconds where it is plain prose, 0.7 s where every other word is
    markup, and 4 s where it is nothing but brackets (measured on an AMD EPYC, Zen 3).

    Examples
    --------
    >>> print(markdown_to_html("*x* < <script>alert(1)</script>"), end="")
    <p><em>x</em> &lt; &lt;script&gt;alert(1)&lt;/script&gt;</p>

    References
    ----------
    CommonMark 0.31; the rules of markdown-it.
    """
    return str(_parser().render(text))


@functools.cache
def _parser() -> MarkdownIt:
    # Imported here: `import realm_jupyter` stays fast.
    from markdown_it import MarkdownIt  # noqa: PLC0415
    from mdit_py_plugins.dollarmath import dollarmath_plugin  # noqa: PLC0415

    parser = MarkdownIt("commonmark", {"html": False})
    parser.enable(["table", "strikethrough"]).disable("image")
    parser.validateLink = _is_harmless  # type: ignore[method-assign]  # as its documents say
    parser.add_render_rule("link_open", _link_open)
    return parser.use(dollarmath_plugin, allow_labels=False, allow_digits=False, renderer=_formula)


def _is_harmless(url: str) -> bool:
    return url.lower().startswith(_SCHEMES)


def _link_open(
    renderer: RendererProtocol,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: EnvType,
) -> str:
    tokens[index].attrs |= {"target": "_blank", "rel": "noopener noreferrer nofollow"}
    return str(renderer.renderToken(tokens, index, options, env))  # type: ignore[attr-defined]


def _formula(content: str, options: Mapping[str, Any]) -> str:
    dollars = "$$" if options["display_mode"] else "$"
    return f"{dollars}{html.escape(content)}{dollars}"
