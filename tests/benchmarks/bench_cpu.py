"""Figures of the native CPU executor beside llama.cpp on the same files, and their aims.

    python tests/benchmarks/bench_cpu.py --predictions "Q8_0 decode 1.3 times llama.cpp ..."
    python tests/benchmarks/bench_cpu.py --models tinyllama-1.1b --quants Q8_0,F16 --rounds 3

Run it on a quiet machine, with the extra ``bench``. Random weights of two shapes in several
quant types and the small models, decode, prefill, batches, loads, memory; rounds of both
sides interleaved in one process. Appends a dated block to LOG.md and keeps the whole
figures as JSON beside it in ``results``, model by model. An interrupt keeps what was
measured; ``--render`` makes a block of such files. All of it takes about half an hour on
two cores.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import shlex
import sys
from pathlib import Path

from realm_jupyter.bench import SHAPES, BenchSettings, render_report, run_bench
from realm_jupyter.bench.cases import Case, work_of
from realm_jupyter.bench.executor_side import ExecutorSide, random_token_ids
from realm_jupyter.bench.idle import IdleWaiter
from realm_jupyter.bench.loading import fresh_cache
from realm_jupyter.bench.quant_mix import find_mix
from realm_jupyter.bench.random_model import random_model_file
from realm_jupyter.bench.rounds import MAX_STEPS, Rounds
from realm_jupyter.bench.spread import Figure
from realm_jupyter.bench.threads import thread_limit
from realm_jupyter.compute import create_executor
from realm_jupyter.engine.scheduler import prefill_chunk_tokens
from realm_jupyter.errors import RealmError
from realm_jupyter.models import open_model

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LOG, RESULTS = HERE / "LOG.md", HERE / "results"
LARGE = ("tinyllama-1.1b", "qwen2.5-0.5b")
QUANTS = ("Q8_0", "F16", "Q4_0", "Q4_K_M", "Q6_K")
STORIES = "stories260K"
SMALL = ("paris", "tales", STORIES)

DECODE_AIM, FLOAT_DECODE_AIM, SMALL_AIM = 1.2, 1.0, 1.5
PREFILL_AIM, STREAMS_AIM = 2.0, 1.5
BANDWIDTH_AIM = 0.8
FIRST_TOKEN_AIM_S, LOAD_AIM = 0.3, 2.0
BESIDE_AIM_BYTES = 150_000_000


def settings_of(name, quant, options):
    """Return the settings that measure a shape in a quant type, or a small model."""
    common = {
        "executor": options.executor,
        "num_threads": options.threads,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "time_limit_s": options.time_limit,
        "compare": None if options.no_compare else "llama-cpp",
    }
    if name in SHAPES:
        return BenchSettings(shape=name, quant=quant, **common)
    path = options.conformance / "models" / "stories260K-f32.gguf" if name == STORIES else name
    sizes = {"prompts": (128,), "contexts": (0, 200), "streams": (1, 16)}
    return BenchSettings(model=str(path), **common, **sizes)


def jobs(options):
    """Return what to measure: a name and a quant type, which small models do not choose."""
    found = []
    for name in options.models:
        quants = options.quants if name in SHAPES else [""]
        found += [(name, quant) for quant in quants]
    return found


def case_name(result):
    """Return a case in words."""
    if result["kind"] == "prefill":
        return f"prefill of {result['tokens']}"
    streams = f", {result['tokens']} streams" if result["tokens"] > 1 else ""
    return f"decode at {result['context']}{streams}"


def aim_of(label, result):
    """Return the ratio to llama.cpp that a case is meant to reach, or None."""
    name, _, quant = label.partition(" ")
    if name not in SHAPES:
        return SMALL_AIM if result["kind"] == "decode" and result["tokens"] == 1 else None
    is_float = quant in {"F32", "F16", "BF16"}
    if result["kind"] == "prefill":
        return None if is_float else PREFILL_AIM
    if result["tokens"] > 1:
        return None if is_float else STREAMS_AIM
    return FLOAT_DECODE_AIM if is_float else DECODE_AIM


def figure_rows(label, report):
    """Yield the table rows of one model."""
    for result in report["results"]:
        ours, theirs, ratio = result["ours"], result["theirs"], result["ratio"]
        shares = [result["read_share"], result["compute_share"]]
        share = max((item for item in shares if item), default=None)
        row = [label, case_name(result), number(ours["median"])]
        row.append("" if share is None else f"{100 * share:.0f} %")
        if ratio is None:
            yield [*row, "", "", "", "", ""]
            continue
        low, high = ratio["quartiles"]
        own = result["ratio_own_way"]
        row += [number(theirs["median"]), f"**{ratio['median']:.2f}**", f"{low:.2f} to {high:.2f}"]
        row.append("" if own is None else f"{own['median']:.2f}")
        aim = aim_of(label, result)
        yield [*row, "" if aim is None else f"{aim} {mark(ratio['median'] >= aim)}"]


def number(value):
    """Return a speed with three digits or so."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def mark(is_reached):
    """Return whether an aim was reached, in a word."""
    return "reached" if is_reached else "missed"


def other_rows(reports):
    """Yield figures that are no ratios of speed: loads, memory, bandwidth."""
    for label, report in reports.items():
        if label.partition(" ")[0] not in SHAPES:
            continue
        load, memory, peer = report["load"], report["memory"], report["peer"]
        first = load["first_token"]["median"]
        aim = f"{FIRST_TOKEN_AIM_S} s" if report["model"]["num_parameters"] > 1e9 else ""
        reached = mark(first < FIRST_TOKEN_AIM_S) if aim else ""
        yield [label, "cached load to first token", f"{first:.3f} s", aim, reached]
        if peer is not None:
            answer_s = load["first_answer"]["median"]
            times = answer_s / peer["first_answer"]["median"]
            value = f"{answer_s:.2f} s, {times:.2f} times llama.cpp's"
            aim = f"{LOAD_AIM:.0f} times"
            yield [label, "first load to first token", value, aim, mark(times <= LOAD_AIM)]
            first_s, their_s = load["first"]["median"], peer["load"]["median"]
            value = f"{first_s:.2f} s, llama.cpp {their_s:.2f} s"
            yield [label, "first load alone", value, "", ""]
            difference = f"{100 * peer['logits_difference']:.2f} %"
            yield [label, "logits differ from llama.cpp's by", difference, "", ""]
        beside = memory["beside_bytes"]
        if beside is not None:
            value = f"{beside / 1e6:.0f} MB"
            aim = f"{BESIDE_AIM_BYTES / 1e6:.0f} MB"
            reached = mark(beside <= BESIDE_AIM_BYTES)
            yield [label, "memory beside weights and KV cache", value, aim, reached]
    for label, report in reports.items():
        beside = report.get("beside_f16")
        if beside is not None:
            ours, floats = beside["q8_0_bytes_per_s"] / 1e9, beside["f16_bytes_per_s"] / 1e9
            low, high = beside["share"]["quartiles"]
            share = beside["share"]["median"]
            value = f"{ours:.1f} of {floats:.1f} GB/s, {share:.0%} ({low:.0%} to {high:.0%})"
            what = "decode's bandwidth, of F16's in the same process"
            yield [label, what, value, f"{BANDWIDTH_AIM:.0%}", mark(share >= BANDWIDTH_AIM)]


def beside_f16(name, options):
    """Return the bandwidths of decoding in Q8_0 and in F16, measured in turns in one process.

    What memory gives may change from minute to minute, on a virtual machine above all: only
    rounds of both tell one from the other.
    """
    case, sides, bytes_of = Case("decode", 1), {}, {}
    with contextlib.ExitStack() as stack:
        stack.enter_context(thread_limit(options.threads))
        stack.enter_context(fresh_cache())
        for quant in ("Q8_0", "F16"):
            path = stack.enter_context(random_model_file(SHAPES[name], find_mix(quant)))
            model = stack.enter_context(contextlib.closing(open_model(path)))
            executor = create_executor(model, device="cpu", executor=options.executor)
            stack.enter_context(contextlib.closing(executor))
            ids = random_token_ids(model.vocab_size, MAX_STEPS)
            chunk_tokens = prefill_chunk_tokens(model.num_parameters, is_alone=True)
            side = ExecutorSide(executor, ids, chunk_tokens)
            sides[quant] = stack.enter_context(contextlib.closing(side))
            bytes_of[quant] = work_of(model, case).weight_bytes
        rounds = Rounds(
            [case],
            list(sides.values()),
            idle=IdleWaiter(),
            seconds=options.seconds,
            context_length=SHAPES[name].context_length,
            say=lambda line: print(f"  {line}", flush=True),
        )
        for quant, side in sides.items():
            rounds.add_way(quant, side.run)
        rounds.prepare()
        rounds.run(options.rounds)
        ours, floats = (rounds.figure(case, quant) for quant in ("Q8_0", "F16"))
    size = bytes_of["Q8_0"] / bytes_of["F16"]
    shares = [size * a / b for a, b in zip(ours.values, floats.values, strict=True)]
    return {
        "q8_0_bytes_per_s": bytes_of["Q8_0"] * ours.median,
        "f16_bytes_per_s": bytes_of["F16"] * floats.median,
        "share": Figure(tuple(shares), "").to_dict(),
    }


def table(head, rows):
    """Return lines of a Markdown table."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return lines + [f"| {' | '.join(row)} |" for row in rows]


def block(reports, failures, predictions, command):
    """Return the dated block for the log."""
    first = next(iter(reports.values()))
    machine, ceilings = first["machine"], first["ceilings"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    today = dt.datetime.now().astimezone().date()
    lines = [f"## {today} · native CPU executor", ""]
    lines.append(
        f"Machine: {machine['num_cpus']} processors of {machine['processor']}, "
        f"{machine['system']}; {versions}. Executor `{first['settings']['executor']}`, "
        f"{first['settings']['num_threads']} thread(s). The read probe "
        f"({ceilings['source']}) gave {ceilings['read_bytes_per_s'] / 1e9:.1f} GB/s."
    )
    lines += ["", f"**Predictions.** {predictions}", ""]
    lines += [f"**Measured** (`{command}`; medians, quartiles of the ratios):", ""]
    head = ["model", "case", "tok/s", "of ceiling", "llama.cpp", "ratio", "between"]
    head += ["ratio, its own steps", "aim"]
    rows = [row for label, report in reports.items() for row in figure_rows(label, report)]
    lines += table(head, rows)
    others = list(other_rows(reports))
    if others:
        lines += ["", *table(["model", "figure", "measured", "aim", ""], others)]
    notes = {note for report in reports.values() for note in report["warnings"]}
    lines += [""] * bool(notes or failures)
    lines += [f"- {note}" for note in sorted(notes)]
    lines += [f"- {label} was not measured: {problem}" for label, problem in failures.items()]
    return "\n".join(lines) + "\n"


def parse(words):
    """Return the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    everything = (*LARGE, *SMALL)
    as_list = {"type": lambda text: [item for item in text.split(",") if item]}
    parser.add_argument("--models", default=list(everything), help=",".join(everything), **as_list)
    parser.add_argument("--quants", default=list(QUANTS), help=",".join(QUANTS), **as_list)
    parser.add_argument("--executor", default="native")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.5, help="of one measurement")
    parser.add_argument("--time-limit", type=float, default=300, help="seconds for one file")
    parser.add_argument("--no-compare", action="store_true", help="without llama.cpp")
    parser.add_argument("--predictions", default="None were written down.")
    parser.add_argument("--conformance", type=Path, default=ROOT.parent / "shared" / "conformance")
    parser.add_argument("--log", type=Path, default=LOG)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument(
        "--render", type=Path, nargs="+", metavar="FILE", help="measure nothing; log these results"
    )
    return parser.parse_args(words)


def measure(options, reports, failures, path):
    """Measure everything; fills both dictionaries, and the file, as it goes."""
    for name, quant in jobs(options):
        label = f"{name} {quant}".strip()
        print(f"== {label}", flush=True)
        try:
            report = run_bench(
                settings_of(name, quant, options), lambda line: print(f"  {line}", flush=True)
            )
        except RealmError as error:
            failures[label] = str(error)
            print(f"  {error}", flush=True)
            continue
        print(render_report(report), flush=True)
        reports[label] = report.to_dict()
        if name in SHAPES and quant == "Q8_0" and "F16" in options.quants:
            try:
                reports[label]["beside_f16"] = beside_f16(name, options)
            except RealmError as error:
                failures[f"{label} beside F16"] = str(error)
                print(f"  {error}", flush=True)
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(reports, indent=1) + "\n", encoding="utf-8")


def main(words):
    """Measure, log, and return the exit status."""
    options = parse(words)
    reports, failures, status = {}, {}, 0
    if options.render:
        for path in options.render:
            reports |= json.loads(path.read_text(encoding="utf-8"))
    else:
        stamp = dt.datetime.now().astimezone().strftime("%Y-%m-%dT%H%M%S")
        path = options.results / f"cpu-{stamp}.json"
        try:
            measure(options, reports, failures, path)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            status = 130
    if reports:
        command = shlex.join(["python", "tests/benchmarks/bench_cpu.py", *visible(words)])
        text = block(reports, failures, options.predictions, command)
        with options.log.open("a", encoding="utf-8") as log:
            log.write(f"\n{text}")
        print(f"{text}\nappended to {options.log}")
    return status or (1 if failures else 0)


def visible(words):
    """Return the arguments without the predictions, which the block shows anyway."""
    found, is_skipped = [], False
    for word in words:
        if is_skipped:
            is_skipped = False
        elif word == "--predictions":
            is_skipped = True
        elif not word.startswith("--predictions="):
            found.append(word)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
