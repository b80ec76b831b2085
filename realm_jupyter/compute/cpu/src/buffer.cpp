#include "buffer.h"

#include <cstdlib>
#if defined(_WIN32)
#include <malloc.h>
#endif

namespace realm {

bool Buffer::reserve(int64_t num_bytes) {
  if (num_bytes <= num_bytes_) return true;
  release();
  constexpr int64_t kAlignment = 64;
  num_bytes = (num_bytes + kAlignment - 1) / kAlignment * kAlignment;
#if defined(_WIN32)
  data_ = static_cast<uint8_t*>(_aligned_malloc(static_cast<size_t>(num_bytes), kAlignment));
#else
  data_ = static_cast<uint8_t*>(std::aligned_alloc(kAlignment, static_cast<size_t>(num_bytes)));
#endif
  if (data_ != nullptr) num_bytes_ = num_bytes;
  return data_ != nullptr;
}

void Buffer::release() {
#if defined(_WIN32)
  _aligned_free(data_);
#else
  std::free(data_);
#endif
  data_ = nullptr;
  num_bytes_ = 0;
}

}  // namespace realm
