// Counter-based random numbers: Philox 4x32 with 10 rounds.
//
// There is no state: (seed, position, draw) decides a number, so that a token depends on
// nothing but the seed, its place in the sequence and the logits, whatever ran before.
//
// Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", doi:10.1145/2063384.2063405.
#ifndef REALM_RANDOM_H
#define REALM_RANDOM_H

#include <stdint.h>

namespace realm {

struct PhiloxBlock {
  uint32_t word[4];
};

constexpr PhiloxBlock philox4x32(PhiloxBlock counter, uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t{0xD2511F53u} * counter.word[0];
    const uint64_t product1 = uint64_t{0xCD9E8D57u} * counter.word[2];
    counter = {{static_cast<uint32_t>(product1 >> 32) ^ counter.word[1] ^ key0,
                static_cast<uint32_t>(product1),
                static_cast<uint32_t>(product0 >> 32) ^ counter.word[3] ^ key1,
                static_cast<uint32_t>(product0)}};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

// The draws that one position may need; each has numbers of its own.
enum class Draw : uint32_t { TOKEN = 0, XTC = 1 };

// A number of 53 random bits, evenly spread over [0, 1).
constexpr double uniform(uint64_t seed, uint64_t position, Draw draw) {
  const PhiloxBlock block =
      philox4x32({{static_cast<uint32_t>(position), static_cast<uint32_t>(position >> 32),
                   static_cast<uint32_t>(draw), 0}},
                 static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32));
  const uint64_t bits = (uint64_t{block.word[0]} << 21) ^ (block.word[1] >> 11);
  return static_cast<double>(bits) * 0x1p-53;
}

// Known answers of the authors' library (Random123, kat_vectors).
constexpr bool philox_answers(PhiloxBlock counter, uint32_t key0, uint32_t key1,
                              PhiloxBlock expected) {
  const PhiloxBlock found = philox4x32(counter, key0, key1);
  return found.word[0] == expected.word[0] && found.word[1] == expected.word[1] &&
         found.word[2] == expected.word[2] && found.word[3] == expected.word[3];
}
static_assert(philox_answers({{0, 0, 0, 0}}, 0, 0,
                             {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}));
static_assert(philox_answers({{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}}, 0xffffffff,
                             0xffffffff, {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}));
static_assert(philox_answers({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822,
                             0x299f31d0, {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}));

}  // namespace realm

#endif  // REALM_RANDOM_H
