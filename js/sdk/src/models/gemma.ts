/**
 * Gemma 2 and 3: norms around both parts of a layer, and windows in some layers.
 *
 * The files hold norm weights with the 1 of the published formula added already.
 */

import type { GGUFFile } from "../gguf/file.js";
import type { Graph } from "../graph/graph.js";
import { type AttentionOptions, GraphBuilder } from "./builder.js";
import { type Heads, MAX_CONTEXT_LENGTH } from "./hyperparameters.js";
import { MAX_BASE, type RopeSettings, readRope, unscaled } from "./rope.js";

interface LayerSettings extends AttentionOptions {
  rope: RopeSettings;
}

const GEMMA2 = { window: 4096, softcap: 50, finalSoftcap: 30, layersOf27B: 46 };
const GEMMA3 = { localBase: 10000, period: 6, layersOf27B: 62 };

/** Gemma 2: soft caps, and a window in every second layer. */
export function buildGemma2(file: GGUFFile): Graph {
  const model = new GraphBuilder(file, "gemma2");
  const heads = model.read.heads();
  const rope = readRope(model.read, heads, "neox", model.has);
  const window = readWindow(model, GEMMA2.window);
  const softcap = model.read.number("attn_logit_softcapping", { fallback: GEMMA2.softcap });
  const finalSoftcap = model.read.number("final_logit_softcapping", {
    fallback: GEMMA2.finalSoftcap,
  });
  const scale = queryScale(model, heads, GEMMA2.layersOf27B);
  return buildLayers(model, heads, finalSoftcap, (layer) => ({
    rope,
    scale,
    window: layer % 2 === 0 ? window : 0,
    softcap,
  }));
}

/**
 * Gemma 3: five local layers for each global one, and no soft caps. Local layers see a window
 * and turn by a base of their own, without scaling.
 */
export function buildGemma3(file: GGUFFile): Graph {
  const model = new GraphBuilder(file, "gemma3");
  const heads = model.read.heads();
  const rope = readRope(model.read, heads, "neox", model.has);
  const window = readWindow(model, 0);
  const period = model.read.count("attention.sliding_window_pattern", { fallback: GEMMA3.period });
  const localBase = model.read.number("rope.freq_base_swa", {
    fallback: GEMMA3.localBase,
    isAbove: true,
    high: MAX_BASE,
  });
  const localRope = unscaled(rope, localBase);
  const finalSoftcap = model.read.number("final_logit_softcapping", { fallback: 0 });
  const scale = queryScale(model, heads, GEMMA3.layersOf27B);
  return buildLayers(model, heads, finalSoftcap, (layer) => {
    const isLocal = window > 0 && layer % period < period - 1;
    return { rope: isLocal ? localRope : rope, scale, window: isLocal ? window : 0 };
  });
}

function readWindow(model: GraphBuilder, fallback: number): number {
  return model.read.count("attention.sliding_window", {
    fallback,
    low: 0,
    high: MAX_CONTEXT_LENGTH,
  });
}

/** The largest models scale queries by their width over their heads, not by the heads' width. */
function queryScale(model: GraphBuilder, heads: Heads, layersOf27B: number): number {
  const is27B = model.numLayers === layersOf27B;
  const dim = is27B ? model.embeddingLength / heads.numHeads : heads.keyDim;
  return 1 / Math.sqrt(dim);
}

function buildLayers(
  model: GraphBuilder,
  heads: Heads,
  finalSoftcap: number,
  settingsOf: (layer: number) => LayerSettings,
): Graph {
  let x = model.scale(model.embedding(), "scaled_embedding", Math.sqrt(model.embeddingLength));
  for (let layer = 0; layer < model.numLayers; layer++) {
    const prefix = `blk.${layer}`;
    const { rope, ...options } = settingsOf(layer);
    const normed = model.norm(x, `${prefix}.attn_norm`);
    let attended = model.attention(normed, layer, heads, rope, options);
    attended = model.norm(attended, `${prefix}.post_attention_norm`);
    [x, attended] = model.selectRows(layer, x, attended);
    x = model.add(x, attended, `${prefix}.attn_residual`);
    const fed = model.feedForward(model.norm(x, `${prefix}.ffn_norm`), layer, "geglu");
    x = model.add(x, model.norm(fed, `${prefix}.post_ffw_norm`), `${prefix}.ffn_residual`);
  }
  return model.finish(x, finalSoftcap);
}
