/** The supported architectures, by `general.architecture`. */

import type { GGUFFile } from "../gguf/file.js";
import type { Graph } from "../graph/graph.js";
import type { GraphBuilder } from "./builder.js";
import { buildDecoder } from "./decoder.js";
import { buildGemma2, buildGemma3 } from "./gemma.js";
import { MAX_CONTEXT_LENGTH } from "./hyperparameters.js";

export const ARCHITECTURES: Readonly<Record<string, (file: GGUFFile) => Graph>> = {
  gemma2: buildGemma2,
  gemma3: buildGemma3,
  // Mixtral where the file has experts. Rope turns neighbouring columns: these files hold
  // query and key weights permuted for it.
  llama: (file) =>
    buildDecoder(file, "llama", {
      layout: "norm",
      hasExperts: (model) => model.read.count("expert_count", { fallback: 0, low: 0 }) > 0,
    }),
  phi3: (file) => buildDecoder(file, "phi3", { layout: "neox", window: phi3Window }),
  qwen2: (file) => buildDecoder(file, "qwen2", { layout: "neox" }),
  qwen3: (file) => buildDecoder(file, "qwen3", { layout: "neox" }),
  qwen3moe: (file) => buildDecoder(file, "qwen3moe", { layout: "neox", hasExperts: () => true }),
};

/** The attention's window, which the model as published has in every layer. */
function phi3Window(model: GraphBuilder): number {
  const window = model.read.count("attention.sliding_window", {
    fallback: 0,
    low: 0,
    high: MAX_CONTEXT_LENGTH,
  });
  return window >= model.contextLength ? 0 : window;
}
