"""Embeddings in process: of unit length, the same alone and beside texts."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from realm_jupyter import Realm
from realm_jupyter.engine.embedding import embed
from realm_jupyter.errors import (
    ConfigError,
    ContextLengthError,
    ModelNotFoundError,
    PromptError,
    TenantQuotaError,
)
from realm_jupyter.limits import TenantLimits
from realm_jupyter.types import CancelToken


@pytest.fixture(scope="module")
def realm():
    with Realm() as found:
        found.load_model("paris")
        yield found


def test_embeddings_have_unit_length_and_count_tokens(realm):
    texts = ["The capital of France", "Paris", "The capital of France"]
    response = realm.embed(texts)
    assert response.vectors.shape == (3, 192)
    assert response.vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(response.vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(response[0], response[2])
    assert not np.array_equal(response[0], response[1])
    assert response.model == "paris"
    ids = [realm.tokenize(text, add_special=True) for text in texts]
    assert response.usage.prompt_tokens == sum(map(len, ids))
    assert np.asarray(response).shape == (3, 192)
    assert len(response) == 3
    assert np.array_equal(realm.embed(ids).vectors, response.vectors)


def test_texts_that_say_alike_are_nearer(realm):
    question, same, other = realm.embed(
        ["What is the capital of France?", "What is the capital of Spain?", "Tell me a joke."]
    ).vectors
    assert question @ same > question @ other


def test_long_texts_are_cut_into_chunks_that_change_nothing(realm):
    text = "France and Italy. " * 60
    single = realm.embed(text).vectors
    handle = realm.stream("Hello", max_tokens=200, ignore_eos=True)
    beside = realm.embed(text).vectors
    handle.cancel()
    assert np.abs(single - beside).max() < 1e-6


@pytest.mark.parametrize("texts", [[], [""], [5], [b"a"], [[-1]], [[10**9]], ["a", "\ud800"]])
def test_what_cannot_be_embedded_is_refused(realm, texts):
    with pytest.raises(PromptError):
        realm.embed(texts)


def test_a_text_beyond_the_context_is_refused(realm):
    with pytest.raises(ContextLengthError, match="context of 'paris'"):
        realm.embed(["a " * 3000])


def test_a_cancelled_request_stops(realm):
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(PromptError, match="cancelled"):
        realm.embed(["a"], cancel=cancel)


def test_without_a_model_there_are_none():
    with Realm() as realm, pytest.raises(ModelNotFoundError):
        realm.embed("a")


def test_their_tokens_count_against_the_quota():
    with Realm(default_model="paris", limits=TenantLimits(tokens_per_minute=12)) as realm:
        realm.embed("France and Italy and Spain and all the others")
        with pytest.raises(TenantQuotaError):
            realm.embed("France")
        assert realm.stats().num_finished == 1


def test_an_executor_without_hidden_states_says_so():
    loaded = SimpleNamespace(executor=SimpleNamespace(name="other"))
    with pytest.raises(ConfigError, match="'other' makes no embeddings"):
        embed(loaded, np.zeros(1, np.int32))
