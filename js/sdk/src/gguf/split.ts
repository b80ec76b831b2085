/**
 * Models split over several files, `NAME-00001-of-00003.gguf` and so on, as `gguf-split` of
 * llama.cpp makes them. The checks and their messages are those of `realm_jupyter.gguf.split`.
 */

import { ModelDownloadError, ModelFormatError, ModelNotFoundError } from "../errors.js";
import { quoted } from "../quoted.js";
import type { ByteSource } from "./byte_source.js";
import { formatError } from "./format_error.js";
import * as limits from "./limits.js";
import { Metadata } from "./metadata.js";
import type { Header } from "./parser.js";
import { isInteger, typeName } from "./value_type.js";

/** A file of a model, its header read. */
export interface Part {
  readonly source: ByteSource;
  readonly header: Header;
  /** The file's beginning, with the whole header. */
  readonly bytes: Uint8Array;
}

/** Finds the other files of a split model. */
export interface Siblings {
  /** How many files were given, all of them in order; null where they are found by name. */
  readonly numGiven: number | null;
  /** The file with this place, from 0; `name` is what it is called where it is found by name. */
  open(place: number, name: string): Promise<ByteSource>;
}

const NUMBER_KEY = "split.no";
const COUNT_KEY = "split.count";
const TENSORS_KEY = "split.tensors.count";
const NAME = /^(.*[/\\])?([^/\\]+)-(\d{5})-of-(\d{5})\.gguf((?:[?#].*)?)$/s;

/**
 * Open the files that belong to the first one.
 *
 * @param siblings - Null where there is nothing but the one file.
 * @param openPart - Reads the header of a file.
 * @param opened - Every file that was opened, the first one already in it; the caller closes them.
 * @throws ModelFormatError if a file is missing, too much or in the wrong place, or the files do
 * not belong together.
 */
export async function openParts(
  opened: Part[],
  siblings: Siblings | null,
  openPart: (source: ByteSource) => Promise<Part>,
): Promise<void> {
  const first = opened[0] as Part;
  const numGiven = siblings?.numGiven ?? null;
  const count = integer(first, COUNT_KEY, 1);
  const number = integer(first, NUMBER_KEY, 0);
  if ((count === 0 || count === 1) && number === 0) {
    if (numGiven !== null && numGiven > 1) {
      throw fail(first, COUNT_KEY, `${numGiven} files were given, but this is a whole model`);
    }
    return;
  }
  if (!(count > 0 && count <= limits.MAX_PARTS)) {
    const message = `${COUNT_KEY} is ${count}; from 1 to ${limits.MAX_PARTS} is allowed`;
    throw fail(first, COUNT_KEY, message);
  }
  if (siblings === null) {
    const how = "give all of them in an array, in order, or the first one's path or URL";
    const message = `this is one of ${count} files of a split model; ${how}`;
    throw fail(first, COUNT_KEY, message);
  }
  if (numGiven !== null && numGiven !== count) {
    const message = `${numGiven} files were given, but this is one of ${count} of a split model`;
    throw fail(first, COUNT_KEY, message);
  }
  const names = numGiven === null ? partNames(first, number, count) : Array<string>(count).fill("");
  if (numGiven !== null) checkPlace(first, 0, count);
  for (let place = 1; place < count; place++) {
    const part = await openPart(await openSibling(siblings, place, names[place] ?? "", count));
    opened.push(part);
    checkPlace(part, place, count);
    checkTensors(opened, part);
  }
  const total = opened.reduce((sum, { header }) => sum + header.tensors.size, 0);
  const expected = integer(first, TENSORS_KEY, total);
  if (total !== expected) {
    const message = `${TENSORS_KEY} is ${expected}, but the ${count} files hold ${total} tensors`;
    throw fail(first, TENSORS_KEY, message);
  }
}

/** What the files are called, by the name of the first. */
function partNames(first: Part, number: number, count: number): string[] {
  const [, folder = "", stem = "", shown, of, query = ""] = NAME.exec(first.source.name) ?? [];
  const padded = String(count).padStart(5, "0");
  if (shown === undefined || Number(of) !== count) {
    const message =
      `this is one of ${count} files of a split model, ` +
      `but its name does not end in -00001-of-${padded}.gguf`;
    throw fail(first, COUNT_KEY, message);
  }
  const fileName = (place: number) => `${stem}-${String(place).padStart(5, "0")}-of-${padded}.gguf`;
  if (number !== 0) {
    const message = `this is not the first file of a split model; open ${fileName(1)} instead`;
    throw fail(first, NUMBER_KEY, message);
  }
  if (Number(shown) !== 1) {
    const message = `the name says file ${Number(shown)} of the split, ${NUMBER_KEY} the first`;
    throw fail(first, NUMBER_KEY, message);
  }
  return Array.from({ length: count }, (_, place) => folder + fileName(place + 1) + query);
}

async function openSibling(
  siblings: Siblings,
  place: number,
  name: string,
  count: number,
): Promise<ByteSource> {
  try {
    return await siblings.open(place, name);
  } catch (error) {
    const isMissing =
      error instanceof ModelNotFoundError ||
      (error instanceof ModelDownloadError && error.status === 404);
    if (siblings.numGiven !== null || !isMissing) throw error;
    throw new ModelFormatError(
      `${name}: this file of a split model is missing; all ${count} must be in one folder`,
      { cause: error },
    );
  }
}

function checkPlace(part: Part, place: number, count: number): void {
  const expected: [string, number][] = [
    [NUMBER_KEY, place],
    [COUNT_KEY, count],
  ];
  for (const [key, wanted] of expected) {
    const found = integer(part, key, -1);
    if (found !== wanted) {
      const shown = found === -1 ? "missing" : found;
      throw fail(part, key, `${key} is ${shown}, but should be ${wanted} in this file`);
    }
  }
}

function checkTensors(opened: readonly Part[], part: Part): void {
  const first = opened[0] as Part;
  if (part.header.entries.has(TENSORS_KEY)) {
    const found = integer(part, TENSORS_KEY, 0);
    const expected = integer(first, TENSORS_KEY, found);
    if (found !== expected) {
      const message = `${TENSORS_KEY} is ${found}, but ${expected} in the first file`;
      throw fail(part, TENSORS_KEY, message);
    }
  }
  let total = 0;
  for (const { header } of opened) {
    total += header.tensors.size;
    if (header === part.header) continue;
    for (const [name, { offset }] of part.header.tensors) {
      if (!header.tensors.has(name)) continue;
      const message = `the tensor ${quoted(name)} is in another file of the split too`;
      throw formatError(message, { name: part.source.name, offset });
    }
  }
  if (total > limits.MAX_TENSORS) {
    const message = `more than ${limits.MAX_TENSORS} tensors in the files of the split`;
    throw formatError(message, { name: part.source.name });
  }
}

function integer(part: Part, key: string, fallback: number): number {
  const entry = part.header.entries.get(key);
  if (entry === undefined) return fallback;
  if (entry.numElements >= 0 || !isInteger(entry.type)) {
    throw fail(part, key, `${key} must be a whole number, not ${typeName(entry.type)}`);
  }
  return Number(new Metadata(part.bytes, part.header.entries).get(key));
}

function fail(part: Part, key: string, message: string): ModelFormatError {
  const offset = part.header.entries.get(key)?.offset;
  return formatError(message, {
    name: part.source.name,
    ...(offset !== undefined && { offset }),
  });
}
