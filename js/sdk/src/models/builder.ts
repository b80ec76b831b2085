/** The parts that all decoder architectures share, as ops of a graph. */

import type { GGUFFile } from "../gguf/file.js";
import type { Graph, Op } from "../graph/graph.js";
import {
  type Heads,
  HyperparameterReader,
  MAX_CONTEXT_LENGTH,
  MAX_LAYERS,
} from "./hyperparameters.js";
import type { RopeSettings } from "./rope.js";

const EMBEDDING = "token_embd.weight";
const OUTPUT = "output.weight";

export interface AttentionOptions {
  /** `1 / sqrt(keyDim)` by default. */
  scale?: number;
  /** Positions each query sees; 0 for all. */
  window?: number;
  /** Of the scores; 0 is off. */
  softcap?: number;
}

/** Emits ops in the order in which they run; methods give names of values. */
export class GraphBuilder {
  readonly read: HyperparameterReader;
  readonly numLayers: number;
  readonly embeddingLength: number;
  readonly contextLength: number;
  readonly #file: GGUFFile;
  readonly #architecture: string;
  readonly #eps: number;
  readonly #vocabSize: number;
  readonly #ops: Op[] = [];

  constructor(file: GGUFFile, architecture: string) {
    this.#file = file;
    this.#architecture = architecture;
    this.read = new HyperparameterReader(file, architecture);
    this.numLayers = this.read.count("block_count", { high: MAX_LAYERS });
    this.embeddingLength = this.read.count("embedding_length");
    this.contextLength = this.read.count("context_length", { high: MAX_CONTEXT_LENGTH });
    this.#eps = this.read.number("attention.layer_norm_rms_epsilon", { high: 1 });
    this.#vocabSize = this.#rows(EMBEDDING);
    this.#rows(`blk.${this.numLayers - 1}.attn_norm.weight`);
  }

  readonly has = (tensor: string): boolean => this.#file.has(tensor);

  /** Look the token ids up. */
  embedding(): string {
    return this.#add(
      "embedding",
      "embedding",
      [],
      { weight: EMBEDDING },
      {
        vocab_size: this.#vocabSize,
        width: this.embeddingLength,
      },
    );
  }

  /** Normalise with the weight of this name; each of the groups on its own. */
  norm(x: string, name: string, numGroups = 1): string {
    return this.#add(
      "rms_norm",
      name,
      [x],
      { weight: `${name}.weight` },
      {
        num_groups: numGroups,
        eps: this.#eps,
      },
    );
  }

  /** Multiply with the weight of this name, and add its bias if there is one. */
  linear(x: string, name: string, numOutputs: number): string {
    const weights = { weight: `${name}.weight`, ...this.#bias(`${name}.bias`) };
    return this.#add("linear", name, [x], weights, { num_outputs: numOutputs });
  }

  /** Take some columns. */
  slice(x: string, name: string, start: number, width: number): string {
    return this.#add("slice", name, [x], {}, { start, width });
  }

  add(left: string, right: string, name: string): string {
    return this.#add("add", name, [left, right], {}, {});
  }

  scale(x: string, name: string, factor: number): string {
    return this.#add("scale", name, [x], {}, { factor });
  }

  /** Turn every head by its position. */
  rope(x: string, name: string, numHeads: number, rope: RopeSettings): string {
    const weights = rope.freqFactors === null ? {} : { freq_factors: rope.freqFactors };
    return this.#add("rope", name, [x], weights, { ...rope.attributes, num_heads: numHeads });
  }

  /**
   * Attend: project, normalise heads where the file has weights for it, turn, mix, and project
   * back to the width of the row.
   */
  attention(
    x: string,
    layer: number,
    heads: Heads,
    rope: RopeSettings,
    { scale = 1 / Math.sqrt(heads.keyDim), window = 0, softcap = 0 }: AttentionOptions = {},
  ): string {
    const prefix = `blk.${layer}`;
    let [query, key, value] = this.#queriesKeysValues(x, prefix, heads);
    if (this.has(`${prefix}.attn_q_norm.weight`)) {
      query = this.norm(query, `${prefix}.attn_q_norm`, heads.numHeads);
    }
    if (this.has(`${prefix}.attn_k_norm.weight`)) {
      key = this.norm(key, `${prefix}.attn_k_norm`, heads.numKVHeads);
    }
    query = this.rope(query, `${prefix}.attn_q_rope`, heads.numHeads, rope);
    key = this.rope(key, `${prefix}.attn_k_rope`, heads.numKVHeads, rope);
    const mixed = this.#add(
      "attention",
      `${prefix}.attn`,
      [query, key, value],
      {},
      {
        layer,
        num_heads: heads.numHeads,
        num_kv_heads: heads.numKVHeads,
        key_dim: heads.keyDim,
        value_dim: heads.valueDim,
        scale,
        window,
        softcap,
      },
    );
    return this.linear(mixed, `${prefix}.attn_output`, this.embeddingLength);
  }

  /** Run the gated feed-forward layer; gate and up may be fused in one tensor. */
  feedForward(x: string, layer: number, kind: "swiglu" | "geglu"): string {
    const prefix = `blk.${layer}`;
    const width = this.read.count("feed_forward_length");
    let gate: string;
    let up: string;
    if (this.has(`${prefix}.ffn_gate.weight`)) {
      gate = this.linear(x, `${prefix}.ffn_gate`, width);
      up = this.linear(x, `${prefix}.ffn_up`, width);
    } else {
      const both = this.linear(x, `${prefix}.ffn_up`, 2 * width);
      gate = this.slice(both, `${prefix}.ffn_gate`, 0, width);
      up = this.slice(both, `${prefix}.ffn_up_half`, width, width);
    }
    const hidden = this.#add(kind, `${prefix}.ffn_${kind}`, [gate, up], {}, {});
    return this.linear(hidden, `${prefix}.ffn_down`, this.embeddingLength);
  }

  /** Run a mixture of SiLU experts whose weights sum to 1 for each token. */
  experts(x: string, layer: number): string {
    const prefix = `blk.${layer}`;
    const numExperts = this.read.count("expert_count");
    const ownKey = "expert_feed_forward_length";
    const widthKey = this.read.has(ownKey) ? ownKey : "feed_forward_length";
    const weights = {
      router: `${prefix}.ffn_gate_inp.weight`,
      gate: `${prefix}.ffn_gate_exps.weight`,
      up: `${prefix}.ffn_up_exps.weight`,
      down: `${prefix}.ffn_down_exps.weight`,
    };
    return this.#add("moe", `${prefix}.ffn_moe`, [x], weights, {
      num_experts: numExperts,
      num_used: this.read.count("expert_used_count", { high: numExperts }),
      hidden_width: this.read.count(widthKey),
      activation: "silu",
      routing: "softmax_topk",
      normalize: true,
    });
  }

  /** Drop the rows without logits, in the last layer; in others give the values back. */
  selectRows(layer: number, left: string, right: string): [string, string] {
    if (layer < this.numLayers - 1) {
      return [left, right];
    }
    const select = (value: string) =>
      this.#add("select_rows", `${value}.selected`, [value], {}, {});
    return [select(left), select(right)];
  }

  /** Normalise and make the logits, with the embedding where the file has no output. */
  finish(x: string, softcap = 0): Graph {
    const normed = this.norm(x, "output_norm");
    const weight = this.has(OUTPUT) ? OUTPUT : EMBEDDING;
    const weights = { weight, ...this.#bias("output.bias") };
    const logits = this.#add("linear", "logits", [normed], weights, {
      num_outputs: this.#vocabSize,
    });
    if (softcap > 0) {
      this.#add("softcap", "capped_logits", [logits], {}, { cap: softcap });
    }
    return {
      version: 1,
      hyperparameters: {
        architecture: this.#architecture,
        vocab_size: this.#vocabSize,
        context_length: this.contextLength,
        embedding_length: this.embeddingLength,
        num_layers: this.numLayers,
      },
      ops: this.#ops,
    };
  }

  /** Project to queries, keys and values; the three may be fused in one tensor. */
  #queriesKeysValues(x: string, prefix: string, heads: Heads): [string, string, string] {
    const queries = heads.numHeads * heads.keyDim;
    const keys = heads.numKVHeads * heads.keyDim;
    const values = heads.numKVHeads * heads.valueDim;
    if (!this.has(`${prefix}.attn_qkv.weight`)) {
      return [
        this.linear(x, `${prefix}.attn_q`, queries),
        this.linear(x, `${prefix}.attn_k`, keys),
        this.linear(x, `${prefix}.attn_v`, values),
      ];
    }
    const fused = this.linear(x, `${prefix}.attn_qkv`, queries + keys + values);
    return [
      this.slice(fused, `${prefix}.attn_q`, 0, queries),
      this.slice(fused, `${prefix}.attn_k`, queries, keys),
      this.slice(fused, `${prefix}.attn_v`, queries + keys, values),
    ];
  }

  #bias(name: string): { bias?: string } {
    return this.has(name) ? { bias: name } : {};
  }

  #rows(tensor: string): number {
    const rows = this.#file.tensors.get(tensor)?.dims.at(-1);
    if (rows === undefined) {
      throw this.#file.error(`the tensor '${tensor}' is missing`);
    }
    return rows;
  }

  #add(
    op: string,
    output: string,
    inputs: string[],
    weights: Op["weights"],
    attributes: Op["attributes"],
  ): string {
    this.#ops.push({ op, inputs, output, weights, attributes });
    return output;
  }
}
