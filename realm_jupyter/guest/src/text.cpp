#include "text.h"

#include "utf8.h"

namespace realm {

void TextStream::push(Bytes bytes, Vec<uint8_t>& out) {
  if (is_stopped_ || bytes.size == 0) return;
  append(partial_, bytes);
  const uint32_t tail = incomplete_utf8_tail(partial_.data(), partial_.size());
  const uint32_t num_whole = partial_.size() - tail;
  whole_.clear();
  append_repaired_utf8(whole_, partial_.data(), num_whole);
  partial_.drop_front(num_whole);
  push_text({whole_.data(), whole_.size()}, out);
}

void TextStream::finish(Vec<uint8_t>& out) {
  if (is_stopped_) return;
  whole_.clear();
  append_repaired_utf8(whole_, partial_.data(), partial_.size());
  partial_.clear();
  push_text({whole_.data(), whole_.size()}, out);
  if (is_stopped_) return;
  out.append(held_.data(), held_.size());
  held_.clear();
  stops_.restart();
}

void TextStream::push_text(Bytes text, Vec<uint8_t>& out) {
  for (uint32_t i = 0; i < text.size; ++i) {
    held_.push(text.data[i]);
    const uint32_t matched = stops_.feed(text.data[i]);
    if (matched == 0) continue;
    out.append(held_.data(), held_.size() - matched);
    held_.clear();
    partial_.clear();
    is_stopped_ = true;
    return;
  }
  const uint32_t num_free = held_.size() - stops_.num_pending();
  out.append(held_.data(), num_free);
  held_.drop_front(num_free);
}

}  // namespace realm
