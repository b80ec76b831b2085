// Memory of the KV cache: pages that keep their place while their number changes.
#pragma once

#include <cstdint>

#include "kernels.h"

namespace realm {

class Cache {
 public:
  Cache() = default;
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;
  ~Cache();

  // Lay out a page for these layers; false if their sizes make no sense.
  bool configure(const realm_cpu_kv_layer* layers, int32_t num_layers, int32_t kv_type);

  int64_t page_bytes() const { return page_bytes_; }
  int64_t num_pages() const { return num_pages_; }
  // False if there is no memory; everything is as it was then.
  bool resize(int64_t num_pages);
  uint8_t* page(int64_t number) const;
  void copy_tokens(int64_t source, int64_t target, int64_t num_tokens);
  // How one layer lies in a page; `pages` is left null.
  PageView view(int32_t layer) const { return views_[layer]; }
  int32_t num_layers() const { return num_layers_; }

 private:
  PageView* views_ = nullptr;
  int32_t num_layers_ = 0;
  int64_t page_bytes_ = 0;
  int64_t pages_per_slab_ = 1;
  int64_t num_pages_ = 0;
  int64_t num_slabs_ = 0;
  int64_t slab_capacity_ = 0;
  uint8_t** slabs_ = nullptr;
};

// Bytes of one head's part of a page.
int64_t value_bytes(int32_t kv_type);

}  // namespace realm
