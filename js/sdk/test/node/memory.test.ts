import { ConfigError, Realm } from "@realm-jupyter/sdk";
import { describe, expect, test } from "vitest";
import { hasMemory64 } from "../../src/kernels/memory.js";
import { GREEDY, PARIS } from "../support/paths.js";

const MEMORIES = ["auto", "32-bit", ...(hasMemory64() ? ["64-bit" as const] : [])] as const;

describe("the option memory", () => {
  test.each(MEMORIES)("%s gives the text of Python", async (memory) => {
    for (const threads of [1, 2]) {
      await using realm = new Realm({ memory, threads });
      const { executor } = await realm.loadModel(PARIS, "paris");
      expect(executor.endsWith("64-bit memory")).toBe(memory === "64-bit");
      for (const given of GREEDY.filter(({ model }) => model === "paris")) {
        const said = await realm.generate(given.prompt, {
          raw: given.raw,
          maxTokens: given.max_tokens,
          temperature: 0,
        });
        expect(said).toMatchObject({ text: given.text, tokenIds: given.token_ids });
      }
    }
  });

  test.skipIf(hasMemory64())("is a typed error where the engine has no such memory", async () => {
    await using realm = new Realm({ memory: "64-bit" });
    const error = await realm.init().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({
      field: "memory",
      message: expect.stringContaining('memory="64-bit" is not possible here'),
    });
  });
});
