import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as errors from "../src/errors.js";
import {
  allowedValues,
  checkedConfig,
  DEFAULT_CONFIG,
  type SamplingOptions,
} from "../src/options.js";
import { PYTHON } from "./support/python.js";

const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());

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
