/** Kernels that move elements and change none: transposition, strided copies, padding, rows by index. */
import { offsetOf } from "./layout";

/** y [n] = x [n]. */
function copy(x: usize, y: usize, n: i32): void {
  if (n >= 128) return memory.copy(y, x, n << 2);
  for (; n >= 4; n -= 4, x += 16, y += 16) v128.store(y, v128.load(x));
  for (; n > 0; n--, x += 4, y += 4) store<i32>(y, load<i32>(x));
}

/** y [n] = x[0, step, 2 step …]. */
function copyStepped(x: usize, step: i32, y: usize, n: i32): void {
  if (step == 1) return copy(x, y, n);
  const stride = step << 2;
  if (step == 0) {
    const value = v128.load_splat<i32>(x);
    for (; n >= 4; n -= 4, y += 16) v128.store(y, value);
  }
  for (; n > 0; n--, x += stride, y += 4) store<i32>(y, load<i32>(x));
}

/** y [4, 4] = x [4, 4]ᵀ, both with rows `xPitch`, `yPitch` bytes apart. */
function turn4(x: usize, xPitch: i32, y: usize, yPitch: i32): void {
  const a = v128.load(x);
  const b = v128.load(x + xPitch);
  const c = v128.load(x + 2 * xPitch);
  const d = v128.load(x + 3 * xPitch);
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const AB = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const CD = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(y, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(y + yPitch, v128.shuffle<i64>(ab, cd, 1, 3));
  v128.store(y + 2 * yPitch, v128.shuffle<i64>(AB, CD, 0, 2));
  v128.store(y + 3 * yPitch, v128.shuffle<i64>(AB, CD, 1, 3));
}

/** Rows and columns turned at a time, in scratch: rows 4 KB apart share one set of the first cache. `src/ops/movement.ts` repeats it. */
const BLOCK: i32 = 64;

/** y [count, length] = x [length, count]ᵀ, where x's rows are `pitch` elements apart. scratch: BLOCK² elements. */
function turn(x: usize, pitch: i32, y: usize, length: i32, count: i32, scratch: usize): void {
  const xPitch = pitch << 2;
  const yPitch = length << 2;
  const rows = length & ~3;
  const cols = count & ~3;
  for (let col = 0; col < cols; col += BLOCK) {
    const width = min(cols - col, BLOCK);
    for (let row = 0; row < rows; row += BLOCK) {
      const height = min(rows - row, BLOCK);
      for (let i = 0; i < height; i += 4) {
        for (let j = 0; j < width; j += 4) {
          turn4(
            x + (row + i) * xPitch + ((col + j) << 2),
            xPitch,
            scratch + ((j * BLOCK + i) << 2),
            BLOCK << 2,
          );
        }
      }
      for (let j = 0; j < width; j++) {
        copy(scratch + ((j * BLOCK) << 2), y + (col + j) * yPitch + (row << 2), height);
      }
    }
    for (let j = col; j < col + width; j++) {
      copyStepped(x + rows * xPitch + (j << 2), pitch, y + j * yPitch + (rows << 2), length - rows);
    }
  }
  for (let j = cols; j < count; j++) copyStepped(x + (j << 2), pitch, y + j * yPitch, length);
}

/** y[b] = x[b]ᵀ: x [batch, rows, cols] → y [batch, cols, rows]; the grid is y's rows. scratch: 16 KB. */
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
    turn(x + ((batch * rows * cols + col) << 2), cols, y + ((begin * rows) << 2), rows, count, scratch);
    begin += count;
  }
}

/**
 * y = x by any strides (0 repeats, negative reverses), from element `offset` of x; the grid is y's elements.
 * The layout is rank, then for each axis, innermost first, extent and stride. Bits of any dtype of 4 bytes.
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
    const from = x + ((offset + offsetOf(layout + 12, rank - 1, row) + col * step) << 2);
    const rows = pitch == 1 && col == 0 ? min(height - (row % height), (end - begin) / length) : 0;
    const count = rows > 0 ? rows * length : min(length - col, end - begin);
    if (rows > 0) turn(from, step, y + (begin << 2), length, rows, scratch);
    else copyStepped(from, step, y + (begin << 2), count);
    begin += count;
  }
}

/** y [0, step, 2 step …] = x [n]. */
function spreadOut(x: usize, y: usize, step: i32, n: i32): void {
  if (step == 1) return copy(x, y, n);
  const stride = step << 2;
  for (; n > 0; n--, x += 4, y += stride) store<i32>(y, load<i32>(x));
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
    const to = y + ((offset + offsetOf(layout + 12, rank - 1, row) + col * step) << 2);
    spreadOut(x + (begin << 2), to, step, count);
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
    const at = y + ((begin - col) << 2);
    memory.fill(at + (col << 2), 0, (left - col) << 2);
    copy(x + ((source * inner + left - before) << 2), at + (left << 2), right - left);
    memory.fill(at + (right << 2), 0, (stop - right) << 2);
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
    const to = y + ((i * cols) << 2);
    if (<u32>row < <u32>rows) {
      copy(x + ((row * cols) << 2), to, cols);
    } else {
      memory.fill(to, 0, cols << 2);
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
  memory.fill(dx + ((begin * cols) << 2), 0, ((end - begin) * cols) << 2);
  for (let i = 0; i < count; i++) {
    const row = load<i32>(indices + (i << 2));
    if (<u32>row >= <u32>rows) return i + 1;
    if (row >= begin && row < end) add(dy + ((i * cols) << 2), dx + ((row * cols) << 2), cols);
  }
  return 0;
}

/** y [n] += x [n]. */
function add(x: usize, y: usize, n: i32): void {
  for (; n >= 4; n -= 4, x += 16, y += 16) v128.store(y, f32x4.add(v128.load(y), v128.load(x)));
  for (; n > 0; n--, x += 4, y += 4) store<f32>(y, load<f32>(y) + load<f32>(x));
}
