/* realm.h: the ABI between a Realm guest (WebAssembly) and its host, version 0.
 *
 * A guest is a wasm32 module. It imports from module "realm" only, owns one linear
 * memory exported as "memory", and exports the functions below. All integers are
 * little-endian; all structs are packed arrays of 4-byte fields, aligned to 4.
 *
 * Values of type realm_span pack a pointer and a length: (length << 32) | pointer.
 * A negative value is a realm_status instead. The bytes belong to the guest and stay
 * valid until its next call.
 */
#ifndef REALM_H
#define REALM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REALM_ABI_VERSION 0
#define REALM_IMPORT(name) __attribute__((import_module("realm"), import_name(#name)))
#define REALM_EXPORT(name) __attribute__((export_name(#name), visibility("default")))

typedef int64_t realm_span;

typedef enum {
  REALM_OK = 0,
  REALM_ERROR_ARGUMENT = -1, /* a pointer, length or value is out of range */
  REALM_ERROR_MEMORY = -2,   /* out of memory */
  REALM_ERROR_HANDLE = -3,   /* no such handle, or not yours */
  REALM_ERROR_VOCAB = -4,    /* the vocabulary is missing or malformed */
  REALM_ERROR_STATE = -5,    /* not now: called in the wrong order */
  REALM_ERROR_HOST = -6,     /* the host function failed; the host keeps the reason */
  REALM_ERROR_CLOSED = -7    /* the tenant was closed or the request cancelled: return now */
} realm_status;

/* ---- Host functions ------------------------------------------------------ */

/* Diagnostics; level 0 debug, 1 info, 2 warning, 3 error. Text is UTF-8. */
REALM_IMPORT(log) void realm_log(int32_t level, const void* text, uint32_t len);

/* Append n token ids to a sequence and write the logits that follow the last one
 * (vocabulary-size floats) to logits, which has room for capacity floats. Blocks.
 * Returns the number of floats written, or a status. */
REALM_IMPORT(forward)
int32_t realm_forward(int32_t seq, const int32_t* ids, uint32_t n, float* logits,
                      uint32_t capacity);

/* Sequences: token ids with a KV cache on the host, named by a handle >= 0. */
REALM_IMPORT(seq_new) int32_t realm_seq_new(void);
REALM_IMPORT(seq_fork) int32_t realm_seq_fork(int32_t seq);
REALM_IMPORT(seq_truncate) int32_t realm_seq_truncate(int32_t seq, uint32_t num_tokens);
REALM_IMPORT(seq_free) int32_t realm_seq_free(int32_t seq);

/* From now on, logits that realm_forward and realm_forward_batch write for this sequence are
 * -infinity for every token that is not allowed. Bit i % 8 of byte i / 8, counted from the
 * lowest, says whether token i is; len is the vocabulary's size / 8, rounded up. At least one
 * token must be allowed. A length of 0 takes the mask off. Forks inherit it. */
REALM_IMPORT(mask) int32_t realm_mask(int32_t seq, const uint8_t* allowed, uint32_t len);

/* Stream a piece of text (whole UTF-8 characters) and its token out. */
REALM_IMPORT(emit)
int32_t realm_emit(int32_t seq, const void* text, uint32_t len, int32_t token_id, float logprob);

/* Like realm_forward for several different sequences in one step of the model: counts[i] ids
 * for seqs[i], one list after the other in ids. Writes num_seqs rows of logits. Returns the
 * number of floats written, or a status. */
REALM_IMPORT(forward_batch)
int32_t realm_forward_batch(const int32_t* seqs, const uint32_t* counts, uint32_t num_seqs,
                            const int32_t* ids, float* logits, uint32_t capacity);

/* Stream a token out; the host knows its text and puts characters together that span
 * tokens. Returns 1 if the token ends a generation (nothing is streamed then), else 0 or a
 * status. For guests without a vocabulary of their own. */
REALM_IMPORT(emit_token)
int32_t realm_emit_token(int32_t seq, int32_t token_id, float logprob);

/* Whether a token ends a generation: 1 or 0, or a status. */
REALM_IMPORT(is_end) int32_t realm_is_end(int32_t token_id);

/* Number of tokens of the model's vocabulary: the length of a row of logits. */
REALM_IMPORT(vocab_size) int32_t realm_vocab_size(void);

/* ---- The shared weights ---------------------------------------------------
 * Read-only tensors of the model by handle, under the names of the GGUF file. They are kept
 * quantized; rows become floats when they are read, some 60 to 350 million numbers a second,
 * and the time counts against the guest's deadline. A weight of more than two axes is taken
 * as a matrix of all its rows, one of one axis as one row. */

/* The handle of a weight, >= 0; REALM_ERROR_HANDLE if there is none of this name. */
REALM_IMPORT(weight_find) int64_t realm_weight_find(const char* name, uint32_t len);

/* Write the lengths of its axes, rows before columns; returns their number, or a status. */
REALM_IMPORT(weight_shape)
int32_t realm_weight_shape(int64_t weight, uint32_t* shape, uint32_t capacity);

/* Write num_rows rows from first_row on as floats; returns the number of floats. */
REALM_IMPORT(weight_read)
int32_t realm_weight_read(int64_t weight, uint64_t first_row, uint32_t num_rows, float* out,
                          uint32_t capacity);

/* Write x times the transposed weight, in float32: x has num_rows rows of the weight's
 * columns, the result num_rows rows of the weight's rows. Returns the number of floats. */
REALM_IMPORT(matmul)
int32_t realm_matmul(int64_t weight, const float* x, uint32_t num_rows, float* out,
                     uint32_t capacity);

/* ---- Exports of every guest ---------------------------------------------- */

int32_t realm_abi_version(void);
void* realm_alloc(uint32_t size); /* 16-byte aligned; 0 when out of memory */
void realm_free(void* ptr);

/* Take over the vocabulary, laid out as realm_vocab; the guest copies what it keeps. */
int32_t realm_vocab_load(const void* blob, uint32_t len);

#define REALM_ADD_SPECIAL 1u   /* add BOS and EOS as the vocabulary says */
#define REALM_PARSE_SPECIAL 2u /* recognise control tokens in the text */

/* Text (UTF-8) to a span of int32 ids. The byte 0xFF, which no UTF-8 text holds, is
 * dropped, and no control token is recognised across it or starting right after it. */
realm_span realm_tokenize(const void* text, uint32_t len, uint32_t flags);

#define REALM_STRIP_SPACE 1u    /* drop the space that the tokenizer put in front */
#define REALM_RENDER_SPECIAL 2u /* write control tokens out instead of dropping them */

/* Ids to a span of bytes (raw: may hold incomplete UTF-8 where the ids do). */
realm_span realm_detokenize(const int32_t* ids, uint32_t n, uint32_t flags);

/* ---- Resumable guests ---------------------------------------------------- */

/* Start a generation as realm_config says; returns a handle >= 0 or a status. The
 * prompt's tokens are run by the host; the first step gets the logits after them. */
int32_t realm_generate_begin(const void* config, uint32_t len);

/* Room for num_floats floats, where the host puts logits before a step; 0 when out of
 * memory. One buffer per instance; stays where it is while num_floats does not grow. Its
 * contents last for one step: in between, the host may give its pages back to the system. */
float* realm_logits(uint32_t num_floats);

#define REALM_DENSE 0  /* n logits, indexed by token id */
#define REALM_SPARSE 1 /* n ids (int32), n logits (float, descending), 1 logsumexp of all */

/* Sample from the logits in realm_logits() and return a span of one realm_event. The
 * buffer is scratch: the guest may overwrite it. */
realm_span realm_generate_step(int32_t handle, int32_t form, uint32_t n);

/* End a generation, finished or not; returns a span of the text that was still held
 * back (UTF-8; a broken character becomes U+FFFD). Frees the handle. */
realm_span realm_generate_end(int32_t handle);

/* ---- Blocking guests ----------------------------------------------------- */

/* Run a whole generation, calling realm_forward and realm_emit; returns
 * REALM_FINISH_STOP, REALM_FINISH_LENGTH or a status. */
int32_t realm_generate(const void* config, uint32_t len);

/* ---- Data ---------------------------------------------------------------- */

#define REALM_VOCAB_MAGIC 0x434F5652u /* "RVOC" */

#define REALM_TOKENIZER_SPM 1u /* GGUF "llama": SentencePiece BPE with scores */
#define REALM_TOKENIZER_BPE 2u /* GGUF "gpt2": byte-level BPE with merges */

#define REALM_PRE_NONE 0u
#define REALM_PRE_GPT2 1u
#define REALM_PRE_LLAMA_BPE 2u /* Llama 3 */
#define REALM_PRE_QWEN2 3u

#define REALM_VOCAB_ADD_BOS 1u
#define REALM_VOCAB_ADD_EOS 2u
#define REALM_VOCAB_ADD_SPACE_PREFIX 4u
#define REALM_VOCAB_IGNORE_MERGES 8u /* a whole pre-token that is in the vocabulary wins */
#define REALM_VOCAB_HAS_SCORES 16u
#define REALM_VOCAB_HAS_TYPES 32u

#define REALM_TOKEN_TAKES_SPACE 16

/* Token types are GGUF's: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused,
 * 6 byte; REALM_TOKEN_TAKES_SPACE is added where whitespace right after the token, when it is
 * recognised in a text, belongs to it and is dropped. The header is followed by, each padded with zeros to a multiple of 4:
 *   tokens   tokens_bytes bytes: num_tokens times (u64 length, bytes), as in GGUF
 *   scores   float[num_tokens], if REALM_VOCAB_HAS_SCORES
 *   types    int32[num_tokens], if REALM_VOCAB_HAS_TYPES (else all normal)
 *   merges   merges_bytes bytes: num_merges times (u64 length, bytes), "left right"
 *   eog      int32[num_eog]: ids that end a generation (eos, eot, eom, ...)
 */
typedef struct {
  uint32_t magic;
  uint32_t header_bytes; /* sizeof(realm_vocab) */
  uint32_t tokenizer;
  uint32_t pre;
  uint32_t flags;
  int32_t bos, eos, unk; /* -1 when absent */
  uint32_t num_tokens, tokens_bytes;
  uint32_t num_merges, merges_bytes;
  uint32_t num_eog;
} realm_vocab;

#define REALM_IGNORE_EOS 1u /* never sample an id of the vocabulary's eog list */
#define REALM_LOGPROBS 2u   /* fill in logprob and num_alternatives (it costs a pass) */

/* The header is followed by, each padded with zeros to a multiple of 4:
 *   prompt   int32[num_prompt]: the prompt's ids, which penalties look back on
 *   bias     num_bias times (int32 id, float bias)
 *   stops    num_stops times (u32 length, bytes, padding)
 *   breakers num_breakers times (u32 length, bytes, padding): DRY sequence breakers
 */
typedef struct {
  uint32_t header_bytes; /* sizeof(realm_config) */
  int32_t max_tokens, min_tokens;
  float temperature;
  int32_t top_k;
  float top_p, min_p, typical_p;
  float repetition_penalty, frequency_penalty, presence_penalty;
  int32_t repeat_last_n; /* -1: everything */
  float dry_multiplier, dry_base;
  int32_t dry_allowed_length, dry_penalty_last_n;
  float xtc_probability, xtc_threshold;
  int32_t mirostat; /* 0 or 2 */
  float mirostat_tau, mirostat_eta;
  uint32_t seed_low, seed_high;
  uint32_t num_alternatives;
  uint32_t flags;
  uint32_t num_prompt, num_bias, num_stops, num_breakers;
} realm_config;

#define REALM_FINISH_NONE 0
#define REALM_FINISH_STOP 1   /* an end-of-generation token or a stop string */
#define REALM_FINISH_LENGTH 2 /* max_tokens */

/* Followed by int32 next[num_next], (int32 id, float logprob)[num_alternatives],
 * text[text_bytes]. The text holds whole characters only and no part of a stop. */
typedef struct {
  int32_t finish;
  int32_t token_id;
  uint32_t is_eog; /* the token ends the generation and has no text */
  float logprob;   /* natural log, from the model's own logits before any change;
                      NaN without REALM_LOGPROBS */
  uint32_t num_next;
  uint32_t num_alternatives;
  uint32_t text_bytes;
} realm_event;

#ifdef __cplusplus
}
#endif
#endif /* REALM_H */
