"""Models that call tools: paris with other chat templates."""

from __future__ import annotations

from realm_jupyter.gguf import GGUFFile
from realm_jupyter.models.sources import shipped_path

TEMPLATE = (
    "{%- for m in messages -%}{{- '<|' + ('user' if m.role == 'tool' else m.role) + '|>' + "
    "m.content -}}{%- for c in m.tool_calls or [] -%}{{ c.function | tojson }}{%- endfor -%}"
    "<|end|>{%- endfor -%}{%- if tools and messages | length > 9 -%}{{ tools }}{%- endif -%}"
    "<|assistant|>{# MARK #}"
)
MARKS = {"hermes": "<tool_call>", "mistral": "[TOOL_CALLS]", "llama": '"parameters"'}


def write_tool_models(folder, forms=tuple(MARKS)):
    """Write a model for each form of calls, of the template's length in paris; return the files."""
    path = shipped_path("paris")
    with GGUFFile.open(path) as file:
        old = file.metadata["tokenizer.chat_template"].encode()
    for form in forms:
        new = TEMPLATE.replace("MARK", MARKS[form]).encode()
        new = new[:-2] + b" " * (len(old) - len(new)) + new[-2:]
        (folder / f"{form}.gguf").write_bytes(path.read_bytes().replace(old, new))
    return sorted(folder.iterdir())
