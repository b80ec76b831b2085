/** Guest instances that know one model's vocabulary. */

import type { GuestInstance } from "./guest_instance.js";
import type { GuestModule } from "./guest_module.js";

/**
 * Loads a vocabulary once. Every further instance begins with a copy of the memory in which it
 * was loaded, which takes a few milliseconds instead of a tenth of a second.
 */
export class VocabularyGuest {
  readonly #module: GuestModule;
  /** What every instance begins with. */
  readonly #memory: Uint8Array;
  /** For turning text into ids and back. */
  #own: GuestInstance;
  /** One that is not in use, as if it had just been made. */
  #idle: GuestInstance | null = null;
  #isClosed = false;

  private constructor(module: GuestModule, memory: Uint8Array, own: GuestInstance) {
    this.#module = module;
    this.#memory = memory;
    this.#own = own;
  }

  /**
   * Load a vocabulary, laid out as `realm_vocab`.
   *
   * @param numLogits - Tokens for whose logits the instances have room from the beginning.
   */
  static async load(
    module: GuestModule,
    blob: Uint8Array,
    numLogits = 0,
  ): Promise<VocabularyGuest> {
    const first = await module.instantiate();
    first.loadVocabulary(blob);
    if (numLogits > 0) {
      first.reserveLogits(numLogits);
    }
    // Nothing else is in it: the instance is fresh, and did nothing but this.
    return new VocabularyGuest(module, first.snapshot(), first);
  }

  /** A new instance, to be given back with `release`. */
  async instance(): Promise<GuestInstance> {
    const idle = this.#idle;
    this.#idle = null;
    return idle ?? this.#module.instantiateFrom(this.#memory);
  }

  /**
   * Take an instance back. One is kept for the next generation, with every byte of its memory
   * overwritten; the others go.
   */
  release(instance: GuestInstance): void {
    // One that has grown would not be the same again.
    const isSame = instance.memoryBytes === this.#memory.byteLength;
    if (this.#isClosed || this.#idle !== null || instance.isBroken || !isSame) {
      instance.close();
      return;
    }
    instance.adopt(this.#memory);
    this.#idle = instance;
  }

  /** The instance for turning text into ids and back, made anew after a trap. */
  async shared(): Promise<GuestInstance> {
    if (this.#own.isBroken) {
      this.#own = await this.#module.instantiateFrom(this.#memory);
    }
    return this.#own;
  }

  close(): void {
    this.#isClosed = true;
    this.#own.close();
    this.#idle?.close();
    this.#idle = null;
  }
}
