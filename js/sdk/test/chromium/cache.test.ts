/** Downloaded models in the storage of a real browser. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type * as Sdk from "../../src/browser.js";
import { CHROMIUM, launch, openSdk, type Site, serveSite } from "../support/chromium.js";
import { NAMES, parts } from "../support/split_model.js";

declare const sdk: typeof Sdk;

describe.skipIf(CHROMIUM === null)("in Chromium, downloaded models", () => {
  let browser: Browser;
  let site: Site;
  beforeAll(async () => {
    [browser, site] = await Promise.all([launch(), serveSite()]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
  });

  test("are loaded again without the server, until they are removed", async () => {
    const { page, errors } = await openSdk(browser, site);
    const load = () =>
      page.evaluate(async () => {
        const scope = globalThis as unknown as { realm: Sdk.Realm };
        scope.realm ??= new sdk.Realm({ threads: 1 });
        const stages = new Set<string>();
        const { fileBytes } = await scope.realm.loadModel("/models/tales.gguf", "tales", {
          onProgress: ({ stage }) => stages.add(stage),
        });
        const options = { raw: true, temperature: 0, maxTokens: 8 };
        const { text } = await scope.realm.generate("Once upon", options);
        await scope.realm.unloadModel("tales");
        const cache = await sdk.ModelCache.find();
        const kept = await cache?.list();
        return { fileBytes, text, stages: [...stages], kept, size: await cache?.size() };
      });
    const first = await load();
    expect(first.stages).toContain("download");
    expect(first.kept).toMatchObject([
      { url: `${site.url}models/tales.gguf`, size: first.fileBytes },
    ]);
    expect(first.size).toBe(first.fileBytes);
    await site.stop();
    const second = await load();
    expect(second.text).toBe(first.text);
    expect(second.stages).not.toContain("download");
    const removed = await page.evaluate(async () => {
      const scope = globalThis as unknown as { realm: Sdk.Realm };
      const freed = await (await sdk.ModelCache.find())?.clear();
      const error = await scope.realm.loadModel("/models/tales.gguf", "tales").catch(String);
      await scope.realm.dispose();
      return { freed, error };
    });
    expect(removed.freed).toBe(first.fileBytes);
    expect(removed.error).toMatch(/^ModelDownloadError: downloading .*tales.gguf failed/);
    expect(errors).toEqual([]);
  });

  test("in several files are each kept, and found beside the first", async () => {
    const models = mkdtempSync(join(tmpdir(), "realm-split-"));
    for (const [index, bytes] of parts().entries()) {
      writeFileSync(join(models, NAMES[index] as string), bytes);
    }
    const served = await serveSite({ models });
    const { page, errors } = await openSdk(browser, served);
    const load = () =>
      page.evaluate(async (name) => {
        const scope = globalThis as unknown as { realm: Sdk.Realm };
        scope.realm ??= new sdk.Realm({ threads: 1 });
        const { realm } = scope;
        const stages = new Set<string>();
        const info = await realm.loadModel(`/models/${name}`, "tiny", {
          onProgress: ({ stage }) => stages.add(stage),
        });
        const options = { raw: true, temperature: 0, maxTokens: 4, ignoreEos: true };
        const { tokenIds } = await realm.generate("ab", options);
        await realm.unloadModel("tiny");
        const kept = (await (await sdk.ModelCache.find())?.list()) ?? [];
        return {
          bytes: info.fileBytes,
          tokenIds,
          stages: [...stages],
          urls: kept.map((m) => m.url),
        };
      }, NAMES[0] as string);
    try {
      const first = await load();
      expect(first.urls).toEqual(NAMES.map((name) => `${served.url}models/${name}`));
      expect(first.bytes).toBe(parts().reduce((sum, bytes) => sum + bytes.length, 0));
      expect(first.tokenIds).toHaveLength(4);
      await served.stop();
      const second = await load();
      expect(second).toEqual({ ...first, stages: ["read"] });
      expect(errors).toEqual([]);
    } finally {
      await page.close();
      rmSync(models, { recursive: true });
    }
  });
});
