// Attention over the paged KV cache.
//
// A query goes through the pages from the first that it sees to its own, keeping the largest
// score so far, the sum of the exponentials and the mixture of values, all rescaled when a page
// brings a larger score (the online softmax of Milakov and Gimelshein 2018, arXiv:1805.02867).
// Pages are cut by position, so the order of all sums depends on the query's position alone.
// Queries are taken kTogether at a time, which read keys and values once; together, exactly that
// is done to each which is done to a single one.
#include <cmath>
#include <limits>

#include "exponential.h"
#include "isa_functions.h"
#include "simd.h"

namespace realm::REALM_ISA {
namespace {

// Queries, and vectors of scores or values of each: as many as their sums fill the registers.
#if defined(__AVX512F__)
constexpr int kTogether = 4, kMostVectors = 4;
#else
constexpr int kTogether = 2, kMostVectors = 2;
#endif
constexpr int64_t kScoreVectors = kPageTokens / kLanes;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

int64_t padded(int64_t n) { return (n + kLanes - 1) / kLanes * kLanes; }

// The scratch memory of a tile, all of it in floats.
struct Scratch {
  float* keys;      // (key_dim, 64)
  float* values;    // (64, padded value_dim)
  float* queries;   // (items, key_dim), times the scale
  float* mixtures;  // (items, padded value_dim)
  float* largest;   // (items,)
  float* sums;      // (items,)
  float* scores;    // (kTogether, 64)
};

int64_t num_items(const AttentionTile& tile) { return tile.num_rows * tile.num_heads; }

Scratch lay_out(const AttentionTile& tile) {
  const int64_t items = padded(num_items(tile));
  const int64_t key_dim = tile.cache.key_dim, value_dim = padded(tile.cache.value_dim);
  Scratch s;
  s.keys = static_cast<float*>(tile.scratch);
  s.values = s.keys + key_dim * kPageTokens;
  s.mixtures = s.values + kPageTokens * value_dim;
  s.largest = s.mixtures + items * value_dim;
  s.sums = s.largest + items;
  s.scores = s.sums + items;
  s.queries = s.scores + kTogether * kPageTokens;
  return s;
}

// ---- pages as float32 ---------------------------------------------------------------------------

const float* load_keys(const PageView& cache, const uint8_t* keys, float* scratch) {
  const int64_t count = cache.key_dim * kPageTokens;
  if (cache.kv_type == REALM_KV_F32) return reinterpret_cast<const float*>(keys);
  if (cache.kv_type == REALM_KV_F16) {
    const auto* halves = reinterpret_cast<const uint16_t*>(keys);
    for (int64_t i = 0; i < count; i += kLanes) store(scratch + i, load_f16(halves + i));
    return scratch;
  }
  const auto* quants = reinterpret_cast<const int8_t*>(keys);
  const auto* scales = reinterpret_cast<const float*>(keys + count);
  for (int64_t i = 0; i < count; i += kLanes) {
    store(scratch + i, to_float(load_i8(quants + i)) * load(scales + i % kPageTokens));
  }
  return scratch;
}

// Values of tokens [0, num_tokens); rows are padded(value_dim) apart.
const float* load_values(const PageView& cache, const uint8_t* values, int64_t num_tokens,
                         float* scratch) {
  const int64_t dim = cache.value_dim, stride = padded(dim);
  if (cache.kv_type == REALM_KV_F32) {
    const auto* floats = reinterpret_cast<const float*>(values);
    if (dim == stride) return floats;
    for (int64_t token = 0; token < num_tokens; ++token) {
      for (int64_t i = 0; i < dim; ++i) scratch[token * stride + i] = floats[token * dim + i];
    }
    return scratch;
  }
  if (cache.kv_type == REALM_KV_F16) {
    const auto* halves = reinterpret_cast<const uint16_t*>(values);
    if (dim == stride) {
      for (int64_t i = 0; i < num_tokens * dim; i += kLanes) {
        store(scratch + i, load_f16(halves + i));
      }
      return scratch;
    }
    alignas(64) uint16_t row[kLanes] = {};
    for (int64_t token = 0; token < num_tokens; ++token) {
      for (int64_t i = 0; i < dim; i += kLanes) {
        for (int64_t j = 0; j < kLanes && i + j < dim; ++j) row[j] = halves[token * dim + i + j];
        store(scratch + token * stride + i, load_f16(row));
      }
    }
    return scratch;
  }
  const auto* quants = reinterpret_cast<const int8_t*>(values);
  const auto* scales = reinterpret_cast<const float*>(values + dim * kPageTokens);
  for (int64_t token = 0; token < num_tokens; ++token) {
    for (int64_t i = 0; i < dim; ++i) {
      scratch[token * stride + i] = static_cast<float>(quants[token * dim + i]) * scales[token];
    }
  }
  return scratch;
}

// ---- one page for one query or some --------------------------------------------------------------

// The positions of a page that a query sees.
struct Seen {
  int64_t begin;
  int64_t end;
};

Seen seen_in_page(const AttentionTile& tile, int64_t row, int64_t page) {
  const int64_t position = tile.position + row, start = page * kPageTokens;
  int64_t begin = 0, end = position + 1 - start;
  if (tile.window > 0 && position - tile.window + 1 > start) {
    begin = position - tile.window + 1 - start;
  }
  if (end > kPageTokens) end = kPageTokens;
  return {begin, end};
}

// scores[i][t] = queries[i] · keys[:, t] for kVectors vectors of tokens.
template <int kQueries, int kVectors>
REALM_INLINE void score_some(const float* const* queries, const float* keys, int64_t key_dim,
                             float* scores) {
  V16f sums[kQueries][kVectors];
  for (auto& of_query : sums) {
    for (V16f& sum : of_query) sum = zero();
  }
  for (int64_t d = 0; d < key_dim; ++d, keys += kPageTokens) {
    V16f columns[kVectors];
    for (int v = 0; v < kVectors; ++v) columns[v] = load(keys + v * kLanes);
    for (int q = 0; q < kQueries; ++q) {
      const V16f value = set1(queries[q][d]);
      for (int v = 0; v < kVectors; ++v) sums[q][v] = fma(value, columns[v], sums[q][v]);
    }
  }
  for (int q = 0; q < kQueries; ++q) {
    for (int v = 0; v < kVectors; ++v) {
      store(scores + q * kPageTokens + v * kLanes, sums[q][v]);
    }
  }
}

// Of tokens below num_tokens (rounded up to 32).
template <int kQueries>
REALM_INLINE void score(const float* const* queries, const float* keys, int64_t key_dim,
                        int64_t num_tokens, float* scores) {
  for (int64_t first = 0; first < num_tokens;) {
    if (num_tokens - first >= kMostVectors * kLanes) {
      score_some<kQueries, kMostVectors>(queries, keys + first, key_dim, scores + first);
      first += kMostVectors * kLanes;
    } else {
      score_some<kQueries, 2>(queries, keys + first, key_dim, scores + first);
      first += 2 * kLanes;
    }
  }
}

// A vector of scores, -infinity where its tokens are not seen.
REALM_INLINE V16f seen_scores(const float* scores, Seen seen, int64_t vector, float softcap_at) {
  static const float kIndices[kLanes] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const int64_t first = vector * kLanes;
  if (first >= seen.end) return set1(-kInfinity);
  V16f value = load(scores + first);
  if (softcap_at > 0.0f) {
    const V16f cap = set1(softcap_at);
    value = cap * hyperbolic_tangent(value / cap);
  }
  if (seen.begin == 0 && seen.end >= first + kLanes) return value;
  const V16f index = load(kIndices) + set1(static_cast<float>(first));
  const V16i is_seen_end = less(index, set1(static_cast<float>(seen.end)));
  const V16i is_before = less(index, set1(static_cast<float>(seen.begin)));
  return select(is_before, set1(-kInfinity), select(is_seen_end, value, set1(-kInfinity)));
}

// Turn scores into exponentials relative to the largest so far; `rescales` are what the earlier
// sums and mixtures must be multiplied with. Step by step for all queries, which need not wait
// for each other then.
template <int kQueries>
REALM_INLINE void soften(const Seen* seen, float softcap_at, float* const* largest,
                         float* const* sums, float* scores, float* rescales) {
  V16f most[kQueries], totals[kQueries];
  for (int q = 0; q < kQueries; ++q) {
    float* row = scores + q * kPageTokens;
    most[q] = set1(-kInfinity);
    for (int64_t v = 0; v < kScoreVectors; ++v) {
      const V16f value = seen_scores(row, seen[q], v, softcap_at);
      store(row + v * kLanes, value);
      most[q] = max(most[q], value);
    }
  }
  for (int q = 0; q < kQueries; ++q) {
    const float highest = reduce_max(most[q]), before = *largest[q];
    if (highest > before) *largest[q] = highest;
    // Mostly nothing is larger than what was seen before: then the function need not be called.
    rescales[q] = 1.0f;
    if (before == -kInfinity) {
      rescales[q] = 0.0f;
    } else if (*largest[q] != before) {
      rescales[q] = std::exp(before - *largest[q]);
    }
    totals[q] = zero();
  }
  for (int64_t v = 0; v < kScoreVectors; ++v) {
    for (int q = 0; q < kQueries; ++q) {
      float* place = scores + q * kPageTokens + v * kLanes;
      const V16f value = exponential(load(place) - set1(*largest[q]));
      store(place, value);
      totals[q] = totals[q] + value;
    }
  }
  for (int q = 0; q < kQueries; ++q) {
    *sums[q] = *sums[q] * rescales[q] + reduce_add(totals[q]);
  }
}

// sums[v] += Σ_t shares[t] · values[t] for tokens [first, last), t ascending.
template <int kVectors>
REALM_INLINE void add_values(const float* shares, const float* values, int64_t stride,
                             int64_t first, int64_t last, V16f (&sums)[kVectors]) {
  for (int64_t t = first; t < last; ++t) {
    const V16f share = set1(shares[t]);
    for (int v = 0; v < kVectors; ++v) {
      sums[v] = fma(share, load(values + t * stride + v * kLanes), sums[v]);
    }
  }
}

// mixtures[i] = mixtures[i] · rescale[i] + Σ_t shares[i][t] · values[t], t ascending, of kVectors
// vectors of columns.
template <int kQueries, int kVectors>
REALM_INLINE void mix_some(const float* shares, const float* values, int64_t stride,
                           const Seen* seen, const float* rescales, float* const* mixtures,
                           int64_t column) {
  Seen by_all = seen[0];
  for (int q = 1; q < kQueries; ++q) {
    by_all.begin = seen[q].begin > by_all.begin ? seen[q].begin : by_all.begin;
    by_all.end = seen[q].end < by_all.end ? seen[q].end : by_all.end;
  }
  if (by_all.end < by_all.begin) by_all.end = by_all.begin;
  V16f sums[kQueries][kVectors];
  for (int q = 0; q < kQueries; ++q) {
    for (int v = 0; v < kVectors; ++v) {
      sums[q][v] = load(mixtures[q] + column + v * kLanes) * set1(rescales[q]);
    }
  }
  values += column;
  // Unrolled, or the sums would be kept in memory.
  unrolled<kQueries>([&](auto q) __attribute__((always_inline)) {
    const int64_t last = seen[q].end < by_all.begin ? seen[q].end : by_all.begin;
    add_values(shares + q * kPageTokens, values, stride, seen[q].begin, last, sums[q]);
  });
  for (int64_t t = by_all.begin; t < by_all.end; ++t) {
    V16f row[kVectors];
    for (int v = 0; v < kVectors; ++v) row[v] = load(values + t * stride + v * kLanes);
    for (int q = 0; q < kQueries; ++q) {
      const V16f share = set1(shares[q * kPageTokens + t]);
      for (int v = 0; v < kVectors; ++v) sums[q][v] = fma(share, row[v], sums[q][v]);
    }
  }
  unrolled<kQueries>([&](auto q) __attribute__((always_inline)) {
    add_values(shares + q * kPageTokens, values, stride, by_all.end, seen[q].end, sums[q]);
  });
  for (int q = 0; q < kQueries; ++q) {
    for (int v = 0; v < kVectors; ++v) store(mixtures[q] + column + v * kLanes, sums[q][v]);
  }
}

template <int kQueries>
REALM_INLINE void mix(const float* shares, const float* values, int64_t stride, const Seen* seen,
                      const float* rescales, float* const* mixtures) {
  int64_t i = 0;
  for (; i + kMostVectors * kLanes <= stride; i += kMostVectors * kLanes) {
    mix_some<kQueries, kMostVectors>(shares, values, stride, seen, rescales, mixtures, i);
  }
  for (; i + 2 * kLanes <= stride; i += 2 * kLanes) {
    mix_some<kQueries, 2>(shares, values, stride, seen, rescales, mixtures, i);
  }
  if (i < stride) mix_some<kQueries, 1>(shares, values, stride, seen, rescales, mixtures, i);
}

template <int kQueries>
REALM_INLINE void attend(const AttentionTile& tile, const Scratch& s, const int64_t* items,
                         const Seen* seen, const float* keys, const float* values) {
  const int64_t key_dim = tile.cache.key_dim, stride = padded(tile.cache.value_dim);
  const float* queries[kQueries];
  float *mixtures[kQueries], *largest[kQueries], *sums[kQueries];
  float rescales[kQueries];
  int64_t num_tokens = 0;
  for (int q = 0; q < kQueries; ++q) {
    queries[q] = s.queries + items[q] * key_dim;
    mixtures[q] = s.mixtures + items[q] * stride;
    largest[q] = s.largest + items[q];
    sums[q] = s.sums + items[q];
    num_tokens = seen[q].end > num_tokens ? seen[q].end : num_tokens;
  }
  score<kQueries>(queries, keys, key_dim, num_tokens, s.scores);
  soften<kQueries>(seen, tile.softcap, largest, sums, s.scores, rescales);
  mix<kQueries>(s.scores, values, stride, seen, rescales, mixtures);
}

void begin(const AttentionTile& tile, const Scratch& s) {
  const int64_t key_dim = tile.cache.key_dim, stride = padded(tile.cache.value_dim);
  for (int64_t row = 0; row < tile.num_rows; ++row) {
    for (int64_t head = 0; head < tile.num_heads; ++head) {
      const int64_t item = row * tile.num_heads + head;
      scale(tile.queries + row * tile.query_stride + (tile.first_head + head) * key_dim,
            tile.scale, key_dim, s.queries + item * key_dim);
      for (int64_t i = 0; i < stride; ++i) s.mixtures[item * stride + i] = 0.0f;
      s.largest[item] = -kInfinity;
      s.sums[item] = 0.0f;
    }
  }
}

void end(const AttentionTile& tile, const Scratch& s) {
  const int64_t value_dim = tile.cache.value_dim, stride = padded(value_dim);
  for (int64_t row = 0; row < tile.num_rows; ++row) {
    for (int64_t head = 0; head < tile.num_heads; ++head) {
      const int64_t item = row * tile.num_heads + head;
      float* output = tile.outputs + row * tile.output_stride + (tile.first_head + head) * value_dim;
      const float inverse = 1.0f / s.sums[item];
      for (int64_t i = 0; i < value_dim; ++i) output[i] = s.mixtures[item * stride + i] * inverse;
    }
  }
}

}  // namespace

int64_t attention_scratch_bytes(const AttentionTile& tile) {
  const int64_t items = padded(num_items(tile));
  const int64_t key_dim = tile.cache.key_dim, value_dim = padded(tile.cache.value_dim);
  const int64_t floats = (key_dim + value_dim) * (kPageTokens + items) + 2 * items + kTogether * kPageTokens;
  return floats * 4 + 64;
}

void attention(const AttentionTile& tile) {
  const Scratch s = lay_out(tile);
  const PageView& cache = tile.cache;
  begin(tile, s);
  const int64_t oldest = tile.window > 0 && tile.position >= tile.window
                             ? tile.position - tile.window + 1
                             : 0;
  const int64_t last_page = (tile.position + tile.num_rows - 1) / kPageTokens;
  for (int64_t page = oldest / kPageTokens; page <= last_page; ++page) {
    const uint8_t* head =
        cache.pages[page] + cache.layer_offset + tile.kv_head * cache.head_bytes;
    const int64_t num_tokens = seen_in_page(tile, tile.num_rows - 1, page).end;
    const float* keys = load_keys(cache, head, s.keys);
    const float* values = load_values(cache, head + cache.values_offset, num_tokens, s.values);
    int64_t items[kTogether];
    Seen seen[kTogether];
    int waiting = 0;
    for (int64_t row = 0; row < tile.num_rows; ++row) {
      const Seen in_page = seen_in_page(tile, row, page);
      if (in_page.end <= in_page.begin) continue;
      for (int64_t h = 0; h < tile.num_heads; ++h) {
        items[waiting] = row * tile.num_heads + h;
        seen[waiting] = in_page;
        if (++waiting < kTogether) continue;
        attend<kTogether>(tile, s, items, seen, keys, values);
        waiting = 0;
      }
    }
    int first = 0;
    if (kTogether > 2 && waiting >= 2) {
      attend<2>(tile, s, items, seen, keys, values);
      first = 2;
    }
    if (first < waiting) attend<1>(tile, s, items + first, seen + first, keys, values);
  }
  end(tile, s);
}

// ---- writing to the cache -----------------------------------------------------------------------

namespace {

// Store one head's row; element i goes to target + i · step.
void write_row(const float* row, int64_t n, int32_t kv_type, uint8_t* target, int64_t step,
               float* scale_slot) {
  if (kv_type == REALM_KV_F32) {
    auto* floats = reinterpret_cast<float*>(target);
    for (int64_t i = 0; i < n; ++i) floats[i * step] = row[i];
    return;
  }
  if (kv_type == REALM_KV_F16) {
    auto* halves = reinterpret_cast<uint16_t*>(target);
    alignas(64) uint16_t converted[kLanes];
    for (int64_t i = 0; i < n; i += kLanes) {
      const int64_t count = n - i < kLanes ? n - i : kLanes;
      store_f16(converted, count == kLanes ? load(row + i) : load_first(row + i, count));
      for (int64_t j = 0; j < count; ++j) halves[(i + j) * step] = converted[j];
    }
    return;
  }
  auto* quants = reinterpret_cast<int8_t*>(target);
  float most = 0.0f;
  for (int64_t i = 0; i < n; ++i) most = std::fabs(row[i]) > most ? std::fabs(row[i]) : most;
  const float inverse = most > 0.0f ? 127.0f / most : 0.0f;
  *scale_slot = most / 127.0f;
  for (int64_t i = 0; i < n; ++i) {
    quants[i * step] = static_cast<int8_t>(std::nearbyint(row[i] * inverse));
  }
}

}  // namespace

void append(const PageView& cache, int64_t position, const float* keys, const float* values) {
  const int64_t slot = position % kPageTokens;
  const int64_t size = cache.kv_type == REALM_KV_F32 ? 4 : cache.kv_type == REALM_KV_F16 ? 2 : 1;
  uint8_t* head = cache.pages[position / kPageTokens] + cache.layer_offset;
  for (int32_t h = 0; h < cache.num_kv_heads; ++h, head += cache.head_bytes) {
    uint8_t* value_part = head + cache.values_offset;
    auto* key_scales = reinterpret_cast<float*>(head + cache.key_dim * kPageTokens);
    auto* value_scales = reinterpret_cast<float*>(value_part + cache.value_dim * kPageTokens);
    write_row(keys + h * cache.key_dim, cache.key_dim, cache.kv_type, head + slot * size,
              kPageTokens, key_scales + slot);
    write_row(values + h * cache.value_dim, cache.value_dim, cache.kv_type,
              value_part + slot * cache.value_dim * size, 1, value_scales + slot);
  }
}

}  // namespace realm::REALM_ISA
