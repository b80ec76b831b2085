// Memory that grows and is aligned for vectors.
#pragma once

#include <cstdint>

namespace realm {

class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { release(); }

  bool reserve(int64_t num_bytes);  // contents are lost when it grows
  void release();
  uint8_t* data() const { return data_; }
  int64_t num_bytes() const { return num_bytes_; }

 private:
  uint8_t* data_ = nullptr;
  int64_t num_bytes_ = 0;
};

}  // namespace realm
