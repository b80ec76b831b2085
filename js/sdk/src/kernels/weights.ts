/** A model's tensors in the kernels' memory: read by ranges, packed piece by piece. */

import { ModelFormatError } from "../errors.js";
import type { TensorSource } from "../gguf/tensor_source.js";
import type { KernelInstance } from "./instance.js";
import type { Loading } from "./loading.js";
import type { WeightNumbers } from "./program.js";
import { F32, PANEL_ROWS, type WeightFields, WeightLayout } from "./structures.js";
import { type MatrixShape, matrixShape, unsupported, type WeightNames } from "./weight_plan.js";

/** Of a file's bytes that are read and packed at once. */
const PIECE_BYTES = 4 << 20;

interface PlannedTensor extends MatrixShape {
  layout: number;
  /** Of one of its matrices in memory. */
  memoryBytes: number;
}

/** What loading will take; nothing is read or allocated yet. */
export class WeightPlan {
  readonly tensors: readonly PlannedTensor[];
  readonly factors: readonly PlannedTensor[];
  /** Bytes in memory. */
  readonly memoryBytes: number;
  /** Bytes that are read from the file. */
  readonly fileBytes: number;

  /** @throws ModelFormatError, UnsupportedQuantizationError */
  constructor(names: WeightNames, tensors: TensorSource, instance: KernelInstance) {
    const functions = instance.functions;
    const packedBytes = (shape: MatrixShape) => {
      const [rows, cols] = [BigInt(shape.numRows), BigInt(shape.numCols)];
      return Number(functions.realm_cpu_packed_bytes(shape.quantType, rows, cols));
    };
    const matrices = names.matrices.map((name): PlannedTensor => {
      const shape = matrixShape(tensors, name);
      const memoryBytes = packedBytes(shape);
      if (memoryBytes <= 0) throw unsupported(shape);
      return { ...shape, layout: WeightLayout.packed, memoryBytes };
    });
    const tables = names.tables.map((name): PlannedTensor => {
      const shape = matrixShape(tensors, name);
      if (packedBytes(shape) <= 0) throw unsupported(shape);
      return { ...shape, layout: WeightLayout.file, memoryBytes: shape.rowBytes * shape.numRows };
    });
    const vector = (name: string): PlannedTensor => {
      const shape = matrixShape(tensors, name);
      if (packedBytes(shape) <= 0) throw unsupported(shape);
      const memoryBytes = shape.numRows * shape.numCols * 4;
      return { ...shape, layout: WeightLayout.vector, memoryBytes };
    };
    this.factors = names.factors.map(vector);
    this.tensors = [...names.vectors.map(vector), ...tables, ...matrices];
    this.memoryBytes = total(this.tensors, (tensor) => tensor.numMatrices * tensor.memoryBytes);
    this.fileBytes = total([...this.factors, ...this.tensors], fileBytes);
  }
}

function total<T>(items: readonly T[], size: (item: T) => number): number {
  return items.reduce((sum, item) => sum + size(item), 0);
}

function fileBytes(tensor: MatrixShape): number {
  return tensor.rowBytes * tensor.numRows * tensor.numMatrices;
}

/** Tensors in memory, by number; `close` gives the memory back. */
export class Weights implements WeightNumbers {
  readonly list: WeightFields[] = [];
  readonly #instance: KernelInstance;
  readonly #numbers = new Map<string, number>();
  readonly #factors = new Map<string, Float32Array>();
  /** Bytes of all tensors in memory. */
  numBytes = 0;

  private constructor(instance: KernelInstance) {
    this.#instance = instance;
  }

  /**
   * Read and pack everything of a plan.
   *
   * @throws ModelMemoryError, LoadCancelledError, and what the source throws; nothing stays.
   */
  static async load(
    plan: WeightPlan,
    tensors: TensorSource,
    instance: KernelInstance,
    loading: Loading,
  ): Promise<Weights> {
    if (plan.memoryBytes > instance.availableBytes) {
      throw instance.noMemory(plan.memoryBytes, "the weights of this model");
    }
    const weights = new Weights(instance);
    const reader = new Reader(tensors, instance, loading);
    try {
      loading.advance(0);
      for (const tensor of plan.factors) {
        weights.#factors.set(tensor.name, await reader.floats(tensor));
      }
      for (const tensor of plan.tensors) await weights.#add(tensor, reader);
      return weights;
    } catch (error) {
      weights.close();
      throw error;
    } finally {
      reader.close();
    }
  }

  matrix(name: string): number {
    return this.#number(name, WeightLayout.packed);
  }

  table(name: string): number {
    return this.#number(name, WeightLayout.file);
  }

  vector(name: string): number {
    return this.#number(name, WeightLayout.vector);
  }

  factors(name: string): Float32Array {
    const found = this.#factors.get(name);
    if (found === undefined) throw new ModelFormatError(`the tensor '${name}' is missing`);
    return found;
  }

  /** Give all memory back. */
  close(): void {
    for (const weight of this.list.splice(0)) this.#instance.release(weight.address);
    this.numBytes = 0;
  }

  async #add(tensor: PlannedTensor, reader: Reader): Promise<void> {
    this.#numbers.set(key(tensor.name, tensor.layout), this.list.length);
    const { numRows, numCols, layout } = tensor;
    for (let matrix = 0; matrix < tensor.numMatrices; ++matrix) {
      const address = this.#instance.allocate(tensor.memoryBytes, `the tensor '${tensor.name}'`);
      const quantType = layout === WeightLayout.vector ? F32 : tensor.quantType;
      this.list.push({ address, numRows, numCols, quantType, layout });
      this.numBytes += tensor.memoryBytes;
      await reader.fill(tensor, matrix, address);
    }
  }

  #number(name: string, layout: number): number {
    const found = this.#numbers.get(key(name, layout));
    if (found === undefined) throw new ModelFormatError(`the tensor '${name}' is missing`);
    return found;
  }
}

function key(name: string, layout: number): string {
  return `${layout} ${name}`;
}

/** Reads pieces of rows into a staging buffer, and puts them where they belong. */
class Reader {
  readonly #tensors: TensorSource;
  readonly #instance: KernelInstance;
  readonly #loading: Loading;
  // Two buffers of the engine's own memory: the kernels' may move while a read is under way.
  readonly #buffers: [Uint8Array, Uint8Array] = [new Uint8Array(0), new Uint8Array(0)];
  #staging = 0;
  #stagingBytes = 0;

  constructor(tensors: TensorSource, instance: KernelInstance, loading: Loading) {
    this.#tensors = tensors;
    this.#instance = instance;
    this.#loading = loading;
  }

  /** A tensor as float32, outside the kernels' memory. */
  async floats(tensor: PlannedTensor): Promise<Float32Array> {
    const address = this.#instance.allocate(tensor.memoryBytes, `the tensor '${tensor.name}'`);
    try {
      await this.fill(tensor, 0, address);
      return new Float32Array(this.#instance.bytes(address, tensor.memoryBytes).slice().buffer);
    } finally {
      this.#instance.release(address);
    }
  }

  /** Read one matrix of a tensor to an address of the kernels. */
  async fill(tensor: PlannedTensor, matrix: number, address: number): Promise<void> {
    const panelRows = tensor.layout === WeightLayout.packed ? 2 * PANEL_ROWS : 1;
    const pieceRows = Math.max(
      panelRows,
      Math.floor(PIECE_BYTES / tensor.rowBytes / panelRows) * panelRows,
    );
    const starts: number[] = [];
    for (let row = 0; row < tensor.numRows; row += pieceRows) starts.push(row);
    const size = (row: number) => Math.min(pieceRows, tensor.numRows - row) * tensor.rowBytes;
    const begin = (index: number) => {
      const row = starts[index];
      if (row === undefined) return null;
      const bytes = this.#buffer(index % 2, size(row));
      const offset = (matrix * tensor.numRows + row) * tensor.rowBytes;
      const read = this.#tensors.read(tensor.name, offset, bytes);
      read.catch(() => {}); // told when it is waited for
      return { row, bytes, read };
    };
    // The next piece is read while this one is packed.
    let next = begin(0);
    for (let index = 0; next !== null; ++index) {
      const { row, bytes, read } = next;
      await this.#loading.during(read);
      next = begin(index + 1);
      this.#place(tensor, row, bytes, address);
      this.#loading.advance(bytes.length);
    }
  }

  close(): void {
    if (this.#staging !== 0) this.#instance.release(this.#staging);
    this.#staging = 0;
  }

  #place(tensor: PlannedTensor, row: number, bytes: Uint8Array, address: number): void {
    const instance = this.#instance;
    if (tensor.layout === WeightLayout.file) {
      instance.bytes(address + row * tensor.rowBytes, bytes.length).set(bytes);
      return;
    }
    const source = this.#stage(bytes);
    const numRows = bytes.length / tensor.rowBytes;
    const { functions } = instance;
    if (tensor.layout === WeightLayout.vector) {
      const target = address + row * tensor.numCols * 4;
      const numbers = BigInt(tensor.numCols);
      for (let index = 0; index < numRows; ++index) {
        const from = source + index * tensor.rowBytes;
        const to = target + index * tensor.numCols * 4;
        instance.check(
          functions.realm_cpu_dequantize_row(tensor.quantType, from, numbers, to),
          `the tensor '${tensor.name}' cannot be read`,
        );
      }
      return;
    }
    const panels = Math.ceil(numRows / PANEL_ROWS);
    const panelBytes = tensor.memoryBytes / Math.ceil(tensor.numRows / PANEL_ROWS);
    const target = address + (row / PANEL_ROWS) * panelBytes;
    instance.check(
      functions.realm_cpu_pack(
        tensor.quantType,
        source,
        target,
        BigInt(numRows),
        BigInt(tensor.numCols),
        0n,
        BigInt(panels),
      ),
      `the tensor '${tensor.name}' cannot be packed`,
    );
  }

  #stage(bytes: Uint8Array): number {
    if (this.#stagingBytes < bytes.length) {
      this.close();
      this.#stagingBytes = 0;
      this.#staging = this.#instance.allocate(bytes.length, "a piece of the file");
      this.#stagingBytes = bytes.length;
    }
    this.#instance.bytes(this.#staging, bytes.length).set(bytes);
    return this.#staging;
  }

  #buffer(number: number, numBytes: number): Uint8Array {
    let buffer = this.#buffers[number as 0 | 1];
    if (buffer.length < numBytes) {
      buffer = new Uint8Array(numBytes);
      this.#buffers[number as 0 | 1] = buffer;
    }
    return buffer.subarray(0, numBytes);
  }
}
