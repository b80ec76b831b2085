"""`RealmMagics`: ``%realm`` and ``%%realm``, their settings, and how errors are shown."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Bool, Dict, Enum, Float, Int, TraitError, Unicode, observe, validate

from realm_jupyter.errors import (
    GuestCompileError,
    LoadCancelledError,
    MagicError,
    RealmError,
)
from realm_jupyter.human import one_line
from realm_jupyter.magics import batch, commands, prompting
from realm_jupyter.magics.completion import complete
from realm_jupyter.magics.display import MAX_UPDATES_A_SECOND, STOPPED
from realm_jupyter.magics.limit_traits import LimitTraits
from realm_jupyter.magics.parsers import (
    CELL_COMMANDS,
    DEVICES,
    EXECUTORS,
    FORMATS,
    KV_TYPES,
    help_text,
    overview,
    parse_line,
)
from realm_jupyter.magics.session import Session
from realm_jupyter.options import HelpRequestedError, did_you_mean, parse_field
from realm_jupyter.types import GenerationConfig

if TYPE_CHECKING:
    from realm_jupyter.magics.parsers import Call

__all__ = ["RealmMagics", "load_ipython_extension", "unload_ipython_extension"]

MAGIC_NAMES = ("%realm", "%%realm")
_FIELDS = tuple(item.name for item in fields(GenerationConfig))
_FIRST_LINE = re.compile(r"%%realm(?![\w?])")


@magics_class
class RealmMagics(LimitTraits, Magics):
    """``%realm`` acts on models, ``%%realm`` answers its cell."""

    default_model = Unicode(
        "paris", help="Loaded when a cell asks for an answer and no model is loaded."
    ).tag(config=True)
    device = Unicode("auto", help=f"Where models run, such as {', '.join(DEVICES)}.").tag(
        config=True
    )
    display = Enum(
        ("auto", "rich", "plain"),
        "auto",
        help="rich updates one output of the cell, plain prints; auto looks for a notebook.",
    ).tag(config=True)
    executor = Unicode("auto", help=f"What runs models, such as {', '.join(EXECUTORS)}.").tag(
        config=True
    )
    format = Enum(FORMATS, "markdown", help="How answers are shown.").tag(config=True)
    generation = Dict(
        {}, help='Sampling fields of every cell, such as {"temperature": 0}; flags win.'
    ).tag(config=True)
    interpolate = Bool(
        True,  # noqa: FBT003 - the signature of traitlets
        help="Replace {{name}} in prompts by the variable, if there is one.",
    ).tag(config=True)
    kv_type = Enum(
        KV_TYPES, "auto", help="Number format of the KV cache of models that are loaded next."
    ).tag(config=True)
    share_prefixes = Bool(
        False,  # noqa: FBT003 - as above
        help="Go on from prompts of other tenants that begin alike, where they opted in too.",
    ).tag(config=True)
    show_status = Bool(
        True,  # noqa: FBT003 - as above
        help="Show tokens, speed, seed and finish reason below an answer.",
    ).tag(config=True)
    system = Unicode("", help="System prompt for cells that give none.").tag(config=True)
    updates_per_second = Float(
        MAX_UPDATES_A_SECOND, min=0.1, max=MAX_UPDATES_A_SECOND, help="Most updates of an answer."
    ).tag(config=True)

    def __init__(self, shell: Any, **kwargs: Any) -> None:
        super().__init__(shell, **kwargs)
        self.session = Session(shell, self, self._make_realm)

    def _make_realm(self) -> Any:
        from realm_jupyter.realm import Realm  # noqa: PLC0415 - %load_ext stays fast

        return Realm(
            limits=self.tenant_limits(), share_prefixes=self.share_prefixes, name="notebook"
        )

    @observe(*LimitTraits.class_trait_names(config=True), "share_prefixes")
    def _apply_limits(self, _change: Any) -> None:
        # Not before __init__ is through, and not before there is a realm: it starts with them.
        session = getattr(self, "session", None)
        if session is not None and session.has_realm:
            session.realm.limits = self.tenant_limits()
            session.realm.share_prefixes = self.share_prefixes

    @property
    def realm_in_use(self) -> Any:
        """The notebook's `Realm`, for Python code beside the magics."""
        return self.session.realm

    @validate("generation")
    def _check_generation(self, proposal: dict[str, Any]) -> Any:
        value = proposal["value"]
        unknown = [name for name in value if name not in _FIELDS]
        if unknown:
            raise TraitError(
                f"generation has no field {unknown[0]!r}{did_you_mean(str(unknown[0]), _FIELDS)}"
            )
        try:
            GenerationConfig(**value)
        except RealmError as error:
            raise TraitError(one_line(error)) from error
        return value

    # -- settings, as %realm config sees them --------------------------------------

    def describe(self, name: str | None = None) -> list[tuple[str, str, str]]:
        """Return name, value and meaning of one setting or of all."""
        traits = self.traits(config=True)
        rows = [
            (key, repr(getattr(self, key)), str(trait.help))
            for key, trait in sorted(traits.items())
            if key != "generation"
        ]
        rows += [
            (key, repr(self.generation[key]), "sampling flag of every cell")
            for key in _FIELDS
            if key in self.generation
        ]
        if name is None:
            return rows
        name = self._known_setting(name)
        if name in _FIELDS and name not in self.generation:
            default = getattr(GenerationConfig(), name)
            return [(name, repr(default), "sampling flag; this is the default")]
        return [row for row in rows if row[0] == name]

    def change(self, name: str, text: str) -> None:
        """Set a setting, or the default of a sampling flag, from text.

        Raises
        ------
        MagicError
            If there is no such setting or the value is not allowed.
        """
        name = self._known_setting(name)
        try:
            if name in _FIELDS:
                self.generation = {**self.generation, name: self._parse(name, text)}
            else:
                self._set_trait(name, text)
        except (RealmError, TraitError, ValueError) as error:
            raise MagicError(one_line(error)) from error

    def _parse(self, name: str, text: str) -> Any:
        return parse_field(name, text, self.session.variables())

    def _set_trait(self, name: str, text: str) -> None:
        trait = self.traits()[name]
        if isinstance(trait, Bool):
            setattr(self, name, parse_field("ignore_eos", text))
        elif isinstance(trait, Float):
            setattr(self, name, float(text))
        elif isinstance(trait, Int):
            is_none = trait.allow_none and text.lower() == "none"
            setattr(self, name, None if is_none else int(text))
        else:
            setattr(self, name, text)

    def reset(self, name: str | None = None) -> None:
        """Give one setting its default back, or all of them."""
        if name is None:
            for key, trait in self.traits(config=True).items():
                setattr(self, key, trait.default())
            return
        name = self._known_setting(name)
        if name in _FIELDS:
            self.generation = {k: v for k, v in self.generation.items() if k != name}
        else:
            setattr(self, name, self.traits()[name].default())

    def _known_setting(self, name: str) -> str:
        key = name.removeprefix("--").replace("-", "_")
        known = [*self.trait_names(config=True), *_FIELDS]
        known.remove("generation")
        if key not in known:
            raise MagicError(f"there is no setting {one_line(name)!r}{did_you_mean(key, known)}")
        return key

    # -- the magic -----------------------------------------------------------------

    @no_var_expand
    @line_cell_magic
    def realm(self, line: str, cell: str | None = None) -> object:
        """Act on models, or answer a cell."""
        try:
            return self._realm(line, cell)
        except HelpRequestedError as request:
            self.session.screen().note(request.text.rstrip())
        except LoadCancelledError:
            pass  # its progress bar says so already
        except MagicError:
            raise
        except GuestCompileError as error:
            raise MagicError(str(error)) from error  # a block of several lines
        except RealmError as error:
            raise MagicError(one_line(error)) from error
        except KeyboardInterrupt:
            self.session.screen().note(STOPPED)
        return None

    realm.__doc__ = f"{overview()}\n\n{help_text('generate')}\n"

    def _realm(self, line: str, cell: str | None) -> object:
        call = parse_line(line, is_cell=cell is not None, variables=self.session.variables())
        screen = self.session.screen(is_silent=call.is_silent)
        if cell is None:
            return self._line(call, screen)
        # IPython ends every cell with one newline that nobody wrote.
        return self._cell(call, cell.removesuffix("\n"), screen)

    def _line(self, call: Call, screen: Any) -> object:
        if not call.command:
            commands.show_overview(self.session, screen)
            return None
        if call.command == "batch":
            batch.run_batch_cell(self.session, call, "", screen)
            return None
        result = commands.LINE_COMMANDS[call.command](self.session, call.args, screen)
        return None if call.is_silent else result

    def _cell(self, call: Call, prompt: str, screen: Any) -> object:
        if call.command in {"generate", "chat"}:
            answer = prompting.chat_cell if call.command == "chat" else prompting.generate_cell
            answer(self.session, call, prompt, screen)
            return None
        if call.command == "batch":
            batch.run_batch_cell(self.session, call, prompt, screen)
            return None
        if call.command == "guest" and prompt.strip():
            commands.guest_cell(call.args, prompt, screen)
            return None
        if call.command == "tokenize" and not call.args.text:
            tokens = commands.tokenize(self.session, call.args, prompt, screen)
            return None if call.is_silent else tokens
        if call.command != "help" and (prompt.strip() or call.command == "tokenize"):
            raise MagicError(
                f"{call.command} takes no cell: write %realm {call.command} on a line of its own "
                f"(cells are for {', '.join(CELL_COMMANDS)})"
            )
        return self._line(call, screen)


def keep_prompt(lines: list[str]) -> list[str]:
    """Turn a ``%%realm`` cell into its call before IPython changes the prompt.

    IPython would take ``>>>`` and ``In [1]:`` off the lines of a prompt, and refuse a
    cell without a prompt before ``--help`` is read.
    """
    first = next((index for index, text in enumerate(lines) if text.strip()), None)
    if first is None or not _FIRST_LINE.match(lines[first]):
        return lines
    arguments = lines[first].removeprefix("%%realm").strip()
    body = "".join(lines[first + 1 :]) or "\n"
    return [f"get_ipython().run_cell_magic('realm', {arguments!r}, {body!r})\n"]


def load_ipython_extension(ipython: Any) -> None:
    """Register the magics, their settings and their completion.

    Parameters
    ----------
    ipython : InteractiveShell
    """
    if "RealmMagics" in ipython.magics_manager.registry:
        return
    magics = RealmMagics(ipython)
    ipython.register_magics(magics)
    ipython.input_transformers_cleanup.insert(0, keep_prompt)

    def completer(_shell: Any, event: Any) -> list[str]:
        return complete(magics.session, event)

    for name in MAGIC_NAMES:
        ipython.set_hook("complete_command", completer, str_key=name)


def unload_ipython_extension(ipython: Any) -> None:
    """Unload every model and remove the magics.

    Parameters
    ----------
    ipython : InteractiveShell
    """
    magics = ipython.magics_manager.registry.pop("RealmMagics", None)
    if magics is None:
        return
    for kind in ("line", "cell"):
        ipython.magics_manager.magics[kind].pop("realm", None)
    if keep_prompt in ipython.input_transformers_cleanup:
        ipython.input_transformers_cleanup.remove(keep_prompt)
    for name in MAGIC_NAMES:
        ipython.strdispatchers["complete_command"].strs.pop(name, None)
    if magics in ipython.configurables:
        ipython.configurables.remove(magics)
    magics.session.close()
