import { describe, expect, test } from "vitest";
import { formOf, type ToolForm, ToolReader } from "../../src/engine/tool_calls.js";

const NAMES = ["get_weather", "add"];
const ONE = { city: "Zürich <b>", days: [1, 2], "}": '"]' };
const PIECES = [1, 2, 3, 7, 40, 10_000];

const call = (name: string, args: unknown, key = "arguments") =>
  JSON.stringify({ name, [key]: args });

function read(form: ToolForm, text: string, size: number) {
  const reader = new ToolReader(form, NAMES);
  let said = "";
  for (let at = 0; at < text.length; at += size) said += reader.feed(text.slice(at, at + size));
  const { text: rest, calls } = reader.finish();
  expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
  for (const { id } of calls) expect(id).toMatch(/^[0-9a-z]{9}$/);
  return [said + rest, calls.map(({ function: f }) => [f.name, f.arguments])];
}

// The same cases as tests/server/test_tool_calls.py.
describe("calls are read whatever the pieces", () => {
  const calls: [ToolForm, string, string, [string, unknown][]][] = [
    ["hermes", `<tool_call>\n${call("add", {})}\n</tool_call>`, "", [["add", {}]]],
    [
      "hermes",
      `Let me see.<tool_call>${call("get_weather", ONE)}</tool_call>`,
      "Let me see.",
      [["get_weather", ONE]],
    ],
    [
      "hermes",
      `<tool_call>${call("add", {})}</tool_call>\n<tool_call>${call("add", ONE)}`,
      "",
      [
        ["add", {}],
        ["add", ONE],
      ],
    ],
    [
      "mistral",
      `[${call("add", { a: 1 })}, ${call("get_weather", ONE)}]`,
      "",
      [
        ["add", { a: 1 }],
        ["get_weather", ONE],
      ],
    ],
    ["mistral", `[TOOL_CALLS] [${call("add", {})}]`, "", [["add", {}]]],
    ["llama", call("add", { a: 1 }, "parameters"), "", [["add", { a: 1 }]]],
    [
      "llama",
      `${call("add", {}, "parameters")}; ${call("add", ONE, "parameters")}\n`,
      "",
      [
        ["add", {}],
        ["add", ONE],
      ],
    ],
  ];
  test.each(calls)("%s: %s", (form, text, content, found) => {
    for (const size of PIECES) expect(read(form, text, size)).toEqual([content, found]);
  });

  const texts: [ToolForm, string][] = [
    ["hermes", "1 < 2 and <tool> is no call"],
    ["hermes", "<tool_call>nonsense</tool_call>"],
    ["hermes", `<tool_call>${call("unknown", {})}</tool_call>`],
    ["hermes", `<tool_call>${call("add", "text")}</tool_call>`],
    ["hermes", "It ends with <tool_ca"],
    ["mistral", "[1, 2] is a list"],
    ["mistral", `[${call("unknown", {})}]`],
    ["mistral", "Just text"],
    ["llama", '{"a": 1}'],
    ["llama", `${call("add", {})} and more`],
    ["llama", "  Just text {}"],
    ["llama", "[".repeat(5000)],
    ["llama", `${"[".repeat(5000)}${"]".repeat(5000)}`],
    ["llama", ""],
  ];
  test.each(texts)("%s: %s is none", (form, text) => {
    for (const size of PIECES) expect(read(form, text, size)).toEqual([text, []]);
  });

  test("text before a call is not held back", () => {
    const hermes = new ToolReader("hermes", NAMES);
    expect(hermes.feed("Let me see.")).toBe("Let me see.");
    expect(hermes.feed(" <to")).toBe(" ");
    expect(hermes.feed("ad")).toBe("<toad");
    const llama = new ToolReader("llama", NAMES);
    expect(llama.feed("Hel")).toBe("Hel");
    expect(llama.feed("{")).toBe("{");
  });

  test("the template tells the form", () => {
    expect(formOf("{{ tools }} <tool_call>")).toBe("hermes");
    expect(formOf("{{ tools }} [TOOL_CALLS]")).toBe("mistral");
    expect(formOf('{{ tools }} "parameters"')).toBe("llama");
    expect(formOf("{{ tools }}")).toBeNull();
    expect(formOf("<tool_call>")).toBeNull();
  });
});
