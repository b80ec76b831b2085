import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createContext, KernelError, type OwnedContext } from "../../src/shared/context";

/** A model whose other end is the test. */
class Wire {
  readonly sent: Record<string, unknown>[] = [];
  readonly buffers: unknown[] = [];
  readonly handlers = new Map<string, Set<(...args: unknown[]) => void>>();
  failure: Error | null = null;

  get(): unknown {
    return "chat";
  }

  send(content: unknown, _callbacks?: unknown, buffers?: unknown): void {
    if (this.failure !== null) throw this.failure;
    this.sent.push(content as Record<string, unknown>);
    this.buffers.push(buffers);
  }

  on(event: string, handler: (...args: unknown[]) => void): void {
    this.handlers.set(event, (this.handlers.get(event) ?? new Set()).add(handler));
  }

  off(event: string, handler: (...args: unknown[]) => void): void {
    this.handlers.get(event)?.delete(handler);
  }

  trigger(event: string, content?: unknown): void {
    for (const handler of this.handlers.get(event) ?? []) handler(content);
  }

  answer(index: number, part: object): void {
    const request = this.sent[index]?.request;
    this.trigger("msg:custom", {
      type: "answer",
      request,
      ok: true,
      result: {},
      error: null,
      ...part,
    });
  }
}

describe("createContext", () => {
  let wire: Wire;
  let context: OwnedContext;

  beforeEach(() => {
    vi.useFakeTimers();
    wire = new Wire();
    context = createContext(wire);
  });

  afterEach(() => {
    context.dispose();
    vi.useRealTimers();
  });

  it("gives each request the answer that names it, in whatever order they come", async () => {
    const first = context.request({ type: "ping" });
    const second = context.request({ type: "asset", name: "maths.js" });
    wire.answer(1, { result: { text: "second" } });
    wire.answer(0, { result: { seq: 1 } });
    expect(await first).toEqual({ seq: 1 });
    expect(await second).toEqual({ text: "second" });
  });

  it("has ids that no other view of the widget has", () => {
    const other = createContext(wire);
    void context.ping();
    void other.ping();
    expect(wire.sent[0]?.request).not.toBe(wire.sent[1]?.request);
    other.dispose();
  });

  it("leaves answers to other views alone", async () => {
    const asked = context.request({ type: "ping" });
    wire.trigger("msg:custom", { type: "answer", request: "theirs", ok: true, result: { seq: 9 } });
    wire.answer(0, { result: { seq: 1 } });
    expect(await asked).toEqual({ seq: 1 });
  });

  it("rejects with the kernel's own words", async () => {
    const asked = context.request({ type: "stop" });
    wire.answer(0, { ok: false, result: null, error: { code: "config", message: "No." } });
    await expect(asked).rejects.toEqual(new KernelError("config", "No."));
    expect(context.connected.value).toBe(true);
  });

  it("counts a kernel that does not answer as silent, and as back with its next word", async () => {
    const asked = context.request({ type: "stop" }, { timeoutMs: 100 });
    const outcome = expect(asked).rejects.toMatchObject({ code: "timeout" });
    await vi.advanceTimersByTimeAsync(100);
    await outcome;
    expect(context.link.value).toBe("silent");
    wire.trigger("msg:custom", { type: "status", seq: 1, status: {} });
    expect(context.link.value).toBe("up");
  });

  it("counts a kernel that cannot be reached as silent", async () => {
    wire.failure = new Error("no connection");
    await expect(context.request({ type: "stop" })).rejects.toMatchObject({ code: "disconnected" });
    expect(context.connected.value).toBe(false);
  });

  it("rejects all that waits when the comm is closed, and sends no more", async () => {
    const asked = context.request({ type: "stop" });
    wire.trigger("comm:close");
    await expect(asked).rejects.toMatchObject({ code: "disconnected" });
    await expect(context.request({ type: "stop" })).rejects.toMatchObject({ code: "disconnected" });
    expect(wire.sent).toHaveLength(1);
    wire.trigger("msg:custom", { type: "status", seq: 1, status: {} });
    expect(context.link.value).toBe("closed");
  });

  it("asks for a sign of life when the connection changed, and believes only an answer", async () => {
    wire.trigger("comm_live_update");
    expect(context.link.value).toBe("silent");
    expect(wire.sent.map((message) => message.type)).toEqual(["ping"]);
    wire.answer(0, { result: { seq: 0 } });
    expect(context.link.value).toBe("up");
  });

  it("finds out by itself that the kernel is gone, and asks ever more rarely", async () => {
    await vi.advanceTimersByTimeAsync(40_000);
    expect(context.link.value).toBe("silent");
    const early = wire.sent.length;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(wire.sent.length - early).toBeLessThan(8);
  });

  it("does not ask while messages come", async () => {
    for (let tick = 0; tick < 20; tick += 1) {
      await vi.advanceTimersByTimeAsync(5_000);
      wire.trigger("msg:custom", { type: "status", seq: tick, status: {} });
    }
    expect(wire.sent).toEqual([]);
  });

  it("hands events to those who asked for them, until they end that", () => {
    const some = vi.fn();
    const all = vi.fn();
    const end = context.on("settings", some);
    context.on("*", all);
    wire.trigger("msg:custom", { type: "settings", seq: 1 });
    wire.trigger("msg:custom", { type: "status", seq: 2 });
    end();
    wire.trigger("msg:custom", { type: "settings", seq: 3 });
    expect(some).toHaveBeenCalledTimes(1);
    expect(all).toHaveBeenCalledTimes(3);
  });

  it("asks for an asset once, and again only if that failed", async () => {
    const first = context.asset("maths.js");
    wire.answer(0, { ok: false, error: { code: "config", message: "Not now." } });
    await expect(first).rejects.toThrow("Not now.");
    const second = context.asset("maths.js");
    const third = context.asset("maths.js");
    wire.answer(1, { result: { text: "export {}" } });
    expect(await second).toBe("export {}");
    expect(await third).toBe("export {}");
    expect(wire.sent).toHaveLength(2);
  });

  it("sends binary data beside the message", () => {
    const data = new ArrayBuffer(3);
    const message = { type: "upload_chunk", load: "l1", offset_bytes: 0 } as const;
    context.request(message, { buffers: [data] }).catch(() => undefined);
    expect(wire.buffers).toEqual([[data]]);
  });

  it("ignores what is no message", () => {
    for (const content of [null, "text", 3, {}, []]) wire.trigger("msg:custom", content);
    expect(context.link.value).toBe("up");
  });

  it("leaves nothing behind", () => {
    context.dispose();
    expect([...wire.handlers.values()].every((set) => set.size === 0)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
