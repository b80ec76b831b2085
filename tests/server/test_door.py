"""Who may: keys on every route, hosts, origins, sizes."""

from __future__ import annotations

import socket

import httpx
import pytest

from realm_jupyter.server.app import ROUTES
from realm_jupyter.server.keys import Key, KeyRing
from support.live_server import ADMIN, GUARD_S, OTHER, STUDENT, live_server
from support.raw_http import connect, head, read_all

CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def server():
    settings = {
        "allowed_origins": ("https://school.example/",),
        "allowed_hosts": ("class.example",),
    }
    with live_server("paris", max_body_bytes=10_000, **settings) as running:
        yield running


def bearer(secret):
    return {"authorization": f"Bearer {secret}"}


def code(response):
    return response.json()["error"]["code"]


@pytest.fixture(scope="module")
def web(server):
    with httpx.Client(base_url=server.url, timeout=GUARD_S) as client:
        yield client


WRONG = [
    {},
    bearer("secret-of-nobody"),
    bearer(STUDENT.secret + "x"),
    bearer(STUDENT.secret[:-1]),
    {"authorization": STUDENT.secret},
    {"authorization": f"Basic {STUDENT.secret}"},
    {"authorization": "Bearer"},
    {"x-api-key": STUDENT.secret},
]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_nobody_without_a_key_reaches_anything_but_health(web, route):
    path = route.path.replace("{model}", "paris")
    (method,) = route.methods - {"HEAD"}
    requests = [(method, headers) for headers in WRONG]
    requests += [(other, {}) for other in ("GET", "POST", "OPTIONS", "DELETE", "HEAD")]
    for way, headers in requests:
        answer = web.request(way, path, headers=headers)
        if path == "/health":
            assert answer.status_code == (200 if way in {"GET", "HEAD"} else 405)
            continue
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        if way != "HEAD":
            assert code(answer) == "invalid_api_key"


@pytest.mark.parametrize("path", ["/", "/v1", "/admin", "/health/", "/healthz", "//health", "/x"])
def test_paths_that_are_not_there_need_a_key_too(web, path):
    assert web.get(path).status_code == 401
    answer = web.get(path, headers=bearer(OTHER.secret))
    assert (answer.status_code, code(answer)) == (404, "not_found")


def test_two_keys_in_one_request_are_none(server):
    with connect(server) as connection:
        extra = f"Authorization: Bearer {STUDENT.secret}\r\nConnection: close\r\n"
        connection.sendall(head("/v1/models", STUDENT.secret, method="GET", extra=extra))
        assert read_all(connection).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r.path.startswith("/admin")], ids=lambda r: r.path
)
def test_only_administrators_reach_the_models(web, route):
    method = "POST" if "POST" in route.methods else "GET"
    answer = web.request(method, route.path, headers=bearer(STUDENT.secret))
    assert (answer.status_code, code(answer)) == (403, "admin_required")
    answer = web.request(method, route.path, headers=bearer(ADMIN.secret))
    assert answer.status_code in {200, 400}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:99", 200),
        ("LOCALHOST.", 200),
        ("app.localhost", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:1", 200),
        ("class.example", 200),
        ("evil.example", 421),
        ("evil.example:80", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example", 421),
        ("", 421),
        ("[::1", 421),
    ],
)
def test_the_host_is_checked(web, host, status):
    headers = {**bearer(STUDENT.secret), "host": host}
    answer = web.get("/v1/models", headers=headers)
    assert answer.status_code == status
    assert web.get("/health", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://school.example", "https://school.example.evil"],
)
def test_pages_of_other_origins_are_refused(web, origin):
    headers = {**bearer(STUDENT.secret), "origin": origin}
    answer = web.get("/v1/models", headers=headers)
    assert (answer.status_code, code(answer)) == (403, "origin_not_allowed")
    assert "access-control-allow-origin" not in answer.headers
    preflight = {"origin": origin, "access-control-request-method": "POST"}
    assert web.options(CHAT, headers=preflight).status_code == 403


def test_pages_of_an_allowed_origin_may_call(web):
    origin = "https://school.example"
    answer = web.options(
        CHAT,
        headers={
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization",
        },
    )
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-headers"] == "authorization"
    answer = web.get("/v1/models", headers={**bearer(STUDENT.secret), "origin": origin})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-expose-headers"] == "retry-after"
    assert answer.headers["vary"] == "Origin"
    # The page gets to read the refusal, but no more than that.
    assert web.get("/v1/models", headers={"origin": origin}).status_code == 401


def test_a_page_of_the_server_s_own_origin_may_call(web):
    headers = {**bearer(STUDENT.secret), "origin": str(web.base_url).rstrip("/")}
    assert web.get("/v1/models", headers=headers).status_code == 200


def test_large_heads_and_bodies_are_refused(web):
    headers = bearer(STUDENT.secret)
    answer = web.get("/v1/models", headers={**headers, "x-long": "a" * 40_000})
    assert (answer.status_code, code(answer)) == (431, "headers_too_large")
    many = {f"x-{number}": "a" for number in range(200)}
    assert web.get("/v1/models", headers={**headers, **many}).status_code == 431
    answer = web.post(CHAT, headers=headers, content=b"a" * 10_001)
    assert (answer.status_code, code(answer)) == (413, "body_too_large")
    chunks = (b"a" * 1000 for _ in range(50))  # whose size nobody announced
    answer = web.post(CHAT, headers=headers, content=chunks)
    assert answer.status_code == 413


def test_what_is_no_http_is_answered_as_all_errors(server):
    with connect(server) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"code":"bad_request"' in answer


def test_wrong_methods_and_paths_are_answered_as_all_errors(web):
    headers = bearer(STUDENT.secret)
    answer = web.get(CHAT, headers=headers)
    assert (answer.status_code, code(answer)) == (405, "method_not_allowed")
    assert "POST" in answer.headers["allow"]
    answer = web.get("/nothing", headers=headers)
    assert (answer.status_code, code(answer)) == (404, "not_found")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_key_is_found_by_all_of_its_secret():
    ring = KeyRing([Key("a", "12345678"), Key("b", "123456789")])
    assert ring.find("12345678").name == "a"
    assert ring.find("123456789").name == "b"
    assert ring.find("1234567") is None
    assert ring.find("") is None
    assert ring.find("\udcff") is None


def test_single_tokens_are_not_held_back(server):
    # asyncio turns Nagle's algorithm off for sockets that name the protocol.
    assert server._socket.proto == socket.IPPROTO_TCP
