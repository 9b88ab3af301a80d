/**
 * Functions of numbers that have the same bits on every engine: ECMAScript leaves the last ones of Math.exp and its kin, and of `**`, to
 * the engine, and they do differ (n ** 1.5 between Node 20 and 24, all between Node and Chromium). These add, subtract, multiply, divide
 * and take roots, which IEEE 754 rounds in one way. Within 2 units of the last place of Math's, tan and what follows it within 5. ESLint
 * forbids those in src/.
 */

const view = /* @__PURE__ */ new DataView(new ArrayBuffer(8));

/** 2ⁿ for n in [−1022, 1023]. */
function two(n: number): number {
  view.setUint32(0, (n + 1023) << 20);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}

/** ln 2, its first 33 bits and the rest. */
const LN2 = [0.6931471803691238, 1.9082149292705877e-10];

/** π / 2: 33 bits, 33 more, and the rest. */
const QUARTER = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21];

/** xⁿ for a whole n, by squares; n · 2⁻⁵³ of itself. */
export function power(x: number, n: number): number {
  let [result, square] = [1, x];
  for (let rest = Math.abs(n); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return n < 0 ? 1 / result : result;
}

/** e^x */
export function exp(x: number): number {
  if (!(x < 710)) return x > 0 ? Infinity : NaN;
  if (x < -746) return 0;
  const k = Math.round(x / Math.LN2);
  const r = x - k * LN2[0] - k * LN2[1];
  let sum = 1;
  for (let n = 13; n > 0; n--) sum = 1 + (r / n) * sum;
  const half = k >> 1;
  return sum * two(half) * two(k - half);
}

/** ln x, of x = 2ᵏ(1 + f) with 1 + f about 1: 2 artanh s, s = f / (2 + f). */
export function log(x: number): number {
  if (!(x > 0 && x < Infinity)) return x === 0 ? -Infinity : x > 0 ? x : NaN;
  const small = x < two(-1022);
  view.setFloat64(0, small ? x * two(54) : x);
  let k = (view.getUint32(0) >>> 20) - 1023;
  view.setUint32(0, (view.getUint32(0) & 0xfffff) | 0x3ff00000);
  let m = view.getFloat64(0);
  if (m > Math.SQRT2) {
    m /= 2;
    k++;
  }
  if (small) k -= 54;
  const f = m - 1;
  const s = f / (2 + f);
  let rest = 0;
  for (let n = 11; n > 0; n--) rest = s * s * (rest + 1 / (2 * n + 1));
  return k * LN2[0] + (f - (s * (f - 2 * rest) - k * LN2[1]));
}

/** Σ zⁿ / (2n + 1)!, |z| ≤ 1: sin √−z / √−z. */
function odd(z: number): number {
  let sum = 1;
  for (let n = 9; n > 0; n--) sum = 1 + (z / (2 * n * (2 * n + 1))) * sum;
  return sum;
}

/** Σ zⁿ / (2n)!, |z| ≤ 1: cos √−z. */
function even(z: number): number {
  let sum = 1;
  for (let n = 9; n > 0; n--) sum = 1 + (z / (2 * n * (2 * n - 1))) * sum;
  return sum;
}

/** sin (x + quarters · π / 2); beyond a million 2⁻⁵² |x| away. */
function wave(x: number, quarters: number): number {
  const near = Math.abs(x) < 1e6 ? x : x % (2 * Math.PI);
  const n = Math.round(near / (Math.PI / 2));
  const r = near - n * QUARTER[0] - n * QUARTER[1] - n * QUARTER[2];
  const phase = (n + quarters) & 3;
  const y = phase & 1 ? even(-r * r) : r * odd(-r * r);
  return phase & 2 ? -y : y;
}

export function sin(x: number): number {
  return x === 0 ? x : wave(x, 0);
}

export function cos(x: number): number {
  return wave(x, 1);
}

export function tan(x: number): number {
  return sin(x) / cos(x);
}

export function sinh(x: number): number {
  if (Math.abs(x) < 1) return x * odd(x * x);
  return exp(x) / 2 - exp(-x) / 2;
}

export function cosh(x: number): number {
  return exp(x) / 2 + exp(-x) / 2;
}

export function tanh(x: number): number {
  if (Math.abs(x) < 1) return sinh(x) / cosh(x);
  return Math.sign(x) * (1 - 2 / (exp(2 * Math.abs(x)) + 1));
}

/** √(x² + y²) */
export function hypot(x: number, y: number): number {
  const [a, b] = [Math.abs(x), Math.abs(y)];
  const long = Math.max(a, b);
  const t = long > 0 ? Math.min(a, b) / long : 0;
  return long * Math.sqrt(1 + t * t);
}

/** The angle of the point (x, y), both finite, in [−π, π]: that whose tangent is at most 1, by its quarter. */
export function atan2(y: number, x: number): number {
  const [a, b] = [Math.abs(x), Math.abs(y)];
  let t = Math.max(a, b) === 0 ? 0 : Math.min(a, b) / Math.max(a, b);
  for (let i = 0; i < 2; i++) t /= 1 + Math.sqrt(1 + t * t);
  let sum = 0;
  for (let n = 12; n >= 0; n--) sum = 1 / (2 * n + 1) - t * t * sum;
  const steep = b > a ? Math.PI / 2 - 4 * t * sum : 4 * t * sum;
  const angle = x < 0 || Object.is(x, -0) ? Math.PI - steep : steep;
  return y < 0 || Object.is(y, -0) ? -angle : angle;
}
