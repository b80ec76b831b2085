// Memory of modules whose addresses have 64 bits, for which Zig brings no C library.
//
// First fit, by address: models take few and large pieces, and what is given back joins its free
// neighbours. Only the main thread allocates.
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" uint8_t __heap_base;  // of the linker: where data and stack end

namespace {

constexpr size_t kUnit = 64;  // what pieces are aligned to, and the bytes that their head takes
constexpr size_t kEnginePage = 64 << 10;
constexpr size_t kLeastGrowth = 1 << 20;

// The head of a piece of memory; `num_bytes` counts it.
struct Piece {
  size_t num_bytes;
  Piece* next;  // the next free one, at a higher address
};

Piece* first_free = nullptr;
bool has_begun = false;

size_t rounded_up(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

Piece* behind(Piece* piece, size_t num_bytes) {
  return reinterpret_cast<Piece*>(reinterpret_cast<uint8_t*>(piece) + num_bytes);
}

Piece* head_of(void* memory) {
  return reinterpret_cast<Piece*>(static_cast<uint8_t*>(memory) - kUnit);
}

void join_next(Piece* piece) {
  if (piece->next == nullptr || behind(piece, piece->num_bytes) != piece->next) return;
  piece->num_bytes += piece->next->num_bytes;
  piece->next = piece->next->next;
}

void give_back(Piece* piece) {
  Piece* before = nullptr;
  for (Piece* free = first_free; free != nullptr && free < piece; free = free->next) before = free;
  Piece*& link = before == nullptr ? first_free : before->next;
  piece->next = link;
  link = piece;
  join_next(piece);
  if (before != nullptr) join_next(before);
}

void give_back(uintptr_t begin, uintptr_t end) {
  auto* piece = reinterpret_cast<Piece*>(begin);
  piece->num_bytes = end - begin;
  give_back(piece);
}

uintptr_t memory_end() { return __builtin_wasm_memory_size(0) * kEnginePage; }

// Make the memory larger, so that a piece of so many bytes is free at its end.
bool grow(size_t num_bytes) {
  const uintptr_t end = memory_end();
  size_t missing = num_bytes;
  for (Piece* free = first_free; free != nullptr; free = free->next) {
    if (reinterpret_cast<uintptr_t>(free) + free->num_bytes == end) missing -= free->num_bytes;
  }
  const size_t growth = rounded_up(missing < kLeastGrowth ? kLeastGrowth : missing, kEnginePage);
  if (__builtin_wasm_memory_grow(0, growth / kEnginePage) == SIZE_MAX) return false;
  give_back(end, end + growth);
  return true;
}

// The first free piece that is large enough; what it has more stays free.
Piece* take(size_t num_bytes) {
  for (Piece** link = &first_free; *link != nullptr; link = &(*link)->next) {
    Piece* piece = *link;
    if (piece->num_bytes < num_bytes) continue;
    *link = piece->next;
    if (piece->num_bytes > num_bytes) {
      Piece* rest = behind(piece, num_bytes);
      rest->num_bytes = piece->num_bytes - num_bytes;
      rest->next = piece->next;
      *link = rest;
      piece->num_bytes = num_bytes;
    }
    return piece;
  }
  return nullptr;
}

}  // namespace

extern "C" {

void* malloc(size_t num_bytes) {
  if (num_bytes > SIZE_MAX / 2) return nullptr;
  if (!has_begun) {
    has_begun = true;
    give_back(rounded_up(reinterpret_cast<uintptr_t>(&__heap_base), kUnit), memory_end());
  }
  const size_t needed = rounded_up(num_bytes, kUnit) + kUnit;
  Piece* piece = take(needed);
  if (piece == nullptr && grow(needed)) piece = take(needed);
  return piece == nullptr ? nullptr : behind(piece, kUnit);
}

void* aligned_alloc(size_t alignment, size_t num_bytes) {
  return alignment <= kUnit ? malloc(num_bytes) : nullptr;
}

void free(void* memory) {
  if (memory != nullptr) give_back(head_of(memory));
}

void* realloc(void* memory, size_t num_bytes) {
  void* larger = malloc(num_bytes);
  if (memory == nullptr || larger == nullptr) return larger;
  const size_t held = head_of(memory)->num_bytes - kUnit;
  memcpy(larger, memory, held < num_bytes ? held : num_bytes);
  free(memory);
  return larger;
}

}  // extern "C"
