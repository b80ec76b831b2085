"""Whatever the description allows, and much that it does not, is no fault of the server."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

from support.live_server import ADMIN, GUARD_S, live_server

pytestmark = pytest.mark.soak
schemathesis = pytest.importorskip("schemathesis")

HEADERS = {"Authorization": f"Bearer {ADMIN.secret}"}
# Answers of full length would take hours.
SHORT = {"max_tokens": 4, "max_completion_tokens": 4, "min_tokens": 0, "n": 1}


def test_no_request_is_a_fault_of_the_server():
    with live_server("paris", "tales", body_timeout_s=2.0) as running:
        schema = schemathesis.openapi.from_url(f"{running.url}/openapi.json", headers=HEADERS)
        operations = [result.ok() for result in schema.get_all_operations()]
        assert len(operations) > 12
        for operation in operations:
            for mode in (
                schemathesis.GenerationMode.POSITIVE,
                schemathesis.GenerationMode.NEGATIVE,
            ):
                send_made_up(operation, mode)


def send_made_up(operation, mode):
    cases = operation.as_strategy(generation_mode=mode)

    @given(case=cases)
    @settings(
        max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    def send(case):
        if isinstance(case.body, dict) and ("prompt" in case.body or "messages" in case.body):
            case.body = {**case.body, **SHORT}
        response = case.call(headers=HEADERS, timeout=GUARD_S)
        # 507 and 503 say that there is no room; anything else above 499 is a fault.
        assert response.status_code < 500 or response.status_code in {503, 507}, response.text

    # What takes nothing cannot be asked wrongly.
    with contextlib.suppress(Unsatisfiable):
        send()
