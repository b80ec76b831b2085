#include "vocabulary.h"

#include "byte_level.h"
#include "heap.h"
#include "reader.h"
#include "utf8.h"

namespace realm {

namespace {

constexpr uint8_t EOG_BIT = 0x80;
constexpr uint8_t TYPE_BITS = 0x0F;
constexpr uint8_t LOWER_ONE_EIGHTH_BLOCK[] = {0xE2, 0x96, 0x81};  // U+2581, SentencePiece's space

constinit Vocabulary the_vocabulary;

int32_t hex_digit(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// The byte that a text of the form <0xXX> names, or -1.
int32_t parse_byte_name(Bytes text) {
  if (text.size != 6 || memcmp(text.data, "<0x", 3) != 0 || text.data[5] != '>') return -1;
  const int32_t high = hex_digit(text.data[3]);
  const int32_t low = hex_digit(text.data[4]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool is_space_mark(const uint8_t* text, uint32_t size) {
  return size >= 3 && memcmp(text, LOWER_ONE_EIGHTH_BLOCK, 3) == 0;
}

uint64_t hash_pair(int32_t left, int32_t right) {
  return mix_hash(static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 |
                  static_cast<uint32_t>(right));
}

}  // namespace

Vocabulary& vocabulary() { return the_vocabulary; }

void Vocabulary::clear() {
  is_loaded_ = has_user_defined_ = false;
  header_ = {};
  text_.release();
  text_ends_.release();
  types_.release();
  scores_.release();
  eog_ids_.release();
  merges_.release();
  merge_index_.release();
  plain_index_.release();
  special_index_.release();
  longest_plain_ = 0;
  special_lengths_.release();
  memset(special_starts_, 0, sizeof(special_starts_));
  bytes_before_space_ = {};
}

int32_t Vocabulary::load(Bytes blob) {
  clear();
  Reader reader(blob);
  const Bytes header = reader.take(sizeof(realm_vocab));
  if (!reader.ok()) return REALM_ERROR_VOCAB;
  memcpy(&header_, header.data, sizeof(header_));
  const realm_vocab& h = header_;
  const auto is_id = [&h](int32_t id) {
    return id == NO_TOKEN || static_cast<uint32_t>(id) < h.num_tokens;
  };
  const bool is_sane =
      h.magic == REALM_VOCAB_MAGIC && h.header_bytes == sizeof(realm_vocab) &&
      (h.tokenizer == REALM_TOKENIZER_SPM || h.tokenizer == REALM_TOKENIZER_BPE) &&
      h.pre <= REALM_PRE_QWEN2 && h.num_tokens > 0 && h.num_tokens <= HashIndex::MAX_NUMBER &&
      h.num_merges <= HashIndex::MAX_NUMBER && is_id(h.bos) && is_id(h.eos) && is_id(h.unk);
  const Bytes tokens = reader.take_padded(h.tokens_bytes);
  const Bytes scores =
      reader.take(has_flag(REALM_VOCAB_HAS_SCORES) ? uint64_t{h.num_tokens} * sizeof(float) : 0);
  const Bytes types =
      reader.take(has_flag(REALM_VOCAB_HAS_TYPES) ? uint64_t{h.num_tokens} * sizeof(int32_t) : 0);
  const Bytes merges = reader.take_padded(h.merges_bytes);
  const Bytes eog = reader.take(uint64_t{h.num_eog} * sizeof(int32_t));

  int32_t status = is_sane && reader.at_end() ? REALM_OK : REALM_ERROR_VOCAB;
  if (status == REALM_OK) status = load_tokens(tokens);
  if (status == REALM_OK) status = load_scores(scores);
  if (status == REALM_OK) status = load_types(types);
  if (status == REALM_OK) status = load_eog(eog);
  if (status == REALM_OK) status = index_plain();
  if (status == REALM_OK) status = index_special();
  if (status == REALM_OK) status = find_byte_symbols();
  if (status == REALM_OK && h.tokenizer == REALM_TOKENIZER_BPE) status = load_merges(merges);
  if (status != REALM_OK) {
    clear();
    return status;
  }
  find_space_joins();
  text_.shrink();
  text_ends_.shrink();
  is_loaded_ = true;
  return REALM_OK;
}

int32_t Vocabulary::load_tokens(Bytes section) {
  const uint64_t lengths_bytes = uint64_t{header_.num_tokens} * sizeof(uint64_t);
  if (section.size < lengths_bytes) return REALM_ERROR_VOCAB;
  if (!text_.reserve(section.size - static_cast<uint32_t>(lengths_bytes)) ||
      !text_ends_.reserve(header_.num_tokens)) {
    return REALM_ERROR_MEMORY;
  }
  Reader reader(section);
  for (uint32_t id = 0; id < header_.num_tokens; ++id) {
    const Bytes text = reader.take_string();
    if (!reader.ok()) return REALM_ERROR_VOCAB;
    append(text_, text);
    text_ends_.push(text_.size());
  }
  return reader.at_end() ? REALM_OK : REALM_ERROR_VOCAB;
}

int32_t Vocabulary::load_scores(Bytes section) {
  const uint32_t count = section.size / static_cast<uint32_t>(sizeof(float));
  if (!scores_.reserve(count) || !scores_.resize(count)) return REALM_ERROR_MEMORY;
  if (count != 0) memcpy(scores_.data(), section.data, section.size);
  for (const float score : scores_) {
    if (score != score) return REALM_ERROR_VOCAB;  // nothing goes before or after NaN
  }
  return REALM_OK;
}

int32_t Vocabulary::load_types(Bytes section) {
  if (!types_.reserve(header_.num_tokens) || !types_.resize(header_.num_tokens)) {
    return REALM_ERROR_MEMORY;
  }
  for (uint32_t id = 0; id < header_.num_tokens; ++id) {
    int32_t type = TOKEN_NORMAL;
    if (section.size != 0) {
      memcpy(&type, section.data + id * sizeof(int32_t), sizeof(type));
      const int32_t plain = type & ~REALM_TOKEN_TAKES_SPACE;
      if (plain < TOKEN_UNDEFINED || plain > TOKEN_BYTE) return REALM_ERROR_VOCAB;
    } else if (header_.tokenizer == REALM_TOKENIZER_SPM &&
               parse_byte_name(token(static_cast<int32_t>(id))) >= 0) {
      type = TOKEN_BYTE;
    }
    types_[id] = static_cast<uint8_t>(type);
  }
  return REALM_OK;
}

int32_t Vocabulary::load_eog(Bytes section) {
  const uint32_t count = section.size / static_cast<uint32_t>(sizeof(int32_t));
  if (!eog_ids_.reserve(count)) return REALM_ERROR_MEMORY;
  for (uint32_t i = 0; i < count; ++i) {
    int32_t id;
    memcpy(&id, section.data + i * sizeof(int32_t), sizeof(id));
    if (!is_token(id)) return REALM_ERROR_VOCAB;
    if (is_eog(id)) continue;
    eog_ids_.push(id);
    // Some files call the token that ends a turn user-defined, which any text could spell.
    uint8_t& type_and_bits = types_[static_cast<uint32_t>(id)];
    if (type(id) == TOKEN_USER_DEFINED) {
      type_and_bits = static_cast<uint8_t>((type_and_bits & ~TYPE_BITS) | TOKEN_CONTROL);
    }
    type_and_bits |= EOG_BIT;
  }
  return REALM_OK;
}

Bytes Vocabulary::symbol_text(int32_t id) const {
  const uint32_t i = static_cast<uint32_t>(id);
  if (i >= text_ends_.size()) return {};
  const uint32_t start = i == 0 ? 0 : text_ends_[i - 1];
  return {text_.data() + start, text_ends_[i] - start};
}

Bytes Vocabulary::token(int32_t id) const { return is_token(id) ? symbol_text(id) : Bytes{}; }

int32_t Vocabulary::type(int32_t id) const {
  const uint32_t i = static_cast<uint32_t>(id);
  return i < types_.size() ? types_[i] & TYPE_BITS : TOKEN_NORMAL;
}

bool Vocabulary::is_eog(int32_t id) const {
  const uint32_t i = static_cast<uint32_t>(id);
  return i < types_.size() && (types_[i] & EOG_BIT) != 0;
}

bool Vocabulary::takes_space(int32_t id) const {
  const uint32_t i = static_cast<uint32_t>(id);
  return i < types_.size() && (types_[i] & REALM_TOKEN_TAKES_SPACE) != 0;
}

float Vocabulary::score(int32_t id) const {
  const uint32_t i = static_cast<uint32_t>(id);
  return i < scores_.size() ? scores_[i] : 0.0f;
}

bool Vocabulary::is_plain(int32_t id) const {
  return !is_special(id) && type(id) != TOKEN_BYTE && symbol_text(id).size != 0;
}

bool Vocabulary::put(HashIndex& index, uint32_t id) {
  if (index.is_full() && !index.grow([this](uint32_t other) { return hash_of(other); })) {
    return false;
  }
  const Bytes text = symbol_text(static_cast<int32_t>(id));
  index.put(hash_bytes(text), id, [this, text](uint32_t other) {
    return symbol_text(static_cast<int32_t>(other)) == text;
  });
  return true;
}

int32_t Vocabulary::index_plain() {
  if (!plain_index_.reset(header_.num_tokens)) return REALM_ERROR_MEMORY;
  for (uint32_t id = 0; id < header_.num_tokens; ++id) {
    if (!is_plain(static_cast<int32_t>(id))) continue;
    if (!put(plain_index_, id)) return REALM_ERROR_MEMORY;
    longest_plain_ = max(longest_plain_, symbol_text(static_cast<int32_t>(id)).size);
  }
  return REALM_OK;
}

int32_t Vocabulary::index_special() {
  // The distinct pairs (first byte, length), counted, then listed in order.
  HashMap<uint64_t, uint32_t> lengths;
  if (!special_index_.reset(0)) return REALM_ERROR_MEMORY;
  for (uint32_t i = 0; i < header_.num_tokens; ++i) {
    const int32_t id = static_cast<int32_t>(i);
    const Bytes text = token(id);
    const bool is_user_defined = type(id) == TOKEN_USER_DEFINED;
    if (text.size == 0 || !(is_special(id) || is_user_defined)) continue;
    has_user_defined_ |= is_user_defined;
    if (!put(special_index_, i) || !lengths.insert(uint64_t{text.data[0]} << 32 | text.size)) {
      return REALM_ERROR_MEMORY;
    }
  }
  Vec<uint64_t> pairs;
  if (!pairs.reserve(lengths.size()) || !special_lengths_.reserve(lengths.size())) {
    return REALM_ERROR_MEMORY;
  }
  for (const auto& slot : lengths.slots()) {
    if (slot.is_used) pairs.push(slot.key);
  }
  sort(pairs.span());
  for (const uint64_t pair : pairs) {
    special_lengths_.push(static_cast<uint32_t>(pair));
    ++special_starts_[(pair >> 32) + 1];
  }
  for (uint32_t lead = 0; lead < 256; ++lead) special_starts_[lead + 1] += special_starts_[lead];
  return REALM_OK;
}

int32_t Vocabulary::find_byte_symbols() {
  for (uint32_t byte = 0; byte < 256; ++byte) {
    if (header_.tokenizer == REALM_TOKENIZER_BPE) {
      uint8_t text[4];
      byte_symbols_[byte] =
          find_or_add_symbol({text, encode_utf8(BYTE_LEVEL.characters[byte], text)});
      if (byte_symbols_[byte] == NO_TOKEN) return REALM_ERROR_MEMORY;
    } else {
      const uint8_t text = static_cast<uint8_t>(byte);
      byte_symbols_[byte] = find_plain({&text, 1});
    }
  }
  if (header_.tokenizer == REALM_TOKENIZER_BPE) return REALM_OK;
  for (uint32_t id = 0; id < header_.num_tokens; ++id) {
    if (type(static_cast<int32_t>(id)) != TOKEN_BYTE) continue;
    const int32_t byte = parse_byte_name(token(static_cast<int32_t>(id)));
    if (byte >= 0) byte_symbols_[byte] = static_cast<int32_t>(id);
  }
  return REALM_OK;
}

int32_t Vocabulary::find_or_add_symbol(Bytes text) {
  const int32_t found = find_plain(text);
  if (found != NO_TOKEN) return found;
  const uint32_t id = text_ends_.size();
  if (id > HashIndex::MAX_NUMBER || !append(text_, text) || !text_ends_.push(text_.size()) ||
      !put(plain_index_, id)) {
    return NO_TOKEN;
  }
  return static_cast<int32_t>(id);
}

int32_t Vocabulary::load_merges(Bytes section) {
  if (!merges_.reserve(header_.num_merges) || !merge_index_.reset(header_.num_merges)) {
    return REALM_ERROR_MEMORY;
  }
  Reader reader(section);
  Vec<uint8_t> joined;
  for (uint32_t i = 0; i < header_.num_merges; ++i) {
    const Bytes text = reader.take_string();
    if (!reader.ok()) return REALM_ERROR_VOCAB;
    // The parts stand left and right of the first space that is not the first byte.
    uint32_t space = 1;
    while (space < text.size && text.data[space] != ' ') ++space;
    if (space + 1 >= text.size) return REALM_ERROR_VOCAB;
    const Bytes left_text = text.part(0, space);
    const Bytes right_text = text.part(space + 1, text.size - space - 1);
    joined.clear();
    if (!append(joined, left_text) || !append(joined, right_text)) return REALM_ERROR_MEMORY;
    const int32_t left = find_or_add_symbol(left_text);
    const int32_t right = find_or_add_symbol(right_text);
    const int32_t merged = find_or_add_symbol({joined.data(), joined.size()});
    if (left == NO_TOKEN || right == NO_TOKEN || merged == NO_TOKEN) return REALM_ERROR_MEMORY;
    if (merge_rank(left, right) != NO_RANK) continue;  // said before, with a lower rank
    const uint32_t rank = merges_.size();
    merges_.push({left, right, merged});
    merge_index_.put(hash_pair(left, right), rank, [](uint32_t) { return false; });
  }
  return reader.at_end() ? REALM_OK : REALM_ERROR_VOCAB;
}

void Vocabulary::find_space_joins() {
  if (header_.tokenizer != REALM_TOKENIZER_SPM) return;
  for (uint32_t id = 0; id < header_.num_tokens; ++id) {
    if (!is_plain(static_cast<int32_t>(id))) continue;
    const Bytes text = token(static_cast<int32_t>(id));
    for (uint32_t i = 1; i + 3 <= text.size; ++i) {
      if (is_space_mark(text.data + i, text.size - i)) bytes_before_space_.add(text.data[i - 1]);
    }
  }
}

int32_t Vocabulary::find_in(const HashIndex& index, Bytes text) const {
  const uint32_t id = index.find(hash_bytes(text), [this, text](uint32_t other) {
    return symbol_text(static_cast<int32_t>(other)) == text;
  });
  return id == HashIndex::NONE ? NO_TOKEN : static_cast<int32_t>(id);
}

int32_t Vocabulary::find_plain(Bytes text) const { return find_in(plain_index_, text); }

int32_t Vocabulary::find_special(Bytes text) const { return find_in(special_index_, text); }

uint32_t Vocabulary::merge_rank(int32_t left, int32_t right) const {
  return merge_index_.find(hash_pair(left, right), [this, left, right](uint32_t rank) {
    return merges_[rank].left == left && merges_[rank].right == right;
  });
}

void Vocabulary::append_piece(int32_t id, Vec<uint8_t>& out, bool render_special) const {
  const Bytes text = token(id);
  switch (type(id)) {
    case TOKEN_UNKNOWN:
    case TOKEN_CONTROL:
      if (render_special) append(out, text);
      return;
    case TOKEN_USER_DEFINED:
      append(out, text);
      return;
    case TOKEN_BYTE: {
      const int32_t byte = parse_byte_name(text);
      if (byte >= 0) out.push(static_cast<uint8_t>(byte));
      return;
    }
    case TOKEN_UNUSED:
      return;
    default:
      break;
  }
  if (header_.tokenizer == REALM_TOKENIZER_SPM) {
    for (uint32_t i = 0; i < text.size;) {
      const bool is_space = is_space_mark(text.data + i, text.size - i);
      out.push(is_space ? ' ' : text.data[i]);
      i += is_space ? 3 : 1;
    }
    return;
  }
  for (uint32_t i = 0; i < text.size;) {
    const DecodedCharacter c = decode_utf8(text.data + i, text.size - i);
    if (c.is_valid && c.code_point < 324 && BYTE_LEVEL.is_known[c.code_point]) {
      out.push(BYTE_LEVEL.bytes[c.code_point]);
    } else {
      out.append(text.data + i, c.size);
    }
    i += c.size;
  }
}

}  // namespace realm
