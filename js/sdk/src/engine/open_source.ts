/** From what a user names to the file, or the files, of a model. */

import { ConfigError, ModelNotFoundError } from "../errors.js";
import { BlobSource, type ByteSource, BytesSource } from "../gguf/byte_source.js";
import type { ModelCache } from "../gguf/cache.js";
import { GGUFFile } from "../gguf/file.js";
import { openUrl } from "../gguf/http_source.js";
import type { Siblings } from "../gguf/split.js";
import { isFiles } from "../model_id.js";
import { shown } from "../quoted.js";
import type { FileSource, ModelSource } from "../types.js";

export interface OpenOptions {
  /** Opens a path; only where there are files. */
  openPath: ((path: string) => Promise<ByteSource>) | undefined;
  /** Keeps downloaded models; only where there is a place for them. */
  cache: ModelCache | null;
  signal: AbortSignal;
  onDownload: (doneBytes: number, totalBytes: number) => void;
}

/** Bytes of a download. */
interface Progress {
  doneBytes: number;
  totalBytes: number;
}

/**
 * Open and check a model's file, or all files of a split one.
 *
 * @throws ModelFormatError if anything is wrong with a file, or with a split model's files.
 * @throws ModelNotFoundError if there is no such file, or a path is given where there are none.
 * @throws ModelDownloadError if it cannot be fetched.
 * @throws ConfigError if it is none of what a model can be.
 */
export async function openModelFile(source: ModelSource, options: OpenOptions): Promise<GGUFFile> {
  const { signal, onDownload } = options;
  const downloads: Progress[] = [];
  const open = (file: FileSource): Promise<ByteSource> => {
    const download: Progress = { doneBytes: 0, totalBytes: 0 };
    downloads.push(download);
    return openFile(file, {
      ...options,
      onDownload: (doneBytes, totalBytes) => {
        Object.assign(download, { doneBytes, totalBytes });
        onDownload(
          downloads.reduce((sum, item) => sum + item.doneBytes, 0),
          downloads.reduce((sum, item) => sum + item.totalBytes, 0),
        );
      },
    });
  };
  if (isFiles(source)) {
    const [first, ...others] = source;
    if (first === undefined) throw notAllowed(source);
    return GGUFFile.open(await open(first), signal, {
      numGiven: source.length,
      open: (place) => open(others[place - 1] as FileSource),
    });
  }
  const opened = await open(source);
  const isPlace = typeof source === "string" || source instanceof URL;
  return GGUFFile.open(opened, signal, isPlace ? siblingsOf(source, open) : null);
}

/** The files beside one that was named, by their names. */
function siblingsOf(
  first: string | URL,
  open: (file: FileSource) => Promise<ByteSource>,
): Siblings {
  const isUrl = first instanceof URL && first.protocol !== "file:";
  return { numGiven: null, open: (_, name) => open(isUrl ? new URL(name) : name) };
}

async function openFile(source: FileSource, options: OpenOptions): Promise<ByteSource> {
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) {
    return new BytesSource(source);
  }
  if (typeof Blob !== "undefined" && source instanceof Blob) {
    return new BlobSource(source);
  }
  const { openPath, cache, signal, onDownload } = options;
  if (source instanceof URL) {
    if (source.protocol === "file:" && openPath !== undefined) {
      return openPath(decodeURIComponent(source.pathname));
    }
    const download = { signal, onProgress: onDownload };
    return cache === null ? openUrl(source.href, download) : cache.open(source.href, download);
  }
  if (typeof source !== "string") throw notAllowed(source);
  if (openPath === undefined) {
    throw new ModelNotFoundError(
      `there is no file ${source}: pages have no paths; give a URL, a File or bytes`,
      { model: source },
    );
  }
  return openPath(source);
}

function notAllowed(source: unknown): ConfigError {
  return new ConfigError(`a model is bytes, a Blob, a URL or a path, not ${shown(source)}`, {
    field: "source",
    value: source,
  });
}
