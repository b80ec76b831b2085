/** Arrays in a file's metadata: views of the header, decoded when asked. */

import { readNumber, typeBytes, typeName, ValueType } from "./value_type.js";

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

export class GGUFArray {
  readonly elementType: ValueType;
  readonly length: number;
  /** The elements as they stand in the file; strings as (uint64 length, bytes). */
  readonly raw: Uint8Array;
  #starts: Uint32Array | null = null;

  constructor(elementType: ValueType, length: number, raw: Uint8Array) {
    this.elementType = elementType;
    this.length = length;
    this.raw = raw;
  }

  /** Where each string's length stands in `raw`, and the end. */
  get starts(): Uint32Array {
    if (this.elementType !== ValueType.string) {
      throw new TypeError(`the elements are ${typeName(this.elementType)}, not strings`);
    }
    if (this.#starts === null) {
      const starts = new Uint32Array(this.length + 1);
      const view = viewOf(this.raw);
      let at = 0;
      // The parser has walked them before: every length fits.
      for (let index = 0; index < this.length; index++) {
        starts[index] = at;
        at += 8 + view.getUint32(at, true);
      }
      starts[this.length] = at;
      this.#starts = starts;
    }
    return this.#starts;
  }

  /** A string as it stands in the file. */
  bytesAt(index: number): Uint8Array {
    const starts = this.starts;
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new RangeError(`index ${index} is out of range for ${this.length} elements`);
    }
    return this.raw.subarray((starts[index] as number) + 8, starts[index + 1]);
  }

  /** A string; bytes that are no UTF-8 become U+FFFD. */
  textAt(index: number): string {
    return DECODER.decode(this.bytesAt(index));
  }

  /** A number or bool. */
  numberAt(index: number): number | bigint | boolean {
    return readNumber(viewOf(this.raw), index * typeBytes(this.elementType), this.elementType);
  }
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
