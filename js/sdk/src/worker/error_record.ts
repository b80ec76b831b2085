/** Errors on their way between threads. */

import { errorOfCode, ownFields } from "../error_codes.js";
import { RealmError } from "../errors.js";
import type { ErrorRecord } from "./messages.js";

/** An error as it can be sent. */
export function recordOf(error: unknown): ErrorRecord {
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  if (!(error instanceof RealmError)) return { code: null, message, stack, fields: {} };
  const fields = ownFields(error);
  for (const [name, value] of Object.entries(fields)) {
    if (!canBeSent(value)) fields[name] = String(value);
  }
  return { code: error.code, message, stack, fields };
}

/** The error that was sent, of the same class. */
export function errorOf(record: ErrorRecord): RealmError {
  const { code, message, stack, fields } = record;
  const error =
    code === null
      ? new RealmError(`the engine failed: ${message}`)
      : (errorOfCode(code, message, fields) ?? new RealmError(message));
  // Where it was thrown says more than where it arrived.
  error.stack = stack === "" ? (error.stack ?? "") : stack;
  return error;
}

function canBeSent(value: unknown): boolean {
  if (typeof value === "function" || typeof value === "symbol") return false;
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
