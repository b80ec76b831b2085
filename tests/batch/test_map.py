"""`Realm.map`: every prompt once, whatever happens to others, in process and in a server."""

from __future__ import annotations

import errno
import json
import threading

import pytest

from realm_jupyter import CancelToken, Realm, TenantLimits
from realm_jupyter.batch.log import BatchLog
from realm_jupyter.errors import ConfigError, PromptError, RealmError, TenantClosedError
from realm_jupyter.human import one_line
from support.live_server import STUDENT, live_server
from support.tiny_gguf import CHATML_TEMPLATE, write_tiny_llama

PROMPTS = ["the", "a", "of", "in", "to"] * 4
SHORT = {"max_tokens": 4, "raw": True, "seed": 3}


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "tiny.gguf"
    return write_tiny_llama(path, tokenizer="gpt2", chat_template=CHATML_TEMPLATE)


@pytest.fixture(scope="module")
def local(model_path):
    with Realm() as realm:
        realm.load_model(model_path)
        yield realm


@pytest.fixture(scope="module")
def remote(model_path):
    limits = TenantLimits(num_sequences=4, queue_length=60)
    with (
        live_server(model_path, limits=limits) as server,
        Realm(mode="server", base_url=server.url, api_key=STUDENT.secret) as realm,
    ):
        yield realm


@pytest.fixture(params=["local", "remote"])
def realm(request):
    return request.getfixturevalue(request.param)


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_prompt_has_the_text_that_it_has_alone(realm):
    result = realm.map(PROMPTS, **SHORT)
    alone = [
        realm.generate(prompt, **{**SHORT, "seed": 3 + index}).text
        for index, prompt in enumerate(PROMPTS)
    ]
    assert result.texts == alone
    assert result.is_complete
    assert [row.seed for row in result] == list(range(3, 3 + len(PROMPTS)))
    assert {row.prompt_tokens for row in result[:1]} == {
        realm.generate("the", **SHORT).usage.prompt_tokens
    }


def test_a_full_queue_only_makes_prompts_wait(remote):
    assert remote.map(PROMPTS * 4, num_parallel=70, **SHORT).is_complete


def test_conversations_and_token_ids_are_prompts_too(local):
    turns = [{"role": "user", "content": "Hi"}]
    options = {"max_tokens": 3, "seed": 5}
    result = local.map(["Hi", turns, [1, 2, 3]], **options)
    alone = [
        local.generate("Hi", **options).text,
        local.chat(turns, max_tokens=3, seed=6).text,
        local.generate(token_ids=[1, 2, 3], max_tokens=3, seed=7).text,
    ]
    assert result.texts == alone
    system = local.map([turns], system="Be brief.", **options)[0]
    assert system.prompt_tokens > result[1].prompt_tokens


def test_a_prompt_that_fails_stops_no_other(realm):
    result = realm.map(["the", "", "x " * 5000, "a"], **SHORT)
    assert [row.is_answered for row in result] == [True, False, False, True]
    assert [row.error_code for row in result] == ["", "prompt", "context_length", ""]
    assert result.texts[1] is None
    assert "context" in result[2].error
    assert repr(result) == "<BatchResult: 2 of 4 prompts answered, 2 failed>"


def test_an_interrupted_run_goes_on_and_gives_the_same_rows(realm, tmp_path):
    path = tmp_path / "answers.jsonl"
    whole = realm.map(PROMPTS, **SHORT)
    cancel, num_done = CancelToken(), []

    def stop(progress):
        num_done.append(progress.num_done)
        if progress.num_done == 7:
            cancel.cancel()

    part = realm.map(PROMPTS, output=path, num_parallel=2, on_progress=stop, cancel=cancel, **SHORT)
    assert not part.is_complete
    assert part.num_answered == len(lines(path)) - 1 == num_done[-1] == 7
    path.write_bytes(path.read_bytes() + b'{"index": 19, "prompt": "t')  # died while writing
    seen = []
    result = realm.map(PROMPTS, output=path, on_progress=seen.append, **SHORT)
    assert seen[0].num_skipped == 7
    assert seen[-1].num_done == len(PROMPTS)
    assert result.texts == whole.texts
    assert len(lines(path)) == 1 + len(PROMPTS)
    before = path.read_bytes()
    assert realm.map(PROMPTS, output=path, **SHORT).texts == whole.texts
    assert path.read_bytes() == before


def test_a_run_without_a_seed_goes_on_with_the_one_it_drew(local, tmp_path):
    path = tmp_path / "answers.jsonl"
    first = local.map(PROMPTS[:2], output=path, max_tokens=2, raw=True)
    more = local.map(PROMPTS[:4], output=path, max_tokens=2, raw=True)
    assert more.texts[:2] == first.texts
    assert [row.seed - more[0].seed for row in more] == [0, 1, 2, 3]


def test_rows_that_failed_run_again(local, tmp_path, monkeypatch):
    path = tmp_path / "answers.jsonl"
    start = local._backend.start

    def failing(request):
        if request.text == "a":
            raise RealmError("not today")
        return start(request)

    monkeypatch.setattr(local._backend, "start", failing)
    result = local.map(["the", "a"], output=path, **SHORT)
    assert [row.error for row in result] == ["", "not today"]
    monkeypatch.undo()
    assert local.map(["the", "a"], output=path, **SHORT).is_complete
    assert sorted(row.get("index", -1) for row in lines(path)) == [-1, 0, 1, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"temperature": 0.1}, "with temperature=0.8, not 0.1"),
        ({"seed": 4}, "with seed=3, not 4"),
        ({"raw": False}, "with raw=True"),
    ],
)
def test_a_file_of_other_options_is_refused_and_kept(local, tmp_path, changes, message):
    path = tmp_path / "answers.jsonl"
    local.map(["the"], output=path, **SHORT)
    path.write_bytes(path.read_bytes() + b'{"index": 1, "prom')  # written when a machine died
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=message):
        local.map(["the"], output=path, **{**SHORT, **changes})
    assert path.read_bytes() == before


@pytest.mark.parametrize("prompts", [["a"], [], ["a", "the"]])
def test_a_file_of_other_prompts_is_refused(local, tmp_path, prompts):
    path = tmp_path / "answers.jsonl"
    local.map(["the"], output=path, **SHORT)
    with pytest.raises(ConfigError, match=r"line 2 of .* answers another prompt 0"):
        local.map(prompts, output=path, **SHORT)


@pytest.mark.parametrize(
    "content",
    [
        b"hello",
        b"hello\n",
        b"two lines\nwithout an end",
        b"{",
        b"{}\n",
        b"[1]\n",
        b'{"realm_batch": 9}\n',
        b'{"realm_batch": 9}\n{"index"',
        b'{"prompt": "the"}\n{"prompt": "a"}',
    ],
)
def test_a_file_of_something_else_is_refused_and_kept(local, tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="not a file of answers"):
        local.map(["the"], output=path, **SHORT)
    assert path.read_bytes() == content


def test_a_file_that_ends_in_its_first_line_begins_anew(local, tmp_path):
    path = tmp_path / "answers.jsonl"
    local.map(["the"], output=path, **SHORT)
    whole = path.read_bytes()
    path.write_bytes(whole.partition(b"\n")[0])
    assert local.map(["the"], output=path, **SHORT).is_complete
    assert [set(line) for line in lines(path)] == [set(json.loads(x)) for x in whole.splitlines()]


class FullDisk:
    """A file with room for two lines and a half."""

    def __init__(self, file):
        self.file = file
        self.num_writes = 0

    def __getattr__(self, name):
        return getattr(self.file, name)

    def write(self, data):
        self.num_writes += 1
        if self.num_writes > 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(data if self.num_writes < 3 else data[: len(data) // 2])


def test_a_full_disk_is_named_and_loses_no_row(local, tmp_path, monkeypatch):
    path = tmp_path / "answers.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr(BatchLog, "_lock", lambda log: setattr(log, "_file", FullDisk(log._file)))
        with pytest.raises(OSError, match="No space left") as full:
            local.map(["the", "a", "of"], output=path, **SHORT)
    assert one_line(full.value) == (
        f"{path}: No space left on device; the rows before are kept; run the same again when "
        "that is mended"
    )
    kept, _, half = path.read_bytes().rpartition(b"\n")
    assert kept.count(b"\n") == 1  # the line of the job and a row
    assert half
    assert local.map(["the", "a", "of"], output=path, **SHORT).is_complete
    assert path.read_bytes().startswith(kept)
    assert all(lines(path))


def test_a_damaged_line_is_named(local, tmp_path):
    path = tmp_path / "answers.jsonl"
    local.map(["the", "a"], output=path, **SHORT)
    path.write_bytes(path.read_bytes() + b"nonsense\n")
    with pytest.raises(ConfigError, match=r"line 4 of .* is damaged"):
        local.map(["the", "a"], output=path, **SHORT)


def test_two_runs_do_not_write_to_one_file(local, tmp_path):
    path = tmp_path / "answers.jsonl"

    def again(progress):
        if progress.num_done:
            with pytest.raises(ConfigError, match="another run writes"):
                local.map(["the"], output=path, **SHORT)

    assert local.map(["the"], output=path, on_progress=again, **SHORT).is_complete


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        ("the", "sequence of prompts, not one str"),
        ({"a": 1}, "not one dict"),
        (["the", 3], "prompt 1 is of the type int"),
        (["the", []], "prompt 1 is of the type list"),
        ([[{"role": "king", "content": "x"}]], "prompt 0: the role 'king' is unknown"),
        (["\ud800"], "prompt 0: .*surrogates"),
    ],
)
def test_what_is_no_prompt_is_named(local, prompts, message):
    with pytest.raises(PromptError, match=message):
        local.map(prompts, **SHORT)


def test_wrong_options_are_refused_before_anything_runs(local, tmp_path):
    path = tmp_path / "answers.jsonl"
    for options in ({"top_p": 2}, {"num_parallel": 0}, {"num_parallel": 2, "cluster": True}):
        with pytest.raises(RealmError):
            local.map(["the"], output=path, **options)
    assert not path.exists()


def test_closing_the_realm_ends_a_batch_with_an_error(model_path):
    realm = Realm()
    realm.load_model(model_path)
    started = threading.Event()

    def close(_progress):
        started.set()

    def run():
        with pytest.raises(TenantClosedError):
            realm.map(["the"] * 1000, on_progress=close, ignore_eos=True, raw=True, max_tokens=100)
        ended.set()

    ended = threading.Event()
    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(60)
    realm.close()
    thread.join(60)
    assert ended.is_set()


def test_prompts_without_room_beside_others_run_alone(local, monkeypatch):
    from realm_jupyter.errors import ModelMemoryError  # noqa: PLC0415

    start, running, most = local._backend.start, [], []

    def crowded(request):
        running.append(request)
        most.append(len([item for item in running if item is not None]))
        if len(most) <= 3:
            raise ModelMemoryError("no room", required_bytes=1, available_bytes=0)
        return start(request)

    monkeypatch.setattr(local._backend, "start", crowded)
    assert local.map(PROMPTS[:6], num_parallel=3, **SHORT).is_complete
    assert len(most) == 9


def test_the_answers_as_a_data_frame(local):
    pandas = pytest.importorskip("pandas")
    frame = local.map(["the", ""], **SHORT).to_pandas()
    assert list(frame.index) == [0, 1]
    assert list(frame["prompt"]) == ["the", ""]
    assert isinstance(frame["text"][0], str)
    assert pandas.isna(frame["text"][1])
    assert frame["error_code"][1] == "prompt"


def test_without_pandas_it_says_what_to_install(local, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(ConfigError, match=r"pip install 'realm-jupyter\[batch\]'"):
        local.map(["the"], **SHORT).to_pandas()
