// Rows of numbers turned into columns, 16 bytes at a time. Compiled once for each instruction set.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#include "simd.h"

namespace realm::REALM_ISA {

// Pieces of 16 bytes that a register holds side by side.
#if defined(__AVX512F__)
constexpr int kMostPieces = 4;
#elif defined(__AVX2__)
constexpr int kMostPieces = 2;
#else
constexpr int kMostPieces = 1;
#endif

template <class Number, int kPieces>
using TurnVector [[gnu::vector_size(16 * kPieces)]] = Number;

// One of a, one of b, and so on, in each piece: from the first halves of both, or the second.
template <bool kIsSecond, class Number, int kPieces, int... kLane>
TurnVector<Number, kPieces> zip(TurnVector<Number, kPieces> a, TurnVector<Number, kPieces> b,
                                std::integer_sequence<int, kLane...>) {
  constexpr int kAll = sizeof...(kLane), kLanes = kAll / kPieces;
  return __builtin_shufflevector(
      a, b,
      (kLane / kLanes * kLanes + kLane % kLanes / 2 + (kIsSecond ? kLanes / 2 : 0) +
       kLane % 2 * kAll)...);
}

// As many rows as 16 bytes have numbers, turned in registers: each piece for itself.
template <class Number, int kPieces>
REALM_INLINE void turn_pieces(TurnVector<Number, kPieces>* rows) {
  constexpr int kLanes = 16 / sizeof(Number);
  constexpr std::make_integer_sequence<int, kLanes * kPieces> kSequence;
  TurnVector<Number, kPieces> turned[kLanes];
  // Each round brings every bit of a number's row one place up, into its column's.
  for (int round = 1; round < kLanes; round *= 2) {
    for (int i = 0; i < kLanes / 2; ++i) {
      turned[2 * i] = zip<false, Number, kPieces>(rows[i], rows[i + kLanes / 2], kSequence);
      turned[2 * i + 1] = zip<true, Number, kPieces>(rows[i], rows[i + kLanes / 2], kSequence);
    }
    std::memcpy(rows, turned, sizeof(turned));
  }
}

// As many rows as 16 bytes have numbers, `row_bytes` apart, and kPieces * 16 bytes of each;
// column c goes to columns + c * column_bytes.
template <class Number, int kPieces = 1>
void turn(const uint8_t* rows, int64_t row_bytes, uint8_t* columns, int64_t column_bytes) {
  constexpr int kPiece = 16, kLanes = kPiece / sizeof(Number);
  TurnVector<Number, kPieces> vectors[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    std::memcpy(&vectors[i], rows + i * row_bytes, sizeof(vectors[i]));
  }
  turn_pieces<Number, kPieces>(vectors);
  for (int piece = 0; piece < kPieces; ++piece) {
    for (int i = 0; i < kLanes; ++i) {
      std::memcpy(columns + (piece * kLanes + i) * column_bytes,
                  reinterpret_cast<const uint8_t*>(&vectors[i]) + piece * kPiece, kPiece);
    }
  }
}

// 64 bytes of each of 16 rows, `row_bytes` apart: column after column.
template <class Number>
void turn_line(const uint8_t* rows, int64_t row_bytes, uint8_t* columns) {
  constexpr int kRows = 16, kPiece = 16, kLine = 64, kLanes = kPiece / sizeof(Number);
#if defined(__AVX512F__)
  // In registers to the end: first within pieces, then four vectors' pieces with each other.
  constexpr int kPieces = kLine / kPiece, kGroups = kRows / kLanes;
  using Vector = TurnVector<Number, kPieces>;
  Vector vectors[kGroups][kLanes];
  for (int row = 0; row < kRows; ++row) {
    std::memcpy(&vectors[row / kLanes][row % kLanes], rows + row * row_bytes, kLine);
  }
  for (auto& group : vectors) turn_pieces<Number, kPieces>(group);
  for (int first = 0; first < kRows; first += kPieces) {
    TurnVector<uint64_t, kPieces> four[kPieces], half[kPieces];
    for (int i = 0; i < kPieces; ++i) {
      std::memcpy(&four[i], &vectors[(first + i) % kGroups][(first + i) / kGroups], kLine);
    }
    for (int i = 0; i < 2; ++i) {
      half[2 * i] = __builtin_shufflevector(four[i], four[i + 2], 0, 1, 8, 9, 2, 3, 10, 11);
      half[2 * i + 1] = __builtin_shufflevector(four[i], four[i + 2], 4, 5, 12, 13, 6, 7, 14, 15);
    }
    for (int i = 0; i < 2; ++i) {
      four[2 * i] = __builtin_shufflevector(half[i], half[i + 2], 0, 1, 8, 9, 2, 3, 10, 11);
      four[2 * i + 1] = __builtin_shufflevector(half[i], half[i + 2], 4, 5, 12, 13, 6, 7, 14, 15);
    }
    for (int i = 0; i < kPieces; ++i) {
      std::memcpy(columns + (i * kRows + first) * kPiece, &four[i], kLine);
    }
  }
#else
  // A few rows at a time: the lines of 16 rows may be in each other's place in the cache.
  for (int row = 0; row < kRows; row += kLanes) {
    for (int at = 0; at < kLine; at += kPiece * kMostPieces) {
      turn<Number, kMostPieces>(rows + row * row_bytes + at, row_bytes,
                                columns + at * kRows + row * sizeof(Number),
                                kRows * sizeof(Number));
    }
  }
#endif
}

}  // namespace realm::REALM_ISA
