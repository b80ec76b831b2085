import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  APIStatusError,
  ContextLengthError,
  type LoadProgress,
  ModelFormatError,
  ModelNotFoundError,
  PromptError,
  Realm,
} from "../../src/node.js";
import { ADMIN_KEY, type LiveServer, startServer, USER_KEY } from "../support/live_server.js";
import { PYTHON } from "../support/python.js";

const TALES = fileURLToPath(new URL("../../../../realm_jupyter/demo/tales.gguf", import.meta.url));
const QUESTION = "What is the capital of France?";

describe.skipIf(PYTHON === null)("realm serve", () => {
  let server: LiveServer;
  const connect = (apiKey = USER_KEY, more = {}) =>
    new Realm({ mode: "server", baseUrl: server.url, apiKey, ...more });

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.stop());

  test("answers, in pieces and whole", async () => {
    await using realm = connect();
    expect((await realm.getModels()).map(({ id }) => id)).toContain("paris");
    const stream = realm.stream(QUESTION, { model: "paris", temperature: 0, logprobs: 2 });
    let text = "";
    const reasons = [];
    for await (const event of stream) {
      text += event.text;
      reasons.push(event.finishReason);
    }
    const said = await stream.response;
    expect(said.text).toBe(text);
    expect(text).toContain("Paris");
    expect(reasons.at(-1)).toBe("stop");
    expect(said.usage.promptTokens).toBe(said.promptIds.length);
    expect(said.logprobs).toHaveLength(said.tokenIds.length);
    expect(said.alternatives[0]).toHaveLength(2);
    expect(said.timings.totalMs).toBeGreaterThan(0);
    const chat = await realm.chat(QUESTION, { model: "paris", temperature: 0 });
    expect(chat.text).toBe(text);
    const again = await realm.generate({ tokenIds: said.promptIds }, { temperature: 0 });
    expect(again.tokenIds).toEqual(said.tokenIds);
  });

  test("draws with the seed, and several prompts at once", async () => {
    await using realm = connect(USER_KEY, { defaultModel: "paris" });
    const options = { seed: 7, maxTokens: 8, logitBias: { 5: -Infinity }, stop: ["zzz"] };
    const [one, two] = await realm.generateBatch([QUESTION, QUESTION], options);
    expect(one?.tokenIds).toEqual(two?.tokenIds);
    expect(one?.seed).toBe(7);
  });

  test("stops when it is told to", async () => {
    await using realm = connect();
    const stream = realm.stream("Once", { model: "paris", raw: true, ignoreEos: true });
    for await (const event of stream) if (event.index === 2) break;
    const cut = await stream.response;
    expect(cut.finishReason).toBe("cancelled");
    expect(cut.tokenIds.length).toBeGreaterThan(2);
  });

  test("counts tokens", async () => {
    await using realm = connect();
    const ids = await realm.tokenize(QUESTION);
    expect(await realm.countTokens(QUESTION)).toBe(ids.length);
    expect(await realm.detokenize(ids)).toBe(QUESTION);
  });

  test("refuses in the classes of Python", async () => {
    await using realm = connect();
    const long = Array(3000).fill("France").join(" ");
    await expect(realm.generate(long, { model: "paris" })).rejects.toThrowError(ContextLengthError);
    await expect(realm.generate("hi", { model: "nobody" })).rejects.toThrowError(
      ModelNotFoundError,
    );
    await expect(realm.generate({ tokenIds: [] }, { model: "paris" })).rejects.toThrowError(
      PromptError,
    );
    await expect(realm.loadModel("tales", "t")).rejects.toMatchObject({ status: 403 });
    await expect(connect("no-such-key").getModels()).rejects.toThrowError(APIStatusError);
  });

  test("loads by name, from a file and from bytes for its administrator, and unloads", async () => {
    await using realm = connect(ADMIN_KEY);
    const news: LoadProgress[] = [];
    const byName = await realm.loadModel("tales", "by-name", { onProgress: (n) => news.push(n) });
    expect(byName).toMatchObject({ id: "by-name", isCurrent: true });
    for (const { doneBytes, totalBytes } of news) expect(doneBytes).toBeLessThanOrEqual(totalBytes);
    expect((await realm.loadModel(TALES, "from-file")).fileBytes).toBe(byName.fileBytes);
    const bytes = new Uint8Array(await readFile(TALES));
    expect((await realm.loadModel(bytes, "from-bytes")).fileBytes).toBe(byName.fileBytes);
    expect((await realm.loadModel(new Blob([bytes]), "from-blob")).fileBytes).toBe(bytes.length);
    const tale = await realm.generate("Once", { raw: true, maxTokens: 4, temperature: 0 });
    expect(tale.model).toBe("from-blob");
    await realm.useModel("paris");
    expect(await realm.getCurrentModel()).toBe("paris");
    for (const id of ["by-name", "from-file", "from-bytes", "from-blob"]) {
      await realm.unloadModel(id);
    }
    await expect(realm.unloadModel("by-name")).rejects.toThrowError(ModelNotFoundError);
    const broken = realm.loadModel(bytes.subarray(0, 1000), "broken");
    await expect(broken).rejects.toThrowError(ModelFormatError);
    expect(await realm.isModelLoaded("broken")).toBe(false);
  });
});
