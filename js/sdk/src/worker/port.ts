/** One end of a line to a thread. */

/** A worker, seen from the thread that started it. */
export interface WorkerPort<Out, In> {
  post(message: Out, transfer?: readonly ArrayBuffer[]): void;
  /** Called for each message, and once at most with why the worker ended by itself. */
  listen(onMessage: (message: In) => void, onEnd: (reason: string) => void): void;
  /** Whether the process has to wait for it; pages wait for nothing. */
  keepAlive(isNeeded: boolean): void;
  /** End it at once. */
  terminate(): Promise<void>;
}

/** The thread that started it, seen from a worker. */
export interface ParentPort<Out, In> {
  post(message: Out): void;
  listen(onMessage: (message: In) => void): void;
}
