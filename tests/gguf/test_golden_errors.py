"""What is said of hostile files, as golden JSON that the TypeScript reader is held to.

``pytest tests/gguf --update-golden`` writes the file; read the difference.
"""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path

import pytest

from realm_jupyter.errors import ModelFormatError
from realm_jupyter.gguf import GGUFFile, Vocabulary
from support.malformed_gguf import MALFORMED, VOCABULARIES

PATH = Path(__file__).resolve().parents[1] / "golden" / "malformed_gguf.json"
# Larger files are made by the tests themselves; a fixture should be readable.
MOST_BYTES = 8192


def said(data):
    with pytest.raises(ModelFormatError) as caught, GGUFFile.open(data) as file:
        Vocabulary.from_file(file)
    return str(caught.value)


def test_the_messages_are_the_golden_ones(update_golden):
    cases = {
        name: {"zlib": base64.b64encode(zlib.compress(data, 9)).decode(), "message": said(data)}
        for name, case in (MALFORMED | VOCABULARIES).items()
        if isinstance(case.content, bytes) and len(data := case.data) <= MOST_BYTES
    }
    if update_golden:
        text = json.dumps(cases, indent=2, ensure_ascii=False)
        PATH.write_text(text + "\n", encoding="utf-8", newline="\n")
    golden = json.loads(PATH.read_text(encoding="utf-8"))
    assert {name: case["message"] for name, case in golden.items()} == {
        name: case["message"] for name, case in cases.items()
    }
    for name, case in golden.items():
        assert said(zlib.decompress(base64.b64decode(case["zlib"]))) == case["message"], name
