/** What the models panel shows. */
import { signal } from "@preact/signals";
import type { EventMessage, WidgetContext } from "../shared/context";
import type { Load, ModelRow, ModelsState, Shipped } from "../shared/messages";
import { SyncedStore } from "../shared/sync";

export class ModelsStore extends SyncedStore<"models"> {
  readonly models = signal<ModelRow[]>([]);
  readonly shipped = signal<Shipped[]>([]);
  readonly loads = signal<Load[]>([]);
  readonly availableBytes = signal(0);
  readonly devices = signal<string[]>([]);
  readonly executors = signal<string[]>([]);
  readonly folder = signal("");

  /** Most bytes of one chunk of an upload. */
  chunkBytes = 0;

  constructor(context: WidgetContext) {
    super(context, "models");
  }

  protected override load(state: ModelsState): void {
    this.models.value = state.models;
    this.shipped.value = state.shipped;
    this.loads.value = state.loads;
    this.availableBytes.value = state.available_bytes;
    this.devices.value = state.devices;
    this.executors.value = state.executors;
    this.folder.value = state.folder;
    this.chunkBytes = state.chunk_bytes;
  }

  protected override apply(event: EventMessage): void {
    switch (event.type) {
      case "models":
        this.models.value = event.models;
        this.shipped.value = event.shipped;
        this.availableBytes.value = event.available_bytes;
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
      default: // events of kernels to come
    }
  }
}
