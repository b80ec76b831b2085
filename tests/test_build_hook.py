"""The build hook: what is fresh stays, what is stale is built, and nothing else."""

from __future__ import annotations

import ctypes
import importlib.util
import platform
import shutil
import struct
import subprocess
import sys
import tomllib
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
    monkeypatch.delenv("REALM_CPU_TARGET", raising=False)
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

    monkeypatch.setattr(hook, "BUILDERS", {"guest": build, "widget": build, "cpu": build})
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


def test_the_page_follows_from_guest_kernels_and_front_end(hook, project, monkeypatch):
    assert hook.web_step(project) is None
    native = project / "realm_jupyter" / "compute" / "cpu"
    js = project / "js"
    sources = [js / "web/src/main.tsx", js / "sdk/src/browser.ts", js / "widget/src/entry.ts"]
    sources += [native / "src/isa_kernels.cpp", native / "wasm/memory.cpp", project / "LICENSE"]
    sources.append(project / "NOTICES.txt")
    sources += [js / name for name in ("package.json", "package-lock.json", "sdk/package.json")]
    for path in sources:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")

    def names(archive):
        return {step.name for step in hook.steps_for(project, archive)}

    # What is shipped is the page, which needs the kernels only while it has to be built.
    assert {"sdk", "web"} <= names("wheel") & names("sdist")
    step = hook.web_step(project)
    step.outputs[0].parent.mkdir(parents=True)
    for path in step.outputs:
        path.write_bytes(b"built")
    step.seal()
    assert not {"sdk", "web"} & (names("wheel") | names("sdist"))
    assert "sdk" in {item.name for item in hook.stale_steps(project)}
    for path in (*sources, guest(project, "src/exports.cpp")):
        before = path.read_bytes()
        edit(path)
        assert not hook.web_step(project).is_fresh(), path
        path.write_bytes(before)
    assert hook.web_step(project).is_fresh()
    monkeypatch.setattr(hook, "WASM_FLAGS", (*hook.WASM_FLAGS, "-O1"))
    assert not hook.web_step(project).is_fresh()


def test_the_sdist_takes_every_part_of_the_front_end():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    taken = project["tool"]["hatch"]["build"]["targets"]["sdist"]["only-include"]
    there = {f"js/{path.name}" for path in (ROOT / "js").iterdir()} - {"js/node_modules"}
    assert there == {name for name in taken if name.startswith("js/")}


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


# ---- the native library ----

COMMON = """
#include "sets.h"
extern "C" __attribute__((visibility("default"))) int best() { return NAMES; }
int hidden() { return 1; }
"""
ISA = """
namespace REALM_ISA { int value() { return sizeof(__PRETTY_FUNCTION__); } }
"""
CROSS = {
    "aarch64-linux-gnu": b"\x7fELF",
    "aarch64-macos": struct.pack("<I", 0xFEEDFACF),
    "x86_64-windows-gnu": b"MZ",
}


@pytest.fixture
def kernels(hook, project):
    """The project with a native library of two sources, not built yet."""
    if hook.cpu_target() is None:
        pytest.skip("there is no native library for this machine")
    source = library(project, "src")
    source.mkdir(parents=True)
    isas = list(hook.cpu_target().isas)
    names = " + ".join(f"{isa}::value()" for isa in isas)
    declared = "".join(f"namespace {isa} {{ int value(); }}\n" for isa in isas)
    (source / "sets.h").write_text(f"{declared}#define NAMES {names}\n", encoding="utf-8")
    (source / "best.cpp").write_text(COMMON, encoding="utf-8")
    (source / "isa_value.cpp").write_text(ISA, encoding="utf-8")
    return project


def library(project, name):
    return project / "realm_jupyter" / "compute" / "cpu" / name


def own_library(hook, project):
    return library(project, f"librealm_cpu{hook.cpu_target().suffix}")


def test_the_library_is_built_for_this_machine_once(hook, kernels, built):
    assert own_library(hook, kernels).exists()
    build_stale(hook, kernels)
    assert built == []
    edit(library(kernels, "src/sets.h"))
    assert hook.required_toolchains(kernels) == [hook.ZIG]
    build_stale(hook, kernels)
    assert built == ["cpu"]


def test_an_sdist_never_asks_for_the_library(hook, kernels, built):
    edit(library(kernels, "src/sets.h"))
    assert hook.required_toolchains(kernels, "sdist") == []
    assert hook.steps_for(kernels, "sdist") == []
    assert [step.name for step in hook.steps_for(kernels, "wheel")] == ["cpu"]


def test_the_stamp_includes_the_target(hook, kernels, built, monkeypatch):
    monkeypatch.setenv("REALM_CPU_TARGET", "aarch64-macos")
    step = hook.cpu_step(kernels)
    assert step.outputs[0] == kernels / "build" / "cpu" / "aarch64-macos" / "librealm_cpu.dylib"
    assert not step.is_fresh()
    build_stale(hook, kernels)
    assert built == ["cpu"]
    monkeypatch.delenv("REALM_CPU_TARGET")
    assert hook.cpu_step(kernels).is_fresh()
    assert hook.cpu_step(kernels).digest() != step.digest()


def test_an_unknown_target_is_an_error_that_lists_the_known(hook, kernels, monkeypatch):
    monkeypatch.setenv("REALM_CPU_TARGET", "sparc-solaris")
    with pytest.raises(ValueError, match=r"'sparc-solaris' is unknown; use x86_64-linux-gnu, "):
        hook.stale_steps(kernels)


def test_a_machine_of_another_kind_has_no_library(hook, kernels, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert hook.cpu_target() is None
    assert hook.cpu_step(kernels) is None
    with pytest.raises(RuntimeError, match="riscv64"):
        hook.compile_cpu(hook.guest_step(kernels))


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        (("linux", "x86_64", "glibc"), "x86_64-linux-gnu"),
        (("linux", "aarch64", "glibc"), "aarch64-linux-gnu"),
        (("linux", "x86_64", ""), "x86_64-linux-musl"),
        (("darwin", "arm64", ""), "aarch64-macos"),
        (("win32", "AMD64", ""), "x86_64-windows-gnu"),
    ],
)
def test_machines_are_known_by_their_names(hook, monkeypatch, machine, expected):
    monkeypatch.setattr(sys, "platform", machine[0])
    monkeypatch.setattr(platform, "machine", lambda: machine[1])
    monkeypatch.setattr(platform, "libc_ver", lambda: (machine[2], ""))
    assert hook.host_target() == expected
    assert expected in hook.TARGETS


def test_a_wheel_with_the_library_is_of_one_platform(hook, kernels, built):
    data = {"force_include": {}, "pure_python": True}
    hook.add_library(kernels, data)
    path = own_library(hook, kernels)
    assert data == {
        "force_include": {str(path): f"realm_jupyter/compute/cpu/{path.name}"},
        "pure_python": False,
        "tag": f"py3-none-{hook.cpu_target().wheel}",
    }


def test_a_wheel_without_the_library_is_of_all_platforms(hook, kernels):
    data = {"force_include": {}}
    hook.add_library(kernels, data)
    assert data == {"force_include": {}}


def test_every_set_is_compiled_and_nothing_is_exported_that_need_not(hook, kernels):
    pytest.importorskip("ziglang")
    build_stale(hook, kernels)
    native = ctypes.CDLL(str(own_library(hook, kernels)))
    names = [f"int {isa}::value()" for isa in hook.cpu_target().isas]
    assert native.best() == sum(len(name) + 1 for name in names)
    assert not hasattr(native, "_Z6hiddenv")
    assert hook.cpu_step(kernels).is_fresh()


def test_the_kernels_of_the_sdk_follow_from_the_same_sources(hook, kernels):
    assert hook.sdk_step(kernels) is None
    wasm = library(kernels, "wasm")
    wasm.mkdir()
    (wasm / "pool.cpp").write_text("// threads of a page\n", encoding="utf-8")
    (library(kernels, "src") / "pool.cpp").write_text("// threads of a system\n", encoding="utf-8")
    step = hook.sdk_step(kernels)
    names = {path.relative_to(library(kernels, "")).as_posix() for path in step.sources}
    assert {"src/best.cpp", "src/isa_value.cpp", "src/sets.h", "wasm/pool.cpp"} == names
    assert step in hook.stale_steps(kernels)
    before = step.digest()
    edit(wasm / "pool.cpp")
    assert step.digest() != before


@pytest.mark.soak
@pytest.mark.parametrize("target", CROSS)
def test_the_library_can_be_made_for_other_machines(hook, kernels, monkeypatch, target):
    pytest.importorskip("ziglang")
    monkeypatch.setenv("REALM_CPU_TARGET", target)
    names = " + ".join(f"{isa}::value()" for isa in hook.TARGETS[target].isas)
    declared = "".join(f"namespace {isa} {{ int value(); }}\n" for isa in hook.TARGETS[target].isas)
    header = library(kernels, "src/sets.h")
    header.write_text(f"{declared}#define NAMES {names}\n", encoding="utf-8")
    step = hook.cpu_step(kernels)
    hook.compile_cpu(step)
    assert step.outputs[0].read_bytes().startswith(CROSS[target])


def test_a_source_that_does_not_compile_leaves_the_old_library(hook, kernels):
    pytest.importorskip("ziglang")
    path = own_library(hook, kernels)
    path.write_bytes(b"old")
    library(kernels, "src/best.cpp").write_text("this is not C++", encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        build_stale(hook, kernels)
    assert path.read_bytes() == b"old"
    assert not hook.cpu_step(kernels).is_fresh()
