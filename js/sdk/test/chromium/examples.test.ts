import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as esbuild from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sdk } from "../../scripts/build.mjs";
import { CHROMIUM, launch, openPage, serveSite } from "../support/chromium.js";

const ANSWER = "The capital of France is Paris.";

describe.skipIf(CHROMIUM === null)("the examples for pages", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  test("browser/ answers", async () => {
    const site = await serveSite({ folder: join(sdk, "examples", "browser") });
    const { page, errors } = await openPage(browser, site.url);
    await page.getByRole("button", { name: "Ask" }).click();
    await page.waitForFunction(
      (answer) => document.getElementById("answer")?.textContent === answer,
      ANSWER,
    );
    await page.getByText("Done.").waitFor();
    expect(errors).toEqual([]);
    await page.close();
    await site.stop();
  });

  test("react/ holds a conversation", async () => {
    const folder = mkdtempSync(join(tmpdir(), "realm-react-"));
    try {
      cpSync(join(sdk, "examples", "react", "index.html"), join(folder, "index.html"));
      await esbuild.build({
        absWorkingDir: sdk,
        entryPoints: ["examples/react/main.jsx"],
        outfile: join(folder, "main.js"),
        bundle: true,
        format: "esm",
        jsx: "automatic",
        tsconfigRaw: {}, // as in a project of its own, where the package is the built one
        define: { "process.env.NODE_ENV": '"production"' },
        logLevel: "warning",
      });
      const site = await serveSite({ folder });
      const { page, errors } = await openPage(browser, site.url);
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByRole("listitem").filter({ hasText: ANSWER }).waitFor();
      expect(errors).toEqual([]);
      await page.close();
      await site.stop();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
