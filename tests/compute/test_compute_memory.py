"""Memory: what a model needs, what is left, and who says so."""

from __future__ import annotations

import pytest
import torch

from realm_jupyter.compute import create_executor, memory, memory_available, memory_needed
from realm_jupyter.errors import ModelMemoryError
from realm_jupyter.models import open_model
from support.tiny_models import tiny_model


def test_the_need_is_the_weights_and_a_margin():
    model = open_model(tiny_model())
    executor = create_executor(model, device="cpu", executor="reference")
    margin = memory_needed(model, "cpu", "reference") - executor.memory_bytes
    assert 0 < margin <= 64 << 20


def test_a_model_that_does_not_fit_is_refused_before_anything_is_allocated(monkeypatch):
    model = open_model(tiny_model())
    needed = memory_needed(model, "cpu", "reference")
    monkeypatch.setattr(memory, "_system_available", lambda: needed - 1)
    monkeypatch.setattr(torch, "empty", lambda *_a, **_k: pytest.fail("allocated"))
    with pytest.raises(ModelMemoryError, match="'tiny llama' on cpu needs") as caught:
        create_executor(model, device="cpu", executor="reference")
    assert caught.value.required_bytes == needed
    assert caught.value.available_bytes == needed - 1
    monkeypatch.undo()
    monkeypatch.setattr(memory, "_system_available", lambda: needed)
    create_executor(model, device="cpu", executor="reference")


def test_this_machine_has_memory():
    assert memory_available("cpu") > 1 << 20


@pytest.fixture
def linux(tmp_path, monkeypatch):
    """A Linux system with 1000 kB available and the files that a test adds."""
    monkeypatch.setattr(memory.platform, "system", lambda: "Linux")
    monkeypatch.setattr(memory, "_PROC", tmp_path / "proc")
    monkeypatch.setattr(memory, "_CGROUP", tmp_path / "cgroup")

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    write("proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:    1000 kB\nSwapFree: 0 kB\n")
    return write


def test_without_a_limit_the_system_decides(linux):
    assert memory_available("cpu") == 1000 << 10
    linux("proc/self/cgroup", "0::/user/app\n")
    linux("cgroup/user/app/memory.max", "max\n")
    linux("cgroup/user/app/memory.current", "5\n")
    assert memory_available("cpu") == 1000 << 10


def test_control_groups_of_version_2_limit_and_reclaim(linux):
    linux("proc/self/cgroup", "0::/user/app\n")
    linux("cgroup/user/memory.max", "500000\n")
    linux("cgroup/user/memory.current", "400000\n")
    assert memory_available("cpu") == 100_000
    linux("cgroup/user/memory.stat", "anon 9\ninactive_file 50000\nactive_file 1000\nfile 7\n")
    assert memory_available("cpu") == 151_000
    linux("cgroup/user/app/memory.max", "1000\n")
    linux("cgroup/user/app/memory.current", "2000\n")
    assert memory_available("cpu") == 0


def test_a_container_sees_its_limit_at_the_root(linux):
    linux("proc/self/cgroup", "0::/../../hidden\n")
    linux("cgroup/memory.max", "9000\n")
    linux("cgroup/memory.current", "4000\n")
    assert memory_available("cpu") == 5000


def test_control_groups_of_version_1(linux):
    linux("proc/self/cgroup", "12:cpu,cpuacct:/a\n4:memory:/docker/x\nbroken\n")
    linux("cgroup/memory/docker/x/memory.limit_in_bytes", "7000\n")
    linux("cgroup/memory/docker/x/memory.usage_in_bytes", "3000\n")
    assert memory_available("cpu") == 4000


@pytest.mark.parametrize("text", ["", "MemAvailable: many kB\n", "MemAvailable:\n"])
def test_an_unreadable_system_is_no_reason_to_refuse(linux, text):
    linux("proc/meminfo", text)
    assert memory_available("cpu") > 1 << 40


@pytest.mark.parametrize("system", ["Darwin", "FreeBSD"])
def test_other_systems_give_a_sane_number(system, monkeypatch):
    monkeypatch.setattr(memory.platform, "system", lambda: system)
    assert memory_available("cpu") > 1 << 28


def test_releasing_memory_is_harmless():
    memory.release_memory("cpu")
