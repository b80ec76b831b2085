"""Administrators load, use and unload models; never what lies elsewhere."""

from __future__ import annotations

import json
import os
import shutil

import httpx
import pytest

from realm_jupyter.models.sources import shipped_path
from realm_jupyter.protocol.error_table import error_from
from realm_jupyter.protocol.sse import ServerEventReader
from support.live_server import ADMIN, GUARD_S, STUDENT, live_server


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    (root / "class").mkdir()
    (root / ".hidden").mkdir()
    shutil.copy(shipped_path("tales"), root / "class" / "story.gguf")
    shutil.copy(shipped_path("tales"), root / ".hidden" / "no.gguf")
    (root / "broken.gguf").write_bytes(b"GGUF nonsense")
    outside = tmp_path_factory.mktemp("outside")
    shutil.copy(shipped_path("tales"), outside / "secret.gguf")
    (root / "link.gguf").symlink_to(outside / "secret.gguf")
    (root / "door").symlink_to(outside)
    return root


@pytest.fixture(scope="module")
def server(folder):
    with live_server("paris", models_folder=folder, max_upload_bytes=4_000_000) as running:
        yield running


def events(response):
    assert response.headers["content-type"].startswith("text/event-stream")
    return [(item.name, item.data) for item in ServerEventReader().feed(response.content)]


def load(admin, source, **options):
    return admin.post("/admin/models/load", json={"source": source, **options})


def test_what_may_be_loaded_is_listed(admin):
    sources = admin.get("/admin/models").json()["sources"]
    assert sources == ["paris", "tales", "broken.gguf", "class/story.gguf"]


def test_a_model_is_loaded_used_and_unloaded(admin, http):
    said = events(load(admin, "class/story.gguf"))
    assert said[-1] == ("message", "[DONE]")
    name, data = said[-2]
    assert name == "loaded"
    assert json.loads(data)["model"]["id"] == "story"
    progress = [json.loads(data) for name, data in said if name == "progress"]
    assert progress
    assert progress[-1]["done_bytes"] == progress[-1]["total_bytes"]

    completion = http.post("/v1/completions", json={"prompt": "Once", "max_tokens": 2})
    assert completion.json()["model"] == "story"  # a load makes a model current
    assert admin.post("/admin/models/use", json={"id": "paris"}).json()["info"]["is_current"]
    completion = http.post("/v1/completions", json={"prompt": "Once", "max_tokens": 2})
    assert completion.json()["model"] == "paris"

    unloaded = admin.post("/admin/models/unload", json={"id": "story"}).json()
    assert unloaded["id"] == "story"
    assert unloaded["freed_bytes"] > 1_000_000
    assert [item["id"] for item in http.get("/v1/models").json()["data"]] == ["paris"]
    assert admin.post("/admin/models/unload", json={"id": "story"}).status_code == 404


def test_a_loaded_model_may_be_given_an_id(admin):
    assert json.loads(events(load(admin, "tales", id="t"))[-2][1])["model"]["id"] == "t"
    (name, data) = events(load(admin, "paris", id="t"))[-1]
    assert name == "message"
    assert json.loads(data)["error"]["code"] == "config_error"
    admin.post("/admin/models/unload", json={"id": "t"})


@pytest.mark.parametrize(
    "source",
    [
        "../outside/secret.gguf",
        "class/../../outside0/secret.gguf",
        "link.gguf",
        "door/secret.gguf",
        "/etc/passwd",
        str(shipped_path("tales")),
        "~/model.gguf",
        "class",
        "",
        ".",
        "a\0b",
        "a" * 5000,
        "story",
        "https://example.org/model.gguf",
    ],
    ids=lambda source: repr(source[:30]),
)
def test_nothing_elsewhere_is_loaded(admin, source):
    answer = load(admin, source)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
    assert "outside" not in answer.json()["error"]["message"].replace(source, "")


def test_a_broken_file_ends_the_stream_with_the_reason(admin):
    name, data = events(load(admin, "broken.gguf"))[-1]
    assert name == "message"
    error = error_from(200, json.loads(data))
    assert type(error).__name__ == "ModelFormatError"


def test_a_file_may_be_sent(admin, server):
    data = shipped_path("tales").read_bytes()
    answer = admin.post("/admin/models/upload", params={"id": "sent"}, content=data)
    assert json.loads(events(answer)[-2][1])["model"]["id"] == "sent"
    digest = admin.get("/v1/models/sent", params={"digest": "true"}).json()["info"]["sha256"]
    assert len(digest) == 64
    assert admin.get(f"/v1/models/{digest}").json()["id"] == "sent"
    assert admin.post("/admin/models/unload", json={"id": "sent"}).status_code == 200


@pytest.mark.parametrize(
    ("params", "content", "status", "code"),
    [
        ({}, b"a", 400, "invalid_request"),
        ({"id": "a", "path": "/etc"}, b"a", 400, "invalid_request"),
        ({"id": "a"}, b"a" * 4_000_001, 413, "body_too_large"),
    ],
)
def test_a_wrong_upload_is_refused(admin, params, content, status, code):
    answer = admin.post("/admin/models/upload", params=params, content=content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_an_upload_that_is_no_model_leaves_nothing(admin, monkeypatch, tmp_path):
    answer = admin.post("/admin/models/upload", params={"id": "bad"}, content=b"nonsense")
    assert json.loads(events(answer)[-1][1])["error"]["code"] == "model_format"
    answer = admin.post("/admin/models/upload", params={"id": "../x"}, content=b"nonsense")
    assert json.loads(events(answer)[-1][1])["error"]["code"] == "config_error"
    assert admin.get("/v1/models/bad").status_code == 404


def test_texts_on_an_unloaded_model_end_as_cancelled(admin, server):
    load(admin, "class/story.gguf").read()
    headers = {"authorization": f"Bearer {STUDENT.secret}"}
    message = {
        "model": "story",
        "prompt": "Once",
        "max_tokens": 480,
        "ignore_eos": True,
        "stream": True,
        "n": 20,
    }
    url = f"{server.url}/v1/completions"
    with httpx.stream("POST", url, headers=headers, json=message, timeout=GUARD_S) as answer:
        pieces = answer.iter_raw()
        data = next(pieces)
        assert admin.post("/admin/models/unload", json={"id": "story"}).status_code == 200
        data += b"".join(pieces)
    said = [item.data for item in ServerEventReader().feed(data)]
    assert said[-1] == "[DONE]"
    reasons = [json.loads(item)["choices"][0]["finish_reason"] for item in said[:-1]]
    assert sum(reason is not None for reason in reasons) == 20
    assert "cancelled" in reasons


def test_without_a_folder_only_shipped_models_may_be_loaded():
    headers = {"authorization": f"Bearer {ADMIN.secret}"}
    with live_server() as running, httpx.Client(base_url=running.url, headers=headers) as admin:
        assert admin.get("/admin/models").json()["sources"] == ["paris", "tales"]
        assert load(admin, os.fspath(shipped_path("tales"))).status_code == 404
