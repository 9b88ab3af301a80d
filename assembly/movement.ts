/** Kernels that move elements as long as a real and change none: transposition, strided copies, padding, rows by index. */
import { offsetOf } from "./layout";
import { bytes, DOUBLE, LANES, WORD } from "./simd";

/** y [n] = x [n]. */
function copy(x: usize, y: usize, n: i32): void {
  if (n >= 32 * LANES) return memory.copy(y, x, bytes(n));
  for (; n >= LANES; n -= LANES, x += 16, y += 16) v128.store(y, v128.load(x));
  for (; n > 0; n--, x += WORD, y += WORD) store<real>(y, load<real>(x));
}

/** y [n] = x[0, step, 2 step …]. */
function copyStepped(x: usize, step: i32, y: usize, n: i32): void {
  if (step == 1) return copy(x, y, n);
  const stride = bytes(step);
  if (step == 0) {
    const value = v128.load_splat<real>(x);
    for (; n >= LANES; n -= LANES, y += 16) v128.store(y, value);
  }
  for (; n > 0; n--, x += stride, y += WORD) store<real>(y, load<real>(x));
}

/** y [LANES, LANES] = x [LANES, LANES]ᵀ, with rows `xPitch`, `yPitch` bytes apart. */
function turnLanes(x: usize, xPitch: usize, y: usize, yPitch: usize): void {
  if (DOUBLE) {
    const a = v128.load(x);
    const b = v128.load(x + xPitch);
    v128.store(y, v128.shuffle<i64>(a, b, 0, 2));
    v128.store(y + yPitch, v128.shuffle<i64>(a, b, 1, 3));
  } else turnFour(x, xPitch, y, yPitch);
}

function turnFour(x: usize, xPitch: usize, y: usize, yPitch: usize): void {
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
const BLOCK: i32 = DOUBLE ? 32 : 64;

/** y [count, length] = x [length, count]ᵀ, where x's rows are `pitch` elements apart. scratch: BLOCK² elements. */
function turn(x: usize, pitch: i32, y: usize, length: i32, count: i32, scratch: usize): void {
  const xPitch = bytes(pitch);
  const yPitch = bytes(length);
  const rows = length & -LANES;
  const cols = count & -LANES;
  for (let col = 0; col < cols; col += BLOCK) {
    const width = min(cols - col, BLOCK);
    for (let row = 0; row < rows; row += BLOCK) {
      const height = min(rows - row, BLOCK);
      for (let i = 0; i < height; i += LANES) {
        for (let j = 0; j < width; j += LANES) {
          const from = x + xPitch * (row + i) + bytes(col + j);
          turnLanes(from, xPitch, scratch + bytes(j * BLOCK + i), bytes(BLOCK));
        }
      }
      for (let j = 0; j < width; j++) {
        copy(scratch + bytes(j * BLOCK), y + yPitch * (col + j) + bytes(row), height);
      }
    }
    for (let j = col; j < col + width; j++) {
      copyStepped(x + xPitch * rows + bytes(j), pitch, y + yPitch * j + bytes(rows), length - rows);
    }
  }
  for (let j = cols; j < count; j++) copyStepped(x + bytes(j), pitch, y + yPitch * j, length);
}

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
    turn(x + bytes(batch * rows * cols + col), cols, y + bytes(begin * rows), rows, count, scratch);
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
    if (rows > 0) turn(from, step, y + bytes(begin), length, rows, scratch);
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
