/** Work in step with the screen, and in pieces that leave the page awake. */

const HIDDEN_PAGE_MS = 200;

/**
 * Return a function that has `run` called once in the next frame, however often it is called
 * itself; in a page that is not shown (which has no frames) a little later.
 */
export function oncePerFrame(run: () => void): { schedule(): void; cancel(): void } {
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const cancel = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    timer = undefined;
  };
  const go = () => {
    cancel();
    run();
  };
  return {
    schedule() {
      if (timer !== undefined) return;
      frame = requestAnimationFrame(go);
      timer = setTimeout(go, HIDDEN_PAGE_MS);
    },
    cancel,
  };
}

/** Jobs done a few at a time, the one added last first. */
export class SlicedQueue {
  readonly #jobs = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOpen = false;

  /** `sliceMs`: after how long the page gets its turn. */
  constructor(private readonly sliceMs = 12) {}

  /** Begin to work; jobs added before have waited. */
  open(): void {
    this.#isOpen = true;
    this.#schedule();
  }

  /** Add a job; returns what takes it back. */
  add(job: () => void): () => void {
    this.#jobs.add(job);
    this.#schedule();
    return () => this.#jobs.delete(job);
  }

  /** Forget what is left. */
  clear(): void {
    this.#jobs.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    if (!this.#isOpen || this.#timer !== undefined || this.#jobs.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#slice();
    });
  }

  #slice(): void {
    const end = performance.now() + this.sliceMs;
    // What is lowest on the page was added last, and is what the reader looks at.
    for (const job of [...this.#jobs].reverse()) {
      if (!this.#jobs.delete(job)) continue;
      try {
        job();
      } catch (error) {
        this.#schedule();
        throw error;
      }
      if (performance.now() >= end) break;
    }
    this.#schedule();
  }
}
