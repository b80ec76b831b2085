/** The engine over the real kernels, with models that ship with the package. */

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LocalEngine } from "../../src/engine/local_engine.js";
import { openFile } from "../../src/gguf/file_source.js";
import type { Kernels } from "../../src/kernels/executor.js";
import type { GenerationConfig } from "../../src/types.js";
import { goldenJson, repositoryPath } from "../support/files.js";
import { compiledGuest, GREEDY } from "../support/guest.js";
import { newKernels } from "../support/kernels.js";

interface Greedy {
  model: string;
  prompt: string;
  raw: boolean;
  max_tokens: number;
  prompt_ids: number[];
  token_ids: number[];
  text: string;
}

const PARIS = repositoryPath("realm_jupyter/demo/paris.gguf");
const TALES = repositoryPath("realm_jupyter/demo/tales.gguf");
const greedy = goldenJson("greedy.json") as Greedy[];

let kernels: Kernels;
let engine: LocalEngine;

beforeAll(async () => {
  kernels = await newKernels();
  engine = new LocalEngine({
    guest: compiledGuest(),
    createKernels: async () => kernels,
    openPath: openFile,
  });
  await engine.loadModel(PARIS, "paris", {});
});

afterAll(() => engine.dispose());

function generate(
  model: string,
  text: string,
  changes: Partial<GenerationConfig>,
  signal?: AbortSignal,
) {
  const config = { ...GREEDY, maxTokens: 24, ...changes };
  return engine.generate({ model, text, config }, signal === undefined ? {} : { signal });
}

describe("the engine over the kernels", () => {
  it("gives Python's greedy answers, alone and all at once", async () => {
    const cases = greedy.filter(({ model, raw }) => model === "paris" && !raw);
    expect(cases.length).toBeGreaterThan(0);
    const run = ({ prompt, max_tokens }: Greedy) =>
      generate("paris", prompt, { maxTokens: max_tokens });
    const together = await Promise.all(cases.map(run));
    for (const [index, given] of cases.entries()) {
      const expected = { text: given.text, tokenIds: given.token_ids, promptIds: given.prompt_ids };
      expect(together[index]).toMatchObject(expected);
      expect(await run(given)).toMatchObject(expected);
    }
  });

  it("gives the same draws alone and beside others, whatever the model and the order", async () => {
    await engine.loadModel(new Blob([readFileSync(TALES)]), "tales", {});
    const drawn = { temperature: 1.2, topK: 0, topP: 1, minP: 0 };
    const jobs = Array.from({ length: 8 }, (_, index) => ({
      model: index % 2 === 0 ? "paris" : "tales",
      text: "Tell me of the sea. ".repeat(index + 1),
      seed: 1000 + index,
    }));
    const run = ({ model, text, seed }: (typeof jobs)[number]) =>
      generate(model, text, { ...drawn, seed }).then(({ tokenIds }) => tokenIds);
    const together = await Promise.all(jobs.map(run));
    for (const [index, job] of jobs.entries()) {
      expect(await run(job)).toEqual(together[index]);
    }
    expect(await engine.unloadModel("tales")).toBeGreaterThan(1 << 20);
  });

  it("gives the same draws with what is kept of a conversation as without", async () => {
    const options = { temperature: 1.2, topK: 0, topP: 1, minP: 0, seed: 7 };
    const first = await generate("paris", "What is the capital of France? ".repeat(6), options);
    const tokenIds = [...first.promptIds, ...first.tokenIds, ...first.promptIds];
    const config = { ...GREEDY, ...options, maxTokens: 24 };
    const kept = await engine.generate({ model: "paris", tokenIds, config }, {});
    expect(kept.usage.cachedTokens).toBeGreaterThan(first.promptIds.length);
    await engine.unloadModel("paris");
    await engine.loadModel(PARIS, "paris", {});
    const anew = await engine.generate({ model: "paris", tokenIds, config }, {});
    expect(anew.usage.cachedTokens).toBe(0);
    expect(kept.tokenIds).toEqual(anew.tokenIds);
  });

  it("goes on after an abort as if nothing had been", async () => {
    const text = "What is the capital of France? ".repeat(8);
    const whole = await generate("paris", text, { ignoreEos: true });
    for (const delayMs of [0, 5, 20]) {
      const abort = new AbortController();
      setTimeout(() => abort.abort(), delayMs);
      const options = { ignoreEos: true, maxTokens: 400 };
      const { finishReason } = await generate("paris", text, options, abort.signal);
      expect(["cancelled", "length"]).toContain(finishReason);
    }
    expect((await generate("paris", text, { ignoreEos: true })).tokenIds).toEqual(whole.tokenIds);
  });

  it("gives memory back: models that come and go do not make it grow", async () => {
    const sizes: number[] = [];
    for (let round = 0; round < 6; round++) {
      await engine.loadModel(TALES, "tales", {});
      await generate("tales", "Once", {});
      await engine.unloadModel("tales");
      sizes.push(kernels.memoryBytes);
    }
    expect(sizes.at(-1)).toBe(sizes[0]);
  });
});
