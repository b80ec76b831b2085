/**
 * What a view shows, kept in step with the kernel: a snapshot, then events, and a new snapshot
 * when one was missed.
 */
import { batch, signal } from "@preact/signals";
import { type EventMessage, KernelError, type WidgetContext } from "./context";
import { oncePerFrame } from "./frames";
import type { Message, SnapshotResult } from "./messages";

type Kind = SnapshotResult["kind"];

/** The state of one kind of widget as a snapshot holds it. */
export type StateOf<K extends Kind> = NonNullable<SnapshotResult[K]>;

export abstract class SyncedStore<K extends Kind> {
  /** Whether a snapshot has arrived. */
  readonly isReady = signal(false);

  #seq = 0;
  #syncing: Promise<void> | null = null;
  #early: EventMessage[] = [];
  #queue: EventMessage[] = [];
  readonly #frame = oncePerFrame(() => this.flush());
  readonly #ends: (() => void)[] = [];

  constructor(
    readonly context: WidgetContext,
    private readonly kind: K,
  ) {
    this.#ends.push(context.on("*", (event) => this.#receive(event)));
    // Whatever was missed while the kernel was silent.
    let wasUp = true;
    this.#ends.push(
      context.connected.subscribe((isUp) => {
        if (isUp && !wasUp) this.sync().catch(() => undefined);
        wasUp = isUp;
      }),
    );
  }

  /** Take over a snapshot. */
  protected abstract load(state: StateOf<K>): void;

  /** Take over what an event tells. */
  protected abstract apply(event: EventMessage): void;

  dispose(): void {
    for (const end of this.#ends) end();
    this.#frame.cancel();
  }

  /** Ask for the whole state; events that arrive meanwhile wait for it. */
  sync(): Promise<void> {
    this.#syncing ??= this.#ask();
    return this.#syncing;
  }

  async #ask(): Promise<void> {
    let events: EventMessage[] = [];
    try {
      const snapshot = await this.context.request({ type: "sync" });
      const state = snapshot[this.kind] as StateOf<K> | null;
      if (state === null) throw new KernelError("protocol", "The kernel sent no state.");
      this.#frame.cancel();
      this.#queue = [];
      this.#seq = snapshot.seq;
      batch(() => {
        this.load(state);
        this.isReady.value = true;
      });
      events = this.#early;
    } finally {
      // After a failure the next event finds the gap again.
      this.#early = [];
      this.#syncing = null;
    }
    for (const event of events) this.#receive(event);
  }

  #receive(event: EventMessage): void {
    if (event.type === "answer") return;
    if (this.#syncing !== null) {
      this.#early.push(event);
      return;
    }
    if (!this.isReady.peek() || event.seq <= this.#seq) return;
    if (event.seq > this.#seq + 1) {
      this.sync().catch(() => undefined);
      this.#early.push(event);
      return;
    }
    this.#seq = event.seq;
    this.#queue.push(event);
    this.#frame.schedule();
  }

  /** Apply what has arrived, without waiting for the next frame. */
  flush(): void {
    const events = this.#queue;
    this.#queue = [];
    batch(() => {
      for (const event of events) this.apply(event);
    });
  }
}

/** Whether nothing will be added to a message in this state. */
export function isFinal(state: Message["state"]): boolean {
  return state !== "waiting" && state !== "generating";
}
