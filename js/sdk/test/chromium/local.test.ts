import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type * as Sdk from "../../src/browser.js";
import {
  CHROMIUM,
  launch,
  longestTask,
  openSdk,
  type Site,
  serveSite,
} from "../support/chromium.js";
import { GREEDY, modelFile } from "../support/paths.js";

declare const sdk: typeof Sdk;

/** Longest task that the SDK may give a page's main thread. */
const MOST_MS = 16;
const MODELS = [...new Set(GREEDY.map(({ model }) => model))];

describe.skipIf(CHROMIUM === null)("in Chromium", () => {
  let browser: Browser;
  let site: Site;
  let page: Page;
  let errors: string[];
  beforeAll(async () => {
    [browser, site] = await Promise.all([launch(), serveSite()]);
    ({ page, errors } = await openSdk(browser, site));
  });
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
  });

  test.each(MODELS)("%s gives the greedy text of Python", async (model) => {
    if (modelFile(model) === null) return; // the reference data is not there
    const cases = GREEDY.filter((each) => each.model === model);
    const file = model.endsWith(".gguf") ? model : `${model}.gguf`;
    const texts = await page.evaluate(
      async ({ cases, file }) => {
        const realm = new sdk.Realm({ threads: 2 });
        const { executor } = await realm.loadModel(`/models/${file}`, "m");
        if (!executor.includes("threads")) throw new Error(`${executor} has no threads`);
        const said = [];
        for (const { prompt, raw, max_tokens } of cases) {
          const options = { raw, maxTokens: max_tokens, temperature: 0 };
          said.push(await realm.generate(prompt, options));
        }
        await realm.dispose();
        return said.map(({ text, tokenIds }) => ({ text, token_ids: tokenIds }));
      },
      { cases, file },
    );
    expect(texts).toEqual(cases.map(({ text, token_ids }) => ({ text, token_ids })));
    expect(errors).toEqual([]);
  });

  test.each([1, 2])("64-bit memory gives the same text, with threads: %i", async (threads) => {
    const cases = GREEDY.filter(({ model }) => model === "paris");
    const said = await page.evaluate(
      async ({ cases, threads }) => {
        const realm = new sdk.Realm({ threads, memory: "64-bit" });
        const { executor } = await realm.loadModel("/models/paris.gguf", "m");
        const texts: string[] = [];
        for (const { prompt, raw, max_tokens } of cases) {
          const options = { raw, maxTokens: max_tokens, temperature: 0 };
          texts.push((await realm.generate(prompt, options)).text);
        }
        await realm.dispose();
        return { executor, texts };
      },
      { cases, threads },
    );
    expect(said.executor).toContain("64-bit memory");
    expect(said.texts).toEqual(cases.map(({ text }) => text));
    expect(errors).toEqual([]);
  });

  test("the main thread computes no longer than a frame while a model loads and writes", async () => {
    const ready = await page.evaluate(async () => {
      const bytes = await (await fetch("/models/tales.gguf")).arrayBuffer();
      // Much to copy, in pieces: its head is the model.
      const large = new Uint8Array(96 << 20);
      large.set(new Uint8Array(bytes));
      Object.assign(globalThis, { large });
      return large.length;
    });
    expect(ready).toBe(96 << 20);
    const busy = await longestTask(browser, page, () =>
      page.evaluate(() => {
        const end = performance.now() + 100;
        while (performance.now() < end);
      }),
    );
    expect(busy).toBeGreaterThan(MOST_MS); // what blocks is seen
    const longest = await longestTask(browser, page, () =>
      page.evaluate(async () => {
        const realm = new sdk.Realm({ threads: 1 });
        const { large } = globalThis as unknown as { large: Uint8Array };
        await realm.loadModel(large, "bytes");
        await realm.loadModel("/models/tales.gguf", "web");
        let text = "";
        for (const model of ["bytes", "web"]) {
          const options = { model, raw: true, maxTokens: 150, temperature: 0, ignoreEos: true };
          for await (const event of realm.stream("Once upon a time", options)) text += event.text;
        }
        await realm.dispose();
        return text.length;
      }),
    );
    console.log(`longest task of the main thread: ${longest.toFixed(1)} ms`);
    expect(longest).toBeLessThanOrEqual(MOST_MS);
  });

  test("a text stops when its reader leaves, and the next one is whole", async () => {
    const said = await page.evaluate(async () => {
      const realm = new sdk.Realm({ threads: 1 });
      const blob = await (await fetch("/models/paris.gguf")).blob();
      await realm.loadModel(new File([blob], "paris.gguf"));
      const question = "What is the capital of France?";
      const stream = realm.stream(question, { temperature: 0, ignoreEos: true });
      for await (const { index } of stream) if (index === 1) break;
      const { finishReason } = await stream.response;
      const { text, model } = await realm.generate(question, { temperature: 0 });
      await realm.dispose();
      const closed = await realm.generate(question).catch((error: Sdk.RealmError) => error.code);
      return { finishReason, text, model, closed };
    });
    expect(said).toEqual({
      finishReason: "cancelled",
      text: "The capital of France is Paris.",
      model: "paris",
      closed: "tenant_closed",
    });
  });

  test("what is missing or wrong ends in typed errors", async () => {
    const codes = await page.evaluate(async () => {
      const codeOf = (call: Promise<unknown>) =>
        call.then(
          () => "none",
          (error: unknown) => (error instanceof sdk.RealmError ? error.code : String(error)),
        );
      const realm = new sdk.Realm({ threads: 1 });
      const lost = new sdk.Realm({ assetsUrl: "/nowhere/" });
      const abort = AbortSignal.abort();
      const codes = {
        missing: await codeOf(realm.loadModel("/models/nothing.gguf", "m")),
        page: await codeOf(realm.loadModel("/", "m")),
        url: await codeOf(realm.loadModel("http://", "m")),
        bytes: await codeOf(realm.loadModel(new Uint8Array(1000), "m")),
        aborted: await codeOf(realm.loadModel("/models/paris.gguf", "m", { signal: abort })),
        option: await codeOf(realm.generate("x", { topP: 2 })),
        model: await codeOf(realm.generate("x")),
        worker: await codeOf(lost.init()),
      };
      await realm.dispose();
      await lost.dispose();
      return codes;
    });
    expect(codes).toEqual({
      missing: "model_download",
      page: "model_format",
      url: "config_error",
      bytes: "model_format",
      aborted: "load_cancelled",
      option: "sampling_params",
      model: "model_not_found",
      worker: "guest_error",
    });
  });

  test("a page that is not isolated uses one thread", async () => {
    const plain = await serveSite({ isolated: false });
    const opened = await openSdk(browser, plain);
    const said = await opened.page.evaluate(async () => {
      const realm = new sdk.Realm({ threads: 4 });
      const { executor } = await realm.loadModel("/models/paris.gguf", "paris");
      const { text } = await realm.chat("What is the capital of France?", { temperature: 0 });
      await realm.dispose();
      return { executor, text };
    });
    await opened.page.close();
    await plain.stop();
    expect(said.executor).not.toContain("threads");
    expect(said.text).toBe("The capital of France is Paris.");
  });
});
