#include "dry.h"

#include <math.h>

#include "vocabulary.h"

namespace realm {
namespace {

// Scratch of apply(), shared by all generations: nothing in it outlives a call.
constinit Vec<uint32_t> lengths;
constinit HashMap<int32_t, uint32_t> longest_repeats;
constinit Vec<uint8_t> piece;

// No penalty makes a token impossible.
constexpr double MAX_PENALTY = 1e30;

// lengths[i] = how many of the last tokens equal, one by one, those that end i tokens
// before the end, within the last n tokens: the Z function of the reversed history.
bool measure_repeats(const Vec<int32_t>& history, uint32_t n) {
  if (!lengths.resize(n)) return false;
  const int32_t* last = history.end() - 1;
  lengths[0] = n;
  uint32_t left = 0, right = 0;
  for (uint32_t i = 1; i < n; ++i) {
    uint32_t length = i < right ? min(right - i, lengths[i - left]) : 0;
    if (i + length >= right) {
      while (i + length < n &&
             last[-static_cast<int64_t>(length)] == last[-static_cast<int64_t>(i + length)]) {
        ++length;
      }
      left = i;
      right = i + length;
    }
    lengths[i] = length;
  }
  return true;
}

}  // namespace

void Dry::begin(const realm_config& config) {
  multiplier_ = static_cast<double>(config.dry_multiplier);
  base_ = static_cast<double>(config.dry_base);
  allowed_length_ = static_cast<uint32_t>(config.dry_allowed_length);
  const int32_t window = config.dry_penalty_last_n;
  window_ = window < 0 ? UINT32_MAX : static_cast<uint32_t>(window);
  is_on_ = multiplier_ > 0 && window_ > 0;
}

bool Dry::add_breaker(Bytes text) { return breakers_.add(text) && token_breakers_.add(text); }

bool Dry::read_last(const Vec<int32_t>& history) {
  piece.clear();
  vocabulary().append_piece(history.back(), piece, true);
  ++num_unbroken_;
  for (const uint8_t byte : piece) {
    if (breakers_.feed(byte) != 0) num_unbroken_ = 0;
  }
  return piece.ok();
}

bool Dry::is_breaker(int32_t id) {
  piece.clear();
  vocabulary().append_piece(id, piece, true);
  token_breakers_.restart();
  for (const uint8_t byte : piece) {
    if (token_breakers_.feed(byte) != 0) return true;
  }
  return false;
}

bool Dry::apply(Row& row, const Vec<int32_t>& history) {
  const uint32_t n = min(history.size(), window_);
  const uint32_t limit = min(num_unbroken_, n);
  if (n <= allowed_length_ || limit < allowed_length_) return true;
  if (!measure_repeats(history, n)) return false;
  longest_repeats.clear();
#pragma clang loop unroll_count(8)
  for (uint32_t i = 1; i < n; ++i) {
    const uint32_t length = min(lengths[i], limit);
    if (length < allowed_length_) continue;
    uint32_t* longest = longest_repeats.insert(history[history.size() - i]);
    if (longest == nullptr) return false;
    *longest = max(*longest, length);
  }
  for (const auto& entry : longest_repeats.slots()) {
    if (!entry.is_used || static_cast<uint32_t>(entry.key) >= row.size()) continue;
    if (is_breaker(entry.key)) continue;
    const double excess = static_cast<double>(entry.value - allowed_length_);
    const double penalty = multiplier_ * pow(base_, excess);
    row.set(entry.key,
            row[static_cast<uint32_t>(entry.key)] - static_cast<float>(min(penalty, MAX_PENALTY)));
  }
  return piece.ok();
}

}  // namespace realm
