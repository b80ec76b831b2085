// A binary heap, whose pop() takes the element that goes before all others, and heap sort.
#ifndef REALM_HEAP_H
#define REALM_HEAP_H

#include "memory.h"

namespace realm {

// T has bool goes_before(const T&) const.
template <class T>
class Heap {
 public:
  bool empty() const { return items_.empty(); }
  bool ok() const { return items_.ok(); }
  void clear() { items_.clear(); }

  bool push(const T& item) {
    const T held = item;
    if (!items_.push(held)) return false;
    uint32_t i = items_.size() - 1;
    while (i > 0) {
      const uint32_t parent = (i - 1) / 2;
      if (!held.goes_before(items_[parent])) break;
      items_[i] = items_[parent];
      i = parent;
    }
    items_[i] = held;
    return true;
  }

  T pop() {
    const T top = items_[0];
    const T last = items_.back();
    items_.pop();
    const uint32_t size = items_.size();
    if (size == 0) return top;
    uint32_t i = 0;
    for (uint32_t child = 1; child < size; child = 2 * i + 1) {
      if (child + 1 < size && items_[child + 1].goes_before(items_[child])) ++child;
      if (!items_[child].goes_before(last)) break;
      items_[i] = items_[child];
      i = child;
    }
    items_[i] = last;
    return top;
  }

 private:
  Vec<T> items_;
};

// Sort ascending by operator<; equal elements in any order.
template <class T>
inline void sort(Span<T> items) {
  const auto sift = [items](uint32_t i, uint32_t size) {
    const T held = items[i];
    for (uint32_t child = 2 * i + 1; child < size; child = 2 * i + 1) {
      if (child + 1 < size && items[child] < items[child + 1]) ++child;
      if (!(held < items[child])) break;
      items[i] = items[child];
      i = child;
    }
    items[i] = held;
  };
  for (uint32_t i = items.size / 2; i-- > 0;) sift(i, items.size);
  for (uint32_t size = items.size; size > 1;) {
    --size;
    swap(items[0], items[size]);
    sift(0, size);
  }
}

}  // namespace realm

#endif  // REALM_HEAP_H
