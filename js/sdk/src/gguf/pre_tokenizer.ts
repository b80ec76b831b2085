/** Names of pre-tokenizers: how text is cut into words before byte-level BPE. */

/** What a name means. */
export interface PreTokenizer {
  /** `REALM_PRE_*` of realm.h. */
  readonly kind: number;
  /** Whether a word that is in the vocabulary becomes that token without merging. */
  readonly ignoreMerges: boolean;
  /** Whether BOS is added when the file does not say. */
  readonly addBos: boolean;
}

const GPT2: PreTokenizer = { kind: 1, ignoreMerges: false, addBos: false };
const LLAMA3: PreTokenizer = { kind: 2, ignoreMerges: true, addBos: true };
const LIKE_LLAMA3: PreTokenizer = { kind: 2, ignoreMerges: false, addBos: false };
const QWEN2: PreTokenizer = { kind: 3, ignoreMerges: false, addBos: false };

/** Of SentencePiece, which cuts no words. */
export const NO_PRE_TOKENIZER: PreTokenizer = { kind: 0, ignoreMerges: false, addBos: false };

// Files from before the key existed have no name. llama.cpp has a guess of its own for them,
// which no model was trained with; GPT-2's is the likeliest one.
const NAMES: readonly (readonly [PreTokenizer, readonly string[]])[] = [
  [
    GPT2,
    [
      "",
      "default",
      "gpt-2",
      "gpt2",
      "phi-2",
      "gigachat",
      "a.x-4.0",
      "mellum",
      "exaone4",
      "mpt",
      "olmo",
      "jais",
      "trillion",
      "granite-docling",
    ],
  ],
  [
    LLAMA3,
    ["llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"],
  ],
  [LIKE_LLAMA3, ["dbrx", "smaug-bpe", "glm4", "chatglm-bpe"]],
  [
    QWEN2,
    [
      "qwen2",
      "deepseek-r1-qwen",
      "kormo",
      "f2llmv2",
      "megrez",
      "stablelm2",
      "hunyuan",
      "solar-open",
      "grok-2",
    ],
  ],
];

export const PRE_TOKENIZERS: ReadonlyMap<string, PreTokenizer> = new Map(
  NAMES.flatMap(([kind, names]) => names.map((name) => [name, kind] as const)),
);
