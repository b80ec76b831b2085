"""Sessions over a fake realm, each with a view that checks what the kernel sends."""

from __future__ import annotations

import pytest

from support.fake_realm import FakeRealm
from support.widget_wire import GUARD_S, Chat


@pytest.fixture
def realm():
    realm = FakeRealm()
    realm.load_model("paris")
    return realm


@pytest.fixture
def chat(realm):
    chat = Chat(realm)
    yield chat
    chat.session.stop()
    assert chat.session.wait(GUARD_S)
