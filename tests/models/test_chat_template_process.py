"""Templates of strangers cannot harm the process that renders them, nor hold it up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest

from realm_jupyter.errors import ChatTemplateError
from realm_jupyter.models import chat_template_worker as worker
from realm_jupyter.models import template_process
from realm_jupyter.models.chat_template import render_template
from realm_jupyter.models.template_process import TemplateProcess

NOW = datetime(2026, 1, 2)  # noqa: DTZ001 - a local date
posix = pytest.mark.skipif(os.name != "posix", reason="limits and signals are POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

DOUBLE = "{% set ns.x = ns.x ~ ns.x %}{% endfor %}"
GROW = '{% set ns = namespace(x="a") %}{% for i in range(20) %}' + DOUBLE
HOSTILE = {
    "doubles a string": GROW.replace("20", "1000"),
    "loops 10^9 times in a range": "{% for i in range(10**9) %}{% endfor %}",
    "loops 10^9 times": "{% for i in range(100000) %}{% for j in range(10000) %}"
    "{% endfor %}{% endfor %}",
    "writes 10 GB": GROW + "{% for i in range(10000) %}{{ ns.x }}{% endfor %}",
    "writes a little too much": GROW + "{% for i in range(17) %}{{ ns.x }}{% endfor %}",
    "recurses": "{% macro f(n) %}{{ f(n + 1) }}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
    "nests signs": "{{ " + "-" * 100_000 + "1 }}",
    "nests attributes": "{{ a" + ".a" * 100_000 + " }}",
    "nests parentheses": "{{ " + "(" * 100_000 + "1" + ")" * 100_000 + " }}",
    "pads": '{{ "{:>1000000000}".format("a")|length }}',
    "repeats": '{{ "a" * 2000000000 }}',
    "indents": '{{ "a\n"|indent(1000000000) }}',
    "replaces": '{{ ("a" * 100000).replace("a", "b" * 100000)|length }}',
    "indents JSON": "{{ [1]|tojson(indent=1000000000) }}",
}


@pytest.fixture
def process():
    process = TemplateProcess()
    yield process
    process.close()


def render(process, template, **inputs):
    return process.render(template, inputs, now=NOW)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_ends_in_an_error_and_the_next_one_renders(process, name):
    assert render(process, "{{ 1 }}") == {"text": "1"}
    began = time.monotonic()
    answer = render(process, HOSTILE[name])
    # A second is promised; what a busy machine adds is no fault of the code.
    assert time.monotonic() - began < 5
    assert "text" not in answer
    assert answer["error"]
    assert render(process, "{{ x }}", x="é") == {"text": "é"}


def test_the_public_function_raises_for_them():
    with pytest.raises(ChatTemplateError, match="16 MiB"):
        render_template(HOSTILE["writes a little too much"], {})


def test_one_process_stays_warm(process):
    assert process.process_id is None
    render(process, "{{ 1 }}")
    first = process.process_id
    render(process, "{{ 1 / 0 }}")
    render(process, "{{ raise_exception('no') }}")
    assert process.process_id == first
    process.close()
    assert process.process_id is None
    assert render(process, "{{ 2 }}") == {"text": "2"}


def test_a_template_that_takes_too_long_is_stopped(process):
    process.render_s = 0.1
    answer = render(process, HOSTILE["loops 10^9 times"])
    assert "0.1 s" in answer["error"]
    assert process.process_id is None


@posix
def test_a_process_that_was_killed_is_replaced(process):
    render(process, "{{ 1 }}")
    os.kill(process.process_id, signal.SIGKILL)
    process._process.wait()
    assert render(process, "{{ 2 }}") == {"text": "2"}


@posix
def test_an_interrupt_of_the_parent_ends_the_conversation_not_the_next_one(process, monkeypatch):
    render(process, "{{ 1 }}")
    original = worker.read_frame

    def interrupted(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(worker, "read_frame", interrupted)
    with pytest.raises(KeyboardInterrupt):
        render(process, "{{ 'first' }}")
    monkeypatch.setattr(worker, "read_frame", original)
    assert process.process_id is None
    assert render(process, "{{ 'second' }}") == {"text": "second"}


def test_many_threads_get_their_own_answers(process):
    wrong = []

    def run(number):
        for count in range(20):
            text = f"{number} {count}"
            if render(process, "{{ x }}", x=text) != {"text": text}:
                wrong.append(text)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@linux
def test_the_helper_has_three_open_files_and_may_open_and_write_none(process):
    render(process, "{{ 1 }}")
    folder = Path(f"/proc/{process.process_id}")
    assert sorted(path.name for path in (folder / "fd").iterdir()) == ["0", "1", "2"]
    limits = {
        line[:26].strip(): line[26:].split()[:2]
        for line in (folder / "limits").read_text().splitlines()[1:]
    }
    assert limits["Max open files"] == ["3", "3"]
    assert limits["Max file size"] == ["0", "0"]
    assert limits["Max processes"] == ["0", "0"]
    assert limits["Max core file size"] == ["0", "0"]
    assert limits["Max address space"] == [str(worker.MEMORY_BYTES)] * 2
    assert int(limits["Max cpu time"][0]) <= 10
    environment = (folder / "environ").read_bytes()
    assert b"HOME=" not in environment
    assert b"TOKEN" not in environment


@linux
def test_the_helper_imports_neither_this_package_nor_anything_heavy(process):
    render(process, "{{ 1 }}")
    maps = Path(f"/proc/{process.process_id}/maps").read_text()
    for name in ("numpy", "torch", "wasmtime"):
        assert name not in maps


@linux
def test_the_helper_ends_with_its_parent(tmp_path):
    script = """
import sys
from realm_jupyter.models.chat_template import render_template
from realm_jupyter.models import template_process
render_template("{{ 1 }}", {})
print(template_process._PROCESS.process_id, flush=True)
sys.stdin.read()
"""
    root = Path(__file__).resolve().parents[2]
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        helper = int(parent.stdout.readline())
        assert Path(f"/proc/{helper}").exists()
        parent.kill()
    until = time.monotonic() + 10
    while _is_alive(helper) and time.monotonic() < until:
        time.sleep(0.01)
    assert not _is_alive(helper)


def _is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_has_a_helper_of_its_own(process):
    render(process, "{{ 1 }}")
    ours = process.process_id
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        status = 1
        try:
            is_right = render(process, "{{ 'child' }}") == {"text": "child"}
            status = 0 if is_right and process.process_id != ours else 2
            process.close()
        finally:
            os._exit(status)
    for _ in range(20):
        assert render(process, "{{ 'parent' }}") == {"text": "parent"}
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert process.process_id == ours


def test_a_helper_that_does_not_start_is_an_error(process, monkeypatch):
    monkeypatch.setattr(template_process.sys, "executable", "/nonexistent/python")
    with pytest.raises(ChatTemplateError, match="did not start"):
        render(process, "{{ 1 }}")
    monkeypatch.setattr(template_process.sys, "executable", "")
    with pytest.raises(ChatTemplateError, match="executable"):
        render(process, "{{ 1 }}")


@posix
def test_a_helper_that_dies_at_once_is_an_error(process, monkeypatch):
    monkeypatch.setattr(template_process.sys, "executable", "/bin/false")
    with pytest.raises(ChatTemplateError, match="did not start"):
        render(process, "{{ 1 }}")
    assert process.process_id is None


@posix
@pytest.mark.parametrize("answer", [b"", b"\0\0\0\2[]", b"\xff\xff\xff\xff", b"\0\0\0\x05oops!"])
def test_a_helper_that_answers_rubbish_is_replaced(process, answer, tmp_path, monkeypatch):
    ready = b"\0\0\0\2{}"
    fake = tmp_path / "fake.py"
    fake.write_text(
        "import sys\n"
        f"sys.stdout.buffer.write({ready!r}); sys.stdout.flush(); sys.stdin.buffer.read(4)\n"
        f"sys.stdout.buffer.write({answer!r}); sys.stdout.flush()\n"
    )
    monkeypatch.setattr(worker, "__file__", str(fake))
    assert "limit" in render(process, "{{ 1 }}")["error"]
    monkeypatch.undo()
    assert render(process, "{{ 1 }}") == {"text": "1"}
