/** A folder of the browser's storage, in memory. */

export class MemoryFolder {
  readonly files = new Map<string, Uint8Array>();
  /** Bytes that fit; writing more is an error as in a browser. */
  room = Number.POSITIVE_INFINITY;

  async getFileHandle(name: string, { create = false } = {}) {
    if (!this.files.has(name)) {
      if (!create) {
        throw new DOMException("no such file", "NotFoundError");
      }
      this.files.set(name, new Uint8Array(0));
    }
    return {
      getFile: async () => new File([this.files.get(name) as BlobPart], name),
      createWritable: async () => this.#writable(name),
    };
  }

  async removeEntry(name: string): Promise<void> {
    if (!this.files.delete(name)) {
      throw new DOMException("no such file", "NotFoundError");
    }
  }

  async *keys(): AsyncIterable<string> {
    yield* [...this.files.keys()];
  }

  #writable(name: string) {
    const parts: Uint8Array[] = [];
    return {
      write: async (part: Uint8Array | string) => {
        const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
        this.room -= bytes.byteLength;
        if (this.room < 0) {
          throw new DOMException("no room", "QuotaExceededError");
        }
        parts.push(bytes.slice());
      },
      close: async () => {
        this.files.set(name, new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()));
      },
    };
  }
}
