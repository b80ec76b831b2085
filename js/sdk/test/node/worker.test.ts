import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import {
  ConfigError,
  GuestError,
  GuestMissingError,
  LoadCancelledError,
  ModelDownloadError,
  ModelFormatError,
  ModelNotFoundError,
  type ModelSource,
  Realm,
} from "@realm-jupyter/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dist } from "../../scripts/build.mjs";
import { PARIS } from "../support/paths.js";

const QUESTION = "What is the capital of France?";
const ANSWER = "The capital of France is Paris.";
const GREEDY = { temperature: 0, maxTokens: 32 };
const run = promisify(execFile);

describe("an engine in a thread", () => {
  let bytes: Uint8Array<ArrayBuffer>;
  let realm: Realm;
  beforeAll(async () => {
    bytes = new Uint8Array(await readFile(PARIS));
    realm = new Realm({ threads: 1 });
    await realm.loadModel(bytes, "paris");
  });
  afterAll(() => realm.dispose());

  test("loads from bytes, a Blob, a file and the web", async () => {
    const server = createServer((_, response) => response.end(bytes));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const web = new URL(`http://127.0.0.1:${port}/paris.gguf`);
    const sources = { blob: new Blob([bytes]), file: pathToFileURL(PARIS), path: PARIS, web };
    for (const [id, source] of Object.entries(sources)) {
      await realm.loadModel(source, id);
      expect((await realm.generate(QUESTION, { ...GREEDY, model: id })).text).toBe(ANSWER);
      expect(await realm.unloadModel(id)).toBeGreaterThan(0);
    }
    server.closeAllConnections();
    server.close();
    expect(bytes.length).toBeGreaterThan(0);
  });

  test("streams, stops, and answers again", async () => {
    const stream = realm.stream(QUESTION, { model: "paris", temperature: 0, ignoreEos: true });
    for await (const event of stream) if (event.index === 2) break;
    const cut = await stream.response;
    expect(cut.finishReason).toBe("cancelled");
    expect(ANSWER.startsWith(cut.text) || cut.text.startsWith(ANSWER)).toBe(true);
    expect((await realm.generate(QUESTION, { model: "paris", ...GREEDY })).text).toBe(ANSWER);
  });

  test("answers several at once as it answers each", async () => {
    const prompts = ["France", "Japan", "Italy"].map((name) => `What is the capital of ${name}?`);
    const options = { model: "paris", ...GREEDY };
    const together = await realm.generateBatch(prompts, options);
    for (const [index, prompt] of prompts.entries()) {
      expect(together[index]?.text).toBe((await realm.generate(prompt, options)).text);
    }
  });

  test("counts tokens as the model does", async () => {
    const ids = await realm.tokenize(QUESTION, { model: "paris" });
    expect(await realm.countTokens(QUESTION, { model: "paris" })).toBe(ids.length);
    expect(await realm.detokenize(ids, { model: "paris" })).toBe(QUESTION);
  });

  test("gives up a load, and loads the next", async () => {
    for (const isLate of [false, true]) {
      const abort = new AbortController();
      if (!isLate) abort.abort();
      const loading = realm.loadModel(bytes, "given-up", {
        signal: abort.signal,
        onProgress: () => abort.abort(),
      });
      await expect(loading).rejects.toThrowError(LoadCancelledError);
      expect(await realm.isModelLoaded("given-up")).toBe(false);
    }
    await realm.loadModel(bytes, "given-up");
    await realm.unloadModel("given-up");
  });

  const refused: [string, () => ModelSource, new (message: string) => Error][] = [
    ["no GGUF file", () => new TextEncoder().encode("hello, I am a text"), ModelFormatError],
    ["a file that is cut", () => bytes.slice(0, 50_000), ModelFormatError],
    ["an empty file", () => new Uint8Array(0), ModelFormatError],
    ["no file at all", () => "/nowhere/model.gguf", ModelNotFoundError],
    ["a web that is not there", () => new URL("http://127.0.0.1:9/m.gguf"), ModelDownloadError],
    ["a protocol that is none", () => new URL("ftp://127.0.0.1/m.gguf"), Error],
  ];
  test.each(refused)("refuses %s and goes on", async (_, source, kind) => {
    await expect(realm.loadModel(source(), "bad")).rejects.toThrowError(kind);
    expect(await realm.isModelLoaded("bad")).toBe(false);
    expect((await realm.generate(QUESTION, { model: "paris", ...GREEDY })).text).toBe(ANSWER);
  });

  test("refuses an id that is taken", async () => {
    await expect(realm.loadModel(bytes, "paris")).rejects.toThrowError(ConfigError);
    await expect(realm.loadModel(bytes, "paris")).rejects.toThrowError("taken");
  });
});

describe("a thread that fails", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "realm-sdk-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("is told by its calls; the next call starts a new one", async () => {
    const script = `
import { parentPort } from "node:worker_threads";
parentPort.on("message", ({ call, name }) => {
  if (name === "generate") throw new RangeError("the sky fell");
  parentPort.postMessage({ call, kind: "result", result: name === "models" ? [] : undefined });
});`;
    await writeFile(join(folder, "engine_thread.js"), script);
    await writeFile(join(folder, "package.json"), '{"type":"module"}');
    await using realm = new Realm({ assetsUrl: pathToFileURL(folder) });
    const both = ["a", "b"].map((prompt) => realm.generate(prompt, { model: "m" }));
    for (const outcome of await Promise.allSettled(both)) {
      expect(outcome.status).toBe("rejected");
      const { reason } = outcome as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(GuestError);
      expect(reason.message).toContain("the engine's worker ended: the sky fell");
    }
    expect(await realm.getModels()).toEqual([]);
  });

  test("or that is not there is told with where it was looked for", async () => {
    await using realm = new Realm({ assetsUrl: pathToFileURL(join(folder, "nothing")) });
    await expect(realm.init()).rejects.toThrowError(GuestError);
    await expect(realm.init()).rejects.toThrowError("engine_thread.js");
  });

  test("for want of its WebAssembly files says which", async () => {
    const lonely = join(folder, "lonely");
    await run("mkdir", [lonely]);
    await run("cp", [join(dist, "engine_thread.js"), lonely]);
    await using realm = new Realm({ assetsUrl: `${pathToFileURL(lonely)}/` });
    await expect(realm.init()).rejects.toThrowError(GuestMissingError);
    await expect(realm.init()).rejects.toThrowError("guest.wasm cannot be read");
  });
});

/** Run a script of its own process with this package and give what it printed. */
async function inProcess(script: string): Promise<string> {
  const flags = ["--expose-gc", "--input-type=module", "--eval"];
  const sdk = pathToFileURL(join(dist, "node.js")).href;
  const head = `import { Realm } from ${JSON.stringify(sdk)};
const PARIS = ${JSON.stringify(PARIS)};\n`;
  const { stdout } = await run(process.execPath, [...flags, head + script], { timeout: 50_000 });
  return stdout;
}

describe("a process", () => {
  test("ends by itself, with a realm that nobody disposed of", async () => {
    const said = await inProcess(`
const realm = new Realm({ threads: 2 });
await realm.loadModel(PARIS, "paris");
console.log((await realm.generate("${QUESTION}", { temperature: 0, maxTokens: 32 })).text);`);
    expect(said.trim()).toBe(ANSWER);
  });

  test("gets its memory back from realms that were disposed of", async () => {
    const said = await inProcess(`
import { readFile } from "node:fs/promises";
const sizes = [];
for (let number = 0; number < 4; number += 1) {
  const realm = new Realm({ threads: 1 });
  const bytes = new Uint8Array(64 << 20); // much to lose; its head is a model
  bytes.set(await readFile(PARIS));
  await realm.loadModel(bytes, "paris", { transfer: true });
  await realm.generate("${QUESTION}", { maxTokens: 4 });
  await realm.dispose();
  gc();
  await new Promise((resolve) => setTimeout(resolve, 100));
  gc();
  sizes.push(process.memoryUsage().rss / 2 ** 20);
}
console.log(JSON.stringify(sizes));`);
    const sizes = JSON.parse(said) as number[];
    // Each turn has 64 MiB and a worker: none of the last three may be kept.
    expect((sizes.at(-1) as number) - (sizes[0] as number)).toBeLessThan(64);
  });
});
