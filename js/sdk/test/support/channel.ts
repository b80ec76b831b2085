/** A worker in this thread: the same messages, cloned in the same way, and ends on demand. */

import type { Backend } from "../../src/backend.js";
import { serveEngine } from "../../src/worker/engine_host.js";
import type { EngineOptions, FromEngine, ToEngine } from "../../src/worker/messages.js";
import { type EnginePort, WorkerBackend } from "../../src/worker/worker_backend.js";

export const OPTIONS: EngineOptions = { threads: 1, assetsUrl: "file:///nowhere/" };

export interface Channel {
  readonly backend: WorkerBackend;
  /** Every message that was posted to the engine, in all workers. */
  readonly sent: ToEngine[];
  readonly received: FromEngine[];
  numStarted: number;
  numTerminated: number;
  /** Let the worker end as a crash does. */
  crash(reason: string): void;
}

/** A backend whose worker runs here, with an engine from `create`. */
export function inThread(create: (options: EngineOptions) => Promise<Backend>): Channel {
  let end: (reason: string) => void = () => undefined;
  const start = (): EnginePort => {
    const { port1, port2 } = new MessageChannel();
    channel.numStarted += 1;
    serveEngine(
      {
        post: (message) => port2.postMessage(message),
        listen: (onMessage) => {
          port2.onmessage = ({ data }) => onMessage(data as ToEngine);
        },
      },
      create,
    );
    return {
      post: (message, transfer = []) => {
        channel.sent.push(message);
        port1.postMessage(message, [...transfer]);
      },
      listen: (onMessage, onEnd) => {
        end = onEnd;
        port1.onmessage = ({ data }) => {
          channel.received.push(data as FromEngine);
          onMessage(data as FromEngine);
        };
      },
      keepAlive: () => undefined,
      terminate: async () => {
        channel.numTerminated += 1;
        port1.close();
      },
    };
  };
  const channel: Channel = {
    backend: new WorkerBackend(start, OPTIONS, (source) => source),
    sent: [],
    received: [],
    numStarted: 0,
    numTerminated: 0,
    crash: (reason) => end(reason),
  };
  return channel;
}
