"""Whatever the description allows, and much that it does not, is no fault of the server."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from support.live_server import STUDENT, live_server

pytestmark = pytest.mark.soak
schemathesis = pytest.importorskip("schemathesis")

HEADERS = {"Authorization": f"Bearer {STUDENT.secret}"}


@pytest.fixture(scope="module")
def described():
    with live_server("paris", "tales", body_timeout_s=2.0) as running:
        yield schemathesis.openapi.from_url(f"{running.url}/openapi.json", headers=HEADERS)


@schemathesis.pytest.from_fixture("described").parametrize()
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_is_a_fault_of_the_server(case):
    if isinstance(case.body, dict):  # answers of full length would take hours
        limits = {name: 8 for name in ("max_tokens", "max_completion_tokens") if name in case.body}
        case.body = {**case.body, **limits}
    case.call_and_validate(
        headers=HEADERS, checks=[schemathesis.checks.not_a_server_error], timeout=120
    )
