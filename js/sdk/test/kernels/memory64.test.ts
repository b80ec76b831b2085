import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { ModelMemoryError } from "../../src/errors.js";
import type { Kernels } from "../../src/kernels/executor.js";
import { KernelInstance } from "../../src/kernels/instance.js";
import { kernelsFile } from "../../src/kernels/load.js";
import { type AddressBits, hasMemory64, newMemory } from "../../src/kernels/memory.js";
import { WasmKernels } from "../../src/kernels/wasm_kernels.js";
import { WideningKernels } from "../../src/kernels/widening_kernels.js";
import { repositoryPath } from "../support/files.js";
import {
  BUILDS,
  executorOf,
  kernelModule,
  lastLogits,
  newKernels,
  newWideKernels,
  someIds,
} from "../support/kernels.js";
import { ARCHITECTURES, tinyModel } from "../support/tiny_models.js";

const MODEL = tinyModel("llama");
const PARIS = readFileSync(repositoryPath("realm_jupyter/demo/paris.gguf"));
const IDS = someIds(150, 320);
const GIB = 2 ** 30;

const open: Kernels[] = [];

afterEach(() => {
  for (const kernels of open.splice(0)) kernels.dispose();
});

function kept<T extends Kernels>(kernels: T): T {
  open.push(kernels);
  return kernels;
}

/** Kernels of which so many bytes are taken; memory that nobody writes to costs nothing. */
function takenKernels(addressBits: AddressBits, takenBytes: number): WasmKernels {
  const module = kernelModule(addressBits === 64 ? "kernels64.wasm" : "kernels.wasm");
  const instance = new KernelInstance(module, newMemory(addressBits, false));
  for (let rest = takenBytes; rest > 0; rest -= GIB) {
    instance.allocate(Math.min(rest, GIB), "what another model has");
  }
  return kept(new WasmKernels(module, instance, 1));
}

describe.skipIf(!hasMemory64())("64-bit memory", () => {
  it.each(ARCHITECTURES)("gives the bits of 32-bit memory: %s", async (architecture) => {
    const model = tinyModel(architecture);
    const expected = lastLogits(await executorOf(kept(await newKernels()), model), IDS);
    const executor = await executorOf(kept(await newWideKernels()), model);
    expect(executor.build).toBe("simd 64-bit memory");
    expect(lastLogits(executor, IDS, [100, 50])).toEqual(expected);
  });

  it.each(BUILDS)("gives them with every build and two threads: kernels64%s", async (build) => {
    const threads = build === "" ? 1 : 2;
    const expected = lastLogits(await executorOf(kept(await newKernels(build)), PARIS), IDS);
    const made = kept(await newWideKernels(build, threads));
    const executor = await executorOf(made, PARIS, { threads });
    expect(executor.build).toContain(threads > 1 ? "threads 64-bit" : "64-bit");
    expect(lastLogits(executor, IDS)).toEqual(expected);
  });

  it("runs a model beyond 4 GiB", async () => {
    const expected = lastLogits(await executorOf(kept(await newKernels()), PARIS), IDS);
    const made = takenKernels(64, 4.5 * GIB);
    expect(made.memoryBytes).toBeGreaterThan(4.5 * GIB);
    expect(lastLogits(await executorOf(made, PARIS), IDS)).toEqual(expected);
  });

  it("ends somewhere, in an error that says so", async () => {
    const made = takenKernels(64, 1 * GIB);
    const { maxMemoryBytes } = made;
    const full = takenKernels(64, maxMemoryBytes - 1.5 * 2 ** 20);
    await expect(executorOf(full, PARIS)).rejects.toThrow(ModelMemoryError);
    await expect(executorOf(full, PARIS)).rejects.toThrow(/unload a model or use a smaller one$/);
  });

  it("is used again after models", async () => {
    const made = kept(await newWideKernels());
    const sizes: number[] = [];
    for (let round = 0; round < 5; ++round) {
      const [one, two] = [await executorOf(made, MODEL), await executorOf(made, PARIS)];
      lastLogits(one, IDS);
      one.close();
      lastLogits(two, IDS);
      two.close();
      sizes.push(made.memoryBytes);
    }
    expect(sizes.slice(1)).toEqual(sizes.slice(1).fill(sizes[0] ?? 0));
  });

  it("has modules that import a memory and nothing else", () => {
    for (const build of ["", "-relaxed-threads"]) {
      if (build !== "" && BUILDS.length < 2) continue;
      const imports = WebAssembly.Module.imports(kernelModule(`kernels64${build}.wasm`));
      expect(imports).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
    }
    expect(kernelsFile({ threads: 1, addressBits: 64 })).toMatch(
      /^kernels64(-relaxed-threads)?\.wasm$/,
    );
  });
});

describe.skipIf(!hasMemory64())("32-bit memory that has no room", () => {
  it("leaves a model to 64-bit memory, which is made once", async () => {
    let numStarted = 0;
    const startWide = () => {
      numStarted += 1;
      return newWideKernels();
    };
    const widening = kept(new WideningKernels(takenKernels(32, 3 * GIB), startWide));
    expect((await executorOf(widening, PARIS)).build).toBe("simd");
    expect(numStarted).toBe(0);
    const full = kept(new WideningKernels(takenKernels(32, 3.6 * GIB), startWide));
    for (const model of [PARIS, MODEL]) {
      expect((await executorOf(full, model)).build).toBe("simd 64-bit memory");
    }
    expect(numStarted).toBe(1);
    expect(full.memoryBytes).toBeGreaterThan(3.6 * GIB);
  });

  it("tries again where 64-bit memory could not be made", async () => {
    let numStarted = 0;
    const startWide = async () => {
      numStarted += 1;
      if (numStarted === 1) throw new ModelMemoryError("no addresses");
      return newWideKernels();
    };
    const widening = kept(new WideningKernels(takenKernels(32, 3.6 * GIB), startWide));
    await expect(executorOf(widening, MODEL)).rejects.toThrow("no addresses");
    expect((await executorOf(widening, MODEL)).build).toContain("64-bit memory");
  });
});

describe("one memory of 32 bits", () => {
  it("refuses what is too much, and too much at once", async () => {
    const full = takenKernels(32, 4 * GIB - 2.5 * 2 ** 20);
    await expect(executorOf(full, PARIS)).rejects.toThrow(ModelMemoryError);
    await expect(executorOf(full, PARIS)).rejects.toThrow(
      hasMemory64()
        ? /or give the option memory: "64-bit"$/
        : /where WebAssembly has 64-bit memory/,
    );
    const instance = new KernelInstance(kernelModule("kernels.wasm"), newMemory(32, false));
    const allocate = () => instance.allocate(3 * GIB, "one tensor");
    expect(allocate).toThrow(ModelMemoryError);
    expect(allocate).toThrow(/one tensor of [\d,]+ bytes do not fit: one piece of 32-bit memory/);
  });
});
