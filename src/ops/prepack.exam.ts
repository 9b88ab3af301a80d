/** Exams of packed filters. */
import { DTypeError, OptionError, ShapeError } from "../errors.js";
import { type Case, type ExamOf, integers, magnitudes, reals, type Reference, values } from "../exam.js";
import { sizeOf } from "../shape.js";
import type { ConvOptions } from "./conv/options.js";
import { type Algorithm, packedSize } from "./conv/winograd.js";
import { conv2d } from "./convolution.exam.js";
import type * as ops from "./prepack.js";

/** G, of three taps to the points. */
const root = Math.SQRT2;
const transforms: Record<string, number[][]> = {
  winograd2: [
    [1, 0, 0],
    [0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5],
    [0, 0, 1],
  ],
  winograd4: [
    [1, 0, 0],
    [-2 / 3, -root / 3, -1 / 3],
    [-2 / 3, root / 3, -1 / 3],
    [1 / 6, root / 6, 1 / 3],
    [1 / 6, -root / 6, 1 / 3],
    [0, 0, 1],
  ],
};

/** Panels of eight columns of a matrix [k, n]; columns beyond the last one are `beyond(p, last)`. */
function inPanels(
  k: number,
  n: number,
  at: (p: number, j: number) => number,
  beyond: (p: number) => number,
): number[] {
  const list: number[] = [];
  for (let j = 0; j < n; j += 8)
    for (let p = 0; p < k; p++) for (let i = j; i < j + 8; i++) list.push(i < n ? at(p, i) : beyond(p));
  return list;
}

function packed(
  filter: Reference,
  { algorithm, groups }: { algorithm: string; groups: number },
  G = transforms[algorithm],
): Reference {
  const [depth, outputs] = filter.shape.slice(-2);
  const n = outputs / groups;
  const list: number[] = [];
  if (algorithm === "gemm") {
    const k = filter.data.length / Math.max(outputs, 1);
    for (let group = 0; group < groups; group++) {
      const at = (p: number, j: number): number => filter.data[p * outputs + group * n + j];
      for (const value of inPanels(k, n, at, (p) => at(p, n - 1))) list.push(value);
    }
  } else {
    for (const row of G)
      for (const column of G) {
        const at = (c: number, o: number): number =>
          row.reduce((sum, g, i) => sum + column.reduce((s, h, j) => s + g * h * filter.data[((3 * i + j) * depth + c) * outputs + o], 0), 0); // prettier-ignore
        const panels = inPanels(depth, n, at, () => 0);
        // Points are whole lines of 64 bytes apart, and one more.
        for (const value of panels) list.push(value);
        for (let gap = 16 * Math.ceil(panels.length / 16) + 16 - panels.length; gap > 0; gap--) list.push(0);
      }
  }
  return { shape: [list.length], data: Float64Array.from(list) };
}

const pack = (filter: number[], algorithm: Algorithm, groups = 1) => ({
  inputs: [reals(filter)],
  attributes: { algorithm, groups },
});

export const packFilter: ExamOf<typeof ops.packFilter> = {
  reference: ([filter], attributes) => packed(filter, attributes),
  scale: ([filter], attributes) =>
    packed(
      magnitudes([filter])[0],
      attributes,
      transforms[attributes.algorithm]?.map((row) => row.map(Math.abs)),
    ),
  sized: (n) => pack([2, n, 11], "gemm"),
  cases: [
    pack([2, 3, 5, 24], "gemm", 3),
    pack([4, 2, 2, 3, 9], "gemm"),
    ...(["winograd2", "winograd4"] as const).flatMap((algorithm) => [
      pack([3, 3, 5, 24], algorithm),
      pack([3, 3, 4, 13], algorithm),
      pack([3, 3, 130, 6], algorithm),
    ]),
  ],
  gradients: [],
  errors: [
    {
      call: (op, make) => op(make(reals([2, 3, 4, 5])), { algorithm: "winograd2", groups: 1 }),
      error: ShapeError,
      message: "packFilter: filter is [2, 3, 4, 5], expected [3, 3, channels, outputs] for winograd2",
    },
    {
      call: (op, make) => op(make(reals([2, 3, 4, 5])), { algorithm: "fft" as never, groups: 1 }),
      error: OptionError,
      message: 'packFilter: algorithm is "fft", expected one of gemm, winograd2, winograd4',
    },
  ],
  bench: {
    "3x3 512 → 512, F(4x4)": pack([3, 3, 512, 512], "winograd4"),
    "3x3 512 → 512": pack([3, 3, 512, 512], "gemm"),
  },
};

type Options = ConvOptions & { algorithm: Algorithm };

/** x, a packed filter and a bias. */
function convCase(x: number[], filter: number[], options: Options): Case<never> {
  const whole = {
    shape: filter,
    data: Float64Array.from({ length: sizeOf(filter) }, (_, i) => ((i * 37) % 101) / 50 - 1),
  };
  const { data, shape } = packed(whole, { algorithm: options.algorithm, groups: options.groups ?? 1 });
  return {
    inputs: [reals(x), values([...data], shape), reals([filter[filter.length - 1]])],
    attributes: { ...options, filter } as never,
  };
}

/** The same with any numbers for the packed filter: for the clock. */
function timed(x: number[], filter: number[], options: Options): Case<never> {
  const [depth, outputs] = filter.slice(-2);
  return {
    inputs: [reals(x), reals([packedSize(options.algorithm, 9, depth, outputs, 1)]), reals([outputs])],
    attributes: { ...options, filter } as never,
  };
}

/** The convolution that is meant. */
function asPlain(inputs: readonly Reference[], attributes: Options & { filter: readonly number[] }) {
  const { filter: shape } = attributes;
  const filter = {
    shape,
    data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 37) % 101) / 50 - 1),
  };
  return [inputs[0], filter, inputs[2]] as const;
}

export const convPacked: ExamOf<typeof ops.convPacked> = {
  reference: (inputs, attributes) =>
    conv2d.reference(asPlain(inputs, attributes) as never, attributes as never),
  scale: (inputs, attributes) =>
    (conv2d.scale as (inputs: never, attributes: never) => Reference)(
      asPlain(inputs, attributes) as never,
      attributes as never,
    ),
  ulps: 8,
  sized: (n) => convCase([n, 5, 4, 3], [3, 2, 3, 5], { strides: [2, 1], padding: "same", algorithm: "gemm" }),
  cases: [
    convCase([2, 9, 7, 6], [3, 3, 2, 33], { groups: 3, algorithm: "gemm", activation: "relu" }),
    convCase([1, 4, 4, 70], [3, 3, 70, 50], { padding: 1, algorithm: "gemm" }),
    convCase([2, 9, 8, 5], [1, 1, 5, 9], { algorithm: "gemm" }),
    ...(["winograd2", "winograd4"] as const).flatMap((algorithm) => [
      convCase([2, 7, 9, 5], [3, 3, 5, 37], { padding: "same", algorithm }),
      convCase([1, 3, 3, 70], [3, 3, 70, 50], { padding: 1, algorithm, activation: "relu6" }),
    ]),
  ],
  gradients: [],
  errors: [
    {
      call: (op, make) =>
        op(make(reals([1, 5, 5, 4])), make(reals([99])), make(reals([8])), {
          filter: [3, 3, 4, 8],
          algorithm: "gemm",
        }),
      error: ShapeError,
      message: "convPacked: panels is [99], expected [288] (filter [3, 3, 4, 8] for gemm)",
    },
    {
      call: (op, make) =>
        op(make(integers([1, 5, 5, 4], 2)), make(reals([288])), make(reals([8])), {
          filter: [3, 3, 4, 8],
          algorithm: "gemm",
        }),
      error: DTypeError,
      message: "convPacked: x is int32, expected float32",
    },
  ],
  bench: {
    "3x3 28²x128, F(4x4)": timed([1, 28, 28, 128], [3, 3, 128, 128], {
      padding: "same",
      algorithm: "winograd4",
    }),
    "3x3 7²x512, F(2x2)": timed([1, 7, 7, 512], [3, 3, 512, 512], {
      padding: "same",
      algorithm: "winograd2",
    }),
    "3x3 7²x512": timed([1, 7, 7, 512], [3, 3, 512, 512], { padding: "same", algorithm: "gemm" }),
  },
};
