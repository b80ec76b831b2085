"""A report as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realm_jupyter.human import format_bytes, format_count, format_duration

if TYPE_CHECKING:
    from realm_jupyter.bench.report import BenchReport, CaseResult
    from realm_jupyter.bench.spread import Figure

__all__ = ["render_report"]

_GIGA = 1e9
_HUNDRED = 100
_KILO = 1000


def render_report(report: BenchReport) -> str:
    """Return the whole report, lines of at most some hundred characters."""
    lines = _head(report)
    if report.results:
        lines += ["", *_cases(report)]
    lines += [f"note: {warning}" for warning in report.warnings]
    return "\n".join(lines)


def _head(report: BenchReport) -> list[str]:
    rows = [
        ("model", _model(report)),
        ("runs on", _engine(report)),
        ("machine", _machine(report)),
        ("ceilings", _ceilings(report)),
        ("load", _load(report)),
        ("first token", _first_tokens(report)),
        ("memory", _memory(report)),
        ("beside", _peer(report)),
        ("figures", _rounds(report)),
    ]
    return [f"{name:<12} {text}" for name, text in rows if text]


def _rounds(report: BenchReport) -> str:
    rounds = _plural(report.settings["rounds"], "round")
    return f"medians of {rounds}, half of them between" if report.results else ""


def _model(report: BenchReport) -> str:
    model = report.model
    parts = [model["name"], model["architecture"], model["quant_type"]]
    parts.append(f"{format_count(model['num_parameters'])} parameters")
    return " · ".join([*parts, format_bytes(model["file_bytes"])])


def _engine(report: BenchReport) -> str:
    settings = report.settings
    steps = f"prompts in steps of {settings['chunk_tokens']} tokens"
    return f"{settings['executor']} · {_plural(settings['num_threads'], 'thread')} · {steps}"


def _machine(report: BenchReport) -> str:
    machine = report.machine
    processors = _plural(machine["num_cpus"], "processor")
    return f"{machine['processor']} · {processors} · {machine['system']}"


def _load(report: BenchReport) -> str:
    load = report.load
    first, again = format_duration(load.first.median), format_duration(load.cached.median)
    answers = [format_duration(figure.median) for figure in (load.first_answer, load.first_token)]
    return f"first {first}, a token after {answers[0]} · again {again}, a token after {answers[1]}"


def _first_tokens(report: BenchReport) -> str:
    waits = [
        f"{format_duration(figure.median / _KILO)} after {length} tokens"
        for length, figure in report.load.ttft.items()
    ]
    return " · ".join(waits)


def _memory(report: BenchReport) -> str:
    memory = report.memory
    parts = [f"weights {format_bytes(memory.weights_bytes)}"]
    parts.append(f"KV cache {format_bytes(memory.kv_bytes)}")
    if memory.grown_bytes is not None:
        parts.append(f"the process grew by {format_bytes(memory.grown_bytes)}")
    return " · ".join(parts)


def _peer(report: BenchReport) -> str:
    peer = report.peer
    if peer is None:
        return ""
    difference = f"logits differ by {_HUNDRED * peer.logits_difference:.2g} %"
    load, answer = format_duration(peer.load.median), format_duration(peer.first_answer.median)
    return f"{peer.name} · loaded in {load}, a token after {answer} · {difference}"


def _ceilings(report: BenchReport) -> str:
    found = report.ceilings
    parts = [f"reads {found.read_bytes_per_s / _GIGA:.1f} GB/s"]
    for kind in ("int8", "float32"):
        speed = found.macs_per_s(kind)
        if speed is not None:
            parts.append(f"{speed / _GIGA:.0f} G {kind} multiply-adds/s")
    source = f"({found.source}, {_plural(found.num_threads, 'thread')})"
    return f"{' · '.join(parts)} {source}"


def _cases(report: BenchReport) -> list[str]:
    head = ["", "tok/s", "between", "of ceiling"]
    if report.peer is not None:
        head += ["llama.cpp", "ratio", "between"]
    rows = [head]
    has_own_way = False
    for result in report.results:
        row = [result.case.name, _speed(result.ours.median), _between(result.ours)]
        row.append(_share(result, report))
        if result.theirs is not None and result.ratio is not None:
            row += [_speed(result.theirs.median), f"{result.ratio.median:.2f}"]
            row.append(_between(result.ratio, digits=2))
        rows.append(row)
        own, ratio = result.theirs_own_way, result.ratio_own_way
        if own is not None and ratio is not None:
            has_own_way = True
            row = ["  llama.cpp its own way", "", "", "", _speed(own.median)]
            rows.append([*row, f"{ratio.median:.2f}", _between(ratio, digits=2)])
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    lines = [
        "  ".join(
            text.ljust(width) if place == 0 else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    if has_own_way:
        lines.append("its own way: prompts in llama.cpp's default steps of 512 tokens")
    return lines


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _speed(tokens_per_s: float) -> str:
    return f"{tokens_per_s:.0f}" if tokens_per_s >= _HUNDRED else f"{tokens_per_s:.3g}"


def _between(figure: Figure, digits: int | None = None) -> str:
    low, high = figure.quartiles
    if digits is None:
        return f"{_speed(low)}-{_speed(high)}"
    return f"{low:.{digits}f}-{high:.{digits}f}"


def _share(result: CaseResult, report: BenchReport) -> str:
    read = result.read_share(report.ceilings)
    compute = result.compute_share(report.ceilings)
    # The ceiling that is nearer is the one that holds the speed down.
    shares = [(share, name) for share, name in ((read, "read"), (compute, "compute")) if share]
    if not shares:
        return ""
    share, name = max(shares)
    return f"{_HUNDRED * share:.0f} % {name}"
