import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ModelFormatError, ModelNotFoundError } from "../../src/errors.js";
import { GGUFArray } from "../../src/gguf/array.js";
import { BlobSource, type ByteSource, BytesSource } from "../../src/gguf/byte_source.js";
import { GGUFFile } from "../../src/gguf/file.js";
import { openFile } from "../../src/gguf/file_source.js";
import { Vocabulary } from "../../src/gguf/vocabulary.js";
import { goldenJson, repositoryPath } from "../support/files.js";
import { arrayField, field, ggufBytes, Type } from "../support/gguf_writer.js";
import { spmVocabulary, tinyModel } from "../support/tiny_models.js";

interface Malformed {
  zlib: string;
  message: string;
}

const MALFORMED = goldenJson("malformed_gguf.json") as Record<string, Malformed>;

async function use(source: ByteSource): Promise<void> {
  const file = await GGUFFile.open(source);
  for (const key of file.metadata.keys()) {
    const value = file.metadata.get(key);
    if (value instanceof GGUFArray && value.length > 0) {
      value.elementType === Type.string ? value.textAt(0) : value.numberAt(0);
    }
  }
  new Vocabulary(file).toBlob();
  for (const name of file.tensors.keys()) {
    await file.read(name, 0, new Uint8Array(file.tensor(name).byteLength));
  }
  await file.close();
}

async function said(source: ByteSource): Promise<string> {
  try {
    await use(source);
  } catch (error) {
    expect(error).toBeInstanceOf(ModelFormatError);
    return (error as Error).message;
  }
  return "";
}

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "realm-gguf-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("malformed files", () => {
  it.each(Object.entries(MALFORMED))("%s: as Python says", async (_name, malformed) => {
    const bytes = inflateSync(Buffer.from(malformed.zlib, "base64"));
    expect(await said(new BytesSource(bytes))).toBe(malformed.message);
  });

  it("are named, whatever they come from", async () => {
    const path = join(folder, "cut.gguf");
    await writeFile(path, tinyModel("llama").subarray(0, 500));
    const message = await said(await openFile(path));
    expect(message).toMatch(new RegExp(`^${path}: the file ends inside .* \\(at byte \\d+\\)$`));
    const blob = new File([await readAll(path)], "dropped.gguf");
    expect(await said(new BlobSource(blob))).toBe(message.replace(path, "dropped.gguf"));
  });

  it("are errors wherever they are cut", async () => {
    const small = ggufBytes(
      [field("general.alignment", Type.u32, 32), arrayField("a", Type.string, ["one", "two"])],
      [{ name: "t", shape: [2, 4], data: new Uint8Array(32) }],
    );
    for (let length = 0; length < small.byteLength; length++) {
      expect(await said(new BytesSource(small.slice(0, length)))).toMatch(/\(at byte \d+\)$/);
    }
  });

  it("are errors or harmless whatever numbers they hold", async () => {
    const small = tinyModel("llama").slice(0, 14000);
    const odd = [0n, 1n, 12n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 62n, 2n ** 63n, 2n ** 64n - 1n];
    let state = 1;
    for (let round = 0; round < 300; round++) {
      const bytes = small.slice();
      state = (state * 1103515245 + 12345) % 2 ** 31;
      const value = odd[round % odd.length] as bigint;
      new DataView(bytes.buffer).setBigUint64(state % (round < 150 ? 900 : 13000), value, true);
      expect(await said(new BytesSource(bytes))).not.toBe("");
    }
  });

  it("are refused when they are one of several", async () => {
    const split = ggufBytes([field("split.count", Type.u16, 3)]);
    expect(await said(new BytesSource(split))).toMatch(/^this is one of 3 files of a split model/);
  });
});

describe("sound files", () => {
  it("are read by ranges, however long their header is", async () => {
    const words = Array.from({ length: 20_000 }, (_, index) => `${index}`.padEnd(200));
    const data = Uint8Array.from({ length: 4096 }, (_, index) => index % 251);
    const bytes = ggufBytes(
      [arrayField("words", Type.string, words)],
      [
        { name: "a", shape: [4], data: new Uint8Array(16) },
        { name: "b", shape: [8, 128], data },
      ],
    );
    const reads: [number, number][] = [];
    const counted = new BytesSource(bytes);
    const source: ByteSource = {
      name: "",
      size: bytes.byteLength,
      read: (offset, into) => {
        reads.push([offset, into.byteLength]);
        return counted.read(offset, into);
      },
      close: async () => {},
    };
    const file = await GGUFFile.open(source);
    expect(bytes.byteLength).toBeGreaterThan(3 << 20);
    expect(reads.reduce((sum, [, length]) => sum + length, 0)).toBe(bytes.byteLength);
    const found = file.metadata.get("words") as GGUFArray;
    expect(found.length).toBe(20_000);
    expect(found.textAt(19_999)).toBe(words[19_999]);
    expect(() => found.textAt(20_000)).toThrow(RangeError);
    const part = new Uint8Array(100);
    await file.read("b", 1000, part);
    expect(part).toEqual(data.subarray(1000, 1100));
    await expect(file.read("b", 4000, part)).rejects.toThrow(RangeError);
    expect(file.tensor("b")).toEqual({
      name: "b",
      quantType: 0,
      shape: [128, 8],
      byteLength: 4096,
    });
    expect(() => file.tensor("c")).toThrow("there is no tensor 'c'");
    expect(file.summary()).toEqual({ numParameters: 4 + 1024, quantType: "F32" });
  });

  it("are the same as bytes, blob and file", async () => {
    const path = repositoryPath("realm_jupyter/demo/paris.gguf");
    const bytes = await readAll(path);
    const found = [];
    const sources = [
      new BytesSource(bytes),
      new BytesSource(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)),
      new BlobSource(new Blob([bytes])),
      await openFile(path),
    ];
    for (const source of sources) {
      const file = await GGUFFile.open(source);
      const [name] = [...file.tensors.keys()].slice(-1);
      const tensor = new Uint8Array(file.tensor(name as string).byteLength);
      await file.read(name as string, 0, tensor);
      found.push([file.fileBytes, file.metadata.size, file.summary(), tensor]);
      await file.close();
      await expect(file.read(name as string, 0, tensor)).rejects.toThrow("the file is closed");
    }
    expect(found.slice(1)).toEqual([found[0], found[0], found[0]]);
  });

  it("may be cut short while open, which is an error", async () => {
    const path = join(folder, "shrinks.gguf");
    await writeFile(path, tinyModel("llama"));
    const file = await GGUFFile.open(await openFile(path));
    await truncate(path, 5000);
    const into = new Uint8Array(128);
    await expect(file.read("output_norm.weight", 0, into)).rejects.toThrow("was cut short since");
    await file.close();
  });
});

describe("what is no file", () => {
  it("is said so", async () => {
    await expect(openFile(join(folder, "missing.gguf"))).rejects.toThrow(ModelNotFoundError);
    await expect(openFile(folder)).rejects.toThrow(`${folder}: this is a folder, not a file`);
    await expect(openFile("/dev/zero")).rejects.toThrow("/dev/zero: this is a device, not a file");
    await expect(openFile("a\0b")).rejects.toThrow("the file cannot be read");
    const empty = join(folder, "empty.gguf");
    await writeFile(empty, "");
    expect(await said(await openFile(empty))).toBe(`${empty}: the file is empty (at byte 0)`);
  });
});

describe("vocabularies", () => {
  it("find the tokens that end a generation and those that nobody may write", async () => {
    const vocabulary = new Vocabulary(await GGUFFile.open(new BytesSource(tinyModel("llama"))));
    expect(vocabulary.numTokens).toBe(320);
    expect([vocabulary.bosId, vocabulary.eosId, vocabulary.unkId]).toEqual([1, 2, 0]);
    expect([...vocabulary.eogIds].sort()).toEqual([2, 319]);
    expect([...vocabulary.controlTokens()]).toEqual([
      ["<unk>", 0],
      ["<s>", 1],
      ["</s>", 2],
      ["<|im_start|>", 318],
      ["<|im_end|>", 319],
    ]);
    const blob = vocabulary.toBlob([318]);
    expect(blob.byteLength % 4).toBe(0);
    expect([...blob.slice(-12)]).toEqual([2, 0, 0, 0, 62, 1, 0, 0, 63, 1, 0, 0]);
  });

  it("mark the tokens of Phi 3 that take the whitespace after them", async () => {
    const blobOf = async (name: string) => {
      const fields = [field("general.name", Type.string, name), ...spmVocabulary()];
      return new Vocabulary(await GGUFFile.open(new BytesSource(ggufBytes(fields)))).toBlob();
    };
    const plain = await blobOf("Phi-4");
    const marked = await blobOf("Phi-3 Mini");
    const changed = [...marked.keys()].filter((place) => marked[place] !== plain[place]);
    const types = plain.byteLength - 4 * (320 + 2); // the last are two ends of a text
    // </s>, <|im_start|> and <|im_end|>, but neither <unk> nor <s>.
    expect(changed).toEqual([2, 318, 319].map((tokenId) => types + 4 * tokenId));
    expect(changed.map((place) => marked[place])).toEqual([19, 19, 19]);
  });
});

async function readAll(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { readFile } = await import("node:fs/promises");
  return new Uint8Array(await readFile(path));
}
