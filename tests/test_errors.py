"""The error tree: stable codes, builtin bases, one line in the notebook."""

from __future__ import annotations

import inspect
import pickle

import pytest

from realm_jupyter import errors
from realm_jupyter.errors import MagicError, ModelFormatError, RealmError


def every_class(base=RealmError):
    yield base
    for child in base.__subclasses__():
        yield from every_class(child)


def test_every_error_has_a_code_of_its_own():
    # Tests of other folders may have made errors of their own.
    ours = [cls for cls in every_class() if cls.__module__.startswith("realm_jupyter.")]
    codes = [cls.code for cls in ours]
    assert len(codes) == len(set(codes))


def test_every_error_is_listed_and_drawn_in_the_tree():
    for cls in every_class():
        if cls.__module__ == errors.__name__:
            assert cls.__name__ in errors.__all__
            assert cls.__name__ in errors.__doc__


@pytest.mark.parametrize(
    ("cls", "builtin"),
    [
        (errors.ConfigError, ValueError),
        (errors.ModelNotFoundError, LookupError),
        (errors.ModelFormatError, ValueError),
        (errors.ModelMemoryError, MemoryError),
        (errors.SamplingParamsError, ValueError),
        (errors.TenantNotFoundError, LookupError),
        (errors.APITimeoutError, TimeoutError),
    ],
)
def test_wrong_values_are_builtin_errors_too(cls, builtin):
    assert issubclass(cls, builtin)


def test_a_format_error_says_file_and_byte():
    error = ModelFormatError("bad magic", path="x.gguf", offset_bytes=4)
    assert str(error) == "x.gguf: bad magic (at byte 4)"


def test_a_magic_error_is_one_line_without_a_traceback():
    assert MagicError("no such flag")._render_traceback_() == ["\x1b[31mno such flag\x1b[0m"]


@pytest.mark.parametrize("name", errors.__all__)
def test_errors_survive_pickling(name):
    kind = getattr(errors, name)
    parameters = inspect.signature(kind.__init__).parameters.values()
    needed = [
        item.name
        for item in parameters
        if item.default is item.empty and item.kind not in {item.VAR_POSITIONAL, item.VAR_KEYWORD}
    ]
    error = kind(**dict.fromkeys(needed[1:], "x"))
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(copy), str(copy), vars(copy)) == (kind, str(error), vars(error))
