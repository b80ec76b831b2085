/** What the models panel shows, kept in step with the kernel. */
import { batch, signal } from "@preact/signals";
import { type EventMessage, KernelError, type WidgetContext } from "../shared/context";
import type { Load, ModelRow, ModelsState, Shipped } from "../shared/messages";

export class ModelsStore {
  /** Whether a snapshot has arrived. */
  readonly isReady = signal(false);
  readonly models = signal<ModelRow[]>([]);
  readonly shipped = signal<Shipped[]>([]);
  readonly loads = signal<Load[]>([]);
  readonly availableBytes = signal(0);
  readonly devices = signal<string[]>([]);
  readonly executors = signal<string[]>([]);
  readonly folder = signal("");

  /** Most bytes of one chunk of an upload. */
  chunkBytes = 0;

  #seq = 0;
  #syncing: Promise<void> | null = null;
  #early: EventMessage[] = [];
  readonly #ends: (() => void)[] = [];

  constructor(private readonly context: WidgetContext) {
    this.#ends.push(context.on("*", (event) => this.#receive(event)));
    let wasUp = true;
    this.#ends.push(
      context.connected.subscribe((isUp) => {
        // Whatever was missed while the kernel was silent.
        if (isUp && !wasUp) this.sync().catch(() => undefined);
        wasUp = isUp;
      }),
    );
  }

  dispose(): void {
    for (const end of this.#ends) end();
  }

  /** Ask for the whole state; events that arrive meanwhile wait for it. */
  sync(): Promise<void> {
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = null;
      const events = this.#early;
      this.#early = [];
      for (const event of events) this.#receive(event);
    });
    return this.#syncing;
  }

  async #sync(): Promise<void> {
    const snapshot = await this.context.request({ type: "sync" });
    if (snapshot.models === null) {
      throw new KernelError("protocol", "The kernel sent no list of models.");
    }
    this.#seq = snapshot.seq;
    this.#fill(snapshot.models);
  }

  #fill(state: ModelsState): void {
    batch(() => {
      this.models.value = state.models;
      this.shipped.value = state.shipped;
      this.loads.value = state.loads;
      this.availableBytes.value = state.available_bytes;
      this.devices.value = state.devices;
      this.executors.value = state.executors;
      this.folder.value = state.folder;
      this.chunkBytes = state.chunk_bytes;
      this.isReady.value = true;
    });
  }

  #receive(event: EventMessage): void {
    if (event.type === "answer") return;
    if (this.#syncing !== null) {
      this.#early.push(event);
      return;
    }
    if (!this.isReady.peek() || event.seq <= this.#seq) return;
    if (event.seq > this.#seq + 1) {
      // The snapshot holds what was missed, and this event too.
      this.sync().catch(() => undefined);
      return;
    }
    this.#seq = event.seq;
    this.#apply(event);
  }

  #apply(event: EventMessage): void {
    switch (event.type) {
      case "models":
        batch(() => {
          this.models.value = event.models;
          this.shipped.value = event.shipped;
          this.availableBytes.value = event.available_bytes;
        });
        break;
      case "load": {
        const { load } = event;
        const others = this.loads.peek();
        const isKnown = others.some((item) => item.id === load.id);
        this.loads.value = isKnown
          ? others.map((item) => (item.id === load.id ? load : item))
          : [...others, load];
        break;
      }
      case "load_gone":
        this.loads.value = this.loads.peek().filter((item) => item.id !== event.load);
        break;
      default:
        break;
    }
  }
}
