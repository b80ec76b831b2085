/** What of the page is kept in this browser. */
import type { ModelFiles } from "./model_files";

/** What is said where the browser could not keep all of the model. */
export const NO_ROOM =
  "This browser has no room to keep the whole model: what is missing is downloaded again on the " +
  "next visit. Free some space on this device to change that.";

export class Storage {
  constructor(
    private readonly files: ModelFiles,
    private readonly registration: () => Promise<ServiceWorkerRegistration | undefined>,
  ) {}

  /** Say whether the page works offline. */
  async describe(): Promise<{ text: string; isKept: boolean }> {
    if (!(await this.files.isKept())) {
      const text = this.files.isFull ? NO_ROOM : "The model is not kept in this browser.";
      return { text, isKept: false };
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
