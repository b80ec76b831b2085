/** Types of metadata values, under the numbers of the GGUF specification. */

export const ValueType = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const;

export type ValueType = (typeof ValueType)[keyof typeof ValueType];

const NAMES: readonly string[] = Object.keys(ValueType);
/** Bytes of a number; 0 for strings and arrays. */
const SIZES: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

export function isValueType(number: number): number is ValueType {
  return number < NAMES.length;
}

export function typeName(type: ValueType): string {
  return NAMES[type] as string;
}

export function typeBytes(type: ValueType): number {
  return SIZES[type] as number;
}

export function isFloat(type: ValueType): boolean {
  return type === ValueType.float32 || type === ValueType.float64;
}

export function isInteger(type: ValueType): boolean {
  return !isFloat(type) && type !== ValueType.bool && typeBytes(type) > 0;
}

/** Read a number; whole numbers beyond 2^53 come as bigint. */
export function readNumber(view: DataView, at: number, type: ValueType): number | bigint | boolean {
  switch (type) {
    case ValueType.uint8:
      return view.getUint8(at);
    case ValueType.int8:
      return view.getInt8(at);
    case ValueType.uint16:
      return view.getUint16(at, true);
    case ValueType.int16:
      return view.getInt16(at, true);
    case ValueType.uint32:
      return view.getUint32(at, true);
    case ValueType.int32:
      return view.getInt32(at, true);
    case ValueType.float32:
      return view.getFloat32(at, true);
    case ValueType.bool:
      return view.getUint8(at) !== 0;
    case ValueType.uint64:
      return plain(view.getBigUint64(at, true));
    case ValueType.int64:
      return plain(view.getBigInt64(at, true));
    case ValueType.float64:
      return view.getFloat64(at, true);
    default:
      throw new TypeError(`${typeName(type)} is no number`);
  }
}

function plain(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
