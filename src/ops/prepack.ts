/** Filters of convolutions packed once, for inference. */
import { OptionError, ShapeError } from "../errors.js";
import { convolution as part } from "../generated/convolution.js";
import { keep, scope } from "../memory.js";
import { op } from "../op.js";
import { type Shape, show, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { checkFilter, type ConvOptions } from "./conv/options.js";
import { plan, problemOf } from "./conv/plans.js";
import { channelsFirst, checkImages, toFirst, toLast } from "./conv/window.js";
import { type Algorithm, algorithms, BENCH, cheapest, edgeOf, packedSize, panels } from "./conv/winograd.js";
import { conv1d, conv2d, conv3d } from "./convolution.js";

interface PackOptions {
  algorithm: Algorithm;
  groups: number;
}

/** The extents of a filter [..., depth, outputs] as the packed one has them. */
function sizesOf(
  { shape }: Spec,
  groups: number,
): { taps: number; depth: number; outputs: number; n: number } {
  const [depth, outputs] = shape.slice(-2);
  return { taps: sizeOf(shape.slice(0, -2)), depth, outputs, n: outputs / groups };
}

/**
 * A filter [..., channels / groups, outputs] as the kernel of an algorithm reads it: for "gemm" panels [groups, ⌈outputs / 8⌉, taps · channels,
 * 8], for Winograd's its transform G·g·Gᵀ at each point, as such panels.
 */
export const packFilter = /* @__PURE__ */ op<[filter: Tensor], PackOptions>()({
  name: "packFilter",
  part,
  inputs: { filter: "float32" },
  defaults: { algorithm: "gemm", groups: 1 },
  plan([filter], { algorithm, groups }) {
    if (filter.shape.length < 3)
      throw new ShapeError(
        `packFilter: filter is ${show(filter.shape)}, expected [..., channels / groups, outputs]`,
      );
    if (!algorithms.includes(algorithm))
      throw new OptionError(
        `packFilter: algorithm is "${algorithm}", expected one of ${algorithms.join(", ")}`,
      );
    const { taps, depth, outputs, n } = sizesOf(filter, groups);
    const shape = [packedSize(algorithm, taps, depth, outputs, groups)];
    const run = { outputs: [{ shape, dtype: filter.dtype }], bytes: 4 * (sizeOf(filter.shape) + shape[0]) };
    if (algorithm === "gemm")
      return { kernel: "packFilter", algorithm, ...run, grid: groups, numbers: [groups, n, taps * depth] };
    if (String(filter.shape.slice(0, -2)) !== "3,3")
      throw new ShapeError(
        `packFilter: filter is ${show(filter.shape)}, expected [3, 3, channels, outputs] for ${algorithm}`,
      );
    return {
      kernel: "winogradPack",
      algorithm,
      ...run,
      grid: panels(outputs) / 8,
      scratch: BENCH,
      numbers: [edgeOf(algorithm), depth, outputs],
    };
  },
});

/** y = activation(Σ x · filter + bias) for a filter of packFilter, whose shape was `filter`: a convolution without gradient. */
export const convPacked = /* @__PURE__ */ op<
  [x: Tensor, panels: Tensor, bias: Tensor],
  ConvOptions & { algorithm: Algorithm; filter: Shape }
>()({
  name: "convPacked",
  part,
  inputs: { x: "float32", panels: "float32", bias: "float32" },
  defaults: {
    strides: undefined,
    padding: undefined,
    dilations: undefined,
    groups: 1,
    dataFormat: undefined,
    activation: "none",
    algorithm: "gemm",
    filter: [],
  },
  plan([x, packed, bias], { filter, ...options }) {
    const rank = filter.length - 2;
    checkImages("convPacked", "x", x, rank);
    const spec = { shape: filter, dtype: x.dtype };
    const { groups = 1 } = options;
    checkFilter("convPacked", rank, ["x", x], spec, groups, false);
    const { taps, depth, outputs } = sizesOf(spec, groups);
    const size = packedSize(options.algorithm, taps, depth, outputs, groups);
    if (packed.shape.length !== 1 || packed.shape[0] !== size)
      throw new ShapeError(
        `convPacked: panels is ${show(packed.shape)}, expected [${size}] (filter ${show(filter)} for ${options.algorithm})`,
      );
    return plan("convPacked", [x, spec, bias], options, true);
  },
});

/**
 * A convolution whose filter is packed the first time that each algorithm is used, and kept so: for inference. It has no
 * gradient, and sees nothing of later changes of the filter. `dispose` frees what was packed.
 */
export class PackedConvolution {
  readonly #panels = new Map<Algorithm, Tensor>();
  readonly #filter: Tensor;
  readonly #bias: Tensor | number;
  readonly #options: ConvOptions;

  constructor(filter: Tensor, bias: Tensor | number, options: ConvOptions) {
    this.#filter = filter;
    this.#bias = bias;
    this.#options = options;
  }

  /** y of x, as conv1d, conv2d or conv3d would make it; with another activation, if one is given. */
  apply(x: Tensor, activation = this.#options.activation): Tensor {
    const { dataFormat, ...rest } = this.#options;
    const options = { ...rest, activation };
    const rank = this.#filter.rank - 2;
    const name = `conv${rank}d`;
    if (x.rank === rank + 2 && channelsFirst(name, rank, dataFormat))
      return scope(() => toFirst(this.#last(toLast(x), name, options)));
    return this.#last(x, name, options);
  }

  #last(x: Tensor, name: string, options: ConvOptions): Tensor {
    const filter = this.#filter;
    const rank = filter.rank - 2;
    const problem =
      x.rank === rank + 2 && x.dtype === "float32" ? problemOf(name, x, filter, options) : undefined;
    // What has no packed form, or is wrong, is the plain op's affair.
    if (problem === undefined) return [conv1d, conv2d, conv3d][rank - 1](x, filter, this.#bias, options);
    const algorithm = options.algorithm ?? (problem.able ? cheapest(problem) : "gemm");
    let packed = this.#panels.get(algorithm);
    if (packed === undefined) {
      packed = keep(packFilter(filter, { algorithm, groups: options.groups ?? 1 }));
      this.#panels.set(algorithm, packed);
    }
    return convPacked(x, packed, this.#bias, { ...options, algorithm, filter: filter.shape });
  }

  dispose(): void {
    for (const packed of this.#panels.values()) packed.dispose();
    this.#panels.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * `prepack(filter, bias, options)`: the convolution of conv1d, conv2d or conv3d with its filter packed once, for inference: `prepack(filter, bias,
 * { padding: "same" }).apply(x)`. Winograd's algorithms, whose filters cost most to make ready, are then the fastest more often.
 */
export function prepack(
  filter: Tensor,
  bias: Tensor | number = 0,
  options: ConvOptions = {},
): PackedConvolution {
  if (filter.rank < 3 || filter.rank > 5)
    throw new ShapeError(
      `prepack: filter is ${show(filter.shape)}, expected one, two or three axes, channels / groups, outputs`,
    );
  return new PackedConvolution(filter, bias, options);
}
