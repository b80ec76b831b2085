/** Both sides in one page, in turns, for chromium.mjs. */

import type { Round, Sizes } from "./rounds.js";
import { median } from "./rounds.js";

interface Options extends Sizes {
  threads: number;
  rounds: number;
  file?: string;
}

interface Timings {
  prompt_n: number;
  prompt_per_second: number;
  predicted_n: number;
  predicted_per_second: number;
}

interface Rival {
  loadModel(blobs: Blob[], options: Record<string, unknown>): Promise<void>;
  createCompletion(options: Record<string, unknown>): Promise<{ timings?: Timings }>;
  getNumThreads(): number;
  exit(): Promise<void>;
}

function ask<T>(worker: Worker, message: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if (data?.error) reject(new Error(data.error));
      else resolve(data);
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(message);
  });
}

/** llama.cpp by wllama; its own figures leave out what its API costs. */
async function rivalRound(rival: Rival, sizes: Sizes, round: number) {
  const words = Array.from({ length: sizes.promptTokens }, (_, index) => (index * 7 + round) % 10);
  const { timings } = await rival.createCompletion({
    prompt: words.join(""), // a digit is a token
    max_tokens: sizes.newTokens,
    temperature: 0,
    ignore_eos: true,
    cache_prompt: false,
    stream: false,
  });
  if (timings === undefined) throw new Error("wllama gave no timings");
  const counts = [timings.prompt_n, timings.predicted_n];
  return { prefill: timings.prompt_per_second, decode: timings.predicted_per_second, counts };
}

export async function compare(options: Options) {
  if (!crossOriginIsolated) throw new Error("the page is not cross-origin isolated");
  const blob = await (await fetch("model.gguf")).blob();
  const worker = new Worker("chromium_worker.js", { type: "module" });
  const { threads, file } = options;
  const build = await ask<string>(worker, { blob, threads, ...(file && { file }) });
  const wllama = new URL("wllama/index.js", location.href).href;
  const { Wllama } = await import(wllama);
  const rival: Rival = new Wllama({
    default: new URL("wllama/wasm/wllama.wasm", location.href).href,
  });
  await rival.loadModel([blob], { n_threads: threads, n_ctx: 1024, n_gpu_layers: 0 });
  const ours: Round[] = [];
  const theirs: (Round & { counts: number[] })[] = [];
  for (let round = -1; round < options.rounds; ++round) {
    const { promptTokens, newTokens } = options;
    const own = await ask<Round>(worker, { promptTokens, newTokens });
    const other = await rivalRound(rival, options, round + 1);
    if (round < 0) continue; // the first one warms up
    ours.push(own);
    theirs.push(other);
  }
  const result: Record<string, unknown> = {
    build,
    threads,
    rivalThreads: rival.getNumThreads(),
    rivalCounts: theirs[0]?.counts,
    ...options,
  };
  for (const name of ["prefill", "decode"] as const) {
    const sdk = median(ours.map((round) => round[name]));
    const rivalSpeed = median(theirs.map((round) => round[name]));
    result[name] = { sdk, wllama: rivalSpeed, ratio: sdk / rivalSpeed };
  }
  await rival.exit();
  return result;
}

Object.assign(globalThis, { compare });
