// Worker threads, shared by everything in the process that computes.
//
// A *region* is a function that several threads run side by side; inside it they pass through
// the same sequence of *phases*, each a number of tiles. Every thread begins with tiles that
// follow each other, its share, and then helps where some are left: memory is read in long runs,
// and one that gets less of its processor keeps nobody waiting. A phase is over when its tiles
// are done, not when all threads have come by: a thread that the system has put aside delays
// nobody unless it holds a tile.
#pragma once

#include <atomic>
#include <cstdint>

#include "prospect.h"

namespace realm {

constexpr int kMaxThreads = 256;

// What the threads of a region share; kept by the pool for one region after the other.
class Team {
 public:
  int num_threads() const { return num_threads_; }

  // Get ready for a region, when no thread is in one.
  void begin(int num_threads);

 private:
  friend class Member;

  // The first tile of a thread's share.
  int64_t begin_of(int share, int64_t num_tiles) const {
    return (num_tiles * share + num_threads_ - 1) / num_threads_;
  }
  // The next of the tiles of a share, from 0 on, or -1 where none is left.
  int64_t claim(int share, uint32_t phase, int64_t size);
  // Count tiles that a thread has done; the last ones end the phase.
  void finish(uint32_t phase, int64_t num_done, int64_t num_tiles);
  void await(uint32_t phase, Prospect& prospect) const;
  // Let a phase begin, of which no tile is claimed.
  void open(uint32_t phase);

  struct alignas(64) Share {
    std::atomic<uint64_t> next{0};  // phase << 32 | tiles of it that were claimed
  };

  int num_threads_ = 0;
  alignas(64) std::atomic<uint64_t> phase_{0};
  alignas(64) std::atomic<int64_t> num_done_{0};
  Share shares_[kMaxThreads];
};

// One thread in a region.
class Member {
 public:
  Member() = default;  // the only one
  Member(Team& team, int thread) : team_(&team), thread_(thread) {}

  int thread() const { return thread_; }
  int num_threads() const { return team_ == nullptr ? 1 : team_->num_threads(); }

  // The first of the tiles that this thread begins with, of so many.
  int64_t first_tile(int64_t num_tiles) const {
    return team_ == nullptr ? 0 : team_->begin_of(thread_, num_tiles);
  }

  // What to ask memory for while this thread waits, from now on.
  void expect(Prospect prospect) { prospect_ = prospect; }

  // Run tile(index) for index in [0, num_tiles), shared with the other threads of the region.
  // Every thread calls this with the same numbers in the same order. Returns when all tiles of
  // the phase are done.
  template <class Tile>
  void run(int64_t num_tiles, Tile&& tile) {
    if (num_tiles <= 0) return;
    if (team_ == nullptr) {
      for (int64_t index = 0; index < num_tiles; ++index) tile(index);
      return;
    }
    int64_t num_done = 0;
    for (int share = thread_, left = num_threads(); left > 0; --left) {
      const int64_t begin = team_->begin_of(share, num_tiles);
      const int64_t size = team_->begin_of(share + 1, num_tiles) - begin;
      for (int64_t index; (index = team_->claim(share, phase_, size)) >= 0; ++num_done) {
        tile(begin + index);
      }
      share = share + 1 < num_threads() ? share + 1 : 0;
    }
    team_->finish(phase_, num_done, num_tiles);
    team_->await(phase_, prospect_);
    ++phase_;
  }

 private:
  Team* const team_ = nullptr;
  const int thread_ = 0;
  uint32_t phase_ = 0;  // the thread's own count
  Prospect prospect_;
};

using Region = void (*)(void* context, Member& member);

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
