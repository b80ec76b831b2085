/** A small model split over three files, as `gguf-split` does it. */

import { field, ggufBytes, type Kind, type Tensor, Type } from "./gguf_writer.js";
import { spmVocabulary, tinyFields, tinyTensors } from "./tiny_models.js";

/** Names of the files. */
export const NAMES = [1, 2, 3].map((number) => `tiny-0000${number}-of-00003.gguf`);
/** Tensors of all files. */
export const TENSORS = tinyTensors("llama");

/** What differs from a sound file. */
export interface Split {
  number?: number;
  count?: number;
  total?: number;
  kind?: Kind;
  tensors?: readonly Tensor[];
}

/** The file with this number, from 0; the first one has the metadata. */
export function part(number: number, changes: Split = {}): Uint8Array {
  const tensors =
    changes.tensors ?? TENSORS.slice(number * 8, number === 2 ? undefined : 8 * number + 8);
  const fields = [
    ...(number === 0 ? [...tinyFields("llama"), ...spmVocabulary()] : []),
    field("split.no", changes.kind ?? Type.u16, changes.number ?? number),
    field("split.count", changes.kind ?? Type.u16, changes.count ?? 3),
    field("split.tensors.count", Type.i32, changes.total ?? TENSORS.length),
  ];
  return ggufBytes(fields, tensors);
}

/** All files. */
export const parts = () => [part(0), part(1), part(2)];
