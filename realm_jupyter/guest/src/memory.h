// Memory without exceptions and without the STL: views, growing arrays and hash maps
// over malloc. Running out of memory is reported, never thrown: every growing call
// returns whether it succeeded, and a container remembers that it once failed, so that
// a caller may append freely and ask ok() once at the end.
#ifndef REALM_MEMORY_H
#define REALM_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

namespace realm {

template <class T>
constexpr const T& min(const T& a, const T& b) {
  return b < a ? b : a;
}

template <class T>
constexpr const T& max(const T& a, const T& b) {
  return a < b ? b : a;
}

template <class T>
inline void swap(T& a, T& b) {
  T held = static_cast<T&&>(a);
  a = static_cast<T&&>(b);
  b = static_cast<T&&>(held);
}

// Whether [data, data + size_bytes) lies within linear memory.
inline bool is_in_memory(const void* data, uint64_t size_bytes) {
  const uint64_t limit = static_cast<uint64_t>(__builtin_wasm_memory_size(0)) << 16;
  return reinterpret_cast<uintptr_t>(data) + size_bytes <= limit;
}

// A view of bytes.
struct Bytes {
  const uint8_t* data = nullptr;
  uint32_t size = 0;

  Bytes part(uint32_t offset, uint32_t count) const { return {data + offset, count}; }
};

inline bool operator==(Bytes a, Bytes b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

// A view of size elements of T.
template <class T>
struct Span {
  T* data = nullptr;
  uint32_t size = 0;

  T& operator[](uint32_t i) const { return data[i]; }
  T* begin() const { return data; }
  T* end() const { return data + size; }
};

// A growing array of trivially copyable elements, at most 2 GiB - 1 bytes long.
template <class T>
class Vec {
  static_assert(__is_trivially_copyable(T), "Vec moves its elements with realloc");

 public:
  constexpr Vec() = default;
  Vec(const Vec&) = delete;
  Vec& operator=(const Vec&) = delete;
  Vec(Vec&& other)
      : data_(other.data_), size_(other.size_), capacity_(other.capacity_), ok_(other.ok_) {
    other.forget();
  }
  Vec& operator=(Vec&& other) {
    if (this != &other) {
      release();
      data_ = other.data_;
      size_ = other.size_;
      capacity_ = other.capacity_;
      ok_ = other.ok_;
      other.forget();
    }
    return *this;
  }
  ~Vec() { free(data_); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  uint32_t size() const { return size_; }
  uint32_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](uint32_t i) { return data_[i]; }
  const T& operator[](uint32_t i) const { return data_[i]; }
  T& back() { return data_[size_ - 1]; }
  const T& back() const { return data_[size_ - 1]; }
  Span<T> span() { return {data_, size_}; }
  Span<const T> span() const { return {data_, size_}; }

  // False once an allocation has failed; the elements that fitted are still there.
  bool ok() const { return ok_; }

  bool reserve(uint32_t capacity) {
    if (capacity <= capacity_) return true;
    const uint64_t size_bytes = static_cast<uint64_t>(capacity) * sizeof(T);
    void* grown = nullptr;
    if (size_bytes <= INT32_MAX) grown = realloc(data_, static_cast<size_t>(size_bytes));
    if (grown == nullptr) return ok_ = false;
    data_ = static_cast<T*>(grown);
    capacity_ = capacity;
    return true;
  }

  bool push(const T& value) {
    const T copy = value;  // value may lie in this very array
    if (size_ == capacity_ && !grow(1)) return false;
    data_[size_++] = copy;
    return true;
  }

  // The values must not lie in this array.
  bool append(const T* values, uint32_t count) {
    if (count > capacity_ - size_ && !grow(count)) return false;
    if (count != 0) memcpy(data_ + size_, values, static_cast<size_t>(count) * sizeof(T));
    size_ += count;
    return true;
  }

  // New elements are zero bytes.
  bool resize(uint32_t size) {
    if (size > capacity_ && !reserve(size)) return false;
    if (size > size_) {
      memset(static_cast<void*>(data_ + size_), 0, static_cast<size_t>(size - size_) * sizeof(T));
    }
    size_ = size;
    return true;
  }

  void pop() { --size_; }
  void truncate(uint32_t size) { size_ = min(size_, size); }

  // Drop the first count elements.
  void drop_front(uint32_t count) {
    count = min(count, size_);
    if (count == 0) return;
    memmove(static_cast<void*>(data_), data_ + count,
            static_cast<size_t>(size_ - count) * sizeof(T));
    size_ -= count;
  }

  // Empty, and ok() again; keeps its room.
  void clear() {
    size_ = 0;
    ok_ = true;
  }

  // Give unused room back.
  void shrink() {
    if (size_ == 0) return release();
    void* smaller = realloc(data_, static_cast<size_t>(size_) * sizeof(T));
    if (smaller == nullptr) return;
    data_ = static_cast<T*>(smaller);
    capacity_ = size_;
  }

  // Empty, and give all room back.
  void release() {
    free(data_);
    forget();
  }

 private:
  bool grow(uint32_t count) {
    const uint64_t needed = static_cast<uint64_t>(size_) + count;
    const uint64_t wanted = max<uint64_t>(needed, static_cast<uint64_t>(capacity_) * 2);
    if (needed > INT32_MAX) return ok_ = false;
    if (wanted <= INT32_MAX && reserve(static_cast<uint32_t>(max<uint64_t>(wanted, 8)))) {
      return ok_ = true;
    }
    return reserve(static_cast<uint32_t>(needed));  // twice is too much: take what is needed
  }

  void forget() {
    data_ = nullptr;
    size_ = capacity_ = 0;
    ok_ = true;
  }

  T* data_ = nullptr;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
  bool ok_ = true;
};

inline bool append(Vec<uint8_t>& out, Bytes bytes) { return out.append(bytes.data, bytes.size); }

// Finalizer of splitmix64: every input bit changes every output bit.
constexpr uint64_t mix_hash(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// A hash of bytes, eight at a time.
inline uint64_t hash_bytes(Bytes bytes) {
  constexpr uint64_t multiplier = 0x9E3779B97F4A7C15u;
  uint64_t hash = bytes.size * multiplier;
  const uint8_t* data = bytes.data;
  uint32_t left = bytes.size;
  for (; left >= 8; left -= 8, data += 8) {
    uint64_t word;
    memcpy(&word, data, 8);
    hash = (hash ^ word) * multiplier;
    hash ^= hash >> 32;
  }
  uint64_t word = 0;
  for (uint32_t i = 0; i < left; ++i) word |= static_cast<uint64_t>(data[i]) << (8 * i);
  return mix_hash(hash ^ word);
}

// A hash map from integers (of at most 64 bits) to trivially copyable values.
// Open addressing with linear probing, at most two thirds full.
template <class K, class V>
class HashMap {
 public:
  struct Entry {
    K key;
    V value;
    bool is_used;
  };

  uint32_t size() const { return size_; }
  bool ok() const { return entries_.ok(); }

  V* find(K key) {
    if (entries_.empty()) return nullptr;
    Entry& entry = entries_[slot(key)];
    return entry.is_used ? &entry.value : nullptr;
  }
  const V* find(K key) const { return const_cast<HashMap*>(this)->find(key); }

  // The key's value, zero bytes if it is new; null when out of memory. The pointer
  // stays valid until the next new key.
  V* insert(K key) {
    if (V* found = find(key)) return found;
    if ((size_ + 1) * 3 > entries_.size() * 2 && !rehash()) return nullptr;
    Entry& entry = entries_[slot(key)];
    entry.key = key;
    entry.is_used = true;
    ++size_;
    return &entry.value;
  }

  // Take the key out; whether it was there.
  bool erase(K key) {
    if (entries_.empty()) return false;
    uint32_t hole = slot(key);
    if (!entries_[hole].is_used) return false;
    const uint32_t mask = entries_.size() - 1;
    for (uint32_t i = (hole + 1) & mask; entries_[i].is_used; i = (i + 1) & mask) {
      const uint32_t home = start(entries_[i].key);
      if (((i - home) & mask) < ((i - hole) & mask)) continue;  // must not move before its start
      entries_[hole] = entries_[i];
      hole = i;
    }
    memset(static_cast<void*>(&entries_[hole]), 0, sizeof(Entry));
    --size_;
    return true;
  }

  void clear() {
    entries_.clear();
    size_ = 0;
  }

  // All slots, in no order; those with is_used hold a key.
  Span<Entry> slots() { return entries_.span(); }
  Span<const Entry> slots() const { return entries_.span(); }

 private:
  uint32_t start(K key) const {
    return static_cast<uint32_t>(mix_hash(static_cast<uint64_t>(key))) & (entries_.size() - 1);
  }

  uint32_t slot(K key) const {
    uint32_t i = start(key);
    while (entries_[i].is_used && entries_[i].key != key) i = (i + 1) & (entries_.size() - 1);
    return i;
  }

  bool rehash() {
    Vec<Entry> old = static_cast<Vec<Entry>&&>(entries_);
    if (!entries_.resize(max<uint32_t>(8, old.size() * 2))) {
      entries_ = static_cast<Vec<Entry>&&>(old);
      return false;
    }
    for (const Entry& entry : old) {
      if (entry.is_used) entries_[slot(entry.key)] = entry;
    }
    return true;
  }

  Vec<Entry> entries_;
  uint32_t size_ = 0;
};

}  // namespace realm

#endif  // REALM_MEMORY_H
