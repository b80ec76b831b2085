// Worker threads, shared by everything in the process that computes.
//
// A *region* is a function that several threads run side by side; inside it they pass through
// the same sequence of *phases*, each a number of tiles that whoever is free takes. A phase is
// over when its tiles are done, not when all threads have come by: a thread that the system has
// put aside delays nobody unless it holds a tile.
#pragma once

#include <atomic>
#include <cstdint>

namespace realm {

// What the threads of one region share.
class Team {
 public:
  explicit Team(int num_threads) : num_threads_(num_threads) {}

  int num_threads() const { return num_threads_; }

  // Run tile(index) for index in [0, num_tiles), shared with the other threads of the region.
  // Every thread calls this with the same numbers in the same order; `phase` is the thread's own
  // count of phases and starts at 0. Returns when all tiles of the phase are done.
  template <class Tile>
  void run(uint32_t& phase, int64_t num_tiles, Tile&& tile) {
    if (num_tiles <= 0) return;
    if (num_threads_ == 1) {
      for (int64_t index = 0; index < num_tiles; ++index) tile(index);
      return;
    }
    for (int64_t index; (index = claim(phase, num_tiles)) >= 0;) {
      tile(index);
      finish(phase, num_tiles);
    }
    await(phase);
    ++phase;
  }

 private:
  int64_t claim(uint32_t phase, int64_t num_tiles);  // -1: none left
  void finish(uint32_t phase, int64_t num_tiles);
  void await(uint32_t phase) const;

  const int num_threads_;
  alignas(64) std::atomic<uint64_t> next_{0};  // phase << 32 | next tile of it
  alignas(64) std::atomic<int64_t> num_done_{0};
};

using Region = void (*)(void* context, Team& team, int thread);

// Run a region on num_threads threads, the calling one among them as thread 0. Regions of
// several callers run one after another. With one thread it runs at once, beside any other.
void run_region(int num_threads, Region region, void* context);

// The same on the threads of the pool, of which there are at least two.
void run_on_pool(int num_threads, Region region, void* context);

// What a thread does that has found `value` to be `seen` so many times and waits for another one.
void pass_time(const std::atomic<uint64_t>& value, uint64_t seen, int spins);

// A region of one phase.
using TileFunction = void (*)(void* context, int64_t index);
void parallel_for(int num_threads, int64_t num_tiles, TileFunction tile, void* context);

}  // namespace realm
