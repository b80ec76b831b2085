// What the threads of a region share, wherever they come from.
#include "pool.h"

namespace realm {

void Team::begin(int num_threads) {
  num_threads_ = num_threads;
  open(0);
}

void Team::open(uint32_t phase) {
  num_done_.store(0, std::memory_order_relaxed);
  for (int share = 0; share < num_threads_; ++share) {
    shares_[share].next.store(static_cast<uint64_t>(phase) << 32, std::memory_order_relaxed);
  }
  phase_.store(phase, std::memory_order_release);
}

int64_t Team::claim(int share, uint32_t phase, int64_t size) {
  if (size == 0) return -1;
  std::atomic<uint64_t>& next = shares_[share].next;
  uint64_t seen = next.load(std::memory_order_acquire);
  for (;;) {
    const auto index = static_cast<int64_t>(seen & 0xffffffffu);
    if (static_cast<uint32_t>(seen >> 32) != phase || index >= size) return -1;
    if (next.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel)) return index;
  }
}

void Team::finish(uint32_t phase, int64_t num_done, int64_t num_tiles) {
  if (num_done == 0) return;
  if (num_done_.fetch_add(num_done, std::memory_order_acq_rel) + num_done < num_tiles) return;
  open(phase + 1);
}

void Team::await(uint32_t phase, Prospect& prospect) const {
  for (int spins = 0;;) {
    const uint64_t seen = phase_.load(std::memory_order_acquire);
    if (seen > phase) return;
    if (!prospect.fetch()) pass_time(phase_, seen, spins++);
  }
}

void run_region(int num_threads, Region region, void* context) {
  if (num_threads <= 1) {
    Member alone;
    region(context, alone);
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
      [](void* data, Member& member) {
        const Job& job = *static_cast<const Job*>(data);
        member.run(job.num_tiles, [&](int64_t index) { job.tile(job.context, index); });
      },
      &job);
}

}  // namespace realm
