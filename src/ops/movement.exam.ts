/** Exams of the ops that move elements: no bit may change. */
import { DTypeError, IndexError, OptionError, ShapeError } from "../errors.js";
import {
  array,
  at,
  type Case,
  type ExamOf,
  integers,
  magnitudes,
  reals,
  type Reference,
  specials,
  values,
} from "../exam.js";
import type * as ops from "./movement.js";

const special = values([...specials, ...specials.slice(0, 11)], [4, 6]);

/** Bits that arithmetic on floats would change: NaNs that carry something, signalling ones among them, and subnormals. */
const words = values([0x7fc0dead, 0x7f800001, -0x3f2153, -1, 1, -(2 ** 31), 0x7fffffff, 3], [4, 2], "int32");

export const reshape: ExamOf<typeof ops.reshape> = {
  reference: ([x], { shape }) => {
    const rest = shape.reduce((size, extent) => (extent === -1 ? size : size * extent), 1);
    return { shape: shape.map((extent) => (extent === -1 ? x.data.length / rest : extent)), data: x.data };
  },
  ulps: 0,
  sized: (n) => ({ inputs: [reals([n, 2])], attributes: { shape: [2, n] } }),
  cases: [
    { inputs: [reals([2, 3, 4])], attributes: { shape: [4, -1] } },
    { inputs: [reals([1])], attributes: { shape: [] } },
    { inputs: [integers([6], 9)], attributes: { shape: [3, 2] } },
    { inputs: [special], attributes: { shape: [24] } },
  ],
  gradients: [{ inputs: [reals([2, 3])], attributes: { shape: [3, 2] } }],
  errors: [
    {
      call: (reshape, make) => reshape(make(reals([2, 3])), [4]),
      error: ShapeError,
      message: "reshape: x is [2, 3], which does not fit [4]",
    },
    {
      call: (reshape, make) => reshape(make(reals([2, 3])), [-1, 4]),
      error: ShapeError,
      message: "reshape: x is [2, 3], which does not fit [-1, 4]",
    },
    {
      call: (reshape, make) => reshape(make(reals([2, 3])), [-1, -1]),
      error: ShapeError,
      message: "reshape: x is [2, 3], which does not fit [-1, -1]",
    },
    {
      call: (reshape, make) => reshape(make(reals([2, 3])), [-2, -3]),
      error: ShapeError,
      message: "reshape: x is [2, 3], which does not fit [-2, -3]",
    },
    {
      call: (reshape, make) => reshape(make(reals([0, 3])), [-1, 0]),
      error: ShapeError,
      message: "reshape: x is [0, 3], which does not fit [-1, 0]",
    },
    {
      call: (reshape, make) => reshape(make(reals([6])), 6 as never),
      error: OptionError,
      message: "reshape: shape is a number, expected an array",
    },
  ],
  bench: { "16": { inputs: [reals([16])], attributes: { shape: [4, 4] } } },
};

const permuted = (shape: number[], axes: number[]): Case<{ axes: readonly number[] }> => ({
  inputs: [reals(shape)],
  attributes: { axes },
});

export const permuteDims: ExamOf<typeof ops.permuteDims> = {
  reference: ([x], { axes }) => {
    const order = axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis));
    return array(
      order.map((axis) => x.shape[axis]),
      (index) =>
        at(
          x,
          order.map((_, axis) => index[order.indexOf(axis)]),
        ),
    );
  },
  ulps: 0,
  sized: (n) => permuted([n, n + 2], [1, 0]),
  cases: [
    { inputs: [reals([70, 3, 66])], attributes: { axes: [1, 2, 0] } },
    { inputs: [reals([131, 67])], attributes: { axes: [1, 0] } },
    { inputs: [special], attributes: { axes: [1, 0] } },
    { inputs: [words], attributes: { axes: [1, 0] } },
    { inputs: [integers([5, 3], 100)], attributes: { axes: [-1, -2] } },
    permuted([], []),
    permuted([37, 66], [1, 0]),
    permuted([3, 17, 5], [0, 2, 1]),
    permuted([3, 17, 5], [2, 1, 0]),
    permuted([3, 17, 5], [1, 0, 2]),
    permuted([3, 17, 5], [1, 2, 0]),
    permuted([2, 3, 4, 5, 6], [4, 1, 3, 0, 2]),
    permuted([2, 1, 4, 1], [3, 2, 1, 0]),
    permuted([3, 0, 2], [2, 0, 1]),
  ],
  gradients: [permuted([3, 4], [1, 0]), permuted([2, 3, 4], [2, 0, 1]), permuted([2, 3, 4], [-1, 0, -2])],
  errors: [
    {
      call: (permuteDims, make) => permuteDims(make(reals([2, 3])), [0]),
      error: ShapeError,
      message: "permuteDims: axes [0] names 1 of the 2 axes of x [2, 3]",
    },
    {
      call: (permuteDims, make) => permuteDims(make(reals([2, 3])), [1, 1]),
      error: ShapeError,
      message: "permuteDims: axes [1, 1] name an axis twice (rank 2)",
    },
    {
      call: (permuteDims, make) => permuteDims(make(reals([2, 3])), [0, 2]),
      error: ShapeError,
      message: "permuteDims: axis is 2, expected a whole number in [-2, 2)",
    },
  ],
  bench: {
    "1024x1024": permuted([1024, 1024], [1, 0]),
    "12x128x64 heads": permuted([12, 128, 64], [1, 0, 2]),
    "12x128x64 last two": permuted([12, 128, 64], [0, 2, 1]),
  },
};

export const broadcastTo: ExamOf<typeof ops.broadcastTo> = {
  reference: ([x], { shape }) => array(shape, (index) => at(x, index)),
  ulps: 0,
  sized: (n) => ({ inputs: [reals([n, 1])], attributes: { shape: [3, n, 5] } }),
  cases: [
    { inputs: [special], attributes: { shape: [2, 4, 6] } },
    { inputs: [words], attributes: { shape: [3, 4, 2] } },
    { inputs: [reals([])], attributes: { shape: [3, 43] } },
    { inputs: [reals([43])], attributes: { shape: [3, 43] } },
    { inputs: [reals([3, 1])], attributes: { shape: [3, 43] } },
    { inputs: [reals([2, 1, 3, 1])], attributes: { shape: [2, 4, 3, 5] } },
    { inputs: [integers([3, 1], 9)], attributes: { shape: [3, 0] } },
  ],
  gradients: [
    { inputs: [reals([3, 1])], attributes: { shape: [2, 3, 4] } },
    { inputs: [reals([])], attributes: { shape: [2, 3] } },
    { inputs: [reals([2, 3])], attributes: { shape: [2, 3] } },
  ],
  errors: [
    {
      call: (broadcastTo, make) => broadcastTo(make(reals([2, 3])), [2, 4]),
      error: ShapeError,
      message: "broadcastTo: x is [2, 3] and shape is [2, 4]; axis -1 has 3 and 4, which do not broadcast",
    },
    {
      call: (broadcastTo, make) => broadcastTo(make(reals([2, 3])), [1, 3]),
      error: ShapeError,
      message: "broadcastTo: x is [2, 3], which does not stretch to [1, 3]",
    },
    {
      call: (broadcastTo, make) => broadcastTo(make(reals([2, 3])), [3]),
      error: ShapeError,
      message: "broadcastTo: x is [2, 3], which does not stretch to [3]",
    },
  ],
  bench: { "1024→1024x1024": { inputs: [reals([1024])], attributes: { shape: [1024, 1024] } } },
};

export const slice: ExamOf<typeof ops.slice> = {
  reference: ([x], { begin, size, steps }) => {
    const from = begin.map((at, axis) => (at < 0 ? at + x.shape[axis] : at));
    const extents = size.map((extent, axis) => {
      if (extent >= 0) return extent;
      let count = 0;
      const step = steps[axis] ?? 1;
      for (let i = from[axis]; i >= 0 && i < x.shape[axis]; i += step) count++;
      return count;
    });
    return array(extents, (index) =>
      at(
        x,
        index.map((i, axis) => from[axis] + i * (steps[axis] ?? 1)),
      ),
    );
  },
  ulps: 0,
  sized: (n) => ({ inputs: [reals([n + 2, n + 1])], attributes: { begin: [1, 0], size: [n, n] } }),
  cases: [
    { inputs: [special], attributes: { begin: [1, 2], size: [2, 3] } },
    { inputs: [words], attributes: { begin: [1, 0], size: [3, 1] } },
    { inputs: [integers([20], 99)], attributes: { begin: [3], size: [-1] } },
    { inputs: [reals([4, 5, 6])], attributes: { begin: [1, 0, 2], size: [2, 5, 3] } },
    { inputs: [reals([4, 5, 6])], attributes: { begin: [2, 0, 0], size: [-1, -1, -1] } },
    { inputs: [reals([4, 1])], attributes: { begin: [4, 0], size: [0, 1] } },
    { inputs: [reals([])], attributes: { begin: [], size: [] } },
    { inputs: [reals([20])], attributes: { begin: [1], size: [-1], steps: [3] } },
    { inputs: [reals([20])], attributes: { begin: [-1], size: [-1], steps: [-1] } },
    { inputs: [reals([7, 20])], attributes: { begin: [-2, -3], size: [3, 4], steps: [-2, -5] } },
    { inputs: [reals([7, 20])], attributes: { begin: [0, 1], size: [-1, -1], steps: [3, 7] } },
    { inputs: [reals([0])], attributes: { begin: [0], size: [0], steps: [2] } },
  ],
  gradients: [
    { inputs: [reals([7, 6])], attributes: { begin: [-2, 1], size: [3, -1], steps: [-2, 2] } },
    { inputs: [reals([4, 5])], attributes: { begin: [1, 2], size: [2, -1] } },
    { inputs: [reals([6])], attributes: { begin: [0], size: [6] } },
  ],
  errors: [
    {
      call: (slice, make) => slice(make(reals([4, 5])), [1, 2], [2, 4]),
      error: ShapeError,
      message: "slice: begin [1, 2] and size [2, 4] leave x [4, 5]",
    },
    {
      call: (slice, make) => slice(make(reals([4, 5])), [-5, 0], [1, 1]),
      error: ShapeError,
      message: "slice: begin [-5, 0] and size [1, 1] leave x [4, 5]",
    },
    {
      call: (slice, make) => slice(make(reals([4, 5])), [0, 0], [1, 3], { steps: [1, 3] }),
      error: ShapeError,
      message: "slice: begin [0, 0] and size [1, 3] by steps [1, 3] leave x [4, 5]",
    },
    {
      call: (slice, make) => slice(make(reals([4])), [0], [1], { steps: [0] }),
      error: ShapeError,
      message: "slice: begin [0] and size [1] by steps [0] leave x [4]",
    },
    {
      call: (slice, make) => slice(make(reals([4, 5])), [1], [2]),
      error: ShapeError,
      message: "slice: begin [1] and size [2] leave x [4, 5]",
    },
  ],
  bench: {
    "64x784 of 1000x784": { inputs: [reals([1000, 784])], attributes: { begin: [100, 0], size: [64, 784] } },
  },
};

/** What x becomes where y is written. */
function written(y: Reference, x: Reference, begin: readonly number[], steps: readonly number[]): Reference {
  const result = { ...y, data: y.data.slice() };
  array(x.shape, (index) => {
    const place = index.reduce((offset, i, axis) => {
      const from = begin[axis] < 0 ? begin[axis] + y.shape[axis] : begin[axis];
      return offset * y.shape[axis] + from + i * (steps[axis] ?? 1);
    }, 0);
    return (result.data[place] = at(x, index));
  });
  return result;
}

export const write: ExamOf<typeof ops.write> = {
  reference: ([y, x], { begin, steps }) => [written(y, x, begin, steps), x],
  ulps: 0,
  sized: (n) => ({ inputs: [reals([n + 2, n + 1]), reals([n, n])], attributes: { begin: [1, 0] } }),
  cases: [
    { inputs: [reals([20]), reals([5])], attributes: { begin: [2], steps: [4] } },
    { inputs: [reals([20]), reals([5])], attributes: { begin: [-1], steps: [-3] } },
    { inputs: [integers([7, 9], 99), integers([3, 9], 99)], attributes: { begin: [1, 0], steps: [2, 1] } },
    { inputs: [reals([3, 4, 5]), reals([2, 4, 3])], attributes: { begin: [1, 0, 2] } },
    { inputs: [reals([]), reals([])], attributes: { begin: [] } },
  ],
  gradients: [],
  errors: [
    {
      call: (write, make) => write(make(reals([4])), make(reals([3])), { begin: [2] }),
      error: ShapeError,
      message: "write: begin [2] and size [3] leave x [4]",
    },
    {
      call: (write, make) => write(make(reals([4])), make(integers([3], 2)), { begin: [0] }),
      error: DTypeError,
      message: "write: y is float32 and x is int32, expected the same (cast converts)",
    },
  ],
  bench: {
    "1024x512 of 1024x1024": {
      inputs: [reals([1024, 1024]), reals([1024, 512])],
      attributes: { begin: [0, 256] },
    },
  },
};

export const unslice: ExamOf<typeof ops.unslice> = {
  reference: ([dy], { shape, begin, steps }) =>
    written(
      array(shape, () => 0),
      dy,
      begin,
      steps,
    ),
  ulps: 0,
  sized: (n) => ({ inputs: [reals([n])], attributes: { shape: [2 * n + 1], begin: [0], steps: [2] } }),
  cases: [
    { inputs: [reals([2, 3])], attributes: { shape: [4, 5], begin: [1, 2] } },
    { inputs: [integers([2, 3], 9)], attributes: { shape: [4, 5], begin: [-1, -1], steps: [-2, -2] } },
  ],
  gradients: [{ inputs: [reals([2, 3])], attributes: { shape: [4, 7], begin: [3, 0], steps: [-2, 3] } }],
  errors: [
    {
      call: (unslice, make) => unslice(make(reals([3])), [4], [2], { steps: [2] }),
      error: ShapeError,
      message: "unslice: begin [2] and size [3] by steps [2] leave x [4]",
    },
  ],
  bench: {},
};

export const pad: ExamOf<typeof ops.pad> = {
  reference: ([x], { before, after }) => {
    const shape = x.shape.map((extent, axis) => before[axis] + extent + after[axis]);
    return array(shape, (index) => {
      const source = index.map((i, axis) => i - before[axis]);
      return source.every((i, axis) => i >= 0 && i < x.shape[axis]) ? at(x, source) : 0;
    });
  },
  ulps: 0,
  sized: (n) => ({ inputs: [reals([n, 3])], attributes: { before: [1, 0], after: [0, n] } }),
  cases: [
    { inputs: [special], attributes: { before: [1, 2], after: [3, 4] } },
    { inputs: [words], attributes: { before: [1, 2], after: [3, 4] } },
    { inputs: [integers([20], 99)], attributes: { before: [0], after: [0] } },
    { inputs: [reals([3, 4, 5])], attributes: { before: [1, 0, 2], after: [0, 3, 1] } },
    { inputs: [reals([2, 0])], attributes: { before: [0, 2], after: [1, 3] } },
    { inputs: [reals([])], attributes: { before: [], after: [] } },
  ],
  gradients: [{ inputs: [reals([2, 3])], attributes: { before: [1, 0], after: [0, 2] } }],
  errors: [
    {
      call: (pad, make) => pad(make(reals([4, 5])), [1], [2]),
      error: ShapeError,
      message: "pad: before [1] and after [2] do not fit x [4, 5]",
    },
    {
      call: (pad, make) => pad(make(reals([4])), [-1], [2]),
      error: ShapeError,
      message: "pad: shape [-1] has the extent -1, expected a whole number ≥ 0",
    },
  ],
  bench: {
    "1000x1000 by 12": { inputs: [reals([1000, 1000])], attributes: { before: [12, 12], after: [12, 12] } },
  },
};

/** The elements of one row of x. */
const width = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1);

export const gather: ExamOf<typeof ops.gather> = {
  reference: ([x, indices]) => {
    const rest = x.shape.slice(1);
    const cols = width(rest);
    const data = new Float64Array(indices.data.length * cols);
    indices.data.forEach((row, i) => data.set(x.data.subarray(row * cols, (row + 1) * cols), i * cols));
    return { shape: [...indices.shape, ...rest], data };
  },
  ulps: 0,
  sized: (n) => ({ inputs: [reals([7, n]), integers([n], 7)] }),
  cases: [
    { inputs: [special, integers([9], 4)] },
    { inputs: [words, integers([9], 4)] },
    { inputs: [reals([10]), integers([33], 10)] },
    { inputs: [integers([5, 3], 99), integers([2, 4], 5)] },
    { inputs: [reals([6, 2, 5]), integers([], 6)] },
    { inputs: [reals([6, 0]), integers([3], 6)] },
    { inputs: [reals([0, 4]), integers([0], 1)] },
  ],
  gradients: [{ inputs: [reals([4, 3]), integers([6], 4)] }, { inputs: [reals([5]), integers([2, 3], 5)] }],
  errors: [
    {
      call: (gather, make) => gather(make(reals([4, 3])), make(values([0, 3, 4], [3], "int32"))),
      error: IndexError,
      message: "gather: indices[2] is not in [0, 4)",
    },
    {
      call: (gather, make) => gather(make(reals([4, 3])), make(values([0, -1, 4], [3], "int32"))),
      error: IndexError,
      message: "gather: indices[1] is not in [0, 4)",
    },
    {
      call: (gather, make) => gather(make(reals([])), make(integers([2], 1))),
      error: ShapeError,
      message: "gather: x is a scalar, expected at least one axis",
    },
    {
      call: (gather, make) => gather(make(reals([2])), make(reals([2]))),
      error: DTypeError,
      message: "gather: indices is float32, expected int32",
    },
  ],
  bench: { "4096 of 10000x256": { inputs: [reals([10000, 256]), integers([4096], 10000)] } },
};

export const scatterAdd: ExamOf<typeof ops.scatterAdd> = {
  reference: ([dy, indices], { rows }) => {
    const rest = dy.shape.slice(indices.shape.length);
    const cols = width(rest);
    const data = new Float64Array(rows * cols);
    indices.data.forEach((row, i) => {
      for (let col = 0; col < cols; col++) data[row * cols + col] += dy.data[i * cols + col];
    });
    return { shape: [rows, ...rest], data };
  },
  ulps: 4, // some ten terms to each row
  scale: (inputs, attributes) => scatterAdd.reference(magnitudes(inputs), attributes) as Reference,
  sized: (n) => ({ inputs: [reals([n, 3]), integers([n], n + 1)], attributes: { rows: n + 1 } }),
  cases: [
    { inputs: [reals([33, 5]), integers([33], 4)], attributes: { rows: 4 } },
    { inputs: [reals([9]), integers([9], 4)], attributes: { rows: 40 } },
    { inputs: [reals([2, 4, 3, 2]), integers([2, 4], 5)], attributes: { rows: 5 } },
    { inputs: [reals([3]), integers([], 5)], attributes: { rows: 5 } },
    { inputs: [reals([0, 3]), integers([0], 5)], attributes: { rows: 2 } },
  ],
  gradients: [{ inputs: [reals([6, 3]), integers([6], 4)], attributes: { rows: 4 } }],
  errors: [
    {
      call: (op, make) => op(make(reals([3, 2])), make(integers([4], 5)), 5),
      error: ShapeError,
      message: "scatterAdd: dy is [3, 2], expected axes of indices [4] first",
    },
    {
      call: (op, make) => op(make(reals([3, 2])), make(integers([3], 5)), -5),
      error: ShapeError,
      message: "scatterAdd: shape [-5, 2] has the extent -5, expected a whole number ≥ 0",
    },
    {
      call: (op, make) => op(make(reals([3, 2])), make(values([0, 5, 1], [3], "int32")), 5),
      error: IndexError,
      message: /^scatterAdd: indices\[1\] is not in \[0, 5\)$/,
    },
  ],
  bench: {
    "4096 into 10000x256": {
      inputs: [reals([4096, 256]), integers([4096], 10000)],
      attributes: { rows: 10000 },
    },
  },
};

export const stopGradient: ExamOf<typeof ops.stopGradient> = {
  reference: ([x]) => x,
  ulps: 0,
  sized: (n) => ({ inputs: [reals([n])] }),
  cases: [{ inputs: [special] }, { inputs: [integers([5], 9)] }],
  gradients: [],
  errors: [
    {
      call: (stopGradient) => (stopGradient as (...args: unknown[]) => unknown)("x"),
      error: DTypeError,
      message: "stopGradient: x is a string, expected a tensor or a number",
    },
  ],
  bench: { "16": { inputs: [reals([16])] } },
};
