/** Packing: lines of an operand (rows of A, columns of B) side by side, as the microkernel reads them. */
import { bytes } from "./tile";

/** How an operand's element (line, p) is found; what x, across and along mean is its own affair. */
export abstract class Operand {
  /**
   * Elements begin … begin + k of `lines` lines from `line` on → panels [⌈lines / width⌉, k, width]; the last panel
   * repeats its last line where it has fewer than `width`. Width is 4, 6 or 8.
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
  ): void;
}

/** x(line, p) = x[line · across + p · along]: a matrix or its transpose. */
export class Strided extends Operand {
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
  ): void {
    const acrossStep = bytes(across),
      alongStep = bytes(along),
      panelBytes = bytes(width * k);
    x += acrossStep * line + alongStep * begin;
    if (across == 1) {
      const whole = lines / width;
      copyPanels(x, alongStep, whole, width, k, panels);
      x += bytes(whole * width);
      panels += panelBytes * whole;
      lines -= whole * width;
    }
    for (; lines > 0; lines -= width) {
      if (along == 1) turnPanel(x, acrossStep, lines, width, k, panels);
      else gatherPanel(x, acrossStep, alongStep, lines, width, k, panels);
      x += acrossStep * width;
      panels += panelBytes;
    }
  }
}

/** Whole panels of lines that lie side by side: eight rows at a time, so that memory is read along its rows. */
function copyPanels(x: usize, step: usize, count: i32, width: i32, k: i32, panels: usize): void {
  const panelBytes = bytes(width * k);
  for (; k > 0; k -= 8) {
    let from = x,
      to = panels;
    for (let i = count; i > 0; i--) {
      copyRows(from, step, width, min(k, 8), to);
      from += bytes(width);
      to += panelBytes;
    }
    x += step << 3;
    panels += bytes(width) << 3;
  }
}

function copyRows(x: usize, step: usize, width: i32, k: i32, panel: usize): void {
  for (; k > 0; k--) {
    v128.store(panel, v128.load(x));
    if (width == 8) v128.store(panel, v128.load(x, 16), 16);
    else if (width == 6) store<u64>(panel, load<u64>(x, 16), 16);
    x += step;
    panel += bytes(width);
  }
}

function turnPanel(x: usize, across: usize, lines: i32, width: i32, k: i32, panel: usize): void {
  const last = min(lines, width) - 1;
  for (let i = 0; i < width; i += 4) {
    const x0 = x + across * min(i, last),
      x1 = x + across * min(i + 1, last);
    const to = panel + bytes(i);
    if (width - i == 2) turnTwo(x0, x1, to, k);
    else turnFour(x0, x1, x + across * min(i + 2, last), x + across * min(i + 3, last), to, bytes(width), k);
  }
}

/** to[p] = x0[p] x1[p] x2[p] x3[p], with `step` bytes from p to p + 1. */
function turnFour(x0: usize, x1: usize, x2: usize, x3: usize, to: usize, step: usize, k: i32): void {
  for (; k >= 4; k -= 4) {
    const a = v128.load(x0),
      b = v128.load(x1),
      c = v128.load(x2),
      d = v128.load(x3);
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
    x0 += 16;
    x1 += 16;
    x2 += 16;
    x3 += 16;
  }
  for (let p: usize = 0; k > 0; k--) {
    store<f32>(to, load<f32>(x0 + p));
    store<f32>(to, load<f32>(x1 + p), 4);
    store<f32>(to, load<f32>(x2 + p), 8);
    store<f32>(to, load<f32>(x3 + p), 12);
    p += 4;
    to += step;
  }
}

/** The fifth and sixth line of a panel of six. */
function turnTwo(x0: usize, x1: usize, to: usize, k: i32): void {
  for (; k >= 4; k -= 4) {
    const a = v128.load(x0),
      b = v128.load(x1);
    const low = v128.shuffle<f32>(a, b, 0, 4, 1, 5),
      high = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    v128.store64_lane(to, low, 0);
    v128.store64_lane(to, low, 1, 24);
    v128.store64_lane(to, high, 0, 48);
    v128.store64_lane(to, high, 1, 72);
    x0 += 16;
    x1 += 16;
    to += 96;
  }
  for (; k > 0; k--) {
    store<f32>(to, load<f32>(x0));
    store<f32>(to, load<f32>(x1), 4);
    x0 += 4;
    x1 += 4;
    to += 24;
  }
}

function gatherPanel(
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
      store<f32>(panel, load<f32>(x + across * min(i, last)));
      panel += 4;
    }
    x += along;
  }
}
