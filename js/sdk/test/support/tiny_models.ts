/** Small GGUF files of every architecture, as tests/support/tiny_models.py makes them. */

import type { Buffer } from "node:buffer";
import { arrayField, field, ggufBytes, type Kind, type Tensor, Type } from "./gguf_writer.js";

export const ARCHITECTURES = [
  "gemma2",
  "gemma3",
  "llama",
  "phi3",
  "qwen2",
  "qwen3",
  "qwen3moe",
] as const;

const VOCAB_SIZE = 320;
const EMBEDDING = 32;
const HEADS = 4;
const KV_HEADS = 2;
const HEAD_DIM = 16;
const FEED_FORWARD = 48;
const EXPERTS = 4;
const EXPERT_WIDTH = 24;

/** A value with its type in the file; null leaves a key out. */
export type Change = { kind: Kind; value: number | bigint | string } | null;

const u32 = (value: number): Change => ({ kind: Type.u32, value });
const f32 = (value: number): Change => ({ kind: Type.f32, value });

function numLayers(architecture: string): number {
  // One global layer after five local ones, or the pattern would not show.
  return architecture === "gemma3" ? 6 : 2;
}

export function tinyFields(architecture: string, changes: Record<string, Change> = {}): Buffer[] {
  const values: Record<string, Change> = {
    block_count: u32(numLayers(architecture)),
    context_length: u32(256),
    embedding_length: u32(EMBEDDING),
    feed_forward_length: u32(FEED_FORWARD),
    "attention.head_count": u32(HEADS),
    "attention.head_count_kv": u32(KV_HEADS),
    "attention.key_length": u32(HEAD_DIM),
    "attention.value_length": u32(HEAD_DIM),
    "attention.layer_norm_rms_epsilon": f32(1e-5),
    "rope.dimension_count": u32(HEAD_DIM),
    "rope.freq_base": f32(10000),
    ...(architecture.startsWith("gemma") && { "attention.sliding_window": u32(8) }),
    ...(architecture === "qwen3moe" && {
      expert_count: u32(EXPERTS),
      expert_used_count: u32(2),
      expert_feed_forward_length: u32(EXPERT_WIDTH),
    }),
    ...changes,
  };
  const fields = [
    field("general.architecture", Type.string, architecture),
    field("general.name", Type.string, `tiny ${architecture}`),
  ];
  for (const [key, change] of Object.entries(values)) {
    if (change !== null) {
      fields.push(field(`${architecture}.${key}`, change.kind, change.value));
    }
  }
  return fields;
}

function tensor(name: string, ...shape: number[]): Tensor {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const numbers = Float32Array.from({ length: size }, (_, index) => Math.sin(index + size));
  return { name, shape, data: new Uint8Array(numbers.buffer) };
}

function attentionTensors(architecture: string, prefix: string): Tensor[] {
  const queries = HEADS * HEAD_DIM;
  const keys = KV_HEADS * HEAD_DIM;
  const tensors = [tensor(`${prefix}.attn_norm.weight`, EMBEDDING)];
  if (architecture === "phi3") {
    tensors.push(tensor(`${prefix}.attn_qkv.weight`, queries + 2 * keys, EMBEDDING));
  } else {
    for (const [name, size] of Object.entries({ attn_q: queries, attn_k: keys, attn_v: keys })) {
      tensors.push(tensor(`${prefix}.${name}.weight`, size, EMBEDDING));
      if (architecture === "qwen2") {
        tensors.push(tensor(`${prefix}.${name}.bias`, size));
      }
    }
  }
  if (["qwen3", "qwen3moe", "gemma3"].includes(architecture)) {
    tensors.push(tensor(`${prefix}.attn_q_norm.weight`, HEAD_DIM));
    tensors.push(tensor(`${prefix}.attn_k_norm.weight`, HEAD_DIM));
  }
  tensors.push(tensor(`${prefix}.attn_output.weight`, EMBEDDING, queries));
  if (architecture.startsWith("gemma")) {
    tensors.push(tensor(`${prefix}.post_attention_norm.weight`, EMBEDDING));
  }
  return tensors;
}

function feedForwardTensors(architecture: string, prefix: string): Tensor[] {
  const norm = tensor(`${prefix}.ffn_norm.weight`, EMBEDDING);
  if (architecture === "qwen3moe") {
    return [
      norm,
      tensor(`${prefix}.ffn_gate_inp.weight`, EXPERTS, EMBEDDING),
      tensor(`${prefix}.ffn_gate_exps.weight`, EXPERTS, EXPERT_WIDTH, EMBEDDING),
      tensor(`${prefix}.ffn_up_exps.weight`, EXPERTS, EXPERT_WIDTH, EMBEDDING),
      tensor(`${prefix}.ffn_down_exps.weight`, EXPERTS, EMBEDDING, EXPERT_WIDTH),
    ];
  }
  const inward =
    architecture === "phi3"
      ? [tensor(`${prefix}.ffn_up.weight`, 2 * FEED_FORWARD, EMBEDDING)]
      : [
          tensor(`${prefix}.ffn_gate.weight`, FEED_FORWARD, EMBEDDING),
          tensor(`${prefix}.ffn_up.weight`, FEED_FORWARD, EMBEDDING),
        ];
  const after = architecture.startsWith("gemma")
    ? [tensor(`${prefix}.post_ffw_norm.weight`, EMBEDDING)]
    : [];
  return [norm, ...inward, tensor(`${prefix}.ffn_down.weight`, EMBEDDING, FEED_FORWARD), ...after];
}

export function tinyTensors(architecture: string): Tensor[] {
  const tensors = [tensor("token_embd.weight", VOCAB_SIZE, EMBEDDING)];
  for (let layer = 0; layer < numLayers(architecture); layer++) {
    tensors.push(...attentionTensors(architecture, `blk.${layer}`));
    tensors.push(...feedForwardTensors(architecture, `blk.${layer}`));
  }
  tensors.push(tensor("output_norm.weight", EMBEDDING));
  return tensors;
}

/** SentencePiece: control tokens, 256 byte tokens, and a few letters. */
export function spmVocabulary(): Buffer[] {
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  const pieces = Array.from({ length: 59 }, (_, index) =>
    index === 0 ? "▁" : String.fromCharCode(0x60 + index),
  );
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...pieces, "<|im_start|>", "<|im_end|>"];
  const types = [2, 3, 3, ...bytes.map(() => 6), ...pieces.map(() => 1), 3, 3];
  return [
    field("tokenizer.ggml.model", Type.string, "llama"),
    arrayField("tokenizer.ggml.tokens", Type.string, tokens),
    arrayField(
      "tokenizer.ggml.scores",
      Type.f32,
      tokens.map((_, index) => -index),
    ),
    arrayField("tokenizer.ggml.token_type", Type.i32, types),
    field("tokenizer.ggml.bos_token_id", Type.u32, 1),
    field("tokenizer.ggml.eos_token_id", Type.u32, 2),
    field("tokenizer.ggml.unknown_token_id", Type.u32, 0),
  ];
}

export interface TinyOptions {
  changes?: Record<string, Change>;
  tensors?: readonly Tensor[];
  vocabulary?: readonly Buffer[];
  fields?: readonly Buffer[];
}

export function tinyModel(architecture: string, options: TinyOptions = {}): Uint8Array {
  const fields = [
    ...tinyFields(architecture, options.changes),
    ...(options.vocabulary ?? spmVocabulary()),
    ...(options.fields ?? []),
  ];
  return ggufBytes(fields, options.tensors ?? tinyTensors(architecture));
}
