/** Arrays that numpy's `savez` and `savez_compressed` wrote: a zip archive of files. */

import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";

const LOCAL_HEADER = 0x04034b50;

/** The arrays of a file by name; int64 becomes numbers. */
export function readNpz(path: string): Map<string, Float32Array | Int32Array> {
  const bytes = readFileSync(path);
  const found = new Map<string, Float32Array | Int32Array>();
  let at = 0;
  while (at + 30 <= bytes.length && bytes.readUInt32LE(at) === LOCAL_HEADER) {
    const isStored = bytes.readUInt16LE(at + 8) === 0;
    const nameLength = bytes.readUInt16LE(at + 26);
    const extraLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString("utf8", at + 30, at + 30 + nameLength).replace(/\.npy$/, "");
    const start = at + 30 + nameLength + extraLength;
    const extra = bytes.subarray(at + 30 + nameLength, start);
    const small = bytes.readUInt32LE(at + 18);
    const size = small === 0xffffffff ? Number(extra.readBigUInt64LE(12)) : small;
    const data = bytes.subarray(start, start + size);
    found.set(name, readNpy(isStored ? data : inflateRawSync(data)));
    at = start + size;
  }
  return found;
}

function readNpy(bytes: Buffer): Float32Array | Int32Array {
  const headerLength = bytes.readUInt16LE(8);
  const header = bytes.toString("latin1", 10, 10 + headerLength);
  const data = bytes.buffer.slice(
    bytes.byteOffset + 10 + headerLength,
    bytes.byteOffset + bytes.length,
  ) as ArrayBuffer;
  if (header.includes("'<f4'")) return new Float32Array(data);
  if (header.includes("'<i4'")) return new Int32Array(data);
  if (header.includes("'<i8'")) return Int32Array.from(new BigInt64Array(data), Number);
  throw new Error(`an array of another type: ${header}`);
}
