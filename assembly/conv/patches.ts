/** Operands of a convolution as a product of matrices: the patches of an image, packed as they lie, never written out. */
import { copyRows, Operand, turnFour, turnPanel, turnTwo } from "../gemm/panels";
import { bytes, LANES, WORD } from "../simd";
import { Reals } from "../storage";
import {
  channelsOf,
  depthOf,
  filterTap,
  lines,
  offset,
  pixelStep,
  source,
  step,
  stride,
  taps,
  X,
  Y,
  Z,
} from "../geometry";

/** Longest run that is packed at a time: KC of assembly/gemm/multiply.ts. */
const RUN: usize = 512;
/** Lines of the widest panel. */
const WIDTH: usize = 6;
/** Of each line of a panel: its image and the source of its first tap, z, y, x; and where its run begins. */
const LINE: usize = 20;
/** Bytes of what the packers need: a run of zeros, then the lines of a panel. */
export const DESK: usize = (RUN << 3) + WIDTH * LINE + 8;

/** Makes the zeros of a desk. */
export function clearDesk(desk: usize): void {
  memory.fill(desk, 0, RUN << 3);
}

/**
 * Lines are pixels; along them run the taps, and within each tap the channels of the group: A(line, (tap, channel)).
 * `across` is the geometry and `along` the desk.
 */
export class Patches extends Operand {
  pack(
    x: usize,
    across: i32,
    along: i32,
    line: i32,
    count: i32,
    width: i32,
    begin: i32,
    k: i32,
    panels: usize,
  ): usize {
    const g = <usize>across,
      desk = <usize>along,
      start = panels;
    for (; count > 0; count -= width) {
      placeLines(x, g, line, min(count, width), width, desk + (RUN << 3));
      packPanel(x, g, desk, width, begin, k, panels);
      line += width;
      panels += bytes(width * k);
    }
    return start;
  }
  step(along: i32, width: i32, k: i32): usize {
    return bytes(width * k);
  }
}

/** Writes down where the first taps of `count` lines are; the last line stands for those up to `width`. */
function placeLines(x: usize, g: usize, line: i32, count: i32, width: i32, at: usize): void {
  const lx = lines(g, X),
    ly = lines(g, Y),
    lz = lines(g, Z),
    pixel = pixelStep(g, X);
  let i = line % lx,
    rest = line / lx,
    j = rest % ly,
    k = (rest / ly) % lz,
    n = rest / ly / lz;
  for (let left = width; left > 0; left--) {
    const z = k * stride(g, Z) + offset(g, Z),
      y = j * stride(g, Y) + offset(g, Y),
      w = i * stride(g, X) + offset(g, X);
    store<i32>(at, n);
    store<i32>(at, z, 4);
    store<i32>(at, y, 8);
    store<i32>(at, w, 12);
    store<usize>(at, x + pixel * (((n * source(g, Z) + z) * source(g, Y) + y) * source(g, X) + w), 16);
    at += LINE;
    if (--count > 0 && ++i == lx) {
      i = 0;
      if (++j == ly) {
        j = 0;
        if (++k == lz) {
          k = 0;
          n++;
        }
      }
    }
  }
}

/** One panel of the lines on the desk: run by run, a run being the channels of a tap, or of all taps of a row. */
function packPanel(x: usize, g: usize, desk: usize, width: i32, begin: i32, k: i32, panel: usize): void {
  const depth = depthOf(g),
    tx = taps(g, X),
    row = tx * depth,
    inX = inside(g, desk, width, X),
    inAll = inX && inside(g, desk, width, Y) && inside(g, desk, width, Z),
    whole = inX && tx > 1 && step(g, X) == 1 && depth == channelsOf(g),
    longest = whole ? row : depth,
    at = desk + (RUN << 3);
  // Of one channel the lines of a row are neighbours, as taps are.
  const length = load<usize>(at + LINE * (width - 1), 16) - load<usize>(at, 16),
    beside = whole && depth == 1 && stride(g, X) == 1 && length == bytes(width - 1);
  if (k == 0) return; // no channels, or no taps
  let ty = (begin / row) % taps(g, Y),
    tz = begin / row / taps(g, Y),
    within = begin % row;
  while (k > 0) {
    const tap = whole ? 0 : within / depth,
      first = whole ? within : within - tap * depth,
      run = min(longest - first, k),
      dz = tz * step(g, Z),
      dy = ty * step(g, Y),
      dx = tap * step(g, X);
    if (inAll) {
      const offset = pixelStep(g, Z) * dz + pixelStep(g, Y) * dy + pixelStep(g, X) * dx + bytes(first);
      if (beside) copyRows<Reals>(load<usize>(at, 16) + offset, WORD, width, run, panel);
      else turnLines(at, offset, width, run, panel);
    } else {
      findRuns(x + bytes(first), g, desk, width, dz, dy, dx);
      turnLines(at, 0, width, run, panel);
    }
    panel += bytes(width * run);
    k -= run;
    within += run;
    if (within == row) {
      within = 0;
      if (++ty == taps(g, Y)) {
        ty = 0;
        tz++;
      }
    }
  }
}

/** Whether each line has all its taps along an axis inside the source. */
function inside(g: usize, desk: usize, width: i32, axis: i32): bool {
  const most = source(g, axis) - 1 - (taps(g, axis) - 1) * step(g, axis);
  for (let at = desk + (RUN << 3) + ((<usize>axis + 1) << 2); width > 0; width--) {
    const first = load<i32>(at);
    if (first < 0 || first > most) return false;
    at += LINE;
  }
  return true;
}

/** Writes down where each line's run begins, for a tap so many pixels from the first; outside it is the run of zeros. */
function findRuns(x: usize, g: usize, desk: usize, width: i32, dz: i32, dy: i32, dx: i32): void {
  const sz = source(g, Z),
    sy = source(g, Y),
    sx = source(g, X),
    pixel = pixelStep(g, X);
  for (let at = desk + (RUN << 3); width > 0; width--) {
    const z = load<i32>(at, 4) + dz,
      y = load<i32>(at, 8) + dy,
      w = load<i32>(at, 12) + dx;
    const inside = <u32>z < <u32>sz && <u32>y < <u32>sy && <u32>w < <u32>sx;
    const index = ((load<i32>(at) * sz + z) * sy + y) * sx + w;
    store<usize>(at, inside ? x + pixel * index : desk, 16);
    at += LINE;
  }
}

/** panel[p] = run₀[p] … run₅[p] of the lines on the desk, `offset` bytes from where they are written down. */
function turnLines(at: usize, offset: usize, width: i32, k: i32, panel: usize): void {
  for (let i = 0; i < width; i += LANES) {
    const x0 = load<usize>(at, 16) + offset,
      x1 = load<usize>(at, LINE + 16) + offset,
      to = panel + bytes(i);
    if (LANES == 2 || width - i == 2) turnTwo<Reals>(x0, x1, to, bytes(width), k);
    else {
      const x2 = load<usize>(at, 2 * LINE + 16) + offset,
        x3 = load<usize>(at, 3 * LINE + 16) + offset;
      turnFour<Reals>(x0, x1, x2, x3, to, bytes(width), k);
    }
    at += LINE * LANES;
  }
}

/**
 * Lines are the channels of the taps; along them run the pixels: A((tap, channel), pixel), for the gradient of a filter.
 * `across` is the geometry.
 */
export class Taps extends Operand {
  pack(
    x: usize,
    across: i32,
    along: i32,
    line: i32,
    count: i32,
    width: i32,
    begin: i32,
    k: i32,
    panels: usize,
  ): usize {
    const g = <usize>across,
      start = panels,
      depth = depthOf(g),
      last = line + count;
    for (; line < last; line += width) {
      for (let i = 0; i < width;) {
        // Lines beyond the last one are the last again.
        const at = min(line + i, last - 1),
          channel = at % depth,
          some = line + i < last ? min(min(depth - channel, width - i), last - at) : 1;
        packPiece(x + bytes(channel), g, at / depth, some, begin, k, panels + bytes(i), bytes(width));
        i += some;
      }
      panels += bytes(width * k);
    }
    return start;
  }
  step(along: i32, width: i32, k: i32): usize {
    return bytes(width * k);
  }
}

/** `count` neighbouring channels of one tap, for k pixels from `begin` on, `next` bytes from one to the next. */
function packPiece(
  x: usize,
  g: usize,
  tap: i32,
  count: i32,
  begin: i32,
  k: i32,
  panel: usize,
  next: usize,
): void {
  const tx = taps(g, X),
    ty = taps(g, Y),
    lx = lines(g, X),
    ly = lines(g, Y),
    lz = lines(g, Z),
    sx = source(g, X),
    sy = source(g, Y),
    sz = source(g, Z),
    s = stride(g, X),
    from = (tap % tx) * step(g, X) + offset(g, X),
    pixel = pixelStep(g, X);
  const y0 = ((tap / tx) % ty) * step(g, Y) + offset(g, Y),
    z0 = (tap / tx / ty) * step(g, Z) + offset(g, Z);
  // The lines of a row whose source is inside: s·i + from in [0, sx).
  const low = min(lx, from < 0 ? (s - 1 - from) / s : 0),
    high = max(low, min(lx, sx > from ? (sx - 1 - from) / s + 1 : 0));
  while (k > 0) {
    const i = begin % lx,
      row = begin / lx,
      run = min(lx - i, k),
      y = (row % ly) * stride(g, Y) + y0,
      z = ((row / ly) % lz) * stride(g, Z) + z0;
    const inside = <u32>y < <u32>sy && <u32>z < <u32>sz,
      a = inside ? min(max(low - i, 0), run) : run,
      b = inside ? min(max(high - i, 0), run) : run;
    const first = ((row / ly / lz) * sz + z) * sy + y;
    zeroPieces(panel, next, count, a);
    copyPieces(
      x + pixel * ((i + a) * s + from + first * sx),
      pixel * s,
      panel + next * a,
      next,
      count,
      b - a,
    );
    zeroPieces(panel + next * b, next, count, run - b);
    panel += next * run;
    begin += run;
    k -= run;
  }
}

function copyPieces(x: usize, step: usize, panel: usize, next: usize, count: i32, pixels: i32): void {
  const vector = count >= LANES;
  // The last vector of a piece ends with it.
  const last = bytes(count - LANES);
  for (; pixels > 0; pixels--) {
    if (vector) {
      v128.store(panel, v128.load(x));
      if (LANES == 2 && count > 4) v128.store(panel, v128.load(x, 16), 16);
      v128.store(panel + last, v128.load(x + last));
    } else for (let i: usize = 0; i < bytes(count); i += WORD) store<real>(panel + i, load<real>(x + i));
    x += step;
    panel += next;
  }
}

function zeroPieces(panel: usize, next: usize, count: i32, pixels: i32): void {
  for (; pixels > 0; pixels--) {
    for (let i: usize = 0; i < bytes(count); i += WORD) store<real>(panel + i, 0);
    panel += next;
  }
}

/**
 * A filter [taps, lines, all channels] as the columns of a product that goes back: B((tap, channel), line). `across` is the
 * geometry, `along` the filter's channels of all groups.
 */
export class Turned extends Operand {
  pack(
    x: usize,
    across: i32,
    along: i32,
    line: i32,
    count: i32,
    width: i32,
    begin: i32,
    k: i32,
    panels: usize,
  ): usize {
    const g = <usize>across,
      depth = depthOf(g),
      all = load<i32>(along),
      perTap = load<i32>(along, 4);
    for (let p = 0; p < k;) {
      const at = begin + p,
        channel = at % depth,
        tap = at / depth,
        run = min(depth - channel, k - p),
        row = tap / taps(g, X);
      const place = filterTap(g, row / taps(g, Y), row % taps(g, Y), tap % taps(g, X));
      for (let i = 0; i < count; i += width) {
        const from = x + bytes((place * perTap + line + i) * all + channel);
        turnPanel<Reals>(from, bytes(all), count - i, width, run, panels + bytes(i * k + p * width));
      }
      p += run;
    }
    return panels;
  }
  step(along: i32, width: i32, k: i32): usize {
    return bytes(width * k);
  }
}
