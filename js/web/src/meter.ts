/** From a series of byte counts to a rate and the time that is left. */

const WINDOW_MS = 4_000;

export class Meter {
  readonly #marks: { timeMs: number; bytes: number }[] = [];

  constructor(private readonly totalBytes: number) {}

  /** Take a count; return bytes a second over the last moments and the seconds left, if known. */
  read(doneBytes: number, nowMs: number): { rate: number | null; remaining: number | null } {
    const marks = this.#marks;
    const last = marks.at(-1);
    // A part that has to be fetched again counts anew.
    if (last !== undefined && doneBytes < last.bytes) marks.length = 0;
    marks.push({ timeMs: nowMs, bytes: doneBytes });
    while ((marks[1]?.timeMs ?? nowMs) < nowMs - WINDOW_MS) marks.shift();
    const first = marks[0];
    if (first === undefined || nowMs - first.timeMs < 250 || doneBytes <= first.bytes) {
      return { rate: null, remaining: null };
    }
    const rate = ((doneBytes - first.bytes) * 1000) / (nowMs - first.timeMs);
    return { rate, remaining: (this.totalBytes - doneBytes) / rate };
  }
}
