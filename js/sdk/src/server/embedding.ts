/** Embeddings that a server computes. */

import type { EmbeddingInput, EmbeddingResponse } from "../types.js";
import { type Fields, fieldsOf, list, number, numbers, text, WrongField } from "./fields.js";

/** Of one request; the server's own limit is higher. */
const MAX_TEXTS = 256;

/** Sends a message to a path and reads what comes back. */
export type Ask = <T>(path: string, json: Fields, read: (reply: Fields) => T) => Promise<T>;

/** The embeddings of texts or token ids, some hundred with each request. */
export async function embedInServer(
  ask: Ask,
  model: string,
  inputs: readonly EmbeddingInput[],
): Promise<EmbeddingResponse> {
  const items = await ofOneKind(ask, model, inputs);
  const vectors: Float32Array[] = [];
  let promptTokens = 0;
  let name = model;
  for (let start = 0; start < items.length; start += MAX_TEXTS) {
    const input = items.slice(start, start + MAX_TEXTS);
    const json = { model, input, encoding_format: "base64" };
    await ask("/v1/embeddings", json, (reply) => {
      const found = list(reply, "data").map((item) => vectorOf(text(fieldsOf(item), "embedding")));
      if (found.length !== input.length) throw new WrongField("data");
      vectors.push(...found);
      promptTokens += number(fieldsOf(reply.usage), "prompt_tokens");
      name = text(reply, "model");
    });
  }
  return { vectors, usage: { promptTokens, completionTokens: 0, cachedTokens: 0 }, model: name };
}

/** On the wire a list is of one kind: texts beside token ids become token ids. */
async function ofOneKind(
  ask: Ask,
  model: string,
  inputs: readonly EmbeddingInput[],
): Promise<readonly EmbeddingInput[]> {
  const numTexts = inputs.filter((input) => typeof input === "string").length;
  if (numTexts === 0 || numTexts === inputs.length) return inputs;
  const items: EmbeddingInput[] = [];
  for (const input of inputs) {
    if (typeof input !== "string") items.push(input);
    else {
      const json = { model, text: input, add_special: true };
      items.push(await ask("/tokenize", json, (reply) => numbers(reply, "token_ids")));
    }
  }
  return items;
}

/** A vector from the base64 of its float32 numbers, little-endian. */
function vectorOf(base64: string): Float32Array {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  if (bytes.length === 0 || bytes.length % 4 !== 0) throw new WrongField("embedding");
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, at) => view.getFloat32(4 * at, true));
}
