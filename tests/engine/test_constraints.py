"""Answers in a form: valid JSON from models that know none, hostile grammars, and the end."""

from __future__ import annotations

import json
import re
import sys
import threading
import time

import jsonschema
import pytest

from realm_jupyter import Realm
from realm_jupyter.engine import constraints, grammar_check
from realm_jupyter.engine.constraints import Constraint
from realm_jupyter.errors import GrammarError
from realm_jupyter.sandbox.module import SHIPPED_PATH
from support.json_schemas import DIGIT, SCHEMAS, SHORT
from support.tiny_gguf import CHATML_TEMPLATE, write_tiny_llama

GUARD_S = 60
WILD = {"temperature": 4, "top_k": 0, "top_p": 1, "min_p": 0, "max_tokens": 400}
YES_NO = 'start: "yes" | "no"'


@pytest.fixture(scope="module")
def realm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    with Realm() as realm:
        realm.load_model(write_tiny_llama(folder / "spm.gguf", context_length=512))
        realm.load_model(
            write_tiny_llama(
                folder / "bpe.gguf",
                tokenizer="gpt2",
                context_length=512,
                chat_template=CHATML_TEMPLATE,
            )
        )
        realm.load_model("paris")
        yield realm


def is_compact(text):
    """Whether a JSON text has no white space between its tokens."""
    return not re.search(r"\s", re.sub(r'"(?:[^"\\]|\\.)*"', "", text))


@pytest.mark.parametrize("model", ["spm", "bpe", "paris"])
@pytest.mark.parametrize("name", SCHEMAS)
def test_wild_answers_satisfy_their_schema(realm, name, model):
    schema = SCHEMAS[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    response = realm.generate("Go!", model=model, json_schema=schema, seed=1, **WILD)
    assert response.finish_reason == "stop", response.text
    jsonschema.validate(json.loads(response.text), schema)
    assert is_compact(response.text)


def test_any_object_is_an_object(realm):
    # A model without a mind would go on for long; these tokens end strings and objects.
    bias = {realm.tokenize(text, model="spm")[-1]: 4 for text in '"}:'}
    for seed in range(3):
        options = {"seed": seed, "logit_bias": bias, "temperature": 1, "max_tokens": 400}
        response = realm.generate("Go!", model="spm", json_object=True, **options)
        assert response.finish_reason == "stop"
        assert isinstance(json.loads(response.text), dict)
        assert is_compact(response.text)


def test_a_schema_may_be_text_or_a_class_that_knows_its_own(realm):
    class Pet:
        @staticmethod
        def model_json_schema():
            return SCHEMAS["object"]

    texts = {
        realm.generate("Go!", json_schema=schema, seed=3, **WILD).text
        for schema in (Pet, Pet(), SCHEMAS["object"], json.dumps(SCHEMAS["object"], indent=3))
    }
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("grammar", "pattern"),
    [
        ("/[0-9]{4}-[A-F]{2}/", "[0-9]{4}-[A-F]{2}"),
        (r"/a\/b|c/", "a/b|c"),
        (YES_NO, "yes|no"),
        ('start: item ("," item){2}\nitem: /[a-z]{1,3}/', "[a-z]{1,3}(,[a-z]{1,3}){2}"),
        ('%llguidance {"no_forcing": false}\nstart: "abc" /d?/', "abcd?"),
        ('start: %json {"enum": ["x", "y"]} "!"', '"[xy]"!'),
    ],
)
def test_wild_answers_follow_their_grammar(realm, grammar, pattern):
    for model in ("spm", "bpe", "paris"):
        response = realm.generate("Go!", model=model, grammar=grammar, seed=1, **WILD)
        assert response.finish_reason == "stop"
        assert re.fullmatch(pattern, response.text)


# ---- The end of an answer ------------------------------------------------------------


def test_an_answer_that_is_cut_off_says_so(realm):
    schema = {"type": "string", "minLength": 200}
    response = realm.generate("Go!", json_schema=schema, max_tokens=10)
    assert (response.finish_reason, len(response.token_ids)) == ("length", 10)
    with pytest.raises(json.JSONDecodeError):
        json.loads(response.text)


def test_an_answer_that_is_complete_with_its_last_token_was_not_cut_off(realm):
    response = realm.generate("Go!", model="spm", grammar='start: "abc"', max_tokens=3)
    assert (response.text, response.finish_reason) == ("abc", "stop")


def test_nothing_is_run_after_a_complete_answer(realm):
    events = list(realm.stream("Go!", model="spm", grammar='start: "ab"', stop=["abc"]))
    assert "".join(event.text for event in events) == "ab"
    # The stop string held text back; the token that completed the answer released it.
    assert [event.finish_reason for event in events] == [None, "stop"]


def test_the_model_may_end_where_the_grammar_may(realm):
    eos = realm.tokenize("<|im_end|>", model="bpe", parse_special=True)[0]
    response = realm.generate(
        "Go!", model="bpe", grammar="/[a-z]+/", logit_bias={eos: 1000}, max_tokens=50
    )
    assert (len(response.token_ids), response.finish_reason) == (1, "stop")


@pytest.mark.parametrize("options", [{"ignore_eos": True}, {"min_tokens": 40}])
def test_the_end_of_the_form_is_the_end(realm, options):
    response = realm.generate("Go!", grammar=YES_NO, max_tokens=50, **options)
    assert response.text in {"yes", "no"}
    assert response.finish_reason == "stop"


def test_a_stop_string_still_ends_an_answer(realm):
    response = realm.generate("Go!", grammar='start: "abcd"', stop="c")
    assert (response.text, response.finish_reason) == ("ab", "stop")


def test_logit_bias_can_leave_nothing(realm):
    text = "0123456789"
    ids = {token: -float("inf") for token in range(realm.model_info("spm").vocab_size)}
    with pytest.raises(GrammarError, match="no token is left"):
        realm.generate("Go!", model="spm", grammar="/[0-9]/", logit_bias=ids)
    bias = dict.fromkeys(realm.tokenize(text, model="spm")[1:-1], -float("inf"))
    response = realm.generate("Go!", model="spm", grammar="/[0-9]/", logit_bias=bias)
    assert response.text in {"0", "9"}


# ---- Beside everything else ----------------------------------------------------------


def test_log_probabilities_are_of_the_allowed_tokens(realm):
    response = realm.generate("Go!", model="spm", grammar="/[ab]/", logprobs=5, temperature=1)
    (chosen,), (alternatives,) = response.logprobs, response.alternatives
    assert {item.text for item in alternatives} == {"a", "b"} | ({"a", "b"} & {chosen.text})
    assert sum(2.718281828459045**item.logprob for item in alternatives) == pytest.approx(1)
    assert chosen in alternatives


def test_the_same_seed_gives_the_same_answer_alone_and_in_a_batch(realm):
    schemas = [SCHEMAS[name] for name in ("object", "nested", "uuid", "matrix")]
    alone = [realm.generate("Go!", json_schema=item, seed=5, **WILD).text for item in schemas]
    handles = [realm.stream("Go!", json_schema=item, seed=5, **WILD) for item in schemas]
    free = realm.stream("Go!", seed=5, max_tokens=60)
    assert [handle.result(GUARD_S).text for handle in handles] == alone
    assert free.result(GUARD_S).text == realm.generate("Go!", seed=5, max_tokens=60).text


def test_chat_stream_and_batch_keep_to_the_form(realm):
    response = realm.chat("Hello!", model="bpe", json_schema=DIGIT, seed=1)
    assert response.text in set("0123456789")
    pieces = [event.text for event in realm.stream("Go!", json_schema=SHORT, **WILD)]
    assert len(json.loads("".join(pieces))) <= 5
    answers = realm.generate_batch(["a", "b", "c"], grammar=YES_NO)
    assert {answer.text for answer in answers} <= {"yes", "no"}


def test_a_cancelled_answer_keeps_its_text(realm):
    handle = realm.stream("Go!", model="spm", json_schema={"type": "string", "minLength": 400})
    for event in handle:
        if event.index == 3:
            handle.cancel()
    response = handle.result(GUARD_S)
    assert response.finish_reason == "cancelled"
    assert response.text.startswith('"')


def test_a_grammar_needs_the_shipped_guest(realm):
    with (
        Realm("paris", guest=SHIPPED_PATH) as other,
        pytest.raises(GrammarError, match="needs the shipped guest"),
    ):
        other.generate("Go!", grammar=YES_NO)


# ---- What is refused -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"json_schema": {"type": "bogus"}}, "json_schema cannot be followed: .*bogus"),
        ({"json_schema": {"not": {}}}, r'unsupported keywords: \["not"\]'),
        ({"json_schema": {"$ref": "#/$defs/none"}}, "does not exist"),
        ({"json_schema": {"$ref": "https://example.org/s.json"}}, "does not fetch"),
        ({"json_schema": {"enum": []}}, "Unsatisfiable"),
        ({"json_schema": {"type": "string", "pattern": "(?=a)b"}}, "look-around"),
        ({"json_schema": {"oneOf": [DIGIT, {"type": "integer"}]}}, "oneOf"),
        ({"grammar": "start: missing"}, 'unknown name: "missing"'),
        ({"grammar": "rule: /a/"}, "no start rule"),
        ({"grammar": "/(/"}, "unclosed group"),
    ],
)
def test_what_cannot_be_followed_is_refused_at_once(realm, options, message):
    with pytest.raises(GrammarError, match=message) as caught:
        realm.stream("Go!", **options)
    assert caught.value.field in options


def _nested(depth):
    schema = DIGIT
    for _ in range(depth):
        schema = {"type": "array", "items": schema, "minItems": 1, "maxItems": 1}
    return schema


_BLOWUP = "(a|b)*a(a|b){%d}$"
HOSTILE = {
    "deep schema": {"json_schema": _nested(300)},
    "deep text": {"json_schema": '{"items":' * 5000 + "{}" + "}" * 5000},
    "many properties": {"json_schema": {"properties": {f"p{i}": DIGIT for i in range(3000)}}},
    "product of choices": {
        "json_schema": {
            "allOf": [
                {"anyOf": [{"required": [f"a{i}"]}, {"required": [f"b{i}"]}]} for i in range(20)
            ]
        }
    },
    "intersected patterns": {
        "json_schema": {"allOf": [{"type": "string", "pattern": _BLOWUP % i} for i in range(20)]}
    },
    "huge multiple": {"json_schema": {"type": "integer", "multipleOf": 9_999_991}},
    "deep rules": {"grammar": "start: " + "(" * 20_000 + '"a"' + ")" * 20_000},
    "deep regex": {"grammar": "/" + "(" * 20_000 + "a" + ")" * 20_000 + "/"},
    "doubled terminals": {
        "grammar": "start: T0\n"
        + "\n".join(f"T{i}: T{i + 1} T{i + 1}" for i in range(25))
        + '\nT25: "a"'
    },
    "too big": {"grammar": 'start: "' + "a" * 200_000 + '"'},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_grammars_are_refused_in_bounded_time(realm, name):
    started_s = time.monotonic()
    with pytest.raises(GrammarError):
        realm.generate("Go!", max_tokens=5, **HOSTILE[name])
    assert time.monotonic() - started_s < GUARD_S
    assert realm.generate("Go!", grammar=YES_NO).text in {"yes", "no"}


@pytest.mark.parametrize(
    "options",
    [
        {"json_schema": {"enum": [f"value {i}" for i in range(5000)]}},
        {"json_schema": {"type": "string", "minLength": 3, "maxLength": 100_000}},
        {"grammar": "/(a*)*(a*)*(a*)*b/"},
        {"grammar": "/(a|b)*a(a|b){30}/"},
        {"grammar": 'start: start start | "a" | '},
    ],
    ids=["huge enum", "long string", "nested stars", "many states", "ambiguous rules"],
)
def test_large_but_sound_grammars_work(realm, options):
    response = realm.generate("Go!", **{**WILD, "max_tokens": 8}, **options)
    assert response.finish_reason in {"stop", "length"}


def test_a_slow_grammar_delays_nobody_else(realm, monkeypatch):
    gate, compute = threading.Event(), Constraint._compute

    def slow(self):
        if threading.current_thread().name.startswith("realm-grammar"):
            assert gate.wait(GUARD_S)
        return compute(self)

    monkeypatch.setattr(Constraint, "_compute", slow)
    monkeypatch.setattr(constraints, "_CHEAP_S", 0)  # no mask is: all are computed beside
    held = realm.stream("Go!", model="spm", json_schema=SCHEMAS["uuid"], seed=1)
    try:
        assert realm.generate("Go!", model="spm", max_tokens=20).token_ids
        assert not held.is_done
    finally:
        gate.set()
    assert held.result(GUARD_S).finish_reason == "stop"


def test_without_the_library_the_error_says_what_to_install(realm, monkeypatch):
    monkeypatch.setitem(sys.modules, "llguidance", None)
    with pytest.raises(GrammarError, match="pip install llguidance"):
        realm.generate("Go!", json_object=True)


def test_grammars_that_were_checked_are_not_checked_again(realm):
    grammar_check.check_grammar.cache_clear()
    for _ in range(3):
        realm.generate("Go!", grammar=YES_NO)
    assert grammar_check.check_grammar.cache_info().misses == 1
