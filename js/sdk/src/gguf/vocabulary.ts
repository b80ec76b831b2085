/**
 * The vocabulary of a model, as its file tells it, and as the guest wants it.
 *
 * Tokenizes nothing: that is the guest's work.
 */

import { type GGUFArray, viewOf } from "./array.js";
import type { GGUFFile } from "./file.js";
import { NO_PRE_TOKENIZER, PRE_TOKENIZERS, type PreTokenizer } from "./pre_tokenizer.js";
import {
  AMBIGUOUS_NAMES,
  CONTROL_NAMES,
  EOG_NAMES,
  EOM_NAMES,
  EOT_NAMES,
  SPACE_KEEPING_NAMES,
} from "./token_names.js";
import { isInteger } from "./value_type.js";
import {
  checkTokens,
  dropsSpaceAfterSpecial,
  KEYS,
  readFlag,
  readPreName,
  readScores,
  readStrings,
  readTokenizer,
  readTypes,
  TokenType,
  unknownPre,
} from "./vocabulary_fields.js";

// realm_vocab of guest/realm.h.
const MAGIC = 0x434f5652;
const HEADER_BYTES = 52;
const TOKENIZER_NUMBERS = { llama: 1, gpt2: 2 } as const;
const FLAGS = {
  addBos: 1,
  addEos: 2,
  addSpacePrefix: 4,
  ignoreMerges: 8,
  hasScores: 16,
  hasTypes: 32,
} as const;
const TYPE_TAKES_SPACE = 16;

export class Vocabulary {
  /** SentencePiece with scores, or byte-level BPE with merges. */
  readonly tokenizer: "llama" | "gpt2";
  readonly numTokens: number;
  readonly bosId: number | null;
  readonly eosId: number | null;
  readonly unkId: number | null;
  /** Tokens that end a generation. */
  readonly eogIds: ReadonlySet<number>;
  readonly #pre: PreTokenizer;
  readonly #flags: number;
  readonly #tokens: GGUFArray;
  readonly #merges: GGUFArray | null;
  readonly #scores: Float32Array | null;
  readonly #types: Int32Array | null;
  readonly #dropsSpace: boolean;

  /**
   * @throws ModelFormatError if the vocabulary is missing or malformed, or its tokenizer or
   * pre-tokenizer is not supported; the message lists those that are.
   */
  constructor(file: GGUFFile) {
    this.tokenizer = readTokenizer(file);
    const isLlama = this.tokenizer === "llama";
    this.#pre = readPreTokenizer(file, isLlama);
    this.#tokens = readStrings(file, KEYS.tokens);
    this.numTokens = this.#tokens.length;
    checkTokens(file, this.#tokens);
    this.#scores = readScores(file, this.numTokens);
    const types = readTypes(file, this.numTokens);
    this.#merges = isLlama ? null : readStrings(file, KEYS.merges);
    const named = controlNames(this.#tokens, types);
    this.#types = withControl(types, named, this.numTokens);
    this.#dropsSpace = dropsSpaceAfterSpecial(file);
    // SentencePiece files may leave these out; llama.cpp assumes Llama's.
    this.bosId = this.#specialId(file, "bos", isLlama ? 1 : null);
    this.eosId = this.#specialId(file, "eos", isLlama ? 2 : null);
    this.unkId = this.#specialId(file, "unknown", isLlama ? 0 : null);
    this.#specialId(file, "padding", null);
    this.eogIds = this.#findEnds(file, named);
    this.#flags =
      flag(readFlag(file, KEYS.addBos, isLlama || this.#pre.addBos), FLAGS.addBos) |
      flag(readFlag(file, KEYS.addEos, false), FLAGS.addEos) |
      flag(readFlag(file, KEYS.addSpace, isLlama), FLAGS.addSpacePrefix) |
      flag(this.#pre.ignoreMerges, FLAGS.ignoreMerges) |
      flag(this.#scores !== null, FLAGS.hasScores) |
      flag(this.#types !== null, FLAGS.hasTypes);
  }

  /** The text of a token as the vocabulary writes it (`▁the`, `Ġthe`). */
  tokenText(tokenId: number): string {
    return this.#tokens.textAt(tokenId);
  }

  /** The text of a special token, or nothing where the vocabulary has none. */
  specialText(tokenId: number | null): string {
    return tokenId === null ? "" : this.tokenText(tokenId);
  }

  /**
   * The ids of all control and unknown tokens by their text, in order of ids. An
   * end-of-generation token that the file calls user-defined is one too: the guest treats it
   * so, and nobody may write it into a turn.
   */
  controlTokens(): Map<string, number> {
    const found = new Map<string, number>();
    this.#types?.forEach((type, tokenId) => {
      const isEnd = type === TokenType.userDefined && this.eogIds.has(tokenId);
      if (type === TokenType.control || type === TokenType.unknown || isEnd) {
        found.set(this.tokenText(tokenId), tokenId);
      }
    });
    return found;
  }

  /**
   * Lay the vocabulary out for the guest: a `realm_vocab` of `guest/realm.h`.
   *
   * @param extraEog - More ids that end a generation, such as the token with which a chat
   * template closes turns.
   */
  toBlob(extraEog: Iterable<number> = []): Uint8Array {
    const eog = [...new Set([...this.eogIds, ...extraEog])].sort((left, right) => left - right);
    const merges = this.#merges?.raw ?? new Uint8Array(0);
    const parts = [
      this.#tokens.raw,
      littleEndian(this.#scores),
      littleEndian(this.#guestTypes()),
      merges,
      littleEndian(Int32Array.from(eog)),
    ];
    const size = parts.reduce((sum, part) => sum + padded(part.byteLength), HEADER_BYTES);
    const blob = new Uint8Array(size);
    const view = viewOf(blob);
    const header = [
      MAGIC,
      HEADER_BYTES,
      TOKENIZER_NUMBERS[this.tokenizer],
      this.#pre.kind,
      this.#flags,
      this.bosId ?? -1,
      this.eosId ?? -1,
      this.unkId ?? -1,
      this.numTokens,
      this.#tokens.raw.byteLength,
      this.#merges?.length ?? 0,
      merges.byteLength,
      eog.length,
    ];
    header.forEach((value, index) => {
      view.setUint32(4 * index, value, true);
    });
    let at = HEADER_BYTES;
    for (const part of parts) {
      blob.set(part, at);
      at += padded(part.byteLength);
    }
    return blob;
  }

  /** The types with the mark of tokens that take the whitespace after them. */
  #guestTypes(): Int32Array | null {
    if (!this.#dropsSpace || this.#types === null) {
      return this.#types;
    }
    const special: readonly number[] = [
      TokenType.unknown,
      TokenType.control,
      TokenType.userDefined,
    ];
    return this.#types.map((type, tokenId) => {
      const takesSpace =
        special.includes(type) && !SPACE_KEEPING_NAMES.includes(this.tokenText(tokenId));
      return takesSpace ? type + TYPE_TAKES_SPACE : type;
    });
  }

  #findEnds(file: GGUFFile, named: ReadonlyMap<string, number>): ReadonlySet<number> {
    const firstOf = (names: readonly string[]) =>
      names.map((name) => named.get(name)).find((id) => id !== undefined) ?? null;
    const ends = [
      this.eosId,
      this.#specialId(file, "eot", firstOf(EOT_NAMES)),
      this.#specialId(file, "eom", firstOf(EOM_NAMES)),
      ...["fim_pad", "fim_rep", "fim_sep"].map((role) => this.#specialId(file, role, null)),
      ...EOG_NAMES.map((name) => named.get(name) ?? null),
    ];
    return new Set(ends.filter((id) => id !== null));
  }

  #specialId(file: GGUFFile, role: string, fallback: number | null): number | null {
    const key = `tokenizer.ggml.${role}_token_id`;
    const value = file.metadata.get(key);
    const type = file.metadata.entry(key)?.type;
    const isWhole = typeof value === "bigint" || typeof value === "number";
    if (value !== undefined && !(isWhole && type !== undefined && isInteger(type))) {
      throw file.error(`${key} must be a whole number`, { key });
    }
    // Out of range means none: real files write 2**32 - 1 or the id of a token left out.
    if (typeof value === "number" && value >= 0 && value < this.numTokens) {
      return value;
    }
    return fallback !== null && fallback < this.numTokens ? fallback : null;
  }
}

function readPreTokenizer(file: GGUFFile, isLlama: boolean): PreTokenizer {
  const name = readPreName(file);
  if (isLlama) {
    return NO_PRE_TOKENIZER;
  }
  const found = PRE_TOKENIZERS.get(name);
  if (found === undefined) {
    throw unknownPre(file, name, PRE_TOKENIZERS.keys());
  }
  return found;
}

/** Ids of the tokens with well-known names. */
function controlNames(tokens: GGUFArray, types: Int32Array | null): Map<string, number> {
  const wanted = new Set(CONTROL_NAMES);
  const lengths = new Set(CONTROL_NAMES.map((name) => new TextEncoder().encode(name).byteLength));
  const named = new Map<string, number>();
  const { starts } = tokens;
  for (let id = 0; id < tokens.length; id++) {
    // Most tokens are ruled out by their length, without making a string of them.
    if (!lengths.has((starts[id + 1] as number) - (starts[id] as number) - 8)) {
      continue;
    }
    const name = tokens.textAt(id);
    if (wanted.has(name) && !named.has(name)) {
      named.set(name, id);
    }
  }
  for (const [name, id] of named) {
    const isNormal = types === null || types[id] === TokenType.normal;
    if (isNormal && AMBIGUOUS_NAMES.has(name)) {
      named.delete(name);
    }
  }
  return named;
}

function withControl(
  types: Int32Array | null,
  named: ReadonlyMap<string, number>,
  numTokens: number,
): Int32Array | null {
  if (named.size === 0) {
    return types;
  }
  const changed = types ?? new Int32Array(numTokens).fill(TokenType.normal);
  for (const id of named.values()) {
    changed[id] = TokenType.control;
  }
  return changed;
}

function flag(isOn: boolean, bit: number): number {
  return isOn ? bit : 0;
}

function padded(size: number): number {
  return size + (-size & 3);
}

/** WebAssembly is little-endian, and so is every machine that runs it here. */
function littleEndian(numbers: Float32Array | Int32Array | null): Uint8Array {
  return numbers === null
    ? new Uint8Array(0)
    : new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
