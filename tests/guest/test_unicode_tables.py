"""The committed Unicode tables are what their script makes."""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "realm_jupyter" / "guest" / "src" / "make_unicode_tables.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("make_unicode_tables", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_tables_are_up_to_date(script):
    committed = script.HEADER.read_text(encoding="ascii")
    version = re.search(r"^// Unicode (.+)$", committed, re.MULTILINE).group(1)
    if version != unicodedata.unidata_version:
        pytest.skip(f"the tables are of Unicode {version}, this Python has another")
    assert script.render() == committed


def test_the_tables_name_the_classes(script):
    text = script.render()
    block_size = int(re.search(r"BLOCK_SIZE = (\d+)", text).group(1))
    end = int(re.search(r"CLASSES_END = (0x[0-9A-F]+)", text).group(1), 16)
    arrays = re.findall(r"\] = \{([\d,\s]+)\}", text)
    blocks, classes = ([int(x) for x in array.replace(",", " ").split()] for array in arrays)

    def look_up(character):
        code_point = ord(character)
        if code_point >= end:
            return 0
        place = blocks[code_point // block_size] * block_size + code_point % block_size
        return classes[place // 4] >> place % 4 * 2 & 3

    for letters in "aZéßжא中ª\U00010400\U00020000":
        assert look_up(letters) == script.LETTER
    for numbers in "09²½Ⅷ٣\U0001d7d8":
        assert look_up(numbers) == script.NUMBER
    for spaces in " \t\n\v\f\r\x85\xa0\u1680\u2003\u2028\u3000":
        assert look_up(spaces) == script.SPACE
    for others in "!_\x00\x1c\u0301\u200b\u180e\ue000\U0001f600\U000e0001\U0010ffff":
        assert look_up(others) == script.OTHER
