import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { oncePerFrame, SlicedQueue } from "../../src/shared/frames";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("oncePerFrame", () => {
  it("runs once however often it was asked", async () => {
    const run = vi.fn();
    const frame = oncePerFrame(run);
    for (let count = 0; count < 50; count += 1) frame.schedule();
    expect(run).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(20);
    expect(run).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(run).toHaveBeenCalledTimes(1);
    frame.schedule();
    await vi.advanceTimersByTimeAsync(20);
    expect(run).toHaveBeenCalledTimes(2);
  });

  it("runs in a page without frames, too", async () => {
    vi.stubGlobal("requestAnimationFrame", () => 0);
    const run = vi.fn();
    oncePerFrame(run).schedule();
    await vi.advanceTimersByTimeAsync(300);
    expect(run).toHaveBeenCalledTimes(1);
    vi.unstubAllGlobals();
  });

  it("can be called off", async () => {
    const run = vi.fn();
    const frame = oncePerFrame(run);
    frame.schedule();
    frame.cancel();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(run).not.toHaveBeenCalled();
  });
});

describe("SlicedQueue", () => {
  it("waits until it is opened, then works from the end", async () => {
    const queue = new SlicedQueue();
    const done: number[] = [];
    for (const job of [1, 2, 3]) queue.add(() => done.push(job));
    await vi.advanceTimersByTimeAsync(100);
    expect(done).toEqual([]);
    queue.open();
    await vi.advanceTimersByTimeAsync(100);
    expect(done).toEqual([3, 2, 1]);
  });

  it("gives the page its turn between slices", async () => {
    const queue = new SlicedQueue(10);
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const done: number[] = [];
    for (const job of [1, 2, 3, 4]) {
      queue.add(() => {
        now += 6;
        done.push(job);
      });
    }
    queue.open();
    await vi.advanceTimersToNextTimerAsync();
    expect(done).toEqual([4, 3]);
    await vi.advanceTimersToNextTimerAsync();
    expect(done).toEqual([4, 3, 2, 1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("forgets what was taken back, and goes on after a job that threw", async () => {
    const queue = new SlicedQueue();
    const done: string[] = [];
    queue.add(() => done.push("kept"));
    queue.add(() => done.push("taken back"))();
    queue.add(() => {
      throw new Error("one bad text");
    });
    queue.open();
    await expect(vi.advanceTimersByTimeAsync(1)).rejects.toThrow("one bad text");
    await vi.advanceTimersByTimeAsync(100);
    expect(done).toEqual(["kept"]);
  });
});
