"""One server for each module of tests."""

from __future__ import annotations

import httpx
import openai
import pytest

from support.live_server import ADMIN, GUARD_S, STUDENT, live_server


@pytest.fixture(scope="module")
def server():
    with live_server("tales", "paris") as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    with openai.OpenAI(
        base_url=f"{server.url}/v1", api_key=STUDENT.secret, max_retries=0, timeout=GUARD_S
    ) as found:
        yield found


@pytest.fixture(scope="module")
def http(server):
    headers = {"authorization": f"Bearer {STUDENT.secret}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=GUARD_S) as found:
        yield found


@pytest.fixture(scope="module")
def admin(server):
    headers = {"authorization": f"Bearer {ADMIN.secret}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=GUARD_S) as found:
        yield found
