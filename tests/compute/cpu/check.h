// What the standalone test programs check with.
#pragma once

#include <cstdio>
#include <cstdlib>

inline int num_failures = 0;

// Count and print a condition that does not hold; after 20 the rest says nothing new.
#define CHECK(condition, ...)                     \
  do {                                            \
    if (!(condition)) {                           \
      std::printf("%s:%d: ", __FILE__, __LINE__); \
      std::printf(__VA_ARGS__);                   \
      std::printf("\n");                          \
      if (++num_failures > 20) std::exit(1);      \
    }                                             \
  } while (false)
