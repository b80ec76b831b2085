/** Fields of a server's JSON, with a look at their types. */

import { isRecord } from "./remote_error.js";

/** Something that is not what it has to be; whoever reads an answer makes it an `APIError`. */
export class WrongField extends Error {}

export type Fields = Record<string, unknown>;

export function fieldsOf(value: unknown): Fields {
  if (!isRecord(value)) throw new WrongField("no object");
  return value;
}

export function text(fields: Fields, name: string, fallback?: string): string {
  const value = fields[name] ?? fallback;
  if (typeof value !== "string") throw new WrongField(name);
  return value;
}

export function number(fields: Fields, name: string, fallback?: number): number {
  const value = fields[name] ?? fallback;
  if (typeof value !== "number") throw new WrongField(name);
  return value;
}

export function flag(fields: Fields, name: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value !== "boolean") throw new WrongField(name);
  return value;
}

export function list(fields: Fields, name: string): unknown[] {
  const value = fields[name] ?? [];
  if (!Array.isArray(value)) throw new WrongField(name);
  return value;
}

export function numbers(fields: Fields, name: string): number[] {
  const values = list(fields, name);
  if (!values.every((value) => typeof value === "number")) throw new WrongField(name);
  return values as number[];
}
