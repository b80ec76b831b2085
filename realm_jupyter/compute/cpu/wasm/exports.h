// What a WebAssembly module of the kernels exports besides realm_cpu.h.
#ifndef REALM_CPU_WASM_EXPORTS_H
#define REALM_CPU_WASM_EXPORTS_H

#include <stddef.h>

#include "../src/realm_cpu.h"

#ifdef __cplusplus
extern "C" {
#endif

// Memory for whatever the host writes: 64-byte aligned, NULL where there is none. Freed memory is
// used again, but never given back to the engine: a linear memory cannot shrink.
REALM_CPU_API void* realm_cpu_allocate(size_t num_bytes);
REALM_CPU_API void realm_cpu_release(void* memory);

// Work on the regions of the main thread as thread number `thread` (from 1 on) until
// realm_cpu_stop_threads. Called by an instance of its own in a worker, which has set its stack.
REALM_CPU_API void realm_cpu_thread(int32_t thread);
REALM_CPU_API void realm_cpu_stop_threads(void);

#ifdef __cplusplus
}
#endif

#endif
