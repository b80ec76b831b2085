import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as errors from "../src/errors.js";
import { Realm } from "../src/node.js";
import {
  allowedValues,
  checkedConfig,
  DEFAULT_CONFIG,
  type SamplingOptions,
} from "../src/options.js";
import type { LoadProgress, TokenLogprob } from "../src/types.js";
import { PYTHON } from "./support/python.js";
import { ScriptedBackend, tokenEvent } from "./support/scripted_backend.js";

const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());

/** Names of the fields of Python's classes, in camelCase. */
function namesInPython(...classes: string[]): Record<string, string[]> {
  const script = `
import dataclasses, json, sys
from realm_jupyter import types
print(json.dumps({name: [field.name for field in dataclasses.fields(getattr(types, name))]
  for name in sys.argv[1:]}))`;
  const said = execFileSync(PYTHON as string, ["-c", script, ...classes], {
    cwd: new URL("../../..", import.meta.url),
    encoding: "utf8",
  });
  const found = Object.entries(JSON.parse(said) as Record<string, string[]>);
  return Object.fromEntries(found.map(([name, fields]) => [name, fields.map(camel).sort()]));
}

/** What Python's `GenerationConfig` says of its fields. */
function pythonFields(): Record<string, { default: unknown; allowed: string }> {
  const script = `
import dataclasses, json
from realm_jupyter.types import GenerationConfig, allowed_values
config = GenerationConfig()
print(json.dumps({field.name: {"default": getattr(config, field.name),
  "allowed": allowed_values(field.name)} for field in dataclasses.fields(config)}))`;
  const said = execFileSync(PYTHON as string, ["-c", script], {
    cwd: new URL("../../..", import.meta.url),
    encoding: "utf8",
  });
  return JSON.parse(said) as Record<string, { default: unknown; allowed: string }>;
}

describe("results", () => {
  test.skipIf(PYTHON === null)("have Python's names", async () => {
    const backend = new ScriptedBackend();
    const realm = new Realm({ backend });
    await realm.loadModel(new Uint8Array(1), "a");
    const said = await realm.generate("hi");
    const made = {
      GenerationResponse: said,
      Usage: said.usage,
      Timings: said.timings,
      TokenEvent: tokenEvent("x", 0),
      EmbeddingResponse: await realm.embed("x"),
      LoadProgress: { model: "", stage: "", doneBytes: 0, totalBytes: 0 } satisfies LoadProgress,
      TokenLogprob: { tokenId: 0, text: "", logprob: 0 } satisfies TokenLogprob,
    };
    for (const [name, names] of Object.entries(namesInPython(...Object.keys(made)))) {
      const here = Object.keys(made[name as keyof typeof made]).sort();
      // Python leaves calls of tools in the text.
      expect([name, here.filter((key) => key !== "toolCalls")]).toEqual([name, names]);
    }
  });
});

describe("options", () => {
  test.skipIf(PYTHON === null)("have Python's defaults and ranges", () => {
    const fields = pythonFields();
    const names = Object.keys(fields);
    expect(Object.keys(DEFAULT_CONFIG).sort()).toEqual(names.map(camel).sort());
    for (const name of names) {
      const here = camel(name) as keyof typeof DEFAULT_CONFIG;
      expect([here, DEFAULT_CONFIG[here]]).toEqual([here, fields[name]?.default]);
      // A number here holds no seed above 2^53.
      if (name !== "seed")
        expect([here, allowedValues(here)]).toEqual([here, fields[name]?.allowed]);
    }
  });

  test("that are left out or undefined have their default", () => {
    expect(checkedConfig()).toEqual(DEFAULT_CONFIG);
    expect(checkedConfig({ topK: undefined, seed: 5 })).toEqual({ ...DEFAULT_CONFIG, seed: 5 });
    expect(checkedConfig({ stop: "." }).stop).toEqual(["."]);
  });

  const refused: [SamplingOptions, string][] = [
    [{ topP: 2 }, "topP=2 is not allowed: topP must be a number from 0 to 1"],
    [{ temperature: Number.NaN }, "temperature=NaN is not allowed: temperature must be a number"],
    [{ maxTokens: 1.5 }, "maxTokens=1.5 is not allowed: maxTokens must be a whole number from 0"],
    [{ maxTokens: 1e300 }, "maxTokens=1e+300 is not allowed"],
    [
      { seed: -1 },
      "seed=-1 is not allowed: seed must be a whole number from 0 to 9007199254740991",
    ],
    [{ minTokens: 9, maxTokens: 8 }, "minTokens must be at most maxTokens (8)"],
    [{ stop: [""] }, 'stop=[""] is not allowed: stop must be a string or at most 64 of them'],
    [{ stop: "x".repeat(5000) }, "none empty or over 4096 bytes"],
    [{ stop: "\ud800" }, "stop must be valid Unicode text"],
    [{ stop: Array(65).fill("a") }, "at most 64"],
    [{ logitBias: { 1: Infinity } }, "-Infinity forbids a token"],
    [{ mirostat: 1 as 2 }, "mirostat=1 is not allowed: mirostat must be 0 or 2"],
    [{ ignoreEos: 1 as unknown as boolean }, "ignoreEos must be true or false"],
    [
      { temprature: 1 } as SamplingOptions,
      "temprature=1 is not allowed: temprature must be one of",
    ],
    [{ topK: "40" as unknown as number }, 'topK="40" is not allowed'],
    [{ topK: null as unknown as number }, "topK=null is not allowed"],
  ];
  test.each(refused)("%o is refused", (options, message) => {
    expect(() => checkedConfig(options)).toThrowError(message);
    expect(() => checkedConfig(options)).toThrowError(errors.SamplingParamsError);
  });

  test("a refusal has the option's name, value and range", () => {
    try {
      checkedConfig({ topP: 2 });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        code: "sampling_params",
        field: "topP",
        value: 2,
        allowed: "a number from 0 to 1",
      });
    }
  });
});

describe("errors", () => {
  test("have the codes of Python's classes", () => {
    const path = new URL("../../../realm_jupyter/errors.py", import.meta.url);
    const source = readFileSync(path, "utf8");
    const codes = new Map<string, string>();
    for (const part of source.split(/^class /m).slice(1)) {
      const name = /^\w+/.exec(part)?.[0] as string;
      const code = /^ {4}code(?:: ClassVar\[str\])? = "(\w+)"/m.exec(part)?.[1];
      if (code !== undefined && name !== "MagicError") codes.set(name, code);
    }
    const kinds = Object.entries(errors).filter(([name]) => name.endsWith("Error"));
    const here = kinds.map(([name, kind]) => {
      const error = new (kind as new (message: string) => errors.RealmError)("x");
      expect(error.name).toBe(name);
      return [name, error.code] as const;
    });
    expect(new Map(here)).toEqual(new Map([...codes].sort(byName(here.map(([name]) => name)))));
  });
});

function byName(order: string[]) {
  return (a: [string, string], b: [string, string]) => order.indexOf(a[0]) - order.indexOf(b[0]);
}
