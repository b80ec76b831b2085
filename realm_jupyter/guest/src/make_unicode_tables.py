"""Write ``unicode_tables.h``: the class of every code point, from Python's ``unicodedata``.

The pre-tokenizers tell four classes apart: letters (L*), numbers (N*), white space
(the property White_Space) and the rest. A two-stage table holds two bits a code point::

    python realm_jupyter/guest/src/make_unicode_tables.py
"""
# ruff: noqa: INP001 - a script beside the sources that use what it makes

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

HEADER = Path(__file__).with_name("unicode_tables.h")
OTHER, LETTER, NUMBER, SPACE = range(4)
BLOCK_SIZE = 128  # code points a block


def classify(code_point: int) -> int:
    """Return the class of a code point."""
    # White_Space is Z* and these control characters.
    if code_point in {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85}:
        return SPACE
    major = unicodedata.category(chr(code_point))[0]
    return {"L": LETTER, "N": NUMBER, "Z": SPACE}.get(major, OTHER)


def render() -> str:
    """Return the text of the header."""
    classes = [classify(code_point) for code_point in range(sys.maxunicode + 1)]
    end = max(code_point for code_point, value in enumerate(classes) if value != OTHER) + 1
    end = -(-end // BLOCK_SIZE) * BLOCK_SIZE

    blocks: dict[tuple[int, ...], int] = {}
    stage1 = []
    for start in range(0, end, BLOCK_SIZE):
        block = tuple(classes[start : start + BLOCK_SIZE])
        stage1.append(blocks.setdefault(block, len(blocks)))
    if len(blocks) > 256:  # noqa: PLR2004 - what a byte can number
        raise ValueError("more than 256 distinct blocks: make them larger")
    stage2 = [
        sum(block[i + k] << 2 * k for k in range(4))
        for block in blocks
        for i in range(0, BLOCK_SIZE, 4)
    ]
    return "\n".join((
        "// Made by make_unicode_tables.py; do not edit.",
        f"// Unicode {unicodedata.unidata_version}",
        "#ifndef REALM_UNICODE_TABLES_H",
        "#define REALM_UNICODE_TABLES_H",
        "",
        "#include <stdint.h>",
        "",
        "namespace realm {",
        "",
        "// clang-format off",
        f"constexpr uint32_t UNICODE_BLOCK_SIZE = {BLOCK_SIZE};",
        f"constexpr uint32_t UNICODE_CLASSES_END = 0x{end:X};  // no letters, numbers, space above",
        "",
        "// The block of a code point / UNICODE_BLOCK_SIZE.",
        *_array("UNICODE_BLOCKS", stage1),
        "",
        "// Two bits a code point of each distinct block, the first lowest:",
        "// 0 other, 1 letter, 2 number, 3 white space.",
        *_array("UNICODE_CLASSES", stage2),
        "// clang-format on",
        "",
        "}  // namespace realm",
        "",
        "#endif  // REALM_UNICODE_TABLES_H",
        "",
    ))  # fmt: skip


def _array(name: str, values: list[int]) -> list[str]:
    rows = [values[start : start + 24] for start in range(0, len(values), 24)]
    return [
        f"inline constexpr uint8_t {name}[{len(values)}] = {{",
        *("  " + " ".join(f"{value}," for value in row) for row in rows),
        "};",
    ]


if __name__ == "__main__":
    HEADER.write_text(render(), encoding="ascii")
