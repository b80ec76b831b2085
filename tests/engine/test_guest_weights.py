"""The shared weights and several sequences at once, from guests of the user's own."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import numpy as np
import pytest

from realm_jupyter import Realm, RealmRegistry
from realm_jupyter.engine.guest_weights import GuestWeights
from realm_jupyter.errors import (
    ConfigError,
    ContextLengthError,
    GuestAbiError,
    ModelNotFoundError,
    TenantNotFoundError,
)
from realm_jupyter.gguf import GGUFFile
from realm_jupyter.models.sources import shipped_path
from realm_jupyter.sandbox import GuestModule
from support.guest_wat import blocking_guest

NAME = "token_embd.weight"
OPTIONS = {"raw": True, "temperature": 0, "max_tokens": 8, "ignore_eos": True}


@pytest.fixture(scope="module")
def file():
    with GGUFFile.open(shipped_path("tales")) as file:
        yield file


@pytest.fixture(scope="module", params=["native", "reference"])
def registry(request):
    with RealmRegistry() as registry:
        registry.load_model("tales", "tales", executor=request.param)
        yield registry


def tenant(registry, body, **parts):
    backend = registry._backend_type(
        registry._engine,
        owns_engine=False,
        guest=GuestModule.from_bytes(blocking_guest(body, **parts), "own"),
    )
    return Realm("tales", backend=backend)


# ---- GuestWeights -----------------------------------------------------------------------


@pytest.mark.parametrize("name", [NAME, "blk.0.ffn_down.weight", "output_norm.weight"])
def test_rows_are_those_of_the_dequantized_tensor(file, name):
    weights = GuestWeights(file, lambda: None)
    handle = weights.find(name)
    shape = file.tensors[name].shape
    expected = file.tensor(name).reshape(-1, shape[-1])
    assert weights.shape(handle) == shape
    assert np.array_equal(weights.read(handle, 0, len(expected)), expected)
    last = len(expected) - 1
    assert np.array_equal(weights.read(handle, last, 1), expected[last:])
    x = np.random.default_rng(0).normal(size=(3, shape[-1])).astype(np.float32)
    np.testing.assert_allclose(weights.matmul(handle, x), x @ expected.T, rtol=1e-4, atol=1e-4)


def test_pieces_give_what_the_whole_gives(file, monkeypatch):
    x = np.random.default_rng(1).normal(size=(2, file.tensors[NAME].shape[-1])).astype(np.float32)
    whole = GuestWeights(file, lambda: None)
    monkeypatch.setattr("realm_jupyter.engine.guest_weights._CHUNK_ELEMENTS", 5000)
    looks = []
    pieces = GuestWeights(file, lambda: looks.append(1))
    ours = pieces.matmul(pieces.find(NAME), x)
    assert len(looks) > 3
    np.testing.assert_allclose(ours, whole.matmul(whole.find(NAME), x), rtol=1e-5, atol=1e-5)
    assert np.array_equal(
        pieces.read(pieces.find(NAME), 3, 200), whole.read(whole.find(NAME), 3, 200)
    )


def test_handles_are_of_one_generation(file):
    first, second = GuestWeights(file, lambda: None), GuestWeights(file, lambda: None)
    handle = first.find(NAME)
    assert 0 <= handle < 2**63
    with pytest.raises(TenantNotFoundError):
        second.shape(handle)
    for wrong in (-1, 2**63 - 1, 2**64 - 1, handle + len(file.tensors) + 1):
        with pytest.raises(TenantNotFoundError):
            first.read(wrong, 0, 1)
    with pytest.raises(TenantNotFoundError, match="no weight"):
        first.find("no such weight")


def test_the_weights_of_an_unloaded_model_are_an_error():
    file = GGUFFile.open(shipped_path("tales"))
    weights = GuestWeights(file, lambda: None)
    handle = weights.find(NAME)
    file.close()
    with pytest.raises(ModelNotFoundError, match="unloaded"):
        weights.read(handle, 0, 1)
    with pytest.raises(ModelNotFoundError, match="unloaded"):
        weights.matmul(handle, np.zeros((1, file.tensors[NAME].shape[-1]), np.float32))


# ---- From a guest -----------------------------------------------------------------------


def test_a_guest_reads_and_multiplies_on_every_executor(registry, file):
    embedding = file.tensor(NAME)
    rows, columns = embedding.shape
    # Read row 5 to 65536, multiply it with all rows to 131072, emit the first bytes of both.
    body = f"""(local $w i64)
        (local.set $w (call $weight_find (i32.const 16) (i32.const {len(NAME)})))
        (if (i32.ne (call $weight_read (local.get $w) (i64.const 5) (i32.const 1)
            (i32.const 65536) (i32.const 9999)) (i32.const {columns})) (then unreachable))
        (if (i32.ne (call $matmul (local.get $w) (i32.const 65536) (i32.const 1)
            (i32.const 131072) (i32.const {rows})) (i32.const {rows})) (then unreachable))
        (i32.store (i32.const 0) (i32.load (i32.const 65536)))
        (i32.store (i32.const 4) (i32.load (i32.const {131072 + 4 * 5})))
        (call $log (i32.const 1) (i32.const 0) (i32.const 8))
        i32.const 1"""
    seen = []

    class Host:
        def __getattr__(self, name):
            return getattr(weights, name.removeprefix("weight_"))

        def log(self, _level, text):
            seen.append(struct.unpack("<2f", text))

    weights = GuestWeights(file, lambda: None)
    with tenant(registry, body, extra=f'(data (i32.const 16) "{NAME}")') as realm:
        assert realm.generate("hello").finish_reason == "stop"
    from realm_jupyter.sandbox import GuestInstance  # noqa: PLC0415

    module = GuestModule.from_bytes(
        blocking_guest(body, extra=f'(data (i32.const 16) "{NAME}")'), "own"
    )
    with GuestInstance(module, Host()) as instance:
        instance.generate(b"")
    assert seen[0][0] == embedding[5, 0]
    assert seen[0][1] == pytest.approx(float(embedding[5] @ embedding[5]), rel=1e-4)


GREEDY = """(local $seq i32) (local $fork i32) (local $count i32) (local $id i32) (local $i i32)
    (local $v i32) (local $prompt i32) (local $n i32)
    (local.set $v (call $vocab_size))
    (local.set $n (i32.load offset=100 (local.get 0)))
    (local.set $seq (call $seq_new))
    (drop (call $forward (local.get $seq) (i32.add (local.get 0) (i32.const 116)) (local.get $n)
        (i32.const 262144) (local.get $v)))
    (local.set $fork (call $seq_fork (local.get $seq)))
    (i32.store (i32.const 0) (local.get $seq)) (i32.store (i32.const 4) (local.get $fork))
    (i32.store (i32.const 8) (i32.const 1)) (i32.store (i32.const 12) (i32.const 1))
    (loop $tokens
      (local.set $id (i32.const 0)) (local.set $i (i32.const 1))
      (loop $largest
        (if (f32.gt (f32.load offset=262144 (i32.mul (local.get $i) (i32.const 4)))
                    (f32.load offset=262144 (i32.mul (local.get $id) (i32.const 4))))
          (then (local.set $id (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $largest (i32.lt_u (local.get $i) (local.get $v))))
      (drop (call $emit_token (local.get $seq) (local.get $id) (f32.const 0)))
      (i32.store (i32.const 16) (local.get $id)) (i32.store (i32.const 20) (local.get $id))
      (drop (call $forward_batch (i32.const 0) (i32.const 8) (i32.const 2) (i32.const 16)
          (i32.const 262144) (i32.mul (local.get $v) (i32.const 2))))
      ;; Both sequences hold the same tokens: the second row must be the first, but for what
      ;; the reference executor's order of sums makes of it.
      (local.set $i (i32.const 0))
      (loop $equal
        (if (f32.gt (f32.abs (f32.sub
                (f32.load offset=262144 (i32.mul (local.get $i) (i32.const 4)))
                (f32.load offset=262144 (i32.mul (i32.add (local.get $i) (local.get $v))
                    (i32.const 4))))) (f32.const 0.001))
          (then (return (i32.const -5))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $equal (i32.lt_u (local.get $i) (local.get $v))))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $tokens (i32.lt_u (local.get $count) (i32.const 8))))
    i32.const 2"""


def test_two_sequences_in_one_batch_give_the_text_of_one(registry):
    expected = registry.generate("tales", "Once upon a time", **OPTIONS)
    with tenant(registry, GREEDY, memory='(memory (export "memory") 64)') as realm:
        found = realm.generate("Once upon a time", **OPTIONS)
    assert found.text == expected.text
    assert found.token_ids == expected.token_ids
    assert found.finish_reason == "length"


def test_a_prompt_that_begins_like_one_before_goes_on_from_kept_pages(registry):
    options = OPTIONS | {"token_ids": [5 + i % 90 for i in range(200)]}
    options.pop("raw")
    with tenant(registry, GREEDY, memory='(memory (export "memory") 64)') as realm:
        first, second = realm.generate(**options), realm.generate(**options)
    assert first.usage.cached_tokens == 0
    assert second.usage.cached_tokens in {128, 192}
    assert second.token_ids == first.token_ids


# Allow one token, run it three times, fork, and take the mask off the fork. Returns -5 where a
# logit is not what the mask says.
MASKED = """(local $seq i32) (local $fork i32) (local $i i32) (local $v i32) (local $count i32)
    (local.set $v (call $vocab_size))
    (i32.store (i32.const 65536) (i32.const {token}))
    (i32.store8 (i32.const {byte}) (i32.const {bit}))
    (local.set $seq (call $seq_new))
    (drop (call $mask (local.get $seq) (i32.const 0)
        (i32.shr_u (i32.add (local.get $v) (i32.const 7)) (i32.const 3))))
    (loop $tokens
      (drop (call $forward (local.get $seq) (i32.const 65536) (i32.const 1)
          (i32.const 262144) (local.get $v)))
      (local.set $i (i32.const 0))
      (loop $logits
        (if (i32.eq (f32.eq (f32.load offset=262144 (i32.mul (local.get $i) (i32.const 4)))
                            (f32.const -inf))
                    (i32.eq (local.get $i) (i32.const {token})))
          (then (return (i32.const -5))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $logits (i32.lt_u (local.get $i) (local.get $v))))
      (drop (call $emit_token (local.get $seq) (i32.const {token}) (f32.const 0)))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $tokens (i32.lt_u (local.get $count) (i32.const 3))))
    (local.set $fork (call $seq_fork (local.get $seq)))
    (drop (call $forward (local.get $fork) (i32.const 65536) (i32.const 1)
        (i32.const 262144) (local.get $v)))
    (if (f32.ne (f32.load (i32.const 262144)) (f32.const -inf)) (then (return (i32.const -5))))
    (drop (call $mask (local.get $fork) (i32.const 0) (i32.const 0)))
    (drop (call $forward (local.get $fork) (i32.const 65536) (i32.const 1)
        (i32.const 262144) (local.get $v)))
    (if (f32.eq (f32.load (i32.const 262144)) (f32.const -inf)) (then (return (i32.const -5))))
    i32.const 1"""


def test_a_masked_sequence_and_its_forks_have_logits_for_what_is_allowed_only(registry):
    token = 421
    body = MASKED.format(token=token, byte=token // 8, bit=1 << token % 8)
    with tenant(registry, body, memory='(memory (export "memory") 64)') as realm:
        assert realm.generate("hello").token_ids == (token,) * 3


def test_a_mask_on_a_sequence_of_nobody_is_an_error(registry):
    body = "(call $mask (i32.const 3) (i32.const 0) (i32.const 0))"
    with tenant(registry, body) as realm, pytest.raises(Exception, match="with the handle 3"):
        realm.generate("hello")


def batch_of(seqs, counts, ids):
    """Return a guest that makes two sequences and runs this batch."""
    values = (*seqs, *counts, *ids)
    stores = "".join(
        f"(i32.store (i32.const {4 * place}) (i32.const {value}))"
        for place, value in enumerate(values)
    )
    return f"""(drop (call $seq_new)) (drop (call $seq_new)) {stores}
        (call $forward_batch (i32.const 0) (i32.const {4 * len(seqs)}) (i32.const {len(seqs)})
        (i32.const {8 * len(seqs)}) (i32.const 65536) (i32.const 100000))"""


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (batch_of((0, 9), (1, 1), (1, 1)), "no sequence with the handle 9"),
        (batch_of((0, 1), (1, 1), (1, -1)), "token ids outside"),
        (batch_of((0, 1), (1, 1), (1, 10**6)), "token ids outside"),
        (batch_of((1, 1), (1, 1), (1, 1)), "handle"),
    ],
)
def test_a_batch_with_a_fault_is_an_error_and_leaves_nothing(registry, body, error):
    with tenant(registry, body) as realm, pytest.raises(Exception, match=error):
        realm.generate("hello")


def test_a_batch_beyond_the_context_runs_nothing(registry):
    body = """(drop (call $seq_new)) (drop (call $seq_new))
        (i32.store (i32.const 4) (i32.const 1)) (i32.store (i32.const 8) (i32.const 1))
        (i32.store (i32.const 12) (i32.const 100000))
        (call $forward_batch (i32.const 0) (i32.const 8) (i32.const 2) (i32.const 16)
        (i32.const 524288) (i32.const 100000))"""
    with (
        tenant(registry, body, memory='(memory (export "memory") 64)') as realm,
        pytest.raises(ContextLengthError),
    ):
        realm.generate("hello")


def test_characters_that_span_tokens_are_put_together(registry):
    ids = registry._own.tokenize("é!", model="tales")
    emits = "".join(
        f"(drop (call $emit_token (i32.const 0) (i32.const {i}) (f32.const 0)))" for i in ids
    )
    with tenant(registry, f"{emits} i32.const 1") as realm:
        assert "é!" in realm.generate("x").text
    broken = f"(drop (call $emit_token (i32.const 0) (i32.const {ids[0]}) (f32.const 0)))"
    with tenant(registry, f"{broken} i32.const 1") as realm:
        response = realm.generate("x")
    assert response.token_ids == (ids[0],)


def test_an_end_token_is_told_and_not_streamed(registry):
    end = min(registry._engine.get("tales").model.vocabulary.eog_ids)
    body = f"""(if (i32.ne (call $emit_token (i32.const 0) (i32.const {end}) (f32.const 0))
        (i32.const 1)) (then unreachable))
        (if (i32.ne (call $is_end (i32.const {end})) (i32.const 1)) (then unreachable))
        i32.const 1"""
    with tenant(registry, body) as realm:
        assert realm.generate("x").token_ids == ()


def test_a_token_outside_the_vocabulary_is_refused(registry):
    body = "(call $emit_token (i32.const 0) (i32.const 100000000) (f32.const 0))"
    with tenant(registry, body) as realm, pytest.raises(GuestAbiError, match="token id 100000000"):
        realm.generate("x")


def test_a_guest_of_ones_own_needs_models_in_this_process():
    elsewhere = Realm(backend=SimpleNamespace(close=lambda: None, current_model=None))
    with pytest.raises(ConfigError, match="in this process"):
        elsewhere.with_guest(blocking_guest())


def test_another_tenant_runs_in_the_guest_and_the_first_one_does_not(registry):
    end = "(drop (call $emit_token (i32.const 0) (i32.const 9) (f32.const 0))) i32.const 1"
    with registry.realm("tales") as realm, realm.with_guest(blocking_guest(end)) as other:
        assert other.generate("x").token_ids == (9,)
        expected = registry.generate("tales", "Once upon a time", **OPTIONS)
        assert realm.generate("Once upon a time", **OPTIONS).text == expected.text
        other.close()
        assert realm.generate("Once upon a time", **OPTIONS).text == expected.text
