import { describe, expect, test } from "vitest";
import { GrammarError, Realm } from "../src/node.js";
import { checkedConfig, type SamplingOptions } from "../src/options.js";
import { ScriptedBackend } from "./support/scripted_backend.js";

const SCHEMA = { type: "object", properties: { a: { type: "integer" } } };

function circle(): object {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
}

describe("a form of the answer", () => {
  test("is a copy of what was given", () => {
    const given = structuredClone(SCHEMA);
    const { jsonSchema } = checkedConfig({ jsonSchema: given });
    given.type = "array";
    expect(jsonSchema).toEqual(SCHEMA);
    expect(checkedConfig({ jsonSchema: JSON.stringify(SCHEMA) }).jsonSchema).toEqual(SCHEMA);
    expect(checkedConfig({ grammar: "/[0-9]+/" }).grammar).toBe("/[0-9]+/");
    expect(checkedConfig({ jsonObject: true }).jsonObject).toBe(true);
  });

  const refused: [unknown, string][] = [
    [{ jsonSchema: 5 }, "jsonSchema must be a schema (an object), or its JSON text, not number"],
    [{ jsonSchema: [] }, "jsonSchema must be a schema (an object), or its JSON text, not array"],
    [{ jsonSchema: "{" }, "jsonSchema is not JSON"],
    [{ jsonSchema: circle() }, "jsonSchema is not JSON"],
    [{ jsonSchema: { a: "x".repeat(131_072) } }, "has 131080 bytes; at most 131072 are allowed"],
    [{ jsonObject: 1 }, "jsonObject must be true or false, not 1"],
    [{ grammar: {} }, "grammar must be text, not object"],
    [{ grammar: " " }, "grammar is empty: give Lark rules or /a regex/"],
    [{ grammar: "x", jsonObject: true }, "jsonObject and grammar ask for two forms"],
  ];
  test.each(refused)("%j is refused", (options, message) => {
    const check = () => checkedConfig(options as SamplingOptions);
    expect(check).toThrowError(GrammarError);
    expect(check).toThrowError(message);
  });

  test("may be asked for in OpenAI's way", async () => {
    const backend = new ScriptedBackend();
    const realm = new Realm({ backend });
    await realm.loadModel(new Uint8Array(1), "a");
    await realm.chat("hi", { responseFormat: { type: "text" } });
    await realm.chat("hi", { responseFormat: { type: "json_object" } });
    await realm.generate("hi", {
      responseFormat: { type: "json_schema", json_schema: { name: "x", schema: SCHEMA } },
    });
    const forms = backend.requests.map(({ config }) => [config.jsonObject, config.jsonSchema]);
    expect(forms).toEqual([
      [false, null],
      [true, null],
      [false, SCHEMA],
    ]);
    for (const responseFormat of [{ type: "xml" }, { type: "json_schema" }, "json"]) {
      const asked = realm.chat("hi", { responseFormat } as never);
      await expect(asked).rejects.toThrowError(/^responseFormat=.* is not allowed/);
      await expect(asked).rejects.toThrowError(GrammarError);
    }
    const twice = realm.chat("hi", { grammar: "x", responseFormat: { type: "json_object" } });
    await expect(twice).rejects.toThrowError("two forms of one answer");
  });
});
