"""The build hook: what is fresh stays, what is stale is built, and nothing else."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest
import wasmtime

pytest.importorskip("hatchling")

ROOT = Path(__file__).resolve().parent.parent
SOURCE = """
#include "../realm.h"
extern "C" REALM_EXPORT(realm_abi_version) int32_t realm_abi_version(void) { return VALUE; }
"""


@pytest.fixture(scope="module")
def hook():
    # As hatchling does it: without putting the module into sys.modules.
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a guest of one function, not built yet."""
    monkeypatch.delenv("REALM_SKIP_BUILD", raising=False)
    source = tmp_path / "realm_jupyter" / "guest" / "src" / "exports.cpp"
    source.parent.mkdir(parents=True)
    source.write_text(SOURCE.replace("VALUE", "7"), encoding="utf-8")
    shutil.copy(ROOT / "realm_jupyter" / "guest" / "realm.h", source.parent.parent)
    return tmp_path


@pytest.fixture
def built(hook, project, monkeypatch):
    """The same, built by a compiler that only writes its output; calls are counted."""
    calls = []

    def build(step):
        calls.append(step.name)
        for path in step.outputs:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"built")
        step.seal()

    monkeypatch.setattr(hook, "BUILDERS", {"guest": build, "widget": build})
    build_stale(hook, project)
    calls.clear()
    return calls


def build_stale(hook, project):
    for step in hook.stale_steps(project):
        hook.BUILDERS[step.name](step)


def edit(path):
    path.write_text(path.read_text(encoding="utf-8") + "\n// changed\n", encoding="utf-8")


def guest(project, name):
    return project / "realm_jupyter" / "guest" / name


def test_nothing_is_built_when_fresh(hook, project, built):
    build_stale(hook, project)
    assert built == []
    assert hook.required_toolchains(project) == []


@pytest.mark.parametrize("name", ["src/exports.cpp", "realm.h"])
def test_an_edited_source_makes_it_stale_once(hook, project, built, name):
    edit(guest(project, name))
    assert hook.required_toolchains(project) == [hook.ZIG]
    build_stale(hook, project)
    build_stale(hook, project)
    assert built == ["guest"]


def test_an_added_or_removed_source_makes_it_stale(hook, project, built):
    added = guest(project, "src/added.h")
    added.write_text("// new\n", encoding="utf-8")
    build_stale(hook, project)
    added.unlink()
    build_stale(hook, project)
    assert built == ["guest", "guest"]


@pytest.mark.parametrize("name", ["guest.wasm", "guest.wasm.stamp"])
def test_a_missing_output_or_stamp_makes_it_stale(hook, project, built, name):
    guest(project, name).unlink()
    build_stale(hook, project)
    assert built == ["guest"]


def test_other_flags_make_it_stale(hook, project, built, monkeypatch):
    monkeypatch.setattr(hook, "ZIG_FLAGS", (*hook.ZIG_FLAGS, "-O1"))
    build_stale(hook, project)
    assert built == ["guest"]


def test_the_skip_variable_builds_nothing(hook, project, built, monkeypatch):
    edit(guest(project, "realm.h"))
    monkeypatch.setenv("REALM_SKIP_BUILD", "1")
    build_stale(hook, project)
    assert built == []
    assert hook.required_toolchains(project) == []


def test_there_is_no_widget_step_without_a_front_end(hook, project):
    assert hook.widget_step(project) is None
    (project / "js").mkdir()
    assert hook.widget_step(project) is None


def test_the_front_end_is_bundled_when_it_is_there(hook, project, built, monkeypatch):
    js = project / "js"
    (js / "node_modules").mkdir(parents=True)
    (js / "package.json").write_text("{}", encoding="utf-8")
    (js / "package-lock.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert hook.required_toolchains(project) == [hook.NODE]
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/npm")
    assert hook.required_toolchains(project) == []
    build_stale(hook, project)
    (js / "node_modules" / "installed.js").write_text("// not ours\n", encoding="utf-8")
    build_stale(hook, project)
    edit(js / "package-lock.json")
    build_stale(hook, project)
    assert built == ["widget", "widget"]


def test_a_step_that_leaves_no_output_is_not_sealed(hook, project):
    step = hook.guest_step(project)
    with pytest.raises(RuntimeError, match=r"guest\.wasm"):
        step.seal()
    assert not step.is_fresh()


def test_the_compiler_makes_a_guest_without_other_imports(hook, project):
    pytest.importorskip("ziglang")
    build_stale(hook, project)
    assert hook.guest_step(project).is_fresh()
    store = wasmtime.Store()
    module = wasmtime.Module.from_file(store.engine, str(guest(project, "guest.wasm")))
    assert not module.imports
    instance = wasmtime.Instance(store, module, [])
    assert instance.exports(store)["realm_abi_version"](store) == 7


def test_the_script_builds_steps_by_name(hook, built, capsys, monkeypatch, project):
    monkeypatch.setattr(hook, "__file__", str(project / "hatch_build.py"))
    assert hook.main(["guest"]) == 0
    assert built == []
    edit(guest(project, "realm.h"))
    assert hook.main(["widget"]) == 0
    assert built == []
    assert hook.main([]) == 0
    assert built == ["guest"]
    assert hook.main(["gust"]) == 2
    assert "gust" in capsys.readouterr().err
