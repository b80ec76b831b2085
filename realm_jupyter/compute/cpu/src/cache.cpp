#include "cache.h"

#include <cstdlib>
#include <cstring>
#include <new>

#if defined(_WIN32)
#include <windows.h>
#elif !defined(__wasm__)
#include <sys/mman.h>
#endif

namespace realm {
namespace {

constexpr int64_t kSlabBytes = int64_t{4} << 20;  // two huge pages
constexpr int64_t kMostSlabs = int64_t{1} << 24;      // 64 TiB
constexpr int64_t kAlignment = 64;

int64_t aligned(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// Zeroed memory straight from the system, so that freed pages really go back.
uint8_t* allocate(int64_t bytes) {
#if defined(_WIN32)
  return static_cast<uint8_t*>(
      VirtualAlloc(nullptr, static_cast<size_t>(bytes), MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE));
#elif defined(__wasm__)
  void* memory = std::aligned_alloc(kAlignment, static_cast<size_t>(bytes));
  if (memory != nullptr) std::memset(memory, 0, static_cast<size_t>(bytes));
  return static_cast<uint8_t*>(memory);
#else
  void* memory = mmap(nullptr, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<uint8_t*>(memory);
#endif
}

void release(uint8_t* memory, int64_t bytes) {
#if defined(_WIN32)
  (void)bytes;
  VirtualFree(memory, 0, MEM_RELEASE);
#elif defined(__wasm__)
  (void)bytes;
  std::free(memory);
#else
  munmap(memory, static_cast<size_t>(bytes));
#endif
}

}  // namespace

int64_t value_bytes(int32_t kv_type) {
  switch (kv_type) {
    case REALM_KV_F32:
      return 4;
    case REALM_KV_F16:
      return 2;
    case REALM_KV_Q8_0:
      return 1;
    default:
      return 0;
  }
}

Cache::~Cache() {
  resize(0);
  std::free(slabs_);
  delete[] views_;
}

bool Cache::configure(const realm_cpu_kv_layer* layers, int32_t num_layers, int32_t kv_type) {
  const int64_t size = value_bytes(kv_type);
  views_ = new (std::nothrow) PageView[num_layers > 0 ? num_layers : 1];
  if (size == 0 || views_ == nullptr) return false;
  num_layers_ = num_layers;
  const int64_t scales = kv_type == REALM_KV_Q8_0 ? kPageTokens * 4 : 0;
  int64_t offset = 0;
  for (int32_t index = 0; index < num_layers; ++index) {
    const realm_cpu_kv_layer& layer = layers[index];
    constexpr int32_t kMost = 1 << 16;
    if (layer.num_kv_heads <= 0 || layer.key_dim <= 0 || layer.value_dim <= 0 ||
        layer.num_kv_heads > kMost || layer.key_dim > kMost || layer.value_dim > kMost) {
      return false;
    }
    PageView& view = views_[index];
    view.pages = nullptr;
    view.layer_offset = offset;
    view.kv_type = kv_type;
    view.num_kv_heads = layer.num_kv_heads;
    view.key_dim = layer.key_dim;
    view.value_dim = layer.value_dim;
    view.values_offset = aligned(layer.key_dim * kPageTokens * size + scales);
    view.head_bytes = view.values_offset + aligned(layer.value_dim * kPageTokens * size + scales);
    offset += view.head_bytes * layer.num_kv_heads;
  }
  page_bytes_ = offset > 0 ? offset : kAlignment;
  pages_per_slab_ = kSlabBytes / page_bytes_ > 1 ? kSlabBytes / page_bytes_ : 1;
  return true;
}

bool Cache::resize(int64_t num_pages) {
  const int64_t needed = (num_pages + pages_per_slab_ - 1) / pages_per_slab_;
  const int64_t slab_bytes = pages_per_slab_ * page_bytes_;
  if (needed > kMostSlabs) return false;
  if (needed > slab_capacity_) {
    const int64_t capacity = needed + needed / 2 + 8;
    auto* larger = static_cast<uint8_t**>(
        std::realloc(slabs_, static_cast<size_t>(capacity) * sizeof(uint8_t*)));
    if (larger == nullptr) return false;
    slabs_ = larger;
    slab_capacity_ = capacity;
  }
  const int64_t before = num_slabs_;
  while (num_slabs_ < needed) {
    uint8_t* slab = allocate(slab_bytes);
    if (slab == nullptr) {
      while (num_slabs_ > before) release(slabs_[--num_slabs_], slab_bytes);
      return false;
    }
    slabs_[num_slabs_++] = slab;
  }
  while (num_slabs_ > needed) release(slabs_[--num_slabs_], slab_bytes);
  num_pages_ = num_pages;
  return true;
}

uint8_t* Cache::page(int64_t number) const {
  return slabs_[number / pages_per_slab_] + (number % pages_per_slab_) * page_bytes_;
}

void Cache::copy_tokens(int64_t source, int64_t target, int64_t num_tokens) {
  // Tokens of a page lie side by side in every column of the keys: the whole page goes faster
  // than its parts, and what is behind the last token is never read.
  if (num_tokens > 0) std::memcpy(page(target), page(source), static_cast<size_t>(page_bytes_));
}

}  // namespace realm
