/** Comparisons, selection, whole numbers and truth values, element by element; operands broadcast. */
import { OptionError } from "../errors.js";
import { pointwise as part } from "../generated/pointwise.js";
import { op } from "../op.js";
import type { Cotangent } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { broadcasting, div, kernelFor, mul, sameShapes, sub, unbroadcast } from "./binary.js";
import { elementwise } from "./unary.js";

const comparison = (name: "less" | "lessEqual" | "equal" | "notEqual") =>
  op<[x: Tensor, y: Tensor]>()({
    name,
    part,
    inputs: { x: "any", y: "any" },
    plan: ([x, y]) =>
      broadcasting(name, kernelFor(name, x.dtype === "bool" ? "int32" : x.dtype), [x, y], ["x", "y"], "bool"),
  });

/** z = [x < y]; false where either is NaN. Truth values are compared as 0 and 1. */
export const less = /* @__PURE__ */ comparison("less");

/** z = [x ≤ y]; false where either is NaN. */
export const lessEqual = /* @__PURE__ */ comparison("lessEqual");

/** z = [x = y]; false where either is NaN. */
export const equal = /* @__PURE__ */ comparison("equal");

/** z = [x ≠ y]; true where either is NaN. */
export const notEqual = /* @__PURE__ */ comparison("notEqual");

/** z = [x > y]; false where either is NaN. */
export function greater(x: Tensor | number, y: Tensor | number): Tensor {
  return less(y, x);
}

/** z = [x ≥ y]; false where either is NaN. */
export function greaterEqual(x: Tensor | number, y: Tensor | number): Tensor {
  return lessEqual(y, x);
}

const logical = (name: "logicalAnd" | "logicalOr" | "logicalXor") =>
  op<[x: Tensor, y: Tensor]>()({
    name,
    part,
    inputs: { x: "bool", y: "bool" },
    plan: ([x, y]) => broadcasting(name, name, [x, y], ["x", "y"]),
  });

/** z = x and y, of truth values */
export const logicalAnd = /* @__PURE__ */ logical("logicalAnd");

/** z = x or y, of truth values */
export const logicalOr = /* @__PURE__ */ logical("logicalOr");

/** z = x or y but not both, of truth values */
export const logicalXor = /* @__PURE__ */ logical("logicalXor");

/** y = not x, of truth values */
export const logicalNot = /* @__PURE__ */ op<[x: Tensor]>()({
  name: "logicalNot",
  part,
  inputs: { x: "bool" },
  plan: ([x]) => elementwise("logicalNot", x, 1),
});

const test = (name: "isNaN" | "isInf" | "isFinite") =>
  op<[x: Tensor]>()({
    name,
    part,
    inputs: { x: "real" },
    plan: ([x]) => ({ ...elementwise(name, x, 1), outputs: [{ shape: x.shape, dtype: "bool" }] }),
  });

/** y = [x is NaN] */
export const isNaN = /* @__PURE__ */ test("isNaN");

/** y = [x is infinite] */
export const isInf = /* @__PURE__ */ test("isInf");

/** y = [x is neither infinite nor NaN] */
export const isFinite = /* @__PURE__ */ test("isFinite");

/** `where(condition, x, y)`: x where the condition holds, else y. All three broadcast; the condition is bool. */
export const where = /* @__PURE__ */ op<[condition: Tensor, x: Tensor, y: Tensor]>()({
  name: "where",
  part,
  inputs: { condition: "bool", x: "any", y: "any" },
  plan: ([condition, x, y]) =>
    broadcasting("where", "where", [condition, x, y], ["condition", "x", "y"], x.dtype),
  vjp: (dz, _, [condition, x, y]) => [
    null,
    () => unbroadcast(where(condition, dz, 0), x.shape),
    () => unbroadcast(where(condition, 0, dz), y.shape),
  ],
});

type Extremum = "minimum" | "maximum";

const extremum = (name: Extremum, dx: (dz: Tensor, x: Tensor, y: Tensor) => Tensor) =>
  op<[x: Tensor, y: Tensor]>()({
    name,
    part,
    inputs: { x: "number", y: "number" },
    plan: ([x, y]) => broadcasting(name, kernelFor(name, x.dtype), [x, y], ["x", "y"]),
    vjp: (dz, _, [x, y]): [Cotangent, Cotangent] => [
      () => unbroadcast(dx(dz, x, y), x.shape),
      () => unbroadcast(dx(dz, y, x), y.shape),
    ],
  });

/** z = the smaller of x and y; NaN if either is. Equal ones share the gradient equally. */
export const minimum = /* @__PURE__ */ extremum("minimum", (dz, x, y) => maximumGrad(dz, y, x));

/** z = the larger of x and y; NaN if either is. Equal ones share the gradient equally. */
export const maximum = /* @__PURE__ */ extremum("maximum", (dz, x, y) => maximumGrad(dz, x, y));

/** dx = dz where x > y, dz / 2 where x = y, else 0: the gradient of z = maximum(x, y) for x. */
export const maximumGrad = /* @__PURE__ */ op<[dz: Tensor, x: Tensor, y: Tensor]>()({
  name: "maximumGrad",
  part,
  inputs: { dz: "real", x: "real", y: "real" },
  plan: ([dz, x, y]) => broadcasting("maximumGrad", "maximumGrad", [dz, x, y], ["dz", "x", "y"]),
  vjp: (g, _, [dz, x, y]) => [() => unbroadcast(maximumGrad(g, x, y), dz.shape), null, null],
});

/** z = ⌊x / y⌋: of real numbers the floor of the rounded quotient, of int32 exact and 0 where y is 0. */
export const floorDiv = /* @__PURE__ */ op<[x: Tensor, y: Tensor]>()({
  name: "floorDiv",
  part,
  inputs: { x: "number", y: "number" },
  plan: ([x, y]) => broadcasting("floorDiv", kernelFor("floorDiv", x.dtype), [x, y], ["x", "y"]),
  vjp: () => [null, null],
});

/** z = x − y · ⌊x / y⌋, of y's sign, as in Python; NaN where a real y is 0, and 0 where a whole one is. */
export const mod = /* @__PURE__ */ op<[x: Tensor, y: Tensor]>()({
  name: "mod",
  part,
  inputs: { x: "number", y: "number" },
  plan: ([x, y]) => broadcasting("mod", kernelFor("mod", x.dtype), [x, y], ["x", "y"]),
  vjp: (dz, z, [x, y]) => [
    () => unbroadcast(dz, x.shape),
    () => unbroadcast(mul(dz, div(sub(z[0], x), y)), y.shape), // −⌊x / y⌋, as z has it
  ],
});

interface Bounds {
  /** Default −Infinity and Infinity. */
  low?: number;
  high?: number;
}

function checkBounds(
  name: string,
  { low = -Infinity, high = Infinity }: Bounds,
): [low: number, high: number] {
  if (!(low <= high))
    throw new OptionError(`${name}: low is ${low} and high is ${high}, expected low ≤ high`);
  return [low, high];
}

/** The whole numbers within bounds. */
function wholeBounds([low, high]: readonly [number, number]): [low: number, high: number] {
  return [Math.ceil(Math.max(low, -(2 ** 31))), Math.floor(Math.min(high, 2 ** 31 - 1))];
}

/**
 * `clip(x, { low, high })`: x, but not below `low` nor above `high`; NaN stays. Its derivative is 1 in [low, high], else 0.
 * Whole numbers stay whole: the bounds count from the whole numbers between them.
 */
export const clip = /* @__PURE__ */ op<[x: Tensor], Bounds>()({
  name: "clip",
  part,
  inputs: { x: "number" },
  defaults: { low: -Infinity, high: Infinity },
  plan([x], bounds) {
    const limits = checkBounds("clip", bounds);
    const numbers = x.dtype === "int32" ? wholeBounds(limits) : limits;
    return { ...elementwise(kernelFor("clip", x.dtype), x, 1), numbers };
  },
  vjp: (dy, _, [x], bounds) => [() => clipGrad(dy, x, bounds)],
});

/** dx = dy where low ≤ x ≤ high, else 0: the gradient of y = clip(x). */
export const clipGrad = /* @__PURE__ */ op<[dy: Tensor, x: Tensor], Bounds>()({
  name: "clipGrad",
  part,
  inputs: { dy: "real", x: "real" },
  defaults: { low: -Infinity, high: Infinity },
  plan([dy, x], bounds) {
    sameShapes("clipGrad", dy, x, ["dy", "x"]);
    return { ...elementwise("clipGrad", x, 2), numbers: checkBounds("clipGrad", bounds) };
  },
  vjp: (g, _, [, x], bounds) => [() => clipGrad(g, x, bounds), null],
});
