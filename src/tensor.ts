/** Tensors: a shape over a block of a device's memory. No arithmetic of their own. */
import { currentDevice, type Device } from "./devices/device.js";
import { arrayOf, bytesOf, type DType, dtypes, elementOf, isDType, type Numbers, valueOf } from "./dtype.js";
import { DisposedError, DTypeError, ShapeError } from "./errors.js";
import { adopt, type Block, type Resource } from "./memory.js";
import { checkShape, sameShape, type Shape, show, sizeOf } from "./shape.js";

/** What a plan knows of a tensor. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Numbers in nested arrays, all rows of one length. */
export type Nested = number | readonly Nested[];

/** What the net frees once its tensor is gone: the tensor's share of a block. */
class Share {
  held = true;

  constructor(
    readonly device: Device,
    readonly block: Block,
  ) {
    block.references++;
  }

  release(): void {
    if (!this.held) return;
    this.held = false;
    if (--this.block.references === 0) this.device.free(this.block);
  }
}

/** How many tensors the collector found undisposed, by device. */
export const freedByNet = new WeakMap<Device, number>();

const net = new FinalizationRegistry<Share>((share) => {
  if (!share.held) return;
  freedByNet.set(share.device, (freedByNet.get(share.device) ?? 0) + 1);
  share.release();
});

let serials = 0;

/** @internal The serial number of the newest tensor. */
export function newestTensor(): number {
  return serials;
}

/**
 * An n-dimensional array, row-major and contiguous, of one dtype on one device. Freed by the scope it was made in, by
 * `dispose()`, by `using`, or, should all of these be missed, by the garbage collector.
 */
export class Tensor implements Resource, Spec {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Elements. */
  readonly size: number;
  /** @internal */
  scope: Resource["scope"] = undefined;
  /** @internal Counts the tensors ever made: a later one has a higher number. */
  readonly serial = ++serials;
  readonly #share: Share;
  #disposed = false;
  #pins = 0;

  /** @internal Tensors are made by `tensor`, `full`, … and by ops. */
  constructor(device: Device, spec: Spec, block: Block) {
    this.shape = spec.shape;
    this.dtype = spec.dtype;
    this.size = sizeOf(spec.shape);
    this.#share = new Share(device, block);
    adopt(this);
  }

  /** @internal */
  escaped(): void {
    net.register(this, this.#share);
  }

  get device(): Device {
    return this.#share.device;
  }

  /** The number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** @internal The block; throws when the tensor is gone. `user` names who asks. */
  block(user: string, name = "tensor"): Block {
    if (this.#disposed && this.#pins === 0)
      throw new DisposedError(`${user}: ${name} ${show(this.shape)} was disposed`);
    return this.#share.block;
  }

  /** A copy of the elements, row-major, once all work issued before is done: of float16 and bfloat16 their bits. */
  data(): Promise<Numbers> {
    return this.device.read(this.block("data"), this.dtype, this.size);
  }

  /** A copy of the elements at once, where the device's memory is in this process. */
  dataSync(): Numbers {
    return this.device.readSync(this.block("dataSync"), this.dtype, this.size);
  }

  /** The only element's value. */
  item(): number {
    if (this.size !== 1) throw new ShapeError(`item: tensor is ${show(this.shape)}, expected one element`);
    return valueOf(this.dtype, this.dataSync()[0]);
  }

  /** The elements as nested arrays. */
  toArray(): Nested {
    const data = this.dataSync();
    let at = 0;
    const build = (axis: number): Nested =>
      axis === this.rank
        ? valueOf(this.dtype, data[at++])
        : Array.from({ length: this.shape[axis] }, () => build(axis + 1));
    return build(0);
  }

  /** Frees the tensor. A second call does nothing; any other use throws a DisposedError. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.scope?.delete(this);
    this.scope = undefined;
    if (this.#pins === 0) this.#share.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal A tape still needs the elements: disposal waits for `unpin`. */
  pin(): void {
    this.#pins++;
  }

  /** @internal */
  unpin(): void {
    if (--this.#pins === 0 && this.#disposed) this.#share.release();
  }

  toString(): string {
    return `Tensor ${this.dtype}${show(this.shape)}`;
  }
}

/** @internal A tensor whose elements are undefined until something writes them. */
export function empty(device: Device, spec: Spec, owner: string): Tensor {
  return new Tensor(device, spec, device.alloc(bytesOf(spec.dtype) * sizeOf(spec.shape), owner));
}

/** @internal A tensor whose elements are all `value`, on a given device. */
export function constant(device: Device, spec: Spec, value: number, owner: string): Tensor {
  const result = empty(device, spec, owner);
  device.write(result.block(owner), new arrayOf[spec.dtype](result.size).fill(elementOf(spec.dtype, value)));
  return result;
}

/** The extents of nested arrays; throws when rows differ in length, or hold anything but numbers. */
function shapeOfNested(values: NestedData): number[] {
  if (typeof values === "number" || typeof values === "boolean") return [];
  if (!Array.isArray(values)) throw new DTypeError(`tensor: data holds a ${typeof values}, expected numbers`);
  const [first, ...others] = values.map(shapeOfNested);
  for (const other of others)
    if (!sameShape(first, other))
      throw new ShapeError(`tensor: data has rows of shape ${show(first)} and ${show(other)}`);
  return [values.length, ...(first ?? [])];
}

/** Numbers or truth values in nested arrays. */
export type NestedData = number | boolean | readonly NestedData[];

/** What `tensor` accepts: one number or boolean, nested arrays, or a flat typed array that `shape` arranges. */
export type TensorData =
  NestedData | Float32Array | Float64Array | Int32Array | Int16Array | Int8Array | Uint16Array | Uint8Array;

/** The dtype of data that does not say: integers for arrays of integers, truth values for booleans, else float32. */
function dtypeOf(data: TensorData): DType {
  if (ArrayBuffer.isView(data)) return data.constructor.name.startsWith("Float") ? "float32" : "int32";
  let first: NestedData = data;
  while (Array.isArray(first)) first = first[0] as NestedData;
  return typeof first === "boolean" ? "bool" : "float32";
}

/** Elements as the array that holds a dtype; the same one if it already is: a Uint16Array holds bits of float16. */
function numbersOf(data: ArrayLike<number>, dtype: DType): Numbers {
  const array = arrayOf[dtype];
  if (data instanceof array && dtype !== "bool") return data as Numbers;
  const numbers = new array(data.length);
  for (let i = 0; i < data.length; i++) numbers[i] = elementOf(dtype, data[i]);
  return numbers;
}

/**
 * A tensor that holds a copy of `data`. `shape` defaults to the nesting of arrays, or the length of a typed array;
 * `dtype` to int32 for typed arrays of integers, bool for booleans and float32 for all else.
 * Throws ShapeError if `shape` does not have as many elements as `data`.
 */
export function tensor(data: TensorData, shape?: Shape, dtype: DType = dtypeOf(data)): Tensor {
  const nesting = ArrayBuffer.isView(data) ? [data.length] : shapeOfNested(data as NestedData);
  const flat = ArrayBuffer.isView(data) ? data : ([data] as unknown[]).flat(Infinity);
  const extents = shape ?? nesting;
  checkShape("tensor", extents);
  if (!isDType(dtype)) throw new DTypeError(`tensor: dtype is ${String(dtype)}, expected one of ${dtypes}`);
  if (sizeOf(extents) !== flat.length)
    throw new ShapeError(
      `tensor: data has ${flat.length} elements, shape ${show(extents)} has ${sizeOf(extents)}`,
    );
  const numbers = numbersOf(flat as ArrayLike<number>, dtype);
  const result = empty(currentDevice(), { shape: [...extents], dtype }, "tensor");
  result.device.write(result.block("tensor"), numbers);
  return result;
}
