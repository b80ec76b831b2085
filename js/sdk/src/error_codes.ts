/** Errors that came from elsewhere, by their codes. */

import * as errors from "./errors.js";

type ErrorClass = new (message: string) => errors.RealmError;

const BY_CODE: ReadonlyMap<string, ErrorClass> = new Map(
  (Object.values(errors) as unknown as ErrorClass[]).map((kind) => [new kind("").code, kind]),
);

/** What every error has, which no field may replace. */
const OWN_NAMES: ReadonlySet<string> = new Set(["name", "message", "stack", "code", "cause"]);

/** An error of the class with this code; undefined if there is none. */
export function errorOfCode(
  code: string,
  message: string,
  fields: Readonly<Record<string, unknown>>,
): errors.RealmError | undefined {
  const kind = BY_CODE.get(code);
  return kind === undefined ? undefined : Object.assign(new kind(message), ownFields(fields));
}

/** The typed fields of an error, or what may become such. */
export function ownFields(from: object): Record<string, unknown> {
  const entries = Object.entries(from).filter(
    ([name, value]) => value !== undefined && !OWN_NAMES.has(name) && !(name in Object.prototype),
  );
  return Object.fromEntries(entries);
}
