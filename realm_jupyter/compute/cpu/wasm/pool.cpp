// The worker threads of a module whose memory is shared: workers that the page has started enter
// `realm_cpu_thread` and stay there until they are told to leave.
//
// A module of one thread has the same code; nobody enters, and nothing ever waits.
#include "../src/pool.h"

#include "exports.h"

namespace realm {
namespace {

// A wait that is no longer than this needs no system call; some 20 microseconds.
constexpr int kSpins = 10000;
// A thread without processor holds a tile: look again so much later.
constexpr int64_t kNapNanoseconds = 50000;

// The region that runs now: its number, whether threads may still enter, and how many are in.
constexpr uint64_t kOpen = uint64_t{1} << 16;
constexpr uint64_t kCount = kOpen - 1;
constexpr int kNumberShift = 32;
constexpr uint64_t kStop = uint64_t{1} << 17;

struct Pool {
  Region region = nullptr;
  void* context = nullptr;
  Team team;
  uint64_t number = 0;
  alignas(64) std::atomic<uint64_t> state{0};
  alignas(64) std::atomic<int32_t> num_sleeping{0};
};

Pool pool;

// `long long` as the engine's instructions have it, whatever int64_t is with this memory.
long long* address_of(const std::atomic<uint64_t>& value) {
  return reinterpret_cast<long long*>(const_cast<std::atomic<uint64_t>*>(&value));
}

void sleep_while(const std::atomic<uint64_t>& value, uint64_t seen, int64_t nanoseconds) {
  __builtin_wasm_memory_atomic_wait64(address_of(value), static_cast<int64_t>(seen), nanoseconds);
}

void wake_all() {
  if (pool.num_sleeping.load() == 0) return;
  __builtin_wasm_memory_atomic_notify(reinterpret_cast<int32_t*>(address_of(pool.state)), ~0u);
}

uint64_t await_region(uint64_t seen) {
  uint64_t state = 0;
  for (int spins = 0; spins < kSpins; ++spins) {
    state = pool.state.load(std::memory_order_acquire);
    if ((state >> kNumberShift) != seen || (state & kStop) != 0) return state;
  }
  pool.num_sleeping.fetch_add(1);
  for (;;) {
    state = pool.state.load();
    if ((state >> kNumberShift) != seen || (state & kStop) != 0) break;
    sleep_while(pool.state, state, -1);
  }
  pool.num_sleeping.fetch_sub(1);
  return state;
}

bool enter(uint64_t number) {
  uint64_t state = pool.state.load(std::memory_order_acquire);
  while ((state >> kNumberShift) == number && (state & kOpen) != 0) {
    if (pool.state.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel)) return true;
  }
  return false;
}

}  // namespace

void pass_time(const std::atomic<uint64_t>& value, uint64_t seen, int spins) {
  if (spins >= kSpins) sleep_while(value, seen, kNapNanoseconds);
}

void run_on_pool(int num_threads, Region region, void* context) {
  pool.team.begin(num_threads);
  pool.region = region;
  pool.context = context;
  pool.number += 1;
  pool.state.store(pool.number << kNumberShift | kOpen);
  wake_all();
  Member caller(pool.team, 0);
  region(context, caller);
  // Nobody enters any more; those inside have no tile left and are on their way out.
  pool.state.fetch_and(~kOpen);
  for (int spins = 0;; ++spins) {
    const uint64_t state = pool.state.load(std::memory_order_acquire);
    if ((state & kCount) == 0) break;
    pass_time(pool.state, state, spins);
  }
}

}  // namespace realm

void realm_cpu_thread(int32_t thread) {
  using namespace realm;
  uint64_t seen = 0;
  for (;;) {
    const uint64_t state = await_region(seen);
    if ((state & kStop) != 0) return;
    seen = state >> kNumberShift;
    if (!enter(seen)) continue;
    if (thread < pool.team.num_threads()) {
      Member member(pool.team, thread);
      pool.region(pool.context, member);
    }
    pool.state.fetch_sub(1, std::memory_order_release);
  }
}

void realm_cpu_stop_threads(void) {
  using namespace realm;
  pool.state.fetch_or(kStop);
  wake_all();
}
