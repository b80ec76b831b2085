import { describe, expect, test } from "vitest";
import {
  ConfigError,
  ContextLengthError,
  GuestError,
  GuestTrapError,
  LoadCancelledError,
  ModelNotFoundError,
  RealmError,
  TenantClosedError,
} from "../../src/errors.js";
import { checkedConfig } from "../../src/options.js";
import type { GenerationRequest, LoadProgress } from "../../src/types.js";
import { errorOf, recordOf } from "../../src/worker/error_record.js";
import { inThread } from "../support/channel.js";
import { INFO, response, ScriptedBackend, tokenEvent } from "../support/scripted_backend.js";

const REQUEST: GenerationRequest = { model: "a", text: "one two", config: checkedConfig() };

async function loaded() {
  const engine = new ScriptedBackend();
  const channel = inThread(async () => engine);
  await channel.backend.loadModel(new Uint8Array(8), "a", {});
  return { engine, channel, backend: channel.backend };
}

describe("calls", () => {
  test("give what the engine gives", async () => {
    const { backend, channel } = await loaded();
    const texts: string[] = [];
    const said = await backend.generate(REQUEST, { onToken: ({ text }) => texts.push(text) });
    expect(said.text).toBe("a one two ");
    expect(texts).toEqual(["a ", "one ", "two "]);
    expect(await backend.tokenize("a", "hi", { addSpecial: false, parseSpecial: false })).toEqual([
      104, 105,
    ]);
    expect(await backend.detokenize("a", [104], { renderSpecial: false })).toBe("h");
    expect((await backend.models()).map(({ id }) => id)).toEqual(["a"]);
    expect(await backend.unloadModel("a")).toBe(100);
    expect(channel.numStarted).toBe(1);
    await backend.dispose();
  });

  test("many at once are told apart", async () => {
    const { backend } = await loaded();
    const prompts = Array.from({ length: 20 }, (_, index) => `prompt ${index}`);
    const said = await Promise.all(
      prompts.map((text) => backend.generate({ ...REQUEST, text }, {})),
    );
    expect(said.map(({ text }) => text)).toEqual(prompts.map((text) => `a ${text} `));
    await backend.dispose();
  });

  test("fast tokens travel together, the first at once, and none is lost", async () => {
    const { backend, engine, channel } = await loaded();
    engine.script = async (request, { onToken }) => {
      const texts = Array.from({ length: 1000 }, (_, index) => `${index} `);
      for (const [index, text] of texts.entries()) onToken?.(tokenEvent(text, index));
      return response(request, texts);
    };
    const seen: number[] = [];
    await backend.generate(REQUEST, { onToken: ({ index }) => seen.push(index) });
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    const batches = channel.received.filter(({ kind }) => kind === "tokens");
    expect(batches[0]).toMatchObject({ events: [{ index: 0 }] });
    expect(batches.length).toBeLessThan(100);
    await backend.dispose();
  });

  test("an abort reaches the engine, also one that was before", async () => {
    const { backend } = await loaded();
    const abort = new AbortController();
    const said = await backend.generate(
      { ...REQUEST, text: Array(1000).fill("x").join(" ") },
      { signal: abort.signal, onToken: () => abort.abort() },
    );
    expect(said.finishReason).toBe("cancelled");
    const none = await backend.generate(REQUEST, { signal: abort.signal });
    expect([none.finishReason, none.text]).toEqual(["cancelled", ""]);
    await backend.dispose();
  });
});

describe("loading", () => {
  test("progress comes, the last of it always", async () => {
    const { backend, engine } = await loaded();
    engine.load = async (_, id, { onProgress }) => {
      for (let doneBytes = 0; doneBytes <= 1000; doneBytes += 1) {
        onProgress?.({ model: id, stage: "read", doneBytes, totalBytes: 1000 });
      }
      return { ...INFO, id };
    };
    const seen: LoadProgress[] = [];
    await backend.loadModel(new Uint8Array(1), "b", { onProgress: (news) => seen.push(news) });
    expect(seen.at(-1)).toEqual({ model: "b", stage: "read", doneBytes: 1000, totalBytes: 1000 });
    expect(seen.length).toBeLessThan(50);
    await backend.dispose();
  });

  test("bytes are copied, or handed over with transfer", async () => {
    const { backend, engine } = await loaded();
    const bytes = new Uint8Array(9 << 20).fill(7);
    await backend.loadModel(bytes.subarray(5), "b", {});
    expect(bytes.length).toBe(9 << 20);
    const copy = engine.sources.at(-1) as Uint8Array;
    expect(Buffer.compare(copy, bytes.subarray(5))).toBe(0);
    await backend.loadModel(bytes, "c", { transfer: true });
    expect(bytes.length).toBe(0);
    expect((engine.sources.at(-1) as Uint8Array).length).toBe(9 << 20);
    await backend.dispose();
  });

  test("blobs, URLs and paths arrive as what they are", async () => {
    const { backend, engine } = await loaded();
    const blob = new Blob(["GGUF"]);
    for (const source of [blob, new URL("https://example.org/m.gguf"), "/models/m.gguf"]) {
      await backend.loadModel(source, "b", {});
    }
    const [sentBlob, url, path] = engine.sources.slice(1);
    expect(await (sentBlob as Blob).text()).toBe("GGUF");
    expect((url as URL).href).toBe("https://example.org/m.gguf");
    expect(path).toBe("/models/m.gguf");
    await backend.dispose();
  });

  test("an abort before or during it is an error, and the next load works", async () => {
    const { backend, engine } = await loaded();
    const load = engine.load;
    engine.load = (_, id, { signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(new LoadCancelledError(`${id} given up`)));
      });
    const abort = new AbortController();
    const loading = backend.loadModel(new Uint8Array(1), "b", { signal: abort.signal });
    setTimeout(() => abort.abort(), 5);
    await expect(loading).rejects.toThrowError("b given up");
    await expect(
      backend.loadModel(new Uint8Array(1), "b", { signal: abort.signal }),
    ).rejects.toThrowError(LoadCancelledError);
    engine.load = load;
    expect((await backend.loadModel(new Uint8Array(1), "b", {})).id).toBe("b");
    await backend.dispose();
  });

  test("what a callback throws is thrown, and stops the load", async () => {
    const { backend, engine } = await loaded();
    let isStopped = false;
    engine.load = (_, id, { onProgress, signal }) =>
      new Promise((resolve) => {
        signal?.addEventListener("abort", () => {
          isStopped = true;
          resolve({ ...INFO, id });
        });
        onProgress?.({ model: id, stage: "read", doneBytes: 0, totalBytes: 1 });
      });
    const onProgress = () => {
      throw new RangeError("mine");
    };
    const loading = backend.loadModel(new Uint8Array(1), "b", { onProgress });
    await expect(loading).rejects.toThrowError(RangeError);
    await expect.poll(() => isStopped).toBe(true);
    await backend.dispose();
  });
});

describe("errors", () => {
  test("cross with class, code, fields and where they were thrown", () => {
    const error = new GuestTrapError("it trapped", { trapCode: "unreachable", frames: ["a", "b"] });
    const back = errorOf(structuredClone(recordOf(error)));
    expect(back).toBeInstanceOf(GuestTrapError);
    expect(back).toMatchObject({ code: "guest_trap", trapCode: "unreachable", frames: ["a", "b"] });
    expect(back.message).toBe("it trapped");
    expect(back.stack).toBe(error.stack);
    const wide = new ContextLengthError("long", { numTokens: 9, contextLength: 8 });
    expect(errorOf(recordOf(wide))).toMatchObject({ numTokens: 9, contextLength: 8 });
  });

  test("with fields that cannot be sent cross too, and so does what is no error of ours", () => {
    const odd = new ConfigError("odd", { field: "x", value: () => 1 });
    expect(errorOf(structuredClone(recordOf(odd)))).toMatchObject({ field: "x", value: "() => 1" });
    const strange = errorOf(structuredClone(recordOf(new TypeError("x is undefined"))));
    expect(strange).toBeInstanceOf(RealmError);
    expect(strange.message).toBe("the engine failed: x is undefined");
    expect(errorOf(recordOf("text")).message).toBe("the engine failed: text");
  });

  test("of the engine reject the call", async () => {
    const { backend } = await loaded();
    await expect(backend.unloadModel("z")).rejects.toThrowError(ModelNotFoundError);
    await expect(backend.generate({ ...REQUEST, model: "z" }, {})).rejects.toThrowError(
      ModelNotFoundError,
    );
    await backend.dispose();
  });

  test("of its start too, and the next call tries again", async () => {
    let numTries = 0;
    const channel = inThread(async () => {
      numTries += 1;
      if (numTries === 1) throw new ConfigError("no SIMD here");
      return new ScriptedBackend();
    });
    await expect(channel.backend.init()).rejects.toThrowError("no SIMD here");
    expect(channel.numTerminated).toBe(1);
    await channel.backend.init();
    expect(channel.numStarted).toBe(2);
    await channel.backend.dispose();
  });
});

describe("a worker that ends by itself", () => {
  test("rejects all that wait; the next call starts a new one", async () => {
    const { backend, engine, channel } = await loaded();
    engine.script = () => new Promise(() => undefined);
    const waiting = [backend.generate(REQUEST, {}), backend.generate(REQUEST, {})];
    const outcomes = Promise.allSettled(waiting);
    await expect.poll(() => engine.requests.length).toBe(2);
    channel.crash("out of memory");
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: { code: "guest_error", message: expect.stringContaining("out of memory") },
      });
      expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(GuestError);
    }
    expect((await backend.loadModel(new Uint8Array(1), "b", {})).id).toBe("b");
    expect(channel.numStarted).toBe(2);
    await backend.dispose();
  });

  test("at its start rejects the first call", async () => {
    const channel = inThread(() => new Promise(() => undefined));
    const waiting = channel.backend.init();
    channel.crash("its script cannot be loaded");
    await expect(waiting).rejects.toThrowError(GuestError);
    await channel.backend.dispose();
  });
});

describe("disposing", () => {
  test("ends what runs with the text so far, and then the worker", async () => {
    const { backend, engine, channel } = await loaded();
    engine.script = (request, { signal, onToken }) =>
      new Promise((resolve) => {
        onToken?.(tokenEvent("so far", 0));
        signal?.addEventListener("abort", () =>
          resolve(response(request, ["so far"], "cancelled")),
        );
      });
    const running = backend.generate(REQUEST, {});
    await expect.poll(() => engine.requests.length).toBe(1);
    await backend.dispose();
    await backend.dispose();
    expect(await running).toMatchObject({ finishReason: "cancelled", text: "so far" });
    expect(channel.numTerminated).toBe(1);
    await expect(backend.models()).rejects.toThrowError(TenantClosedError);
  });

  test("an engine that does not end is ended", async () => {
    const { backend, engine, channel } = await loaded();
    engine.script = () => new Promise(() => undefined);
    const running = backend.generate(REQUEST, {});
    const outcome = expect(running).rejects.toThrowError(TenantClosedError);
    await expect.poll(() => engine.requests.length).toBe(1);
    await backend.dispose();
    await outcome;
    expect(channel.numTerminated).toBe(1);
  });

  test("one that was never started is nothing", async () => {
    const channel = inThread(async () => new ScriptedBackend());
    await channel.backend.dispose();
    expect(channel.numStarted).toBe(0);
  });
});
