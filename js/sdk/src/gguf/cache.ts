/**
 * Downloaded models in the browser's own storage (OPFS), found again by address and version.
 *
 * A model is a file and a note about it. The note is written last, in one piece, so that a
 * download that was broken off is never taken for a model; what has no note is removed.
 */

import { BlobSource, type ByteSource } from "./byte_source.js";
import { type Answer, Downloader, type DownloadOptions } from "./downloader.js";
import { openUrl } from "./http_source.js";

const FOLDER = "realm-models";
const FIRST_BYTES = 1 << 20;
const NOTE_SUFFIX = ".json";
const DATA_SUFFIX = ".gguf";
/** Pieces are gathered to this size before they are written. */
const WRITE_BYTES = 4 << 20;

/** A model that is kept. */
export interface CachedModel {
  readonly url: string;
  /** ETag or date of the file, empty where the server gave none. */
  readonly version: string;
  readonly size: number;
  /** When it was downloaded, in milliseconds since 1970. */
  readonly savedAt: number;
}

/** Where a downloaded file is written to. */
interface Sink {
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> | void;
  close(): Promise<void> | void;
}

/** Of files of the storage: not in all versions of TypeScript's library. */
interface SyncHandle {
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

export class ModelCache {
  readonly #folder: FileSystemDirectoryHandle;

  constructor(folder: FileSystemDirectoryHandle) {
    this.#folder = folder;
  }

  /** The cache of this origin; null where there is no such storage. */
  static async find(): Promise<ModelCache | null> {
    if (typeof navigator === "undefined" || navigator.storage?.getDirectory === undefined) {
      return null;
    }
    try {
      const root = await navigator.storage.getDirectory();
      return new ModelCache(await root.getDirectoryHandle(FOLDER, { create: true }));
    } catch {
      // Private windows and some settings have no storage.
      return null;
    }
  }

  /**
   * Open the file behind a URL: the one that is kept where it is still the same or the server
   * cannot be reached, else a download, which is kept where there is room.
   *
   * @throws ModelDownloadError if it cannot be fetched and is not kept.
   */
  async open(url: string, options: DownloadOptions): Promise<ByteSource> {
    const downloader = new Downloader(url, options);
    let answer: Answer;
    try {
      answer = await downloader.ask(0, FIRST_BYTES);
    } catch (error) {
      options.signal?.throwIfAborted();
      const kept = await this.#newest(url);
      if (kept === null) {
        throw error;
      }
      return kept;
    }
    const kept = await this.#find(url, answer);
    if (kept !== null) {
      await answer.response.body?.cancel();
      return kept;
    }
    return this.#download(downloader, answer, options);
  }

  /** The models that are kept. */
  async list(): Promise<CachedModel[]> {
    const notes = await this.#notes();
    return [...notes.values()].sort((left, right) => left.savedAt - right.savedAt);
  }

  /** Bytes of everything that is kept. */
  async size(): Promise<number> {
    const models = await this.list();
    return models.reduce((sum, model) => sum + model.size, 0);
  }

  /** Remove the models of one address, or all of them; gives the bytes that were freed. */
  async clear(url?: string): Promise<number> {
    let freed = 0;
    for (const [key, note] of await this.#notes()) {
      if (url === undefined || note.url === url) {
        await this.#remove(key);
        freed += note.size;
      }
    }
    if (url === undefined) {
      await this.#removeAllBut(new Set());
    }
    return freed;
  }

  async #download(
    downloader: Downloader,
    answer: Answer,
    options: DownloadOptions,
  ): Promise<ByteSource> {
    const { totalBytes } = answer;
    await this.#removeAllBut(new Set((await this.#notes()).keys()));
    if (totalBytes === null || !(await hasRoomFor(totalBytes))) {
      await answer.response.body?.cancel();
      return openUrl(downloader.url, options);
    }
    const note = {
      url: downloader.url,
      version: answer.version,
      size: totalBytes,
      savedAt: Date.now(),
    };
    const key = await keyOf(note);
    try {
      await this.#save(key, downloader, answer, totalBytes);
    } catch (error) {
      await this.#remove(key);
      if (!isStorageError(error)) {
        throw error;
      }
      // Another page took the room meanwhile: do without.
      return openUrl(downloader.url, options);
    }
    await this.#write(key + NOTE_SUFFIX, JSON.stringify(note));
    // What came before under this address is not asked for again.
    for (const [other, { url }] of await this.#notes()) {
      if (url === note.url && other !== key) {
        await this.#remove(other);
      }
    }
    return this.#source(key, note);
  }

  async #save(
    key: string,
    downloader: Downloader,
    answer: Answer,
    totalBytes: number,
  ): Promise<void> {
    const handle = await this.#folder.getFileHandle(key + DATA_SUFFIX, { create: true });
    const sink = await openSink(handle);
    try {
      if (answer.isPartial) {
        const first = await downloader.bytes(answer);
        await sink.write(new Uint8Array(first));
        for (let at = first.byteLength; at < totalBytes; at += WRITE_BYTES) {
          const end = Math.min(at + WRITE_BYTES, totalBytes);
          await sink.write(new Uint8Array(await downloader.range(at, end, answer)));
        }
      } else {
        for await (const part of downloader.stream(answer)) {
          await sink.write(new Uint8Array(part));
        }
      }
    } finally {
      await sink.close();
    }
  }

  async #find(url: string, answer: Answer): Promise<ByteSource | null> {
    for (const [key, note] of await this.#notes()) {
      const isSame = note.version === answer.version && note.size === answer.totalBytes;
      if (note.url === url && isSame) {
        return this.#source(key, note);
      }
    }
    return null;
  }

  async #newest(url: string): Promise<ByteSource | null> {
    const notes = [...(await this.#notes())].filter(([, note]) => note.url === url);
    const [newest] = notes.sort(([, left], [, right]) => right.savedAt - left.savedAt);
    return newest === undefined ? null : this.#source(...newest);
  }

  async #source(key: string, note: CachedModel): Promise<ByteSource> {
    const handle = await this.#folder.getFileHandle(key + DATA_SUFFIX);
    return new BlobSource(await handle.getFile(), note.url);
  }

  /** The notes by key, of files that are as long as they should be. */
  async #notes(): Promise<Map<string, CachedModel>> {
    const notes = new Map<string, CachedModel>();
    for (const name of await this.#names()) {
      if (!name.endsWith(NOTE_SUFFIX)) {
        continue;
      }
      const key = name.slice(0, -NOTE_SUFFIX.length);
      const note = await this.#note(key);
      if (note !== null) {
        notes.set(key, note);
      }
    }
    return notes;
  }

  async #note(key: string): Promise<CachedModel | null> {
    try {
      const noteFile = await (await this.#folder.getFileHandle(key + NOTE_SUFFIX)).getFile();
      const note: unknown = JSON.parse(await noteFile.text());
      const data = await (await this.#folder.getFileHandle(key + DATA_SUFFIX)).getFile();
      return isNote(note) && note.size === data.size ? note : null;
    } catch {
      return null;
    }
  }

  async #names(): Promise<string[]> {
    const names: string[] = [];
    const folder = this.#folder as unknown as { keys(): AsyncIterable<string> };
    for await (const name of folder.keys()) {
      names.push(name);
    }
    return names;
  }

  async #removeAllBut(keys: ReadonlySet<string>): Promise<void> {
    for (const name of await this.#names()) {
      if (!keys.has(name.replace(/\.[^.]*$/, ""))) {
        await this.#removeEntry(name);
      }
    }
  }

  async #remove(key: string): Promise<void> {
    await this.#removeEntry(key + NOTE_SUFFIX);
    await this.#removeEntry(key + DATA_SUFFIX);
  }

  async #removeEntry(name: string): Promise<void> {
    try {
      await this.#folder.removeEntry(name);
    } catch {
      // It is not there, or another page writes it just now.
    }
  }

  async #write(name: string, text: string): Promise<void> {
    const handle = await this.#folder.getFileHandle(name, { create: true });
    const writable = await handle.createWritable();
    await writable.write(text);
    await writable.close();
  }
}

/** Write straight into a file where the thread may, which takes no second copy on disk. */
async function openSink(handle: FileSystemFileHandle): Promise<Sink> {
  const { createSyncAccessHandle } = handle as unknown as {
    createSyncAccessHandle?: () => Promise<SyncHandle>;
  };
  if (createSyncAccessHandle === undefined) {
    return handle.createWritable();
  }
  const file = await createSyncAccessHandle.call(handle);
  let at = 0;
  file.truncate(0);
  return {
    write: (bytes) => {
      at += file.write(bytes, { at });
    },
    close: () => {
      file.flush();
      file.close();
    },
  };
}

async function hasRoomFor(size: number): Promise<boolean> {
  const storage = typeof navigator === "undefined" ? undefined : navigator.storage;
  const { quota, usage = 0 } = (await storage?.estimate?.()) ?? {};
  return quota === undefined || usage + size <= quota;
}

function isStorageError(error: unknown): boolean {
  return error instanceof DOMException && error.name !== "AbortError";
}

function isNote(note: unknown): note is CachedModel {
  if (typeof note !== "object" || note === null) {
    return false;
  }
  const { url, version, size, savedAt } = note as Record<string, unknown>;
  const areTexts = typeof url === "string" && typeof version === "string";
  return areTexts && typeof size === "number" && typeof savedAt === "number";
}

async function keyOf({ url, version, size }: CachedModel): Promise<string> {
  const data = new TextEncoder().encode(`${url}\n${version}\n${size}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
