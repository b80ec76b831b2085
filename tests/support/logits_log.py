"""The logits that guests are given, bit for bit."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from unittest import mock

from realm_jupyter.engine import local_backend
from realm_jupyter.sandbox import GuestInstance


@contextmanager
def logits_log():
    """Yield a mapping of (tenant's instance, generation's handle) to a list of bytes.

    Generations that begin meanwhile have all logits, also where the largest would do.
    """
    log = defaultdict(list)
    step = GuestInstance.generate_step

    def recording(instance, handle, logits):
        log[instance, handle].append(logits.tobytes())
        return step(instance, handle, logits)

    with (
        mock.patch.object(local_backend, "num_largest_logits", return_value=0),
        mock.patch.object(GuestInstance, "generate_step", recording),
    ):
        yield log


def logits_of(realm, token_ids, **options):
    """Generate from token ids; return the response and the logits of every step."""
    with logits_log() as log:
        response = realm.generate(token_ids=token_ids, **options)
    (logits,) = log.values()
    return response, logits
