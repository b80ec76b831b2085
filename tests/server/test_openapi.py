"""The server's own description is true."""

from __future__ import annotations

import jsonschema
import pytest

from realm_jupyter.server.app import ROUTES
from realm_jupyter.server.openapi import DESCRIPTIONS

TURN = [{"role": "user", "content": "Hello"}]
REQUESTS = {
    "/v1/chat/completions": {"model": "paris", "messages": TURN, "max_tokens": 4, "logprobs": True},
    "/v1/completions": {"model": "tales", "prompt": ["a", "b"], "max_tokens": 4, "logprobs": 2},
    "/v1/embeddings": {"model": "paris", "input": "a"},
    "/tokenize": {"text": "a"},
    "/detokenize": {"token_ids": [1, 2]},
}


@pytest.fixture(scope="module")
def description(http):
    return http.get("/openapi.json").json()


def test_every_route_is_described():
    assert {route.path for route in ROUTES} == set(DESCRIPTIONS)


def schema_of(description, content):
    schema = dict(content["application/json"]["schema"])
    return {**schema, "components": description["components"]}


@pytest.mark.parametrize("path", REQUESTS)
def test_requests_and_answers_are_as_described(http, description, path):
    operation = description["paths"][path]["post"]
    jsonschema.validate(REQUESTS[path], schema_of(description, operation["requestBody"]["content"]))
    answer = http.post(path, json=REQUESTS[path])
    assert answer.status_code == 200
    jsonschema.validate(
        answer.json(), schema_of(description, operation["responses"]["200"]["content"])
    )
    refused = http.post(path, json={"nonsense": 1})
    content = operation["responses"][str(refused.status_code)]["content"]
    jsonschema.validate(refused.json(), schema_of(description, content))


def test_models_are_as_described(http, description):
    for path in ("/v1/models", "/v1/models/{model}"):
        content = description["paths"][path]["get"]["responses"]["200"]["content"]
        answer = http.get(path.replace("{model}", "paris"))
        jsonschema.validate(answer.json(), schema_of(description, content))


def test_only_health_needs_no_key(description):
    free = [
        path
        for path, item in description["paths"].items()
        for operation in item.values()
        if operation.get("security") == []
    ]
    assert free == ["/health"]
