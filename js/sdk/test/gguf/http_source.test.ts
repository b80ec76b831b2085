import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ModelDownloadError } from "../../src/errors.js";
import { GGUFFile } from "../../src/gguf/file.js";
import { openUrl } from "../../src/gguf/http_source.js";
import { ggufBytes } from "../support/gguf_writer.js";

const BIG = Uint8Array.from({ length: 9 << 20 }, (_, index) => (index * 7) % 251);
const FILE = ggufBytes([], [{ name: "big", shape: [BIG.length / 4], data: BIG }]);

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

let servers: Server[] = [];

afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
});

async function serve(handler: Handler): Promise<string> {
  let count = 0;
  const server = createServer((request, response) => {
    count++;
    handler(request, response, count);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.gguf`;
}

/** What a server of static files does. */
function sendRange(
  request: IncomingMessage,
  response: ServerResponse,
  { etag = '"1"', file = FILE, isHidden = false } = {},
): void {
  const [, start = "0", end = ""] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
  const last = Math.min(end === "" ? file.length : Number(end), file.length - 1);
  const part = file.subarray(Number(start), last + 1);
  if (request.headers.range === undefined) {
    response.writeHead(200, { "content-length": file.length, etag });
    response.end(request.method === "HEAD" ? undefined : file);
    return;
  }
  const range = `bytes ${start}-${last}/${file.length}`;
  response.writeHead(206, {
    "content-length": part.length,
    etag,
    ...(!isHidden && { "content-range": range }),
  });
  response.end(part);
}

const quick = { retryMs: 1 };
/** Much faster than an equality of arrays. */
const isBig = (bytes: Uint8Array) => Buffer.compare(bytes, BIG) === 0;

async function readBig(url: string, options = {}): Promise<Uint8Array> {
  const file = await GGUFFile.open(await openUrl(url, { ...quick, ...options }));
  const found = new Uint8Array(BIG.length);
  await file.read("big", 0, found.subarray(0, 1000));
  await file.read("big", 1000, found.subarray(1000));
  await file.close();
  return found;
}

const failure = (url: string, options = {}) =>
  readBig(url, options).then(
    () => "",
    (error: unknown) => {
      expect(error).toBeInstanceOf(ModelDownloadError);
      return (error as Error).message.replace(url, "URL");
    },
  );

describe("files behind URLs", () => {
  it("are read by ranges", async () => {
    const ranges: string[] = [];
    const url = await serve((request, response) => {
      ranges.push(request.headers.range ?? "");
      sendRange(request, response);
    });
    const progress: number[][] = [];
    const onProgress = (...now: [number, number]) => progress.push(now);
    expect(isBig(await readBig(url, { onProgress }))).toBe(true);
    expect(ranges[0]).toBe("bytes=0-1048575");
    expect(ranges.length).toBeLessThan(5);
    expect(progress.at(-1)).toEqual([FILE.length, FILE.length]);
  });

  it("are read where the server hides how long they are from pages", async () => {
    const methods: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      methods.push(request.method);
      sendRange(request, response, { isHidden: true });
    });
    expect(isBig(await readBig(url))).toBe(true);
    expect(methods[1]).toBe("HEAD");
  });

  it("are fetched whole where the server knows no ranges", async () => {
    const url = await serve((_request, response) => response.end(FILE));
    expect(isBig(await readBig(url))).toBe(true);
    const told = await serve((_request, response) => {
      response.writeHead(200, { "content-length": FILE.length });
      response.end(FILE);
    });
    const progress: number[][] = [];
    const onProgress = (...now: [number, number]) => progress.push(now);
    expect(isBig(await readBig(told, { onProgress }))).toBe(true);
    expect(progress.at(-1)).toEqual([FILE.length, FILE.length]);
  });

  it("are asked for again when the server is busy or the connection breaks", async () => {
    const url = await serve((request, response, count) => {
      if (count === 1 || count === 4) {
        response.writeHead(503, { "retry-after": "0" }).end();
      } else if (count === 3) {
        response.writeHead(206, {
          "content-length": 8 << 20,
          "content-range": `bytes ${/\d+/.exec(request.headers.range ?? "")}-9/${FILE.length}`,
          etag: '"1"',
        });
        response.write(FILE.subarray(1 << 20, (1 << 20) + 5000));
        setImmediate(() => response.destroy());
      } else {
        sendRange(request, response);
      }
    });
    expect(isBig(await readBig(url))).toBe(true);
  });

  it("are errors with their status when they are not there", async () => {
    let count = 0;
    const missing = await serve((_request, response) => {
      count++;
      response.writeHead(404, "Not Found").end();
    });
    expect(await failure(missing)).toBe(
      "downloading URL failed: the server answered 404 Not Found",
    );
    expect(count).toBe(1);
    const busy = await serve((_request, response) => response.writeHead(502, "Bad").end());
    expect(await failure(busy)).toBe("downloading URL failed: the server answered 502 Bad");
    const gone = await serve(() => {});
    servers.splice(0).forEach((server) => {
      server.closeAllConnections();
      server.close();
    });
    expect(await failure(gone)).toMatch(/^downloading URL failed: fetch failed/);
  });

  it("must stay the same while they are read", async () => {
    const url = await serve((request, response, count) =>
      sendRange(request, response, { etag: `"${count}"` }),
    );
    expect(await failure(url)).toBe(
      "downloading URL failed: the file was changed while it was read",
    );
    const longer = await serve((request, response, count) =>
      sendRange(request, response, { file: FILE.subarray(0, FILE.length - (count > 1 ? 32 : 0)) }),
    );
    expect(await failure(longer)).toBe(
      "downloading URL failed: the file was changed while it was read",
    );
    const whole = await serve((request, response, count) =>
      count === 1 ? sendRange(request, response) : response.end(FILE),
    );
    expect(await failure(whole)).toBe(
      "downloading URL failed: the server does not send ranges any more",
    );
    const wrong = await serve((_request, response) => {
      response.writeHead(206, { "content-range": "bytes 5-9/100" }).end("hello");
    });
    expect(await failure(wrong)).toBe(
      "downloading URL failed: the server sent bytes from 5 where 0 was asked for",
    );
  });

  it("are errors when they come whole but cut short", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { "content-length": FILE.length });
      response.write(FILE.subarray(0, 100_000));
      setImmediate(() => response.destroy());
    });
    expect(await failure(url)).toMatch(/^downloading URL failed: it ended after \d+ bytes/);
  });

  it("are given up when that is asked for, also while waiting", async () => {
    const url = await serve((_request, response) => response.writeHead(503).end());
    const abort = new AbortController();
    const opened = openUrl(url, { signal: abort.signal, retryMs: 60_000 });
    setTimeout(() => abort.abort(), 20);
    await expect(opened).rejects.toThrow(/aborted/);
  });
});
