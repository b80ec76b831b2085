import { describe, expect, it } from "vitest";
import {
  ModelFormatError,
  UnsupportedArchitectureError,
  UnsupportedQuantizationError,
} from "../../src/errors.js";
import { BytesSource } from "../../src/gguf/byte_source.js";
import { GGUFFile } from "../../src/gguf/file.js";
import { checkGraph } from "../../src/graph/check.js";
import type { Graph } from "../../src/graph/graph.js";
import { buildGraph } from "../../src/models/build_graph.js";
import { goldenJson } from "../support/files.js";
import { field, ggufBytes, Type } from "../support/gguf_writer.js";
import {
  ARCHITECTURES,
  type Change,
  spmVocabulary,
  tinyModel,
  tinyTensors,
} from "../support/tiny_models.js";

async function graphOf(bytes: Uint8Array): Promise<Graph> {
  return buildGraph(await GGUFFile.open(new BytesSource(bytes)));
}

interface ErrorCase {
  architecture: string;
  key: string;
  value: null | number | string | { float: string };
  message: string;
}

const FLOATS: Record<string, number> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
};

function change(value: ErrorCase["value"]): Change {
  if (value === null) {
    return null;
  }
  if (typeof value === "object") {
    return { kind: Type.f32, value: FLOATS[value.float] ?? Number(value.float) };
  }
  return { kind: typeof value === "string" ? Type.string : Type.u32, value };
}

describe("graphs", () => {
  it.each(ARCHITECTURES)("of %s are what Python makes of the same file", async (architecture) => {
    expect(await graphOf(tinyModel(architecture))).toEqual(
      goldenJson(`graph_${architecture}.json`),
    );
  });

  it("say of hostile hyperparameters what Python says", async () => {
    const cases = goldenJson("model_errors.json") as ErrorCase[];
    const tensors = Object.fromEntries(ARCHITECTURES.map((name) => [name, tinyTensors(name)]));
    const vocabulary = spmVocabulary();
    expect(cases.length).toBeGreaterThan(200);
    for (const { architecture, key, value, message } of cases) {
      const bytes = tinyModel(architecture, {
        changes: { [key]: change(value) },
        tensors: tensors[architecture] ?? [],
        vocabulary,
      });
      const found = await graphOf(bytes).then(
        () => "",
        (error: unknown) => {
          expect(error).toBeInstanceOf(ModelFormatError);
          return (error as Error).message;
        },
      );
      // Where a key stands depends on the vocabulary's length, which is not Python's.
      const withoutPlace = (text: string) => text.replace(/ \(at byte \d+\)$/, "");
      expect(withoutPlace(found), `${architecture}.${key} = ${JSON.stringify(value)}`).toBe(
        withoutPlace(message),
      );
    }
  });

  it("name what is not supported, and what is", async () => {
    const unknown = ggufBytes([field("general.architecture", Type.string, "mamba'")]);
    await expect(graphOf(unknown)).rejects.toThrow(
      new UnsupportedArchitectureError(
        'the architecture "mamba\'" is not supported; supported are gemma2, gemma3, llama, phi3, qwen2, qwen3, qwen3moe',
      ),
    );
    await expect(graphOf(ggufBytes([field("x", Type.u8, 1)]))).rejects.toThrow(
      "general.architecture is missing",
    );
    const tensors = tinyTensors("llama").map((tensor) =>
      tensor.name === "blk.1.ffn_up.weight"
        ? { ...tensor, kind: 27, data: new Uint8Array(2 * tensor.data.byteLength) }
        : tensor,
    );
    await expect(graphOf(tinyModel("llama", { tensors }))).rejects.toThrow(
      UnsupportedQuantizationError,
    );
    await expect(graphOf(tinyModel("llama", { tensors }))).rejects.toThrow(
      /^the quant type I64 of tensor 'blk.1.ffn_up.weight' is not supported; supported are F32, /,
    );
  });

  it("refuse tensors that would be ignored, and take those that are known", async () => {
    const [first, ...rest] = tinyTensors("llama");
    const more = (name: string) => ({ name, shape: [8], data: new Uint8Array(32) });
    const tensors = [first as NonNullable<typeof first>, ...rest];
    await graphOf(tinyModel("llama", { tensors: [...tensors, more("rope_something")] }));
    const foreign = tinyModel("llama", { tensors: [...tensors, more("blk.0.extra.weight")] });
    await expect(graphOf(foreign)).rejects.toThrow(
      /^the tensor 'blk.0.extra.weight' has no place in a 'llama' model as this version knows it/,
    );
  });

  it("are checked: a wrong order, a wrong width, rows that are mixed", async () => {
    const graph = await graphOf(tinyModel("qwen2"));
    const shapes = new Map(tinyTensors("qwen2").map(({ name, shape }) => [name, shape]));
    const find = (name: string) => shapes.get(name);
    checkGraph(graph, find);
    const without = (name: string) => ({
      ...graph,
      ops: graph.ops.filter((op) => op.output !== name),
    });
    expect(() => checkGraph(without("embedding"), find)).toThrow("which nothing made yet");
    expect(() => checkGraph(without("logits"), find)).toThrow("the logits are 32 wide, not 320");
    expect(() => checkGraph({ ...graph, ops: [] }, find)).toThrow("does not end in logits");
    const twice = { ...graph, ops: [...graph.ops, ...graph.ops.slice(-1)] };
    expect(() => checkGraph(twice, find)).toThrow("a second time");
    const changed = graph.ops.map((op) =>
      op.op === "attention" ? { ...op, attributes: { ...op.attributes, layer: 5 } } : op,
    );
    expect(() => checkGraph({ ...graph, ops: changed }, find)).toThrow("where 0 is next");
  });

  it("scale and turn as the file says", async () => {
    const yarn = {
      "rope.scaling.type": { kind: Type.string, value: "yarn" },
      "rope.scaling.factor": { kind: Type.f32, value: 4 },
      "rope.scaling.original_context_length": { kind: Type.u32, value: 64 },
    } as const;
    const graph = await graphOf(tinyModel("llama", { changes: yarn }));
    const rope = graph.ops.find((op) => op.op === "rope");
    expect(rope?.attributes).toMatchObject({ freq_scale: 0.25, extrapolation: 1 });
    expect(rope?.attributes.magnitude).toBeCloseTo(1 + 0.1 * Math.log(4), 12);
  });
});
