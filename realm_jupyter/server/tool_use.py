"""The tools of one request: which are shown, what is forced, how the answer is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import RequestError
from realm_jupyter.protocol.tools import FunctionChoice
from realm_jupyter.server.tool_calls import ToolReader, forced_form, form_of

if TYPE_CHECKING:
    from realm_jupyter.protocol.chat import ChatRequest
    from realm_jupyter.protocol.tools import ToolCall
    from realm_jupyter.server.tool_calls import ToolForm
    from realm_jupyter.types import GenerationConfig, ModelInfo

__all__ = ["ToolUse"]

_TEMPLATE_KEY = "tokenizer.chat_template"
_NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}


class ToolUse:
    """What a request says about tools.

    Parameters
    ----------
    message : ChatRequest

    Raises
    ------
    RequestError
        If the choice names a function that is not there, or fields contradict each other.
    """

    def __init__(self, message: ChatRequest) -> None:
        self._tools = message.tools or ()
        choice = message.tool_choice or "auto"
        if choice == "none":
            self._tools = ()
        names = [tool.function.name for tool in self._tools]
        if len(set(names)) < len(names):
            raise RequestError("two tools have the same name", field="tools")
        if isinstance(choice, FunctionChoice):
            if choice.function.name not in names:
                raise RequestError(
                    f"tool_choice names {choice.function.name!r}, which is not among the tools",
                    field="tool_choice",
                )
            self._forced = [choice.function.name]
        else:
            self._forced = names if choice == "required" else []
            if choice == "required" and not names:
                raise RequestError("tool_choice 'required' needs tools", field="tool_choice")
        self._is_single = message.parallel_tool_calls is False
        self._is_parsed = message.parse_tool_calls
        self._form: ToolForm | None = None

    @property
    def shown(self) -> list[dict[str, Any]]:
        """The tools as the chat template shows them."""
        return [tool.shown() for tool in self._tools]

    def settle(self, info: ModelInfo, config: GenerationConfig) -> GenerationConfig:
        """Learn how a model calls tools; return how to generate.

        Raises
        ------
        RequestError
            If the model's chat template knows no tools, or the answer cannot have two forms.
        """
        if not self._tools:
            return config
        self._form = form_of(str(info.metadata.get(_TEMPLATE_KEY, "")))
        if self._form is None:
            raise RequestError(
                f"the chat template of {info.id!r} knows no tools, or calls them in a way that "
                "is not known here (known are those of Hermes and Qwen, Mistral, Llama 3)",
                field="tools",
            )
        if not self._forced:
            return config
        if config.form_field is not None:
            raise RequestError(
                f"tool_choice and {config.form_field} ask for two forms of one answer",
                field="tool_choice",
            )
        schemas = {
            tool.function.name: tool.function.parameters or _NO_ARGUMENTS
            for tool in self._tools
            if tool.function.name in self._forced
        }
        return config.with_changes(**forced_form(self._form, schemas))

    def reader(self) -> ToolReader | None:
        """Return what reads one answer; None where no calls are looked for."""
        if self._form is None or not self._is_parsed:
            return None
        return ToolReader(self._form, {tool.function.name for tool in self._tools})

    def taken(self, calls: list[ToolCall]) -> list[ToolCall]:
        """Return the calls that the request wants."""
        return calls[:1] if self._is_single else calls
