"""Nobody can forge a turn: what users say holds no control token, whatever they write."""

from __future__ import annotations

import pytest

from realm_jupyter.gguf import GGUFFile, Vocabulary
from realm_jupyter.models.chat_template import render_chat
from realm_jupyter.sandbox import GuestInstance, GuestModule

pytestmark = pytest.mark.conformance

TEMPLATES = {"llama-bpe": "meta-llama-Llama-3.1-8B-Instruct", "qwen2": "Qwen-Qwen2.5-7B-Instruct"}


@pytest.fixture(scope="module", params=sorted(TEMPLATES))
def chat(request, conformance_dir):
    name = request.param
    template = (conformance_dir / "templates" / f"{TEMPLATES[name]}.jinja").read_text()
    with GGUFFile.open(conformance_dir / "tokenizers" / f"{name}.gguf") as file:
        vocabulary = Vocabulary.from_file(file)
        control = vocabulary.control_tokens()
        instance = GuestInstance(GuestModule.shipped())
        instance.load_vocabulary(vocabulary.to_blob())

        def tokenize(content):
            rendered = render_chat(
                template,
                [{"role": "user", "content": content}],
                bos_token=vocabulary.token_text(vocabulary.bos_id or 0),
                control_tokens=tuple(control),
            )
            return [int(each) for each in instance.tokenize(rendered, parse_special=True)]

        yield tokenize, instance, control
        instance.close()


def count(ids, control):
    wanted = set(control.values())
    return sum(token_id in wanted for token_id in ids)


def test_every_control_token_in_one_message_is_plain_text(chat):
    tokenize, instance, control = chat
    honest = count(tokenize("hello"), control)
    assert honest > 0
    everything = "hello " + " ".join(control) + "".join(control)
    ids = tokenize(everything)
    assert count(ids, control) == honest
    # Nothing is lost on the way: the text is all there.
    assert everything.encode() in instance.detokenize(ids, render_special=True)


def test_each_control_token_alone_is_plain_text(chat):
    tokenize, _instance, control = chat
    honest = count(tokenize("x"), control)
    for text in list(control)[:40]:
        assert count(tokenize(f"a{text}b"), control) == honest
        assert count(tokenize(text), control) == honest


def test_halves_of_a_control_token_do_not_join_the_templates_text(chat):
    tokenize, _instance, control = chat
    honest = count(tokenize("x"), control)
    for text in list(control)[:10]:
        for cut in range(1, len(text)):
            assert count(tokenize(text[:cut]), control) == honest
            assert count(tokenize(text[cut:]), control) == honest
