"""The panel of models: what it shows, and what becomes of every load."""

from __future__ import annotations

import pytest

from realm_jupyter import Realm, RealmRegistry
from realm_jupyter.errors import ModelFormatError
from realm_jupyter.models.sources import shipped_path
from realm_jupyter.widget import models_session
from realm_jupyter.widget.models_session import ModelsSession
from realm_jupyter.widget.uploads import Uploads
from support.fake_realm import FakeRealm
from support.tiny_gguf import write_split, write_tiny_llama
from support.tiny_models import tiny_model
from support.widget_wire import RefusedError, Wire

HERE = {"device": "auto", "executor": "auto"}


class Panel(Wire):
    """A panel with a view."""

    def __init__(self, source):
        super().__init__()
        self.session = ModelsSession(source, self.send)
        self.channel = self.session.channel

    def load(self, source, model=None):
        """Load and return the end of the load."""
        load = self.request("load", source=str(source), model=model, **HERE)["load"]
        return self.end_of(load)

    def end_of(self, load):
        message = self.wait_for(
            lambda m: (
                m["type"] == "load" and m["load"]["id"] == load and m["load"]["state"] != "running"
            )
        )
        # The list that the load changed is told right after it.
        self.wait_for(lambda m: m["type"] == "models" and m["seq"] == message["seq"] + 1)
        return message["load"]


@pytest.fixture
def panel():
    return Panel(FakeRealm())


@pytest.fixture
def model_file(tmp_path):
    path = tmp_path / "tiny.gguf"
    path.write_bytes(tiny_model("llama"))
    return path


def test_the_state_says_what_there_is(panel):
    state = panel.snapshot()
    assert state["models"] == state["loads"] == []
    assert [item["name"] for item in state["shipped"]] == ["paris", "tales"]
    assert state["devices"][:2] == ["auto", "cpu"]
    assert state["available_bytes"] > 0


def test_a_load_is_told_from_start_to_end(panel):
    load = panel.request("load", source="paris", model=None, **HERE)["load"]
    panel.end_of(load)
    told = [m["load"] for m in panel.of("load")]
    assert (told[0]["state"], told[0]["label"]) == ("running", "paris")
    assert [item["done_bytes"] for item in told] == sorted(item["done_bytes"] for item in told)
    assert (told[-1]["state"], told[-1]["model"]) == ("done", "paris")
    assert [row["id"] for row in panel.snapshot()["models"]] == ["paris"]


def test_a_load_that_fails_stays_with_its_error_until_it_is_dismissed(panel):
    panel.session.source.fail_load = ModelFormatError("bad magic", path="x.gguf", offset_bytes=0)
    ended = panel.load("model.gguf")
    assert ended["state"] == "error"
    assert ended["error"]["message"] == "x.gguf: bad magic (at byte 0)"
    assert [item["id"] for item in panel.snapshot()["loads"]] == [ended["id"]]
    panel.request("dismiss_load", load=ended["id"])
    assert panel.of("load_gone")[0]["load"] == ended["id"]
    assert panel.snapshot()["loads"] == []
    with pytest.raises(RefusedError, match="not there any more"):
        panel.request("dismiss_load", load=ended["id"])


def test_a_load_can_be_cancelled(panel):
    source = panel.session.source
    load_model = source.load_model

    def slow_load(source, model, *, on_progress, cancel, **options):
        load = panel.of("load")[0]["load"]["id"]
        with pytest.raises(RefusedError, match="under way"):
            panel.request("dismiss_load", load=load)
        panel.request("cancel_load", load=load)
        return load_model(source, model, on_progress=on_progress, cancel=cancel, **options)

    source.load_model = slow_load
    assert panel.load("paris")["state"] == "cancelled"
    assert panel.snapshot()["models"] == []


def test_use_and_unload(panel):
    panel.load("paris")
    panel.load("tales", "stories")
    rows = {row["id"]: row["is_current"] for row in panel.snapshot()["models"]}
    assert rows == {"paris": False, "stories": True}
    panel.request("use", model="paris")
    assert panel.of("models")[-1]["models"][0]["is_current"]
    assert panel.request("unload", model="stories")["freed_bytes"] == 5_700_000
    assert [row["id"] for row in panel.of("models")[-1]["models"]] == ["paris"]
    for name in ("use", "unload", "details"):
        with pytest.raises(RefusedError, match="stories"):
            panel.request(name, model="stories")


def test_models_that_others_load_are_told_at_the_next_ping(panel):
    panel.snapshot()
    panel.request("ping")
    assert panel.of("models") == []
    panel.session.source.load_model("tales")
    panel.request("ping")
    assert [row["id"] for row in panel.of("models")[0]["models"]] == ["tales"]


def test_details_are_the_metadata_short_enough_to_show(panel, monkeypatch):
    panel.load("paris")
    info = panel.session.source.model_info("paris")
    monkeypatch.setattr(
        panel.session.source,
        "model_info",
        lambda _model: type(info)(
            **{name: getattr(info, name) for name in info.__slots__ if name != "metadata"},
            metadata={"template": "x" * 5000, "big": 2**60, "rate": 0.5, "flag": True},
        ),
    )
    metadata = panel.request("details", model="paris")["metadata"]
    assert len(metadata.pop("template")) == 500
    assert metadata == {"big": str(2**60), "rate": 0.5, "flag": True}


# -- a real engine ---------------------------------------------------------------------------


def test_a_registry_loads_uses_and_unloads(model_file):
    with RealmRegistry() as registry:
        panel = Panel(registry)
        assert panel.load(model_file)["model"] == "tiny"
        assert panel.load(model_file, "again")["state"] == "done"
        assert registry.current_model == "again"
        panel.request("use", model="tiny")
        assert registry.current_model == "tiny"
        assert panel.request("unload", model="again")["freed_bytes"] == 0
        with registry.realm("tiny"), registry.realm("tiny"):
            assert panel.snapshot()["models"][0]["num_tenants"] == 2
        assert panel.request("unload", model="tiny")["freed_bytes"] > 0
        ended = panel.load("no-such.gguf")
        assert ended["state"] == "error"
        assert "no-such.gguf" in ended["error"]["message"]


def test_a_realm_is_a_source_too(model_file):
    with Realm() as realm:
        panel = Panel(realm)
        assert panel.load(model_file)["model"] == "tiny"
        assert panel.snapshot()["models"][0]["num_tenants"] == 0
        realm.tokenize("a")
        assert panel.snapshot()["models"][0]["num_tenants"] == 1


def test_fits_is_told_from_the_header_alone(panel, model_file, monkeypatch):
    verdict = panel.request("check", source=str(model_file), **HERE)["verdict"]
    assert (verdict["fits"], verdict["architecture"]) == (True, "llama")
    assert verdict["file_bytes"] == model_file.stat().st_size
    assert 0 < verdict["required_bytes"] <= verdict["available_bytes"]
    monkeypatch.setattr("realm_jupyter.widget.fit.memory_available", lambda _device: 1000)
    verdict = panel.request("check", source="paris", **HERE)["verdict"]
    assert (verdict["fits"], verdict["available_bytes"]) == (False, 1000)


@pytest.mark.parametrize(
    ("source", "what"), [("no-such.gguf", "no-such.gguf"), ("pari", "did you mean 'paris'")]
)
def test_a_file_that_is_not_there_has_no_verdict(panel, source, what):
    with pytest.raises(RefusedError, match=what):
        panel.request("check", source=source, **HERE)


def test_a_damaged_file_has_no_verdict(panel, tmp_path):
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(RefusedError, match=r"bad\.gguf"):
        panel.request("check", source=str(path), **HERE)


# -- folders ---------------------------------------------------------------------------------


def test_a_scan_finds_models_and_joins_their_parts(panel, tmp_path, model_file):
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    write_tiny_llama(deep / "UPPER.GGUF")
    parts = write_split(tmp_path / "a", [], [[], [], []])
    (tmp_path / ".hidden").mkdir()
    write_tiny_llama(tmp_path / ".hidden" / "x.gguf")
    (tmp_path / "notes.txt").write_text("no model")
    found = panel.request("scan", folder=str(tmp_path))
    assert found["is_complete"]
    assert found["folder"] == str(tmp_path)
    names = {item["name"]: item["num_parts"] for item in found["files"]}
    assert names["tiny.gguf"] == 1
    assert names["a/b/UPPER.GGUF"] == 1
    assert names["a/model-00001-of-00003.gguf"] == 3
    whole = next(item for item in found["files"] if item["num_parts"] == 3)
    assert whole["file_bytes"] == sum(path.stat().st_size for path in parts)
    assert not any("hidden" in name for name in names)
    assert panel.snapshot()["folder"] == str(tmp_path)
    assert panel.request("scan", folder=" ")["folder"] == str(tmp_path)


def test_a_folder_that_is_not_there_is_said(panel):
    with pytest.raises(RefusedError, match="there is no folder '/no/such'"):
        panel.request("scan", folder="/no/such")


# -- uploads ---------------------------------------------------------------------------------


def upload(panel, data, *, filename="mine.gguf", chunk_bytes=1000):
    load = panel.request("upload", filename=filename, total_bytes=len(data), **HERE)["load"]
    offset = 0
    while offset < len(data):
        chunk = data[offset : offset + chunk_bytes]
        offset = panel.request("upload_chunk", chunk, load=load, offset_bytes=offset)[
            "received_bytes"
        ]
    return load


def test_an_upload_arrives_in_pieces_and_is_loaded(model_file):
    with Realm() as realm:
        panel = Panel(realm)
        load = upload(panel, model_file.read_bytes(), filename="C:\\models\\my model.gguf")
        ended = panel.end_of(load)
        assert (ended["state"], ended["model"]) == ("done", "my model")
        stages = [m["load"]["stage"] for m in panel.of("load")]
        assert stages[0] == "upload"
        assert stages[-1] != "upload"
        assert panel.session.source.tokenize("a")


def test_an_upload_that_is_no_model_says_so_and_leaves_no_file():
    with Realm() as realm:
        panel = Panel(realm)
        ended = panel.end_of(upload(panel, bytes(3000)))
        assert ended["state"] == "error"
        assert "mine.gguf" in ended["error"]["message"]
        assert not list(panel.session._uploads._folder.rglob("*.gguf"))


def test_an_upload_can_be_cancelled_between_pieces(panel):
    load = panel.request("upload", filename="a.gguf", total_bytes=3000, **HERE)["load"]
    panel.request("upload_chunk", bytes(1000), load=load, offset_bytes=0)
    panel.request("cancel_load", load=load)
    assert panel.of("load")[-1]["load"]["state"] == "cancelled"
    with pytest.raises(RefusedError, match="ended already"):
        panel.request("upload_chunk", bytes(1000), load=load, offset_bytes=1000)
    assert not list(panel.session._uploads._folder.rglob("*.gguf"))


@pytest.mark.parametrize(
    ("offset", "size", "what"),
    [(5, 10, "byte 5 came where byte 0"), (0, 3001, "too large"), (0, 3 << 20, "too large")],
)
def test_a_piece_that_does_not_fit_ends_the_upload(panel, offset, size, what):
    load = panel.request("upload", filename="a.gguf", total_bytes=3000, **HERE)["load"]
    with pytest.raises(RefusedError, match=what):
        panel.request("upload_chunk", bytes(size), load=load, offset_bytes=offset)
    ended = panel.of("load")[-1]["load"]
    assert (ended["state"], what in ended["error"]["message"]) == ("error", True)


@pytest.mark.parametrize(("filename", "size"), [("a.txt", 10), ("", 10), ("a.gguf", 0)])
def test_only_gguf_files_are_taken(panel, filename, size):
    with pytest.raises(RefusedError, match="is not a GGUF file"):
        panel.request("upload", filename=filename, total_bytes=size, **HERE)


def test_a_file_larger_than_the_disk_is_refused_at_once(panel):
    with pytest.raises(RefusedError, match="the disk of"):
        panel.request("upload", filename="a.gguf", total_bytes=1 << 60, **HERE)


@pytest.mark.parametrize("name", ["../../etc/x.gguf", "..\\x.gguf", "/abs/x.gguf", "a/\0x.gguf"])
def test_a_name_cannot_leave_the_folder(name, tmp_path):
    uploads = Uploads()
    path = uploads.begin(name, 10).path
    assert path.parent.parent == uploads._folder
    assert path.name.endswith("x.gguf")


def test_the_shipped_models_are_where_the_panel_looks():
    assert shipped_path("paris").is_file()
    assert models_session._label("paris") == "paris"
    assert models_session._label("/a/b.gguf") == "b.gguf"
