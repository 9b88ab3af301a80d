/**
 * Rows less their mean, divided by their spread: y = (x − μ) · r · gain + bias with r = 1 / spread, and the gradients. x, y [rows, cols];
 * gain and bias [cols], or one number each. Where r and μ are at hand, y = x · r + (−μ · r) is one multiply-add.
 */
import { add, bytes, DOUBLE, LANES, loadOne, madd, mul, splat, storeOne, sumLanes, WORD } from "../simd";

/** Elements that are added as reals before they join a float64 total. */
const BLOCK: i32 = 512;

/** Rows whose shares of the gradients of gain and bias are added up together. `src/ops/normalization.ts` repeats it. */
const ROWS: i32 = 256;

/** So far may Σ (x − μ)² lie below n · μ² before both are computed again in float64. */
const CANCELLED: f64 = 8;

/** What a row is divided by: the root of its mean square and ε, or its length, at least ε. */
abstract class Spread {
  /** Whether the row's mean is subtracted first. */
  abstract centred(): bool;
  abstract length(): bool;
}
class Deviation extends Spread {
  centred(): bool {
    return true;
  }
  length(): bool {
    return false;
  }
}
class RootMeanSquare extends Spread {
  centred(): bool {
    return false;
  }
  length(): bool {
    return false;
  }
}
class Length extends Spread {
  centred(): bool {
    return false;
  }
  length(): bool {
    return true;
  }
}

/** 1 / spread, from the sum of n squares. */
function reciprocal<S extends Spread>(squares: f64, n: f64, eps: f64): f64 {
  return changetype<S>(0).length() ? 1 / max(Math.sqrt(squares), eps) : 1 / Math.sqrt(squares / n + eps);
}

/** What dx takes of x̂ · Σ g · x̂: nothing where the spread is ε itself. */
function share<S extends Spread>(n: f64, r: f64, eps: f64): f64 {
  if (changetype<S>(0).length()) return <real>r == <real>(1 / eps) ? 0 : 1;
  return 1 / n;
}

/** Σ x and Σ x² of n elements, at `sums` and behind it. */
function moments(x: usize, n: i32, sums: usize): void {
  let total = 0.0,
    squares = 0.0;
  for (; n > 0; n -= BLOCK) {
    let a = splat(0),
      b = a,
      c = a,
      d = a,
      p = a,
      q = a,
      r = a,
      s = a,
      m = min(n, BLOCK);
    for (; m >= 4 * LANES; m -= 4 * LANES, x += 64) {
      const x0 = v128.load(x),
        x1 = v128.load(x, 16),
        x2 = v128.load(x, 32),
        x3 = v128.load(x, 48);
      a = add(a, x0);
      p = madd(x0, x0, p);
      b = add(b, x1);
      q = madd(x1, x1, q);
      c = add(c, x2);
      r = madd(x2, x2, r);
      d = add(d, x3);
      s = madd(x3, x3, s);
    }
    for (; m >= LANES; m -= LANES, x += 16) {
      const v = v128.load(x);
      a = add(a, v);
      p = madd(v, v, p);
    }
    for (; m > 0; m--, x += WORD) {
      const v = loadOne(x);
      b = add(b, v);
      q = madd(v, v, q);
    }
    total += sumLanes(add(add(a, b), add(c, d)));
    squares += sumLanes(add(add(p, q), add(r, s)));
  }
  store<f64>(sums, total);
  store<f64>(sums, squares, 8);
}

/** Two reals as float64. */
function pairAt(x: usize): v128 {
  return DOUBLE ? v128.load(x) : f64x2.promote_low_f32x4(v128.load64_zero(x));
}

/** The same in float64: Σ x, and Σ (x − μ)² if centred. */
function careful(x: usize, n: i32, centred: bool, sums: usize): void {
  const end = x + bytes(n & ~1),
    last: f64 = n & 1 ? load<real>(end) : 0;
  let sum = f64x2.splat(0),
    squares = sum;
  for (let p = x; p < end; p += 2 * WORD) sum = f64x2.add(sum, pairAt(p));
  const total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1) + last,
    mean = centred ? total / n : 0,
    rest = n & 1 ? last - mean : 0;
  for (let p = x; p < end; p += 2 * WORD) {
    const v = f64x2.sub(pairAt(p), f64x2.splat(mean));
    squares = f64x2.add(squares, f64x2.mul(v, v));
  }
  store<f64>(sums, total);
  store<f64>(sums, f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1) + rest * rest, 8);
}

/** r of a row and −μ · r, side by side; sums: 16 bytes. */
function measure<S extends Spread>(x: usize, cols: i32, eps: f64, statistics: usize, sums: usize): void {
  const centred = changetype<S>(0).centred(),
    n = <f64>cols;
  moments(x, cols, sums);
  let m = centred ? load<f64>(sums) / n : 0,
    squares = load<f64>(sums, 8) - n * m * m;
  if (!(squares * CANCELLED > n * m * m && squares > 1e-30 && squares < 1e38)) {
    careful(x, cols, centred, sums);
    m = centred ? load<f64>(sums) / n : 0;
    squares = load<f64>(sums, 8);
  }
  const r = reciprocal<S>(squares, n, eps);
  store<real>(statistics, <real>r);
  store<real>(statistics, <real>(-m * r), WORD);
}

/** y = (x · a + b) · gain + bias, n elements; y lies `to` bytes behind x. */
function scaleRow(x: usize, to: usize, n: i32, gain: usize, bias: usize, a: v128, b: v128): void {
  for (; n >= 4 * LANES; n -= 4 * LANES) {
    const y = x + to;
    v128.store(y, madd(madd(v128.load(x), a, b), v128.load(gain), v128.load(bias)));
    v128.store(y, madd(madd(v128.load(x, 16), a, b), v128.load(gain, 16), v128.load(bias, 16)), 16);
    v128.store(y, madd(madd(v128.load(x, 32), a, b), v128.load(gain, 32), v128.load(bias, 32)), 32);
    v128.store(y, madd(madd(v128.load(x, 48), a, b), v128.load(gain, 48), v128.load(bias, 48)), 48);
    x += 64;
    gain += 64;
    bias += 64;
  }
  for (; n > 0; n--) {
    storeOne(x + to, madd(madd(loadOne(x), a, b), loadOne(gain), loadOne(bias)));
    x += WORD;
    gain += WORD;
    bias += WORD;
  }
}

/** The numbers of all columns, or, at p, the single one n times. */
function spread(numbers: usize, many: i32, n: i32, p: usize): usize {
  if (many) return numbers;
  for (let i: usize = 0; i < bytes(n); i += WORD) store<real>(p + i, load<real>(numbers));
  return p;
}

/**
 * The forward pass; scratch: 64 bytes and two rows. One row after the other: four at a time would share the reading of gain and bias, 9 %
 * of the time in L2, but rows of 4 KB then evict one another from the first cache: 0.32 ms for 0.22 on 1024².
 */
function normalize<S extends Spread>(
  x: usize,
  gain: usize,
  bias: usize,
  y: usize,
  statistics: usize,
  scratch: usize,
  cols: i32,
  gained: i32,
  biased: i32,
  eps: f64,
  begin: i32,
  end: i32,
): void {
  const row = bytes(cols);
  gain = spread(gain, gained, cols, scratch + 64);
  bias = spread(bias, biased, cols, scratch + 64 + row);
  for (let i = begin; i < end; i++) {
    const from = x + row * i,
      own = statistics + bytes(2 * i);
    measure<S>(from, cols, eps, own, scratch);
    scaleRow(from, y - x, cols, gain, bias, v128.load_splat<real>(own), v128.load_splat<real>(own, WORD));
  }
}

/** Σ g and Σ g · x̂ of a row, g = dy · gain and x̂ = x · a + b, at `sums` and behind it. */
function pulls(dy: usize, x: usize, gain: usize, n: i32, a: v128, b: v128, sums: usize): void {
  let total = 0.0,
    along = 0.0;
  for (; n > 0; n -= BLOCK) {
    let p = splat(0),
      q = p,
      r = p,
      s = p,
      m = min(n, BLOCK);
    for (; m >= 4 * LANES; m -= 4 * LANES, dy += 64, x += 64, gain += 64) {
      const g0 = mul(v128.load(dy), v128.load(gain));
      p = add(p, g0);
      r = madd(g0, madd(v128.load(x), a, b), r);
      const g1 = mul(v128.load(dy, 16), v128.load(gain, 16));
      q = add(q, g1);
      s = madd(g1, madd(v128.load(x, 16), a, b), s);
      const g2 = mul(v128.load(dy, 32), v128.load(gain, 32));
      p = add(p, g2);
      r = madd(g2, madd(v128.load(x, 32), a, b), r);
      const g3 = mul(v128.load(dy, 48), v128.load(gain, 48));
      q = add(q, g3);
      s = madd(g3, madd(v128.load(x, 48), a, b), s);
    }
    for (; m >= LANES; m -= LANES, dy += 16, x += 16, gain += 16) {
      const g = mul(v128.load(dy), v128.load(gain));
      p = add(p, g);
      r = madd(g, madd(v128.load(x), a, b), r);
    }
    total += sumLanes(add(p, q));
    along += sumLanes(add(r, s));
    for (; m > 0; m--, dy += WORD, x += WORD, gain += WORD) {
      const g = mul(loadOne(dy), loadOne(gain));
      total += v128.extract_lane<real>(g, 0);
      along += v128.extract_lane<real>(mul(g, madd(loadOne(x), a, b)), 0);
    }
  }
  store<f64>(sums, total);
  store<f64>(sums, along, 8);
}

/** Whether there is a gain, whose gradient and that of a bias are wanted. */
abstract class Gain {
  abstract own(): bool;
}
class Given extends Gain {
  own(): bool {
    return true;
  }
}
class None extends Gain {
  own(): bool {
    return false;
  }
}

/** dx = dy · gain · a + (x̂ · u + v), and dgain += dy · x̂, dbias += dy, of a row; x and dx lie so many bytes behind dy. */
function pull<G extends Gain>(
  dy: usize,
  toX: usize,
  toDx: usize,
  gain: usize,
  dgain: usize,
  dbias: usize,
  n: i32,
  a: v128,
  b: v128,
  u: v128,
  v: v128,
): void {
  const own = changetype<G>(0).own();
  for (; n >= 4 * LANES; n -= 4 * LANES) {
    const x = dy + toX,
      dx = dy + toDx;
    let d = a,
      h = a;
    d = v128.load(dy);
    h = madd(v128.load(x), a, b);
    v128.store(dx, madd(mul(d, v128.load(gain)), a, madd(h, u, v)));
    if (own) {
      v128.store(dgain, madd(d, h, v128.load(dgain)));
      v128.store(dbias, add(d, v128.load(dbias)));
    }
    d = v128.load(dy, 16);
    h = madd(v128.load(x, 16), a, b);
    v128.store(dx, madd(mul(d, v128.load(gain, 16)), a, madd(h, u, v)), 16);
    if (own) {
      v128.store(dgain, madd(d, h, v128.load(dgain, 16)), 16);
      v128.store(dbias, add(d, v128.load(dbias, 16)), 16);
    }
    d = v128.load(dy, 32);
    h = madd(v128.load(x, 32), a, b);
    v128.store(dx, madd(mul(d, v128.load(gain, 32)), a, madd(h, u, v)), 32);
    if (own) {
      v128.store(dgain, madd(d, h, v128.load(dgain, 32)), 32);
      v128.store(dbias, add(d, v128.load(dbias, 32)), 32);
    }
    d = v128.load(dy, 48);
    h = madd(v128.load(x, 48), a, b);
    v128.store(dx, madd(mul(d, v128.load(gain, 48)), a, madd(h, u, v)), 48);
    if (own) {
      v128.store(dgain, madd(d, h, v128.load(dgain, 48)), 48);
      v128.store(dbias, add(d, v128.load(dbias, 48)), 48);
    }
    dy += 64;
    gain += 64;
    dgain += 64;
    dbias += 64;
  }
  for (; n > 0; n--) {
    const d = loadOne(dy),
      h = madd(loadOne(dy + toX), a, b);
    storeOne(dy + toDx, madd(mul(d, loadOne(gain)), a, madd(h, u, v)));
    if (own) {
      storeOne(dgain, madd(d, h, loadOne(dgain)));
      storeOne(dbias, add(d, loadOne(dbias)));
    }
    dy += WORD;
    gain += WORD;
    dgain += WORD;
    dbias += WORD;
  }
}

/**
 * The backward pass, of ROWS rows at a time, the shares of which in dgain and dbias are added up where there is a gain for each column;
 * scratch: 64 bytes and two rows.
 */
function normalizeGrad<S extends Spread>(
  dy: usize,
  x: usize,
  gain: usize,
  statistics: usize,
  dx: usize,
  dgain: usize,
  dbias: usize,
  scratch: usize,
  rows: i32,
  cols: i32,
  gained: i32,
  eps: f64,
  begin: i32,
  end: i32,
): void {
  const row = bytes(cols),
    spare = scratch + 64,
    n = <f64>cols;
  gain = spread(gain, gained, cols, spare + row);
  for (let unit = begin; unit < end; unit++) {
    const last = min((unit + 1) * ROWS, rows),
      dg = gained ? dgain + row * unit : spare,
      db = gained && dbias ? dbias + row * unit : spare;
    if (gained) {
      memory.fill(dg, 0, row);
      memory.fill(db, 0, row);
    }
    for (let i = unit * ROWS; i < last; i++) {
      const from = dy + row * i;
      const own = statistics + bytes(2 * i),
        r = load<real>(own),
        a = v128.splat<real>(r),
        b = v128.load_splat<real>(own, WORD);
      pulls(from, x + row * i, gain, cols, a, b, scratch);
      const u = v128.splat<real>(<real>(-r * share<S>(n, r, eps) * load<f64>(scratch, 8))),
        v = changetype<S>(0).centred() ? v128.splat<real>(<real>((-r * load<f64>(scratch)) / n)) : splat(0);
      if (gained) pull<Given>(from, x - dy, dx - dy, gain, dg, db, cols, a, b, u, v);
      else pull<None>(from, x - dy, dx - dy, gain, dg, db, cols, a, b, u, v);
    }
  }
}

/**
 * y = (x − μ) / √(σ² + ε) · gain + bias with the mean and the variance of each row; gain and bias [cols], or one number where `gained` or
 * `biased` is 0; statistics [rows, 2]: r and −μ · r, for the gradient. The grid is the rows. Scratch: 64 bytes and two rows.
 */
export function layerNorm(
  x: usize,
  gain: usize,
  bias: usize,
  y: usize,
  statistics: usize,
  scratch: usize,
  cols: i32,
  gained: i32,
  biased: i32,
  eps: f64,
  begin: i32,
  end: i32,
): void {
  normalize<Deviation>(x, gain, bias, y, statistics, scratch, cols, gained, biased, eps, begin, end);
}

/** Its gradients: dgain and dbias [units, cols], units of ROWS rows, which are the grid; untouched where gained is 0. */
export function layerNormGrad(
  dy: usize,
  x: usize,
  gain: usize,
  statistics: usize,
  dx: usize,
  dgain: usize,
  dbias: usize,
  scratch: usize,
  rows: i32,
  cols: i32,
  gained: i32,
  begin: i32,
  end: i32,
): void {
  normalizeGrad<Deviation>(
    dy,
    x,
    gain,
    statistics,
    dx,
    dgain,
    dbias,
    scratch,
    rows,
    cols,
    gained,
    0,
    begin,
    end,
  );
}

/** y = x / √(mean of x² + ε) · gain, as layerNorm. */
export function rmsNorm(
  x: usize,
  gain: usize,
  y: usize,
  statistics: usize,
  scratch: usize,
  cols: i32,
  gained: i32,
  eps: f64,
  begin: i32,
  end: i32,
): void {
  store<real>(scratch + 32, 0);
  normalize<RootMeanSquare>(x, gain, scratch + 32, y, statistics, scratch, cols, gained, 0, eps, begin, end);
}

export function rmsNormGrad(
  dy: usize,
  x: usize,
  gain: usize,
  statistics: usize,
  dx: usize,
  dgain: usize,
  scratch: usize,
  rows: i32,
  cols: i32,
  gained: i32,
  begin: i32,
  end: i32,
): void {
  normalizeGrad<RootMeanSquare>(
    dy,
    x,
    gain,
    statistics,
    dx,
    dgain,
    0,
    scratch,
    rows,
    cols,
    gained,
    0,
    begin,
    end,
  );
}

/** y = x / max(√Σx², ε) of each row, as layerNorm. */
export function l2Normalize(
  x: usize,
  y: usize,
  statistics: usize,
  scratch: usize,
  cols: i32,
  eps: f64,
  begin: i32,
  end: i32,
): void {
  store<real>(scratch + 32, 1);
  store<real>(scratch + 40, 0);
  normalize<Length>(x, scratch + 32, scratch + 40, y, statistics, scratch, cols, 0, 0, eps, begin, end);
}

export function l2NormalizeGrad(
  dy: usize,
  x: usize,
  statistics: usize,
  dx: usize,
  scratch: usize,
  rows: i32,
  cols: i32,
  eps: f64,
  begin: i32,
  end: i32,
): void {
  store<real>(scratch + 32, 1);
  normalizeGrad<Length>(dy, x, scratch + 32, statistics, dx, 0, 0, scratch, rows, cols, 0, eps, begin, end);
}
