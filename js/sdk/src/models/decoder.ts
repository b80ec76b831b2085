/** The layers that Llama, Qwen and Phi have in common. */

import type { GGUFFile } from "../gguf/file.js";
import type { Graph } from "../graph/graph.js";
import { GraphBuilder } from "./builder.js";
import { readRope } from "./rope.js";

export interface DecoderOptions {
  layout: "norm" | "neox";
  /** Whether a layer's feed-forward part is a mixture of experts. */
  hasExperts?: (model: GraphBuilder) => boolean;
  /** Positions that each query sees; 0 for all. */
  window?: (model: GraphBuilder) => number;
}

/** Attention and a SiLU feed-forward part in each layer, each after a norm. */
export function buildDecoder(
  file: GGUFFile,
  architecture: string,
  { layout, hasExperts, window }: DecoderOptions,
): Graph {
  const model = new GraphBuilder(file, architecture);
  const heads = model.read.heads();
  const rope = readRope(model.read, heads, layout, model.has);
  const options = { window: window?.(model) ?? 0 };
  const isMixture = hasExperts?.(model) ?? false;
  let x = model.embedding();
  for (let layer = 0; layer < model.numLayers; layer++) {
    const prefix = `blk.${layer}`;
    let attended = model.attention(
      model.norm(x, `${prefix}.attn_norm`),
      layer,
      heads,
      rope,
      options,
    );
    [x, attended] = model.selectRows(layer, x, attended);
    x = model.add(x, attended, `${prefix}.attn_residual`);
    const normed = model.norm(x, `${prefix}.ffn_norm`);
    const fed = isMixture
      ? model.experts(normed, layer)
      : model.feedForward(normed, layer, "swiglu");
    x = model.add(x, fed, `${prefix}.ffn_residual`);
  }
  return model.finish(x);
}
