/**
 * The wire between one view and the kernel: requests with answers, events, and whether anybody
 * is listening. It speaks to anything shaped like an anywidget model, so tests and the
 * development page use it with a fake.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Events, Requests, Results } from "./messages";

/** The part of an anywidget model that the views need. */
export interface WidgetModel {
  get(name: string): unknown;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  // biome-ignore lint/suspicious/noExplicitAny: each event has arguments of its own
  on(event: string, handler: (...args: any[]) => void): void;
  // biome-ignore lint/suspicious/noExplicitAny: each event has arguments of its own
  off(event: string, handler: (...args: any[]) => void): void;
}

/** An answer that says no, in the kernel's words, or that none came. */
export class KernelError extends Error {
  constructor(
    /** The kernel's code of the error, or `disconnected` or `timeout`. */
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = "KernelError";
  }
}

/** Return what to tell a person about what was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `{type, …fields}` of one request. */
export type RequestMessage<T extends keyof Requests = keyof Requests> = T extends keyof Requests
  ? { type: T } & Requests[T]
  : never;

/** One event as it arrives. */
export type EventMessage<T extends keyof Events = keyof Events> = T extends keyof Events
  ? { type: T; seq: number } & Events[T]
  : never;

/**
 * `up`: the kernel answers. `silent`: it does not (it may be busy with a cell, or the network
 * is away); what is sent may still arrive. `closed`: this widget's kernel is gone for good.
 */
export type Link = "up" | "silent" | "closed";

export interface RequestOptions {
  /** How long to wait; a busy kernel answers late. Default: a minute; 0 waits for ever. */
  timeoutMs?: number;
  /** Binary data that travels with the request. */
  buffers?: ArrayBuffer[];
}

/** What every view gets. */
export interface WidgetContext {
  /**
   * Send and wait for the answer's result.
   *
   * Rejects with `KernelError` if the kernel says no, cannot be reached or does not answer.
   */
  request<T extends keyof Requests>(
    message: RequestMessage<T>,
    options?: RequestOptions,
  ): Promise<Results[T]>;
  /** Have `handler` called for each event of this type; `"*"` is every type. Returns its end. */
  on<T extends keyof Events>(type: T, handler: (event: EventMessage<T>) => void): () => void;
  on(type: "*", handler: (event: EventMessage) => void): () => void;
  /** Whether the kernel is there, as far as this view knows. */
  connected: ReadonlySignal<boolean>;
  /** The same in more detail. */
  link: ReadonlySignal<Link>;
  /** Ask the kernel for a sign of life now. */
  ping(): Promise<void>;
  /** A file that ships with the package, such as `maths.js`: its source, or the module. */
  asset(name: string): Promise<string | object>;
  /** Whether there are cells to put code into, and Python to copy settings for. */
  readonly inNotebook: boolean;
}

/** A context that can be ended. */
export interface OwnedContext extends WidgetContext {
  /** Stop listening; what still waits is rejected. */
  dispose(): void;
}

interface Waiting {
  // biome-ignore lint/suspicious/noExplicitAny: the result's type follows the request's
  resolve(result: any): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const PING_EVERY_MS = 15_000;
const PING_AT_LEAST_EVERY_MS = 300_000;
const SILENT_AFTER_MS = 8_000;
const TICK_MS = 5_000;
const GONE = "The kernel of this widget is gone; run its cell again.";

/** Make the context of one view over an anywidget model. */
export function createContext(model: WidgetModel): OwnedContext {
  const link = signal<Link>("up");
  const connected = computed(() => link.value === "up");
  const handlers = new Map<string, Set<(event: EventMessage) => void>>();
  const waiting = new Map<string, Waiting>();
  const assets = new Map<string, Promise<string>>();
  // Answers reach every view of a widget, so request ids must differ between views.
  const prefix = Math.random().toString(36).slice(2, 10);
  let counter = 0;
  let heardAt = Date.now();
  let askedAt = 0;
  let pingAfterMs = PING_EVERY_MS;

  function lose(next: Link): void {
    if (link.value !== "closed") link.value = next;
  }

  function rejectAll(error: Error): void {
    for (const entry of waiting.values()) {
      clearTimeout(entry.timer);
      entry.reject(error);
    }
    waiting.clear();
  }

  function close(): void {
    lose("closed");
    rejectAll(new KernelError("disconnected", GONE));
  }

  function request<T extends keyof Requests>(
    message: RequestMessage<T>,
    { timeoutMs = DEFAULT_TIMEOUT_MS, buffers }: RequestOptions = {},
  ): Promise<Results[T]> {
    if (link.value === "closed") return Promise.reject(new KernelError("disconnected", GONE));
    counter += 1;
    const id = `${prefix}-${counter}`;
    return new Promise((resolve, reject) => {
      const expire = () => {
        waiting.delete(id);
        lose("silent");
        reject(new KernelError("timeout", "The kernel does not answer: it is busy or gone."));
      };
      const timer = timeoutMs > 0 ? setTimeout(expire, timeoutMs) : undefined;
      waiting.set(id, { resolve, reject, timer });
      try {
        model.send({ ...(message as object), request: id }, undefined, buffers);
      } catch (error) {
        clearTimeout(timer);
        waiting.delete(id);
        lose("silent");
        reject(new KernelError("disconnected", `The kernel cannot be reached: ${error}`));
      }
    });
  }

  function onCustom(content: unknown): void {
    if (typeof content !== "object" || content === null || !("type" in content)) return;
    heardAt = Date.now();
    pingAfterMs = PING_EVERY_MS;
    const event = content as EventMessage;
    if (event.type === "answer") {
      const entry = waiting.get(event.request);
      waiting.delete(event.request);
      clearTimeout(entry?.timer);
      if (event.ok) entry?.resolve(event.result ?? {});
      else entry?.reject(new KernelError(event.error?.code ?? "", event.error?.message ?? ""));
    }
    lose("up");
    for (const type of [event.type, "*"]) {
      for (const handler of handlers.get(type) ?? []) handler(event);
    }
  }

  async function ping(): Promise<void> {
    // Ever rarer while nobody answers: a kernel that does not know this widget logs each one.
    pingAfterMs = Math.min(pingAfterMs * 2, PING_AT_LEAST_EVERY_MS);
    askedAt = Date.now();
    await request({ type: "ping" }, { timeoutMs: SILENT_AFTER_MS }).catch(() => undefined);
  }

  function tick(): void {
    if (link.value === "closed" || document.hidden || waiting.size > 0) return;
    if (Date.now() - Math.max(heardAt, askedAt) >= pingAfterMs) void ping();
  }

  function onLiveChange(): void {
    // ipywidgets says so when the kernel restarts or the connection breaks; only an answer tells
    // whether the comm still works.
    lose("silent");
    void ping();
  }

  model.on("msg:custom", onCustom);
  model.on("comm_live_update", onLiveChange);
  model.on("comm:close", close);
  const ticking = setInterval(tick, TICK_MS);

  return {
    request,
    on(type: string, handler: (event: never) => void) {
      const set = handlers.get(type) ?? new Set();
      handlers.set(type, set);
      set.add(handler as (event: EventMessage) => void);
      return () => set.delete(handler as (event: EventMessage) => void);
    },
    inNotebook: true,
    connected,
    link,
    ping,
    asset(name) {
      let text = assets.get(name);
      if (text === undefined) {
        text = request({ type: "asset", name }).then((answer) => answer.text);
        text.catch(() => assets.delete(name));
        assets.set(name, text);
      }
      return text;
    },
    dispose() {
      clearInterval(ticking);
      model.off("msg:custom", onCustom);
      model.off("comm_live_update", onLiveChange);
      model.off("comm:close", close);
      handlers.clear();
      rejectAll(new KernelError("disposed", "This view was closed."));
    },
  };
}
