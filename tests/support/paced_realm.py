"""A realm that answers with a given text at a given speed; used inside a kernel."""

from __future__ import annotations

import time

from support.fake_realm import FakeRealm


class _Paced(list):
    """Pieces that come one by one, as fast as they are due."""

    def __init__(self, pieces, per_second):
        super().__init__(pieces)
        self._per_second = per_second

    def __getitem__(self, where):
        found = super().__getitem__(where)
        return self._in_time(found) if isinstance(where, slice) else found

    def _in_time(self, pieces):
        start = time.monotonic()
        for number, piece in enumerate(pieces):
            # Behind schedule there is nothing to wait for.
            time.sleep(max(0.0, start + number / self._per_second - time.monotonic()))
            yield piece


def paced_realm(pieces, per_second=200.0):
    """Return a realm with the model paris loaded that answers in these pieces."""
    realm = FakeRealm()
    realm.load_model("paris")
    realm.pieces = _Paced(pieces, per_second)
    return realm
