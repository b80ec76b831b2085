/** Errors of files: what, which file, and where in it. */

import { ModelFormatError } from "../errors.js";

/** Where in a file something is wrong. */
export interface Place {
  /** Name of the file; empty for bytes in memory. */
  name?: string;
  offset?: number;
}

/** The message of an error about a file. */
export function located(message: string, place: Place): string {
  const where = place.name ? `${place.name}: ` : "";
  const at = place.offset === undefined ? "" : ` (at byte ${place.offset})`;
  return `${where}${message}${at}`;
}

/** An error about a file that is not sound. */
export function formatError(message: string, place: Place = {}): ModelFormatError {
  const { offset } = place;
  return new ModelFormatError(
    located(message, place),
    offset === undefined ? {} : { offsetBytes: offset },
  );
}
