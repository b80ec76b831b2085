import { mkdtemp, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Realm as BuiltRealm } from "@realm-jupyter/sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LocalEngine } from "../../src/engine/local_engine.js";
import { openModelFile } from "../../src/engine/open_source.js";
import { ConfigError, ModelFormatError } from "../../src/errors.js";
import type { GGUFFile } from "../../src/gguf/file.js";
import { openFile } from "../../src/gguf/file_source.js";
import { Realm } from "../../src/node.js";
import type { ModelSource } from "../../src/types.js";
import { field, ggufBytes, Type } from "../support/gguf_writer.js";
import { compiledGuest } from "../support/guest.js";
import { ScriptedKernels } from "../support/scripted_kernels.js";
import { NAMES, part, parts, TENSORS } from "../support/split_model.js";

let folder = "";
let paths: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "realm-split-"));
  paths = NAMES.map((name) => join(folder, name));
  for (const [index, bytes] of parts().entries()) await writeFile(paths[index] as string, bytes);
});

afterEach(() => rm(folder, { recursive: true }));

const open = (source: ModelSource): Promise<GGUFFile> =>
  openModelFile(source, {
    openPath: openFile,
    cache: null,
    signal: new AbortController().signal,
    onDownload: () => undefined,
  });

/** What it says that is wrong; every such error is a `ModelFormatError`. */
async function said(source: ModelSource): Promise<string> {
  const error: unknown = await open(source).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ModelFormatError);
  return (error as Error).message;
}

async function checkWhole(file: GGUFFile): Promise<void> {
  expect([...file.tensors.keys()]).toEqual(TENSORS.map(({ name }) => name));
  expect(file.metadata.get("general.name")).toBe("tiny llama");
  expect(file.fileBytes).toBe(parts().reduce((sum, bytes) => sum + bytes.length, 0));
  for (const { name, data } of TENSORS) {
    const read = new Uint8Array(data.length);
    await file.read(name, 0, read);
    expect(read).toEqual(data);
  }
  await file.close();
}

describe("a split model", () => {
  it("is opened by the path or the file URL of its first file", async () => {
    const file = await open(paths[0] as string);
    expect(file.error("wrong", { tensor: TENSORS[9]?.name as string }).message).toContain(NAMES[1]);
    await checkWhole(file);
    await checkWhole(await open(pathToFileURL(paths[0] as string)));
  });

  it("is opened from all of its files in order, whatever they are", async () => {
    const blobs = parts().map((bytes) => new Blob([bytes as BlobPart]));
    const [bytes] = parts();
    await checkWhole(await open(blobs));
    await checkWhole(await open([bytes as Uint8Array, paths[1] as string, blobs[2] as Blob]));
  });

  it("is opened by the URL of its first file, with progress of all files", async () => {
    const asked: string[] = [];
    const server = createServer(async (request, response) => {
      const { pathname } = new URL(request.url ?? "", "http://host");
      asked.push(request.url ?? "");
      const bytes = await readFile(join(folder, pathname)).catch(() => null);
      response.writeHead(bytes === null ? 404 : 200, { "content-length": bytes?.length ?? 0 });
      response.end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const url = new URL(`http://127.0.0.1:${port}/${NAMES[0]}?key=a/b`);
      await checkWhole(await open(url));
      expect(asked).toEqual(NAMES.map((name) => `/${name}?key=a/b`));
      const progress: number[] = [];
      const engine = new LocalEngine({
        guest: compiledGuest(),
        createKernels: async () => new ScriptedKernels(),
        cache: false,
      });
      const info = await engine.loadModel(url, "tiny", {
        onProgress: ({ stage, doneBytes }) => stage === "download" && progress.push(doneBytes),
      });
      expect(progress.at(-1)).toBe(info.fileBytes);
      expect(progress).toEqual([...progress].sort((left, right) => left - right));
      await engine.dispose();
      await unlink(paths[1] as string);
      const missing = `http://127.0.0.1:${port}/${NAMES[1]}?key=a/b: this file of a split model is`;
      expect(await said(url)).toContain(missing);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("of one file is a file", async () => {
    const alone = part(0, { count: 1, tensors: TENSORS });
    expect((await open(alone)).tensors.size).toBe(TENSORS.length);
    expect((await open([alone])).tensors.size).toBe(TENSORS.length);
    const whole = "2 files were given, but this is a whole model";
    expect(await said([alone, alone])).toContain(whole);
  });

  it("with a missing file is an error that names it", async () => {
    await unlink(paths[2] as string);
    expect(await said(paths[0] as string)).toBe(
      `${paths[2]}: this file of a split model is missing; all 3 must be in one folder`,
    );
  });

  it("that is opened by another file, or under another name, is an error that says which", async () => {
    expect(await said(paths[1] as string)).toMatch(`open ${NAMES[0]} instead`);
    const renamed = join(folder, "renamed.gguf");
    await rename(paths[0] as string, renamed);
    expect(await said(renamed)).toContain("its name does not end in -00001-of-00003.gguf");
    await rename(renamed, join(folder, "tiny-00002-of-00003.gguf"));
    expect(await said(paths[1] as string)).toContain("the name says file 2 of the split");
  });

  const wrong: [string, () => ModelSource, string][] = [
    ["one file's bytes", () => part(0), "give all of them in an array, in order"],
    ["too few files", () => [part(0), part(1)], "2 files were given, but this is one of 3"],
    ["too many files", () => [...parts(), part(2)], "4 files were given, but this is one of 3"],
    ["no files", () => [], "a model is bytes, a Blob, a URL or a path, not []"],
    [
      "files in the wrong order",
      () => [part(0), part(2), part(1)],
      "split.no is 2, but should be 1 in this file",
    ],
    [
      "another file first",
      () => [part(1), part(0), part(2)],
      "split.no is 1, but should be 0 in this file",
    ],
    [
      "a file of another split",
      () => [part(0), part(1, { count: 4 }), part(2)],
      "split.count is 4, but should be 3 in this file",
    ],
    [
      "a file that is a model of its own",
      () => [part(0), ggufBytes([]), part(2)],
      "split.no is missing, but should be 1 in this file",
    ],
    [
      "another number of tensors",
      () => [part(0, { total: 9 }), part(1, { total: 9 }), part(2, { total: 9 })],
      `split.tensors.count is 9, but the 3 files hold ${TENSORS.length} tensors`,
    ],
    [
      "files that differ about it",
      () => [part(0), part(1, { total: 9 }), part(2)],
      `split.tensors.count is 9, but ${TENSORS.length} in the first file`,
    ],
    [
      "a tensor twice",
      () => [part(0), part(1, { tensors: TENSORS.slice(7, 9) }), part(2)],
      "is in another file of the split too",
    ],
    ["too large a count", () => part(0, { count: 1025 }), "from 1 to 1024 is allowed"],
    ["a negative count", () => part(0, { count: -1, kind: Type.i16 }), "split.count is -1"],
    [
      "a count that is text",
      () => ggufBytes([field("split.count", Type.string, "3")]),
      "split.count must be a whole number, not string",
    ],
    ["a broken file", () => [part(0), part(1).subarray(0, 40), part(2)], "the file ends inside"],
  ];
  it.each(wrong)("with %s is an error", async (name, source, message) => {
    if (name === "no files") await expect(open(source())).rejects.toThrow(ConfigError);
    else expect(await said(source())).toContain(message);
  });

  it("goes through a worker, from paths and from bytes", async () => {
    const realm = new BuiltRealm({ threads: 1 });
    try {
      const byName = await realm.loadModel(paths[0] as string);
      expect(byName).toMatchObject({ id: "tiny", numLayers: 2 });
      const [first, second, third] = parts();
      const all = [first as Uint8Array, new Blob([second as BlobPart]), third as Uint8Array];
      const given = await realm.loadModel(all, "given", { transfer: true });
      expect(given.fileBytes).toBe(byName.fileBytes);
      expect(first).toHaveLength(0);
      for (const [source, code] of [
        [[], "config_error"],
        [[5], "config_error"],
        [[all[1]], "model_format"],
      ]) {
        await expect(realm.loadModel(source as never, "none")).rejects.toMatchObject({ code });
      }
    } finally {
      await realm.dispose();
    }
  });

  it("is not sent to a server, which is said", async () => {
    const realm = new Realm({ mode: "server", baseUrl: "http://127.0.0.1:9" });
    const load = realm.loadModel(parts(), "tiny");
    await expect(load).rejects.toThrow("put all its files into the server's models folder");
    await expect(load).rejects.toThrow(ConfigError);
    await realm.dispose();
  });
});
