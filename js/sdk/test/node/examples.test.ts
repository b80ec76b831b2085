import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { sdk } from "../../scripts/build.mjs";
import { startServer, USER_KEY } from "../support/live_server.js";
import { PYTHON } from "../support/python.js";

const run = promisify(execFile);

async function example(name: string, environment: Record<string, string> = {}): Promise<string> {
  const { stdout } = await run(process.execPath, [join(sdk, "examples", name)], {
    cwd: sdk,
    env: { ...process.env, ...environment },
    timeout: 50_000,
  });
  return stdout;
}

describe("the examples", () => {
  test("node.mjs", async () => {
    const said = await example("node.mjs");
    expect(said).toContain("The capital of France is Paris.");
    for (const city of ["Rome", "Tokyo", "Madrid"]) expect(said).toContain(city);
    expect(said).toMatch(/\d+ tokens, \d+ a second/);
  });

  test("registry.mjs", async () => {
    const said = await example("registry.mjs");
    expect(said).toContain("stories: ");
    expect(said).toContain("The capital of France is Paris.");
    expect(said).toContain("Once upon a time, there was");
    expect(said).toContain("model_not_found: no loaded model has the id");
  });

  test.skipIf(PYTHON === null)("server.mjs", async () => {
    const server = await startServer();
    try {
      const place = { REALM_BASE_URL: server.url, REALM_API_KEY: USER_KEY };
      const said = await example("server.mjs", place);
      expect(said).toContain("paris (current)");
      expect(said).toMatch(/^(Paris|Rome)$/m);
      expect(said).toContain("The capital of France is Paris.");
      expect(said).toContain("topP=2 is not allowed: topP must be a number from 0 to 1");
    } finally {
      await server.stop();
    }
  });
});
