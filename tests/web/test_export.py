"""``realm export-web``: what is written, what is refused, and that nothing is half written."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys

import pytest

from realm_jupyter.cli import main
from realm_jupyter.errors import (
    ConfigError,
    LoadCancelledError,
    ModelFormatError,
    ModelNotFoundError,
    SamplingParamsError,
)
from realm_jupyter.models.sources import shipped_path
from realm_jupyter.types import CancelToken, GenerationConfig
from realm_jupyter.web import PageSettings, export, export_web
from realm_jupyter.web.card import read_card
from realm_jupyter.web.page import write_page
from support.tiny_gguf import bpe_vocabulary, write_split
from support.tiny_models import tiny_fields, tiny_tensors

PARIS = shipped_path("paris")
DATA = re.compile(r'<script type="application/json" id="page-data">(.*?)</script>', re.DOTALL)
FILES = re.compile(r"const REALM_FILES = (.*);\n")


def data_of(folder):
    return json.loads(DATA.search((folder / "index.html").read_text(encoding="utf-8"))[1])


def files_of(folder):
    return json.loads(FILES.match((folder / "sw.js").read_text(encoding="utf-8"))[1])


def everything(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_folder_is_complete_and_refers_to_what_is_there(tmp_path):
    folder = tmp_path / "a" / "site"
    page = export_web("paris", folder)
    assert page.folder == folder
    assert page.model == "paris"
    files, data = files_of(folder), data_of(folder)
    assert {"index.html", "sw.js", "_headers"} | set(files["app"]) | set(files["model"]) == (
        everything(folder)
    )
    assert page.num_files == len(everything(folder))
    assert page.total_bytes == sum((folder / name).stat().st_size for name in everything(folder))
    text = (folder / "index.html").read_text(encoding="utf-8")
    for name in re.findall(r'(?:src|href)="([^"]+)"', text):
        assert (folder / name).is_file()
    assert "http://" not in text
    assert "https://" not in text
    assert "unsafe-eval'" not in text.replace("'wasm-unsafe-eval'", "")
    model = data["model"]
    assert model["name"] == "paris"
    assert model["licence"] == "BSD-3-Clause"
    assert model["file_bytes"] == PARIS.stat().st_size
    assert data["values"]["temperature"] == GenerationConfig().temperature
    assert "BSD-3-Clause" in (folder / "MODEL.txt").read_text(encoding="utf-8")
    if os.name == "posix":  # a web server of another user reads it
        assert folder.stat().st_mode & 0o777 == 0o777 & ~_umask()


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_parts_together_are_the_model(tmp_path):
    settings = PageSettings(max_file_bytes=1_000_000)
    export_web(PARIS, tmp_path / "site", settings)
    parts = data_of(tmp_path / "site")["model"]["parts"]
    contents = [(tmp_path / "site" / part["path"]).read_bytes() for part in parts]
    assert [len(content) for content in contents] == [part["num_bytes"] for part in parts]
    assert max(map(len, contents)) == 1_000_000
    assert b"".join(contents) == PARIS.read_bytes()
    for part, content in zip(parts, contents, strict=True):
        assert part["sha256"] == hashlib.sha256(content).hexdigest()


def test_settings_and_texts_reach_the_page_and_nothing_escapes(tmp_path):
    nasty = "</script><script>alert(1)</script> $app & \"'"
    settings = PageSettings(
        title=nasty, system=nasty, threads=2, config=GenerationConfig(temperature=0, seed=2**60)
    )
    export_web("paris", tmp_path / "site", settings)
    data = data_of(tmp_path / "site")
    assert data["title"] == data["system"] == nasty
    assert data["threads"] == 2
    assert data["values"]["temperature"] == 0
    assert data["values"]["seed"] == str(2**60)
    text = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert text.count("<script") == 3
    assert "alert(1)</script>" not in text


def test_names_say_what_is_inside(tmp_path, static):
    export_web("paris", tmp_path / "one")
    export_web("paris", tmp_path / "two", PageSettings(title="Other"))
    one, two = files_of(tmp_path / "one"), files_of(tmp_path / "two")
    assert one["version"] != two["version"]
    assert (one["app"], one["model"]) == (two["app"], two["model"])
    (static / "page.js").write_text("changed", encoding="utf-8")
    export_web("tales", tmp_path / "three")
    three = files_of(tmp_path / "three")
    assert not set(three["model"]) & set(one["model"])
    assert "page.js" in " ".join(set(three["app"]) - set(one["app"]))


@pytest.mark.parametrize("file_bytes", [PARIS.stat().st_size, 2 << 30])
def test_kernels_with_64_bit_memory_go_along_with_large_models(tmp_path, static, file_bytes):
    names = ("kernels.wasm", "kernels64.wasm")
    for name in names:
        (static / name).write_text(name, encoding="utf-8")
    _, card = read_card(PARIS)
    write_page(tmp_path, {**card, "file_bytes": file_bytes}, PageSettings())
    expected = names if file_bytes > 1 << 30 else names[:1]
    files = files_of(tmp_path)
    assert [path.split("/")[-1] for path in files["later"]] == list(expected)
    assert set(files["later"]) < set(files["app"])


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="not empty; --force"):
        export_web("paris", tmp_path)
    assert everything(tmp_path) == {"notes.txt"}
    with pytest.raises(ConfigError, match="is a file, not a folder"):
        export_web("paris", tmp_path / "notes.txt")


def test_force_replaces_an_export_and_keeps_other_files(tmp_path):
    folder = tmp_path / "site"
    export_web("paris", folder)
    (folder / "CNAME").write_text("example.org", encoding="utf-8")
    (folder / "model-mine").mkdir()
    (folder / "model-mine" / "notes.txt").write_text("mine", encoding="utf-8")
    old = set(files_of(folder)["model"])
    export_web("tales", folder, force=True)
    files = files_of(folder)
    assert everything(folder) == {
        *("index.html", "sw.js", "_headers", "CNAME", "model-mine/notes.txt"),
        *files["app"],
        *files["model"],
    }
    assert not old & everything(folder)
    export_web("tales", folder, force=True)
    assert files_of(folder) == files


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "site").mkdir()
    export_web("paris", tmp_path / "site")
    assert data_of(tmp_path / "site")["model"]["id"] == "paris"


@pytest.mark.parametrize("when", ["before", "midway"])
def test_a_cancelled_export_leaves_nothing(tmp_path, when):
    cancel = CancelToken()
    if when == "before":
        cancel.cancel()
    with pytest.raises(LoadCancelledError):
        export_web("paris", tmp_path / "site", on_progress=lambda _: cancel.cancel(), cancel=cancel)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_replacement_leaves_the_old_page(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    export_web("paris", folder)
    before = everything(folder)

    def fail(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "write_page", fail)
    with pytest.raises(ConfigError, match="cannot be written: No space left on device"):
        export_web("tales", folder, force=True)
    assert everything(folder) == before
    assert data_of(folder)["model"]["id"] == "paris"


def test_a_full_disk_is_said_before_anything_is_written(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(ConfigError, match=r"the page needs 2\.6 MB, but there are 1\.0 kB free"):
        export_web("paris", tmp_path / "site")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigError, match=r"site cannot be written: Permission denied"):
        export_web("paris", tmp_path / "site")


def test_a_model_that_could_not_be_loaded_is_refused(tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(PARIS.read_bytes()[:5000])
    with pytest.raises(ModelFormatError):
        export_web(broken, tmp_path / "site")
    with pytest.raises(ModelNotFoundError, match="did you mean 'paris'"):
        export_web("pariss", tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_split_model_has_to_be_merged_first(tmp_path):
    tensors = tiny_tensors("llama")
    fields = [*tiny_fields("llama"), *bpe_vocabulary()]
    first, *_ = write_split(tmp_path, fields, [tensors[:3], tensors[3:]])
    with pytest.raises(ModelFormatError, match=r"split into \d files.*merge them first"):
        export_web(first, tmp_path / "site")


def test_a_page_that_is_not_built_says_how(tmp_path, static):
    (static / "index.html").unlink()
    with pytest.raises(ConfigError, match=r"hatch_build\.py web"):
        export_web("paris", tmp_path / "site")


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"threads": 0}, "threads"),
        ({"threads": 65}, "threads"),
        ({"max_file_bytes": 1000}, "max_file_bytes"),
        ({"max_file_bytes": 10**9}, "max_file_bytes"),
        ({"title": "x" * 201}, "title"),
        ({"config": GenerationConfig(json_object=True)}, "json_object"),
        ({"config": GenerationConfig(logprobs=3)}, "logprobs"),
    ],
)
def test_settings_out_of_range_are_refused(settings, field):
    with pytest.raises(ConfigError) as caught:
        PageSettings(**settings)
    assert caught.value.field == field


# -- the command line ------------------------------------------------------------------


def test_the_command_writes_a_page_and_says_so(tmp_path, capsys):
    folder = tmp_path / "site"
    arguments = ["--title", "Ask", "--temperature", "0", "--max-file-size", "2MB"]
    assert main(["export-web", "paris", str(folder), *arguments]) == 0
    shown = capsys.readouterr()
    assert f"{folder} is a page with paris" in shown.out
    assert shown.err == ""
    assert data_of(folder)["title"] == "Ask"
    assert len(files_of(folder)["model"]) == 2
    assert main(["export-web", "paris", str(folder)]) == 1
    assert "not empty" in capsys.readouterr().err
    assert main(["export-web", "paris", str(folder), "--force", "--quiet"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["paris"], "DIR"),
        (["paris", "x", "--max-file-size", "lots"], "needs a size such as 25MB"),
        (["paris", "x", "--max-file-size", "1kB"], "max_file_bytes=1000 is not allowed"),
        (["paris", "x", "--threads", "0"], "threads=0 is not allowed"),
        (["paris", "x", "--temperature", "-1"], "temperature"),
        (["paris", "x", "--titel", "y"], "--title"),
    ],
)
def test_wrong_usage_is_explained(arguments, message, capsys):
    assert main(["export-web", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_help_says_how_to_serve(capsys):
    assert main(["export-web", "--help"]) == 0
    assert "python -m http.server" in capsys.readouterr().out


def test_sampling_is_checked_as_everywhere():
    with pytest.raises(SamplingParamsError):
        PageSettings(config=GenerationConfig(top_p=2))
