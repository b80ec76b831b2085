"""Instances that know a model's vocabulary: loaded anew, or from an image where it pays."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from realm_jupyter.sandbox.image import cached_image, make_image
from realm_jupyter.sandbox.instance import GuestInstance

if TYPE_CHECKING:
    from collections.abc import Callable

    from realm_jupyter.sandbox.host import HostFunctions
    from realm_jupyter.sandbox.limits import GuestLimits
    from realm_jupyter.sandbox.module import GuestModule

__all__ = ["VocabularyImages"]

# Below this a vocabulary loads in a millisecond or two and fills less than a megabyte.
MIN_VOCABULARY_BYTES = 256 << 10


class _Entry:
    """What is known of one guest."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.num_instances = 0
        self.image: GuestModule | None = None
        self.is_settled = False


class VocabularyImages:
    """The images of one vocabulary, one for each guest program.

    Parameters
    ----------
    vocabulary : callable
        Returns the bytes, laid out as ``realm_vocab``.

    Notes
    -----
    The first instance of a process uses an image if the disk has one and loads the
    vocabulary otherwise, because a single tenant should not wait for a compiler. The
    second one makes the image.
    """

    def __init__(self, vocabulary: Callable[[], bytes]) -> None:
        self._vocabulary = vocabulary
        self._lock = threading.Lock()
        self._entries: dict[bytes, _Entry] = {}

    def instance(
        self,
        module: GuestModule,
        host: HostFunctions | None = None,
        limits: GuestLimits | None = None,
    ) -> GuestInstance:
        """Return a new instance that knows the vocabulary, if its guest takes one.

        Raises
        ------
        ModelFormatError
            If the guest finds the vocabulary malformed.
        GuestLimitError
            If it does not fit in the guest's memory.
        """
        if not module.has_vocabulary:
            return GuestInstance(module, host, limits)
        with self._lock:
            entry = self._entries.setdefault(module.wasm, _Entry())
        vocabulary = b""
        with entry.lock:
            if not entry.is_settled:
                vocabulary = self._vocabulary()
                self._settle(entry, module, vocabulary)
            entry.num_instances += 1
        if entry.image is not None:
            return GuestInstance(entry.image, host, limits)
        instance = GuestInstance(module, host, limits)
        try:
            instance.load_vocabulary(vocabulary or self._vocabulary())
        except BaseException:
            instance.close()
            raise
        return instance

    @staticmethod
    def _settle(entry: _Entry, module: GuestModule, vocabulary: bytes) -> None:
        """Find an image on disk for the first instance, or make one for the second."""
        if len(vocabulary) < MIN_VOCABULARY_BYTES:
            entry.is_settled = True
        elif entry.num_instances == 0:
            entry.image = cached_image(module, vocabulary)
            entry.is_settled = entry.image is not None
        else:
            entry.image = make_image(module, vocabulary)
            entry.is_settled = True
