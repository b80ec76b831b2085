"""OpenAI's own Python client over every endpoint and option."""

from __future__ import annotations

import json
import re

import openai
import pytest

from realm_jupyter import Realm

QUESTION = [{"role": "user", "content": "What is the capital of France?"}]
ANSWER = "The capital of France is Paris."
START = "Once upon a time"


@pytest.fixture(scope="module")
def local():
    with Realm(default_model="tales") as realm:
        yield realm


# -- models ------------------------------------------------------------------------


def test_models_are_listed(client):
    models = client.models.list().data
    assert [model.id for model in models] == ["tales", "paris"]
    assert all(model.object == "model" and model.created > 0 for model in models)
    assert models[0].info["architecture"] == "qwen3"


def test_a_model_is_described_without_the_server_s_folders(client):
    model = client.models.retrieve("paris")
    assert model.id == "paris"
    assert model.info["path"] == "paris.gguf"
    assert model.info["metadata"]["general.architecture"] == "llama"


def test_an_unknown_model_is_not_found(client):
    for call in (
        lambda: client.models.retrieve("pari"),
        lambda: client.chat.completions.create(model="pari", messages=QUESTION),
        lambda: client.completions.create(model="pari", prompt="a", stream=True),
    ):
        with pytest.raises(openai.NotFoundError) as caught:
            call()
        assert caught.value.code == "model_not_found"
        assert "paris" in caught.value.message


# -- chat --------------------------------------------------------------------------


def ask(client, **options):
    return client.chat.completions.create(
        model="paris", messages=QUESTION, **{"temperature": 0, **options}
    )


def test_a_chat_is_answered(client):
    completion = ask(client)
    assert completion.object == "chat.completion"
    assert completion.model == "paris"
    (choice,) = completion.choices
    assert choice.message.role == "assistant"
    assert choice.message.content == ANSWER
    assert choice.finish_reason == "stop"
    usage = completion.usage
    assert usage.prompt_tokens > 5
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.prompt_tokens_details.cached_tokens >= 0


def test_a_chat_streams(client):
    chunks = list(ask(client, stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == ANSWER
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert len({chunk.id for chunk in chunks}) == 1
    assert {chunk.model for chunk in chunks} == {"paris"}


def test_a_stream_counts_its_tokens_when_asked(client):
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == []
    assert chunks[-1].usage == ask(client).usage
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_content_may_be_in_parts_and_the_system_a_developer(client):
    messages = [
        {"role": "developer", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is the capital"},
                {"type": "text", "text": " of France?"},
            ],
        },
    ]
    plain = [{"role": "system", "content": "Be brief."}, *QUESTION]
    answers = [
        client.chat.completions.create(model="paris", messages=item, temperature=0)
        for item in (messages, plain)
    ]
    assert answers[0].choices[0].message.content == answers[1].choices[0].message.content


def test_several_choices_come_whole_and_as_a_stream(client):
    whole = ask(client, n=3, temperature=2, seed=5, max_tokens=8)
    assert [choice.index for choice in whole.choices] == [0, 1, 2]
    assert [choice.seed for choice in whole.choices] == [5, 6, 7]
    texts = ["", "", ""]
    for chunk in ask(client, n=3, temperature=2, seed=5, max_tokens=8, stream=True):
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
    assert texts == [choice.message.content for choice in whole.choices]
    assert whole.usage.completion_tokens <= 24


def test_chat_log_probabilities(client):
    choice = ask(client, logprobs=True, top_logprobs=3).choices[0]
    content = choice.logprobs.content
    assert "".join(entry.token for entry in content) == ANSWER
    assert all(entry.logprob <= 0 for entry in content)
    assert all(len(entry.top_logprobs) == 3 for entry in content)
    assert bytes(content[0].bytes).decode() == content[0].token
    streamed = [
        entry
        for chunk in ask(client, logprobs=True, top_logprobs=3, stream=True)
        if chunk.choices[0].logprobs
        for entry in chunk.choices[0].logprobs.content
    ]
    assert [entry.token for entry in streamed] == [entry.token for entry in content]
    assert [entry.logprob for entry in streamed] == [entry.logprob for entry in content]


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_the_length_is_limited(client, name):
    completion = ask(client, **{name: 3})
    assert completion.usage.completion_tokens == 3
    assert completion.choices[0].finish_reason == "length"


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_satisfies_a_schema(client, stream):
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 12}, "old": {"type": "boolean"}},
        "required": ["city", "old"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "city", "schema": schema}}
    text = said(ask(client, response_format=form, stream=stream, max_tokens=64), stream)
    answer = json.loads(text)
    assert set(answer) == {"city", "old"}
    assert isinstance(answer["old"], bool)
    assert " :" not in text
    assert text == json.dumps(answer, separators=(",", ":"), ensure_ascii=False)


def test_an_answer_is_a_json_object(client):
    # Any object may be long; a stop string would cut it, so only its beginning is sure.
    completion = ask(client, response_format={"type": "json_object"}, max_tokens=16)
    assert completion.choices[0].message.content.startswith("{")
    plain = ask(client, response_format={"type": "text"})
    assert plain.choices[0].message.content == ANSWER


def test_an_answer_follows_a_grammar(client):
    text = said(ask(client, extra_body={"grammar": "/[0-9]{4}/"}), stream=False)
    assert re.fullmatch(r"[0-9]{4}", text)


@pytest.mark.parametrize(
    "form",
    [
        {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "nonsense"}}},
        {"type": "xml"},
        {"type": "json_schema"},
    ],
)
def test_a_form_that_cannot_be_is_refused(client, form):
    with pytest.raises(openai.BadRequestError):
        ask(client, response_format=form)


def said(answer, stream):
    if not stream:
        return answer.choices[0].message.content
    return "".join(chunk.choices[0].delta.content or "" for chunk in answer)


# -- completions -------------------------------------------------------------------


def complete(client, prompt=START, **options):
    options = {"temperature": 0, "max_tokens": 12, **options}
    return client.completions.create(model="tales", prompt=prompt, **options)


def test_a_text_is_completed_as_in_process(client, local):
    expected = local.generate(START, raw=True, temperature=0, max_tokens=12)
    completion = complete(client)
    assert completion.object == "text_completion"
    assert completion.choices[0].text == expected.text
    assert completion.choices[0].finish_reason == expected.finish_reason
    assert completion.usage.prompt_tokens == expected.usage.prompt_tokens


def test_a_completion_streams(client):
    chunks = list(complete(client, stream=True, stream_options={"include_usage": True}))
    text = "".join(choice.text for chunk in chunks for choice in chunk.choices)
    assert text == complete(client).choices[0].text
    assert chunks[-2].choices[0].finish_reason == "length"
    assert chunks[-1].usage.completion_tokens == 12


def test_prompts_may_be_token_ids_and_several(client, local):
    ids = local.tokenize(START, model="tales")
    by_ids = complete(client, ids, extra_body={"return_token_ids": True}).choices[0]
    expected = local.generate(token_ids=ids, temperature=0, max_tokens=12)
    assert by_ids.text == expected.text
    assert by_ids.token_ids == list(expected.token_ids)
    several = complete(client, [ids, ids[:2]], n=2).choices
    assert [choice.index for choice in several] == [0, 1, 2, 3]
    assert several[0].text == several[1].text == expected.text
    assert [choice.text for choice in complete(client, [START, START]).choices] == [
        complete(client).choices[0].text
    ] * 2


def test_a_prompt_is_echoed(client):
    text = complete(client).choices[0].text
    assert complete(client, echo=True).choices[0].text == START + text
    pieces = complete(client, echo=True, stream=True)
    assert "".join(choice.text for chunk in pieces for choice in chunk.choices) == START + text


def test_completion_log_probabilities(client):
    logprobs = complete(client, logprobs=2).choices[0].logprobs
    assert len(logprobs.tokens) == len(logprobs.token_logprobs) == len(logprobs.text_offset) == 12
    assert all(len(row) <= 2 for row in logprobs.top_logprobs)
    streamed = [
        choice.logprobs
        for chunk in complete(client, logprobs=2, stream=True)
        for choice in chunk.choices
        if choice.logprobs
    ]
    assert [item.tokens[0] for item in streamed] == logprobs.tokens
    assert [item.text_offset[0] for item in streamed] == logprobs.text_offset


def test_the_same_seed_gives_the_same_text(client):
    texts = {complete(client, temperature=1, seed=seed).choices[0].text for seed in (7, 7, 7)}
    assert len(texts) == 1
    others = {complete(client, temperature=1, seed=seed).choices[0].text for seed in range(6)}
    assert len(others) > 1
    assert complete(client, temperature=1, seed=-3).choices[0].text


def test_text_stops_before_a_stop_string(client):
    text = complete(client, max_tokens=40).choices[0].text
    stop = text[20:23]
    choice = complete(client, max_tokens=40, stop=stop).choices[0]
    assert choice.text == text[: text.index(stop)]
    assert choice.finish_reason == "stop"
    streamed = complete(client, max_tokens=40, stop=["\x00", stop], stream=True)
    assert "".join(item.text for chunk in streamed for item in chunk.choices) == choice.text


def test_logit_bias_forbids_and_forces(client, local):
    first = complete(client, max_tokens=1, extra_body={"return_token_ids": True}).choices[0]
    (token_id,) = first.token_ids
    forbidden = complete(client, max_tokens=1, logit_bias={str(token_id): -100}).choices[0]
    assert forbidden.text != first.text
    forced = complete(client, max_tokens=3, logit_bias={str(token_id): 100}).choices[0]
    assert forced.text.startswith(first.text)
    never = complete(client, max_tokens=1, extra_body={"logit_bias": {str(token_id): False}})
    assert never.choices[0].text == forbidden.text


def test_our_own_sampling_fields_work(client, local):
    options = {"top_k": 5, "min_p": 0.1, "repetition_penalty": 1.3, "min_tokens": 4}
    expected = local.generate(START, raw=True, temperature=1, seed=3, max_tokens=12, **options)
    found = complete(client, temperature=1, seed=3, extra_body=options).choices[0]
    assert found.text == expected.text
    assert found.seed == 3
    assert found.timings["total_ms"] > 0


def test_a_prompt_that_is_not_raw_is_a_turn_of_a_chat(client):
    completion = client.completions.create(
        model="paris",
        prompt=QUESTION[0]["content"],
        temperature=0,
        extra_body={"raw": False},
    )
    assert completion.choices[0].text == ANSWER


# -- mistakes ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "code", "param"),
    [
        ({"top_p": 2}, "sampling_params", "top_p"),
        ({"temperature": -1}, "sampling_params", "temperature"),
        ({"logit_bias": {"99999999": 1}}, "sampling_params", "logit_bias"),
        ({"n": 0}, "invalid_request", "n"),
        ({"top_logprobs": 2}, "invalid_request", "top_logprobs"),
        ({"max_tokens": 1, "max_completion_tokens": 2}, "invalid_request", "max_completion_tokens"),
        ({"extra_body": {"temprature": 1}}, "invalid_request", "temprature"),
        ({"messages": []}, "invalid_request", "messages"),
        ({"messages": [{"role": "user"}]}, "prompt", None),
        ({"messages": [{"role": "user", "content": "a " * 3000}]}, "context_length", None),
        ({"model": "tales"}, "chat_template", None),
    ],
)
def test_a_mistake_in_a_chat_is_named(client, options, code, param):
    for stream in (False, True):
        request = {"model": "paris", "messages": QUESTION, "stream": stream, **options}
        with pytest.raises(openai.BadRequestError) as caught:
            client.chat.completions.create(**request)
        assert (caught.value.code, caught.value.param) == (code, param)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"prompt": []}, "prompt"),
        ({"prompt": [1, "a"]}, "invalid_request"),
        ({"prompt": [99999999]}, "prompt"),
        ({"prompt": ["a"] * 300}, "invalid_request"),
        ({"suffix": "b"}, "invalid_request"),
        ({"best_of": 3}, "invalid_request"),
        ({"echo": True, "logprobs": 1}, "invalid_request"),
        ({"echo": True, "prompt": [1]}, "invalid_request"),
    ],
)
def test_a_mistake_in_a_completion_is_named(client, options, code):
    with pytest.raises(openai.BadRequestError) as caught:
        client.completions.create(**{"model": "tales", "prompt": "a", **options})
    assert caught.value.code == code
