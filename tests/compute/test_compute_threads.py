"""Threads: few for small models, never more than the process may use."""

from __future__ import annotations

import os
import threading

import pytest
import torch

from realm_jupyter.compute import threads


@pytest.fixture
def cgroup(tmp_path, monkeypatch):
    monkeypatch.setattr(threads, "_CGROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(16)), raising=False)
    return tmp_path


def test_affinity_counts(cgroup):
    assert cgroup.exists()
    assert threads.usable_cpus() == 16


@pytest.mark.parametrize(
    ("text", "expected"),
    [("150000 100000\n", 2), ("10000 100000", 1), ("max 100000", 16), ("99", 16), ("x y", 16)],
)
def test_a_quota_of_version_2_counts(cgroup, text, expected):
    (cgroup / "cpu.max").write_text(text)
    assert threads.usable_cpus() == expected


@pytest.mark.parametrize(("quota", "expected"), [("400000", 4), ("-1", 16)])
def test_a_quota_of_version_1_counts(cgroup, quota, expected):
    (cgroup / "cpu").mkdir()
    (cgroup / "cpu" / "cpu.cfs_quota_us").write_text(quota)
    (cgroup / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert threads.usable_cpus() == expected


def test_small_models_run_on_one_thread(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    monkeypatch.setattr(threads, "usable_cpus", lambda: 4)
    limit = threads.SINGLE_THREAD_PARAMETERS
    assert threads.choose_num_threads(limit - 1) == 1
    assert threads.choose_num_threads(limit) == 4
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert threads.choose_num_threads(limit) == 2


def in_new_thread(function):
    found = []
    worker = threading.Thread(target=lambda: found.append(function()))
    worker.start()
    worker.join()
    return found[0]


def test_setting_a_thread_count_touches_no_other_thread():
    default = in_new_thread(torch.get_num_threads)
    here = torch.get_num_threads()

    def work():
        threads.set_thread_count(default + 1)
        return torch.get_num_threads()

    assert in_new_thread(work) == default + 1
    assert in_new_thread(torch.get_num_threads) == default
    assert torch.get_num_threads() == here
