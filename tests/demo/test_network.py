from __future__ import annotations

import pytest
import torch

from realm_jupyter.demo.network import Network, NetworkConfig, rotate


def make_network(architecture: str) -> Network:
    config = NetworkConfig(
        architecture=architecture,
        vocab_size=50,
        num_layers=2,
        embedding_length=32,
        num_heads=4,
        num_kv_heads=2,
        head_dim=8,
        feed_forward_length=64,
        context_length=64,
    )
    network = Network(config, seed=3)
    with torch.no_grad():  # larger weights, so that the logits differ clearly
        for weight in network.parameters():
            weight.mul_(4.0)
    return network.eval()


@pytest.mark.parametrize("architecture", ["llama", "qwen3"])
def test_generation_with_a_cache_is_the_argmax_of_whole_passes(architecture):
    network = make_network(architecture)
    prompt = [1, 7, 9, 30]
    (completion,) = network.generate_greedy([prompt], max_tokens=12)
    token_ids = list(prompt)
    for token_id in completion:
        assert int(network(torch.tensor([token_ids]))[0, -1].argmax()) == token_id
        token_ids.append(token_id)


@pytest.mark.parametrize("architecture", ["llama", "qwen3"])
def test_prompts_of_different_lengths_do_not_disturb_each_other(architecture):
    network = make_network(architecture)
    prompts = [[1, 2, 3, 4, 5, 6, 7], [9], [4, 4, 4]]
    together = network.generate_greedy(prompts, max_tokens=10)
    alone = [network.generate_greedy([prompt], max_tokens=10)[0] for prompt in prompts]
    assert together == alone


def test_a_stop_id_ends_its_own_row_only():
    network = make_network("qwen3")
    prompts = [[1, 2, 3], [9, 8, 7]]
    free = network.generate_greedy(prompts, max_tokens=10)
    stop_id = free[0][2]
    stopped = network.generate_greedy(prompts, max_tokens=10, stop_ids=[stop_id])
    for row, whole in zip(stopped, free, strict=True):
        length = whole.index(stop_id) + 1 if stop_id in whole else 10
        assert row == whole[:length]


@pytest.mark.parametrize("is_interleaved", [True, False])
def test_rotation_turns_each_pair_as_a_complex_number(is_interleaved):
    heads = torch.randn(1, 1, 5, 8)
    angles = torch.randn(5, 4)
    turned = rotate(heads, angles.cos(), angles.sin(), interleaved=is_interleaved)

    def as_complex(tensor):
        if is_interleaved:
            return torch.complex(tensor[..., 0::2], tensor[..., 1::2])
        return torch.complex(tensor[..., :4], tensor[..., 4:])

    expected = as_complex(heads) * torch.polar(torch.ones(5, 4), angles)
    torch.testing.assert_close(as_complex(turned), expected)


def test_tokens_of_weight_zero_are_not_learned():
    network = make_network("llama")
    token_ids = torch.randint(0, 50, (2, 9))
    weights = torch.ones(2, 9)
    torch.testing.assert_close(network.loss(token_ids, weights), network.loss(token_ids))
    weights[:, 5:] = 0.0
    torch.testing.assert_close(
        network.loss(token_ids, weights), network.loss(token_ids[:, :5], weights[:, :5])
    )


def test_the_same_seed_gives_the_same_first_weights():
    config = make_network("llama").config
    one, two, other = Network(config, 1), Network(config, 1), Network(config, 2)
    assert torch.equal(one.embedding.weight, two.embedding.weight)
    assert not torch.equal(one.embedding.weight, other.embedding.weight)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"num_kv_heads": 3}, "multiple"), ({"head_dim": 7}, "even"), ({"architecture": "x"}, "'x'")],
)
def test_shapes_that_cannot_be_are_refused(change, message):
    shape = {
        "architecture": "llama",
        "vocab_size": 8,
        "num_layers": 1,
        "embedding_length": 8,
        "num_heads": 4,
        "num_kv_heads": 2,
        "head_dim": 2,
        "feed_forward_length": 8,
        "context_length": 8,
    }
    with pytest.raises(ValueError, match=message):
        NetworkConfig(**(shape | change))
