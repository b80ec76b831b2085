/** Errors that a server told, in the classes of this package; see Python's `error_table`. */

import { display } from "../display.js";
import { errorOfCode } from "../error_codes.js";
import { APIConnectionError, APIError, APIStatusError, type RealmError } from "../errors.js";

/**
 * The error that an answer stands for.
 *
 * @param status Of the answer; 200 for an error inside a stream.
 * @param body What is no error of ours becomes an `APIStatusError`.
 */
export function remoteError(status: number, body: string): RealmError {
  const parsed = parsedJson(body);
  const problem = isRecord(parsed) ? parsed.error : undefined;
  if (!isRecord(problem) || typeof problem.message !== "string") {
    const message = `the server answered with status ${status}: ${body.slice(0, 200)}`;
    return new APIStatusError(message, status, parsed);
  }
  const { message, code, details } = problem;
  const fields = isRecord(details) ? camelFields(details) : {};
  const error = errorOfCode(String(code), message, fields);
  // A cluster says inside a stream that it lost who made the text.
  if (status === 200 && error instanceof APIConnectionError) return error;
  if (error === undefined || error instanceof APIError) {
    return new APIStatusError(message, status, parsed);
  }
  return error;
}

/** The error for an answer, or a part of one, that makes no sense. */
export function notUnderstood(what: string, data: string): APIError {
  return new APIError(`${what} is not understood: ${display(data, 200)}`);
}

/** A JSON text's value; null if it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Python's names of fields in camelCase; the name of a model is not that of an error. */
function camelFields(details: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(details).map(([name, value]) => [
    name === "name" ? "model" : camel(name),
    // The fields that name options do so in the words of this package.
    name === "field" && typeof value === "string" ? camel(value) : value,
  ]);
  return Object.fromEntries(entries);
}

function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
