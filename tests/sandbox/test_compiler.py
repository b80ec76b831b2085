"""C and C++ become guests; what does not compile is said in lines of the cell."""

from __future__ import annotations

import importlib.metadata
import runpy
import subprocess
import threading
from pathlib import Path

import pytest

from realm_jupyter.errors import (
    ConfigError,
    GuestAbiError,
    GuestCompileError,
    GuestLimitError,
    GuestMissingError,
)
from realm_jupyter.sandbox import (
    GuestInstance,
    GuestLimits,
    GuestModule,
    add_guest,
    compile_guest,
    compiler,
    encode_config,
    find_guest,
    guest_names,
    named_guests,
)
from realm_jupyter.types import CancelToken, GenerationConfig
from support.guest_wat import blocking_guest

pytestmark = pytest.mark.usefixtures("compiler_cache")

ROOT = Path(__file__).resolve().parents[2]
GUEST = """#include "realm_guest.h"
int32_t generate(const realm::Request& request) {
  realm::Random random(request.settings);
  float x[4] = {1, 3, 2, 3};
  if (realm::argmax(x, 4) != 1) return -5;
  if (fabsf(realm::logsumexp(x, 4) - 3.91757f) > 1e-4f) return -6;
  realm::softmax(x, 4, 0.5f);
  int32_t counts[4] = {};
  for (int i = 0; i < 1000; ++i) ++counts[realm::draw(x, 4, random)];
  if (counts[1] < 350 || counts[1] > 550 || counts[0] > 40) return -7;
  const int32_t seq = realm_seq_new();
  float* logits = realm::floats(request.vocab_size);
  realm::run(request, seq, request.prompt, request.num_prompt, logits);
  return realm_emit_token(seq, realm::argmax(logits, request.vocab_size), 0) == 1
             ? REALM_FINISH_STOP : REALM_FINISH_LENGTH;
}
"""


@pytest.fixture(autouse=True)
def no_names(monkeypatch):
    monkeypatch.setattr(named_guests, "_guests", {})


def test_one_function_makes_a_guest(host):
    wasm = compile_guest(GUEST, "mine")
    module = GuestModule.from_bytes(wasm, "mine")
    assert module.kind == "blocking"
    assert set(module.imports) == {"seq_new", "forward", "vocab_size", "emit_token"}
    config = encode_config(GenerationConfig(), [4, 2], seed=2**40 + 7, max_tokens=3)
    with GuestInstance(module, host) as instance:
        assert instance.generate(config) == 1
    assert host.calls == [("seq_new",), ("forward", 5, [4, 2]), ("emit_token", 5, 7, 0.0)]


def test_the_flags_are_those_of_the_shipped_guest():
    build = runpy.run_path(str(ROOT / "hatch_build.py"))
    shipped = set(build["ZIG_FLAGS"]) - {"-Wall", "-Wextra", "-Werror"}
    assert {*compiler.FLAGS, *compiler.CPP_FLAGS} == shipped


def test_c_compiles_too_and_needs_no_helper(host):
    source = """#include "realm.h"
    static char room[4096];
    REALM_EXPORT(realm_abi_version) int32_t realm_abi_version(void) { return 0; }
    REALM_EXPORT(realm_alloc) void* realm_alloc(uint32_t n) { return n > 4096 ? 0 : room; }
    REALM_EXPORT(realm_free) void realm_free(void* p) { (void)p; }
    REALM_EXPORT(realm_generate) int32_t realm_generate(const void* c, uint32_t n) {
      realm_log(1, "from C", 6); (void)c; (void)n; return REALM_FINISH_LENGTH;
    }"""
    with GuestInstance(add_guest("c", compile_guest(source, language="c")), host) as instance:
        assert instance.generate(b"") == 2
    assert host.calls == [("log", 1, b"from C")]


def test_a_stack_that_overflows_hits_a_limit_and_not_the_data(host):
    source = GUEST.replace(
        "  realm::Random random",
        """  volatile char deep[100000];
  deep[0] = 1;
  if (request.num_prompt + deep[0] < 100) return generate(request) + deep[0];
  realm::Random random""",
    )
    config = encode_config(GenerationConfig(), [1], seed=1, max_tokens=1)
    with GuestInstance(add_guest("deep", compile_guest(source)), host) as instance:
        with pytest.raises(Exception, match=r"trapped|stack"):
            instance.generate(config)
        assert instance.is_broken


def test_errors_have_the_lines_of_the_cell_and_no_paths_of_the_package():
    source = GUEST.replace("realm_seq_new()", "realm_seq_new(3)")
    with pytest.raises(GuestCompileError) as caught:
        compile_guest(source, "mine", first_line=2)
    line = 2 + source[: source.index("realm_seq_new")].count("\n")
    message = str(caught.value)
    assert message.startswith("mine does not compile:\n")
    assert f"mine:{line}:" in message
    assert "realm.h:" in message
    assert str(ROOT) not in message
    assert any("error:" in item for item in caught.value.diagnostics)


def test_a_linker_error_is_said_too():
    source = GUEST.replace("return -5", "return missing_function()")
    source = "int32_t missing_function();\n" + source
    with pytest.raises((GuestCompileError, GuestAbiError), match="missing_function"):
        add_guest("mine", compile_guest(source, "mine"))


def test_a_guest_that_prints_is_refused_by_name():
    printing = 'puts("x");\n  realm::Random random'
    source = "#include <stdio.h>\n" + GUEST.replace("realm::Random random", printing)
    with pytest.raises(GuestAbiError, match="wasi_snapshot_preview1"):
        add_guest("mine", compile_guest(source))


def test_the_same_source_is_compiled_once(monkeypatch, private_cache):
    first = compile_guest(GUEST)
    assert len(list(private_cache.glob("*.wasm"))) == 1
    monkeypatch.setattr(subprocess, "Popen", None)
    assert compile_guest(GUEST, "another name", first_line=9) == first
    with pytest.raises(TypeError):
        compile_guest(GUEST + " ")


def test_without_the_compiler_the_error_says_what_to_install(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(GuestCompileError, match=r"realm-jupyter\[guest\]"):
        compile_guest(GUEST)


def test_a_source_that_is_too_large_is_refused():
    with pytest.raises(GuestCompileError, match="1 MiB"):
        compile_guest("/" * (2 << 20))


def test_compiling_can_be_stopped(monkeypatch):
    cancel = CancelToken()
    started = threading.Event()
    real = subprocess.Popen

    def slow(_arguments, **options):
        started.set()
        return real(["sleep", "600"], **options)

    monkeypatch.setattr(subprocess, "Popen", slow)
    threading.Thread(target=lambda: (started.wait(60), cancel.cancel())).start()
    with pytest.raises(GuestCompileError, match="stopped"):
        compile_guest(GUEST, cancel=cancel)


def test_a_compiler_that_hangs_is_ended(monkeypatch):
    real = subprocess.Popen
    monkeypatch.setattr(compiler, "TIMEOUT_S", 0.2)
    monkeypatch.setattr(subprocess, "Popen", lambda _a, **o: real(["sleep", "600"], **o))
    with pytest.raises(GuestCompileError, match="took longer than 0 s"):
        compile_guest(GUEST)


# ---- Names ------------------------------------------------------------------------------


def test_guests_are_found_by_name_by_file_and_by_their_bytes(tmp_path):
    wasm = blocking_guest("i32.const 2")
    added = add_guest("two", wasm)
    assert find_guest("two") is added
    (tmp_path / "three.wasm").write_bytes(wasm)
    assert find_guest(tmp_path / "three.wasm").name == "three"
    assert find_guest(bytearray(wasm)).wasm == wasm
    replaced = add_guest("two", blocking_guest("i32.const 1"))
    assert find_guest("two") is replaced
    assert guest_names() == ["two"]


def test_an_unknown_guest_names_the_closest():
    add_guest("best_of_n", blocking_guest())
    with pytest.raises(GuestMissingError, match="did you mean 'best_of_n'"):
        find_guest("best_of")
    with pytest.raises(GuestMissingError, match="No such file"):
        find_guest("/nowhere/guest.wasm")


@pytest.mark.parametrize("name", ["", "1st", "a/b", "a b", "é" * 70, "..", "a" * 65])
def test_a_name_is_a_word(name):
    with pytest.raises(ConfigError, match="name for a guest"):
        add_guest(name, blocking_guest())


def test_a_guest_that_loops_ends_at_its_deadline(host):
    source = GUEST.replace("return -5;", "return -5;\n  for (volatile int i = 0;; ++i) {}")
    module = add_guest("loop", compile_guest(source))
    config = encode_config(GenerationConfig(), [1], seed=1, max_tokens=1)
    instance = GuestInstance(module, host, GuestLimits(deadline_ms=100))
    with instance, pytest.raises(GuestLimitError):
        instance.generate(config)
