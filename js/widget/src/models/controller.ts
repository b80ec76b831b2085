/** What the reader does in the models panel, and what came of it. */
import { signal } from "@preact/signals";
import { messageOf, type RequestMessage, type WidgetContext } from "../shared/context";
import type { File as FoundFile, Requests, Results, Verdict } from "../shared/messages";
import { formatBytes } from "./format";
import { ModelsStore } from "./store";
import { uploadFile } from "./upload";

/** The verdict on one source: asked for, given, or why there is none. */
export interface Check {
  source: string;
  /** Name of the source for people. */
  label: string;
  verdict: Verdict | null;
  error: string;
}

export interface Scan {
  folder: string;
  files: FoundFile[];
  isComplete: boolean;
}

export class ModelsController {
  readonly store: ModelsStore;
  /** What the panel says aloud, once. */
  readonly announcement = signal("");
  /** Errors by what they are about: `model:<id>`, `load:<id>` or the name of a form. */
  readonly errors = signal<Record<string, string>>({});
  readonly check = signal<Check | null>(null);
  readonly scan = signal<Scan | null>(null);
  readonly isScanning = signal(false);
  readonly isUploading = signal(false);
  readonly freed = signal("");
  readonly failure = signal("");
  readonly device = signal("auto");
  readonly executor = signal("auto");

  constructor(readonly context: WidgetContext) {
    this.store = new ModelsStore(context);
  }

  async start(): Promise<void> {
    this.failure.value = "";
    try {
      await this.store.sync();
    } catch (error) {
      this.failure.value = messageOf(error);
    }
  }

  dispose(): void {
    this.store.dispose();
  }

  /** Ask what loading `source` would take. */
  async checkSource(source: string, label = source): Promise<void> {
    this.check.value = { source, label, verdict: null, error: "" };
    const options = { device: this.device.peek(), executor: this.executor.peek() };
    let verdict: Verdict | null = null;
    let error = "";
    try {
      verdict = (await this.context.request({ type: "check", source, ...options })).verdict;
    } catch (caught) {
      error = messageOf(caught);
    }
    // The reader may have gone on to another source meanwhile.
    if (this.check.peek()?.source !== source) return;
    this.check.value = { source, label, verdict, error };
    this.announcement.value =
      verdict === null
        ? error
        : memoryLine(verdict.fits, verdict.required_bytes, verdict.available_bytes);
  }

  dismissCheck(): void {
    this.check.value = null;
  }

  /** Load a checked source under `id`; empty for the name of the file. */
  async load(source: string, id: string): Promise<boolean> {
    const model = id.trim() === "" ? null : id.trim();
    const started = await this.#try("load", {
      type: "load",
      source,
      model,
      device: this.device.peek(),
      executor: this.executor.peek(),
    });
    if (started !== null) this.check.value = null;
    return started !== null;
  }

  cancelLoad(load: string): Promise<unknown> {
    return this.#try(`load:${load}`, { type: "cancel_load", load });
  }

  dismissLoad(load: string): Promise<unknown> {
    return this.#try(`load:${load}`, { type: "dismiss_load", load });
  }

  use(model: string): Promise<unknown> {
    return this.#try(`model:${model}`, { type: "use", model });
  }

  async unload(model: string): Promise<boolean> {
    const answer = await this.#try(`model:${model}`, { type: "unload", model });
    if (answer === null) return false;
    const { freed_bytes: freed } = answer;
    this.freed.value =
      freed > 0
        ? `Unloaded ${model}: ${formatBytes(freed)} freed.`
        : `Unloaded ${model}: nothing freed yet, others still use the file.`;
    this.announcement.value = this.freed.value;
    return true;
  }

  details(model: string): Promise<Results["details"] | null> {
    return this.#try(`model:${model}`, { type: "details", model });
  }

  async scanFolder(folder: string): Promise<void> {
    this.isScanning.value = true;
    const answer = await this.#try("scan", { type: "scan", folder });
    this.isScanning.value = false;
    if (answer === null) return;
    const { files, is_complete: isComplete } = answer;
    this.scan.value = { folder: answer.folder, files, isComplete };
    this.store.folder.value = answer.folder;
    const count = files.length === 1 ? "1 model" : `${files.length} models`;
    this.announcement.value = `${count} found in ${answer.folder}.`;
  }

  async upload(file: File): Promise<void> {
    this.isUploading.value = true;
    this.clearError("upload");
    try {
      await uploadFile(this.context, file, {
        device: this.device.peek(),
        executor: this.executor.peek(),
        chunkBytes: this.store.chunkBytes,
      });
    } catch (error) {
      // An upload that was cancelled or failed in the kernel says so in its own row.
      const isShown = this.store.loads.peek().some(({ state, label }) => {
        return state !== "running" && state !== "done" && label === file.name;
      });
      if (!isShown) this.#setError("upload", messageOf(error));
    }
    this.isUploading.value = false;
  }

  clearError(about: string): void {
    const { [about]: _gone, ...others } = this.errors.peek();
    this.errors.value = others;
  }

  #setError(about: string, message: string): void {
    this.errors.value = { ...this.errors.peek(), [about]: message };
    this.announcement.value = message;
  }

  /** Send a request; its error is shown where `about` says, and the result is null. */
  async #try<T extends keyof Requests>(
    about: string,
    message: RequestMessage<T>,
  ): Promise<Results[T] | null> {
    this.clearError(about);
    try {
      return await this.context.request(message);
    } catch (error) {
      this.#setError(about, messageOf(error));
      return null;
    } finally {
      // What the request changed came before its answer.
      this.store.flush();
    }
  }
}

/** The verdict in one sentence. */
export function memoryLine(fits: boolean, required: number, available: number): string {
  const need = `needs ${formatBytes(required)}`;
  const free = formatBytes(available);
  return fits
    ? `Fits in memory: ${need}, ${free} are free.`
    : `Does not fit in memory: ${need}, only ${free} are free.`;
}
