import { afterEach, describe, expect, it } from "vitest";
import { LocalEngine } from "../../src/engine/local_engine.js";
import { ChatTemplateError, GrammarError, PromptError, RequestError } from "../../src/errors.js";
import type { GenerationRequest, TokenEvent } from "../../src/types.js";
import { field, Type } from "../support/gguf_writer.js";
import { compiledGuest, GREEDY } from "../support/guest.js";
import { ScriptedKernels } from "../support/scripted_kernels.js";
import { tinyModel } from "../support/tiny_models.js";

const TEMPLATE =
  "{% for m in messages %}<|im_start|>{{ m.role }}:{{ m.content }}" +
  "{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments | tojson }}" +
  "{% endfor %}{% if m.tool_call_id %}={{ m.tool_call_id }}{% endif %}<|im_end|>{% endfor %}" +
  "{% if tools %}{{ tools | map(attribute='function') | map(attribute='name') | join('+') }}" +
  "<tool_call>{% endif %}<|im_start|>";
const EOS = 2;
const WRITTEN = 'See.<tool_call>{"name": "now", "arguments": {"at": "Zürich"}}</tool_call>';
const CALL = { type: "function", function: { name: "now", arguments: { at: "Zürich" } } };
const guest = compiledGuest();
const tool = (name: string) => ({ type: "function", function: { name } }) as const;

let engine: LocalEngine | null = null;

afterEach(() => engine?.dispose());

/** A model that writes a text byte by byte, whatever it is asked. */
async function writing(text: string, template: string | null = TEMPLATE) {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  const rule = () => (at < bytes.length ? 3 + (bytes[at++] as number) : EOS);
  engine = new LocalEngine({ guest, createKernels: async () => new ScriptedKernels({ rule }) });
  const fields = template === null ? [] : [field("tokenizer.chat_template", Type.string, template)];
  await engine.loadModel(tinyModel("llama", { fields }), "tiny", {});
  return engine;
}

const request = (changes: Partial<GenerationRequest> = {}): GenerationRequest => ({
  model: "tiny",
  config: { ...GREEDY, maxTokens: 100 },
  messages: [{ role: "user", content: "hi" }],
  tools: [tool("now"), tool("add")],
  ...changes,
});

describe("tools in this process", () => {
  it("are shown by the template, and their calls are told from text", async () => {
    const made = await writing(WRITTEN);
    const events: TokenEvent[] = [];
    const said = await made.generate(request(), { onToken: (event) => events.push(event) });
    expect(said).toMatchObject({
      text: "See.",
      finishReason: "tool_calls",
      toolCalls: [CALL],
    });
    expect(said.tokenIds).toHaveLength(new TextEncoder().encode(WRITTEN).length);
    expect(events.map(({ text }) => text).join("")).toBe("See.");
    expect(events.at(-1)).toMatchObject({ finishReason: "tool_calls", toolCalls: [CALL] });
    expect(events.slice(0, -1).some((event) => "toolCalls" in event)).toBe(false);
    const prompt = await made.detokenize("tiny", said.promptIds, { renderSpecial: true });
    expect(prompt).toContain("now+add");
  });

  it("are neither shown nor looked for where none is wanted", async () => {
    const made = await writing(WRITTEN);
    const said = await made.generate(request({ toolChoice: "none" }), {});
    expect(said).toMatchObject({ text: WRITTEN, finishReason: "stop", toolCalls: [] });
    const prompt = await made.detokenize("tiny", said.promptIds, { renderSpecial: true });
    expect(prompt).not.toContain("now");
  });

  it("give one call where one is wanted", async () => {
    const two = `${WRITTEN}\n<tool_call>{"name": "add"}</tool_call>`;
    const made = await writing(two);
    const said = await made.generate(request({ parallelToolCalls: false }), {});
    expect(said.toolCalls).toMatchObject([CALL]);
  });

  it("leave text that is no call, also one that is cut", async () => {
    const made = await writing("<tool_call>nonsense");
    const said = await made.generate(request(), {});
    expect(said).toMatchObject({ text: "<tool_call>nonsense", finishReason: "stop" });
    const cut = await (await writing(WRITTEN)).generate(
      request({ config: { ...GREEDY, maxTokens: 12 } }),
      {},
    );
    expect(cut).toMatchObject({ text: WRITTEN.slice(0, 12), finishReason: "length" });
  });

  it("go on with a conversation that has calls and answers", async () => {
    const made = await writing("Noon.");
    const toolCalls = [{ ...CALL, id: "c1" } as never];
    const said = await made.generate(
      request({
        messages: [
          { role: "user", content: "hi" },
          { role: "assistant", content: "", toolCalls },
          { role: "tool", content: "noon", toolCallId: "c1" },
        ],
      }),
      {},
    );
    expect(said.text).toBe("Noon.");
    const prompt = await made.detokenize("tiny", said.promptIds, { renderSpecial: true });
    expect(prompt).toContain('assistant:now{"at": "Zürich"}');
    expect(prompt).toContain("tool:noon=c1");
  });

  it("cannot be forced, nor can an answer be kept to a form: what to do is said", async () => {
    const made = await writing("x");
    const named = { type: "function", function: { name: "now" } } as const;
    for (const changes of [
      { toolChoice: "required" as const },
      { toolChoice: named },
      { config: { ...GREEDY, jsonSchema: {} } },
      { config: { ...GREEDY, jsonObject: true } },
      { config: { ...GREEDY, grammar: "/x/" } },
    ]) {
      const asked = made.generate(request(changes), {});
      await expect(asked).rejects.toThrow(GrammarError);
      await expect(asked).rejects.toThrow(
        /^(toolChoice|jsonSchema|jsonObject|grammar) needs constrained decoding.* `realm serve`/,
      );
    }
  });

  it("need a template that knows them", async () => {
    const plain = "{% for m in messages %}{{ m.content }}{% endfor %}";
    await expect((await writing("x", plain)).generate(request(), {})).rejects.toThrow(RequestError);
    const none = (await writing("x", null)).generate(request(), {});
    await expect(none).rejects.toThrow("the chat template of 'tiny' knows no tools");
    const chat = (await writing("x", null)).generate(request({ tools: [] }), {});
    await expect(chat).rejects.toThrow(ChatTemplateError);
  });
});

describe("embeddings", () => {
  it("are the mean of the hidden states, of unit length, in the order of the texts", async () => {
    const made = await writing("");
    const ids = Array.from({ length: 200 }, (_, index) => 3 + index);
    const { vectors, usage, model } = await made.embed("tiny", ["ab", [4], ids]);
    expect(model).toBe("tiny");
    const tokens = await made.tokenize("tiny", "ab", { addSpecial: true, parseSpecial: false });
    expect(usage.promptTokens).toBe(tokens.length + 1 + ids.length);
    expect(vectors.map((vector) => Math.hypot(...vector))).toEqual(
      vectors.map(() => expect.closeTo(1, 6)),
    );
    expect(vectors[1]?.[0]).toBeCloseTo(4 / Math.hypot(4, 1), 6);
    const mean = ids.reduce((sum, id) => sum + id, 0) / ids.length;
    expect(vectors[2]?.[0]).toBeCloseTo(mean / Math.hypot(mean, 1), 6);
  });

  it("are refused for empty texts, and given up with a signal or the model", async () => {
    const made = await writing("");
    await expect(made.embed("tiny", [[]])).rejects.toThrow(PromptError);
    await expect(made.embed("tiny", [[999_999]])).rejects.toThrow(PromptError);
    const long = Array<number>(300).fill(5);
    await expect(made.embed("tiny", [long])).rejects.toThrow("the context of 'tiny' holds 256");
    const abort = new AbortController();
    const given = made.embed("tiny", [[5], [6]], { signal: abort.signal });
    abort.abort();
    await expect(given).rejects.toMatchObject({ name: "AbortError" });
    const left = made.embed("tiny", [[5], [6]]);
    left.catch(() => undefined);
    await made.unloadModel("tiny");
    await expect(left).rejects.toThrow("the model was unloaded before the request ran");
  });
});
