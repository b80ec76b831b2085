/** What it means that a guest call was broken off: the engine's errors to this package's. */

import { GuestLimitError, GuestTrapError, type RealmError } from "../errors.js";

const MAX_FRAMES = 32;
const FRAME = /wasm-function\[(\d+)\](?::(0x[0-9a-f]+))?/;
const FRAME_NAME = /^\s*(?:at )?(?:async )?([^\s@(]+)/;
const MAX_MEMORY_SHARE = 15 / 16;

// Words of V8, SpiderMonkey and JavaScriptCore for the traps of the specification.
const TRAP_CODES: readonly (readonly [RegExp, string])[] = [
  [/unreachable/i, "unreachable"],
  [/table (index|access)|out.of.bounds (table|call_indirect)/i, "table_out_of_bounds"],
  [/memory access|out.of.bounds|out of range/i, "memory_out_of_bounds"],
  [/null function|indirect call to null/i, "indirect_call_to_null"],
  [/signature mismatch/i, "bad_signature"],
  [/divi[ds].* by zero|remainder by zero/i, "integer_division_by_zero"],
  [/unrepresentable|integer overflow|divide result/i, "integer_overflow"],
];

export interface CallCircumstances {
  /** The function that was called. */
  name: string;
  /** Size of the guest's memory, and the most that it may have. */
  memoryBytes: number;
  maxMemoryBytes: number;
}

/** The error to throw in place of the engine's. */
export function callFault(caught: unknown, call: CallCircumstances): RealmError {
  const where = `the guest's ${call.name}`;
  const error = caught instanceof Error ? caught : new Error(String(caught));
  const frames = backtrace(error.stack ?? "");
  const place = frames.length > 0 ? ` at ${frames[0]}` : "";
  const options = { cause: caught };
  // Too deep a recursion is a RangeError in V8 and JavaScriptCore, InternalError elsewhere.
  if (/call stack|recursion/i.test(error.message)) {
    return new GuestLimitError(`${where} ran out of its stack${place}`, "stack", options);
  }
  const code = TRAP_CODES.find(([words]) => words.test(error.message))?.[1] ?? "";
  if (call.memoryBytes >= call.maxMemoryBytes * MAX_MEMORY_SHARE) {
    const limit = call.maxMemoryBytes;
    return new GuestLimitError(
      `${where} trapped (${code}) with its memory at the limit of ${limit} bytes${place}`,
      "memory",
      options,
    );
  }
  const why = code || error.message;
  return new GuestTrapError(
    `${where} trapped: ${why}${place}`,
    { trapCode: code, frames },
    options,
  );
}

/** The guest's frames of a stack, innermost first. */
export function backtrace(stack: string): string[] {
  const frames: string[] = [];
  for (const line of stack.split("\n")) {
    const found = FRAME.exec(line);
    if (found === null) {
      continue;
    }
    const [, index, offset] = found;
    const name = FRAME_NAME.exec(line)?.[1] ?? "";
    const isNamed = name !== "" && !name.startsWith("wasm:") && !name.includes("wasm-function[");
    const shown = isNamed ? name.replace(/^.*\.wasm\./, "") : `function ${index}`;
    frames.push(offset === undefined ? shown : `${shown} (${offset})`);
  }
  return frames.slice(0, MAX_FRAMES);
}
