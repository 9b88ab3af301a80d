/** Packing of 8-bit lines (rows of A, columns of B) into panels of words. */

/** How many neighbours along k make a word, and how wide each then is. */
export abstract class Unit {
  /** log₂ of the steps along k in a word: their number is 4 or 2. */
  abstract shift(): i32;
  /** Four words that lie side by side in a line. */
  abstract inLine(x: usize): v128;
  /** A word of at most `count` elements of a line, `along` bytes apart; 0 for those that are missing. */
  abstract word(x: usize, along: usize, count: i32): i32;
  /** The words of eight lines that lie side by side, the first and the last four. */
  abstract first(x: usize, along: usize): v128;
  abstract last(x: usize, along: usize): v128;
}

/** Bytes 0 … 7 of two rows, by turns. */
function interleaved(x: usize, along: usize): v128 {
  const a = v128.load64_zero(x);
  const b = v128.load64_zero(x + along);
  return v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

/** Four bytes in a word. */
export class Quads extends Unit {
  shift(): i32 {
    return 2;
  }
  inLine(x: usize): v128 {
    return v128.load(x);
  }
  word(x: usize, along: usize, count: i32): i32 {
    let word = 0;
    for (let i = 0; i < min(count, 4); i++) word |= (<i32>load<u8>(x + along * i)) << (i << 3);
    return word;
  }
  first(x: usize, along: usize): v128 {
    const a = interleaved(x, along);
    const b = interleaved(x + 2 * along, along);
    return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  }
  last(x: usize, along: usize): v128 {
    const a = interleaved(x, along);
    const b = interleaved(x + 2 * along, along);
    return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  }
}

/** Two 16-bit integers in a word. */
export class Pairs extends Unit {
  shift(): i32 {
    return 1;
  }
  inLine(x: usize): v128 {
    return v128.load8x8_s(x);
  }
  word(x: usize, along: usize, count: i32): i32 {
    const high = count > 1 ? (<i32>load<i8>(x + along)) << 16 : 0;
    return high | ((<i32>load<i8>(x)) & 0xffff);
  }
  first(x: usize, along: usize): v128 {
    return v128.shuffle<i16>(v128.load8x8_s(x), v128.load8x8_s(x + along), 0, 8, 1, 9, 2, 10, 3, 11);
  }
  last(x: usize, along: usize): v128 {
    return v128.shuffle<i16>(v128.load8x8_s(x), v128.load8x8_s(x + along), 4, 12, 5, 13, 6, 14, 7, 15);
  }
}

/**
 * `steps` elements from x on of `lines` lines, `across` bytes apart, `along` bytes from element to element → panels [⌈lines /
 * width⌉, words, width] of words, `offset` added to each byte; width is 4, 6 or 8. Panels that are not full repeat their last line.
 */
export function pack<U extends Unit>(
  x: usize,
  across: usize,
  along: usize,
  lines: i32,
  width: i32,
  steps: i32,
  offset: i32,
  panels: usize,
): void {
  const u = changetype<U>(0);
  const words = (steps + (1 << u.shift()) - 1) >> u.shift();
  for (; lines > 0; lines -= width) {
    const live = min(lines, width);
    if (along == 1) turnLines<U>(x, across, live, width, steps, panels);
    else if (across == 1 && lines >= 8) joinLines<U>(x, along, width, steps, panels);
    else gatherLines<U>(x, across, along, live, width, 0, steps, panels);
    const size = (<usize>(words * width)) << 2;
    if (offset) shift(panels, size, offset);
    panels += size;
    x += across * width;
  }
}

/** Adds `offset` to `size` bytes, a multiple of 8. */
function shift(p: usize, size: usize, offset: i32): void {
  const all = i8x16.splat(<i8>offset);
  const end = p + (size & ~15);
  for (; p < end; p += 16) v128.store(p, i8x16.add(v128.load(p), all));
  if (size & 8) v128.store64_lane(p, i8x16.add(v128.load64_zero(p), all), 0);
}

/** Lines whose elements lie side by side, four words of four lines at a time. */
function turnLines<U extends Unit>(
  x: usize,
  across: usize,
  live: i32,
  width: i32,
  steps: i32,
  panel: usize,
): void {
  const u = changetype<U>(0);
  const four = 4 << u.shift();
  const whole = steps - (steps & (four - 1));
  const row = (<usize>width) << 2;
  for (let i = 0; i < width; i += 4) {
    const x0 = x + across * min(i, live - 1),
      x1 = x + across * min(i + 1, live - 1),
      x2 = x + across * min(i + 2, live - 1),
      x3 = x + across * min(i + 3, live - 1);
    let to = panel + ((<usize>i) << 2);
    for (let p = 0; p < whole; p += four) {
      const a = u.inLine(x0 + p),
        b = u.inLine(x1 + p),
        c = u.inLine(x2 + p),
        d = u.inLine(x3 + p);
      const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5),
        cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5),
        AB = v128.shuffle<i32>(a, b, 2, 6, 3, 7),
        CD = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
      storeLines(to, v128.shuffle<i64>(ab, cd, 0, 2), width - i);
      storeLines((to += row), v128.shuffle<i64>(ab, cd, 1, 3), width - i);
      storeLines((to += row), v128.shuffle<i64>(AB, CD, 0, 2), width - i);
      storeLines((to += row), v128.shuffle<i64>(AB, CD, 1, 3), width - i);
      to += row;
    }
  }
  gatherLines<U>(x, across, 1, live, width, whole, steps, panel);
}

/** A word of each of four lines, or of the last two of six. */
function storeLines(to: usize, words: v128, lines: i32): void {
  if (lines > 2) v128.store(to, words);
  else v128.store64_lane(to, words, 0);
}

/** Lines that lie side by side, of which eight may be read. */
function joinLines<U extends Unit>(x: usize, along: usize, width: i32, steps: i32, panel: usize): void {
  const u = changetype<U>(0);
  const whole = steps & -(1 << u.shift());
  const row = (<usize>width) << 2;
  let from = x;
  let to = panel;
  for (let p = 0; p < whole; p += 1 << u.shift()) {
    v128.store(to, u.first(from, along));
    if (width == 8) v128.store(to, u.last(from, along), 16);
    else if (width == 6) v128.store64_lane(to, u.last(from, along), 0, 16);
    from += along << u.shift();
    to += row;
  }
  gatherLines<U>(x, 1, along, width, width, whole, steps, panel);
}

/** The words from element `begin` on, one by one. */
function gatherLines<U extends Unit>(
  x: usize,
  across: usize,
  along: usize,
  live: i32,
  width: i32,
  begin: i32,
  steps: i32,
  panel: usize,
): void {
  const u = changetype<U>(0);
  let to = panel + ((<usize>((begin >> u.shift()) * width)) << 2);
  for (let p = begin; p < steps; p += 1 << u.shift()) {
    for (let i = 0; i < width; i++, to += 4) {
      store<i32>(to, u.word(x + across * min(i, live - 1) + along * p, along, steps - p));
    }
  }
}
