/** Entry point for browsers: models run in a Web Worker, or in a server. */

import { browserPlatform } from "./browser_platform.js";
import { RealmCore } from "./realm.js";
import type { RealmOptions } from "./realm_options.js";
import { RegistryCore } from "./registry.js";

export { type CachedModel, ModelCache } from "./gguf/cache.js";
export * from "./public.js";

/**
 * Models in this machine, or in a server.
 *
 * @example
 * ```ts
 * await using realm = new Realm();
 * await realm.loadModel(new URL("./paris.gguf", location.href), "paris");
 * const { text } = await realm.generate("What is the capital of France?", { temperature: 0 });
 * ```
 */
export class Realm extends RealmCore {
  /** @throws ConfigError if an option makes no sense. */
  constructor(options: RealmOptions = {}) {
    super(options, browserPlatform);
  }
}

/**
 * Models by id; all of them share one worker and one instance of the kernels.
 *
 * @example
 * ```ts
 * await using registry = new RealmRegistry();
 * await registry.loadModel("paris", bytes);
 * const { text } = await registry.generate("paris", "What is the capital of France?");
 * ```
 */
export class RealmRegistry extends RegistryCore {
  /** @throws ConfigError if an option makes no sense. */
  constructor(options: Omit<RealmOptions, "defaultModel"> = {}) {
    super(new Realm(options));
  }
}
