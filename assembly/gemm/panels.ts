/** Packing: lines of an operand (rows of A, columns of B) side by side, as the microkernel reads them. */
import { bytes, LANES, neg, storeOne, WORD } from "../simd";
import { Reals, Storage } from "../storage";

/** How an operand's element (line, p) is found; what x, across and along mean is its own affair. */
export abstract class Operand {
  /**
   * Elements begin … begin + k of `lines` lines from `line` on → panels [⌈lines / width⌉, k, width], at `panels` or where
   * they were packed beforehand: the pointer to them. The last panel repeats its last line where it has fewer than `width`.
   * Width is 4, 6 or 2 · LANES.
   */
  abstract pack(
    x: usize,
    across: i32,
    along: i32,
    line: i32,
    lines: i32,
    width: i32,
    begin: i32,
    k: i32,
    panels: usize,
  ): usize;

  /** The bytes from a panel of `width` lines, packed k deep, to the next. */
  abstract step(along: i32, width: i32, k: i32): usize;
}

/** Lines packed beforehand, all of them at once: panels [⌈lines / width⌉, along, width]. */
export class Packed extends Operand {
  pack(
    x: usize,
    across: i32,
    along: i32,
    line: i32,
    lines: i32,
    width: i32,
    begin: i32,
    k: i32,
    panels: usize,
  ): usize {
    return x + bytes(line * along + begin * width);
  }
  step(along: i32, width: i32, k: i32): usize {
    return bytes(width * along);
  }
}

/** x(line, p) = x[line · across + p · along]: a matrix or its transpose, of numbers of type S. */
export class Strided<S extends Storage> extends Operand {
  pack(
    x: usize,
    across: i32,
    along: i32,
    line: i32,
    lines: i32,
    width: i32,
    begin: i32,
    k: i32,
    panels: usize,
  ): usize {
    const start = panels,
      size = changetype<S>(0).width();
    const acrossStep = size * across,
      alongStep = size * along,
      panelBytes = bytes(width * k);
    x += acrossStep * line + alongStep * begin;
    if (across == 1) {
      const whole = lines / width;
      copyPanels<S>(x, alongStep, whole, width, k, panels);
      x += size * (whole * width);
      panels += panelBytes * whole;
      lines -= whole * width;
    }
    for (; lines > 0; lines -= width) {
      if (along == 1) turnPanel<S>(x, acrossStep, lines, width, k, panels);
      else gatherPanel<S>(x, acrossStep, alongStep, lines, width, k, panels);
      x += acrossStep * width;
      panels += panelBytes;
    }
    return start;
  }
  step(along: i32, width: i32, k: i32): usize {
    return bytes(width * k);
  }
}

/** Whole panels of lines that lie side by side: eight rows at a time, so that memory is read along its rows. */
function copyPanels<S extends Storage>(
  x: usize,
  step: usize,
  count: i32,
  width: i32,
  k: i32,
  panels: usize,
): void {
  const panelBytes = bytes(width * k);
  for (; k > 0; k -= 8) {
    let from = x,
      to = panels;
    for (let i = count; i > 0; i--) {
      copyRows<S>(from, step, width, min(k, 8), to);
      from += changetype<S>(0).width() * width;
      to += panelBytes;
    }
    x += step << 3;
    panels += bytes(width) << 3;
  }
}

/** One, two or three vectors of each row; of six float32 the second overlaps the first. */
export function copyRows<S extends Storage>(x: usize, step: usize, width: i32, k: i32, panel: usize): void {
  const s = changetype<S>(0),
    second = min(LANES, width - LANES),
    from = s.width() * second,
    to = bytes(second);
  for (; k > 0; k--) {
    v128.store(panel, s.load(x));
    if (second) v128.store(panel + to, s.load(x + from));
    if (width > 2 * LANES) v128.store(panel, s.load(x + 2 * from), 32);
    x += step;
    panel += bytes(width);
  }
}

/** Panel of lines that are contiguous along k, `across` bytes apart. */
export function turnPanel<S extends Storage>(
  x: usize,
  across: usize,
  lines: i32,
  width: i32,
  k: i32,
  panel: usize,
): void {
  const last = min(lines, width) - 1;
  for (let i = 0; i < width; i += LANES) {
    const x0 = x + across * min(i, last),
      x1 = x + across * min(i + 1, last);
    const to = panel + bytes(i);
    if (LANES == 2 || width - i == 2) turnTwo<S>(x0, x1, to, bytes(width), k);
    else {
      const x2 = x + across * min(i + 2, last),
        x3 = x + across * min(i + 3, last);
      turnFour<S>(x0, x1, x2, x3, to, bytes(width), k);
    }
  }
}

/** to[p] = x0[p] x1[p] x2[p] x3[p], with `step` bytes from p to p + 1. */
export function turnFour<S extends Storage>(
  x0: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  to: usize,
  step: usize,
  k: i32,
): void {
  const s = changetype<S>(0),
    vector = s.width() * 4;
  for (const long = k >= 4; long && k > 0; k -= 4) {
    if (k < 4) {
      // The last four once more, as far as they are done already.
      const back = 4 - k,
        over = s.width() * back;
      x0 -= over;
      x1 -= over;
      x2 -= over;
      x3 -= over;
      to -= step * back;
      k = 4;
    }
    const a = s.load(x0),
      b = s.load(x1),
      c = s.load(x2),
      d = s.load(x3);
    const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5),
      cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5),
      AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7),
      CD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f64>(ab, cd, 0, 2));
    to += step;
    v128.store(to, v128.shuffle<f64>(ab, cd, 1, 3));
    to += step;
    v128.store(to, v128.shuffle<f64>(AB, CD, 0, 2));
    to += step;
    v128.store(to, v128.shuffle<f64>(AB, CD, 1, 3));
    to += step;
    x0 += vector;
    x1 += vector;
    x2 += vector;
    x3 += vector;
  }
  for (let p: usize = 0; k > 0; k--) {
    storeOne(to, s.loadOne(x0 + p));
    storeOne(to + 4, s.loadOne(x1 + p));
    storeOne(to + 8, s.loadOne(x2 + p));
    storeOne(to + 12, s.loadOne(x3 + p));
    p += s.width();
    to += step;
  }
}

/** to[p] = x0[p] x1[p]: of float64, or the fifth and sixth line of a panel of six. */
export function turnTwo<S extends Storage>(x0: usize, x1: usize, to: usize, step: usize, k: i32): void {
  const s = changetype<S>(0),
    vector = s.width() * LANES;
  for (const long = k >= LANES; long && k > 0; k -= LANES) {
    if (k < LANES) {
      const back = LANES - k,
        over = s.width() * back;
      x0 -= over;
      x1 -= over;
      to -= step * back;
      k = LANES;
    }
    const a = s.load(x0),
      b = s.load(x1);
    if (LANES == 2) {
      v128.store(to, v128.shuffle<f64>(a, b, 0, 2));
      v128.store(to + step, v128.shuffle<f64>(a, b, 1, 3));
    } else {
      const low = v128.shuffle<f32>(a, b, 0, 4, 1, 5),
        high = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      v128.store64_lane(to, low, 0);
      v128.store64_lane(to + step, low, 1);
      v128.store64_lane(to + 2 * step, high, 0);
      v128.store64_lane(to + 3 * step, high, 1);
    }
    x0 += vector;
    x1 += vector;
    to += step * LANES;
  }
  for (; k > 0; k--) {
    storeOne(to, s.loadOne(x0));
    storeOne(to + WORD, s.loadOne(x1));
    x0 += s.width();
    x1 += s.width();
    to += step;
  }
}

function gatherPanel<S extends Storage>(
  x: usize,
  across: usize,
  along: usize,
  lines: i32,
  width: i32,
  k: i32,
  panel: usize,
): void {
  const last = min(lines, width) - 1;
  for (; k > 0; k--) {
    for (let i = 0; i < width; i++) {
      storeOne(panel, changetype<S>(0).loadOne(x + across * min(i, last)));
      panel += WORD;
    }
    x += along;
  }
}

/** −x(line, p): what a product takes away from C. */
export class Negated extends Operand {
  pack(
    x: usize,
    across: i32,
    along: i32,
    line: i32,
    lines: i32,
    width: i32,
    begin: i32,
    k: i32,
    panels: usize,
  ): usize {
    const packed = changetype<Strided<Reals>>(0).pack(x, across, along, line, lines, width, begin, k, panels);
    const end = packed + bytes(((lines + width - 1) / width) * width * k);
    for (let p = packed; p < end; p += 16) v128.store(p, neg(v128.load(p)));
    return packed;
  }
  step(along: i32, width: i32, k: i32): usize {
    return bytes(width * k);
  }
}
