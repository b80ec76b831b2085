import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Realm as BuiltRealm } from "@realm-jupyter/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  APIStatusError,
  ContextLengthError,
  GrammarError,
  type LoadProgress,
  ModelFormatError,
  ModelNotFoundError,
  PromptError,
  Realm,
  RequestError,
  type TokenEvent,
} from "../../src/node.js";
import {
  ADMIN_KEY,
  type LiveServer,
  startServer,
  USER_KEY,
  writeToolModel,
} from "../support/live_server.js";
import { PARIS } from "../support/paths.js";
import { PYTHON } from "../support/python.js";

const TALES = fileURLToPath(new URL("../../../../realm_jupyter/demo/tales.gguf", import.meta.url));
const QUESTION = "What is the capital of France?";

describe.skipIf(PYTHON === null)("realm serve", () => {
  let server: LiveServer;
  let folder = "";
  const connect = (apiKey = USER_KEY, more = {}) =>
    new Realm({ mode: "server", baseUrl: server.url, apiKey, ...more });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "realm-tools-"));
    server = await startServer(writeToolModel(folder));
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true });
  });

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

  test("keeps an answer to a form", async () => {
    await using realm = connect(USER_KEY, { defaultModel: "paris" });
    const schema = {
      type: "object",
      properties: { city: { enum: ["Paris", "Rome"] }, size: { type: "integer", maximum: 9 } },
      required: ["city", "size"],
      additionalProperties: false,
    };
    const options = { temperature: 0, maxTokens: 40 };
    const said = await realm.chat(QUESTION, { ...options, jsonSchema: schema });
    expect(Object.keys(JSON.parse(said.text))).toEqual(["city", "size"]);
    const format = { type: "json_schema", json_schema: { name: "x", schema } } as const;
    const again = await realm.generate(QUESTION, { ...options, responseFormat: format });
    expect(again.text).toBe(said.text);
    const year = await realm.generate(QUESTION, { ...options, grammar: "/[0-9]{4}/" });
    expect(year.text).toMatch(/^[0-9]{4}$/);
    const object = await realm.generate(QUESTION, { ...options, maxTokens: 1, jsonObject: true });
    expect(object.text).toMatch(/^\{/);
    const wrong = realm.generate(QUESTION, { grammar: "start: nothing" });
    await expect(wrong).rejects.toThrowError(GrammarError);
    await expect(wrong).rejects.toMatchObject({ field: "grammar" });
    const strange = realm.chat(QUESTION, { jsonSchema: { type: "strange" } });
    await expect(strange).rejects.toMatchObject({ code: "grammar", field: "jsonSchema" });
  });

  test("offers tools, tells their calls, and takes the answers", async () => {
    await using realm = connect();
    const tools = [
      {
        type: "function",
        function: {
          name: "get_capital",
          description: "The capital of a country",
          parameters: {
            type: "object",
            properties: { country: { enum: ["France", "Italy"] } },
            required: ["country"],
            additionalProperties: false,
          },
        },
      },
    ] as const;
    const options = { model: "hermes", tools, temperature: 0, maxTokens: 80 };
    const stream = realm.streamChat(QUESTION, { ...options, toolChoice: "required" });
    const events: TokenEvent[] = [];
    for await (const event of stream) events.push(event);
    const said = await stream.response;
    expect(said).toMatchObject({ text: "", finishReason: "tool_calls" });
    const [call] = said.toolCalls;
    expect(call?.function.name).toBe("get_capital");
    expect(["France", "Italy"]).toContain(call?.function.arguments.country);
    expect(events.at(-1)).toMatchObject({ finishReason: "tool_calls", toolCalls: said.toolCalls });
    expect(said.tokenIds.length).toBe(said.usage.completionTokens);
    const next = await realm.chat(
      [
        { role: "user", content: QUESTION },
        { role: "assistant", content: said.text, toolCalls: said.toolCalls },
        { role: "tool", content: "Paris", toolCallId: call?.id ?? "" },
      ],
      options,
    );
    expect(next).toMatchObject({ finishReason: "stop", toolCalls: [] });
    expect(next.text.length).toBeGreaterThan(0);
    const none = realm.chat(QUESTION, { ...options, model: "paris" });
    await expect(none).rejects.toThrowError(RequestError);
    await expect(none).rejects.toMatchObject({ field: "tools" });
  });

  test("embeds as models in this process do", async () => {
    await using realm = connect();
    await using local = new BuiltRealm({ threads: 1 });
    await local.loadModel(PARIS, "paris");
    const ids = await realm.tokenize("Italy and Rome", { model: "paris", addSpecial: true });
    const there = await realm.embed(["France", ids, QUESTION.repeat(12)], { model: "paris" });
    const here = await local.embed(["France", ids, QUESTION.repeat(12)]);
    expect(here.usage).toEqual(there.usage);
    for (const [index, vector] of there.vectors.entries()) {
      const other = here.vectors[index] as Float32Array;
      const cosine = vector.reduce((sum, value, at) => sum + value * (other[at] as number), 0);
      expect(vector).toHaveLength(192);
      // The server's executor may round activations in another way.
      expect(cosine).toBeCloseTo(1, 3);
    }
    expect((await realm.embed("France", { model: "paris" })).vectors).toHaveLength(1);
    await expect(realm.embed([], { model: "paris" })).rejects.toThrowError(PromptError);
    await expect(realm.embed([""], { model: "nobody" })).rejects.toThrowError(ModelNotFoundError);
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
