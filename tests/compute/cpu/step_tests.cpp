// Row ops, attention and the worker pool against obviously right versions. Standalone, so that it
// runs under AddressSanitizer, UndefinedBehaviorSanitizer and ThreadSanitizer; prints what failed
// and ends with the number of failures.
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "cache.h"
#include "check.h"
#include "isa_functions.h"
#include "pool.h"

namespace {

namespace isa = realm::REALM_ISA;

std::mt19937 generator(7);

std::vector<float> random_floats(int64_t n, float size = 1.0f) {
  std::normal_distribution<float> normal(0.0f, size);
  std::vector<float> result(static_cast<size_t>(n));
  for (float& value : result) value = normal(generator);
  return result;
}

bool is_close(double found, double expected, double tolerance) {
  return std::fabs(found - expected) <= tolerance * (1.0 + std::fabs(expected));
}

// ---- row ops ------------------------------------------------------------------------------------

void test_rows() {
  for (int64_t n : {1, 5, 16, 17, 64, 203}) {
    for (float size : {1e-30f, 1.0f, 30.0f}) {
      const auto a = random_floats(n, size), b = random_floats(n, size);
      std::vector<float> y(a.size());
      isa::add(a.data(), b.data(), n, y.data());
      for (int64_t i = 0; i < n; ++i) CHECK(y[i] == a[i] + b[i], "add %d", static_cast<int>(i));
      isa::swiglu(a.data(), b.data(), n, y.data());
      for (int64_t i = 0; i < n; ++i) {
        const double expected = a[i] / (1.0 + std::exp(-static_cast<double>(a[i]))) * b[i];
        CHECK(is_close(y[i], expected, 2e-6), "swiglu(%g, %g) = %g", a[i], b[i], y[i]);
      }
      isa::geglu(a.data(), b.data(), n, y.data());
      for (int64_t i = 0; i < n; ++i) {
        const double x = a[i], u = 0.7978845608028654 * (x + 0.044715 * x * x * x);
        const double expected = 0.5 * x * (1.0 + std::tanh(u)) * b[i];
        CHECK(is_close(y[i], expected, 3e-6), "geglu(%g, %g) = %g", a[i], b[i], y[i]);
      }
      isa::softcap(a.data(), 15.0f, n, y.data());
      for (int64_t i = 0; i < n; ++i) {
        CHECK(is_close(y[i], 15.0 * std::tanh(a[i] / 15.0), 3e-6), "softcap(%g)", a[i]);
      }
      isa::rms_norm(a.data(), b.data(), 1, n, 1e-6f, y.data());
      double squares = 0;
      for (float value : a) squares += static_cast<double>(value) * value;
      for (int64_t i = 0; i < n; ++i) {
        const double expected = a[i] * b[i] / std::sqrt(squares / static_cast<double>(n) + 1e-6);
        CHECK(is_close(y[i], expected, 2e-6), "rms_norm %d of %d", static_cast<int>(i),
              static_cast<int>(n));
      }
    }
  }
  const float extremes[] = {-1e30f, -100.0f, -88.0f, 0.0f, 88.0f, 100.0f, 1e30f};
  for (float x : extremes) {
    const float up = 2.0f;
    float y;
    isa::swiglu(&x, &up, 1, &y);
    const double expected = x < -87.0f ? 0.0 : x / (1.0 + std::exp(-static_cast<double>(x))) * 2.0;
    CHECK(is_close(y, expected, 1e-5), "swiglu(%g) = %g", x, y);
  }
}

void test_rope() {
  for (bool is_neox : {false, true}) {
    const int32_t heads = 3, dim = 12, rotary = 8;
    const auto x = random_floats(heads * dim), angles = random_floats(rotary / 2);
    std::vector<float> turns, y(x.size());
    for (float angle : angles) {
      turns.push_back(std::cos(angle));
      turns.push_back(std::sin(angle));
    }
    isa::rope(x.data(), turns.data(), heads, dim, rotary, is_neox, y.data());
    for (int32_t h = 0; h < heads; ++h) {
      for (int32_t i = 0; i < dim; ++i) {
        double expected = x[h * dim + i];
        if (i < rotary) {
          const int32_t half = rotary / 2;
          const int32_t pair = is_neox ? i % half : i / 2;
          const bool is_second = is_neox ? i >= half : i % 2 == 1;
          const double a = x[h * dim + (is_neox ? pair : 2 * pair)];
          const double b = x[h * dim + (is_neox ? pair + half : 2 * pair + 1)];
          expected = is_second ? a * std::sin(angles[pair]) + b * std::cos(angles[pair])
                               : a * std::cos(angles[pair]) - b * std::sin(angles[pair]);
        }
        CHECK(is_close(y[h * dim + i], expected, 1e-6), "rope column %d", i);
      }
    }
  }
}

// ---- attention ----------------------------------------------------------------------------------

struct Case {
  int32_t kv_type, heads, kv_heads, key_dim, value_dim, window;
  float softcap;
  int64_t length;
};

// The rows [position, position + num_rows) of one sequence, in tiles of a few rows.
std::vector<float> attend(const Case& c, const realm::PageView& cache,
                          const std::vector<float>& queries, int64_t position, int64_t num_rows,
                          int64_t tile_rows, int32_t splits) {
  const int64_t width = int64_t{c.heads} * c.value_dim;
  std::vector<float> outputs(static_cast<size_t>(num_rows * width), -1.0f);
  for (int64_t row = 0; row < num_rows; row += tile_rows) {
    for (int32_t part = 0; part < c.kv_heads * splits; ++part) {
      const int32_t group = c.heads / c.kv_heads;
      realm::AttentionTile tile{};
      tile.cache = cache;
      tile.query_stride = int64_t{c.heads} * c.key_dim;
      tile.queries = queries.data() + (position + row) * tile.query_stride;
      tile.output_stride = width;
      tile.outputs = outputs.data() + row * width;
      tile.position = position + row;
      tile.num_rows = num_rows - row < tile_rows ? num_rows - row : tile_rows;
      tile.kv_head = part / splits;
      tile.num_heads = group / splits;
      tile.first_head = tile.kv_head * group + part % splits * tile.num_heads;
      tile.window = c.window;
      tile.scale = 1.0f / std::sqrt(static_cast<float>(c.key_dim));
      tile.softcap = c.softcap;
      std::vector<float> scratch(static_cast<size_t>(isa::attention_scratch_bytes(tile) / 4 + 16),
                                 NAN);
      tile.scratch = scratch.data();
      isa::attention(tile);
    }
  }
  return outputs;
}

void check_attention(const Case& c) {
  realm::Cache cache;
  const realm_cpu_kv_layer layers[] = {{1, 8, 8}, {c.kv_heads, c.key_dim, c.value_dim}};
  CHECK(cache.configure(layers, 2, c.kv_type), "configure");
  const int64_t num_pages = (c.length + realm::kPageTokens - 1) / realm::kPageTokens;
  CHECK(cache.resize(num_pages + 1), "resize");
  std::vector<uint8_t*> pages;
  for (int64_t page = 0; page < num_pages; ++page) {
    pages.push_back(cache.page(num_pages - page));  // in no particular order
    std::memset(pages.back(), 0xff, static_cast<size_t>(cache.page_bytes()));  // NaN
  }
  realm::PageView view = cache.view(1);
  view.pages = pages.data();
  const int64_t key_width = int64_t{c.kv_heads} * c.key_dim;
  const int64_t value_width = int64_t{c.kv_heads} * c.value_dim;
  const auto queries = random_floats(c.length * c.heads * c.key_dim, 2.0f);
  const auto keys = random_floats(c.length * key_width);
  const auto values = random_floats(c.length * value_width);
  for (int64_t t = 0; t < c.length; ++t) {
    isa::append(view, t, keys.data() + t * key_width, values.data() + t * value_width);
  }
  const auto whole = attend(c, view, queries, 0, c.length, 8, 1);
  const double tolerance =
      c.kv_type == REALM_KV_F32 ? 2e-6 : c.kv_type == REALM_KV_F16 ? 3e-3 : 5e-2;
  const int32_t group = c.heads / c.kv_heads;
  for (int64_t row = 0; row < c.length; row += row < 4 ? 1 : 13) {
    for (int32_t h = 0; h < c.heads; ++h) {
      const float* query = queries.data() + (row * c.heads + h) * c.key_dim;
      std::vector<double> shares;
      double total = 0;
      const int64_t first = c.window > 0 && row >= c.window ? row - c.window + 1 : 0;
      for (int64_t t = first; t <= row; ++t) {
        double score = 0;
        const float* key = keys.data() + t * key_width + h / group * c.key_dim;
        for (int32_t d = 0; d < c.key_dim; ++d) score += static_cast<double>(query[d]) * key[d];
        score /= std::sqrt(static_cast<double>(c.key_dim));
        if (c.softcap > 0) score = c.softcap * std::tanh(score / c.softcap);
        shares.push_back(std::exp(score));
        total += shares.back();
      }
      for (int32_t i = 0; i < c.value_dim; ++i) {
        double expected = 0;
        for (int64_t t = first; t <= row; ++t) {
          expected += shares[static_cast<size_t>(t - first)] / total *
                      values[static_cast<size_t>(t * value_width + h / group * c.value_dim + i)];
        }
        const float found = whole[static_cast<size_t>((row * c.heads + h) * c.value_dim + i)];
        CHECK(is_close(found, expected, tolerance), "kv type %d, length %d: row %d head %d: %g is not %g",
              c.kv_type, static_cast<int>(c.length), static_cast<int>(row), h, found, expected);
      }
    }
  }
  // Bits: however the rows are cut, and whoever does which heads.
  for (int64_t tile_rows : {1, 3, 5}) {
    for (int32_t splits : {1, group}) {
      const auto again = attend(c, view, queries, 0, c.length, tile_rows, splits);
      CHECK(std::memcmp(again.data(), whole.data(), whole.size() * 4) == 0,
            "kv type %d: tiles of %d rows give other bits", c.kv_type, static_cast<int>(tile_rows));
    }
  }
}

void test_attention() {
  for (int32_t kv_type : {REALM_KV_F32, REALM_KV_F16, REALM_KV_Q8_0}) {
    check_attention({kv_type, 4, 2, 16, 16, 0, 0.0f, 150});
    check_attention({kv_type, 3, 3, 24, 20, 0, 0.0f, 70});
    check_attention({kv_type, 6, 1, 64, 64, 50, 0.0f, 200});
    check_attention({kv_type, 2, 1, 80, 48, 7, 5.0f, 65});
    check_attention({kv_type, 1, 1, 1, 1, 0, 0.0f, 3});
  }
}

void test_cache() {
  realm::Cache cache;
  const realm_cpu_kv_layer bad[] = {{0, 8, 8}};
  CHECK(!cache.configure(bad, 1, REALM_KV_F16), "a layer without heads");
  realm::Cache pages;
  const realm_cpu_kv_layer layer[] = {{2, 64, 64}};
  CHECK(pages.configure(layer, 1, REALM_KV_F16), "configure");
  CHECK(pages.resize(1000), "grow");
  uint8_t* first = pages.page(3);
  std::memset(first, 5, static_cast<size_t>(pages.page_bytes()));
  CHECK(pages.resize(5000) && pages.page(3) == first && first[1] == 5, "pages keep their place");
  pages.copy_tokens(3, 4999, 1);
  CHECK(pages.page(4999)[100] == 5, "copy");
  CHECK(!pages.resize(int64_t{1} << 46), "too much memory");
  CHECK(pages.num_pages() == 5000 && pages.page(3) == first, "as it was");
  CHECK(pages.resize(0) && pages.num_pages() == 0, "shrink");
}

// ---- the pool -----------------------------------------------------------------------------------

void test_pool() {
  std::vector<int> counts(1000);
  for (int round = 0; round < 200; ++round) {
    std::fill(counts.begin(), counts.end(), 0);
    realm::parallel_for(3, 1000,
                        [](void* context, int64_t index) {
                          ++static_cast<int*>(context)[index];
                        },
                        counts.data());
    for (int count : counts) CHECK(count == 1, "a tile ran %d times", count);
  }
  // Phases: each sees all that the one before it wrote.
  std::vector<int64_t> cells(64);
  for (int round = 0; round < 50; ++round) {
    std::fill(cells.begin(), cells.end(), 0);
    realm::run_region(
        4,
        [](void* context, realm::Member& member) {
          auto* cells = static_cast<int64_t*>(context);
          for (int phase = 0; phase < 40; ++phase) {
            const int64_t num_tiles = phase % 3 == 0 ? 1 : 32;
            // Looked at while waiting, and only that: what others write meanwhile may be in it.
            member.expect({reinterpret_cast<const uint8_t*>(cells), phase * 13});
            member.run(phase % 7 == 6 ? 0 : num_tiles, [&](int64_t tile) {
              for (int64_t i = tile; i < 64; i += num_tiles) {
                // Not atomic: only the order of the phases keeps threads apart.
                ++cells[i];
              }
            });
          }
        },
        cells.data());
    for (int64_t cell : cells) CHECK(cell == 35, "a cell saw %d phases", static_cast<int>(cell));
  }
  // What waiting threads look ahead at is theirs to begin with, and ends.
  realm::Team team;
  team.begin(4);
  for (int thread = 0; thread < 4; ++thread) {
    const auto first = static_cast<int>(realm::Member(team, thread).first_tile(7));
    CHECK(first == 2 * thread, "thread %d begins with tile %d of 7", thread, first);
  }
  const std::vector<uint8_t> memory(1000);
  realm::Prospect prospect(memory.data(), 1000);
  int num_steps = 0;
  while (num_steps < 100 && prospect.fetch()) ++num_steps;
  CHECK(num_steps == 2, "1000 bytes are fetched in %d steps", num_steps);
  CHECK(!realm::Prospect().fetch(), "nothing to fetch");
  // Several callers at once.
  std::vector<std::thread> callers;
  std::atomic<int> total{0};
  for (int caller = 0; caller < 3; ++caller) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        realm::parallel_for(1 + round % 4, 20,
                            [](void* context, int64_t) {
                              static_cast<std::atomic<int>*>(context)->fetch_add(1);
                            },
                            &total);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(total == 3 * 50 * 20, "%d tiles ran", total.load());
}

}  // namespace

int main() {
  test_rows();
  test_rope();
  test_cache();
  test_attention();
  test_pool();
  std::printf("%d failures\n", num_failures);
  return num_failures == 0 ? 0 : 1;
}
