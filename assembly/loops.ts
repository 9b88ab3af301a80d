/** Loops over elements [begin, end), for a function given as a class: tails are handled once, here. */
import { add, bytes, LANES, loadOne, loadPart, mul, splat, storeOne, storePart, WORD } from "./simd";
import { Output, Reals, Storage } from "./storage";

/** A function of one vector. */
export abstract class Unary {
  abstract lanes(x: v128): v128;
}

/** A function of two vectors. */
export abstract class Binary {
  abstract lanes(x: v128, y: v128): v128;
}

export class Sum extends Binary {
  lanes(x: v128, y: v128): v128 {
    return add(x, y);
  }
}

export class Product extends Binary {
  lanes(x: v128, y: v128): v128 {
    return mul(x, y);
  }
}

/** A function of two vectors with a parameter. */
abstract class BinaryWith {
  abstract lanes(x: v128, y: v128, a: v128): v128;
}

/** A function and its derivative, both of x. */
export abstract class Smooth extends Unary {
  abstract slope(x: v128): v128;
}

/** A function with a parameter a, and its derivative. */
export abstract class Parametric {
  abstract lanes(x: v128, a: v128): v128;
  abstract slope(x: v128, a: v128): v128;
}

/** y = F(x), element by element; y may be x. */
export function map<F extends Unary>(x: usize, y: usize, begin: i32, end: i32): void {
  mapTo<F, Reals>(x, y, begin, end);
}

/** The same for y of another type. */
export function mapTo<F extends Unary, O extends Output>(x: usize, y: usize, begin: i32, end: i32): void {
  const f = changetype<F>(0);
  const o = changetype<O>(0);
  const vector = o.width() * LANES;
  let n = end - begin;
  x += bytes(begin);
  y += o.width() * begin;
  for (; n >= 4 * LANES; n -= 4 * LANES, x += 64, y += 4 * vector) {
    const y0 = f.lanes(v128.load(x));
    const y1 = f.lanes(v128.load(x, 16));
    const y2 = f.lanes(v128.load(x, 32));
    const y3 = f.lanes(v128.load(x, 48));
    o.storeFour(y, y0, y1, y2, y3);
  }
  for (; n >= LANES; n -= LANES, x += 16, y += vector) o.store(y, f.lanes(v128.load(x)));
  for (; n > 0; n--, x += WORD, y += o.width()) o.storeOne(y, f.lanes(loadOne(x)));
}

/** z = F(x, y), element by element; z may be x or y. */
export function zip<F extends Binary>(x: usize, y: usize, z: usize, begin: i32, end: i32): void {
  zipTo<F, Reals>(x, y, z, begin, end);
}

/** The same for z of another type. */
export function zipTo<F extends Binary, O extends Output>(
  x: usize,
  y: usize,
  z: usize,
  begin: i32,
  end: i32,
): void {
  const f = changetype<F>(0);
  const o = changetype<O>(0);
  const vector = o.width() * LANES;
  let n = end - begin;
  x += bytes(begin);
  y += bytes(begin);
  z += o.width() * begin;
  for (; n >= 4 * LANES; n -= 4 * LANES, x += 64, y += 64, z += 4 * vector) {
    const z0 = f.lanes(v128.load(x), v128.load(y));
    const z1 = f.lanes(v128.load(x, 16), v128.load(y, 16));
    const z2 = f.lanes(v128.load(x, 32), v128.load(y, 32));
    const z3 = f.lanes(v128.load(x, 48), v128.load(y, 48));
    o.storeFour(z, z0, z1, z2, z3);
  }
  for (; n >= LANES; n -= LANES, x += 16, y += 16, z += vector) {
    o.store(z, f.lanes(v128.load(x), v128.load(y)));
  }
  for (; n > 0; n--, x += WORD, y += WORD, z += o.width()) {
    o.storeOne(z, f.lanes(loadOne(x), loadOne(y)));
  }
}

/** The chain rule: what a cotangent of F(x) becomes. */
class Chain<F extends Smooth> extends Binary {
  lanes(dy: v128, x: v128): v128 {
    return mul(dy, changetype<F>(0).slope(x));
  }
}

/** dx = dy · F′(x), element by element. */
export function chain<F extends Smooth>(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  zip<Chain<F>>(dy, x, dx, begin, end);
}

/**
 * z = F(x, y, a) for an F of many operations, which stands in one place so that it is compiled into the loop. The last vector,
 * which may overlap the one before it, is read first: z may be x or y.
 */
function zipWith<F extends BinaryWith>(x: usize, y: usize, z: usize, a: real, begin: i32, end: i32): void {
  const f = changetype<F>(0);
  const parameter = splat(a);
  let n = end - begin;
  x += bytes(begin);
  y += bytes(begin);
  z += bytes(begin);
  const few = n < LANES;
  const part = n;
  const lastX = few ? loadPart(x, n) : v128.load(x + bytes(n) - 16);
  const lastY = few ? loadPart(y, n) : v128.load(y + bytes(n) - 16);
  let w = lastX;
  for (; n > 0; n -= LANES, x += 16, y += 16, z += 16) {
    const u = n < LANES ? lastX : v128.load(x);
    const v = n < LANES ? lastY : v128.load(y);
    w = f.lanes(u, v, parameter);
    if (!few) v128.store(z + bytes(min(n, LANES)) - 16, w);
  }
  if (few) storePart(z - 16, w, part);
}

class Alone<F extends Unary> extends BinaryWith {
  lanes(x: v128, _: v128, a: v128): v128 {
    return changetype<F>(0).lanes(x);
  }
}

/** y = F(x) for an F of many operations; y may be x. */
export function mapLong<F extends Unary>(x: usize, y: usize, begin: i32, end: i32): void {
  zipWith<Alone<F>>(x, x, y, 0, begin, end);
}

class ChainAlone<F extends Smooth> extends BinaryWith {
  lanes(dy: v128, x: v128, a: v128): v128 {
    return mul(dy, changetype<F>(0).slope(x));
  }
}

/** dx = dy · F′(x) for an F of many operations; dx may be x or dy. */
export function chainLong<F extends Smooth>(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  zipWith<ChainAlone<F>>(dy, x, dx, 0, begin, end);
}

class With<F extends Parametric> extends BinaryWith {
  lanes(x: v128, _: v128, a: v128): v128 {
    return changetype<F>(0).lanes(x, a);
  }
}

/** y = F(x, a); y may be x. */
export function mapWith<F extends Parametric>(x: usize, y: usize, a: real, begin: i32, end: i32): void {
  zipWith<With<F>>(x, x, y, a, begin, end);
}

class ChainWith<F extends Parametric> extends BinaryWith {
  lanes(dy: v128, x: v128, a: v128): v128 {
    return mul(dy, changetype<F>(0).slope(x, a));
  }
}

/** dx = dy · F′(x, a); dx may be x or dy. */
export function chainWith<F extends Parametric>(
  dy: usize,
  x: usize,
  dx: usize,
  a: real,
  begin: i32,
  end: i32,
): void {
  zipWith<ChainWith<F>>(dy, x, dx, a, begin, end);
}

/** How many elements a loop takes at a time: a vector, or one. Both make the same bits of an element. */
export abstract class Span {
  abstract length(): i32;
  abstract get(p: usize): v128;
  abstract put(p: usize, x: v128): void;
}

export class Whole extends Span {
  length(): i32 {
    return LANES;
  }
  get(p: usize): v128 {
    return v128.load(p);
  }
  put(p: usize, x: v128): void {
    v128.store(p, x);
  }
}

export class One extends Span {
  length(): i32 {
    return 1;
  }
  get(p: usize): v128 {
    return loadOne(p);
  }
  put(p: usize, x: v128): void {
    storeOne(p, x);
  }
}

/** The function that changes nothing. */
export class Same extends Unary {
  lanes(x: v128): v128 {
    return x;
  }
}

/**
 * y [n] of type To = F(x) for x [n] of type From. A real that loses its fraction, or is too large, becomes the nearest number that
 * there is.
 */
export function convert<From extends Storage, F extends Unary, To extends Storage>(
  x: usize,
  y: usize,
  begin: i32,
  end: i32,
): void {
  const from = changetype<From>(0);
  const f = changetype<F>(0);
  const to = changetype<To>(0);
  x += from.width() * begin;
  y += to.width() * begin;
  let n = end - begin;
  for (; n >= LANES; n -= LANES) {
    to.store(y, f.lanes(from.load(x)));
    x += from.width() * LANES;
    y += to.width() * LANES;
  }
  for (; n > 0; n--) {
    to.storeOne(y, f.lanes(from.loadOne(x)));
    x += from.width();
    y += to.width();
  }
}
