import { Realm, RealmRegistry } from "@realm-jupyter/sdk";
import { describe, expect, test } from "vitest";
import { GREEDY, modelFile, PARIS, TALES } from "../support/paths.js";

const MODELS = [...new Set(GREEDY.map(({ model }) => model))];

describe("the greedy text of Python", () => {
  for (const threads of [1, 2]) {
    test.each(MODELS)(`of %s, with threads: ${threads}`, async (model) => {
      const file = modelFile(model);
      if (file === null) return; // the reference data is not there
      await using realm = new Realm({ threads });
      await realm.loadModel(file, "m");
      for (const given of GREEDY.filter((each) => each.model === model)) {
        const said = await realm.generate(given.prompt, {
          raw: given.raw,
          maxTokens: given.max_tokens,
          temperature: 0,
        });
        expect(said).toMatchObject({
          text: given.text,
          tokenIds: given.token_ids,
          promptIds: given.prompt_ids,
          finishReason: given.finish_reason,
        });
      }
    });
  }
});

describe("two models", () => {
  test("in turn, 20 times, give what each gives alone", async () => {
    await using registry = new RealmRegistry({ threads: 1 });
    await registry.loadModel("paris", PARIS);
    await registry.loadModel("tales", TALES);
    const options = { temperature: 0, maxTokens: 6, raw: true };
    const prompts = { paris: "The capital of", tales: "Once upon a time" };
    const alone = new Map<string, string>();
    for (const [id, prompt] of Object.entries(prompts)) {
      await using realm = new Realm({ threads: 1 });
      await realm.loadModel(id === "paris" ? PARIS : TALES, id);
      alone.set(id, (await realm.generate(prompt, options)).text);
    }
    for (let turn = 0; turn < 20; turn += 1) {
      for (const [id, prompt] of Object.entries(prompts)) {
        const said = await registry.generate(id, prompt, options);
        expect([id, said.text]).toEqual([id, alone.get(id)]);
      }
    }
    // And at the same time.
    const both = Object.entries(prompts).map(async ([id, prompt]) => {
      expect((await registry.generate(id, prompt, options)).text).toBe(alone.get(id));
    });
    await Promise.all(both);
  });
});
