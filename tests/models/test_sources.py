"""Names and paths lead to files; what leads nowhere is answered with suggestions."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from realm_jupyter.errors import ModelFormatError, ModelNotFoundError
from realm_jupyter.models import resolve_source, sources
from realm_jupyter.models.sources import is_shipped, shipped_names, shipped_path


@pytest.fixture
def shipped(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("demo")
    for name in ("paris", "tales"):
        (folder / f"{name}.gguf").write_bytes(b"GGUF")
    monkeypatch.setattr(sources, "_SHIPPED_FOLDER", folder)
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_shipped_models_lie_in_the_package():
    assert shipped_path("paris").parent.name == "demo"
    assert shipped_path("paris").parent.parent.name == "realm_jupyter"
    assert set(shipped_names()) <= {"paris", "tales"}


def test_shipped_names_lead_to_their_files(shipped, here):
    assert shipped_names() == ("paris", "tales")
    assert resolve_source("paris") == shipped / "paris.gguf"
    assert is_shipped(shipped / "tales.gguf")
    assert not is_shipped(here / "tales.gguf")


def test_a_file_of_the_working_folder_wins_over_a_shipped_name(shipped, here):
    (here / "paris").write_bytes(b"GGUF")
    assert resolve_source("paris") == Path("paris")
    assert not is_shipped(resolve_source("paris"))


def test_a_folder_does_not_hide_a_shipped_name(shipped, here):
    (here / "paris").mkdir()
    assert resolve_source("paris") == shipped / "paris.gguf"


def test_a_link_to_a_shipped_model_is_that_model(shipped, here):
    (here / "mine.gguf").symlink_to(shipped / "paris.gguf")
    assert is_shipped(resolve_source("mine.gguf"))


def test_a_shipped_model_that_is_missing_is_not_found(shipped, here):
    (shipped / "tales.gguf").unlink()
    assert shipped_names() == ("paris",)
    with pytest.raises(ModelNotFoundError, match="no model 'tales'"):
        resolve_source("tales")


def test_paths_may_be_of_any_kind(here, monkeypatch):
    path = here / "a b.gguf"
    path.write_bytes(b"GGUF")
    assert resolve_source(path) == path
    assert resolve_source(str(path)) == path
    assert resolve_source("a b.gguf") == Path("a b.gguf")
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.setenv("USERPROFILE", str(here))
    assert resolve_source("~/a b.gguf") == path


def test_any_file_of_a_split_model_stands_for_the_whole(here):
    for number in (1, 2, 3):
        (here / f"m-0000{number}-of-00003.gguf").write_bytes(b"GGUF")
    first = here / "m-00001-of-00003.gguf"
    assert resolve_source(here / "m-00003-of-00003.gguf") == first
    first.unlink()
    with pytest.raises(ModelNotFoundError):
        resolve_source(here / "m-00003-of-00003.gguf")


def test_missing_models_are_answered_with_what_looks_like_them(shipped, here):
    for name in ("Llama-3-8B.Q4_K_M.gguf", "qwen.gguf", "notes.txt"):
        (here / name).write_bytes(b"GGUF")
    with pytest.raises(ModelNotFoundError, match="did you mean 'paris'") as caught:
        resolve_source("pariss")
    assert caught.value.name == "pariss"
    assert caught.value.suggestions == ("paris",)
    with pytest.raises(ModelNotFoundError) as caught:
        resolve_source("llama-3-8b.q4_k_s")
    assert caught.value.suggestions == ("Llama-3-8B.Q4_K_M.gguf",)
    with pytest.raises(ModelNotFoundError) as caught:
        resolve_source(f"{here}{os.sep}qwen2.gguf")
    assert caught.value.suggestions == (f"{here}{os.sep}qwen.gguf",)
    with pytest.raises(ModelNotFoundError, match="ships with the package: paris, tales") as caught:
        resolve_source("something/else.gguf")
    assert caught.value.suggestions == ()


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 5000, "~nobody_of_this_name/x.gguf"])
def test_odd_names_are_not_found(name, here):
    assert here.is_dir()
    with pytest.raises(ModelNotFoundError):
        resolve_source(name)


def test_a_folder_is_refused_with_what_it_has(here):
    with pytest.raises(ModelFormatError, match="a folder without GGUF files"):
        resolve_source(here)
    for name in "abcde":
        (here / f"{name}.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelFormatError, match=r"has a\.gguf, b\.gguf, c\.gguf and 2 more"):
        resolve_source(here)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes in folders")
def test_pipes_sockets_and_devices_are_refused_at_once(here):
    os.mkfifo(here / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        for path in (here / "pipe", Path("socket"), Path("/dev/zero"), Path("/dev/null")):
            with pytest.raises(ModelFormatError, match="a pipe, a socket or a device"):
                resolve_source(path)


def test_a_loop_of_links_is_not_found(here):
    (here / "a").symlink_to(here / "b")
    (here / "b").symlink_to(here / "a")
    with pytest.raises(ModelNotFoundError):
        resolve_source(here / "a")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_folder_that_may_not_be_read_is_said_so(here):
    (here / "closed").mkdir(mode=0)
    with pytest.raises(ModelFormatError, match="permission denied"):
        resolve_source(here / "closed" / "model.gguf")
