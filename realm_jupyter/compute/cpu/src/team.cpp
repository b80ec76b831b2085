// What the threads of a region share, wherever they come from.
#include "pool.h"

namespace realm {

int64_t Team::claim(uint32_t phase, int64_t num_tiles) {
  uint64_t next = next_.load(std::memory_order_acquire);
  for (;;) {
    const auto tile = static_cast<int64_t>(next & 0xffffffffu);
    if (static_cast<uint32_t>(next >> 32) != phase || tile >= num_tiles) return -1;
    if (next_.compare_exchange_weak(next, next + 1, std::memory_order_acq_rel)) return tile;
  }
}

void Team::finish(uint32_t phase, int64_t num_tiles) {
  if (num_done_.fetch_add(1, std::memory_order_acq_rel) + 1 < num_tiles) return;
  num_done_.store(0, std::memory_order_relaxed);
  next_.store(static_cast<uint64_t>(phase + 1) << 32, std::memory_order_release);
}

void Team::await(uint32_t phase) const {
  for (int spins = 0;; ++spins) {
    const uint64_t next = next_.load(std::memory_order_acquire);
    if (static_cast<uint32_t>(next >> 32) > phase) return;
    pass_time(next_, next, spins);
  }
}

void run_region(int num_threads, Region region, void* context) {
  if (num_threads <= 1) {
    Team alone(1);
    region(context, alone, 0);
    return;
  }
  run_on_pool(num_threads, region, context);
}

void parallel_for(int num_threads, int64_t num_tiles, TileFunction tile, void* context) {
  struct Job {
    int64_t num_tiles;
    TileFunction tile;
    void* context;
  } job{num_tiles, tile, context};
  run_region(
      num_threads,
      [](void* data, Team& team, int) {
        const Job& job = *static_cast<const Job*>(data);
        uint32_t phase = 0;
        team.run(phase, job.num_tiles, [&](int64_t index) { job.tile(job.context, index); });
      },
      &job);
}

}  // namespace realm
