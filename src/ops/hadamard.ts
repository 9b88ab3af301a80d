/** The Walsh–Hadamard transform. */
import { bytesOf } from "../dtype.js";
import { OptionError, ShapeError } from "../errors.js";
import { features as part } from "../generated/features.js";
import { type Launch, op } from "../op.js";
import { show, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";

/** The last extent. Throws unless it is a power of two. */
function powerOfTwo(name: string, argument: string, { shape }: Spec): number {
  const n = shape.length > 0 ? shape[shape.length - 1] : 0;
  if (n === 0 || (n & (n - 1)) !== 0)
    throw new ShapeError(
      `${name}: ${argument} is ${show(shape)}, expected a power of two along its last axis`,
    );
  return n;
}

function checkScale(name: string, scale: number): void {
  if (!Number.isFinite(scale)) throw new OptionError(`${name}: scale is ${scale}, expected a finite number`);
}

/**
 * `walshHadamard(x, { scale })`: y = scale · H x along the last axis, whose extent n is a power of two; H(i, j) = (−1)^(bits that i and j
 * share), so that H² = n and scale 1 / √n makes it orthogonal. Default 1. n log₂ n additions a row (Fino, Algazi, 1976).
 */
export const walshHadamard = /* @__PURE__ */ op<[x: Tensor], { scale?: number }>()({
  name: "walshHadamard",
  part,
  inputs: { x: "real" },
  defaults: { scale: 1 },
  plan([x], { scale = 1 }) {
    const n = powerOfTwo("walshHadamard", "x", x);
    checkScale("walshHadamard", scale);
    const size = sizeOf(x.shape);
    return {
      kernel: "hadamard",
      outputs: [x],
      grid: size / n,
      numbers: [n, scale],
      bytes: 2 * bytesOf(x.dtype) * size,
    };
  },
  // H is symmetric.
  vjp: (dy, _, __, options) => [walshHadamard(dy, options)],
});

type Chain = [x: Tensor, minus: Tensor];

/** A kernel over rows of n elements on one side, and `blocks` times as many on the other. */
function chain(kernel: "hadamardChain" | "hadamardChainGrad", x: Spec, minus: Spec, scale: number): Launch {
  const n = powerOfTwo(kernel, "minus", minus);
  checkScale(kernel, scale);
  const [blocks, three] = minus.shape;
  if (minus.shape.length !== 3 || three !== 3)
    throw new ShapeError(`${kernel}: minus is ${show(minus.shape)}, expected [blocks, 3, n]`);
  const forward = kernel === "hadamardChain";
  const [from, to] = forward ? [n, blocks * n] : [blocks * n, n];
  if (x.shape.length === 0 || x.shape[x.shape.length - 1] !== from)
    throw new ShapeError(
      `${kernel}: ${forward ? "x" : "dy"} is ${show(x.shape)}, expected [..., ${from}] (minus is ${show(minus.shape)})`,
    );
  const rows = sizeOf(x.shape.slice(0, -1));
  const width = bytesOf(x.dtype);
  return {
    kernel,
    outputs: [{ shape: [...x.shape.slice(0, -1), to], dtype: x.dtype }],
    grid: rows,
    numbers: [n, blocks, scale / (n * Math.sqrt(n))],
    scratch: width * n,
    bytes: width * rows * (from + to),
  };
}

/**
 * `hadamardChain(x, minus, { scale })`: y = scale · H D₁ H D₂ H D₃ x with H orthogonal (of elements ±1 / √n) and diagonals of ±1, block by
 * block side by side: a product with orthogonal matrices that look random, in n log n. x [..., n], n a power of two; minus [blocks, 3, n]:
 * truth values, true where D₁, D₂, D₃ are −1; y [..., blocks · n]. Scale √n gives rows as long as those of normal deviates are on average.
 * Yu et al.: "Orthogonal random features", 2016, section 4.
 */
export const hadamardChain = /* @__PURE__ */ op<Chain, { scale?: number }>()({
  name: "hadamardChain",
  part,
  inputs: { x: "real", minus: "bool" },
  defaults: { scale: 1 },
  plan: ([x, minus], { scale = 1 }) => chain("hadamardChain", x, minus, scale),
  vjp: (dy, _, [, minus], options) => [hadamardChainGrad(dy, minus, options), null],
});

/** dx = scale · Σ D₃ H D₂ H D₁ H dy over the blocks: the transpose of hadamardChain. */
export const hadamardChainGrad = /* @__PURE__ */ op<[dy: Tensor, minus: Tensor], { scale?: number }>()({
  name: "hadamardChainGrad",
  part,
  inputs: { dy: "real", minus: "bool" },
  defaults: { scale: 1 },
  plan: ([dy, minus], { scale = 1 }) => chain("hadamardChainGrad", dy, minus, scale),
  vjp: (g, _, [, minus], options) => [hadamardChain(g, minus, options), null],
});
