#include "config.h"

#include <float.h>

#include "utf8.h"

namespace realm {
namespace {

constexpr uint64_t pad4(uint64_t size) { return (size + 3) & ~uint64_t{3}; }

// False for NaN, too.
bool is_within(float value, float low, float high) { return value >= low && value <= high; }

bool has_valid_parameters(const realm_config& c) {
  return c.max_tokens >= 0 && c.min_tokens >= 0 && c.top_k >= 0 && c.repeat_last_n >= -1 &&
         c.dry_allowed_length >= 0 && c.dry_penalty_last_n >= -1 &&
         (c.mirostat == 0 || c.mirostat == 2) &&
         (c.flags & ~(REALM_IGNORE_EOS | REALM_LOGPROBS)) == 0 &&
         is_within(c.temperature, 0, FLT_MAX) && is_within(c.top_p, 0, 1) &&
         is_within(c.min_p, 0, 1) && is_within(c.typical_p, 0, 1) &&
         is_within(c.repetition_penalty, FLT_MIN, FLT_MAX) &&
         is_within(c.frequency_penalty, -1e6f, 1e6f) &&
         is_within(c.presence_penalty, -1e6f, 1e6f) && is_within(c.dry_multiplier, 0, 1e6f) &&
         is_within(c.dry_base, 1, 1e6f) && is_within(c.xtc_probability, 0, 1) &&
         is_within(c.xtc_threshold, 0, 1) && is_within(c.mirostat_tau, 0, 1e6f) &&
         is_within(c.mirostat_eta, 0, 1e6f);
}

uint32_t read_u32(const uint8_t* data) {
  uint32_t value;
  memcpy(&value, data, sizeof value);
  return value;
}

// A reader that never passes the end.
class Reader {
 public:
  Reader(const uint8_t* data, uint32_t size) : next_(data), num_left_(size) {}

  // The next size bytes and their padding; null if they are not all there.
  const uint8_t* take(uint64_t size_bytes) {
    const uint64_t taken = pad4(size_bytes);
    if (taken > num_left_) return nullptr;
    const uint8_t* start = next_;
    next_ += taken;
    num_left_ -= static_cast<uint32_t>(taken);
    return start;
  }

  bool take_texts(uint32_t count, TextList& texts) {
    texts = TextList(next_, count);
    for (uint32_t i = 0; i < count; ++i) {
      const uint8_t* length = take(sizeof(uint32_t));
      if (length == nullptr) return false;
      const uint32_t size = read_u32(length);
      const uint8_t* text = take(size);
      if (size == 0 || text == nullptr || !is_valid_utf8(text, size)) return false;
    }
    return true;
  }

  bool is_at_end() const { return num_left_ == 0; }

 private:
  const uint8_t* next_;
  uint32_t num_left_;
};

}  // namespace

bool TextList::next(Bytes& text) {
  if (num_left_ == 0) return false;
  --num_left_;
  text = {next_ + sizeof(uint32_t), read_u32(next_)};
  next_ += sizeof(uint32_t) + pad4(text.size);
  return true;
}

int32_t Config::prompt_id(uint32_t i) const {
  return static_cast<int32_t>(read_u32(prompt + sizeof(int32_t) * i));
}

Bias Config::bias(uint32_t i) const {
  Bias bias;
  memcpy(&bias, biases + sizeof bias * i, sizeof bias);
  return bias;
}

int32_t read_config(const uint8_t* data, uint32_t size, uint32_t num_tokens, Config& config) {
  if (!is_in_memory(data, size)) return REALM_ERROR_ARGUMENT;
  Reader reader(data, size);
  realm_config& header = config.header;
  const uint8_t* start = reader.take(sizeof header);
  if (start == nullptr) return REALM_ERROR_ARGUMENT;
  memcpy(&header, start, sizeof header);
  if (header.header_bytes != sizeof header || !has_valid_parameters(header)) {
    return REALM_ERROR_ARGUMENT;
  }
  config.seed = uint64_t{header.seed_high} << 32 | header.seed_low;
  config.prompt = reader.take(uint64_t{header.num_prompt} * sizeof(int32_t));
  if (config.prompt == nullptr) return REALM_ERROR_ARGUMENT;
  for (uint32_t i = 0; i < header.num_prompt; ++i) {
    if (static_cast<uint32_t>(config.prompt_id(i)) >= num_tokens) return REALM_ERROR_ARGUMENT;
  }
  config.biases = reader.take(uint64_t{header.num_bias} * sizeof(Bias));
  if (config.biases == nullptr) return REALM_ERROR_ARGUMENT;
  for (uint32_t i = 0; i < header.num_bias; ++i) {
    const Bias bias = config.bias(i);
    const bool is_allowed = bias.value <= FLT_MAX;  // -inf is, NaN is not
    if (static_cast<uint32_t>(bias.id) >= num_tokens || !is_allowed) return REALM_ERROR_ARGUMENT;
  }
  const bool has_texts = reader.take_texts(header.num_stops, config.stops) &&
                         reader.take_texts(header.num_breakers, config.breakers);
  return has_texts && reader.is_at_end() ? REALM_OK : REALM_ERROR_ARGUMENT;
}

}  // namespace realm
