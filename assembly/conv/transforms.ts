/**
 * Winograd's transforms along one axis, of vectors in memory (Lavin and Gray, "Fast Algorithms for Convolutional Neural
 * Networks", 2015): F(m, 3) makes m results of a filter of three taps with m + 2 products.
 */
import { add, madd, mul, nmadd, sub } from "../simd";

/** Vectors `fromStep` bytes apart are read from `from`, results written to `to`, `toStep` bytes apart. A leaf class each. */
export abstract class Transform {
  /** m: results, and pixels from one tile to the next. */
  abstract edge(): i32;
  /** Bᵀ: m + 2 pixels to as many points. */
  abstract pixels(from: usize, fromStep: usize, to: usize, toStep: usize): void;
  /** G: three taps to m + 2 points. */
  abstract taps(from: usize, fromStep: usize, to: usize, toStep: usize): void;
  /** Aᵀ: m + 2 products to m results. */
  abstract results(from: usize, fromStep: usize, to: usize, toStep: usize): void;
  /** A: m cotangents to m + 2 points. */
  abstract cotangents(from: usize, fromStep: usize, to: usize, toStep: usize): void;
  /** Gᵀ: m + 2 points to three taps. */
  abstract gradients(from: usize, fromStep: usize, to: usize, toStep: usize): void;
}

/** F(2, 3), by the points 0, 1, −1, ∞. */
export class Two extends Transform {
  edge(): i32 {
    return 2;
  }
  pixels(from: usize, fromStep: usize, to: usize, toStep: usize): void {
    const x0 = v128.load(from),
      x1 = v128.load(from + fromStep),
      x2 = v128.load(from + 2 * fromStep),
      x3 = v128.load(from + 3 * fromStep);
    v128.store(to, sub(x0, x2));
    v128.store(to + toStep, add(x1, x2));
    v128.store(to + 2 * toStep, sub(x2, x1));
    v128.store(to + 3 * toStep, sub(x1, x3));
  }
  taps(from: usize, fromStep: usize, to: usize, toStep: usize): void {
    const g0 = v128.load(from),
      g2 = v128.load(from + 2 * fromStep),
      half = f32x4.splat(0.5),
      odd = mul(half, v128.load(from + fromStep)),
      even = mul(half, add(g0, g2));
    v128.store(to, g0);
    v128.store(to + toStep, add(even, odd));
    v128.store(to + 2 * toStep, sub(even, odd));
    v128.store(to + 3 * toStep, g2);
  }
  results(from: usize, fromStep: usize, to: usize, toStep: usize): void {
    const m1 = v128.load(from + fromStep),
      m2 = v128.load(from + 2 * fromStep);
    v128.store(to, add(v128.load(from), add(m1, m2)));
    v128.store(to + toStep, sub(sub(m1, m2), v128.load(from + 3 * fromStep)));
  }
  cotangents(from: usize, fromStep: usize, to: usize, toStep: usize): void {
    const y0 = v128.load(from),
      y1 = v128.load(from + fromStep);
    v128.store(to, y0);
    v128.store(to + toStep, add(y0, y1));
    v128.store(to + 2 * toStep, sub(y0, y1));
    v128.store(to + 3 * toStep, f32x4.neg(y1));
  }
  gradients(from: usize, fromStep: usize, to: usize, toStep: usize): void {
    const u1 = v128.load(from + fromStep),
      u2 = v128.load(from + 2 * fromStep),
      half = f32x4.splat(0.5),
      even = mul(half, add(u1, u2));
    v128.store(to, add(v128.load(from), even));
    v128.store(to + toStep, mul(half, sub(u1, u2)));
    v128.store(to + 2 * toStep, add(even, v128.load(from + 3 * fromStep)));
  }
}

/** √½ and √2: with these points the error is half that of the usual 1 and 2. */
const A: f32 = 0.7071067811865476;
const B: f32 = 1.4142135623730951;

/**
 * F(4, 3), by the points 0, √½, −√½, √2, −√2, ∞: x(x² − ½)(x² − 2) has the factors that the rows of Bᵀ are made of, and G is
 * divided by their values at the points, 1, −3⁄2 and 6.
 */
export class Four extends Transform {
  edge(): i32 {
    return 4;
  }
  pixels(from: usize, fromStep: usize, to: usize, toStep: usize): void {
    const x0 = v128.load(from),
      x1 = v128.load(from + fromStep),
      x2 = v128.load(from + 2 * fromStep),
      x3 = v128.load(from + 3 * fromStep),
      x4 = v128.load(from + 4 * fromStep),
      x5 = v128.load(from + 5 * fromStep);
    const two = f32x4.splat(2),
      half = f32x4.splat(0.5),
      both = f32x4.splat(2.5),
      a = f32x4.splat(A),
      b = f32x4.splat(B);
    v128.store(to, nmadd(both, x2, add(x0, x4)));
    const even = nmadd(two, x2, x4),
      odd = nmadd(two, x1, x3);
    v128.store(to + toStep, madd(a, odd, even));
    v128.store(to + 2 * toStep, nmadd(a, odd, even));
    const even2 = nmadd(half, x2, x4),
      odd2 = nmadd(half, x1, x3);
    v128.store(to + 3 * toStep, madd(b, odd2, even2));
    v128.store(to + 4 * toStep, nmadd(b, odd2, even2));
    v128.store(to + 5 * toStep, nmadd(both, x3, add(x1, x5)));
  }
  taps(from: usize, fromStep: usize, to: usize, toStep: usize): void {
    const g0 = v128.load(from),
      g1 = v128.load(from + fromStep),
      g2 = v128.load(from + 2 * fromStep);
    const third = f32x4.splat(1.0 / 3.0),
      even = mul(third, nmadd(f32x4.splat(-2), g0, g2)),
      odd = mul(f32x4.splat((2.0 / 3.0) * A), g1),
      even2 = mul(third, madd(f32x4.splat(0.5), g0, g2)),
      odd2 = mul(f32x4.splat(B / 6.0), g1);
    v128.store(to, g0);
    v128.store(to + toStep, f32x4.neg(add(even, odd)));
    v128.store(to + 2 * toStep, sub(odd, even));
    v128.store(to + 3 * toStep, add(even2, odd2));
    v128.store(to + 4 * toStep, sub(even2, odd2));
    v128.store(to + 5 * toStep, g2);
  }
  results(from: usize, fromStep: usize, to: usize, toStep: usize): void {
    const m1 = v128.load(from + fromStep),
      m2 = v128.load(from + 2 * fromStep),
      m3 = v128.load(from + 3 * fromStep),
      m4 = v128.load(from + 4 * fromStep);
    const s = add(m1, m2),
      d = sub(m1, m2),
      s2 = add(m3, m4),
      d2 = sub(m3, m4),
      a = f32x4.splat(A),
      b = f32x4.splat(B);
    v128.store(to, add(v128.load(from), add(s, s2)));
    v128.store(to + toStep, madd(a, d, mul(b, d2)));
    v128.store(to + 2 * toStep, madd(f32x4.splat(0.5), s, add(s2, s2)));
    v128.store(
      to + 3 * toStep,
      madd(f32x4.splat(0.5 * A), d, madd(f32x4.splat(2 * B), d2, v128.load(from + 5 * fromStep))),
    );
  }
  cotangents(from: usize, fromStep: usize, to: usize, toStep: usize): void {
    const y0 = v128.load(from),
      y1 = v128.load(from + fromStep),
      y2 = v128.load(from + 2 * fromStep),
      y3 = v128.load(from + 3 * fromStep);
    const half = f32x4.splat(0.5),
      two = f32x4.splat(2),
      even = madd(half, y2, y0),
      odd = mul(f32x4.splat(A), madd(half, y3, y1)),
      even2 = madd(two, y2, y0),
      odd2 = mul(f32x4.splat(B), madd(two, y3, y1));
    v128.store(to, y0);
    v128.store(to + toStep, add(even, odd));
    v128.store(to + 2 * toStep, sub(even, odd));
    v128.store(to + 3 * toStep, add(even2, odd2));
    v128.store(to + 4 * toStep, sub(even2, odd2));
    v128.store(to + 5 * toStep, y3);
  }
  gradients(from: usize, fromStep: usize, to: usize, toStep: usize): void {
    const u1 = v128.load(from + fromStep),
      u2 = v128.load(from + 2 * fromStep),
      u3 = v128.load(from + 3 * fromStep),
      u4 = v128.load(from + 4 * fromStep);
    const s = add(u1, u2),
      d = sub(u1, u2),
      s2 = add(u3, u4),
      d2 = sub(u3, u4),
      third = f32x4.splat(1.0 / 3.0);
    v128.store(to, madd(f32x4.splat(1.0 / 6.0), s2, nmadd(f32x4.splat(2.0 / 3.0), s, v128.load(from))));
    v128.store(to + toStep, nmadd(f32x4.splat((2.0 / 3.0) * A), d, mul(f32x4.splat(B / 6.0), d2)));
    v128.store(to + 2 * toStep, madd(third, sub(s2, s), v128.load(from + 5 * fromStep)));
  }
}
