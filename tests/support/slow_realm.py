"""Models that take their time, so that their answers can be stopped; used in a kernel."""

from __future__ import annotations

import time

from realm_jupyter import Realm
from realm_jupyter.models.sources import shipped_path


def slow_realm(step_s=0.02):
    """Return a realm with a copy of paris under the id ``slow``: a step takes this longer."""
    realm = Realm()
    # From bytes: another model than the file, which others in this process may use.
    realm.load_model(shipped_path("paris").read_bytes(), "slow")
    slow_down(realm, "slow", step_s)
    return realm


def slow_down(realm, model, step_s=0.02):
    """Have each step of a loaded model take this longer."""
    executor = realm._backend.engine.get(model).executor
    forward = executor.forward

    def slowly(*args):
        time.sleep(step_s)
        return forward(*args)

    executor.forward = slowly
