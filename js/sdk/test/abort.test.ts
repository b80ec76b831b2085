import { describe, expect, test, vi } from "vitest";
import { anySignal } from "../src/abort.js";
import { ConfigError, LoadCancelledError, Realm, RealmRegistry } from "../src/node.js";
import { ScriptedBackend } from "./support/scripted_backend.js";

/** A backend whose answers do not come. */
class SilentBackend extends ScriptedBackend {
  isSilent = false;

  override models() {
    return this.isSilent ? never<never>() : super.models();
  }
  override unloadModel(id: string) {
    return this.isSilent ? never<never>() : super.unloadModel(id);
  }
  override tokenize(id: string, text: string) {
    return this.isSilent ? never<never>() : super.tokenize(id, text);
  }
  override detokenize(id: string, tokenIds: readonly number[]) {
    return this.isSilent ? never<never>() : super.detokenize(id, tokenIds);
  }
  override embed(id: string, inputs: readonly (string | readonly number[])[]) {
    return this.isSilent ? never<never>() : super.embed(id, inputs);
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

async function made() {
  const backend = new SilentBackend();
  const realm = new Realm({ backend });
  await realm.loadModel(new Uint8Array(1), "a");
  await realm.loadModel(new Uint8Array(1), "b");
  backend.isSilent = true;
  return { backend, realm };
}

type Call = (realm: Realm, signal: AbortSignal) => Promise<unknown>;

const CALLS: [string, Call][] = [
  ["unloadModel", (realm, signal) => realm.unloadModel("a", { signal })],
  ["getModels", (realm, signal) => realm.getModels({ signal })],
  ["getModelInfo", (realm, signal) => realm.getModelInfo("a", { signal })],
  ["useModel", (realm, signal) => realm.useModel("a", { signal })],
  ["getCurrentModel", (realm, signal) => realm.getCurrentModel({ signal })],
  ["isModelLoaded", (realm, signal) => realm.isModelLoaded("a", { signal })],
  ["tokenize", (realm, signal) => realm.tokenize("x", { signal })],
  ["countTokens", (realm, signal) => realm.countTokens("x", { signal })],
  ["detokenize", (realm, signal) => realm.detokenize([1], { signal })],
  ["embed", (realm, signal) => realm.embed("x", { signal })],
];

describe("a signal", () => {
  test.each(CALLS)("gives %s up, and the next call works", async (_, call) => {
    const { backend, realm } = await made();
    const abort = new AbortController();
    const given = call(realm, abort.signal);
    abort.abort();
    await expect(given).rejects.toMatchObject({ name: "AbortError" });
    await expect(call(realm, abort.signal)).rejects.toMatchObject({ name: "AbortError" });
    await expect(call(realm, AbortSignal.abort("enough"))).rejects.toBe("enough");
    await expect(call(realm, {} as AbortSignal)).rejects.toThrowError(ConfigError);
    backend.isSilent = false;
    expect(await realm.getCurrentModel()).toBe("b");
    await call(realm, new AbortController().signal);
  });

  test("gives init up", async () => {
    const backend = new ScriptedBackend();
    backend.init = never;
    const realm = new Realm({ backend });
    await expect(realm.init({ signal: AbortSignal.timeout(10) })).rejects.toMatchObject({
      name: "TimeoutError",
    });
    const options = { signal: AbortSignal.timeout(10) };
    const load = realm.loadModel(new Uint8Array(1), "a", options);
    await expect(load).rejects.toThrowError(LoadCancelledError);
  });

  test("ends a text that waits for its model", async () => {
    const backend = new ScriptedBackend();
    backend.load = never;
    const realm = new Realm({ backend, defaultModel: "/models/a.gguf" });
    const abort = new AbortController();
    const stream = realm.stream("hi", { signal: abort.signal, seed: 7 });
    setTimeout(() => abort.abort(), 5);
    const reasons = [];
    for await (const { finishReason } of stream) reasons.push(finishReason);
    expect(reasons).toEqual(["cancelled"]);
    const expected = { text: "", finishReason: "cancelled", tokenIds: [], seed: 7 };
    expect(await stream.response).toMatchObject(expected);
  });

  test("that is none is refused", async () => {
    const { realm } = await made();
    for (const signal of [5, "now", null, {}] as never[]) {
      await expect(realm.generate("hi", { signal })).rejects.toThrowError(ConfigError);
      await expect(realm.generateBatch(["hi"], { signal })).rejects.toThrowError(ConfigError);
      await expect(realm.tokenize("hi", { signal })).rejects.toThrowError(ConfigError);
    }
  });

  test("reaches what a registry calls", async () => {
    const { backend } = await made();
    const registry = new RealmRegistry({ backend });
    const signal = AbortSignal.abort();
    for (const call of [
      registry.getModels({ signal }),
      registry.getModelInfo("a", { signal }),
      registry.unloadModel("a", { signal }),
    ]) {
      await expect(call).rejects.toMatchObject({ name: "AbortError" });
    }
  });

  test.each([true, false])("comes with the first of several, natively or not: %s", (isNative) => {
    if (!isNative) vi.stubGlobal("AbortSignal", { abort: AbortSignal.abort });
    const [first, second] = [new AbortController(), new AbortController()];
    const any = anySignal(first.signal, undefined, second.signal);
    expect(any.aborted).toBe(false);
    second.abort("enough");
    first.abort("too late");
    expect([any.aborted, any.reason]).toEqual([true, "enough"]);
    expect(anySignal(first.signal, second.signal).reason).toBe("too late");
    vi.unstubAllGlobals();
  });
});
