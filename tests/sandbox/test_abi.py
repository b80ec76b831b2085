"""The constants and structs of `sandbox.abi` are those of ``guest/realm.h``."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from realm_jupyter.errors import (
    GuestAbiError,
    GuestError,
    GuestLimitError,
    TenantClosedError,
)
from realm_jupyter.sandbox import abi

HEADER = (Path(__file__).resolve().parents[2] / "realm_jupyter" / "guest" / "realm.h").read_text()
CODE = re.sub(r"/\*.*?\*/", "", HEADER, flags=re.DOTALL).replace("* ", " *")
TYPES = {
    "void": "",
    "void *": "i32",
    "float *": "i32",
    "float": "f32",
    "int32_t": "i32",
    "uint32_t": "i32",
    "int64_t": "i64",
    "uint64_t": "i64",
    "realm_span": "i64",
}


def _define(name):
    return int(re.search(rf"#define {name} \(?(-?\w+?)u?\)?\s", HEADER)[1], 0)


def _enum():
    body = re.search(r"typedef enum \{(.*?)\} realm_status;", CODE, re.DOTALL)[1]
    return {name: int(value) for name, value in re.findall(r"REALM_(\w+) = (-?\d+)", body)}


def _struct_format(name):
    body = re.search(rf"typedef struct \{{([^{{}}]*)\}} {name};", CODE)[1]
    letters = {"uint32_t": "I", "int32_t": "i", "float": "f"}
    text = "<"
    for kind, names in re.findall(r"(\w+)\s+([^;]+);", body):
        text += letters[kind] * len(names.split(","))
    return text


def _functions():
    """Return import names and export names with their signatures."""
    found = {}
    pattern = r"(?:REALM_IMPORT\((\w+)\)\s*)?\b((?:\w+ )+?\*?)(realm_\w+)\(([^)]*)\);"
    for imported, result, name, params in re.findall(pattern, CODE):
        kinds = [] if params.strip() == "void" else [_kind(p) for p in params.split(",")]
        result_kind = TYPES[result.strip()]
        signature = abi.Signature(tuple(kinds), (result_kind,) if result_kind else ())
        found[(bool(imported), imported or name)] = signature
    return found


def _kind(parameter):
    return "i32" if "*" in parameter else TYPES[parameter.split()[-2]]


def test_the_version_and_the_flags_are_the_headers():
    assert _define("REALM_ABI_VERSION") == abi.ABI_VERSION
    for name in (
        "ADD_SPECIAL",
        "PARSE_SPECIAL",
        "STRIP_SPACE",
        "RENDER_SPECIAL",
        "IGNORE_EOS",
        "LOGPROBS",
    ):
        assert _define(f"REALM_{name}") == getattr(abi, name), name
    for finish in abi.Finish:
        assert _define(f"REALM_FINISH_{finish.name}") == finish
    for form in abi.LogitsForm:
        assert _define(f"REALM_{form.name}") == form


def test_the_statuses_are_the_headers():
    assert _enum() == {status.name: int(status) for status in abi.Status}


@pytest.mark.parametrize(("name", "layout"), [("realm_config", "CONFIG"), ("realm_event", "EVENT")])
def test_the_structs_are_the_headers(name, layout):
    ours = getattr(abi, layout)
    expanded = re.sub(r"(\d+)(\w)", lambda m: m[2] * int(m[1]), ours.format)
    assert expanded == _struct_format(name)
    assert ours.size == struct.calcsize(_struct_format(name))


def test_the_signatures_are_the_headers():
    found = _functions()
    imports = {name: signature for (is_import, name), signature in found.items() if is_import}
    exports = {name: signature for (is_import, name), signature in found.items() if not is_import}
    assert imports == abi.IMPORTS
    assert exports == (
        abi.COMMON_EXPORTS | abi.TEXT_EXPORTS | abi.RESUMABLE_EXPORTS | abi.BLOCKING_EXPORTS
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (abi.Status.ERROR_ARGUMENT, GuestError),
        (abi.Status.ERROR_MEMORY, GuestLimitError),
        (abi.Status.ERROR_HANDLE, GuestError),
        (abi.Status.ERROR_VOCAB, GuestError),
        (abi.Status.ERROR_STATE, GuestError),
        (abi.Status.ERROR_HOST, GuestError),
        (abi.Status.ERROR_CLOSED, TenantClosedError),
        (-99, GuestAbiError),
        (-(2**31), GuestAbiError),
    ],
)
def test_every_status_has_a_typed_error_that_names_the_function(status, kind):
    error = abi.status_error(status, "realm_generate_begin", "a reason")
    assert type(error) is (GuestAbiError if status == abi.Status.ERROR_ARGUMENT else kind)
    assert "realm_generate_begin" in str(error)
    assert "a reason" in str(error)
