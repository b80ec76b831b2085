"""What a chat does with each request, in which order it tells, and what it remembers."""

from __future__ import annotations

import threading

import pytest

from realm_jupyter.errors import GuestTrapError, ModelMemoryError
from realm_jupyter.types import ChatMessage
from realm_jupyter.widget.conversation import Conversation
from support.fake_realm import SEED, FakeRealm
from support.widget_wire import GUARD_S, Chat, RefusedError

ANSWER = "Hello, world!"


def test_a_question_is_answered_in_this_order(chat):
    message = chat.request("send", text="Hi")["message"]
    chat.session.wait(GUARD_S)
    names = [m["type"] for m in chat.messages if m["type"] not in {"answer", "status"}]
    start = names.index("delta")
    assert names[:start] == ["messages", "conversations"]
    assert names[start:] == ["delta"] * names.count("delta") + [
        "message",
        "conversations",
        "choices",
    ]
    assert {m["message"] for m in chat.of("delta")} == {message}
    assert "".join(m["text"] for m in chat.of("delta")) == ANSWER


def test_the_phases_come_in_order_and_end_idle(chat):
    chat.ask()
    states = [m["status"]["state"] for m in chat.of("status")]
    order = ["loading", "prompt", "generating", "idle"]
    assert sorted(states, key=order.index) == states
    assert set(states) == set(order)


def test_an_answer_has_its_figures(chat):
    message = chat.ask()
    assert message["text"] == ANSWER
    assert (message["state"], message["model"]) == ("done", "paris")
    assert message["stats"] == {
        "prompt_tokens": 3,
        "completion_tokens": 4,
        "ttft_ms": 35.0,
        "total_ms": 135.0,
        "tokens_per_second": 41.2,
        "context_used": 7,
        "context_length": 1024,
        "seed": str(SEED),
        "finish_reason": "stop",
    }
    assert chat.snapshot()["status"]["context_used"] == 7


def test_the_conversation_is_what_the_model_is_asked(chat):
    chat.request("change_settings", system="Be short.", record_tokens=None, values={})
    chat.ask("One")
    chat.ask("Two")
    assert [(m.role, m.content) for m in chat.realm.requests[-1]["messages"]] == [
        ("system", "Be short."),
        ("user", "One"),
        ("assistant", ANSWER),
        ("user", "Two"),
    ]


def test_a_snapshot_in_the_middle_and_the_deltas_after_it_are_the_whole_text(chat):
    chat.realm.hold_at = 3
    chat.request("send", text="Hi")
    chat.wait_for(lambda m: m["type"] == "delta")
    result = chat.request("sync")
    chat.request("stop")
    chat.session.wait(GUARD_S)
    text = result["chat"]["messages"][-1]["text"]
    text += "".join(m["text"] for m in chat.of("delta") if m["seq"] > result["seq"])
    assert text == "Hello, world"
    assert chat.shown()[-1] == ("assistant", "Hello, world")


def test_every_event_has_the_next_number(chat):
    chat.ask()
    chat.ask()
    numbers = [m["seq"] for m in chat.messages if "seq" in m]
    assert numbers == list(range(1, len(numbers) + 1))


def test_many_tokens_are_few_messages(realm):
    realm.pieces = [f"{number} " for number in range(2000)]
    chat = Chat(realm)
    chat.request("change_settings", system=None, record_tokens=None, values={"max_tokens": 4000})
    message = chat.ask()
    assert message["text"] == "".join(realm.pieces)
    assert "".join(m["text"] for m in chat.of("delta")) == message["text"]
    assert len(chat.of("delta")) < 200


# -- stop, errors, retry -------------------------------------------------------------------


def test_stop_keeps_the_text_and_marks_it(chat):
    chat.realm.hold_at = 2
    chat.request("send", text="Hi")
    chat.wait_for(lambda m: m["type"] == "delta")
    chat.request("stop")
    assert chat.session.wait(GUARD_S)
    message = chat.snapshot()["messages"][-1]
    assert (message["state"], message["text"]) == ("stopped", "Hello,")
    assert message["stats"]["finish_reason"] == "cancelled"
    chat.realm.hold_at = None
    assert chat.ask()["text"] == ANSWER


def test_stop_while_nothing_runs_is_fine(chat):
    assert chat.request("stop") == {}


def test_stop_before_the_model_is_found_stops_too(realm):
    chat = Chat(realm)
    found, go_on = threading.Event(), threading.Event()
    find = chat.session.picker.find

    def slow_find(*args):
        found.set()
        assert go_on.wait(GUARD_S)
        return find(*args)

    chat.session.picker.find = slow_find
    chat.realm.hold_at = 0
    chat.request("send", text="Hi")
    assert found.wait(GUARD_S)
    chat.request("stop")
    assert chat.snapshot()["status"]["state"] == "stopping"
    go_on.set()
    assert chat.session.wait(GUARD_S)
    message = chat.snapshot()["messages"][-1]
    assert (message["state"], message["text"]) == ("stopped", "")


def test_stop_while_the_model_loads_leaves_nothing_loaded():
    realm = FakeRealm()
    chat = Chat(realm)
    load = realm.load_model

    def slow_load(source, *, on_progress, cancel):
        chat.request("stop")
        return load(source, on_progress=on_progress, cancel=cancel)

    realm.load_model = slow_load
    message = chat.ask()
    assert (message["state"], message["error"]) == ("stopped", None)
    assert realm.models() == []


def test_one_answer_at_a_time(chat):
    chat.realm.hold_at = 1
    chat.request("send", text="Hi")
    first = chat.snapshot()["messages"][-1]["id"]
    for name, fields in (
        ("send", {"text": "Again"}),
        ("regenerate", {"message": first}),
        ("retry", {"message": first}),
        ("continue", {"message": first, "index": -1, "token_id": None}),
    ):
        with pytest.raises(RefusedError, match="an answer is under way"):
            chat.request(name, **fields)
    with pytest.raises(RefusedError, match="still being written"):
        chat.request("edit", message=first, text="x")
    assert len(chat.snapshot()["messages"]) == 2


def test_an_error_is_shown_in_place_and_retried_there(chat):
    chat.realm.fail_at = (2, GuestTrapError("the guest trapped:\n  unreachable"))
    message = chat.ask()
    assert (message["state"], message["text"]) == ("error", "Hello,")
    assert message["error"] == {
        "code": "guest_trap",
        "message": "the guest trapped: unreachable",
    }
    chat.realm.fail_at = None
    assert chat.request("retry", message=message["id"]) == {"message": message["id"]}
    chat.session.wait(GUARD_S)
    retried = chat.snapshot()["messages"][-1]
    assert (retried["text"], retried["state"], retried["num_alternatives"]) == (ANSWER, "done", 1)
    with pytest.raises(RefusedError, match="only a message that failed"):
        chat.request("retry", message=message["id"])


def test_an_error_of_the_start_is_shown_in_place_too(chat):
    chat.realm.fail_start = ModelMemoryError("no room")
    message = chat.ask()
    assert (message["state"], message["error"]["message"]) == ("error", "no room")
    assert chat.snapshot()["status"]["state"] == "idle"


def test_an_unexpected_error_says_what_it_is(chat, caplog):
    chat.realm.fail_start = ZeroDivisionError("oh")
    assert chat.ask()["error"] == {"code": "unexpected", "message": "ZeroDivisionError: oh"}
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_message_is_refused(chat, text):
    with pytest.raises(RefusedError, match="the message is empty"):
        chat.request("send", text=text)
    assert chat.snapshot()["messages"] == []


# -- alternatives ----------------------------------------------------------------------------


def test_regenerating_adds_an_alternative_that_can_be_paged(chat):
    first = chat.ask()
    chat.realm.pieces = ["Other"]
    chat.request("regenerate", message=first["id"])
    chat.session.wait(GUARD_S)
    second = chat.snapshot()["messages"][-1]
    assert (second["text"], second["alternative"], second["num_alternatives"]) == ("Other", 1, 2)
    chat.request("show_alternative", message=second["id"], alternative=0)
    assert chat.snapshot()["messages"][-1]["text"] == ANSWER
    with pytest.raises(RefusedError, match="alternative=2 is none of the 2"):
        chat.request("show_alternative", message=second["id"], alternative=2)


def test_editing_a_question_answers_it_anew_and_keeps_the_old_path(chat):
    chat.ask("One")
    chat.ask("Two")
    first = chat.snapshot()["messages"][0]
    chat.realm.pieces = ["Other"]
    chat.request("edit", message=first["id"], text="Uno")
    chat.session.wait(GUARD_S)
    assert chat.shown() == [("user", "Uno"), ("assistant", "Other")]
    edited = chat.snapshot()["messages"][0]
    assert edited["num_alternatives"] == 2
    chat.request("show_alternative", message=edited["id"], alternative=0)
    assert [text for _, text in chat.shown()] == ["One", ANSWER, "Two", ANSWER]


def test_editing_an_answer_asks_nobody(chat):
    message = chat.ask()
    chat.request("edit", message=message["id"], text="I say.")
    assert len(chat.realm.requests) == 1
    edited = chat.snapshot()["messages"][-1]
    assert (edited["text"], edited["num_alternatives"]) == ("I say.", 2)
    chat.ask("And?")
    assert chat.realm.requests[-1]["messages"][1].content == "I say."


def test_a_question_cannot_be_regenerated(chat):
    chat.ask()
    question = chat.snapshot()["messages"][0]["id"]
    with pytest.raises(RefusedError, match="not a message of the model"):
        chat.request("regenerate", message=question)
    with pytest.raises(RefusedError, match="not there any more"):
        chat.request("regenerate", message="gone")


def test_going_on_needs_tokens(chat):
    message = chat.ask()
    assert not message["can_continue"]
    with pytest.raises(RefusedError, match="tokens of this message are not known"):
        chat.request("continue", message=message["id"], index=0, token_id=1)


# -- conversations ---------------------------------------------------------------------------


def test_conversations_are_kept_apart(chat):
    chat.ask("One")
    first = chat.snapshot()["conversation"]
    second = chat.request("new_conversation")["conversation"]
    assert chat.shown() == []
    chat.ask("Two")
    assert [len(request["messages"]) for request in chat.realm.requests] == [1, 1]
    chat.request("open_conversation", conversation=first)
    assert chat.shown()[0] == ("user", "One")
    listed = chat.snapshot()["conversations"]
    assert [(item["id"], item["title"], item["num_messages"]) for item in listed] == [
        (second, "Two", 2),
        (first, "One", 2),
    ]


def test_an_answer_goes_on_while_another_conversation_is_open(chat):
    chat.realm.hold_at = 2
    chat.request("send", text="Hi")
    chat.wait_for(lambda m: m["type"] == "delta")
    first = chat.snapshot()["conversation"]
    chat.request("new_conversation")
    assert chat.snapshot()["conversations"][-1]["is_generating"]
    chat.clear()
    chat.request("stop")
    chat.session.wait(GUARD_S)
    assert chat.of("delta", "message") == []
    chat.request("open_conversation", conversation=first)
    assert chat.shown()[-1] == ("assistant", "Hello,")


def test_renaming_and_deleting(chat):
    chat.ask("One")
    first = chat.snapshot()["conversation"]
    chat.request("rename_conversation", conversation=first, title=" My  chat ")
    assert chat.snapshot()["conversations"][0]["title"] == "My chat"
    opened = chat.request("delete_conversation", conversation=first)["conversation"]
    assert opened == chat.snapshot()["conversation"] != first
    with pytest.raises(RefusedError, match="not there any more"):
        chat.request("open_conversation", conversation=first)


def test_deleting_a_conversation_ends_its_answer(chat):
    chat.realm.hold_at = 1
    chat.request("send", text="Hi")
    chat.request("delete_conversation", conversation=chat.snapshot()["conversation"])
    assert chat.session.wait(GUARD_S)
    assert chat.shown() == []
    chat.realm.hold_at = None
    assert chat.ask()["text"] == ANSWER


@pytest.mark.parametrize("kind", ["markdown", "json", "cells"])
def test_export_and_import(chat, kind):
    chat.ask("What/is it?")
    exported = chat.request("export", conversation=chat.snapshot()["conversation"], format=kind)
    assert exported["filename"].startswith("Whatis it.")
    chat.request("import", filename="folder/saved.chat", text=exported["text"])
    assert chat.shown() == [("user", "What/is it?"), ("assistant", ANSWER)]
    assert chat.snapshot()["conversations"][0]["title"] == "saved"


def test_an_import_brings_its_system_prompt_and_a_bad_one_changes_nothing(chat):
    chat.request(
        "import",
        filename="a.json",
        text='[{"role": "system", "content": "S"}, {"role": "user", "content": "u"}]',
    )
    assert chat.snapshot()["settings"]["system"] == "S"
    before = chat.snapshot()
    with pytest.raises(RefusedError, match=r"b\.json is no conversation"):
        chat.request("import", filename="b.json", text="?")
    assert chat.snapshot() == before


# -- settings --------------------------------------------------------------------------------


def test_settings_are_what_the_model_is_asked_with(chat):
    chat.request(
        "change_settings", system=None, record_tokens=True, values={"temperature": 0, "seed": "9"}
    )
    chat.ask()
    config = chat.realm.requests[-1]["config"]
    assert (config.temperature, config.seed, config.logprobs) == (0, 9, 5)
    chat.request("reset_settings")
    settings = chat.snapshot()["settings"]
    assert (settings["record_tokens"], settings["values"]["temperature"]) == (False, 0.8)


def test_a_setting_out_of_range_is_refused_and_said(chat):
    with pytest.raises(RefusedError, match="top_p=2 is not allowed"):
        chat.request("change_settings", system="x", record_tokens=True, values={"top_p": 2})
    assert chat.snapshot()["settings"]["system"] == ""


def test_the_settings_as_python_are_the_same_request(chat):
    chat.request(
        "change_settings",
        system="It's short.",
        record_tokens=None,
        values={"temperature": 0, "stop": ["\n"], "seed": "3"},
    )
    chat.ask("Hi")
    asked = chat.realm.requests[-1]
    text = chat.request("copy_python")["text"]
    made = FakeRealm()
    made.load_model("paris")
    names = {"realm": made}
    lines = [
        line for line in text.splitlines() if not line.startswith(("from", "realm =", "print"))
    ]
    exec(  # noqa: S102 - what people paste into a cell
        "\n".join(lines).replace("realm.chat(", "realm.stream_chat("), names
    )
    names["response"].result(GUARD_S)
    again = made.requests[-1]
    assert again["messages"] == list(asked["messages"])
    assert (again["temperature"], again["stop"], again["seed"]) == (0, ("\n",), 3)
    assert "Realm(default_model='/models/paris')" in text


# -- models ----------------------------------------------------------------------------------


def test_with_nothing_loaded_the_shipped_model_is_loaded_with_progress():
    chat = Chat(FakeRealm())
    assert chat.ask()["model"] == "paris"
    shown = [m["status"]["load"] for m in chat.of("status") if m["status"]["load"]]
    assert shown[0]["label"] == "paris"
    assert shown[0]["state"] == "running"
    assert chat.snapshot()["model"] == "paris"


def test_choosing_a_shipped_model_loads_it_and_leaves_the_realm_alone(chat):
    chat.request("choose_model", model="tales")
    assert chat.snapshot()["model"] == "tales"
    assert chat.realm.current_model == "paris"
    assert chat.ask()["model"] == "tales"
    choices = {item["id"]: item["is_loaded"] for item in chat.snapshot()["models"]}
    assert choices == {"paris": True, "tales": True}


def test_a_model_that_cannot_be_loaded_leaves_the_one_before(chat):
    chat.realm.fail_load = ModelMemoryError("no room")
    with pytest.raises(RefusedError, match="no room"):
        chat.request("choose_model", model="tales")
    assert chat.snapshot()["model"] == "paris"
    assert chat.snapshot()["status"]["state"] == "idle"
    with pytest.raises(RefusedError, match="no model 'gpt' is loaded"):
        chat.request("choose_model", model="gpt")


def test_models_that_others_load_are_told_at_the_next_ping(chat):
    chat.snapshot()
    chat.request("ping")
    assert chat.of("choices") == []
    chat.realm.load_model("tales", "mine")
    chat.request("ping")
    assert [item["id"] for item in chat.of("choices")[0]["models"]] == ["paris", "mine", "tales"]


# -- for Python ------------------------------------------------------------------------------


def test_a_conversation_can_be_given_and_read(realm):
    changes = threading.Semaphore(0)
    chat = Chat(
        realm,
        system="S",
        conversation=Conversation.from_messages([ChatMessage("user", "a")], "Named"),
        on_change=changes.release,
    )
    chat.session.send("b")
    assert chat.session.wait(GUARD_S)
    assert changes.acquire(timeout=GUARD_S)
    assert [message.content for message in chat.session.messages()] == ["S", "a", "b", ANSWER]
    assert chat.realm.requests[-1]["messages"][-1].content == "a\n\nb"
