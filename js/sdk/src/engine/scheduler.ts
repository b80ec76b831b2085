/** Continuous batching: runs what all lanes of a model ask for as one ragged batch. */

import { TenantBusyError } from "../errors.js";
import type { Chunk, Executor } from "../kernels/executor.js";
import type { Lane } from "./lane.js";
import { nextTurn } from "./turn.js";

// Logits of one step: with many sequences and a large vocabulary they would outgrow the model.
const LOGITS_BYTES = 64 << 20;
const MIN_STEP_LANES = 16;
const MAX_STEP_LANES = 256;
// Waiting lanes cost memory in their guests, and no one wants to wait for thousands.
const MAX_LANES = 8192;

const PREFILL_WORK = 64e9;
const PREFILL_MIN_TOKENS = 32;
const PREFILL_MAX_TOKENS = 128;

/**
 * How many prompt tokens one step runs: a power of two from 32 to 128.
 *
 * It depends on the model alone, never on the clock, so that a prompt is cut in the same places
 * every time. Larger models get smaller chunks, because a step is the time that a cancel has to
 * wait.
 */
export function prefillChunkTokens(numParameters: number): number {
  let tokens = PREFILL_MIN_TOKENS;
  while (tokens * 2 * Math.max(numParameters, 1) <= PREFILL_WORK && tokens < PREFILL_MAX_TOKENS) {
    tokens *= 2;
  }
  return tokens;
}

/** How many sequences decode in one step at most: 16 to 256. */
export function lanesPerStep(vocabSize: number): number {
  const fitting = Math.floor(LOGITS_BYTES / (4 * vocabSize));
  return Math.max(MIN_STEP_LANES, Math.min(fitting, MAX_STEP_LANES));
}

export interface SchedulerOptions {
  /** Most prompt tokens of one step. */
  chunkTokens: number;
  /** Most decoding lanes of one step. */
  stepLanes: number;
  /** Most lanes that run or wait. */
  maxLanes?: number;
  /** Frees memory that could be done without; tells whether there was any. */
  reclaim?: () => boolean;
}

/** A lane and how many of its pending tokens the step runs. */
type Part = readonly [lane: Lane, numTokens: number];

/**
 * Each step runs the next tokens of every decoding lane and prompt chunks of at most
 * `chunkTokens` in total, so that a long prompt cannot starve the streams beside it. Lanes join
 * and leave between steps, where the event loop gets its turn.
 */
export class Scheduler {
  readonly #executor: Executor;
  readonly #options: SchedulerOptions;
  #lanes: Lane[] = [];
  #isClosed = false;
  #running: Promise<void> | null = null;

  constructor(executor: Executor, options: SchedulerOptions) {
    this.#executor = executor;
    this.#options = options;
  }

  get numLanes(): number {
    return this.#lanes.length;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @throws TenantBusyError if too many lanes run or wait already. */
  checkRoom(): void {
    const { maxLanes = MAX_LANES } = this.#options;
    if (this.#lanes.length >= maxLanes) {
      throw new TenantBusyError(
        `${maxLanes} requests run or wait on this model already; try again when some have ended`,
      );
    }
  }

  /** Let a lane join at the next step; a closed scheduler ends it as cancelled. */
  submit(lane: Lane): void {
    if (this.#isClosed) {
      lane.stop();
      return;
    }
    this.#lanes.push(lane);
    this.#running ??= this.#run();
  }

  /** End every lane as cancelled and wait for the step in progress. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    do {
      await nextTurn();
      this.#removeEnded();
      const batch = this.#compose();
      if (batch.length > 0) {
        this.#step(batch);
      }
    } while (this.#lanes.length > 0);
    this.#running = null;
  }

  #removeEnded(): void {
    for (const lane of this.#lanes) {
      if ((lane.isCancelled || this.#isClosed) && !lane.isDone) {
        lane.stop();
      }
    }
    this.#lanes = this.#lanes.filter((lane) => !lane.isDone);
  }

  #compose(): Part[] {
    const waiting = this.#lanes.filter((lane) => lane.pendingIds.length > 0);
    const decoding = waiting.filter((lane) => !lane.isPrefill);
    const prefilling = waiting.filter((lane) => lane.isPrefill);
    const batch: Part[] = [];
    for (const lane of decoding.slice(0, this.#options.stepLanes)) {
      this.#reserve(batch, lane, lane.pendingIds.length);
    }
    this.#addChunks(batch, prefilling);
    // Lanes take turns: those that had theirs go to the back where not all fit.
    const isCrowded = decoding.length > this.#options.stepLanes;
    if (prefilling.length > 0 || isCrowded) {
      const had = new Set(
        batch.map(([lane]) => lane).filter((lane) => isCrowded || lane.isPrefill),
      );
      const rest = this.#lanes.filter((lane) => !had.has(lane));
      this.#lanes = [...rest, ...had];
    }
    return batch;
  }

  #addChunks(batch: Part[], prefilling: readonly Lane[]): void {
    const { chunkTokens } = this.#options;
    let room = chunkTokens;
    for (const lane of prefilling) {
      const numTokens = Math.min(lane.pendingIds.length, chunkTokens);
      if (numTokens <= room && this.#reserve(batch, lane, numTokens)) {
        room -= numTokens;
      }
    }
  }

  /** Reserve a lane's pages before the step, so that a full one takes no other along. */
  #reserve(batch: Part[], lane: Lane, numTokens: number): boolean {
    try {
      this.#reserveOrReclaim(lane, numTokens);
    } catch (error) {
      lane.fail(error);
      return false;
    }
    batch.push([lane, numTokens]);
    return true;
  }

  #reserveOrReclaim(lane: Lane, numTokens: number): void {
    try {
      lane.cache.reserve(numTokens);
    } catch (error) {
      if (!(this.#options.reclaim?.() ?? false)) {
        throw error;
      }
      lane.cache.reserve(numTokens);
    }
  }

  #step(batch: readonly Part[]): void {
    const started = performance.now();
    const lengths = batch.map(([lane]) => lane.cache.length);
    let rows: Float32Array[];
    try {
      rows = this.#executor.forward(batch.map(chunkOf));
    } catch (error) {
      this.#undo(batch, lengths, error);
      return;
    }
    const durationMs = performance.now() - started;
    batch.forEach(([lane, numTokens], index) => {
      try {
        lane.ran(numTokens, durationMs);
        const row = rows[index];
        if (row !== undefined && row.length > 0) {
          lane.advance(row);
        }
      } catch (error) {
        lane.fail(error);
      }
    });
  }

  /** Find out whose fault a failed step was: run the lanes one by one. */
  #undo(batch: readonly Part[], lengths: readonly number[], error: unknown): void {
    if (batch.length === 1) {
      batch[0]?.[0].fail(error);
      return;
    }
    batch.forEach(([lane, numTokens], index) => {
      try {
        lane.cache.truncate(lengths[index] as number);
      } catch (broken) {
        lane.fail(broken);
        return;
      }
      this.#step([[lane, numTokens]]);
    });
  }
}

function chunkOf([lane, numTokens]: Part): Chunk {
  const { cache, pendingIds } = lane;
  return {
    cache,
    tokenIds: pendingIds.subarray(0, numTokens),
    isLast: numTokens === pendingIds.length,
  };
}
