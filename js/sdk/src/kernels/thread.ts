/** The threads of the kernels: workers that enter the module and stay in it. */

/** What a thread is told first. */
export interface ThreadMessage {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** Its number, from 1 on. */
  thread: number;
  /** End of its own stack, which grows downwards. */
  stack: number;
  /** Its own thread-local memory. */
  locals: number;
}

/** A worker for one thread; whoever starts it decides how. */
export interface KernelThread {
  /** Hand over the first and only message: the worker calls `runKernelThread` with it. */
  post(message: ThreadMessage): void;
  terminate(): void;
}

interface ThreadExports {
  __stack_pointer: WebAssembly.Global;
  __wasm_init_tls(locals: number | bigint): void;
  realm_cpu_thread(thread: number): void;
}

/** Work for the kernels until they are disposed of; this thread does nothing else meanwhile. */
export function runKernelThread(message: ThreadMessage): void {
  const instance = new WebAssembly.Instance(message.module, { env: { memory: message.memory } });
  const exports = instance.exports as unknown as ThreadExports;
  // Of 64 bits or 32, as the stack's.
  const isWide = typeof exports.__stack_pointer.value === "bigint";
  const address = (value: number) => (isWide ? BigInt(value) : value);
  exports.__stack_pointer.value = address(message.stack);
  exports.__wasm_init_tls(address(message.locals));
  exports.realm_cpu_thread(message.thread);
}
