/** Paged KV caches: one pool of pages for all sequences of a model; see compute/kv_cache.py. */

import { KVCacheError, ModelMemoryError } from "../errors.js";
import type { SequenceCache } from "./executor.js";
import { PAGE_TOKENS } from "./structures.js";

const MIN_GROWTH_PAGES = 4;

/** Memory for pages, numbered from 0. */
export interface PageStorage {
  readonly pageBytes: number;
  /** Hold this many pages; throws `ModelMemoryError` and changes nothing if it cannot. */
  resize(numPages: number): void;
}

/** The pages of all sequences of one executor. */
export class KVPool {
  readonly #storage: PageStorage;
  #capacity = 0;
  /** Descending, so that the lowest is taken first. */
  #free: number[] = [];
  #isClosed = false;

  constructor(storage: PageStorage) {
    this.#storage = storage;
  }

  /** Bytes allocated for pages, free ones included. */
  get memoryBytes(): number {
    return this.#capacity * this.#storage.pageBytes;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Pages of one holder, growing the pool if need be.
   *
   * @throws ModelMemoryError if there is no memory; nothing has changed.
   */
  take(numPages: number): number[] {
    if (numPages > this.#free.length) this.#grow(numPages - this.#free.length);
    return this.#free.splice(this.#free.length - numPages, numPages).reverse();
  }

  /** Take pages back; memory goes when all are free. */
  giveBack(pages: readonly number[]): void {
    if (this.#isClosed || pages.length === 0) return;
    this.#free.push(...pages);
    this.#free.sort((a, b) => b - a);
    if (this.#free.length === this.#capacity) this.#drop();
  }

  /** Drop all memory, whoever holds pages. */
  close(): void {
    if (!this.#isClosed) this.#drop();
    this.#isClosed = true;
  }

  #drop(): void {
    this.#storage.resize(0);
    this.#capacity = 0;
    this.#free = [];
  }

  #grow(numPages: number): void {
    const first = this.#capacity;
    const growth = Math.max(numPages, Math.floor(first / 2), MIN_GROWTH_PAGES);
    const added = this.#tryResize(first, growth) ?? this.#tryResize(first, numPages);
    if (added === null) this.#storage.resize(first + numPages);
    this.#capacity = first + (added ?? numPages);
    for (let page = first; page < this.#capacity; ++page) this.#free.push(page);
    this.#free.sort((a, b) => b - a);
  }

  #tryResize(before: number, growth: number): number | null {
    try {
      this.#storage.resize(before + growth);
      return growth;
    } catch (error) {
      if (error instanceof ModelMemoryError) return null;
      throw error;
    }
  }
}

/** The KV cache of one sequence. */
export class PagedCache implements SequenceCache {
  readonly #pool: KVPool;
  #pages: number[] = [];
  #length = 0;
  #isFreed = false;

  constructor(pool: KVPool) {
    this.#pool = pool;
  }

  get length(): number {
    return this.#length;
  }

  get isFreed(): boolean {
    return this.#isFreed;
  }

  /** Numbers of its pages, from position 0 on. */
  get pages(): readonly number[] {
    return this.#pages;
  }

  belongsTo(pool: KVPool): boolean {
    return this.#pool === pool;
  }

  reserve(numTokens: number): void {
    this.#requireAlive();
    const missing = Math.ceil((this.#length + numTokens) / PAGE_TOKENS) - this.#pages.length;
    if (missing > 0) this.#pages.push(...this.#pool.take(missing));
  }

  /** Count tokens that were written to reserved pages. */
  commit(numTokens: number): void {
    this.#length += numTokens;
  }

  /** Give reserved pages back that hold no token. */
  rollback(): void {
    this.#dropPagesFrom(Math.ceil(this.#length / PAGE_TOKENS));
  }

  truncate(length: number): void {
    this.#requireAlive();
    if (!(Number.isInteger(length) && length >= 0 && length <= this.#length)) {
      throw new KVCacheError(
        `a KV cache of ${this.#length} tokens cannot be cut to a length of ${length}`,
      );
    }
    this.#length = length;
    this.rollback();
  }

  free(): void {
    if (this.#isFreed) throw new KVCacheError("this KV cache was freed before");
    this.#isFreed = true;
    this.#length = 0;
    this.#dropPagesFrom(0);
  }

  #dropPagesFrom(number: number): void {
    this.#pool.giveBack(this.#pages.splice(number));
  }

  #requireAlive(): void {
    if (this.#isFreed) throw new KVCacheError("this KV cache was freed");
    if (this.#pool.isClosed) throw new KVCacheError("the executor of this KV cache was closed");
  }
}
