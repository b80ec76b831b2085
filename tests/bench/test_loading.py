"""What loads and first tokens are timed with."""

from __future__ import annotations

import numpy as np

from realm_jupyter import Realm
from realm_jupyter.bench import BenchSettings, loading, render_report, run_bench
from realm_jupyter.models.sources import shipped_path


def test_repeated_prompts_are_run_anew(monkeypatch, tmp_path):
    usages = []
    generate = Realm.generate

    def remember(self, *args, **options):
        response = generate(self, *args, **options)
        usages.append(response.usage)
        return response

    monkeypatch.setattr(Realm, "generate", remember)
    ids = np.arange(300, dtype=np.int32)
    with loading.fresh_cache():
        found = loading.measure_load(
            shipped_path("paris"), "native", ids, (300,), rounds=2, say=lambda _: None
        )
    assert len(found.ttft[300].values) == 2
    assert [usage.cached_tokens for usage in usages if usage.prompt_tokens == 300] == [0, 0]


def test_loads_alone_are_shown_without_a_table_of_speeds():
    none = {"prompts": (), "contexts": (), "streams": ()}
    settings = BenchSettings(model="paris", rounds=1, seconds=0.05, **none)
    text = render_report(run_bench(settings))
    assert "load " in text
    assert "tok/s" not in text
