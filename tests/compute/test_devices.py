"""Devices and executors are chosen by name; what is not there is said plainly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from realm_jupyter.compute import create_executor, devices, resolve_device
from realm_jupyter.errors import ConfigError
from realm_jupyter.models import open_model
from support.tiny_models import tiny_model


@pytest.mark.parametrize("name", ["gpu", "", "CUDA", "cuda:", "cuda:-1", "cpu:0", None, 3])
def test_unknown_devices_are_refused(name):
    with pytest.raises(ConfigError, match="use auto, cpu, cuda, cuda:N or mps") as caught:
        resolve_device(name)
    assert (caught.value.field, caught.value.value) == ("device", name)


@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps"])
def test_devices_that_are_not_here_are_refused_with_those_that_are(name, monkeypatch):
    monkeypatch.setattr(devices, "available_devices", lambda: ("cpu",))
    with pytest.raises(ConfigError, match="not available here; available are cpu") as caught:
        resolve_device(name)
    assert caught.value.allowed == "cpu"


def test_a_device_is_found_by_its_number(monkeypatch):
    monkeypatch.setattr(devices, "available_devices", lambda: ("cpu", "cuda:0", "cuda:1"))
    assert resolve_device("cuda") == "cuda:0"
    assert resolve_device("cuda:1") == "cuda:1"


@pytest.mark.parametrize(
    ("driver", "found", "expected"),
    [
        (False, ("cpu", "cuda:0"), "cpu"),
        (True, ("cpu",), "cpu"),
        (True, ("cpu", "cuda:0"), "cuda:0"),
    ],
)
def test_auto_takes_a_gpu_only_where_driver_and_torch_agree(driver, found, expected, monkeypatch):
    monkeypatch.setattr(devices, "has_nvidia_driver", lambda: driver)
    monkeypatch.setattr(devices, "_has_apple_gpu", lambda: False)
    monkeypatch.setattr(devices, "available_devices", lambda: found)
    assert resolve_device("auto") == expected


def test_auto_without_a_driver_imports_no_torch():
    script = (
        "import sys\n"
        "from realm_jupyter.compute import devices, resolve_device\n"
        "import realm_jupyter.models\n"
        "devices.has_nvidia_driver = devices._has_apple_gpu = lambda: False\n"
        "assert resolve_device('auto') == resolve_device('cpu') == 'cpu'\n"
        "assert 'torch' not in sys.modules\n"
    )
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", script], check=True, cwd=root, timeout=60)


@pytest.mark.parametrize("has_library", [True, False])
def test_a_driver_is_its_library_where_nothing_else_tells(has_library, monkeypatch):
    asked = []

    def load(name):
        asked.append(name)
        if not has_library:
            raise OSError(name)

    monkeypatch.setattr(devices.Path, "exists", lambda _self: False)
    monkeypatch.setattr(devices.shutil, "which", lambda _name: None)
    monkeypatch.setattr(devices.ctypes, "CDLL", load)
    assert devices.has_nvidia_driver() is has_library
    assert asked == ["nvcuda.dll" if os.name == "nt" else "libcuda.so.1"]


def test_looking_for_a_driver_is_harmless():
    assert devices.has_nvidia_driver() in {True, False}
    assert devices.available_devices()[0] == "cpu"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("cuda", "is not available in this version; use auto, native, reference"),
        ("fast", "is unknown; use auto, native, reference"),
        (None, "is unknown; use auto, native, reference"),
    ],
)
def test_executors_that_do_not_exist_are_refused(name, problem):
    with pytest.raises(ConfigError, match=problem) as caught:
        create_executor(open_model(tiny_model()), device="cpu", executor=name)
    assert caught.value.field == "executor"


@pytest.mark.parametrize("name", ["auto", "reference"])
def test_executors_that_exist_are_made(name):
    assert create_executor(open_model(tiny_model()), device="cpu", executor=name).device == "cpu"
