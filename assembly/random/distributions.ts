/**
 * More distributions: y [n], the grid is its elements. Nothing is fused: both binaries give the same bits. What is drawn by
 * rejection takes the words of the counters (i, 16), (i, 17) … for element i, so that no element depends on another.
 */
import { cosTurn, log, storePart } from "../simd";
import { draw, Draw, radius, unit } from "./draw";
import { quadruple } from "./threefry";

/** The second word of the counters of the first attempt; streams have 0 there, derived keys 1 and 2. */
const FIRST: i32 = 16;

/**
 * −ln(1 − u) for u = (bits + ½)·2⁻³²: exponential with mean 1. A series below 2⁻⁶, where 1 − u has too few bits
 * for it: relative error 2 · 10⁻⁶ at most.
 */
function exponentialOf(bits: v128): v128 {
  const low = f32x4.convert_i32x4_s(v128.and(bits, i32x4.splat(0xffff)));
  const high = f32x4.convert_i32x4_s(i32x4.shr_u(bits, 16));
  const u = f32x4.pmin(
    f32x4.add(
      f32x4.mul(high, f32x4.splat(1.52587890625e-5)),
      f32x4.mul(f32x4.add(low, f32x4.splat(0.5)), f32x4.splat(2.3283064365386963e-10)),
    ),
    f32x4.splat(0.9999999403953552),
  );
  let small = f32x4.add(f32x4.mul(u, f32x4.splat(0.25)), f32x4.splat(0.33333334));
  small = f32x4.add(f32x4.mul(u, small), f32x4.splat(0.5));
  small = f32x4.add(u, f32x4.mul(f32x4.mul(u, u), small));
  const large = f32x4.neg(log(f32x4.sub(f32x4.splat(1), u)));
  return v128.bitselect(small, large, f32x4.lt(u, f32x4.splat(0.015625)));
}

class Exponential extends Draw {
  of(bits: v128, x: v128, mean: v128, b: v128, c: v128): v128 {
    return f32x4.mul(exponentialOf(bits), mean);
  }
}

class Gumbel extends Draw {
  of(bits: v128, x: v128, location: v128, scale: v128, c: v128): v128 {
    return f32x4.sub(location, f32x4.mul(log(exponentialOf(bits)), scale));
  }
}

/** y = mean · e, e exponential with mean 1. */
export function exponential(y: usize, key0: i32, key1: i32, mean: f32, begin: i32, end: i32): void {
  draw<Exponential>(y, y, key0, key1, mean, 0, 0, begin, end);
}

/** y = location − scale · ln e, e exponential with mean 1. */
export function gumbel(
  y: usize,
  key0: i32,
  key1: i32,
  location: f32,
  scale: f32,
  begin: i32,
  end: i32,
): void {
  draw<Gumbel>(y, y, key0, key1, location, scale, 0, begin, end);
}

/** ln u, u in (0, 1] of the upper 24 bits. */
function logUnit(bits: v128): v128 {
  return log(f32x4.add(unit(bits), f32x4.splat(5.960464477539063e-8)));
}

/**
 * y = mean + deviation·sign·z, with z normal in [a, b]. How z is proposed: 0 normal; 1 a + e / rate with e exponential, for
 * a > 0; 2 uniform. Robert: "Simulation of truncated normal variables", 1995. y stays in [low, high].
 */
export function truncatedNormal(
  y: usize,
  scratch: usize,
  key0: i32,
  key1: i32,
  proposal: i32,
  a: f32,
  b: f32,
  rate: f32,
  nearest: f32,
  mean: f32,
  deviation: f32,
  low: f32,
  high: f32,
  begin: i32,
  end: i32,
): void {
  const A = f32x4.splat(a);
  const B = f32x4.splat(b);
  const half = f32x4.splat(0.5);
  for (let i = begin; i < end; i += 4) {
    let z = i32x4.splat(0);
    let done = z;
    for (let attempt = FIRST; !i32x4.all_true(done); attempt++) {
      quadruple(i, attempt, key0, key1, scratch);
      const u = v128.load(scratch);
      const v = v128.load(scratch, 16);
      let fresh = z;
      let good = z;
      if (proposal == 0) {
        fresh = f32x4.mul(radius(u), cosTurn(unit(v)));
        good = v128.and(f32x4.le(A, fresh), f32x4.le(fresh, B));
      } else if (proposal == 1) {
        fresh = f32x4.add(A, f32x4.div(exponentialOf(u), f32x4.splat(rate)));
        const beyond = f32x4.sub(fresh, f32x4.splat(rate));
        good = f32x4.le(logUnit(v), f32x4.mul(f32x4.mul(beyond, beyond), f32x4.neg(half)));
        good = v128.and(good, f32x4.le(fresh, B));
      } else {
        fresh = f32x4.add(A, f32x4.mul(unit(u), f32x4.sub(B, A)));
        const least = f32x4.splat(nearest * nearest);
        good = f32x4.le(logUnit(v), f32x4.mul(f32x4.sub(least, f32x4.mul(fresh, fresh)), half));
      }
      z = v128.bitselect(z, fresh, v128.or(done, v128.not(good)));
      done = v128.or(done, good);
    }
    const x = f32x4.add(f32x4.splat(mean), f32x4.mul(z, f32x4.splat(deviation)));
    storePart(y + (i << 2), f32x4.pmax(f32x4.pmin(x, f32x4.splat(high)), f32x4.splat(low)), end - i);
  }
}

/** eˣ for x ≤ 0, the same bits in both binaries; relative error below 2⁻²². */
function exponentialFunction(x: v128): v128 {
  const z = f32x4.pmax(x, f32x4.splat(-104));
  const n = f32x4.nearest(f32x4.mul(z, f32x4.splat(1.4426950408889634)));
  const r = f32x4.sub(
    f32x4.sub(z, f32x4.mul(n, f32x4.splat(0.693359375))),
    f32x4.mul(n, f32x4.splat(-0.00021219444)),
  );
  let p = f32x4.splat(0.0013888889);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.008333334));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.041666668));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.16666667));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  const k = i32x4.trunc_sat_f32x4_s(n);
  const part = i32x4.shr_s(k, 1);
  const bias = i32x4.splat(127);
  const first = i32x4.shl(i32x4.add(part, bias), 23);
  const second = i32x4.shl(i32x4.add(i32x4.sub(k, part), bias), 23);
  return f32x4.mul(f32x4.mul(p, first), second);
}

/**
 * y = scale · g, g gamma with shape concentration. d = concentration − ⅓ (of concentration + 1 if it is below 1, and g is
 * then multiplied by u^(1 / concentration)). Marsaglia, Tsang: "A simple method for generating gamma variables", 2000.
 */
export function gamma(
  y: usize,
  scratch: usize,
  key0: i32,
  key1: i32,
  concentration: f32,
  scale: f32,
  begin: i32,
  end: i32,
): void {
  const few = concentration < 1;
  const d = (few ? concentration + 1 : concentration) - <f32>(1.0 / 3);
  const c = f32x4.splat(1 / f32.sqrt(9 * d));
  const D = f32x4.splat(d);
  const one = f32x4.splat(1);
  const half = f32x4.splat(0.5);
  for (let i = begin; i < end; i += 4) {
    let g = i32x4.splat(0);
    let done = g;
    for (let attempt = FIRST; !i32x4.all_true(done); attempt += 2) {
      quadruple(i, attempt, key0, key1, scratch);
      quadruple(i, attempt + 1, key0, key1, scratch + 32);
      const x = f32x4.mul(radius(v128.load(scratch)), cosTurn(unit(v128.load(scratch, 16))));
      const root = f32x4.add(one, f32x4.mul(c, x));
      const v = f32x4.mul(root, f32x4.mul(root, root));
      const logV = log(f32x4.pmax(v, f32x4.splat(1.1754943508222875e-38)));
      const bound = f32x4.add(
        f32x4.mul(f32x4.mul(x, x), half),
        f32x4.mul(D, f32x4.add(f32x4.sub(one, v), logV)),
      );
      let good = f32x4.lt(logUnit(v128.load(scratch, 32)), bound);
      good = v128.and(good, f32x4.gt(v, f32x4.splat(0)));
      let fresh = f32x4.mul(D, v);
      if (few) {
        const power = f32x4.div(logUnit(v128.load(scratch, 48)), f32x4.splat(concentration));
        fresh = f32x4.mul(fresh, exponentialFunction(power));
      }
      g = v128.bitselect(g, fresh, v128.or(done, v128.not(good)));
      done = v128.or(done, good);
    }
    storePart(y + (i << 2), f32x4.mul(g, f32x4.splat(scale)), end - i);
  }
}

/**
 * y = mean + z·lower, row by row: z [rows, d], lower [d, d], mean [d] → y [rows, d]; the grid is the rows. Unlike matmul's
 * in two roundings a product, whatever the binary.
 */
export function triangularRows(
  z: usize,
  lower: usize,
  mean: usize,
  y: usize,
  d: i32,
  begin: i32,
  end: i32,
): void {
  const row = (<usize>d) << 2;
  for (let i = begin; i < end; i++) {
    const from = z + row * i;
    const to = y + row * i;
    memory.copy(to, mean, row);
    for (let c = 0; c < d; c++) {
      const column = lower + row * c;
      addScaled(to, column, load<f32>(from + ((<usize>c) << 2)), d);
    }
  }
}

/** y += a·x, n elements, in two roundings. */
function addScaled(y: usize, x: usize, a: f32, n: i32): void {
  const A = f32x4.splat(a);
  for (; n >= 4; n -= 4, x += 16, y += 16) {
    v128.store(y, f32x4.add(v128.load(y), f32x4.mul(A, v128.load(x))));
  }
  for (; n > 0; n--, x += 4, y += 4) store<f32>(y, load<f32>(y) + a * load<f32>(x));
}
