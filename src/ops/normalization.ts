/** Rows of the last axis, less their mean and divided by their spread. */
import { bytesOf } from "../dtype.js";
import { OptionError, ShapeError } from "../errors.js";
import { normalization as part } from "../generated/normalization.js";
import { scope } from "../memory.js";
import { type Launch, op } from "../op.js";
import { normalizeAxis, sameShape, show } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { add, div, each, mul, sameShapes, sub, unbroadcast } from "./binary.js";
import { rsqrt } from "./elementary.js";
import { zeros } from "./fill.js";
import { alongAxis, broadcastTo, pad, permuteDims, reshape, slice } from "./movement.js";
import { less, maximum, where } from "./pointwise.js";
import { mean, sum } from "./reduce.js";
import { matrix } from "./softmax.js";
import { pow } from "./transcendental.js";
import { square } from "./unary.js";

interface Epsilon {
  /** What keeps a spread of 0 from being divided by. */
  eps?: number;
}

/** Rows whose shares of a gain's gradient are added up together: ROWS in assembly/normalization/rows.ts. */
const UNIT = 256;

export function checkEpsilon(name: string, eps: number): void {
  if (!(eps >= 0 && Number.isFinite(eps)))
    throw new OptionError(`${name}: eps is ${eps}, expected a finite number ≥ 0`);
}

const lastOf = (x: Spec): string => `last axis of x ${show(x.shape)}`;
const last = { axis: -1, keepDims: true };

/** A forward pass over rows: one number for each of `parameters` that is not given column by column. */
function rowwise(
  kernel: "layerNorm" | "rmsNorm",
  x: Spec,
  parameters: Record<string, Spec>,
  eps: number,
): Launch {
  const { rows, cols } = matrix(kernel, x);
  checkEpsilon(kernel, eps);
  const many = Object.entries(parameters).map(([name, spec]) =>
    Number(each(kernel, name, spec, cols, lastOf(x))),
  );
  const width = bytesOf(x.dtype);
  return {
    kernel,
    outputs: [x, statisticsOf(x)],
    grid: rows,
    numbers: [cols, ...many, eps],
    scratch: 64 + 2 * width * cols,
    bytes: 2 * width * rows * cols,
  };
}

/** A backward pass: dx, and the gradients of `shared` parameters by units of rows; no units where the gain is one number. */
function rowwiseGrad(
  kernel: "layerNormGrad" | "rmsNormGrad",
  [dy, x, gain, statistics]: readonly Spec[],
  shared: number,
): Launch {
  const { rows, cols } = matrix(kernel, x);
  sameShapes(kernel, dy, x, ["dy", "x"]);
  checkStatistics(kernel, statistics, x);
  const gained = each(kernel, "gain", gain, cols, lastOf(x));
  const units = Math.ceil(rows / UNIT);
  const parts: Spec = { shape: [gained ? units : 0, cols], dtype: x.dtype };
  const width = bytesOf(x.dtype);
  return {
    kernel,
    outputs: [x, ...Array.from({ length: shared }, () => parts)],
    grid: units,
    numbers: [rows, cols, Number(gained)],
    scratch: 64 + 2 * width * cols,
    bytes: 3 * width * rows * cols,
  };
}

/** r = 1 / spread of each row, and −μ · r. */
const statisticsOf = (x: Spec): Spec => ({ shape: [...x.shape.slice(0, -1), 2], dtype: x.dtype });

function checkStatistics(name: string, statistics: Spec, x: Spec): void {
  const { shape } = statisticsOf(x);
  if (!sameShape(statistics.shape, shape))
    throw new ShapeError(`${name}: statistics is ${show(statistics.shape)}, expected ${show(shape)}`);
}

/** Those that an op kept, or, where it ran by its fallback and kept none, some: the fallbacks of gradients do not look at them. */
const kept = (statistics: Tensor | undefined, x: Tensor): Tensor =>
  statistics ?? zeros(statisticsOf(x).shape, x.dtype);

/** The sum over all units. */
function sumUnits(parts: Tensor): Tensor {
  return parts.shape[0] === 1 ? reshape(parts, parts.shape.slice(1)) : sum(parts, { axis: 0 });
}

/** Sums over units of rows, none where the gain is one number. */
function unitSums(products: Tensor, gain: Tensor): Tensor {
  const cols = products.shape[products.rank - 1];
  if (gain.rank === 0) return zeros([0, cols], products.dtype);
  const rows = cols === 0 ? 0 : products.size / cols;
  const units = Math.ceil(rows / UNIT);
  const padded = pad(reshape(products, [rows, cols]), [0, 0], [units * UNIT - rows, 0]);
  return sum(reshape(padded, [units, UNIT, cols]), { axis: 1 });
}

type Norm = [x: Tensor, gain: Tensor, bias: Tensor];
type Pull = [dy: Tensor, x: Tensor, gain: Tensor, statistics: Tensor];

/** x̂ = (x − μ) · r and r = 1 / √(σ² + ε), in plain ops. */
function standardized(x: Tensor, eps: number): [xhat: Tensor, r: Tensor] {
  const centred = sub(x, mean(x, last));
  const r = rsqrt(add(mean(square(centred), last), eps));
  return [mul(centred, r), r];
}

/**
 * `layerNorm(x, gain, bias, { eps })`: y = (x − μ) / √(σ² + ε) · gain + bias with the mean μ and the variance σ² of the last axis; ε is
 * 1e-5 unless given. gain and bias: one number for each place of that axis, or one for all; 1 and 0 where they are left out. Ba, Kiros,
 * Hinton: "Layer normalization", 2016, equation 4.
 */
export const layerNorm = /* @__PURE__ */ op<Norm, Epsilon, [], [Tensor] | [Tensor, Tensor]>()({
  name: "layerNorm",
  part,
  inputs: { x: "real", gain: "real", bias: "real" },
  optional: [1, 0],
  defaults: { eps: 1e-5 },
  plan: ([x, gain, bias], { eps = 1e-5 }) => rowwise("layerNorm", x, { gain, bias }, eps),
  fallback([x, gain, bias], { eps = 1e-5 }) {
    return add(mul(standardized(x, eps)[0], gain), bias);
  },
  vjp(dy, [, statistics], [x, gain, bias], { eps = 1e-5 }) {
    const own = kept(statistics, x);
    const [dx, dgain, dbias] = layerNormGrad(dy, x, gain, own, { eps });
    if (gain.rank > 0) return [dx, () => sumUnits(dgain), () => unbroadcast(sumUnits(dbias), bias.shape)];
    const wide = broadcastTo(gain, x.shape.slice(-1));
    return [dx, () => sum(layerNormGrad(dy, x, wide, own, { eps })[1]), () => unbroadcast(dy, bias.shape)];
  },
});

/**
 * dx = r · (g − mean of g − x̂ · mean of g · x̂), g = dy · gain, and dgain = Σ dy · x̂, dbias = Σ dy over each 256 rows: the gradients of
 * y = layerNorm(x, gain, bias).
 */
export const layerNormGrad = /* @__PURE__ */ op<
  Pull,
  Epsilon,
  [],
  Pull,
  [dx: Tensor, dgain: Tensor, dbias: Tensor]
>()({
  name: "layerNormGrad",
  part,
  inputs: { dy: "real", x: "real", gain: "real", statistics: "real" },
  results: 3,
  defaults: { eps: 1e-5 },
  plan: (inputs) => rowwiseGrad("layerNormGrad", inputs, 2),
  // The statistics are functions of x: their share of the derivative is inside the one for x.
  fallback([dy, x, gain], { eps = 1e-5 }) {
    const [xhat, r] = standardized(x, eps);
    const g = mul(dy, gain);
    const dx = mul(r, sub(sub(g, mean(g, last)), mul(xhat, mean(mul(g, xhat), last))));
    return [dx, unitSums(mul(dy, xhat), gain), unitSums(dy, gain)];
  },
});

/** x̂ = x · r and r = 1 / √(mean of x² + ε), in plain ops. */
function scaled(x: Tensor, eps: number): [xhat: Tensor, r: Tensor] {
  const r = rsqrt(add(mean(square(x), last), eps));
  return [mul(x, r), r];
}

/**
 * `rmsNorm(x, gain, { eps })`: y = x / √(mean of x² + ε) · gain over the last axis; ε is 1e-5 unless given, gain as in layerNorm. Zhang,
 * Sennrich: "Root mean square layer normalization", 2019, equation 4.
 */
export const rmsNorm = /* @__PURE__ */ op<[x: Tensor, gain: Tensor], Epsilon, [], [Tensor]>()({
  name: "rmsNorm",
  part,
  inputs: { x: "real", gain: "real" },
  optional: [1],
  defaults: { eps: 1e-5 },
  plan: ([x, gain], { eps = 1e-5 }) => rowwise("rmsNorm", x, { gain }, eps),
  fallback: ([x, gain], { eps = 1e-5 }) => mul(scaled(x, eps)[0], gain),
  vjp(dy, [, statistics], [x, gain], { eps = 1e-5 }) {
    const own = kept(statistics, x);
    const [dx, dgain] = rmsNormGrad(dy, x, gain, own, { eps });
    if (gain.rank > 0) return [dx, () => sumUnits(dgain)];
    const wide = broadcastTo(gain, x.shape.slice(-1));
    return [dx, () => sum(rmsNormGrad(dy, x, wide, own, { eps })[1])];
  },
});

/** dx = r · (g − x̂ · mean of g · x̂), g = dy · gain, and dgain = Σ dy · x̂ over each 256 rows: the gradients of y = rmsNorm(x, gain). */
export const rmsNormGrad = /* @__PURE__ */ op<Pull, Epsilon, [], Pull, [dx: Tensor, dgain: Tensor]>()({
  name: "rmsNormGrad",
  part,
  inputs: { dy: "real", x: "real", gain: "real", statistics: "real" },
  results: 2,
  defaults: { eps: 1e-5 },
  plan: (inputs) => rowwiseGrad("rmsNormGrad", inputs, 1),
  fallback([dy, x, gain], { eps = 1e-5 }) {
    const [xhat, r] = scaled(x, eps);
    const g = mul(dy, gain);
    return [mul(r, sub(g, mul(xhat, mean(mul(g, xhat), last)))), unitSums(mul(dy, xhat), gain)];
  },
});

/** 1 / max(‖x‖, ε) of each row, and 1 where ‖x‖ > ε, in plain ops. */
function reciprocalLength(x: Tensor, eps: number): [r: Tensor, long: Tensor] {
  const squares = sum(square(x), last);
  const long = less(eps * eps, squares);
  return [where(long, rsqrt(maximum(squares, eps * eps)), 1 / eps), long];
}

/** `l2NormalizeRows(x, { eps })`: y = x / max(‖x‖, ε), ‖x‖ = √Σx² of the last axis. */
export const l2NormalizeRows = /* @__PURE__ */ op<[x: Tensor], Epsilon>()({
  name: "l2NormalizeRows",
  part,
  inputs: { x: "real" },
  defaults: { eps: 1e-12 },
  plan([x], { eps = 1e-12 }) {
    const { rows, cols } = matrix("l2NormalizeRows", x);
    const width = bytesOf(x.dtype);
    if (!(eps > 0 && Number.isFinite(eps)))
      throw new OptionError(`l2NormalizeRows: eps is ${eps}, expected a finite number > 0`);
    const size = rows * cols;
    return {
      kernel: "l2Normalize",
      outputs: [x, statisticsOf(x)],
      grid: rows,
      numbers: [cols, eps],
      scratch: 64 + 2 * width * cols,
      bytes: 2 * width * size,
    };
  },
  fallback: ([x], { eps = 1e-12 }) => mul(x, reciprocalLength(x, eps)[0]),
  vjp: (dy, [, statistics], [x], options) => [l2NormalizeRowsGrad(dy, x, kept(statistics, x), options)],
});

/** dx = r · (dy − x̂ · Σ dy · x̂), without the second term where ‖x‖ ≤ ε: the gradient of y = l2NormalizeRows(x). */
export const l2NormalizeRowsGrad = /* @__PURE__ */ op<[dy: Tensor, x: Tensor, statistics: Tensor], Epsilon>()(
  {
    name: "l2NormalizeRowsGrad",
    part,
    inputs: { dy: "real", x: "real", statistics: "real" },
    defaults: { eps: 1e-12 },
    plan([dy, x, statistics], { eps = 1e-12 }) {
      const { rows, cols } = matrix("l2NormalizeRowsGrad", x);
      const width = bytesOf(x.dtype);
      sameShapes("l2NormalizeRowsGrad", dy, x, ["dy", "x"]);
      checkStatistics("l2NormalizeRowsGrad", statistics, x);
      return {
        kernel: "l2NormalizeGrad",
        outputs: [x],
        grid: Math.ceil(rows / UNIT),
        numbers: [rows, cols, eps],
        scratch: 64 + 2 * width * cols,
        bytes: 3 * width * rows * cols,
      };
    },
    fallback([dy, x], { eps = 1e-12 }) {
      const [r, long] = reciprocalLength(x, eps);
      const xhat = mul(x, r);
      return mul(r, sub(dy, where(long, mul(xhat, sum(mul(dy, xhat), last)), 0)));
    },
  },
);

/**
 * `l2Normalize(x, { axis, eps })`: y = x / max(‖x‖, ε) with ‖x‖ = √Σx² along an axis, default the last; ε is 1e-12 unless given, so
 * that zeros stay zeros.
 */
export function l2Normalize(x: Tensor, { axis = -1, eps = 1e-12 }: Epsilon & { axis?: number } = {}): Tensor {
  return alongAxis("l2Normalize", x, axis, (rows) => l2NormalizeRows(rows, { eps }));
}

/**
 * `weightNorm(v, gain, { axis })`: w = gain · v / ‖v‖, the length taken over all axes but one, default the first; gain: a number for
 * each slice along it, or one for all. Salimans, Kingma: "Weight normalization", 2016, equation 2.
 */
export function weightNorm(v: Tensor, gain: Tensor | number, { axis = 0 }: { axis?: number } = {}): Tensor {
  if (v.rank === 0) throw new ShapeError("weightNorm: v is a scalar, expected at least one axis");
  const along = normalizeAxis("weightNorm", axis, v.rank);
  const n = v.shape[along];
  const many =
    typeof gain !== "number" && each("weightNorm", "gain", gain, n, `axis ${along} of v ${show(v.shape)}`);
  const axes = [along, ...v.shape.keys()].filter((a, i) => i === 0 || a !== along);
  const back = axes.map((_, a) => axes.indexOf(a));
  const stretched = v.shape.map((extent, a) => (a === along ? extent : 1));
  return scope(() => {
    const first = permuteDims(v, axes);
    const unit = reshape(l2NormalizeRows(reshape(first, [n, n === 0 ? 0 : v.size / n])), first.shape);
    return mul(permuteDims(unit, back), many ? reshape(gain, stretched) : gain);
  });
}

interface Response {
  /** Channels in a window. */
  size: number;
  alpha?: number;
  beta?: number;
  k?: number;
}

const responseDefaults = { size: 5, alpha: 1e-4, beta: 0.75, k: 1 };

function response(
  kernel: "localResponseNorm" | "localResponseNormGrad",
  x: Spec,
  { size, alpha, beta, k }: Required<Response>,
  arrays: number,
): Launch | undefined {
  const { rows, cols } = matrix(kernel, x);
  if (!Number.isInteger(size) || size < 1)
    throw new OptionError(`${kernel}: size is ${size}, expected a whole number ≥ 1`);
  if (x.dtype === "float64") return undefined;
  const before = Math.floor(size / 2);
  return {
    kernel,
    outputs: [x],
    grid: rows,
    numbers: [cols, before, size - 1 - before, k, alpha / size, beta],
    scratch: 4 * (arrays - 1) * (cols + size + 3),
    bytes: 4 * arrays * rows * cols,
  };
}

/** Σ over the window of each channel, which begins so many channels before it. */
function windows(x: Tensor, size: number, before: number): Tensor {
  const none = x.shape.map(() => 0);
  const wide = pad(x, [...none.slice(1), before], [...none.slice(1), size - 1 - before]);
  const parts = Array.from({ length: size }, (_, i) => slice(wide, [...none.slice(1), i], x.shape));
  return parts.reduce((a, b) => add(a, b));
}

/**
 * `localResponseNorm(x, { size, alpha, beta, k })`: y = x / (k + α / size · Σ x²)^β, the sum over `size` channels (the last axis) around
 * each, zeros beyond the ends; α 1e-4, β 0.75, k 1 unless given. Krizhevsky, Sutskever, Hinton: "ImageNet classification with deep
 * convolutional neural networks", 2012, section 3.3; α is divided by the size as in torch.
 */
export const localResponseNorm = /* @__PURE__ */ op<[x: Tensor], Response>()({
  name: "localResponseNorm",
  part,
  inputs: { x: "real" },
  defaults: responseDefaults,
  plan: ([x], options) => response("localResponseNorm", x, options as Required<Response>, 2),
  fallback([x], options) {
    const { size, alpha, beta, k } = options as Required<Response>;
    const s = add(k, mul(windows(square(x), size, Math.floor(size / 2)), alpha / size));
    return mul(x, pow(s, -beta));
  },
  vjp: (dy, _, [x], options) => [localResponseNormGrad(dy, x, options)],
});

/**
 * dx = dy · s^−β − 2αβ / size · x · Σ dy · x · s^(−β−1), over the channels whose windows hold this one: the gradient of
 * y = localResponseNorm(x).
 */
export const localResponseNormGrad = /* @__PURE__ */ op<[dy: Tensor, x: Tensor], Response>()({
  name: "localResponseNormGrad",
  part,
  inputs: { dy: "real", x: "real" },
  defaults: responseDefaults,
  plan([dy, x], options) {
    sameShapes("localResponseNormGrad", dy, x, ["dy", "x"]);
    return response("localResponseNormGrad", x, options as Required<Response>, 3);
  },
  fallback([dy, x], options) {
    const { size, alpha, beta, k } = options as Required<Response>;
    const before = Math.floor(size / 2);
    const s = add(k, mul(windows(square(x), size, before), alpha / size));
    const g = mul(dy, pow(s, -beta));
    const shares = windows(div(mul(g, x), s), size, size - 1 - before);
    return sub(g, mul(mul(x, shares), (2 * alpha * beta) / size));
  },
});
