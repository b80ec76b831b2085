/** Checks a graph, and that a file has the tensors that its ops need. */

import { formatError } from "../gguf/format_error.js";
import type { Graph, Op } from "./graph.js";
import { OPS, type OpKind, require } from "./ops.js";

const MAX_WIDTH = 2 ** 31 - 1;

/** Shape of a tensor, rows before columns; undefined where there is none of this name. */
export type FindShape = (name: string) => readonly number[] | undefined;

/** Every tensor that a graph reads. */
export function weightNames(graph: Graph): Set<string> {
  const names = graph.ops.flatMap((op) => Object.values(op.weights)).flat();
  return new Set(names.filter((name) => name !== null));
}

/**
 * Check that values are made before they are read, that widths and attributes fit, that rows
 * are not mixed before and after their selection, and that every weight is there.
 *
 * @throws ModelFormatError naming the op and the tensor.
 */
export function checkGraph(graph: Graph, findShape: FindShape): void {
  const widths = new Map<string, number>();
  const selected = new Set<string>();
  let numKVLayers = 0;
  for (const op of graph.ops) {
    const kind = OPS[op.op];
    if (kind === undefined) {
      throw formatError(`'${op.op}' is not an op; ops are ${Object.keys(OPS).sort().join(", ")}`);
    }
    const inputWidths = op.inputs.map((name) => {
      const width = widths.get(name);
      if (width === undefined) {
        throw formatError(`op ${op.op} reads '${name}', which nothing made yet`);
      }
      return width;
    });
    if (widths.has(op.output)) {
      throw formatError(`op ${op.op} makes '${op.output}' a second time`);
    }
    checkAttributes(op, kind);
    widths.set(op.output, kind.infer(op, inputWidths));
    checkWeights(op, kind, inputWidths, findShape);
    const numSelected = op.inputs.filter((name) => selected.has(name)).length;
    if (op.op === "select_rows" || numSelected > 0) {
      checkSelection(op, numSelected);
      selected.add(op.output);
    }
    if (op.op === "attention") {
      const { layer } = op.attributes;
      if (layer !== numKVLayers) {
        throw formatError(
          `the attention that makes '${op.output}' uses layer ${layer} of the KV cache where ${numKVLayers} is next`,
        );
      }
      numKVLayers++;
    }
  }
  checkResult(graph, widths, selected);
}

function checkAttributes(op: Op, kind: OpKind): void {
  for (const [name, value] of Object.entries(op.attributes)) {
    const allowed = kind.choices?.[name];
    if (allowed !== undefined) {
      const list = allowed.map((choice) => `'${choice}'`).join(", ");
      require(op, allowed.includes(value as string), `${name}='${value}' is not one of (${list})`);
    } else if (kind.floats?.includes(name)) {
      require(op, Number.isFinite(value), `${name}=${value} is not a finite number`);
    } else if (typeof value !== "boolean") {
      const isInRange = Number.isInteger(value) && 0 <= Number(value) && Number(value) <= MAX_WIDTH;
      require(op, isInRange, `${name}=${value} is out of range`);
    }
  }
}

function checkWeights(op: Op, kind: OpKind, widths: readonly number[], findShape: FindShape): void {
  const shapes = kind.weightShapes?.(op, widths) ?? {};
  for (const [role, name] of Object.entries(op.weights)) {
    if (typeof name !== "string") {
      continue;
    }
    const found = findShape(name);
    if (found === undefined) {
      throw formatError(`the tensor '${name}' is missing`);
    }
    const needed = shapes[role] ?? [];
    if (found.length !== needed.length || found.some((size, axis) => size !== needed[axis])) {
      throw formatError(
        `the tensor '${name}' has the shape ${shapeText(found)}, but ${op.op} needs ${shapeText(needed)}`,
      );
    }
  }
}

function checkSelection(op: Op, numSelected: number): void {
  require(op, op.op !== "select_rows" || numSelected === 0, "selects rows twice");
  const isMixed = numSelected > 0 && numSelected < op.inputs.length;
  require(op, op.op !== "attention" && !isMixed, "mixes all rows with selected rows");
}

function checkResult(
  graph: Graph,
  widths: ReadonlyMap<string, number>,
  selected: ReadonlySet<string>,
): void {
  const last = graph.ops.at(-1);
  if (last === undefined || !selected.has(last.output)) {
    throw formatError("the graph does not end in logits of selected rows");
  }
  const width = widths.get(last.output);
  if (width !== graph.hyperparameters.vocab_size) {
    throw formatError(`the logits are ${width} wide, not ${graph.hyperparameters.vocab_size}`);
  }
}

function shapeText(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}
