"""Every error goes over the wire and comes back as itself."""

from __future__ import annotations

import math

import pytest

from realm_jupyter import errors
from realm_jupyter.protocol.error_table import ERROR_TABLE, error_body, error_from, http_error

EXAMPLES = [
    errors.ConfigError("no", field="device", value="tpu", allowed="cpu"),
    errors.RequestError("no", field="messages[0]"),
    errors.ModelNotFoundError("no", name="pari", suggestions=["paris"]),
    errors.ModelFormatError("no", path="a.gguf", offset_bytes=4),
    errors.UnsupportedArchitectureError("x", ["llama"], path="a.gguf"),
    errors.UnsupportedQuantizationError("Q9", ["Q8_0"], tensor="t", path="a.gguf"),
    errors.ModelDownloadError("no", url="https://example.org"),
    errors.ChecksumError("no", path="a.gguf", expected="1", found="2"),
    errors.ModelMemoryError("no", required_bytes=2, available_bytes=1),
    errors.LoadCancelledError("no"),
    errors.GuestTrapError("no", trap_code="unreachable", frames=["a", "b"]),
    errors.GuestLimitError("no", limit="memory"),
    errors.KVCacheError("no"),
    errors.SamplingParamsError("top_p", 2, "a number from 0 to 1"),
    errors.SamplingParamsError("seed", [1, None], "a whole number"),
    errors.GrammarError("no", field="grammar"),
    errors.ContextLengthError("no", num_tokens=9, context_length=8),
    errors.ChatTemplateError("no"),
    errors.PromptError("no"),
    errors.TenantNotFoundError("no", tenant="t"),
    errors.TenantClosedError("no", tenant="t"),
    errors.TenantBusyError("no", tenant="t"),
    errors.TenantQuotaError("no", tenant="t", quota="kv_bytes", retry_after_s=2.5),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_comes_back_with_its_class_message_and_fields(error):
    status, body = error_body(error)
    back = error_from(status, body.model_dump_json())
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert {name: _listed(value) for name, value in vars(back).items()} == {
        name: _listed(value) for name, value in vars(error).items()
    }


def _listed(value):
    return list(value) if isinstance(value, tuple) else value


def test_every_class_has_a_status_of_its_own_or_of_its_nearest_base():
    for name in errors.__all__:
        assert 400 <= http_error(getattr(errors, name)).status < 600
    assert http_error(errors.GuestTrapError) is ERROR_TABLE[errors.GuestError]


def test_the_body_is_openai_s():
    status, body = error_body(errors.SamplingParamsError("top_p", 2, "a number from 0 to 1"))
    assert status == 400
    assert body.model_dump()["error"] == {
        "message": "top_p=2 is not allowed: top_p must be a number from 0 to 1",
        "type": "invalid_request_error",
        "param": "top_p",
        "code": "sampling_params",
        "details": {"field": "top_p", "value": 2, "allowed": "a number from 0 to 1"},
    }


def test_a_busy_server_says_when_to_come_again():
    assert http_error(errors.TenantBusyError).status == 429
    assert http_error(errors.TenantBusyError).retry_after_s == 1


def test_values_that_json_cannot_say_are_written_out():
    _, body = error_body(errors.SamplingParamsError("logit_bias", {1: math.nan, 2: object}, "x"))
    assert body.error.details["value"]["1"] == "nan"


def test_a_fault_of_the_server_keeps_its_text_to_itself():
    status, body = error_body(KeyError("/home/someone/secret"))
    assert status == 500
    assert "secret" not in body.model_dump_json()


def test_an_answer_of_somebody_else_is_a_status_error():
    for body in (b"<html>bad gateway</html>", b'{"error": "busy"}', b"[1]", b"\xff"):
        error = error_from(502, body)
        assert type(error) is errors.APIStatusError
        assert error.status == 502
        assert "502" in str(error)


def test_an_unknown_code_keeps_message_and_status():
    error = error_from(401, {"error": {"message": "no key", "code": "invalid_api_key"}})
    assert type(error) is errors.APIStatusError
    assert (error.status, str(error)) == (401, "no key")


def test_details_cannot_replace_what_the_class_has():
    body = {"error": {"message": "m", "code": "prompt", "details": {"code": "x", "__class__": 1}}}
    error = error_from(400, body)
    assert type(error) is errors.PromptError
    assert error.code == "prompt"
