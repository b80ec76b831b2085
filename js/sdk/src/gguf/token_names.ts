/**
 * Tokens known by their names: those that end a generation, and those of fill-in-the-middle.
 *
 * Files often forget to say which tokens end a turn, or give them the wrong type, so they are
 * found by name, as llama.cpp does (`llama-vocab.cpp`).
 */

/** Ends of a turn, the most telling first. */
export const EOT_NAMES: readonly string[] = [
  "<|eot_id|>",
  "<|im_end|>",
  "<|end|>",
  "<end_of_turn>",
  "<|endoftext|>",
  "<|end_of_text|>",
  "<EOT>",
  "_<EOT>",
  "[EOT]",
  "<｜end▁of▁sentence｜>",
  "<end_of_utterance>",
];

/** Ends of a message that is no turn: a tool call. */
export const EOM_NAMES: readonly string[] = ["<|eom_id|>"];

/** Tokens after which generation ends; the last ones are padding and file marks. */
export const EOG_NAMES: readonly string[] = [
  ...EOT_NAMES,
  ...EOM_NAMES,
  "<|return|>",
  "<|call|>",
  "</s>",
  "[EOS]",
  "<eos>",
  "[e~[",
  "<|fim_pad|>",
  "<fim-pad>",
  "<fim_pad>",
  "<PAD>",
  "[PAD]",
  "<|fim_repo|>",
  "<|repo_name|>",
  "<fim-repo>",
  "<REPO>",
  "<reponame>",
  "<|file_sep|>",
];

/** Tokens that take no whitespace after them where all other special tokens do. */
export const SPACE_KEEPING_NAMES: readonly string[] = ["<unk>", "<s>", "<|endoftext|>"];

/** Names that make a token a control token, whatever type the file gives it. */
export const CONTROL_NAMES: readonly string[] = [
  ...EOG_NAMES,
  "<|fim_prefix|>",
  "<fim-prefix>",
  "<fim_prefix>",
  "<｜fim▁begin｜>",
  "<|fim_suffix|>",
  "<fim-suffix>",
  "<fim_suffix>",
  "<｜fim▁hole｜>",
  "<|fim_middle|>",
  "<fim-middle>",
  "<fim_middle>",
  "<｜fim▁end｜>",
];

/**
 * Names that are also ordinary text (Qwen 2 has a normal token `</s>`, as in HTML): these count
 * only if the file gives the token another type than normal.
 */
export const AMBIGUOUS_NAMES: ReadonlySet<string> = new Set([
  "</s>",
  "[EOS]",
  "<eos>",
  "[e~[",
  "<EOT>",
  "_<EOT>",
  "[EOT]",
  "<PAD>",
  "[PAD]",
  "<REPO>",
]);
