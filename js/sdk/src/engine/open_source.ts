/** From what a user names to the bytes of a file. */

import { ConfigError, ModelNotFoundError } from "../errors.js";
import { BlobSource, type ByteSource, BytesSource } from "../gguf/byte_source.js";
import type { ModelCache } from "../gguf/cache.js";
import { openUrl } from "../gguf/http_source.js";
import { shown } from "../quoted.js";
import type { ModelSource } from "../types.js";

export interface OpenOptions {
  /** Opens a path; only where there are files. */
  openPath: ((path: string) => Promise<ByteSource>) | undefined;
  /** Keeps downloaded models; only where there is a place for them. */
  cache: ModelCache | null;
  signal: AbortSignal;
  onDownload: (doneBytes: number, totalBytes: number) => void;
}

/**
 * @throws ModelNotFoundError if there is no such file, or a path is given where there are none.
 * @throws ModelDownloadError if it cannot be fetched.
 * @throws ConfigError if it is none of what a model can be.
 */
export async function openSource(source: ModelSource, options: OpenOptions): Promise<ByteSource> {
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
  if (typeof source !== "string") {
    throw new ConfigError(`a model is bytes, a Blob, a URL or a path, not ${shown(source)}`, {
      field: "source",
      value: source,
    });
  }
  if (openPath === undefined) {
    throw new ModelNotFoundError(
      `there is no file ${source}: pages have no paths; give a URL, a File or bytes`,
      { model: source },
    );
  }
  return openPath(source);
}
