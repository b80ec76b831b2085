// Reading a realm_config: the header, and views of the arrays behind it.
#ifndef REALM_CONFIG_H
#define REALM_CONFIG_H

#include "../realm.h"
#include "memory.h"

namespace realm {

struct Bias {
  int32_t id;
  float value;
};

// One after the other: (u32 length, bytes, padding to 4).
class TextList {
 public:
  TextList() = default;
  TextList(const uint8_t* data, uint32_t count) : next_(data), num_left_(count) {}

  // Take the next text; whether there was one.
  bool next(Bytes& text);

 private:
  const uint8_t* next_ = nullptr;
  uint32_t num_left_ = 0;
};

struct Config {
  realm_config header;
  uint64_t seed;
  // Views into the bytes that were read, aligned or not.
  const uint8_t* prompt;
  const uint8_t* biases;
  TextList stops;
  TextList breakers;

  int32_t prompt_id(uint32_t i) const;
  Bias bias(uint32_t i) const;
};

// Read and check a whole configuration; a realm_status. The ranges are those of
// GenerationConfig; ids must be below num_tokens, texts valid UTF-8 and not empty, and
// not a byte may be missing or left over.
int32_t read_config(const uint8_t* data, uint32_t size, uint32_t num_tokens, Config& config);

}  // namespace realm

#endif  // REALM_CONFIG_H
