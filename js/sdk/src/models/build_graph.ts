/** From a file to its graph, checked against its tensors. */

import {
  ModelFormatError,
  UnsupportedArchitectureError,
  UnsupportedQuantizationError,
} from "../errors.js";
import type { GGUFFile } from "../gguf/file.js";
import { located } from "../gguf/format_error.js";
import { SUPPORTED_QUANT_TYPES } from "../gguf/quant_type.js";
import { checkGraph, weightNames } from "../graph/check.js";
import type { Graph } from "../graph/graph.js";
import { quoted } from "../quoted.js";
import { ARCHITECTURES } from "./architectures.js";

// Tensors that a file may have although the graph does not read them: factors for another
// context length, classification heads, and tables that other engines compute themselves.
const UNUSED = /^(rope_.*|cls\..*|blk\.\d+\.attn_rot_embd(\.weight)?)$/;

/**
 * @throws ModelFormatError if a hyperparameter is out of its range, a tensor is missing, has
 * the wrong shape or would be ignored.
 * @throws UnsupportedArchitectureError, UnsupportedQuantizationError if the file is sound, but
 * not supported.
 */
export function buildGraph(file: GGUFFile): Graph {
  const architecture = file.metadata.text("general.architecture");
  if (architecture === undefined) {
    throw file.error("general.architecture is missing", { key: "general.architecture" });
  }
  const build = Object.hasOwn(ARCHITECTURES, architecture)
    ? ARCHITECTURES[architecture]
    : undefined;
  if (build === undefined) {
    const names = Object.keys(ARCHITECTURES).sort().join(", ");
    const name = quoted([...architecture].slice(0, 64).join(""));
    throw new UnsupportedArchitectureError(
      located(`the architecture ${name} is not supported; supported are ${names}`, {
        name: file.name,
      }),
    );
  }
  const graph = build(file);
  try {
    checkGraph(graph, (name) => file.tensors.get(name)?.dims.toReversed());
  } catch (error) {
    // What is wrong with a graph is said without the file's name.
    throw error instanceof ModelFormatError ? file.error(error.message) : error;
  }
  checkTensors(file, graph);
  return graph;
}

function checkTensors(file: GGUFFile, graph: Graph): void {
  const used = weightNames(graph);
  for (const { name, quantType } of file.tensors.values()) {
    if (used.has(name) && !SUPPORTED_QUANT_TYPES.includes(quantType.name)) {
      const names = SUPPORTED_QUANT_TYPES.join(", ");
      throw new UnsupportedQuantizationError(
        located(
          `the quant type ${quantType.name} of tensor ${quoted(name)} is not supported; supported are ${names}`,
          { name: file.name },
        ),
      );
    }
    if (!used.has(name) && !UNUSED.test(name)) {
      throw file.error(
        `the tensor ${quoted(name)} has no place in a '${graph.hyperparameters.architecture}' model as this version knows it`,
        { tensor: name },
      );
    }
  }
}
