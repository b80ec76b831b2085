/** A thread of Node as a port, and a port back from within one. */

import { parentPort, Worker } from "node:worker_threads";
import type { ParentPort, WorkerPort } from "./port.js";

/** A thread, seen from whoever started it. */
export class NodePort<Out, In> implements WorkerPort<Out, In> {
  readonly #worker: Worker;

  constructor(script: URL) {
    // Flags of the process, such as loaders, are not meant for this script.
    this.#worker = new Worker(script, { execArgv: [] });
    this.#worker.unref();
  }

  post(message: Out, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, [...transfer]);
  }

  listen(onMessage: (message: In) => void, onEnd: (reason: string) => void): void {
    this.#worker.on("message", onMessage);
    this.#worker.on("messageerror", () => onEnd("it sent what cannot be read"));
    this.#worker.on("error", (error) => {
      onEnd(error instanceof Error ? error.message : String(error));
    });
    this.#worker.on("exit", (status) => onEnd(`its thread ended with status ${status}`));
  }

  keepAlive(isNeeded: boolean): void {
    if (isNeeded) this.#worker.ref();
    else this.#worker.unref();
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Whoever started this thread. */
export function nodeParent<Out, In>(): ParentPort<Out, In> {
  const port = parentPort;
  if (port === null) throw new Error("this script is for a worker thread");
  return {
    post: (message) => port.postMessage(message),
    listen: (onMessage) => {
      port.on("message", onMessage);
    },
  };
}
