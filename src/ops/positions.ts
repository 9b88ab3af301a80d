/** Where in a sequence an element stands: encodings of positions. */
import { bytesOf } from "../dtype.js";
import { OptionError, ShapeError } from "../errors.js";
import { cos, exp, log, sin } from "../exact.js";
import { attention as part } from "../generated/attention.js";
import { scope } from "../memory.js";
import { op } from "../op.js";
import { sameShape, show, sizeOf } from "../shape.js";
import { type Tensor, tensor } from "../tensor.js";
import { add, mul, sub } from "./binary.js";
import { concat, split } from "./joining.js";
import { reshape } from "./movement.js";
import { sum } from "./reduce.js";

interface Turn {
  heads?: number;
  /** Turns back: the transpose. */
  inverse?: boolean;
}

/** x [..., length, heads · d] as the halves of each head, [items, length, heads, d / 2] each. */
function halves(x: Tensor, heads: number): Tensor[] {
  const [length, width] = x.shape.slice(-2);
  const apart = reshape(x, [sizeOf(x.shape.slice(0, -2)), length, heads, width / heads]);
  return split(apart, 2, { axis: 3 });
}

/**
 * `rotate(x, table, { heads, inverse })`: y₁ = x₁ · cos − x₂ · sin, y₂ = x₂ · cos + x₁ · sin of the halves of each head. x [..., length,
 * heads · d]; table [length, d]: d / 2 cosines and d / 2 sines for each position.
 */
export const rotate = /* @__PURE__ */ op<[x: Tensor, table: Tensor], Turn>()({
  name: "rotate",
  part,
  inputs: { x: "real", table: "real" },
  defaults: { heads: 1, inverse: false },
  plan([x, table], { heads = 1, inverse = false }) {
    if (!Number.isInteger(heads) || heads < 1)
      throw new OptionError(`rotate: heads is ${heads}, expected a whole number ≥ 1`);
    if (x.shape.length < 2)
      throw new ShapeError(`rotate: x is ${show(x.shape)}, expected [..., length, width]`);
    const [length, width] = x.shape.slice(-2);
    if (width % (2 * heads) !== 0)
      throw new ShapeError(
        `rotate: x is ${show(x.shape)}, whose last axis does not divide into halves of heads ${heads}`,
      );
    if (!sameShape(table.shape, [length, width / heads]))
      throw new ShapeError(
        `rotate: table is ${show(table.shape)}, expected ${show([length, width / heads])}`,
      );
    const size = sizeOf(x.shape);
    return {
      kernel: "rotary",
      outputs: [x],
      grid: width === 0 ? 0 : size / width,
      numbers: [length, heads, width / heads / 2, inverse ? -1 : 1],
      bytes: bytesOf(x.dtype) * 2 * size,
    };
  },
  fallback([x, table], { heads = 1, inverse = false }) {
    const [a, b] = halves(x, heads);
    const [cos, sine] = split(reshape(table, [table.shape[0], 1, table.shape[1]]), 2, { axis: 2 });
    const sin = mul(sine, inverse ? -1 : 1);
    const turned = concat([sub(mul(a, cos), mul(b, sin)), add(mul(b, cos), mul(a, sin))], { axis: 3 });
    return reshape(turned, x.shape);
  },
  vjp(dy, _, [x, table], { heads = 1, inverse = false }) {
    return [
      () => rotate(dy, table, { heads, inverse: !inverse }),
      () => {
        const [a, b] = halves(x, heads);
        const [da, db] = halves(dy, heads);
        const over = { axis: [0, 2] };
        const dcos = sum(add(mul(da, a), mul(db, b)), over);
        const dsin = mul(sum(sub(mul(db, a), mul(da, b)), over), inverse ? -1 : 1);
        return concat([dcos, dsin], { axis: 1 });
      },
    ];
  },
});

/** What each position turns the pairs by: base^(−2i / d) for i < d / 2. */
function speeds(d: number, base: number): number[] {
  return Array.from({ length: d / 2 }, (_, i) => exp(((-2 * i) / d) * log(base)));
}

/** The table of `rotate` for positions offset … offset + length − 1 of heads of width d; base 10000. */
export function rotaryTable(length: number, d: number, { base = 10000, offset = 0 } = {}): Tensor {
  if (!Number.isInteger(d) || d < 0 || d % 2 !== 0)
    throw new OptionError(`rotaryTable: d is ${d}, expected an even number`);
  const turns = speeds(d, base);
  const rows = Array.from({ length }, (_, i) => [
    ...turns.map((speed) => cos((i + offset) * speed)),
    ...turns.map((speed) => sin((i + offset) * speed)),
  ]);
  return tensor(Float32Array.from(rows.flat()), [length, d]);
}

/**
 * `rotary(x, { heads, base, offset })`: x [..., length, heads · d], the pair of elements i and i + d / 2 of each head turned by the angle
 * (position + offset) · base^(−2i / d), so that products of queries and keys depend on distances alone. Su et al.: "RoFormer", 2021,
 * equation 34, pairs as in GPT-NeoX and Llama.
 */
export function rotary(x: Tensor, { heads = 1, base = 10000, offset = 0 } = {}): Tensor {
  const [length, width] = x.shape.slice(-2);
  return scope(() => rotate(x, rotaryTable(length, width / heads, { base, offset }), { heads }));
}

/**
 * [length, width] of sin(position · 10000^(−2i / width)) in column 2i and cos of the same in column 2i + 1. Vaswani et al.: "Attention is
 * all you need", 2017, section 3.5.
 */
export function sinusoidalPositions(length: number, width: number): Tensor {
  if (!Number.isInteger(width) || width < 0 || width % 2 !== 0)
    throw new OptionError(`sinusoidalPositions: width is ${width}, expected an even number`);
  const turns = speeds(width, 10000);
  const rows = Array.from({ length }, (_, position) =>
    turns.flatMap((speed) => [sin(position * speed), cos(position * speed)]),
  );
  return tensor(Float32Array.from(rows.flat()), [length, width]);
}
