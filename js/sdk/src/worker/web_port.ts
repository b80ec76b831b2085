/** A Web Worker as a port, and a port back from within one. */

import type { ParentPort, WorkerPort } from "./port.js";

/** A Web Worker, seen from the page. */
export class WebPort<Out, In> implements WorkerPort<Out, In> {
  readonly #worker: Worker;

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  post(message: Out, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, [...transfer]);
  }

  listen(onMessage: (message: In) => void, onEnd: (reason: string) => void): void {
    this.#worker.onmessage = (event: MessageEvent<In>) => onMessage(event.data);
    // A script that cannot be fetched has no message.
    this.#worker.onerror = (event) => {
      event.preventDefault();
      onEnd(event.message || "its script cannot be loaded");
    };
    this.#worker.onmessageerror = () => onEnd("it sent what cannot be read");
  }

  keepAlive(): void {}

  async terminate(): Promise<void> {
    this.#worker.terminate();
  }
}

/** What a Web Worker has of its global scope. */
interface WorkerScope {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

/** The page, seen from within a Web Worker. */
export function webParent<Out, In>(): ParentPort<Out, In> {
  const scope = globalThis as unknown as WorkerScope;
  return {
    post: (message) => scope.postMessage(message),
    listen: (onMessage) => {
      scope.onmessage = (event) => onMessage(event.data as In);
    },
  };
}
