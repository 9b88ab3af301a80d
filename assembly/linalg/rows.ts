/** Rows of numbers: sums, multiples, exchanges. */
import { add, bytes, LANES, loadOne, madd, mul, splat, storeOne, sub, sumLanes } from "../simd";

/** Σ x · y. */
export function dot(x: usize, y: usize, n: i32): real {
  let a = i32x4.splat(0),
    b = a;
  for (; n >= 2 * LANES; n -= 2 * LANES, x += 32, y += 32) {
    a = madd(v128.load(x), v128.load(y), a);
    b = madd(v128.load(x, 16), v128.load(y, 16), b);
  }
  for (; n > 0; n--, x += bytes(1), y += bytes(1)) a = madd(loadOne(x), loadOne(y), a);
  return sumLanes(add(a, b));
}

/** y [n] += x · factor. */
export function addMultiple(x: usize, factor: real, y: usize, n: i32): void {
  const factors = v128.splat<real>(factor);
  for (; n >= LANES; n -= LANES, x += 16, y += 16) v128.store(y, madd(factors, v128.load(x), v128.load(y)));
  for (; n > 0; n--, x += bytes(1), y += bytes(1)) storeOne(y, madd(factors, loadOne(x), loadOne(y)));
}

/** x [n] *= factor. */
export function scale(x: usize, factor: real, n: i32): void {
  const factors = v128.splat<real>(factor);
  for (; n >= LANES; n -= LANES, x += 16) v128.store(x, mul(factors, v128.load(x)));
  for (; n > 0; n--, x += bytes(1)) storeOne(x, mul(factors, loadOne(x)));
}

/** y [n] −= x. */
export function subtract(x: usize, y: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, x += 16, y += 16) v128.store(y, sub(v128.load(y), v128.load(x)));
  for (; n > 0; n--, x += bytes(1), y += bytes(1)) storeOne(y, sub(loadOne(y), loadOne(x)));
}

/** y [n] = (x + y) / 2. */
export function average(x: usize, y: usize, n: i32): void {
  const half = splat(0.5);
  for (; n >= LANES; n -= LANES, x += 16, y += 16) {
    v128.store(y, mul(half, add(v128.load(x), v128.load(y))));
  }
  for (; n > 0; n--, x += bytes(1), y += bytes(1)) storeOne(y, mul(half, add(loadOne(x), loadOne(y))));
}

/** x [n] and y [n] change places. */
export function exchange(x: usize, y: usize, n: i32): void {
  if (x == y) return;
  for (; n >= LANES; n -= LANES, x += 16, y += 16) {
    const row = v128.load(x);
    v128.store(x, v128.load(y));
    v128.store(y, row);
  }
  for (; n > 0; n--, x += bytes(1), y += bytes(1)) {
    const value = load<real>(x);
    store<real>(x, load<real>(y));
    store<real>(y, value);
  }
}

/** max |x|; NaN if one is. */
export function largest(x: usize, n: i32): real {
  let most: real = 0;
  for (let i = 0; i < n; i++) {
    const value = abs<real>(load<real>(x + bytes(i)));
    if (!(value <= most)) most = value;
  }
  return most;
}

/** −x if its largest element, of those that are largest in size the first, is negative: the sign, ±1, that x was multiplied by. */
export function orient(x: usize, n: i32): real {
  let most: real = 0;
  for (let i = 0; i < n; i++) {
    const value = load<real>(x + bytes(i));
    if (abs<real>(value) > abs<real>(most)) most = value;
  }
  if (most >= 0) return 1;
  scale(x, -1, n);
  return -1;
}

/** (x, y) [n] ← (c x + s y, c y − s x). */
export function rotateRows(x: usize, y: usize, c: f64, s: f64, n: i32): void {
  const cs = <real>c,
    ss = <real>s;
  for (; n > 0; n--, x += bytes(1), y += bytes(1)) {
    const a = load<real>(x),
      b = load<real>(y);
    store<real>(x, cs * a + ss * b);
    store<real>(y, cs * b - ss * a);
  }
}
