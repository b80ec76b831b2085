// The few functions for text that the kernels use, and how a module begins: see allocator.cpp.
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace {

// Writes what fits and leaves room for the end.
class Line {
 public:
  Line(char* start, size_t capacity) : next_(start), end_(start + capacity - 1) {}

  void add(char character) {
    if (next_ < end_) *next_++ = character;
  }

  void add(const char* text) {
    while (*text != '\0') add(*text++);
  }

  void add(int64_t number) {
    char digits[20];
    int count = 0;
    uint64_t rest = static_cast<uint64_t>(number);
    if (number < 0) {
      add('-');
      rest = -rest;
    }
    do {
      digits[count++] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    while (count > 0) add(digits[--count]);
  }

  void finish() { *next_ = '\0'; }

 private:
  char* next_;
  char* const end_;
};

}  // namespace

extern "C" {

// Or the compiler may make a call of itself of it.
__attribute__((no_builtin("strlen"))) size_t strlen(const char* text) {
  const char* end = text;
  while (*end != '\0') ++end;
  return static_cast<size_t>(end - text);
}

int strcmp(const char* left, const char* right) {
  while (*left != '\0' && *left == *right) ++left, ++right;
  return static_cast<unsigned char>(*left) - static_cast<unsigned char>(*right);
}

char* strcat(char* text, const char* more) {
  memcpy(text + strlen(text), more, strlen(more) + 1);
  return text;
}

// %s, %d and %lld, which are all that the kernels' messages have; returns 0, which nobody reads.
int snprintf(char* text, size_t capacity, const char* format, ...) {
  Line line(text, capacity);
  va_list values;
  va_start(values, format);
  for (; *format != '\0'; ++format) {
    if (*format != '%') {
      line.add(*format);
    } else if (*++format == 's') {
      line.add(va_arg(values, const char*));
    } else if (*format == 'd') {
      line.add(int64_t{va_arg(values, int)});
    } else if (format[0] == 'l' && format[1] == 'l' && format[2] == 'd') {
      line.add(int64_t{va_arg(values, long long)});
      format += 2;
    } else {
      __builtin_trap();
    }
  }
  va_end(values);
  line.finish();
  return 0;
}

void __wasm_call_ctors(void);  // of the linker

__attribute__((visibility("default"))) void _initialize(void) { __wasm_call_ctors(); }

}  // extern "C"
