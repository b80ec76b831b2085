// `Dot` for WebAssembly, which multiplies 16-bit words; where it has the relaxed instructions also
// bytes, if one of them has at most 7 bits.
//
// Words are cut out of lanes of four bytes, so that both products of an instruction belong to the
// same row: columns 0 and 2 together, then 1 and 3.
#pragma once

namespace realm::REALM_ISA {

template <int kBits, bool kIsSigned, bool kIsScaled>
class Dot {
 public:
#if defined(REALM_SIGNS_APART)
  // Signed codes start with the sum of all sizes whose signs are set.
  static constexpr int16_t bias(int) { return kIsSigned ? 1 : 0; }

  REALM_INLINE void start(Vi sum) {
    for (int i = 0; i < kParts; ++i) sum_.part[i] = sum;
  }

  REALM_INLINE void add(Bytes even, Bytes odd, Vi even_quants, Vi odd_quants, V16i scale) {
    for (int i = 0; i < kParts; ++i) {
      const Vs pairs = multiply_bytes_part(even.part[i], even_quants) +
                       multiply_bytes_part(odd.part[i], odd_quants);
      if constexpr (kIsNarrow) {
        sum_.part[i] = (Vi)((Vs)sum_.part[i] + pairs);
      } else {  // 4 · 63 · 127 fits
        sum_.part[i] += multiply_pairs_part(pairs, kIsScaled ? (Vs)scale.part[i] : ones());
      }
    }
  }

  // The signs go to the codes: c · q = ~c · |q| + |q| for q < 0, and 2 · 128 · 127 just fits.
  REALM_INLINE void add(Bytes codes, SignedQuants quants, V16i) {
    for (int i = 0; i < kParts; ++i) {
      const Vs pairs = multiply_bytes_part((Vb)quants.sizes, (Vi)codes.part[i] ^ quants.signs);
      sum_.part[i] += multiply_pairs_part(pairs, ones());
    }
  }

  REALM_INLINE V16i finish(V16i scale) const {
    V16i sum = sum_;
    if constexpr (kIsSigned) return kIsScaled ? sum * shift_right<16>(scale) : sum;
    for (int i = 0; kIsNarrow && i < kParts; ++i) {
      sum.part[i] = multiply_pairs_part((Vs)sum.part[i], kIsScaled ? (Vs)scale.part[i] : ones());
    }
    return sum;
  }

 private:
  // 16 products of 4 bits, 16 · 15 · 127, fit 16 bits.
  static constexpr bool kIsNarrow = !kIsSigned && kBits <= 4;

  REALM_INLINE static Vs ones() { return Vs{} + int16_t{1}; }
#else
  static constexpr int16_t bias(int) { return 0; }

  REALM_INLINE void start(Vi) { sum_ = set1(0); }

  REALM_INLINE void add(Bytes even, Bytes odd, Vi even_quants, Vi odd_quants, V16i scale) {
    add(even, even_quants, scale);
    add(odd, odd_quants, scale);
  }

  REALM_INLINE void add(Bytes codes, Vi quants, V16i) {
    const Vs high_quants = (Vs)quants >> 8, low_quants = (Vs)((Vs)quants << 8) >> 8;
    for (int i = 0; i < kParts; ++i) {
      const Vs words = (Vs)codes.part[i];
      if constexpr (kIsSigned) {  // times 256, which fits: 32 · 128 · 127 · 256 is below 2^31
        sum_.part[i] += multiply_pairs_part((Vs)(words << 8), low_quants) +
                        multiply_pairs_part(words & static_cast<int16_t>(0xff00), high_quants);
      } else {
        sum_.part[i] += multiply_pairs_part(words & 0xff, low_quants) +
                        multiply_pairs_part(words >> 8, high_quants);
      }
    }
  }

  REALM_INLINE V16i finish(V16i scale) const {
    const V16i sum = kIsSigned ? shift_right<8>(sum_) : sum_;
    return kIsScaled ? sum * shift_right<16>(scale) : sum;
  }

 private:
#endif
  V16i sum_;

 public:
  REALM_INLINE void pin() {}
};

}  // namespace realm::REALM_ISA
