/** The workers of one instance, each with a stack of its own in the shared memory. */

import type { KernelInstance } from "./instance.js";
import type { KernelThread } from "./thread.js";

const STACK_BYTES = 256 << 10;

export class ThreadTeam {
  readonly #instance: KernelInstance;
  readonly #threads: KernelThread[] = [];

  /** Start `count - 1` threads beside the caller's; they join when they are ready. */
  constructor(
    module: WebAssembly.Module,
    instance: KernelInstance,
    count: number,
    start: () => KernelThread,
  ) {
    this.#instance = instance;
    const localBytes = Number(instance.functions.__tls_size?.value ?? 0);
    try {
      for (let number = 1; number < count; ++number) {
        const stack = this.#allocate(STACK_BYTES) + STACK_BYTES;
        const locals = this.#allocate(Math.max(64, localBytes));
        const thread = start();
        this.#threads.push(thread);
        thread.post({ module, memory: instance.memory, thread: number, stack, locals });
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Stop all threads. Their stacks are not used again: a thread may be on its way out. */
  close(): void {
    this.#instance.functions.realm_cpu_stop_threads?.();
    for (const thread of this.#threads.splice(0)) thread.terminate();
  }

  #allocate(numBytes: number): number {
    return this.#instance.allocate(numBytes, "the stack of a thread");
  }
}
