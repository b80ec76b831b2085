"""Tokens of answers: recorded, shown, and gone on from, with the shipped model."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from realm_jupyter import Realm, inspect
from realm_jupyter.errors import ConfigError
from realm_jupyter.types import GenerationConfig
from realm_jupyter.widget import view
from realm_jupyter.widget.conversation import Node
from realm_jupyter.widget.recording import prefix_of, tokens_of
from support.widget_wire import GUARD_S, Chat, RefusedError, Wire

QUESTION = "What is the capital of France?"


@pytest.fixture(scope="module")
def paris():
    with Realm(default_model="paris") as realm:
        yield realm


@pytest.fixture
def chat(paris):
    chat = Chat(paris, config=GenerationConfig(temperature=0, max_tokens=32))
    chat.request("change_settings", system=None, record_tokens=True, values={})
    return chat


def test_recorded_tokens_are_the_text(chat):
    message = chat.ask(QUESTION)
    assert message["has_tokens"]
    tokens = chat.request("tokens", message=message["id"])["tokens"]
    assert "".join(token["text"] for token in tokens).strip() == message["text"].strip()
    assert len(tokens) == message["stats"]["completion_tokens"]
    for token in tokens:
        logprobs = [item["logprob"] for item in token["top"]]
        assert len(logprobs) == 5
        assert logprobs == sorted(logprobs, reverse=True)
        # Greedy: the token is the likeliest one.
        assert token["token_id"] == token["top"][0]["token_id"]


def test_without_recording_there_are_no_tokens(chat):
    chat.request("change_settings", system=None, record_tokens=False, values={})
    message = chat.ask(QUESTION)
    assert not message["has_tokens"]
    assert chat.request("tokens", message=message["id"])["tokens"] == []


def test_going_on_from_an_alternative_keeps_what_was_before(chat):
    message = chat.ask(QUESTION)
    tokens = chat.request("tokens", message=message["id"])["tokens"]
    index = 2
    chosen = tokens[index]["top"][1]
    chat.request("continue", message=message["id"], index=index, token_id=chosen["token_id"])
    assert chat.session.wait(60)
    fresh = chat.snapshot()["messages"][-1]
    before = "".join(token["text"] for token in tokens[:index])
    assert fresh["text"].startswith((before + chosen["text"]).lstrip())
    assert fresh["num_alternatives"] == 2
    written = chat.request("tokens", message=fresh["id"])["tokens"]
    assert written[:index] == tokens[:index]
    assert written[index]["token_id"] == chosen["token_id"]
    assert "".join(token["text"] for token in written).strip() == fresh["text"].strip()
    assert fresh["stats"]["prompt_tokens"] == message["stats"]["prompt_tokens"]
    assert fresh["stats"]["completion_tokens"] == len(written)


def test_an_answer_cut_short_goes_on_as_if_it_never_stopped(paris):
    chat = Chat(paris, config=GenerationConfig(seed=5, max_tokens=4))
    short = chat.ask(QUESTION)
    assert short["stats"]["finish_reason"] == "length"
    chat.request("change_settings", system=None, record_tokens=None, values={"max_tokens": 20})
    chat.request("continue", message=short["id"], index=-1, token_id=None)
    assert chat.session.wait(60)
    whole = chat.snapshot()["messages"][-1]
    chat.request("new_conversation")
    once = chat.ask(QUESTION)
    assert whole["text"] == once["text"]
    assert whole["text"].startswith(short["text"])


@pytest.mark.parametrize(
    ("index", "token_id", "what"),
    [(99, 1, "index=99 is no token"), (-2, 1, "index=-2"), (0, 10**6, "not among"), (-1, 3, "-1")],
)
def test_a_token_that_is_not_there_is_refused(chat, index, token_id, what):
    message = chat.ask(QUESTION)
    with pytest.raises(RefusedError, match=what):
        chat.request("continue", message=message["id"], index=index, token_id=token_id)


def test_an_unloaded_model_cannot_go_on():
    with Realm() as realm:
        realm.load_model("paris", "mine")
        chat = Chat(realm)
        message = chat.ask(QUESTION)
        realm.unload_model("mine")
        with pytest.raises(RefusedError, match="'mine' that wrote this is not loaded"):
            chat.request("continue", message=message["id"], index=-1, token_id=None)


def test_half_a_character_waits_for_its_other_half():
    class Bytes:
        def detokenize(self, token_ids, *, model):
            return bytes(token_ids).decode(errors="replace")

    token = {"text": "\ufffd", "token_id": 0xC3, "logprob": -1.0}
    node = Node(
        "assistant",
        "aé",
        prompt_ids=(1,),
        token_ids=(ord("a"), 0xC3, 0xA9),
        tokens=[
            {"text": "a", "token_id": ord("a"), "logprob": -1.0, "top": []},
            {**token, "top": [token]},
            {"text": "\ufffd", "token_id": 0xA9, "logprob": -1.0, "top": []},
        ],
    )
    prefix = prefix_of(Bytes(), node, 1, 0xC3)
    assert (prefix.text, prefix.is_broken) == ("a", True)


def test_a_token_that_cannot_be_is_a_number_for_json(paris):
    response = paris.generate(QUESTION, logprobs=1, max_tokens=2)
    impossible = replace(response.alternatives[0][0], logprob=-math.inf)
    tokens = tokens_of(replace(response, alternatives=((impossible,),) * 2))
    assert json.loads(json.dumps(tokens, allow_nan=False))[0]["top"][0]["logprob"] < -1000


def test_a_model_without_a_chat_template_goes_on_with_the_text():
    with Realm(default_model="tales") as realm:
        chat = Chat(realm, config=GenerationConfig(temperature=0, max_tokens=8), system="ignored")
        first = chat.ask("Once upon a time")
        chat.ask("Then")
        prompt = chat.session.shelf.open.tail.prompt_ids
        text = realm.detokenize(prompt)
        assert text.strip() == f"Once upon a time{first['text']}\nThen"


def test_a_prompt_longer_than_the_context_is_an_error_in_place(chat):
    message = chat.ask("word " * 3000)
    assert message["state"] == "error"
    assert message["error"]["code"] == "context_length"


# -- the view of one response ----------------------------------------------------------------


@pytest.fixture
def built(monkeypatch):
    monkeypatch.setattr(view, "static_text", lambda name: f"/* {name} */")


class Tokens(Wire):
    """A token view over a response."""

    def __init__(self, response, realm=None, **sampling):
        super().__init__()
        self.widget = inspect(response, realm, **sampling)
        self.channel = self.widget.session.channel
        self.widget._send = lambda message, buffers=None: self.send(message["content"])

    def go_on(self, index, rank):
        """Choose another token and return the finished message."""
        state = self.snapshot()
        chosen = state["tokens"][index]["top"][rank]
        message = state["message"]["id"]
        self.request("continue", message=message, index=index, token_id=chosen["token_id"])
        assert self.widget.session.wait(GUARD_S)
        return self.snapshot()["message"]


@pytest.fixture(scope="module")
def response(paris):
    return paris.generate(QUESTION, logprobs=3, max_tokens=8, seed=1)


def test_inspect_shows_the_tokens_of_a_response(response, built):
    tokens = Tokens(response)
    state = tokens.snapshot()
    assert state["message"]["text"] == response.text == tokens.widget.text
    assert [token["token_id"] for token in state["tokens"]] == list(response.token_ids)


def test_inspect_goes_on_from_another_token_and_keeps_both(paris, response, built):
    tokens = Tokens(response, paris, max_tokens=5, temperature=0)
    before = tokens.snapshot()
    fresh = tokens.go_on(2, 1)
    assert fresh["state"] == "done"
    assert (fresh["alternative"], fresh["num_alternatives"]) == (1, 2)
    ids = [token["token_id"] for token in tokens.widget.tokens]
    assert ids[:2] == list(response.token_ids[:2])
    assert ids[2] == before["tokens"][2]["top"][1]["token_id"]
    # The same as asking the model outright.
    outright = paris.generate(
        token_ids=(*response.prompt_ids, *ids[:3]), max_tokens=5, temperature=0
    )
    assert tuple(ids[3:]) == outright.token_ids
    assert [message["message"]["state"] for message in tokens.of("message")] == ["waiting", "done"]
    tokens.request("show_alternative", message=fresh["id"], alternative=0)
    assert tokens.widget.text == response.text


def test_inspect_loads_a_shipped_model_where_it_is_needed(response, built):
    with Realm() as realm:
        assert Tokens(response, realm, max_tokens=2).go_on(0, 1)["state"] == "done"


def test_inspect_says_which_realm_it_needs(response, built):
    tokens = Tokens(replace(response, model="mine"))
    with pytest.raises(RefusedError, match=r"inspect\(response, realm\)"):
        tokens.go_on(0, 1)


def test_a_response_without_log_probabilities_cannot_be_inspected(paris, built):
    response = paris.generate(QUESTION, max_tokens=4)
    for nothing in (response, "text", None):
        with pytest.raises(ConfigError, match="generate with logprobs=5"):
            inspect(nothing)
