/** Guest instances that know one model's vocabulary. */

import type { GuestInstance } from "./guest_instance.js";
import type { GuestModule } from "./guest_module.js";

/**
 * Loads a vocabulary once; every further instance begins with a copy of the memory in which it
 * was loaded, which costs a copy of some megabytes instead of a tenth of a second.
 */
export class VocabularyGuest {
  readonly #module: GuestModule;
  readonly #memory: Uint8Array;
  #own: GuestInstance;

  private constructor(module: GuestModule, memory: Uint8Array, own: GuestInstance) {
    this.#module = module;
    this.#memory = memory;
    this.#own = own;
  }

  /** Load a vocabulary, laid out as `realm_vocab`. */
  static async load(module: GuestModule, blob: Uint8Array): Promise<VocabularyGuest> {
    const first = await module.instantiate();
    first.loadVocabulary(blob);
    // Nothing but the vocabulary is in it: the instance is fresh, and did nothing else.
    return new VocabularyGuest(module, first.snapshot(), first);
  }

  /** Bytes that the copy and the instance for text hold. */
  get memoryBytes(): number {
    return this.#memory.byteLength + this.#own.memoryBytes;
  }

  /** A new instance. */
  instance(): Promise<GuestInstance> {
    return this.#module.instantiateFrom(this.#memory);
  }

  /** The instance for turning text into ids and back, made anew after a trap. */
  async shared(): Promise<GuestInstance> {
    if (this.#own.isBroken) {
      this.#own = await this.instance();
    }
    return this.#own;
  }

  close(): void {
    this.#own.close();
  }
}
