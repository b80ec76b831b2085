from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from realm_jupyter.demo import train as command
from realm_jupyter.demo.muon import orthogonalize
from realm_jupyter.demo.network import NetworkConfig
from realm_jupyter.demo.paris import recipe as paris_recipe
from realm_jupyter.demo.paris.tokenizer import train_tokenizer
from realm_jupyter.demo.tales import evaluation
from realm_jupyter.demo.tales import recipe as tales_recipe
from realm_jupyter.demo.trainer import TrainingPlan, load_checkpoint, train

CONFIG = NetworkConfig(
    architecture="qwen3",
    vocab_size=32,
    num_layers=1,
    embedding_length=32,
    num_heads=2,
    num_kv_heads=1,
    head_dim=16,
    feed_forward_length=32,
    context_length=32,
)
PLAN = TrainingPlan(
    steps=6, batch_size=4, sequence_length=16, learning_rate=0.01, report_every_s=math.inf
)
TOKENS = (np.arange(400) * 7 % 32).astype(np.uint16)


def losses_of(plan, tokens=TOKENS, stop_at=None):
    losses = []

    def record(step, loss):
        if step == stop_at:
            raise KeyboardInterrupt
        losses.append(loss)

    train(CONFIG, plan, tokens, on_step=record)
    return losses


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_a_stopped_run_resumes_with_the_same_losses(tmp_path, optimizer):
    plan = replace(
        PLAN,
        optimizer=optimizer,
        checkpoint_path=tmp_path / "run.pt",
        checkpoint_every_s=0.0,
    )
    whole = losses_of(replace(plan, checkpoint_path=None))
    with pytest.raises(KeyboardInterrupt):
        losses_of(plan, stop_at=3)
    assert load_checkpoint(tmp_path / "run.pt")[1]["state"]["step"] == 3
    assert losses_of(plan) == whole[3:]


def test_a_finished_run_takes_no_more_steps(tmp_path):
    plan = replace(PLAN, checkpoint_path=tmp_path / "run.pt")
    assert len(losses_of(plan)) == 6
    assert losses_of(plan) == []


def test_a_checkpoint_of_another_shape_is_refused(tmp_path):
    plan = replace(PLAN, steps=1, checkpoint_path=tmp_path / "run.pt")
    train(CONFIG, plan, TOKENS)
    with pytest.raises(ValueError, match="another shape"):
        train(replace(CONFIG, num_layers=2), plan, TOKENS)


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_a_simple_pattern_is_learned(optimizer):
    losses = losses_of(replace(PLAN, steps=80, optimizer=optimizer))
    assert losses[0] > 3.0
    assert losses[-1] < 1.0


def test_masked_tokens_do_not_change_the_loss():
    noisy = TOKENS.copy()
    mask = np.ones(len(noisy), np.float32)
    mask[::3] = 0.0
    seen = []
    train(CONFIG, replace(PLAN, steps=1), noisy, mask, on_step=lambda _, loss: seen.append(loss))
    train(
        CONFIG,
        replace(PLAN, steps=1),
        noisy,
        mask * 5.0,
        on_step=lambda _, loss: seen.append(loss),
    )
    assert seen[0] == pytest.approx(seen[1], rel=1e-5)


def test_batches_may_come_from_a_source():
    asked = []

    def source(step):
        asked.append(step)
        return np.full((2, 5), step, np.uint16), None

    train(CONFIG, replace(PLAN, steps=3), source)
    assert asked == [0, 1, 2]


def test_a_stream_shorter_than_a_row_is_refused():
    with pytest.raises(ValueError, match="needs 17"):
        train(CONFIG, PLAN, TOKENS[:16])


def test_the_length_of_a_run_is_given_once():
    with pytest.raises(ValueError, match="exactly one"):
        TrainingPlan()
    with pytest.raises(ValueError, match="exactly one"):
        TrainingPlan(steps=1, minutes=1.0)


def test_the_rate_rises_and_then_falls_to_its_last_part():
    plan = TrainingPlan(steps=100, learning_rate=1.0, warmup=0.1, final_rate_ratio=0.05)
    assert plan.rate(0.0) < plan.rate(0.05) < plan.rate(0.1)
    assert plan.rate(0.1) > plan.rate(0.5) > plan.rate(0.9)
    assert plan.rate(1.0) == pytest.approx(0.05)
    assert plan.rate(1.5) == plan.rate(1.0)


@pytest.mark.parametrize("shape", [(24, 24), (16, 40), (40, 16)])
def test_orthogonalized_matrices_have_singular_values_near_one(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalize(matrix))
    assert values.max() < 1.3
    assert values.median() > 0.6


@pytest.mark.slow
def test_the_command_line_trains_evaluates_and_exports(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(evaluation, "OPENINGS", evaluation.OPENINGS[:2])
    arguments = ["tales", "--toy", "--steps", "2", "--out", str(tmp_path)]
    assert command.main(arguments) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "tales.checkpoint.pt",
        "tales.gguf",
        "tales-f32.gguf",
        "tales.evaluation.json",
        "tales.vocabulary.json",
    }
    figures = json.loads((tmp_path / "tales.evaluation.json").read_text(encoding="utf-8"))
    assert figures["sampling"]["num_stories"] == 2
    assert figures["training"]["num_steps"] == 2
    assert command.main(arguments) == 2
    assert "--resume" in capsys.readouterr().err
    exported = (tmp_path / "tales.gguf").read_bytes()
    (tmp_path / "tales.gguf").unlink()
    monkeypatch.setattr(tales_recipe, "make_vocabulary", None)  # the kept one is taken
    assert command.main([*arguments, "--export-only"]) == 0
    assert (tmp_path / "tales.gguf").read_bytes() == exported


def test_a_run_keeps_the_tokenizer_it_was_trained_with(tmp_path, monkeypatch):
    first = train_tokenizer(400, seed=1, num_conversations=50)
    monkeypatch.setattr(paris_recipe, "make_tokenizer", lambda _size: first)
    begun = paris_recipe.prepare(is_toy=True, folder=tmp_path / "run")
    other = train_tokenizer(420, seed=2, num_conversations=50)
    monkeypatch.setattr(paris_recipe, "make_tokenizer", lambda _size: other)
    resumed = paris_recipe.prepare(is_toy=True, folder=tmp_path / "run")
    assert resumed.config == begun.config
    assert resumed.vocabulary == begun.vocabulary
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["paris.tokenizer.json"]
    assert paris_recipe.prepare(is_toy=True).config.vocab_size == 420


def test_a_run_keeps_the_vocabulary_of_its_stories(tmp_path, monkeypatch):
    begun = tales_recipe.prepare(is_toy=True, folder=tmp_path)
    monkeypatch.setattr(tales_recipe, "make_vocabulary", None)
    resumed = tales_recipe.prepare(is_toy=True, folder=tmp_path)
    assert resumed.vocabulary == begun.vocabulary


@pytest.mark.parametrize(
    ("name", "vocabulary"),
    [("paris", "paris.tokenizer.json"), ("tales", "tales.vocabulary.json")],
)
def test_a_checkpoint_without_its_vocabulary_is_refused(tmp_path, capsys, name, vocabulary):
    (tmp_path / f"{name}.checkpoint.pt").write_bytes(b"")
    for option in ("--export-only", "--resume"):
        assert command.main([name, option, "--toy", "--out", str(tmp_path)]) == 2
        assert vocabulary in capsys.readouterr().err


def test_there_is_nothing_to_export_before_training(tmp_path, capsys):
    assert command.main(["tales", "--export-only", "--out", str(tmp_path)]) == 2
    assert "no " in capsys.readouterr().err
