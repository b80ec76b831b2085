"""Threads: few for small models, never more than the process may use."""

from __future__ import annotations

import os
import threading

import pytest
import torch

from realm_jupyter.compute import reference_threads, threads


@pytest.fixture(autouse=True)
def no_wishes(monkeypatch):
    for name in ("REALM_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def cgroup(tmp_path, monkeypatch):
    for name in ("_CGROUP", "_PROC", "_CPUS"):
        folder = tmp_path if name == "_CGROUP" else tmp_path / name
        monkeypatch.setattr(threads, name, folder)
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


def test_a_quota_of_a_group_above_counts(cgroup):
    proc = cgroup / "_PROC" / "self"
    proc.mkdir(parents=True)
    (proc / "cgroup").write_text("0::/user/app\n")
    (cgroup / "user" / "app").mkdir(parents=True)
    (cgroup / "user" / "app" / "cpu.max").write_text("max 100000\n")
    (cgroup / "user" / "cpu.max").write_text("300000 100000\n")
    assert threads.usable_cpus() == 3


def test_two_threads_of_a_core_are_one(cgroup):
    for cpu in range(12):
        folder = cgroup / "_CPUS" / f"cpu{cpu}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(f"{cpu % 6},{cpu % 6 + 6}\n")
    # Of processors 12 to 15 the system says nothing: each is a core.
    assert threads.physical_cores() == 6 + 4


def test_small_models_run_on_one_thread(monkeypatch):
    monkeypatch.setattr(threads, "physical_cores", lambda: 8)
    monkeypatch.setattr(threads, "usable_cpus", lambda: 4)
    limit = threads.SINGLE_THREAD_PARAMETERS
    assert threads.choose_num_threads(limit - 1) == 1
    assert threads.choose_num_threads(limit) == 4
    assert threads.choose_num_threads(1000, single_below=1000) == 4
    monkeypatch.setattr(threads, "physical_cores", lambda: 2)
    assert threads.choose_num_threads(limit) == 2


@pytest.mark.parametrize(
    ("name", "text", "small", "large"),
    [
        ("REALM_NUM_THREADS", "3", 3, 3),
        ("REALM_NUM_THREADS", "8", 8, 8),
        ("REALM_NUM_THREADS", "0", 1, 4),
        ("REALM_NUM_THREADS", "many", 1, 4),
        ("OMP_NUM_THREADS", "2", 1, 2),
        ("OMP_NUM_THREADS", "3,2", 1, 3),
        ("OMP_NUM_THREADS", "64", 1, 4),
        ("OMP_NUM_THREADS", "-1", 1, 4),
    ],
)
def test_variables_have_their_say(monkeypatch, name, text, small, large):
    monkeypatch.setattr(threads, "physical_cores", lambda: 4)
    monkeypatch.setattr(threads, "usable_cpus", lambda: 4)
    monkeypatch.setenv(name, text)
    assert threads.choose_num_threads(10) == small
    assert threads.choose_num_threads(10**9) == large


def test_torch_keeps_its_say(monkeypatch):
    monkeypatch.setattr(threads, "physical_cores", lambda: 8)
    monkeypatch.setattr(threads, "usable_cpus", lambda: 4)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert reference_threads.choose_torch_threads(threads.SINGLE_THREAD_PARAMETERS) == 2


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
        reference_threads.set_thread_count(default + 1)
        return torch.get_num_threads()

    assert in_new_thread(work) == default + 1
    assert in_new_thread(torch.get_num_threads) == default
    assert torch.get_num_threads() == here
