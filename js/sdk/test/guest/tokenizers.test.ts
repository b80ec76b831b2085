/** The tokenizers of published models, through the guest. */

import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { BytesSource } from "../../src/gguf/byte_source.js";
import { GGUFFile } from "../../src/gguf/file.js";
import { Vocabulary } from "../../src/gguf/vocabulary.js";
import { VocabularyGuest } from "../../src/guest/vocabulary_guest.js";
import { conformance, conformanceJson } from "../support/files.js";
import { shippedGuest } from "../support/guest.js";

interface Case {
  text: string;
  ids: number[];
  add_special: boolean;
  parse_special: boolean;
}

const ENCODER = new TextEncoder();
const PLAIN = { addSpecial: false, parseSpecial: false };
const PARSED = { addSpecial: false, parseSpecial: true };

describe.skipIf(conformance === null)("tokenizers", () => {
  it.each(["gpt-2", "llama-bpe", "llama-spm", "qwen2"])("%s: every case", async (name) => {
    const bytes = await readFile(`${conformance}/tokenizers/${name}.gguf`);
    const vocabulary = new Vocabulary(await GGUFFile.open(new BytesSource(bytes)));
    const guest = await VocabularyGuest.load(shippedGuest(), vocabulary.toBlob());
    const instance = await guest.instance();
    const cases = conformanceJson(`tokenizers/${name}.json`) as Case[];
    expect(cases.length).toBe(487);
    const wrong = cases.filter(({ text, ids, add_special, parse_special }) => {
      const options = { addSpecial: add_special, parseSpecial: parse_special };
      return instance.tokenize(ENCODER.encode(text), options).join() !== ids.join();
    });
    expect(wrong).toEqual([]);
    // What users write is plain text: a marked control token becomes no control token.
    for (const [text, tokenId] of vocabulary.controlTokens()) {
      const marked = ENCODER.encode(`${text[0]}!${text.slice(1)}`);
      marked[1] = 0xff;
      const plain = instance.tokenize(ENCODER.encode(text), PLAIN);
      expect(instance.tokenize(marked, PARSED)).toEqual(plain);
      expect(plain).not.toContain(tokenId);
      expect(instance.tokenize(ENCODER.encode(text), PARSED)).toContain(tokenId);
    }
  });
});
