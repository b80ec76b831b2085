"""Measuring speed: ``realm bench`` and what a notebook needs for the same.

A run measures whole steps of an executor, loads and first tokens, beside what the machine
could do at most and, if asked, beside llama.cpp on the same file.
"""

from __future__ import annotations

from realm_jupyter.bench.quant_mix import MIXES
from realm_jupyter.bench.report import BenchReport
from realm_jupyter.bench.run import run_bench
from realm_jupyter.bench.settings import BenchSettings
from realm_jupyter.bench.shapes import SHAPES
from realm_jupyter.bench.table import render_report

__all__ = ["MIXES", "SHAPES", "BenchReport", "BenchSettings", "render_report", "run_bench"]
