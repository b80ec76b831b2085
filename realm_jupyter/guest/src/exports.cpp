// The exports that every guest has: memory, the vocabulary and the tokenizer.
#include "memory.h"
#include "tokenizer.h"
#include "vocabulary.h"

namespace realm {

namespace {

// What the last call returned a span of; the host reads it before the next call.
constinit Vec<int32_t> the_ids;
constinit Vec<uint8_t> the_text;

constexpr uint32_t KEPT_BYTES = 1 << 16;  // a larger result's memory is not kept

template <class T>
void reset(Vec<T>& result) {
  result.clear();
  if (result.capacity() * sizeof(T) > KEPT_BYTES) result.release();
}

template <class T>
realm_span pack(const Vec<T>& result) {
  const uint64_t size_bytes = uint64_t{result.size()} * sizeof(T);
  return static_cast<realm_span>(size_bytes << 32 | reinterpret_cast<uintptr_t>(result.data()));
}

}  // namespace

}  // namespace realm

using realm::is_in_memory;

extern "C" {

REALM_EXPORT(realm_abi_version) int32_t realm_abi_version(void) { return REALM_ABI_VERSION; }

REALM_EXPORT(realm_alloc) void* realm_alloc(uint32_t size) { return malloc(size); }

REALM_EXPORT(realm_free) void realm_free(void* ptr) { free(ptr); }

REALM_EXPORT(realm_vocab_load) int32_t realm_vocab_load(const void* blob, uint32_t len) {
  if (!is_in_memory(blob, len)) return REALM_ERROR_ARGUMENT;
  return realm::vocabulary().load({static_cast<const uint8_t*>(blob), len});
}

REALM_EXPORT(realm_tokenize)
realm_span realm_tokenize(const void* text, uint32_t len, uint32_t flags) {
  constexpr uint32_t known_flags = REALM_ADD_SPECIAL | REALM_PARSE_SPECIAL;
  if (!is_in_memory(text, len) || (flags & ~known_flags) != 0) return REALM_ERROR_ARGUMENT;
  if (!realm::vocabulary().is_loaded()) return REALM_ERROR_VOCAB;
  realm::reset(realm::the_ids);
  const int32_t status = realm::tokenize(
      realm::vocabulary(), {static_cast<const uint8_t*>(text), len}, flags, realm::the_ids);
  return status == REALM_OK ? realm::pack(realm::the_ids) : status;
}

REALM_EXPORT(realm_detokenize)
realm_span realm_detokenize(const int32_t* ids, uint32_t n, uint32_t flags) {
  constexpr uint32_t known_flags = REALM_STRIP_SPACE | REALM_RENDER_SPECIAL;
  const uint64_t size_bytes = uint64_t{n} * sizeof(int32_t);
  if (!is_in_memory(ids, size_bytes) || reinterpret_cast<uintptr_t>(ids) % sizeof(int32_t) != 0 ||
      (flags & ~known_flags) != 0) {
    return REALM_ERROR_ARGUMENT;
  }
  if (!realm::vocabulary().is_loaded()) return REALM_ERROR_VOCAB;
  realm::reset(realm::the_text);
  const int32_t status = realm::detokenize(realm::vocabulary(), {ids, n}, flags, realm::the_text);
  return status == REALM_OK ? realm::pack(realm::the_text) : status;
}
}
