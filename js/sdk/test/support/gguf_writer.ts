/** Writes small GGUF files, sound ones and ones that lie; independent of the package's reader. */

import { Buffer } from "node:buffer";

export const Type = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  array: 9,
  u64: 10,
} as const;

export type Kind = (typeof Type)[keyof typeof Type];
export type Value = number | bigint | string;

export interface Tensor {
  name: string;
  /** Rows before columns. */
  shape: readonly number[];
  data: Uint8Array;
  kind?: number;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return bytes;
}

export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.byteLength), bytes]);
}

function single(kind: Kind, value: Value): Buffer {
  if (kind === Type.string) {
    return text(String(value));
  }
  const bytes = Buffer.alloc(8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  switch (kind) {
    case Type.f32:
      view.setFloat32(0, Number(value), true);
      return bytes.subarray(0, 4);
    case Type.u64:
      return u64(value as bigint);
    case Type.u8:
    case Type.i8:
    case Type.bool:
      view.setInt8(0, Number(value));
      return bytes.subarray(0, 1);
    case Type.u16:
    case Type.i16:
      view.setInt16(0, Number(value), true);
      return bytes.subarray(0, 2);
    default:
      view.setInt32(0, Number(value), true);
      return bytes.subarray(0, 4);
  }
}

/** A metadata entry with a single value. */
export function field(key: string, kind: Kind, value: Value): Buffer {
  return Buffer.concat([text(key), u32(kind), single(kind, value)]);
}

/** A metadata entry with an array. */
export function arrayField(key: string, kind: Kind, values: readonly Value[]): Buffer {
  const items = values.map((value) => single(kind, value));
  return Buffer.concat([text(key), u32(Type.array), u32(kind), u64(values.length), ...items]);
}

export function padding(size: number, alignment = 32): Buffer {
  return Buffer.alloc((alignment - (size % alignment)) % alignment);
}

/** A sound file. */
export function ggufBytes(fields: readonly Buffer[], tensors: readonly Tensor[] = []): Uint8Array {
  const records: Buffer[] = [];
  const data: Uint8Array[] = [];
  let offset = 0;
  for (const { name, shape, data: bytes, kind = 0 } of tensors) {
    const dims = shape.toReversed().map(u64);
    records.push(Buffer.concat([text(name), u32(shape.length), ...dims, u32(kind), u64(offset)]));
    const gap = padding(bytes.byteLength);
    data.push(bytes, gap);
    offset += bytes.byteLength + gap.byteLength;
  }
  const counts = [u32(3), u64(tensors.length), u64(fields.length)];
  const header = Buffer.concat([Buffer.from("GGUF"), ...counts, ...fields, ...records]);
  return new Uint8Array(Buffer.concat([header, padding(header.byteLength), ...data]));
}
