/** From nothing to a model that answers: what is under way, and what the reader can do. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { messageOf } from "../../widget/src/shared/context";
import type { ChatModel } from "./local/model";
import { Meter } from "./meter";
import type { ModelFiles } from "./model_files";
import type { ModelCard } from "./page_data";

/** A model up to this size is fetched without asking. */
const ASK_ABOVE_BYTES = 64e6;
const SHOW_INTERVAL_MS = 100;

export type LoadState =
  | { kind: "starting" }
  /** The model is large: the reader decides. `room` is what the browser keeps, where known. */
  | { kind: "asking"; room: number | null }
  | {
      kind: "loading";
      stage: "download" | "load";
      doneBytes: number;
      totalBytes: number;
      /** Bytes a second and seconds, where known. */
      rate: number | null;
      remaining: number | null;
    }
  | { kind: "stopped" }
  | { kind: "failed"; message: string }
  | { kind: "ready"; model: ChatModel };

/** Start the engine with the model's bytes. */
export type OpenModel = (
  file: Blob,
  options: {
    onProgress: (doneBytes: number, totalBytes: number) => void;
    signal: AbortSignal;
  },
) => Promise<ChatModel>;

export class Loader {
  readonly #state = signal<LoadState>({ kind: "starting" });
  #abort = new AbortController();
  #shownMs = 0;

  constructor(
    private readonly card: ModelCard,
    readonly files: ModelFiles,
    private readonly openModel: OpenModel,
  ) {}

  get state(): ReadonlySignal<LoadState> {
    return this.#state;
  }

  /** Load what is small or here already; else ask. */
  async begin(savesData: boolean): Promise<void> {
    const isLarge = savesData || this.card.file_bytes > ASK_ABOVE_BYTES;
    if (isLarge && !(await this.files.isKept())) {
      this.#state.value = { kind: "asking", room: await this.files.room() };
    } else await this.load();
  }

  /** Fetch and load the model; never rejects. */
  async load(): Promise<void> {
    this.#abort = new AbortController();
    const { signal: aborted } = this.#abort;
    this.#show("download", 0, this.card.file_bytes, null);
    try {
      const meter = new Meter(this.card.file_bytes);
      const file = await this.files.open(
        (doneBytes) => this.#show("download", doneBytes, this.card.file_bytes, meter),
        aborted,
      );
      this.#show("load", 0, 0, null);
      const model = await this.openModel(file, {
        onProgress: (doneBytes, totalBytes) => this.#show("load", doneBytes, totalBytes, null),
        signal: aborted,
      });
      aborted.throwIfAborted();
      this.#state.value = { kind: "ready", model };
    } catch (error) {
      this.#state.value = aborted.aborted
        ? { kind: "stopped" }
        : { kind: "failed", message: messageOf(error) };
    }
  }

  /** Give up loading; what has arrived is kept. */
  stop(): void {
    this.#abort.abort();
  }

  #show(
    stage: "download" | "load",
    doneBytes: number,
    totalBytes: number,
    meter: Meter | null,
  ): void {
    const now = performance.now();
    const before = this.#state.peek();
    const isNew = before.kind !== "loading" || before.stage !== stage;
    if (this.#abort.signal.aborted || (!isNew && now - this.#shownMs < SHOW_INTERVAL_MS)) return;
    this.#shownMs = now;
    const figures = meter?.read(doneBytes, now) ?? { rate: null, remaining: null };
    this.#state.value = { kind: "loading", stage, doneBytes, totalBytes, ...figures };
  }
}
