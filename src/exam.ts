/** Exams: what an op must do, as one table that the parity, gradient, leak and benchmark suites run over. Not shipped. */
import type { DType } from "./dtype.js";
import type { AnyOp, Definition } from "./op.js";
import type { Shape } from "./shape.js";
import type { Tensor } from "./tensor.js";

/** An array in double precision: what references take and give. */
export interface Reference {
  readonly shape: Shape;
  /** That of an input's tensor. Results need not say it. */
  readonly dtype?: DType;
  readonly data: Float64Array;
}

/** How an input is made: its shape, dtype, and each element from its index and a random number in [0, 1). */
export interface Sample {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly element: (index: number, random: number) => number;
}

export interface Case<A = object> {
  readonly inputs: readonly Sample[];
  readonly attributes?: A;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- attributes vary in both directions
type InputsOf<O> = O extends { readonly definition: Definition<infer Inputs, any, any> } ? Inputs : never;
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AttributesOf<O> = O extends { readonly definition: Definition<any, infer A, any> } ? A : never;
type References<Inputs> = { readonly [K in keyof Inputs]: Reference };

interface Exam<Inputs, A, O> {
  /**
   * The results in plain float64 loops: the oracle, and the documentation of what is meant. In-place ops: every input
   * afterwards.
   */
  readonly reference: (
    inputs: References<Inputs>,
    attributes: Required<A>,
  ) => Reference | readonly Reference[];
  /** Largest error, in units of 2⁻²⁴ times the larger of |expected| and `scale`. Default 4. 0: every bit must agree. */
  readonly ulps?: number;
  /** What small results are measured against, where terms cancel: one number, or one for each element (of each result). Default 0. */
  readonly scale?:
    number | ((inputs: References<Inputs>, attributes: Required<A>) => Reference | readonly Reference[]);
  /** A case of a size that grows with n, from 0 on: for the suites that look for what happens at edges. */
  readonly sized: (n: number) => Case<A>;
  /** More cases: every attribute, broadcasting, special values. */
  readonly cases: readonly Case<A>[];
  /** Cases with finite, smooth inputs for the gradient check. Empty: the op has no gradient. */
  readonly gradients: readonly Case<A>[];
  /** Calls that must be refused. */
  readonly errors: readonly {
    readonly call: (op: O, make: (sample: Sample) => Tensor) => unknown;
    readonly error: new (message: string) => Error;
    readonly message: string | RegExp;
  }[];
  /** Shapes worth timing, by name. */
  readonly bench: Readonly<Record<string, Case<A>>>;
}

/** The exam of an op. */
export type ExamOf<O> = Exam<InputsOf<O>, AttributesOf<O>, O>;

/** Any op's exam: what loops over all of them see. */
export type AnyExam = Exam<readonly Tensor[], Readonly<Record<string, unknown>>, AnyOp>;

/** A case whose float32 inputs are float64. */
export function inDouble({ inputs, attributes }: Case): Case {
  const widen = (sample: Sample): Sample =>
    sample.dtype === "float32" ? { ...sample, dtype: "float64" } : sample;
  return { inputs: inputs.map(widen), attributes };
}

// Samples

/** Real numbers, uniform in [low, high). */
export function reals(shape: Shape, low = -1, high = 1): Sample {
  return { shape, dtype: "float32", element: (_, random) => low + random * (high - low) };
}

/** Real numbers of either sign, 0.25 to 1.25 away from 0: where a function has a kink or a pole. */
export function nonzero(shape: Shape): Sample {
  return {
    shape,
    dtype: "float32",
    element: (_, random) => (random < 0.5 ? random * 2 - 1.25 : random * 2 - 0.75),
  };
}

/** Whole numbers in [0, below). */
export function integers(shape: Shape, below: number): Sample {
  return { shape, dtype: "int32", element: (_, random) => Math.floor(random * below) };
}

/** Truth values, about half of them 1. */
export function truths(shape: Shape): Sample {
  return { shape, dtype: "bool", element: (_, random) => Number(random < 0.5) };
}

/** These numbers, in order. */
export function values(
  list: readonly number[],
  shape: Shape = [list.length],
  dtype: Sample["dtype"] = "float32",
): Sample {
  return { shape, dtype, element: (index) => list[index] };
}

/** What IEEE 754 has a rule for, and what lies at the edges of float32. */
export const specials: readonly number[] = [
  ...[0, -0, 1, -1, Infinity, -Infinity, NaN],
  ...[1e-45, -1e-45, 1.1754943508222875e-38, -1e-39, 3.4028234663852886e38, -3.4028234663852886e38],
];

// What references are made of

/** An array whose elements are `element(index)`, index counting along each axis. */
export function array(shape: Shape, element: (index: readonly number[]) => number): Reference {
  const data = new Float64Array(shape.reduce((size, extent) => size * extent, 1));
  const index = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    data[i] = element(index);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return { shape, data };
}

/** The element of x at an index, aligned at the last axis; x repeats along axes of extent 1 and those it lacks. */
export function at(x: Reference, index: readonly number[]): number {
  const missing = index.length - x.shape.length;
  let offset = 0;
  x.shape.forEach((extent, axis) => (offset = offset * extent + (extent === 1 ? 0 : index[axis + missing])));
  return x.data[offset];
}

/** f of each element. */
export function each(x: Reference, f: (value: number) => number): Reference {
  return { shape: x.shape, data: x.data.map(f) };
}

/** f of the pairs of elements of two arrays, which broadcast. */
export function pairs(x: Reference, y: Reference, f: (a: number, b: number) => number): Reference {
  const rank = Math.max(x.shape.length, y.shape.length);
  const extent = (of: Reference, axis: number): number => of.shape[axis - rank + of.shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, axis) =>
    extent(x, axis) === 1 ? extent(y, axis) : extent(x, axis),
  );
  return array(shape, (index) => f(at(x, index), at(y, index)));
}

/** f of the corresponding elements of arrays of one shape, which makes new ones of as many of them. */
export function together(inputs: readonly Reference[], f: (...numbers: number[]) => number[]): Reference[] {
  const results = inputs.map((x) => each(x, (value) => value));
  for (let i = 0; i < inputs[0].data.length; i++)
    f(...inputs.map((x) => x.data[i])).forEach((value, j) => (results[j].data[i] = value));
  return results;
}

/** The last axis of x as rows of numbers: f makes a row of each. */
export function eachRow(x: Reference, f: (row: Float64Array, index: number) => ArrayLike<number>): Reference {
  const cols = x.shape[x.shape.length - 1];
  const data = new Float64Array(x.data.length);
  for (let row = 0; row * cols < data.length; row++)
    data.set(f(x.data.subarray(row * cols, (row + 1) * cols), row), row * cols);
  return { shape: x.shape, data };
}

/** The magnitudes of all inputs: with the reference of a sum of products, what rounding errors are in proportion to. */
export function magnitudes<I extends readonly Reference[]>(inputs: I): I {
  return inputs.map((x) => each(x, Math.abs)) as unknown as I;
}
