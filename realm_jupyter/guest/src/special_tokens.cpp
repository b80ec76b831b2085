#include "special_tokens.h"

#include "heap.h"

namespace realm {

namespace {

// A place where a token's text stands; they overlap.
struct Occurrence {
  uint32_t offset, size;
  int32_t id;
  bool is_taken;
};

// ASCII's, as C knows it.
bool is_whitespace(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

// Whether a boundary lies in [offset, offset + size).
bool has_boundary(Span<const uint32_t> boundaries, uint32_t offset, uint32_t size) {
  uint32_t low = 0, high = boundaries.size;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (boundaries[middle] < offset) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < boundaries.size && boundaries[low] - offset < size;
}

int32_t find_occurrences(const Vocabulary& vocabulary, Bytes text, Span<const uint32_t> boundaries,
                         bool parse_special, Vec<Occurrence>& found) {
  for (uint32_t offset = 0; offset < text.size; ++offset) {
    const Span<const uint32_t> lengths = vocabulary.special_lengths(text.data[offset]);
    if (lengths.size == 0) continue;
    for (const uint32_t length : lengths) {
      if (length > text.size - offset) break;
      const int32_t id = vocabulary.find_special(text.part(offset, length));
      if (id == NO_TOKEN) continue;
      if (vocabulary.is_special(id) &&
          (!parse_special || has_boundary(boundaries, offset, length))) {
        continue;
      }
      if (!found.push({offset, length, id, false})) return REALM_ERROR_MEMORY;
    }
  }
  return REALM_OK;
}

// Mark the occurrences that are tokens: the longest first, then from left to right, each
// if it overlaps none that was taken before.
int32_t take_occurrences(Vec<Occurrence>& found, uint32_t text_size) {
  Vec<uint64_t> order;   // longest first, then by place
  Vec<uint8_t> covered;  // a bit for each byte of the text
  if (!order.reserve(found.size()) || !covered.reserve(text_size / 8 + 1)) {
    return REALM_ERROR_MEMORY;
  }
  covered.resize(text_size / 8 + 1);
  for (uint32_t i = 0; i < found.size(); ++i) {
    order.push(static_cast<uint64_t>(UINT32_MAX - found[i].size) << 32 | i);
  }
  sort(order.span());
  const auto is_covered = [&covered](uint32_t place) {
    return (covered[place / 8] >> (place % 8) & 1) != 0;
  };
  for (const uint64_t key : order) {
    Occurrence& o = found[static_cast<uint32_t>(key)];
    // What was taken is at least as long, so it covers one of the ends if it overlaps.
    if (is_covered(o.offset) || is_covered(o.offset + o.size - 1)) continue;
    o.is_taken = true;
    for (uint32_t place = o.offset; place < o.offset + o.size; ++place) {
      covered[place / 8] |= static_cast<uint8_t>(1u << (place % 8));
    }
  }
  return REALM_OK;
}

}  // namespace

int32_t find_special_tokens(const Vocabulary& vocabulary, Bytes text,
                            Span<const uint32_t> boundaries, bool parse_special,
                            Vec<Fragment>& out) {
  Vec<Occurrence> found;
  if (parse_special || vocabulary.has_user_defined()) {
    int32_t status = find_occurrences(vocabulary, text, boundaries, parse_special, found);
    if (status == REALM_OK && !found.empty()) status = take_occurrences(found, text.size);
    if (status != REALM_OK) return status;
  }
  uint32_t end = 0;
  int32_t before = NO_TOKEN;
  const auto push_text = [&](uint32_t until) {
    if (vocabulary.takes_space(before)) {
      while (end < until && is_whitespace(text.data[end])) ++end;
    }
    if (end < until) out.push({end, until - end, NO_TOKEN});
  };
  for (const Occurrence& o : found) {
    if (!o.is_taken) continue;
    push_text(o.offset);
    out.push({o.offset, o.size, o.id});
    end = o.offset + o.size;
    before = o.id;
  }
  push_text(text.size);
  return out.ok() ? REALM_OK : REALM_ERROR_MEMORY;
}

}  // namespace realm
