// Rows of numbers turned into columns, 16 bytes at a time. Compiled once for each instruction set.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

namespace realm::REALM_ISA {

template <class Number>
using TurnVector [[gnu::vector_size(16)]] = Number;

// One of a, one of b, and so on: from the first halves of both, or from the second.
template <bool kIsSecond, class Number, int... kLane>
TurnVector<Number> zip(TurnVector<Number> a, TurnVector<Number> b,
                       std::integer_sequence<int, kLane...>) {
  constexpr int kLanes = sizeof...(kLane);
  return __builtin_shufflevector(
      a, b, (kLane % 2 * kLanes + kLane / 2 + (kIsSecond ? kLanes / 2 : 0))...);
}

// As many rows as a vector has numbers, `row_bytes` apart; column c goes to
// columns + c * column_bytes.
template <class Number>
void turn(const uint8_t* rows, int64_t row_bytes, uint8_t* columns, int64_t column_bytes) {
  using Vector = TurnVector<Number>;
  constexpr int kLanes = sizeof(Vector) / sizeof(Number);
  constexpr std::make_integer_sequence<int, kLanes> kSequence;
  Vector from[kLanes], to[kLanes];
  for (int i = 0; i < kLanes; ++i) std::memcpy(&from[i], rows + i * row_bytes, sizeof(Vector));
  // Each round brings every bit of a number's row one place up, into its column's.
  for (int round = 1; round < kLanes; round *= 2) {
    for (int i = 0; i < kLanes / 2; ++i) {
      to[2 * i] = zip<false, Number>(from[i], from[i + kLanes / 2], kSequence);
      to[2 * i + 1] = zip<true, Number>(from[i], from[i + kLanes / 2], kSequence);
    }
    std::memcpy(from, to, sizeof(to));
  }
  for (int i = 0; i < kLanes; ++i) {
    std::memcpy(columns + i * column_bytes, &from[i], sizeof(Vector));
  }
}

}  // namespace realm::REALM_ISA
