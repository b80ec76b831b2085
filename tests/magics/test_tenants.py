"""``%realm tenants`` and the limits of the notebook's realm."""

from __future__ import annotations

import re
import time

import pytest

from realm_jupyter import RealmRegistry, TenantLimits
from realm_jupyter.magics import tenants
from realm_jupyter.stats import BatchSample, ModelStats, RegistryStats, TenantStats
from support.fake_realm import interrupt_main_thread
from support.tiny_gguf import write_tiny_llama

MODEL = ModelStats(
    id="paris",
    memory_bytes=3_000_000,
    num_sequences=3,
    num_steps=9,
    kv_type="f16",
    kv_bytes=2_000_000,
    kept_kv_bytes=500_000,
    most_kept_kv_bytes=10**9,
    num_cached_tokens=64,
    num_evicted_pages=0,
    batches=(
        BatchSample(age_s=60.0, num_sequences=99, num_tokens=99, duration_ms=1),
        BatchSample(age_s=5.0, num_sequences=1, num_tokens=1, duration_ms=1),
        BatchSample(age_s=0.1, num_sequences=4, num_tokens=4, duration_ms=1),
    ),
)


@pytest.fixture
def figures(monkeypatch):
    """Have the magics read what a test sets here."""
    found = []
    monkeypatch.setattr(tenants, "_read", lambda: found[-1])
    return found


def test_real_tenants_are_listed(notebook, tmp_path):
    path = write_tiny_llama(tmp_path / "tiny.gguf", seed=1)
    with RealmRegistry() as registry:
        registry.load_model("tiny", path)
        student = registry.realm("tiny", name="a student")
        student.generate("the cat", raw=True, max_tokens=3, ignore_eos=True)
        cell = notebook.run("%realm tenants")
        text = cell.representations["text/plain"]
        assert re.search(r"a student +tiny +0 +0 +1 +3 ", text)
        assert "tiny: " in text
        assert "a student" in {tenant.name for tenant in cell.result.value.tenants}
    assert "a student" not in notebook.run("%realm tenants").representations["text/plain"]


def test_the_busiest_come_first_and_numbers_are_for_people(notebook, figures):
    figures.append(
        RegistryStats(
            tenants=(
                TenantStats(name="idle", models=("paris",), completion_tokens=5),
                TenantStats(
                    name="<busy>",
                    models=("paris",),
                    num_running=2,
                    num_requests=7,
                    num_finished=3,
                    num_failed=1,
                    num_refused=4,
                    ttft_ms=12.4,
                    queue_ms=1.6,
                    kv_bytes=98304,
                ),
                TenantStats(name="never used"),
            ),
            models=(MODEL,),
        )
    )
    shown = notebook.run("%realm tenants").representations
    text, html = shown["text/plain"], shown["text/html"]
    assert text.index("<busy>") < text.index("idle")
    assert "7 (1 failed) (4 refused)" in text
    assert "12 ms" in text
    assert "98.3 kB" in text
    assert "never used" not in text
    assert "KV cache 2.0 MB (f16), 500 kB kept for prompts to come" in text
    assert "up to 4" in text  # what ran a minute ago is past
    assert "&lt;busy&gt;" in html


def test_many_tenants_are_cut_and_counted(notebook, figures):
    many = tuple(TenantStats(name=f"t{i}", models=("paris",)) for i in range(60))
    figures.append(RegistryStats(tenants=many))
    text = notebook.run("%realm tenants").representations["text/plain"]
    assert "60 tenants, of which 10 are not shown" in text


def test_nobody_yet(notebook, figures):
    figures.append(RegistryStats())
    assert "nobody has used a model yet" in repr(notebook.run("%realm tenants").result)


def test_watching_updates_one_output(notebook, figures, monkeypatch):
    figures.append(RegistryStats(models=(MODEL,)))
    monkeypatch.setattr(tenants, "_INTERVAL_S", 0.01)
    cell = notebook.run("%realm tenants --watch 0.05")
    assert cell.error is None
    ids = {message["transient"]["display_id"] for message in cell.answers}
    assert len(ids) == 1
    assert [message["update"] for message in cell.answers][:2] == [False, True]
    assert "paris: 3.0 MB of weights" in cell.final["text/plain"]
    assert cell.final["text/html"].startswith("<table")


def test_watching_ends_at_once_when_the_cell_is_stopped(notebook, figures, monkeypatch):
    figures.append(RegistryStats(models=(MODEL,)))
    reads = []

    def read():
        reads.append(1)
        if len(reads) == 2:
            interrupt_main_thread()
        return figures[-1]

    monkeypatch.setattr(tenants, "_read", read)
    monkeypatch.setattr(tenants, "_INTERVAL_S", 0.01)
    started = time.monotonic()
    cell = notebook.run("%realm tenants --watch")
    assert cell.error is None
    assert len(reads) == 3
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("value", ["-1", "soon", "nan"])
def test_a_wrong_duration_is_one_line(notebook, value):
    cell = notebook.run(f"%realm tenants --watch={value}")
    assert "needs a number" in str(cell.error)


# ---- Limits and other settings --------------------------------------------------------


def test_limits_are_settings_of_the_realm(notebook):
    notebook.run("%realm config tokens_per_minute 500")
    notebook.run("%realm load paris")
    notebook.run("%realm config num-sequences 2")
    notebook.run("%realm config share_prefixes true")
    assert notebook.realm.limits == TenantLimits(tokens_per_minute=500, num_sequences=2)
    assert notebook.realm.share_prefixes is True
    notebook.run("%realm config tokens_per_minute none")
    assert notebook.realm.limits == TenantLimits(num_sequences=2)
    assert "generations that run at once" in repr(notebook.run("%realm config").result)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("config queue_length -1", "a whole number from 0"),
        ("config queue_length none", "invalid literal"),
        ("config priority 1000", "from -100 to 100"),
        ("config kv_type f8", "kv_type"),
    ],
)
def test_limits_out_of_range_are_one_line(notebook, line, message):
    cell = notebook.run(f"%realm {line}")
    (shown,) = cell.shown_error
    assert message in shown


def test_the_realm_starts_with_the_settings(notebook):
    notebook.magics.kv_bytes = 10**6
    notebook.magics.share_prefixes = True
    with notebook.magics._make_realm() as realm:
        assert realm.limits == TenantLimits(kv_bytes=10**6)
        assert realm.share_prefixes
        assert realm.stats().name == "notebook"


def test_the_kv_type_is_a_flag_and_a_setting(notebook):
    notebook.run("%realm load paris --kv-type q8_0")
    notebook.run("%realm config kv_type f32")
    notebook.run("%realm load tales")
    assert [load["kv_type"] for load in notebook.realm.loads] == ["q8_0", "f32"]
