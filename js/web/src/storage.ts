/** What of the page is kept in this browser. */
import type { ModelFiles } from "./model_files";

export class Storage {
  constructor(
    private readonly files: ModelFiles,
    private readonly registration: () => Promise<ServiceWorkerRegistration | undefined>,
  ) {}

  /** Say whether the page works offline. */
  async describe(): Promise<{ text: string; isKept: boolean }> {
    if (!(await this.files.isKept())) {
      return { text: "The model is not kept in this browser.", isKept: false };
    }
    const isOffline = (await this.registration())?.active != null;
    const offline = isOffline ? "; the page works without a network" : "";
    return { text: `The model is kept in this browser${offline}.`, isKept: true };
  }

  /** Forget the model and the page's own files. */
  async clear(): Promise<void> {
    await this.files.forget();
    await (await this.registration())?.unregister();
  }
}
