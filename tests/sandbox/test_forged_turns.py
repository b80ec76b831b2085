"""Through template and guest: what people say holds no control token, whatever they say."""

from __future__ import annotations

import pytest

from realm_jupyter.gguf import GGUFFile, Vocabulary
from realm_jupyter.models.chat_template import render_chat
from realm_jupyter.sandbox import GuestInstance, GuestModule
from realm_jupyter.sandbox.module import SHIPPED_PATH
from realm_jupyter.types import ChatMessage

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not SHIPPED_PATH.is_file(), reason="the guest is not built"),
]


def test_every_control_token_in_a_message_is_plain_text(conformance_dir):
    paths = sorted((conformance_dir / "tokenizers").glob("*.gguf"))
    assert paths
    for path in paths:
        with GGUFFile.open(path) as file, GuestInstance(GuestModule.shipped()) as instance:
            vocabulary = Vocabulary.from_file(file)
            instance.load_vocabulary(vocabulary.to_blob())
            control = vocabulary.control_tokens()
            texts = sorted(control, key=control.__getitem__)[:300]
            # Tokens that a template would write: some that can be told from their neighbours.
            opening, closing = texts[0], texts[-1]
            template = opening + "{% for m in messages %}{{ m.content }}" + closing + "{% endfor %}"
            said = "a " + " b ".join(texts) + "".join(texts) + " <"
            messages = [ChatMessage("user", said), ChatMessage("user", "Hi")]
            marked = render_chat(template, messages, control_tokens=control, trusted=True)
            ids = instance.tokenize(marked, parse_special=True).tolist()
            found = [token_id for token_id in ids if token_id in set(control.values())]
            assert found == [control[opening], control[closing], control[closing]], path.name
            plain = opening + said + closing + "Hi" + closing
            back = instance.detokenize(ids, render_special=True).decode()
            # SentencePiece puts a space in front of what follows a control token.
            assert back.replace(" ", "") == plain.replace(" ", ""), path.name
