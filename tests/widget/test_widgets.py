"""The widgets as ipywidgets: traits, the comm, what the notebook's file keeps."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from realm_jupyter import chat_widget, models_widget
from realm_jupyter.errors import ConfigError, PromptError, SamplingParamsError
from realm_jupyter.types import ChatMessage
from realm_jupyter.widget import assets, chat, shared_realm, view
from realm_jupyter.widget.saved import transcript_bundle
from support.fake_realm import FakeRealm
from support.widget_wire import GUARD_S

ANSWER = "Hello, world!"


@pytest.fixture(autouse=True)
def built(monkeypatch):
    monkeypatch.setattr(view, "static_text", lambda name: f"/* {name} */")


@pytest.fixture
def published(monkeypatch):
    """Outputs in order: (data, display id, whether it replaces)."""
    outputs = []

    def publish(data, metadata=None, *, transient=None, update=False):
        outputs.append((data, (transient or {}).get("display_id"), update))

    class Publisher:
        @staticmethod
        def publish(*args, **kwargs):
            publish(*args, **kwargs)

    class Shell:
        kernel = object()
        display_pub = Publisher

    monkeypatch.setattr(chat, "publish_display_data", publish)
    monkeypatch.setattr(InteractiveShell, "initialized", lambda: True)
    monkeypatch.setattr(InteractiveShell, "instance", Shell)
    return outputs


def wait_until_saved(widget, published):
    """Wait for the answer and for the transcript that follows it."""
    assert widget.wait(GUARD_S)
    saved = []
    widget._saved.update(lambda *args, **kwargs: saved.append(args))
    return published[-1][0]


def test_traits_are_small_and_never_grow(realm):
    widget = chat_widget(realm)
    before = widget.get_state()
    for _ in range(3):
        widget.send("Hi")
        assert widget.wait(GUARD_S)
    assert widget.get_state() == before
    own = {key for key in before if not key.startswith("_")}
    assert own - {"layout", "tabbable", "tooltip"} == {"kind"}
    assert before["kind"] == "chat"
    assert before["_esm"] == "/* widget.js */"


def test_messages_of_the_comm_reach_the_session_and_back(realm):
    widget = chat_widget(realm)
    sent = []
    widget._send = lambda message, buffers=None: sent.append(message["content"])
    widget._handle_custom_msg({"type": "send", "request": "a", "text": "Hi"}, [])
    assert widget.wait(GUARD_S)
    answers = [message for message in sent if message["type"] == "answer"]
    assert [answer["request"] for answer in answers] == ["a"]
    assert "".join(m["text"] for m in sent if m["type"] == "delta") == ANSWER


def test_a_chat_is_used_from_python(realm):
    widget = chat_widget(realm, system="S", conversation="Named", temperature=0)
    widget.send("Hi")
    assert widget.wait(GUARD_S)
    assert not widget.is_busy
    assert widget.to_openai() == [
        {"role": "system", "content": "S"},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": ANSWER},
    ]
    assert widget.to_markdown().splitlines()[1] == "# Named"
    assert realm.requests[-1]["config"].temperature == 0
    with pytest.raises(PromptError):
        widget.send(" ")


def test_a_conversation_can_be_given(realm):
    said = [{"role": "system", "content": "S"}, {"role": "user", "content": "Hi"}]
    assert chat_widget(realm, conversation=said).to_openai() == said
    with pytest.raises(PromptError):
        chat_widget(realm, conversation=[{"role": "king", "content": "x"}])


def test_stop_is_a_method_too(realm):
    realm.hold_at = 1
    widget = chat_widget(realm)
    widget.send("Hi")
    assert widget.is_busy
    with pytest.raises(ConfigError, match="under way"):
        widget.send("Again")
    widget.stop()
    assert widget.wait(GUARD_S)
    assert widget.messages[-1].content == "Hello"


def test_wrong_arguments_are_errors_at_once(realm):
    with pytest.raises(SamplingParamsError, match="top_p=2"):
        chat_widget(realm, top_p=2)
    with pytest.raises(ConfigError, match="needs a Realm or a RealmRegistry, not int"):
        chat_widget(3)
    with pytest.raises(ConfigError, match="not str"):
        models_widget("paris")


def test_widgets_without_a_realm_share_one(monkeypatch):
    monkeypatch.setattr(shared_realm, "_shared", FakeRealm())
    widget, panel = chat_widget(), models_widget()
    widget.send("Hi")
    assert widget.wait(GUARD_S)
    assert [info.id for info in panel.models] == ["paris"]
    assert "| paris | llama Q8_0 | 5.2M |" in panel.to_markdown()


def test_a_registry_answers_through_a_tenant_of_its_own(realm):
    class Registry(FakeRealm):
        def realm(self):
            return realm

    widget = chat_widget(Registry())
    assert widget.session.realm is realm


# -- what the notebook's file keeps ----------------------------------------------------------


def test_the_widget_has_a_markdown_form(realm):
    widget = chat_widget(realm)
    data, _ = widget._repr_mimebundle_()
    assert data["text/markdown"] == "*(an empty chat)*"
    assert "application/vnd.jupyter.widget-view+json" in data


def test_the_transcript_is_kept_beside_the_widget_and_up_to_date(realm, published):
    widget = chat_widget(realm)
    widget._ipython_display_()
    view_data, transcript = published[0][0], published[1]
    assert "application/vnd.jupyter.widget-view+json" in view_data
    assert "text/markdown" not in view_data
    assert set(transcript[0].values()) == {""}
    widget.send("Hi")
    saved = wait_until_saved(widget, published)
    assert published[-1][1:] == (transcript[1], True)
    assert saved["text/plain"] == "Transcript of this chat: 2 messages"
    assert saved["text/markdown"].startswith('<details class="realm-transcript"')
    for name, text in (("You", "Hi"), ("Model", ANSWER)):
        assert f"**{name}**\n\n<pre" in saved["text/markdown"]
        assert f">{text}</pre>" in saved["text/markdown"]


def test_a_chat_that_is_not_shown_publishes_nothing(realm, published):
    widget = chat_widget(realm)
    widget.send("Hi")
    assert widget.wait(GUARD_S)
    widget._changed()
    assert published == []


def test_fifty_turns_stay_under_300_kb_without_the_bundle(realm, published):
    realm.pieces = ["A sentence of some forty characters more. "] * 48  # 2 KB an answer
    widget = chat_widget(realm)
    widget._ipython_display_()
    for number in range(50):
        widget.send(f"Question {number} with a few words more than that.")
        assert widget.wait(GUARD_S)
    widget._changed()
    latest = {display_id: data for data, display_id, _ in published}
    state = {key: value for key, value in widget.get_state().items() if key not in {"_esm", "_css"}}
    size = len(json.dumps([latest, state], ensure_ascii=False, default=str).encode())
    assert size < 300_000
    assert "Question 49" in latest[published[1][1]]["text/markdown"]


def test_a_very_long_transcript_keeps_its_end(realm):
    turns = [ChatMessage("user", "first"), ChatMessage("assistant", "é" * 300_000)]
    bundle = transcript_bundle(turns)
    assert len(bundle["text/markdown"].encode()) < 151_000
    assert "the beginning is left out" in bundle["text/markdown"]
    assert "first" not in bundle["text/markdown"]


def test_nothing_in_a_transcript_is_markup():
    hostile = "```\n</pre></details><script>a</script>\n\n<img src=x onerror=a>\n[x](javascript:a)"
    bundle = transcript_bundle([ChatMessage("user", hostile), ChatMessage("assistant", hostile)])
    tags = re.findall(r"<[/\w]+", bundle["text/markdown"])
    assert tags == ["<details", "<summary", "</summary", *["<pre", "</pre"] * 2, "</details"]
    # Blocks of HTML begin and end lines of their own; all that was said is inside them.
    outside = re.sub(r"(?ms)^<pre [^>]*>.*?</pre>$", "", bundle["text/markdown"])
    assert "javascript" not in outside
    assert "```" not in outside


def test_listeners_hear_of_changes(realm):
    widget = chat_widget(realm)
    heard = []
    widget.on_change(lambda chat: heard.append(chat.to_openai()[-1]["content"]))
    widget._changed_now = None
    widget.send("Hi")
    assert widget.wait(GUARD_S)
    widget._changed()
    assert heard[-1] == ANSWER


# -- the front end's files -------------------------------------------------------------------


def test_a_source_tree_without_a_build_says_how_to_build(monkeypatch, tmp_path):
    monkeypatch.setattr(assets, "_STATIC", tmp_path)
    with pytest.raises(ConfigError, match=r"python hatch_build\.py widget"):
        assets.static_text("none.js")


def test_an_asset_is_one_of_the_table():
    with pytest.raises(ConfigError, match="there is no asset"):
        assets.asset("../../../etc/passwd")


def test_the_package_imports_no_widget_library_before_one_is_made():
    code = (
        "import sys, realm_jupyter, realm_jupyter.widget, realm_jupyter.magics; "
        "print([m for m in ('anywidget', 'ipywidgets', 'torch', 'wasmtime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
