/** Kernels that move elements as long as a real and change none: transposition, strided copies, padding, rows by index. */
import { offsetOf } from "./layout";
import { bytes, LANES, WORD } from "./simd";
import { copy, copyStepped, turn } from "./transposition";

/** y[b] = x[b]ᵀ: x [batch, rows, cols] → y [batch, cols, rows]; the grid is y's rows. scratch: BLOCK² elements. */
export function transpose(
  x: usize,
  y: usize,
  scratch: usize,
  rows: i32,
  cols: i32,
  begin: i32,
  end: i32,
): void {
  while (begin < end) {
    const batch = begin / cols;
    const col = begin - batch * cols;
    const count = min(cols - col, end - begin);
    turn(x + bytes(batch * rows * cols + col), cols, y + bytes(begin * rows), rows, rows, count, scratch);
    begin += count;
  }
}

/**
 * y = x by any strides (0 repeats, negative reverses), from element `offset` of x; the grid is y's elements.
 * The layout is rank, then for each axis, innermost first, extent and stride.
 */
export function copyStrided(
  x: usize,
  y: usize,
  layout: usize,
  scratch: usize,
  offset: i32,
  begin: i32,
  end: i32,
): void {
  const rank = load<i32>(layout);
  const length = rank > 0 ? load<i32>(layout, 4) : 1;
  const step = rank > 0 ? load<i32>(layout, 8) : 0;
  const height = rank > 1 ? load<i32>(layout, 12) : 1;
  const pitch = rank > 1 ? load<i32>(layout, 16) : 0;
  while (begin < end) {
    const row = begin / length;
    const col = begin - row * length;
    const from = x + bytes(offset + offsetOf(layout + 12, rank - 1, row) + col * step);
    const rows = pitch == 1 && col == 0 ? min(height - (row % height), (end - begin) / length) : 0;
    const count = rows > 0 ? rows * length : min(length - col, end - begin);
    if (rows > 0) turn(from, step, y + bytes(begin), length, length, rows, scratch);
    else copyStepped(from, step, y + bytes(begin), count);
    begin += count;
  }
}

/** y [0, step, 2 step …] = x [n]. */
function spreadOut(x: usize, y: usize, step: i32, n: i32): void {
  if (step == 1) return copy(x, y, n);
  const stride = bytes(step);
  for (; n > 0; n--, x += WORD, y += stride) store<real>(y, load<real>(x));
}

/**
 * y by any strides but 0, from element `offset` on, = x; the grid is x's elements, the layout that of copyStrided with
 * the strides of y.
 */
export function writeStrided(y: usize, x: usize, layout: usize, offset: i32, begin: i32, end: i32): void {
  const rank = load<i32>(layout);
  const length = rank > 0 ? load<i32>(layout, 4) : 1;
  const step = rank > 0 ? load<i32>(layout, 8) : 1;
  while (begin < end) {
    const row = begin / length;
    const col = begin - row * length;
    const count = min(length - col, end - begin);
    const to = y + bytes(offset + offsetOf(layout + 12, rank - 1, row) + col * step);
    spreadOut(x + bytes(begin), to, step, count);
    begin += count;
  }
}

/**
 * y = x with zeros around it; the grid is y's elements.
 * The layout is rank, then for each axis, innermost first, extent in y, zeros before, extent in x.
 */
export function pad(x: usize, y: usize, layout: usize, begin: i32, end: i32): void {
  const rank = load<i32>(layout);
  const length = rank > 0 ? load<i32>(layout, 4) : 1;
  const before = rank > 0 ? load<i32>(layout, 8) : 0;
  const inner = rank > 0 ? load<i32>(layout, 12) : 1;
  while (begin < end) {
    const row = begin / length;
    const col = begin - row * length;
    const stop = min(length, col + end - begin);
    const source = sourceRow(layout + 16, rank - 1, row);
    const left = source < 0 ? stop : min(max(before, col), stop);
    const right = source < 0 ? stop : max(min(before + inner, stop), left);
    const at = y + bytes(begin - col);
    memory.fill(at + bytes(col), 0, bytes(left - col));
    copy(x + bytes(source * inner + left - before), at + bytes(left), right - left);
    memory.fill(at + bytes(right), 0, bytes(stop - right));
    begin += stop - col;
  }
}

/** The row of x under row `row` of y, or -1 where that is all zeros; axes as in `pad`. */
function sourceRow(axes: usize, rank: i32, row: i32): i32 {
  let source = 0;
  for (let pitch = 1; rank > 0; rank--, axes += 12) {
    const next = row / load<i32>(axes);
    const at = row - next * load<i32>(axes) - load<i32>(axes, 4);
    if (at < 0 || at >= load<i32>(axes, 8)) return -1;
    source += at * pitch;
    pitch *= load<i32>(axes, 8);
    row = next;
  }
  return source;
}

/**
 * y[i] = x[indices[i]]: x [rows, cols], indices [n] → y [n, cols]; the grid is n.
 * Returns 0, or 1 + the first position whose index lies outside [0, rows); such rows become 0.
 */
export function gather(x: usize, indices: usize, y: usize, rows: i32, cols: i32, begin: i32, end: i32): i32 {
  let fault = 0;
  for (let i = begin; i < end; i++) {
    const row = load<i32>(indices + (i << 2));
    const to = y + bytes(i * cols);
    if (<u32>row < <u32>rows) {
      copy(x + bytes(row * cols), to, cols);
    } else {
      memory.fill(to, 0, bytes(cols));
      if (!fault) fault = i + 1;
    }
  }
  return fault;
}

/**
 * dx[r] = Σ dy[i] over the i, in order, with indices[i] = r; the grid is rows of dx.
 * dy [count, cols], indices [count] → dx [rows, cols]. Returns 0, or 1 + the position of the first index outside
 * [0, rows), where it stopped.
 */
export function scatterAdd(
  dy: usize,
  indices: usize,
  dx: usize,
  count: i32,
  rows: i32,
  cols: i32,
  begin: i32,
  end: i32,
): i32 {
  memory.fill(dx + bytes(begin * cols), 0, bytes((end - begin) * cols));
  for (let i = 0; i < count; i++) {
    const row = load<i32>(indices + (i << 2));
    if (<u32>row >= <u32>rows) return i + 1;
    if (row >= begin && row < end) add(dy + bytes(i * cols), dx + bytes(row * cols), cols);
  }
  return 0;
}

/** y [n] += x [n]. */
function add(x: usize, y: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, x += 16, y += 16) v128.store(y, v128.add<real>(v128.load(y), v128.load(x)));
  for (; n > 0; n--, x += WORD, y += WORD) store<real>(y, load<real>(y) + load<real>(x));
}
