/** The registry with its exams, and how a case of one becomes a call. */
import type { DType, Numbers } from "../src/index.js";
import { concat, reshape, tensor, type Tensor } from "../src/index.js";
import { type AnyExam, type Case, inDouble, type Reference, type Sample } from "../src/exam.js";
import { arrayOf, elementOf, valueOf } from "../src/dtype.js";
import type { AnyOp } from "../src/op.js";
import * as registry from "../src/ops/index.js";
import * as allExams from "../src/ops/index.exam.js";

export const ops = registry as unknown as Record<string, AnyOp>;
export const exams = allExams as unknown as Record<string, AnyExam | undefined>;

/** Every op that has an exam; parity.test.ts fails for those that have none. */
export const examined = Object.keys(ops)
  .filter((name) => exams[name] !== undefined)
  .map((name) => ({ name, op: ops[name], exam: exams[name]! }));

/** Those with a gradient. */
export const differentiable = examined.filter(({ exam }) => exam.gradients.length > 0);

/** Ops that take float64 by their kinds, but have neither a kernel nor a fallback for it. */
const refused = ["argsortRows", "sortRows"];

const takes64 = (accepted: string): boolean => ["real", "number", "any", "weight"].includes(accepted);

/** Those that take float64. */
export const widened = examined.filter(
  ({ name, op }) => Object.values(op.definition.inputs).some(takes64) && !refused.includes(name),
);

/** Every case of an exam. */
export function casesOf({ sized, cases }: AnyExam): Case[] {
  return [...[0, 1, 2, 3, 4, 5, 16, 17, 64, 129].map(sized), ...cases];
}

/** Those with float32, in float64. */
export function doubled(cases: readonly Case[]): Case[] {
  return cases.map(inDouble).filter(({ inputs }) => inputs.some(({ dtype }) => dtype === "float64"));
}

/** Random numbers in [0, 1), the same ones for the same seed (Marsaglia's xorshift32). */
export function randomNumbers(seed: number): () => number {
  let state = (seed * 2654435761) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, extent) => size * extent, 1);
}

export function numbersOf({ shape, dtype, element }: Sample, random: () => number): Numbers {
  const numbers = new arrayOf[dtype](sizeOf(shape));
  for (let i = 0; i < numbers.length; i++) numbers[i] = elementOf(dtype, element(i, random()));
  return numbers;
}

/** Elements as the numbers they mean. */
export function valuesOf(numbers: Numbers, dtype: DType): Float64Array {
  return Float64Array.from(numbers, (element) => valueOf(dtype, element));
}

/** One case made concrete: its arrays, as references see them, and its tensors on the current device. */
export function arraysOf({ inputs }: Case, seed = 1): Reference[] {
  const random = randomNumbers(seed);
  return inputs.map((sample) => ({
    shape: sample.shape,
    dtype: sample.dtype,
    data: valuesOf(numbersOf(sample, random), sample.dtype),
  }));
}

export function tensorsOf(case_: Case, arrays: readonly Reference[] = arraysOf(case_)): Tensor[] {
  return arrays.map(({ data, shape }, i) => tensor(data, shape, case_.inputs[i].dtype));
}

/** Every attribute: the case's, or the default. */
export function attributesOf({ definition }: AnyOp, { attributes }: Case): Record<string, unknown> {
  return { ...(definition.defaults as object), ...attributes };
}

/**
 * Calls an op the way a user does: inputs, attributes by position, options. Returns its results, or, of one in place, the inputs.
 */
export function call(op: AnyOp, inputs: readonly Tensor[], case_: Case): readonly Tensor[] {
  const attributes = { ...(case_.attributes as Record<string, unknown>) };
  const positional = (op.definition.positional ?? []) as readonly string[];
  const positions = positional.map((name) => attributes[name]);
  for (const name of positional) delete attributes[name];
  const options = Object.keys(attributes).length > 0 ? [attributes] : [];
  const results = op(...inputs, ...positions, ...options) as Tensor | Tensor[];
  return op.inPlace ? inputs : [results].flat();
}

/** The reference's results: of an op in place, every input afterwards. */
export function referencesOf(
  op: AnyOp,
  exam: AnyExam,
  case_: Case,
  arrays: readonly Reference[],
): Reference[] {
  return [exam.reference(arrays, attributesOf(op, case_))].flat() as Reference[];
}

/** Several results as one row: what a gradient is checked of. */
export function joinedResults(results: readonly Tensor[]): Tensor {
  return results.length === 1 ? results[0] : concat(results.map((y) => reshape(y, [y.size])));
}

export function joinedReferences(results: readonly Reference[]): Reference {
  if (results.length === 1) return results[0];
  const data = Float64Array.from(results.flatMap((y) => [...y.data]));
  return { shape: [data.length], data };
}

/** A case as a function of those of its inputs that have a derivative. */
export function functionOf(
  op: AnyOp,
  case_: Case,
  inputs: readonly Tensor[],
): { f: (primals: readonly Tensor[]) => Tensor; primals: Tensor[] } {
  const real = inputs.flatMap(({ dtype }, i) => (dtype === "float32" || dtype === "float64" ? [i] : []));
  const f = (primals: readonly Tensor[]): Tensor => {
    const all = [...inputs];
    real.forEach((i, j) => (all[i] = primals[j]));
    return joinedResults(call(op, all, case_));
  };
  return { f, primals: real.map((i) => inputs[i]) };
}

/** What shows a case in the title of a failure. */
export function describeCase({ inputs, attributes }: Case): string {
  return `${inputs.map(({ shape }) => `[${shape.join(", ")}]`).join(" ")} ${JSON.stringify(attributes ?? {})}`.slice(
    0,
    100,
  );
}
