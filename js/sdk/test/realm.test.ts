import { describe, expect, test } from "vitest";
import {
  ConfigError,
  ModelNotFoundError,
  PromptError,
  Realm,
  RealmRegistry,
  SamplingParamsError,
  TenantBusyError,
  TenantClosedError,
} from "../src/node.js";
import type { RealmOptions } from "../src/realm_options.js";
import { echo, ScriptedBackend, tokenEvent } from "./support/scripted_backend.js";

function make(options: RealmOptions = {}) {
  const backend = new ScriptedBackend();
  return { backend, realm: new Realm({ backend, ...options }) };
}

async function loaded(...ids: string[]) {
  const made = make();
  for (const id of ids) await made.realm.loadModel(new Uint8Array(1), id);
  return made;
}

describe("options of a realm", () => {
  const refused: [unknown, string][] = [
    [{ mode: "remote" }, 'mode="remote" is not allowed: it must be "local" or "server"'],
    [{ thread: 2 }, "unknown option thread"],
    [{ threads: 0 }, "threads=0 is not allowed: it must be a whole number from 1 to 64"],
    [{ threads: 1e9 }, "threads=1000000000 is not allowed"],
    [{ memory: "64" }, 'memory="64" is not allowed: it must be "auto", "32-bit" or "64-bit"'],
    [{ kvType: "int4" }, 'kvType="int4" is not allowed'],
    [{ baseUrl: "http://x" }, 'baseUrl has no meaning in mode "local"'],
    [{ mode: "server", threads: 2 }, 'threads has no meaning in mode "server"'],
    [{ mode: "server" }, 'mode "server" needs baseUrl'],
    [{ mode: "server", baseUrl: "ftp://x" }, 'baseUrl="ftp://x" is not allowed'],
    [{ mode: "server", baseUrl: "http://x", apiKey: "a\nb" }, "apiKey is not allowed"],
    [{ mode: "server", baseUrl: "http://x", timeoutMs: 0 }, "timeoutMs=0 is not allowed"],
    [{ mode: "server", baseUrl: "http://x", maxRetries: -1 }, "maxRetries=-1 is not allowed"],
    [{ defaultModel: 3 }, "defaultModel=3 is not allowed"],
    [{ cache: "yes" }, 'cache="yes" is not allowed'],
  ];
  test.each(refused)("%o is refused", (options, message) => {
    expect(() => new Realm(options as RealmOptions)).toThrowError(ConfigError);
    expect(() => new Realm(options as RealmOptions)).toThrowError(message);
  });
});

describe("models", () => {
  test("several are there at once; requests go to the one loaded or used last", async () => {
    const { realm } = await loaded("a", "b");
    expect((await realm.getModels()).map(({ id, isCurrent }) => [id, isCurrent])).toEqual([
      ["a", false],
      ["b", true],
    ]);
    expect((await realm.generate("hi")).model).toBe("b");
    await realm.useModel("a");
    expect((await realm.generate("hi")).model).toBe("a");
    expect((await realm.generate("hi", { model: "b" })).model).toBe("b");
    expect(await realm.getCurrentModel()).toBe("a");
    expect((await realm.getModelInfo()).id).toBe("a");
    expect((await realm.getModelInfo("b")).isCurrent).toBe(false);
  });

  test("a change that is not waited for holds for the next request", async () => {
    const { realm } = await loaded("a", "b");
    const using = realm.useModel("a");
    expect((await realm.generate("hi")).model).toBe("a");
    await using;
  });

  test("unloading gives the bytes; an id that is unknown is an error", async () => {
    const { realm } = await loaded("a", "b");
    expect(await realm.unloadModel("b")).toBe(100);
    expect(await realm.isModelLoaded("b")).toBe(false);
    expect(await realm.isModelLoaded("a")).toBe(true);
    expect(await realm.getCurrentModel()).toBe("a");
    await expect(realm.unloadModel("b")).rejects.toThrowError(ModelNotFoundError);
    await expect(realm.useModel("b")).rejects.toThrowError('no loaded model has the id "b"');
    expect((await realm.generate("hi")).model).toBe("a");
  });

  test("none at all is told with what to do", async () => {
    const { realm } = make();
    expect(await realm.getModels()).toEqual([]);
    expect(await realm.getCurrentModel()).toBeNull();
    await expect(realm.generate("hi")).rejects.toThrowError(
      "no model is loaded; load one with loadModel(source, id)",
    );
    await expect(realm.getModelInfo()).rejects.toThrowError(ModelNotFoundError);
  });

  test.each([
    ["some/folder/Llama-3.2-1B.Q4_0.gguf", "Llama-3.2-1B.Q4_0"],
    ["https://example.org/a%20b.gguf?download=1", "a b"],
    [new URL("https://example.org/m-00001-of-00003.gguf"), "m"],
    [new Uint8Array(3), "model"],
    [new File([], "x.GGUF"), "x"],
  ])("%s is called %s", async (source, id) => {
    const { realm } = make();
    expect((await realm.loadModel(source)).id).toBe(id);
  });

  test.each(["", "a/b", "m.gguf", ".hidden", "x".repeat(129), 7, null])(
    "the id %s is refused",
    async (id) => {
      const { realm, backend } = make();
      const load = realm.loadModel(new Uint8Array(1), (id ?? { no: "id" }) as string);
      await expect(load).rejects.toThrowError(ConfigError);
      expect(backend.sources).toEqual([]);
    },
  );

  test.each([undefined, null, 5, "", [1, 2], {}])("%s is nothing to load", async (source) => {
    const { realm } = make();
    await expect(realm.loadModel(source as never, "a")).rejects.toThrowError(ConfigError);
  });

  test("a default that is a file is loaded once, by the first requests", async () => {
    const { realm, backend } = make({ defaultModel: "models/paris.gguf" });
    const answers = await Promise.all([realm.generate("hi"), realm.generate("there")]);
    expect(answers.map(({ model }) => model)).toEqual(["paris", "paris"]);
    expect(backend.sources).toEqual(["models/paris.gguf"]);
    await realm.loadModel(new Uint8Array(1), "b");
    await realm.unloadModel("b");
    expect((await realm.generate("again")).model).toBe("paris");
    expect(backend.sources).toHaveLength(2);
  });

  test("a default that is an id waits for its model", async () => {
    const { realm } = make({ defaultModel: "a" });
    await expect(realm.generate("hi")).rejects.toThrowError('no loaded model has the id "a"');
    await realm.loadModel(new Uint8Array(1), "a");
    expect((await realm.generate("hi")).model).toBe("a");
  });
});

describe("generation", () => {
  test("options arrive checked and whole", async () => {
    const { realm, backend } = await loaded("a");
    await realm.generate("hi", { temperature: 0, stop: "x", raw: true, system: "be brief" });
    expect(backend.requests[0]).toMatchObject({
      model: "a",
      text: "hi",
      raw: true,
      system: "be brief",
      config: { temperature: 0, stop: ["x"], topK: 40, seed: null },
    });
    await realm.generate({ tokenIds: [1, 2] });
    expect(backend.requests[1]).toMatchObject({ tokenIds: [1, 2] });
    expect(backend.requests[1]?.text).toBeUndefined();
    await realm.chat([{ role: "user", content: "hi" }], { system: "be kind" });
    expect(backend.requests[2]?.messages).toEqual([
      { role: "system", content: "be kind" },
      { role: "user", content: "hi" },
    ]);
  });

  test("a stream gives tokens and then the response", async () => {
    const { realm } = await loaded("a");
    const stream = realm.stream("one two");
    const texts: string[] = [];
    for await (const { text } of stream) texts.push(text);
    expect(texts).toEqual(["a ", "one ", "two "]);
    expect((await stream.response).text).toBe("a one two ");
    const chat = realm.streamChat("hi");
    for await (const event of chat) expect(event.index).toBeLessThan(2);
    expect((await chat.response).finishReason).toBe("stop");
  });

  test("leaving the loop cancels, and the next call works", async () => {
    const { realm } = await loaded("a");
    const stream = realm.stream("one two three four");
    for await (const event of stream) if (event.index === 1) break;
    const cut = await stream.response;
    expect(cut.finishReason).toBe("cancelled");
    expect(cut.text).toBe("a one ");
    expect((await realm.generate("hi")).finishReason).toBe("stop");
  });

  test("a signal ends it with the text so far; one that was raised before, with none", async () => {
    const { realm } = await loaded("a");
    const abort = new AbortController();
    const onToken = ({ index }: { index: number }) => {
      if (index === 0) abort.abort();
    };
    const cut = await realm.generate("one two", { signal: abort.signal, onToken });
    expect([cut.finishReason, cut.text]).toEqual(["cancelled", "a "]);
    const none = await realm.generate("one two", { signal: abort.signal });
    expect([none.finishReason, none.text]).toEqual(["cancelled", ""]);
  });

  test("what a callback throws ends the generation and is thrown", async () => {
    const { realm, backend } = await loaded("a");
    let ended: string | undefined;
    backend.script = async (request, options) => {
      const said = await echo(request, options);
      ended = said.finishReason;
      return said;
    };
    const onToken = () => {
      throw new RangeError("mine");
    };
    await expect(realm.generate("one two three", { onToken })).rejects.toThrowError(RangeError);
    await expect.poll(() => ended).toBe("cancelled");
  });

  test("a failure is thrown by the loop and by the response, and nowhere else", async () => {
    const { realm, backend } = await loaded("a");
    backend.script = async (_, { onToken }) => {
      onToken?.(tokenEvent("x", 0));
      throw new PromptError("no");
    };
    const stream = realm.stream("hi");
    const seen: string[] = [];
    const loop = async () => {
      for await (const { text } of stream) seen.push(text);
    };
    await expect(loop()).rejects.toThrowError(PromptError);
    expect(seen).toEqual(["x"]);
    await expect(stream.response).rejects.toThrowError("no");
    realm.stream("hi"); // nobody listens: no unhandled rejection
    await new Promise((resolve) => setTimeout(resolve, 5));
  });

  const malformed: [unknown, string][] = [
    [5, "a prompt is text or { tokenIds }, not number"],
    [null, "a prompt is text or { tokenIds }, not null"],
    [undefined, "not undefined"],
    ["\ud800", "the prompt holds a lone surrogate"],
    [{ tokenIds: [1.5] }, "1.5 is no token id"],
    [{ tokenIds: [-1] }, "-1 is no token id"],
    [{ tokenIds: "12" }, "token ids are an array, not string"],
  ];
  test.each(malformed)("the prompt %o is refused", async (prompt, message) => {
    const { realm } = await loaded("a");
    await expect(realm.generate(prompt as string)).rejects.toThrowError(PromptError);
    await expect(realm.generate(prompt as string)).rejects.toThrowError(message);
  });

  const conversations: [unknown, string][] = [
    [[], "the conversation is empty"],
    [[{ role: "robot", content: "x" }], 'the role "robot" is unknown'],
    [[{ role: "user", content: 5 }], "the content of a user message must be text, not number"],
    [["hi"], "a chat message is an object with role and content"],
    [7, "a conversation is text or messages, not number"],
  ];
  test.each(conversations)("the conversation %o is refused", async (conversation, message) => {
    const { realm } = await loaded("a");
    const answer = realm.chat(conversation as string);
    await expect(answer).rejects.toThrowError(message);
    await expect(answer).rejects.toThrowError(PromptError);
  });

  test("a bad option is told before a default model is loaded", async () => {
    const { realm, backend } = make({ defaultModel: "m.gguf" });
    await expect(realm.generate("hi", { topP: 3 })).rejects.toThrowError(SamplingParamsError);
    expect(backend.sources).toEqual([]);
  });

  test("a batch answers in order, with callbacks by prompt", async () => {
    const { realm } = await loaded("a");
    const seen = new Set<number>();
    const answers = await realm.generateBatch(["one two three", "four", "five"], {
      onToken: (_, index) => seen.add(index),
    });
    expect(answers.map(({ text }) => text)).toEqual(["a one two three ", "a four ", "a five "]);
    expect([...seen].sort()).toEqual([0, 1, 2]);
  });

  test("a batch that finds no room goes on as others end", async () => {
    const { realm, backend } = await loaded("a");
    let numRunning = 0;
    backend.script = async (request, options) => {
      if (numRunning === 2) throw new TenantBusyError("full");
      numRunning += 1;
      return echo(request, options).finally(() => {
        numRunning -= 1;
      });
    };
    const prompts = ["1", "2", "3", "4", "5"];
    const answers = await realm.generateBatch(prompts);
    expect(answers.map(({ text }) => text)).toEqual(prompts.map((prompt) => `a ${prompt} `));
  });

  test("the first error of a batch ends the others", async () => {
    const { realm, backend } = await loaded("a");
    const ends: string[] = [];
    backend.script = async (request, options) => {
      if (request.text === "bad") throw new PromptError("bad");
      const said = await echo(request, options);
      ends.push(said.finishReason);
      return said;
    };
    const long = Array(1000).fill("x").join(" ");
    await expect(realm.generateBatch([long, "bad"])).rejects.toThrowError(PromptError);
    await expect.poll(() => ends).toEqual(["cancelled"]);
    await expect(realm.generateBatch("ab" as never)).rejects.toThrowError(PromptError);
  });

  test("tokens of a text and back", async () => {
    const { realm } = await loaded("a");
    expect(await realm.tokenize("ab")).toEqual([97, 98]);
    expect(await realm.countTokens("abc")).toBe(3);
    expect(await realm.detokenize(new Set([98, 97]))).toBe("ba");
    await expect(realm.tokenize(4 as never)).rejects.toThrowError(PromptError);
    await expect(realm.detokenize("12" as never)).rejects.toThrowError(PromptError);
    await expect(realm.tokenize("x", { model: "z" })).rejects.toThrowError(ModelNotFoundError);
  });
});

describe("the end", () => {
  test("disposing is final, harmless twice, and what `await using` does", async () => {
    const { realm, backend } = await loaded("a");
    await realm.dispose();
    await realm[Symbol.asyncDispose]();
    expect(backend.numDisposals).toBe(2);
    for (const call of [
      () => realm.init(),
      () => realm.generate("hi"),
      () => realm.stream("hi").response,
      () => realm.loadModel(new Uint8Array(1), "b"),
      () => realm.getModels(),
      () => realm.tokenize("x"),
    ]) {
      await expect(call()).rejects.toThrowError(TenantClosedError);
    }
  });

  test("init runs once, and again if it failed", async () => {
    const { realm, backend } = make();
    const init = backend.init.bind(backend);
    backend.init = async () => {
      backend.init = init;
      throw new ConfigError("not yet");
    };
    await expect(realm.init()).rejects.toThrowError("not yet");
    await Promise.all([realm.init(), realm.init(), realm.getModels()]);
    expect(backend.numInits).toBe(1);
  });
});

describe("a registry", () => {
  test("holds models by id", async () => {
    const backend = new ScriptedBackend();
    const registry = new RealmRegistry({ backend });
    await registry.loadModel("a", new Uint8Array(1));
    await registry.loadModel("b", new Uint8Array(1));
    expect((await registry.generate("a", "hi")).text).toBe("a hi ");
    expect((await registry.generate("b", "hi", { temperature: 0 })).text).toBe("b hi ");
    expect((await registry.generate(null, "hi")).model).toBe("b");
    expect((await registry.useModel("a")).id).toBe("a");
    expect((await registry.chat(null, "hi")).model).toBe("a");
    for await (const event of registry.stream("b", "hi")) expect(event.text).not.toBe("");
    expect((await registry.streamChat("b", "hi").response).model).toBe("b");
    expect(await registry.unloadModel("a")).toBe(100);
    await expect(registry.unloadModel("a")).rejects.toThrowError(ModelNotFoundError);
    await expect(registry.generate("a", "hi")).rejects.toThrowError(ModelNotFoundError);
    expect((await registry.getModels()).map(({ id }) => id)).toEqual(["b"]);
    await expect(registry.loadModel(undefined as never, new Uint8Array(1))).rejects.toThrowError(
      ConfigError,
    );
    await registry.dispose();
    expect(backend.numDisposals).toBe(1);
    await expect(registry.generate("b", "hi")).rejects.toThrowError(TenantClosedError);
  });
});
