/** From a graph to the tables that the kernels read. */

import { ModelFormatError } from "../errors.js";
import type { Graph, Op } from "../graph/graph.js";
import { integerOf, numberOf, textAttribute } from "./attributes.js";
import { angularFrequencies } from "./rope_frequencies.js";
import { type OpFields, OpKind } from "./structures.js";

/** Where the tensors of a program are, by their part in it. */
export interface WeightNumbers {
  /** Number of a matrix; of experts that of the first. */
  matrix(name: string): number;
  table(name: string): number;
  vector(name: string): number;
  /** Factors of rope's frequencies. */
  factors(name: string): Float32Array;
}

export interface KVLayer {
  numKvHeads: number;
  keyDim: number;
  valueDim: number;
}

/** The ops of a model as the kernels number them. */
export interface Program {
  ops: OpFields[];
  /** Radians per position of each kind of rope op, one after another. */
  frequencies: number[];
  kvLayers: KVLayer[];
}

interface Fields {
  width: number;
  weights?: readonly number[];
  ints?: readonly number[];
  floats?: readonly number[];
}

/** Makes a program; one for each graph. */
class Translator {
  readonly ops: OpFields[] = [];
  readonly frequencies: number[] = [];
  readonly kvLayers: KVLayer[] = [];
  readonly #weights: WeightNumbers;
  readonly #places = new Map<string, number>();
  readonly #starts = new Map<string, number>();

  constructor(weights: WeightNumbers) {
    this.#weights = weights;
  }

  add(op: Op): void {
    const inputs = op.inputs.map((name) => {
      const place = this.#places.get(name);
      if (place === undefined) {
        throw new ModelFormatError(`op ${op.op} reads '${name}', which nothing made yet`);
      }
      return place;
    });
    if (this.#places.has(op.output)) {
      throw new ModelFormatError(`op ${op.op} makes '${op.output}' a second time`);
    }
    const kind = OpKind[op.op as keyof typeof OpKind];
    if (kind === undefined) throw new ModelFormatError(`the kernels have no op '${op.op}'`);
    const widths = inputs.map((place) => this.ops[place]?.width ?? 0);
    const fields = this.#translate(op, widths);
    this.#places.set(op.output, this.ops.length);
    this.ops.push({ kind, inputs, weights: [], ints: [], floats: [], ...fields });
  }

  #translate(op: Op, widths: readonly number[]): Fields {
    const integer = (name: string) => integerOf(op, name);
    const name = (role: string) => textAttribute(op.weights[role], `the ${role} of ${op.output}`);
    const same = widths[0] ?? 0;
    const weights = this.#weights;
    switch (op.op) {
      case "embedding":
        return { width: integer("width"), weights: [weights.table(name("weight"))] };
      case "rms_norm":
        return {
          width: same,
          weights: [weights.vector(name("weight"))],
          ints: [integer("num_groups")],
          floats: [numberOf(op, "eps")],
        };
      case "linear": {
        const bias = op.weights.bias == null ? -1 : weights.vector(name("bias"));
        return { width: integer("num_outputs"), weights: [weights.matrix(name("weight")), bias] };
      }
      case "slice":
        return { width: integer("width"), ints: [integer("start")] };
      case "rope":
        return this.#rope(op, same);
      case "attention":
        return this.#attention(op);
      case "moe":
        return {
          width: same,
          weights: ["router", "gate", "up", "down"].map((role) => weights.matrix(name(role))),
          ints: [
            integer("num_experts"),
            integer("num_used"),
            integer("hidden_width"),
            Number(op.attributes.activation === "gelu"),
            Number(op.attributes.routing === "topk_softmax"),
            Number(op.attributes.normalize === true),
          ],
        };
      case "scale":
        return { width: same, floats: [numberOf(op, "factor")] };
      case "softcap":
        return { width: same, floats: [numberOf(op, "cap")] };
      default:
        return { width: same };
    }
  }

  #rope(op: Op, width: number): Fields {
    const name = op.weights.freq_factors;
    const factors = typeof name === "string" ? this.#weights.factors(name) : null;
    const found = angularFrequencies(op, factors);
    const key = found.join(" ");
    let first = this.#starts.get(key);
    if (first === undefined) {
      first = this.frequencies.length;
      this.#starts.set(key, first);
      this.frequencies.push(...found);
    }
    const heads = ["num_heads", "head_dim", "rotary_dims"].map((name) => integerOf(op, name));
    const isNeox = Number(op.attributes.layout === "neox");
    return { width, ints: [...heads, isNeox, first], floats: [numberOf(op, "magnitude")] };
  }

  #attention(op: Op): Fields {
    const names = ["layer", "num_heads", "num_kv_heads", "key_dim", "value_dim", "window"];
    const ints = names.map((name) => integerOf(op, name));
    const [layer = 0, numHeads = 0, numKvHeads = 0, keyDim = 0, valueDim = 0] = ints;
    if (layer !== this.kvLayers.length) {
      throw new ModelFormatError(
        `the attention that makes '${op.output}' uses layer ${layer} ` +
          `of the KV cache where ${this.kvLayers.length} is next`,
      );
    }
    this.kvLayers.push({ numKvHeads, keyDim, valueDim });
    const floats = [numberOf(op, "scale"), numberOf(op, "softcap")];
    return { width: numHeads * valueDim, ints, floats };
  }
}

/**
 * Translate a graph.
 *
 * @throws ModelFormatError where the graph makes no sense; the kernels check the rest.
 */
export function makeProgram(graph: Graph, weights: WeightNumbers): Program {
  const translator = new Translator(weights);
  for (const op of graph.ops) translator.add(op);
  const last = translator.ops.at(-1);
  if (last?.width !== graph.hyperparameters.vocab_size) {
    throw new ModelFormatError(
      `the logits are ${last?.width ?? 0} wide, not ${graph.hyperparameters.vocab_size}`,
    );
  }
  const { ops, frequencies, kvLayers } = translator;
  return { ops, frequencies, kvLayers };
}
