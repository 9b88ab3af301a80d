/** The implicit QR iteration of bidiagonal matrices (Golub, Van Loan, section 8.6). */
import { bytes } from "../simd";
import { apply, begin, clear, finish, hasRoom, rotate, SMALL } from "./rotations";
import { rotateRows, scale } from "./rows";

/** QR iterations for one singular value; 2 are usual. */
const MOST: i32 = 75;

/** The Golub–Kahan iteration: the bidiagonal d, e becomes diagonal, none of it negative, the rotations being made of the rows of left and right. */
export function iterate(
  d: usize,
  e: usize,
  k: i32,
  list: usize,
  rotations: i32,
  left: usize,
  right: usize,
  step: i32,
): bool {
  const rights = list + rotations,
    back = -bytes(step),
    end = bytes((k - 1) * step);
  clear(list, rotations);
  clear(rights, rotations);
  for (let high = k - 1; high >= 0; high--) {
    for (let turn = 0; ; turn++) {
      const low = startOfBlock(d, e, high);
      if (low == high) break;
      if (turn == MOST) return false;
      const zero = zeroIn(d, e, low, high);
      if (zero >= 0 || !hasRoom(list, high - low)) {
        apply(list, left + end, back, k);
        apply(rights, right + end, back, k);
      }
      if (zero == high) clearColumn(d, e, low, high, right, bytes(step), k);
      else if (zero >= 0) clearRow(d, e, zero, high, left, bytes(step), k);
      else sweep(d, e, low, high, k, list, rights);
    }
    const value = load<f64>(d + 8 * high);
    if (!isFinite(value)) return false;
  }
  apply(list, left + end, back, k);
  apply(rights, right + end, back, k);
  for (let i = 0; i < k; i++) {
    if (load<f64>(d + 8 * i) >= 0) continue;
    store<f64>(d + 8 * i, -load<f64>(d + 8 * i));
    scale(right + bytes(i * step), -1, k);
  }
  return true;
}

/** The first row of the block that ends at `high` and is not yet diagonal. */
function startOfBlock(d: usize, e: usize, high: i32): i32 {
  let low = high;
  for (; low > 0; low--) {
    const size = abs(load<f64>(d + 8 * low)) + abs(load<f64>(d + 8 * (low - 1)));
    if (abs(load<f64>(e + 8 * (low - 1))) > SMALL * size) continue;
    store<f64>(e + 8 * (low - 1), 0);
    break;
  }
  return low;
}

/** A row of the block whose diagonal element is 0 beside its neighbours, which becomes 0; or −1. */
function zeroIn(d: usize, e: usize, low: i32, high: i32): i32 {
  for (let i = high; i >= low; i--) {
    const size = (i < high ? abs(load<f64>(e + 8 * i)) : 0) + (i > low ? abs(load<f64>(e + 8 * (i - 1))) : 0);
    if (abs(load<f64>(d + 8 * i)) > SMALL * size) continue;
    store<f64>(d + 8 * i, 0);
    return i;
  }
  return -1;
}

/** Where the last diagonal element is 0: what is above it becomes 0, too, by rotations with each column before it. */
function clearColumn(d: usize, e: usize, low: i32, high: i32, right: usize, step: usize, k: i32): void {
  let f = load<f64>(e + 8 * (high - 1));
  store<f64>(e + 8 * (high - 1), 0);
  for (let j = high - 1; j >= low; j--) {
    const own = load<f64>(d + 8 * j),
      length = sqrt(own * own + f * f),
      c = length == 0 ? 1 : own / length,
      s = length == 0 ? 0 : f / length;
    store<f64>(d + 8 * j, length);
    if (j > low) {
      const above = load<f64>(e + 8 * (j - 1));
      f = -s * above;
      store<f64>(e + 8 * (j - 1), c * above);
    }
    rotateRows(right + step * j, right + step * high, c, s, k);
  }
}

/** Where another is 0: what is beside it becomes 0, too, by rotations with each row after it. */
function clearRow(d: usize, e: usize, zero: i32, high: i32, left: usize, step: usize, k: i32): void {
  let f = load<f64>(e + 8 * zero);
  store<f64>(e + 8 * zero, 0);
  for (let j = zero + 1; j <= high; j++) {
    const own = load<f64>(d + 8 * j),
      length = sqrt(own * own + f * f),
      c = length == 0 ? 1 : own / length,
      s = length == 0 ? 0 : f / length;
    store<f64>(d + 8 * j, length);
    if (j < high) {
      const beside = load<f64>(e + 8 * j);
      f = -s * beside;
      store<f64>(e + 8 * j, c * beside);
    }
    rotateRows(left + step * j, left + step * zero, c, s, k);
  }
}

/** One QR step on rows low … high with the shift that the last two rows suggest. */
function sweep(d: usize, e: usize, low: i32, high: i32, k: i32, lefts: usize, rights: usize): void {
  const last = load<f64>(d + 8 * high),
    before = load<f64>(d + 8 * (high - 1)),
    above = load<f64>(e + 8 * (high - 1)),
    first = load<f64>(d + 8 * low);
  const b = ((before + last) * (before - last) + above * above) / 2,
    c2 = last * above * (last * above),
    root = sqrt(b * b + c2),
    shift = c2 == 0 ? 0 : c2 / (b + (b < 0 ? -root : root));
  let f = (first + last) * (first - last) + shift,
    g = first * load<f64>(e + 8 * low);
  begin(lefts, k - 1 - low);
  begin(rights, k - 1 - low);
  for (let j = low; j < high; j++) {
    const dj = d + 8 * j,
      ej = e + 8 * j;
    let length = sqrt(f * f + g * g),
      c = length == 0 ? 1 : f / length,
      s = length == 0 ? 0 : g / length;
    if (j > low) store<f64>(ej - 8, length);
    f = c * load<f64>(dj) + s * load<f64>(ej);
    store<f64>(ej, c * load<f64>(ej) - s * load<f64>(dj));
    g = s * load<f64>(dj, 8);
    store<f64>(dj, c * load<f64>(dj, 8), 8);
    rotate(rights, c, s);
    length = sqrt(f * f + g * g);
    c = length == 0 ? 1 : f / length;
    s = length == 0 ? 0 : g / length;
    store<f64>(dj, length);
    f = c * load<f64>(ej) + s * load<f64>(dj, 8);
    store<f64>(dj, c * load<f64>(dj, 8) - s * load<f64>(ej), 8);
    if (j + 1 < high) {
      g = s * load<f64>(ej, 8);
      store<f64>(ej, c * load<f64>(ej, 8), 8);
    }
    rotate(lefts, c, s);
  }
  store<f64>(e + 8 * (high - 1), f);
  finish(lefts);
  finish(rights);
}
