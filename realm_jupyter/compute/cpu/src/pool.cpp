#include "pool.h"

#include <condition_variable>
#include <mutex>
#include <new>

#if defined(_WIN32)
#include <windows.h>

#include <thread>
#else
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#endif

namespace realm {
namespace {

// How long a waiting thread keeps its processor: within a region until the phase is over, but
// offering it to others after this; between regions a little longer than it takes to sample.
constexpr int kSpinsBeforeYield = 4000;
constexpr int kYieldsBeforeSleep = 1500;

#if !defined(_WIN32)
// Kernels keep a quarter of a megabyte on their stacks; musl gives new threads half of that.
constexpr size_t kStackBytes = 1 << 20;
#endif

inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

inline void offer_processor() {
#if defined(_WIN32)
  SwitchToThread();
#else
  sched_yield();
#endif
}

inline long process_id() {
#if defined(_WIN32)
  return 0;  // nothing forks
#else
  return getpid();
#endif
}

// The region that runs now: its number, whether threads may still enter, and how many are in.
constexpr uint64_t kOpen = uint64_t{1} << 16;
constexpr uint64_t kCount = kOpen - 1;
constexpr int kNumberShift = 32;

class Pool {
 public:
  explicit Pool(long pid) : pid_(pid) {}

  long pid() const { return pid_; }

  void run(int num_threads, Region region, void* context) {
    std::lock_guard<std::mutex> one_region(regions_);
    num_threads = start_workers(num_threads);
    if (num_threads == 1) {
      Member alone;
      region(context, alone);
      return;
    }
    team_.begin(num_threads);
    region_ = region;
    context_ = context;
    number_ += 1;
    state_.store(number_ << kNumberShift | kOpen);
    if (num_sleeping_.load() > 0) {
      std::lock_guard<std::mutex> lock(sleep_);
      wake_.notify_all();
    }
    Member caller(team_, 0);
    region(context, caller);
    // Nobody enters any more; those inside have no tile left and are on their way out.
    state_.fetch_and(~kOpen);
    for (int spins = 0;; ++spins) {
      const uint64_t state = state_.load(std::memory_order_acquire);
      if ((state & kCount) == 0) break;
      pass_time(state_, state, spins);
    }
  }

 private:
  // Returns how many threads there are then: fewer, where the system gives no more.
  int start_workers(int num_threads) {
    if (num_threads > kMaxThreads) num_threads = kMaxThreads;
    while (num_workers_ < num_threads - 1) {
      [[maybe_unused]] SignalGuard guard;
      if (!start_worker(num_workers_ + 1)) return num_workers_ + 1;
      ++num_workers_;
    }
    return num_threads;
  }

#if defined(_WIN32)
  bool start_worker(int thread) {
    std::thread([this, thread] { work(thread); }).detach();
    return true;
  }
#else
  struct Start {
    Pool* pool;
    int thread;
  };

  static void* run_worker(void* argument) {
    const Start start = *static_cast<Start*>(argument);
    delete static_cast<Start*>(argument);
    start.pool->work(start.thread);
    return nullptr;
  }

  bool start_worker(int thread) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setstacksize(&attributes, kStackBytes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    Start* start = new (std::nothrow) Start{this, thread};
    pthread_t id;
    const bool is_started =
        start != nullptr && pthread_create(&id, &attributes, run_worker, start) == 0;
    if (!is_started) delete start;
    pthread_attr_destroy(&attributes);
    return is_started;
  }
#endif

  // New threads inherit a mask that leaves signals to the threads of the host program.
  struct SignalGuard {
#if defined(_WIN32)
    SignalGuard() = default;
#else
    SignalGuard() {
      sigset_t all;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, &before);
    }
    ~SignalGuard() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    sigset_t before;
#endif
  };

  void work(int thread) {
    uint64_t seen = 0;
    for (;;) {
      uint64_t state = await_region(seen);
      seen = state >> kNumberShift;
      if (!enter(seen)) continue;
      if (thread < team_.num_threads()) {
        Member member(team_, thread);
        region_(context_, member);
      }
      state_.fetch_sub(1, std::memory_order_release);
    }
  }

  bool enter(uint64_t number) {
    uint64_t state = state_.load(std::memory_order_acquire);
    while ((state >> kNumberShift) == number && (state & kOpen) != 0) {
      if (state_.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel)) return true;
    }
    return false;
  }

  uint64_t await_region(uint64_t seen) {
    for (int spins = 0; spins < kSpinsBeforeYield; ++spins) {
      const uint64_t state = state_.load(std::memory_order_acquire);
      if ((state >> kNumberShift) != seen) return state;
      relax();
    }
    for (int yields = 0; yields < kYieldsBeforeSleep; ++yields) {
      const uint64_t state = state_.load(std::memory_order_acquire);
      if ((state >> kNumberShift) != seen) return state;
      for (int spins = 0; spins < 64; ++spins) relax();
      offer_processor();
    }
    std::unique_lock<std::mutex> lock(sleep_);
    num_sleeping_.fetch_add(1);
    wake_.wait(lock, [&] { return (state_.load() >> kNumberShift) != seen; });
    num_sleeping_.fetch_sub(1);
    return state_.load();
  }

  const long pid_;
  std::mutex regions_;
  int num_workers_ = 0;
  Region region_ = nullptr;
  void* context_ = nullptr;
  Team team_;
  uint64_t number_ = 0;
  alignas(64) std::atomic<uint64_t> state_{0};
  alignas(64) std::atomic<int> num_sleeping_{0};
  std::mutex sleep_;
  std::condition_variable wake_;
};

// Never destroyed: its threads may still wait when the process ends. After a fork the child has
// none of them, so it gets a pool of its own.
std::atomic<Pool*> current{nullptr};

Pool& pool() {
  const long pid = process_id();
  Pool* found = current.load(std::memory_order_acquire);
  while (found == nullptr || found->pid() != pid) {
    Pool* fresh = new Pool(pid);
    if (current.compare_exchange_strong(found, fresh)) return *fresh;
    delete fresh;
  }
  return *found;
}

}  // namespace

void pass_time(const std::atomic<uint64_t>&, uint64_t, int spins) {
  if (spins < kSpinsBeforeYield) {
    relax();
  } else {
    offer_processor();
  }
}

void run_on_pool(int num_threads, Region region, void* context) {
  pool().run(num_threads, region, context);
}

}  // namespace realm
