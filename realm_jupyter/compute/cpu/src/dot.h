// The integer dot product of a token's quants with the codes of 16 rows.
#pragma once

#include "packed.h"
#include "simd.h"

namespace realm::REALM_ISA {

// A place whose neighbours are addressed by constant offsets from it.
template <typename Element>
REALM_INLINE const Element* settled(const Element* place) {
#if defined(__wasm__)  // or the compiler may make offsets that it cannot put into the instruction
  __asm__("" : "+r"(place));
#endif
  return place;
}

// A group of a panel: 16 rows of 4 columns.
struct Bytes {
  Vb part[kParts];
};

REALM_INLINE Bytes load_bytes(const uint8_t* p) {
  Bytes r;
  for (int i = 0; i < kParts; ++i) r.part[i] = load_part<Vb>(p + i * REALM_VECTOR_BYTES);
  return r;
}

REALM_INLINE void store_bytes(uint8_t* p, Bytes a) {
  for (int i = 0; i < kParts; ++i) store_part(p + i * REALM_VECTOR_BYTES, a.part[i]);
}

REALM_INLINE Bytes operator|(Bytes a, Bytes b) {
  for (int i = 0; i < kParts; ++i) a.part[i] = a.part[i] | b.part[i];
  return a;
}

// kWidth bits of every byte, moved from bit kFrom to bit kTo; the others are zero.
template <int kFrom, int kTo, int kWidth>
REALM_INLINE Bytes bits_of(Bytes a) {
  typedef uint16_t Words __attribute__((vector_size(REALM_VECTOR_BYTES)));
  constexpr int8_t mask = static_cast<int8_t>(((1 << kWidth) - 1) << kTo);
  for (int i = 0; i < kParts; ++i) {
    Words words = (Words)a.part[i];
    if constexpr (kFrom > kTo) words = words >> (kFrom - kTo);
    if constexpr (kFrom < kTo) words = words << (kTo - kFrom);
    a.part[i] = (Vb)words & mask;
  }
  return a;
}

// Four quants, the same in every lane.
REALM_INLINE Vi splat_quants(const void* quants) {
  int32_t four;
  __builtin_memcpy(&four, quants, sizeof(four));
  return four - Vi{};
}

// Those of group kGroup of a block.
template <int kGroup>
REALM_INLINE Vi splat_group(const int8_t* quants) {
#if defined(__wasm__)  // a load for four of them; one for each would need an address for each
  constexpr int kLane = kGroup % 4;
  const Vi four = load_part<Vi>(quants + kGroup / 4 * REALM_VECTOR_BYTES);
  return __builtin_shufflevector(four, four, kLane, kLane, kLane, kLane);
#else
  return splat_quants(quants + 4 * kGroup);
#endif
}

// The same for codes with signs.
#if defined(REALM_SIGNS_APART)
struct SignedQuants {
  Vi sizes;  // absolute values
  Vi signs;  // all ones where negative
};
constexpr int64_t kSignsOffset = 256;  // from sizes to signs
template <int kGroup>
REALM_INLINE SignedQuants splat_signed_group(const int8_t* quants) {
  return {splat_group<kGroup>(quants), splat_group<kGroup>(quants + kSignsOffset)};
}
#else
template <int kGroup>
REALM_INLINE Vi splat_signed_group(const int8_t* quants) {
  return splat_group<kGroup>(quants);
}
#endif

#if defined(REALM_CHOOSES_BYTES)
// A group of signed codes: absolute values, and for each the place of its quant or of the quant's
// negative in *mirrored* quants. These are 16 bytes for two groups: 4 quants, their negatives, 4
// quants, their negatives.
struct SignedCodes {
  Bytes sizes;
  const uint8_t* choices;
};

// Where those of a pair of groups are in a block: in the order that costs least to make.
constexpr int mirrored_offset(int pair) { return pair % 2 * 32 + pair / 2 * 16; }
#endif

// Numbers of 16 bits: `low` in the lower halves of the lanes, `high` in the upper ones.
REALM_INLINE V16i pair_of(V16i low, V16i high) {
  return (low & set1(0xffff)) | shift_left<16>(high);
}

// Scales of 16 rows as `Dot` multiplies them: a number in each lane, or the same one in both
// halves of each lane.
#if defined(REALM_DOT_OF_FOUR)
REALM_INLINE V16i dot_scale(V16i scale) { return scale; }
#else
REALM_INLINE V16i dot_scale(V16i scale) { return pair_of(scale, scale); }
#endif

// Whether the sums of two groups of 16 columns share a multiplication with their scales, as pairs:
// quantize_row sees to it that they fit. Where it pays: multiplications are what limits there.
#if defined(REALM_SCALES_PAIRS)
constexpr bool kScalesPairs = true;
#else
constexpr bool kScalesPairs = false;
#endif

// Sum of scale · code · quant over groups of 4 columns, added in pairs of groups: exact. At most
// 4 pairs. Codes are below 2^kBits, or signed bytes; kIsScaled is false where all scales are 1.
template <int kBits, bool kIsSigned, bool kIsScaled>
class Dot;

}  // namespace realm::REALM_ISA

#if defined(__wasm__)
#include "dot_words.h"
#else

namespace realm::REALM_ISA {

template <int kBits, bool kIsSigned, bool kIsScaled>
class Dot {
 public:
#if defined(REALM_DOT_OF_FOUR)
  // What the sum starts with, by the sum of all quants that will be added: that of a zero other
  // than 0, and of what makes signed codes unsigned.
  static constexpr int16_t bias(int zero) {
#if defined(REALM_DOT_NEEDS_UNSIGNED)
    if (kIsSigned) return -128;
#endif
    return static_cast<int16_t>(-zero);
  }

  REALM_INLINE void start(Vi bias) {
    for (int i = 0; i < kParts; ++i) sum_.part[i] = bias;
  }

  REALM_INLINE void add(Bytes even, Bytes odd, Vi even_quants, Vi odd_quants, V16i scale) {
    add(even, even_quants, scale);
    add(odd, odd_quants, scale);
  }

  REALM_INLINE void add(Bytes codes, Vi quants, V16i) {
    for (int i = 0; i < kParts; ++i) {
      sum_.part[i] = dot_of_four_part(sum_.part[i], operand(codes.part[i]), quants);
    }
  }

  REALM_INLINE void pin() {
#if defined(REALM_PIN)
    for (int i = 0; i < kParts; ++i) REALM_PIN(sum_.part[i]);
#endif
  }

  REALM_INLINE V16i finish(V16i scale) const { return kIsScaled ? sum_ * scale : sum_; }

  REALM_INLINE V16i sum() const { return sum_; }

 private:
  REALM_INLINE static Vb operand(Vb weights) {
#if defined(REALM_DOT_NEEDS_UNSIGNED)
    if constexpr (kIsSigned) return weights ^ static_cast<int8_t>(-128);
#endif
    return weights;
  }

  V16i sum_;
#else
  static constexpr int16_t bias(int) { return 0; }  // zeros are subtracted in the end

  REALM_INLINE void start(Vi) {
    sum_ = set1(0);
    for (int i = 0; i < kParts; ++i) narrow_.part[i] = Vi{};
  }

  REALM_INLINE void add(Bytes even, Bytes odd, Vi even_quants, Vi odd_quants, V16i scale) {
    for (int i = 0; i < kParts; ++i) {
      const Vs pair = multiply_bytes_part(even.part[i], even_quants) +
                      multiply_bytes_part(odd.part[i], odd_quants);
      if constexpr (kIsNarrow) {
        narrow_.part[i] = (Vi)((Vs)narrow_.part[i] + pair);
      } else {  // 4 · 63 · 127 fits
        sum_.part[i] += widened(pair, scale, i);
      }
    }
  }

  // One group of signed codes: 2 · 128 · 127 just fits.
  REALM_INLINE void add(Bytes codes, Vi quants, V16i scale) {
    for (int i = 0; i < kParts; ++i) {
      sum_.part[i] += widened(multiply_signed_bytes_part(codes.part[i], quants), scale, i);
    }
  }

#if defined(REALM_CHOOSES_BYTES)
  // The same, without an instruction that needs the multiplier's ports for the sign.
  REALM_INLINE void add(const SignedCodes& codes, Vi mirrored, V16i scale) {
    for (int i = 0; i < kParts; ++i) {
      const Vi quants = (Vi)choose_part(mirrored, codes.choices + i * REALM_VECTOR_BYTES);
      sum_.part[i] += widened(multiply_bytes_part(codes.sizes.part[i], quants), scale, i);
    }
  }
#endif

  // Keep the sum in registers here, as it is: what was added before stays before what follows.
  REALM_INLINE void pin() {
    for (int i = 0; i < kParts; ++i) REALM_PIN(kIsNarrow ? narrow_.part[i] : sum_.part[i]);
  }

  REALM_INLINE V16i finish(V16i scale) const {
    if constexpr (!kIsNarrow) return sum_;
    V16i sum;
    for (int i = 0; i < kParts; ++i) sum.part[i] = widened((Vs)narrow_.part[i], scale, i);
    return sum;
  }

 private:
  // 16 products of 4 bits, 16 · 15 · 127, fit 16 bits.
  static constexpr bool kIsNarrow = !kIsSigned && kBits <= 4;

  REALM_INLINE static Vi widened(Vs pairs, V16i scale, int part) {
    return multiply_pairs_part(pairs, kIsScaled ? (Vs)scale.part[part] : Vs{} + int16_t{1});
  }

  V16i sum_, narrow_;
#endif
};

}  // namespace realm::REALM_ISA

#endif
