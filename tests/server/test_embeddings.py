"""Embeddings over HTTP are those of the Python interface."""

from __future__ import annotations

import numpy as np
import openai
import pytest

from realm_jupyter import Realm

TEXTS = ["The capital of France", "Once upon a time"]


@pytest.fixture(scope="module")
def expected():
    with Realm(default_model="paris") as realm:
        yield realm.embed(TEXTS)


def embed(client, texts, **options):
    return client.embeddings.create(model="paris", input=texts, **options)


@pytest.mark.parametrize("encoding", [{}, {"encoding_format": "float"}])
def test_vectors_are_those_of_the_python_interface(client, expected, encoding):
    # The client itself asks for base64 and decodes it, unless told otherwise.
    response = embed(client, TEXTS, **encoding)
    assert [item.index for item in response.data] == [0, 1]
    found = np.array([item.embedding for item in response.data], np.float32)
    assert np.array_equal(found, expected.vectors)
    assert response.model == "paris"
    assert response.usage.prompt_tokens == expected.usage.prompt_tokens
    assert response.usage.total_tokens == expected.usage.prompt_tokens


def test_the_input_has_four_forms(client, http):
    ids = [
        http.post("/tokenize", json={"model": "paris", "text": text, "add_special": True}).json()
        for text in TEXTS
    ]
    ids = [item["token_ids"] for item in ids]
    by_text = [item.embedding for item in embed(client, TEXTS).data]
    assert [item.embedding for item in embed(client, ids).data] == by_text
    assert embed(client, ids[0]).data[0].embedding == by_text[0]
    assert embed(client, TEXTS[1]).data[0].embedding == by_text[1]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"input": []}, "prompt"),
        ({"input": [[]]}, "prompt"),
        ({"input": ["a"] * 2049}, "invalid_request"),
        ({"dimensions": 64}, "invalid_request"),
        ({"encoding_format": "int8"}, "invalid_request"),
        ({"input": "a " * 3000}, "context_length"),
        ({"input": [10**9]}, "prompt"),
    ],
)
def test_a_mistake_is_named(client, options, code):
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(**{"model": "paris", "input": "a", **options})
    assert caught.value.code == code


def test_the_model_s_own_dimensions_are_fine(client, expected):
    assert len(embed(client, "a", dimensions=192).data[0].embedding) == 192
