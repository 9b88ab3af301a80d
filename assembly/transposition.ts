/** Transposition, and rows of elements as long as a real from one place to another. */
import { bytes, DOUBLE, LANES, WORD } from "./simd";

/** y [n] = x [n]. */
export function copy(x: usize, y: usize, n: i32): void {
  if (n >= 32 * LANES) return memory.copy(y, x, bytes(n));
  for (; n >= LANES; n -= LANES, x += 16, y += 16) v128.store(y, v128.load(x));
  for (; n > 0; n--, x += WORD, y += WORD) store<real>(y, load<real>(x));
}

/** y [n] = x[0, step, 2 step …]. */
export function copyStepped(x: usize, step: i32, y: usize, n: i32): void {
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

/** y [count, length] = x [length, count]ᵀ, with rows `xStep`, `yStep` elements apart. scratch: BLOCK² elements. */
export function turn(
  x: usize,
  xStep: i32,
  y: usize,
  yStep: i32,
  length: i32,
  count: i32,
  scratch: usize,
): void {
  const xPitch = bytes(xStep);
  const yPitch = bytes(yStep);
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
      copyStepped(x + xPitch * rows + bytes(j), xStep, y + yPitch * j + bytes(rows), length - rows);
    }
  }
  for (let j = cols; j < count; j++) copyStepped(x + bytes(j), xStep, y + yPitch * j, length);
}
