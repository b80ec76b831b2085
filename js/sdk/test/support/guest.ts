/** The shipped guest, and vocabularies for it. */

import { readFileSync } from "node:fs";
import { BytesSource } from "../../src/gguf/byte_source.js";
import { GGUFFile } from "../../src/gguf/file.js";
import { Vocabulary } from "../../src/gguf/vocabulary.js";
import { GuestModule } from "../../src/guest/guest_module.js";
import type { GenerationConfig } from "../../src/types.js";
import { repositoryPath } from "./files.js";
import { arrayField, field, ggufBytes, Type } from "./gguf_writer.js";

export const guestBytes = readFileSync(repositoryPath("realm_jupyter/guest/guest.wasm"));

export function compiledGuest(): WebAssembly.Module {
  return new WebAssembly.Module(guestBytes);
}

export function shippedGuest(): GuestModule {
  return new GuestModule(compiledGuest());
}

export const END = 256;

/** A vocabulary with a token for each byte, an end of text, and a space. */
export async function byteVocabulary(): Promise<Vocabulary> {
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  const tokens = [...bytes, "</s>", "▁"];
  const types = [...bytes.map(() => 6), 3, 1];
  const fields = [
    field("tokenizer.ggml.model", Type.string, "llama"),
    arrayField("tokenizer.ggml.tokens", Type.string, tokens),
    arrayField(
      "tokenizer.ggml.scores",
      Type.f32,
      tokens.map(() => 0),
    ),
    arrayField("tokenizer.ggml.token_type", Type.i32, types),
    field("tokenizer.ggml.eos_token_id", Type.u32, END),
    field("tokenizer.ggml.add_bos_token", Type.bool, 0),
    field("tokenizer.ggml.add_space_prefix", Type.bool, 0),
  ];
  return new Vocabulary(await GGUFFile.open(new BytesSource(ggufBytes(fields))));
}

/** Logits of which one token's is the largest. */
export function logitsOf(tokenId: number, numTokens = 258): Float32Array {
  const logits = new Float32Array(numTokens);
  logits[tokenId] = 20;
  return logits;
}

export const GREEDY: GenerationConfig = {
  maxTokens: 1024,
  minTokens: 0,
  temperature: 0,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  typicalP: 1,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  repeatLastN: 64,
  dryMultiplier: 0,
  dryBase: 1.75,
  dryAllowedLength: 2,
  dryPenaltyLastN: -1,
  drySequenceBreakers: ["\n", ":", '"', "*"],
  xtcProbability: 0,
  xtcThreshold: 0.1,
  mirostat: 0,
  mirostatTau: 5,
  mirostatEta: 0.1,
  logitBias: {},
  seed: null,
  stop: [],
  ignoreEos: false,
  logprobs: null,
  jsonSchema: null,
  jsonObject: false,
  grammar: null,
};
