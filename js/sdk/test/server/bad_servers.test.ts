import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import {
  APIConnectionError,
  APIError,
  APIStatusError,
  APITimeoutError,
  ContextLengthError,
  LoadCancelledError,
  Realm,
  RealmError,
  TenantBusyError,
} from "../../src/node.js";
import type { RealmOptions } from "../../src/realm_options.js";
import { type Answerer, badServer, chunk, DONE, say } from "../support/bad_server.js";

type Outcome = [kind: new (...given: never[]) => RealmError, message: string];

/** Generate against a server that answers like this. */
async function ask(answer: Answerer, options: RealmOptions = {}) {
  const server = await badServer(answer);
  const realm = new Realm({ mode: "server", baseUrl: server.url, ...options });
  try {
    return await realm.generate("hi", { model: "a", seed: 5 });
  } finally {
    await realm.dispose();
    await server[Symbol.asyncDispose]();
  }
}

/** An answer that is a stream of these pieces. */
const stream =
  (...pieces: string[]): Answerer =>
  (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of pieces) response.write(piece);
    response.end();
  };

const ONE = chunk({ text: "One", token_ids: [1] });
const END = chunk({ finish_reason: "stop", seed: 5 });

describe("a stream", () => {
  test("without flaws is a response", async () => {
    const usage = { prompt_tokens: 2, completion_tokens: 1, total_tokens: 3 };
    const said = await ask(
      stream(
        chunk({ prompt_token_ids: [7, 8] }),
        ": still working\n\n",
        ONE,
        chunk({ finish_reason: "stop", seed: 5, text: "!" }),
        `data: ${JSON.stringify({ id: "x", model: "a", choices: [], usage })}\n\n`,
        DONE,
      ),
    );
    expect(said).toMatchObject({
      text: "One!",
      tokenIds: [1],
      promptIds: [7, 8],
      finishReason: "stop",
      seed: 5,
      model: "a",
      usage: { promptTokens: 2, completionTokens: 1, cachedTokens: 0 },
    });
  });

  const flawed: Record<string, [string[], ...Outcome]> = {
    "that ends too early": [[ONE], APIConnectionError, "ended the stream before the text was"],
    "that is empty": [[], APIConnectionError, "ended the stream before the text was complete"],
    "without a finish reason": [[ONE, DONE], APIError, "ended without a finish reason"],
    "of garbled JSON": [
      [ONE, "data: {garbled\n\n"],
      APIError,
      "the server's stream is not understood",
    ],
    "of other JSON": [["data: [1,2]\n\n"], APIError, "the server's stream is not understood"],
    "whose text is a number": [[chunk({ text: 5 })], APIError, "is not understood"],
    "whose ids are text": [[chunk({ token_ids: ["1"] })], APIError, "is not understood"],
    "with a strange reason": [[chunk({ finish_reason: "bored" })], APIError, "is not understood"],
    "that is HTML": [["<html>hello</html>"], APIConnectionError, "ended the stream before"],
    "with an error within": [
      [ONE, 'data: {"error": {"message": "too long", "code": "context_length"}}\n\n'],
      ContextLengthError,
      "too long",
    ],
  };
  test.each(Object.entries(flawed))("%s is an error", async (_, [pieces, kind, message]) => {
    const asked = ask(stream(...pieces));
    await expect(asked).rejects.toThrowError(kind);
    await expect(asked).rejects.toThrowError(message);
  });

  test("that is cut keeps its text, and is not asked for again", async () => {
    await using server = await badServer((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(ONE);
      setTimeout(() => response.destroy(), 20);
    });
    const realm = new Realm({ mode: "server", baseUrl: server.url });
    const seen: string[] = [];
    const onToken = ({ text }: { text: string }) => seen.push(text);
    const cut = realm.generate("hi", { model: "a", onToken });
    await expect(cut).rejects.toMatchObject({ code: "api_connection", partialText: "One" });
    expect(seen).toEqual(["One"]);
    expect(server.requests).toEqual(["POST /v1/completions"]);
  });

  test("whose maker a cluster lost keeps its text", async () => {
    const error = { message: "the replica was lost", code: "api_connection" };
    const lost = ask(stream(ONE, `data: ${JSON.stringify({ error })}\n\n`));
    await expect(lost).rejects.toThrowError(APIConnectionError);
    await expect(lost).rejects.toMatchObject({ message: error.message, partialText: "One" });
  });

  test("that falls silent is a timeout with its text", async () => {
    const asked = ask(
      (_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(ONE);
      },
      { timeoutMs: 2000 },
    );
    await expect(asked).rejects.toMatchObject({ code: "api_timeout", partialText: "One" });
    await expect(asked).rejects.toThrowError(APITimeoutError);
  });

  test("that is slow is none", async () => {
    const said = await ask(
      (_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        const pieces = [ONE, ": still working\n\n", ONE, ": still working\n\n", END, DONE];
        const next = () => {
          const piece = pieces.shift();
          if (piece === undefined) response.end();
          else response.write(piece, () => setTimeout(next, 450));
        };
        next();
      },
      { timeoutMs: 2000 },
    );
    expect(said.text).toBe("OneOne");
  });

  test("ends with the caller's signal, with the text so far", async () => {
    await using server = await badServer((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(ONE);
    });
    const realm = new Realm({ mode: "server", baseUrl: server.url });
    const abort = new AbortController();
    const onToken = () => abort.abort();
    const cut = await realm.generate("hi", { model: "a", onToken, signal: abort.signal });
    expect(cut).toMatchObject({ text: "One", finishReason: "cancelled", tokenIds: [1] });
    const none = await realm.generate("hi", { model: "a", signal: abort.signal });
    expect(none).toMatchObject({ text: "", finishReason: "cancelled" });
    const left = realm.stream("hi", { model: "a" });
    for await (const _ of left) await realm.dispose();
    expect((await left.response).finishReason).toBe("cancelled");
  });
});

describe("an answer", () => {
  const busy = { error: { message: "the queue is full", code: "tenant_busy" } };
  const answers: Record<string, [number, unknown, ...Outcome]> = {
    "with an error of ours": [
      400,
      {
        error: {
          message: "the prompt is too long",
          code: "context_length",
          details: { num_tokens: 9, context_length: 8, message: "x", __proto__: null, code: "y" },
        },
      },
      ContextLengthError,
      "the prompt is too long",
    ],
    "with a code of its own": [
      401,
      { error: { message: "an API key is missing", code: "invalid_api_key" } },
      APIStatusError,
      "an API key is missing",
    ],
    "that is no JSON": [502, "Bad Gateway", APIStatusError, "status 502: Bad Gateway"],
    "that is other JSON": [404, [1], APIStatusError, "the server answered with status 404: [1]"],
    "that is empty": [500, "", APIStatusError, "the server answered with status 500"],
    "that is busy without a time": [429, busy, TenantBusyError, "the queue is full"],
  };
  test.each(Object.entries(answers))("%s is an error", async (_, [status, body, kind, message]) => {
    const asked = ask((_, response) => say(response, status, body));
    await expect(asked).rejects.toThrowError(kind);
    await expect(asked).rejects.toThrowError(message);
  });

  test("has the typed fields of its error, and no others' names", async () => {
    const details = { num_tokens: 9, context_length: 8, message: "x", stack: "y", code: "z" };
    const asked = ask((_, response) =>
      say(response, 400, { error: { message: "long", code: "context_length", details } }),
    );
    await expect(asked).rejects.toMatchObject({
      name: "ContextLengthError",
      message: "long",
      code: "context_length",
      numTokens: 9,
      contextLength: 8,
    });
    const status = ask((_, response) => say(response, 418, { error: { message: "tea" } }));
    await expect(status).rejects.toMatchObject({
      status: 418,
      body: { error: { message: "tea" } },
    });
  });

  test.each([
    ["GET /v1/models", { data: [{ id: "a" }] }],
    ["GET /v1/models", "no JSON"],
    ["POST /tokenize", { token_ids: "12" }],
    ["POST /detokenize", { text: 5 }],
  ])("%s that makes no sense is an error", async (request, reply) => {
    await using server = await badServer((_, response) => say(response, 200, reply));
    const realm = new Realm({ mode: "server", baseUrl: server.url });
    const calls: Record<string, () => Promise<unknown>> = {
      "GET /v1/models": () => realm.getModels(),
      "POST /tokenize": () => realm.tokenize("x", { model: "a" }),
      "POST /detokenize": () => realm.detokenize([1], { model: "a" }),
    };
    const call = calls[request]?.();
    await expect(call).rejects.toThrowError("is not a server of this package");
    await expect(call).rejects.toThrowError(APIError);
    expect(server.requests).toEqual([request]);
  });
});

describe("trying again", () => {
  test("what was refused for now, after the pause that was asked for", async () => {
    let numAsked = 0;
    const said = await ask((request, response) => {
      numAsked += 1;
      if (numAsked < 3) say(response, numAsked === 1 ? 429 : 503, "", { "retry-after": "0" });
      else stream(ONE, END, DONE)(request, response);
    });
    expect(said.text).toBe("One");
    expect(numAsked).toBe(3);
  });

  test("not where the pause is too long, and not for ever", async () => {
    let numAsked = 0;
    const refuse =
      (seconds: string): Answerer =>
      (_, response) => {
        numAsked += 1;
        say(response, 429, "", { "retry-after": seconds });
      };
    await expect(ask(refuse("60"))).rejects.toThrowError(APIStatusError);
    expect(numAsked).toBe(1);
    await expect(ask(refuse("0"), { maxRetries: 2 })).rejects.toThrowError(APIStatusError);
    expect(numAsked).toBe(4);
  });

  test("not a text that the server may have begun", async () => {
    let numAsked = 0;
    const asked = ask((_, response) => {
      numAsked += 1;
      response.destroy();
    });
    await expect(asked).rejects.toThrowError(APIConnectionError);
    await expect(asked).rejects.toThrowError("broke");
    expect(numAsked).toBe(1);
  });

  test("what only reads", async () => {
    let numAsked = 0;
    await using server = await badServer((_, response) => {
      numAsked += 1;
      if (numAsked === 1) response.destroy();
      else say(response, 200, { data: [] });
    });
    const realm = new Realm({ mode: "server", baseUrl: server.url });
    expect(await realm.getModels()).toEqual([]);
    expect(numAsked).toBe(2);
  });

  test("what never arrived, until a server is there", async () => {
    // A free port that nobody listens at.
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
    const { port } = holder.address() as { port: number };
    await new Promise((resolve) => holder.close(resolve));
    const baseUrl = `http://127.0.0.1:${port}`;
    const realm = new Realm({ mode: "server", baseUrl, maxRetries: 1 });
    const asked = realm.generate("hi", { model: "a" });
    await expect(asked).rejects.toThrowError(APIConnectionError);
    await expect(asked).rejects.toThrowError("cannot be reached");
    const abort = new AbortController();
    const cut = realm.generate("hi", { model: "a", signal: abort.signal });
    setTimeout(() => abort.abort(), 20);
    expect((await cut).finishReason).toBe("cancelled");
  });
});

describe("a load", () => {
  const load = async (answer: Answerer, signal?: AbortSignal) => {
    await using server = await badServer(answer);
    const realm = new Realm({ mode: "server", baseUrl: server.url });
    const options = signal === undefined ? {} : { signal };
    return await realm.loadModel(new Uint8Array(10), "a", options);
  };

  test.each([
    ["that ends too early", [], "ended the stream before the model was loaded"],
    ["of garbled progress", ["event: progress\ndata: {}\n\n"], "is not understood"],
    ["of a model without facts", ['event: loaded\ndata: {"model":{"id":"a"}}\n\n'], "is not"],
    ["that fails", ['data: {"error":{"message":"bad","code":"model_format"}}\n\n'], "bad"],
  ])("%s is an error", async (_, pieces, message) => {
    const loading = load(stream(...pieces));
    await expect(loading).rejects.toThrowError(RealmError);
    await expect(loading).rejects.toThrowError(message);
  });

  test("that is given up is an error", async () => {
    const abort = new AbortController();
    const loading = load((_, response) => {
      response.writeHead(200);
      response.write(": still working\n\n");
      setTimeout(() => abort.abort(), 10);
    }, abort.signal);
    await expect(loading).rejects.toThrowError(LoadCancelledError);
  });

  test("of a URL is refused with what to do", async () => {
    await using server = await badServer((_, response) => say(response, 200, {}));
    const realm = new Realm({ mode: "server", baseUrl: server.url });
    const loading = realm.loadModel(new URL("https://example.org/m.gguf"));
    await expect(loading).rejects.toThrowError("loaded by the name that the server has for it");
    expect(server.requests).toEqual([]);
  });
});
