/** Values of a graph's JSON, checked. */

import { ModelFormatError } from "../errors.js";
import type { Op } from "../graph/graph.js";

/** A number of an op. */
export function numberOf(op: Op, name: string): number {
  const value = op.attributes[name];
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new ModelFormatError(`op ${op.op} that makes '${op.output}' has no number '${name}'`);
  }
  return value;
}

/** A 32-bit integer of an op. */
export function integerOf(op: Op, name: string): number {
  const value = numberOf(op, name);
  if (!Number.isInteger(value) || Math.abs(value) >= 2 ** 31) {
    throw new ModelFormatError(`op ${op.op} that makes '${op.output}' has ${name}=${value}`);
  }
  return value;
}

/** A string, such as the name of a tensor. */
export function textAttribute(value: unknown, what: string): string {
  if (typeof value !== "string") throw new ModelFormatError(`${what} is missing in the graph`);
  return value;
}
