"""A realm whose model takes its time, so that its answers can be stopped; used in a kernel."""

from __future__ import annotations

import time

from realm_jupyter import Realm
from realm_jupyter.models.sources import shipped_path


def slow_realm(step_s=0.02):
    """Return a realm with a copy of paris under the id ``slow``: a step takes this longer."""
    realm = Realm()
    # From bytes: another model than the file, which others in this process may use.
    realm.load_model(shipped_path("paris").read_bytes(), "slow")
    executor = realm._backend.engine.get("slow").executor
    forward = executor.forward

    def slowly(batch):
        time.sleep(step_s)
        return forward(batch)

    executor.forward = slowly
    return realm
