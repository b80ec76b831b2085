"""A chat widget in a page, as a reader finds it: by names and roles."""

from __future__ import annotations

import re

SHIPPED = """
from realm_jupyter import chat_widget
chat = chat_widget(model="paris", temperature=0)
chat
"""
SLOW = """
from support.slow_realm import slow_realm
from realm_jupyter import chat_widget
chat = chat_widget(slow_realm(), ignore_eos=True, max_tokens=900, seed=1)
chat
"""


class ChatPage:
    """One view of a chat."""

    def __init__(self, page, number=0):
        self.page = page
        self.root = page.get_by_role("region", name="Chat", exact=True).nth(number)
        self.log = self.root.get_by_role("log")
        self.draft = self.root.get_by_role("textbox", name="Message", exact=True)
        self.messages = self.log.get_by_role("article")

    def wait(self):
        """Wait until it can be used."""
        self.status("Ready").wait_for()
        return self

    def status(self, text):
        return self.root.locator("footer").get_by_text(text, exact=True)

    def ask(self, text):
        self.draft.fill(text)
        self.draft.press("Enter")

    def ask_and_wait(self, text):
        """Ask and wait until the answer is complete."""
        before = self.messages.count()
        self.ask(text)
        return self.wait_for_answer(before + 1)

    def wait_for_answer(self, index):
        """Wait until an answer is complete, and the chat takes the next message."""
        answer = self.answer(index)
        answer.get_by_role("button", name="Another answer").wait_for()
        self.status("Ready").wait_for()
        return answer

    def answer(self, index):
        return self.messages.nth(index)

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True)

    def toggle(self, panel):
        """Open or close a panel: "settings" or "conversations"."""
        self.root.locator(
            f"button[data-panel-button={panel}], [data-panel-button={panel}] button"
        ).click()

    def more(self, name):
        """Choose from the menu of the chat."""
        self.root.get_by_role("button", name="More", exact=True).click()
        self.root.get_by_role("menuitem", name=re.compile(re.escape(name))).click()


def findings(page, selector, axe):
    """Return the serious and critical findings of axe-core below a selector, one line each."""
    if not page.evaluate("() => typeof window.axe === 'object'"):
        page.evaluate(axe)
    result = page.evaluate("selector => axe.run(selector)", selector)
    return [
        f"{item['impact']}: {item['id']}: {item['help']}: {node['html'][:200]}"
        for item in result["violations"]
        if item["impact"] in {"serious", "critical"}
        for node in item["nodes"]
    ]
