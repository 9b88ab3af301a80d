/**
 * Convolutions of three times three taps and stride 1 by Winograd's algorithm: tiles of m × m results, transformed to points at
 * which the convolution is a product of matrices [tiles, depth] · [depth, outputs] each.
 */
import { Accumulate, Activate, Store } from "../gemm/epilogue";
import { multiply } from "../gemm/multiply";
import { Packed, Strided } from "../gemm/panels";
import { NR, roundUp } from "../gemm/tile";
import { batchOf, lines, offset, pixelStep, source, X, Y } from "../geometry";
import { bytes, loadPart, WORD } from "../simd";
import { Reals } from "../storage";
import { Transform } from "./transforms";

/** Bytes of a patch of the largest tile, 6 × 6 vectors. */
const PATCH: usize = 576;
/** Bytes of what the transforms need: two patches. */
export const BENCH: usize = 2 * PATCH;

/** From point to point, in bytes: off the power of two, lest all points fall into one set of the cache. */
export function pointStep(reals: i32): usize {
  return ((bytes(reals) + 63) & ~63) + 64;
}

/** The tiles along an axis. */
function across<F extends Transform>(g: usize, axis: i32): i32 {
  const m = changetype<F>(0).edge();
  return (lines(g, axis) + m - 1) / m;
}

export function tilesOf<F extends Transform>(g: usize): i32 {
  return batchOf(g) * across<F>(g, Y) * across<F>(g, X);
}

function points<F extends Transform>(): i32 {
  const t = changetype<F>(0).edge() + 2;
  return t * t;
}

/**
 * y = activation(Σ x · filter + bias) for the tiles [t0, t1) and the outputs [o0, o1). The filter [3, 3, depth, outputs] is
 * transformed `block` outputs at a time, or lies `packed`; `back` turns it around, [3, 3, outputs, depth]. `tiles` tiles of x are
 * transformed at a time, `part` outputs multiplied.
 */
export function convolveTiles<F extends Transform>(
  x: usize,
  filter: usize,
  bias: usize,
  y: usize,
  g: usize,
  depth: i32,
  outputs: i32,
  back: bool,
  packed: bool,
  tiles: i32,
  block: i32,
  part: i32,
  activation: i32,
  t0: i32,
  t1: i32,
  o0: i32,
  o1: i32,
  bench: usize,
): void {
  const p = points<F>(),
    vStep = pointStep(tiles * depth),
    mStep = pointStep(tiles * part),
    v = bench + BENCH,
    m = v + vStep * p,
    own = m + mStep * p,
    ownStep = pointStep(depth * roundUp(block)),
    rest = packed ? own : own + ownStep * p;
  for (let o = o0; o < o1; o += block) {
    const cols = min(o1 - o, block);
    if (!packed) transformFilter<F>(filter, depth, outputs, back, o, o + cols, own, ownStep, bench);
    const u = packed ? filter + bytes(depth * o) : own,
      uStep = packed ? pointStep(depth * roundUp(outputs)) : ownStep;
    for (let t = t0; t < t1; t += tiles) {
      const rows = min(t1 - t, tiles);
      if (o == o0 || t1 - t0 > tiles) transformTiles<F>(x, g, 0, depth, t, t + rows, v, vStep, bench);
      for (let q = 0; q < cols; q += part) {
        const width = min(cols - q, part);
        for (let i = 0; i < p; i++) {
          multiply<Strided<Reals>, Packed, Store>(
            v + vStep * i,
            depth,
            1,
            u + uStep * i + bytes(depth * q),
            0,
            depth,
            m + mStep * i,
            bytes(width),
            0,
            rows,
            0,
            width,
            depth,
            0,
            0,
            rest,
          );
        }
        placeResults<F>(
          m,
          mStep,
          width,
          y + bytes(o + q),
          outputs,
          g,
          t,
          t + rows,
          bias ? bias + bytes(o + q) : 0,
          activation,
          bench,
        );
      }
    }
  }
}

/** Outputs [begin, end), begin a multiple of NR, of the filter → panels [⌈outputs / NR⌉, depth, NR] of each point. */
export function transformFilter<F extends Transform>(
  filter: usize,
  depth: i32,
  outputs: i32,
  back: bool,
  begin: i32,
  end: i32,
  u: usize,
  uStep: usize,
  bench: usize,
): void {
  for (let o = begin; o < end; o += NR) {
    if (back) turnPanel<F>(filter, depth, outputs, o, u, uStep, bench);
    else {
      for (let c = 0; c < depth; c++) {
        const from = filter + bytes(c * outputs + o),
          to = u + bytes(c * NR);
        transformTaps<F>(from, bytes(depth * outputs), end - o, to, uStep, bench);
        transformTaps<F>(from + 16, bytes(depth * outputs), end - o - 4, to + 16, uStep, bench);
      }
    }
    u += bytes(depth * NR);
  }
}

/** Nine taps, `step` bytes apart, of so many neighbours, to all points; those that are missing are 0. */
function transformTaps<F extends Transform>(
  from: usize,
  step: usize,
  count: i32,
  to: usize,
  toStep: usize,
  bench: usize,
): void {
  const t = changetype<F>(0).edge() + 2,
    middle = bench + PATCH;
  if (count < 4) {
    for (let tap = 0; tap < 9; tap++)
      v128.store(bench + (tap << 4), loadPart(from + step * tap, max(count, 0)));
    from = bench;
    step = 16;
  }
  for (let j = 0; j < 3; j++) changetype<F>(0).taps(from + step * j, 3 * step, middle + (j << 4), 48);
  for (let i = 0; i < t; i++) changetype<F>(0).taps(middle + 48 * i, 16, to + toStep * (i * t), toStep);
}

/** A panel of a filter turned around: NR outputs, whose depth is contiguous. */
function turnPanel<F extends Transform>(
  filter: usize,
  depth: i32,
  outputs: i32,
  o: i32,
  u: usize,
  uStep: usize,
  bench: usize,
): void {
  const p = points<F>(),
    t = changetype<F>(0).edge() + 2,
    middle = bench + PATCH,
    step = bytes(depth * outputs);
  for (let lane = 0; lane < NR; lane++) {
    for (let c = 0; c < depth; c += 4) {
      const count = min(depth - c, 4),
        to = u + bytes(c * NR + lane);
      if (o + lane >= outputs) {
        for (let i = 0; i < p; i++)
          for (let k = 0; k < count; k++) store<real>(to + uStep * i + bytes(k * NR), 0);
        continue;
      }
      // The last tap first.
      let from = filter + 8 * step + bytes((o + lane) * depth + c),
        back = -step;
      if (count < 4) {
        for (let tap = 0; tap < 9; tap++) v128.store(bench + (tap << 4), loadPart(from + back * tap, count));
        from = bench;
        back = 16;
      }
      for (let j = 0; j < 3; j++) changetype<F>(0).taps(from + back * j, 3 * back, middle + (j << 4), 48);
      for (let i = 0; i < t; i++) changetype<F>(0).taps(middle + 48 * i, 16, bench + ((i * t) << 4), 16);
      for (let i = 0; i < p; i++) {
        const point = bench + (i << 4),
          at = to + uStep * i;
        for (let k = 0; k < count; k++) store<real>(at + bytes(k * NR), load<real>(point + bytes(k)));
      }
    }
  }
}

/** Channels from `first` on, `count` of them, at least four, of the tiles [begin, end) → v [points][tiles, count]. */
function transformTiles<F extends Transform>(
  x: usize,
  g: usize,
  first: i32,
  count: i32,
  begin: i32,
  end: i32,
  v: usize,
  vStep: usize,
  bench: usize,
): void {
  const m = changetype<F>(0).edge(),
    t = m + 2,
    cols = across<F>(g, X),
    rows = across<F>(g, Y),
    sy = source(g, Y),
    sx = source(g, X),
    pixel = pixelStep(g, X),
    line = pixelStep(g, Y),
    middle = bench + PATCH;
  for (let tile = begin; tile < end; tile++) {
    const y0 = ((tile / cols) % rows) * m + offset(g, Y),
      x0 = (tile % cols) * m + offset(g, X),
      image = x + line * ((tile / cols / rows) * sy) + bytes(first);
    const inside = y0 >= 0 && y0 + t <= sy && x0 >= 0 && x0 + t <= sx;
    for (let c = 0; c < count; c += 4) {
      // The last vector ends with the channels.
      const at = min(c, count - 4);
      let from = image + line * y0 + pixel * x0 + bytes(at),
        down = line,
        beside = pixel;
      if (!inside) {
        collect(image + bytes(at), line, pixel, sy, sx, y0, x0, t, bench);
        from = bench;
        down = t << 4;
        beside = 16;
      }
      const to = v + bytes((tile - begin) * count + at);
      for (let j = 0; j < t; j++) changetype<F>(0).pixels(from + beside * j, down, middle + (j << 4), t << 4);
      for (let i = 0; i < t; i++)
        changetype<F>(0).pixels(middle + ((i * t) << 4), 16, to + vStep * (i * t), vStep);
    }
  }
}

/** t × t pixels from (y0, x0) on, those beyond the border 0. */
function collect(
  image: usize,
  line: usize,
  pixel: usize,
  sy: i32,
  sx: i32,
  y0: i32,
  x0: i32,
  t: i32,
  patch: usize,
): void {
  for (let i = y0; i < y0 + t; i++) {
    for (let j = x0; j < x0 + t; j++) {
      const inside = <u32>i < <u32>sy && <u32>j < <u32>sx;
      v128.store(patch, inside ? v128.load(image + line * i + pixel * j) : i32x4.splat(0));
      patch += 16;
    }
  }
}

/** Products m [points][tiles, width] → the results of the tiles [begin, end), of `all` channels in y. */
function placeResults<F extends Transform>(
  m: usize,
  mStep: usize,
  width: i32,
  y: usize,
  all: i32,
  g: usize,
  begin: i32,
  end: i32,
  bias: usize,
  activation: i32,
  bench: usize,
): void {
  const edge = changetype<F>(0).edge(),
    t = edge + 2,
    cols = across<F>(g, X),
    rows = across<F>(g, Y),
    ly = lines(g, Y),
    lx = lines(g, X),
    pixel = bytes(all),
    line = pixel * lx,
    middle = bench + PATCH,
    finishes = !changetype<Activate>(0).idle(bias, activation);
  for (let tile = begin; tile < end; tile++) {
    const y0 = ((tile / cols) % rows) * edge,
      x0 = (tile % cols) * edge,
      high = min(ly - y0, edge),
      wide = min(lx - x0, edge),
      corner = y + line * ((tile / cols / rows) * ly + y0) + pixel * x0;
    for (let c = 0; c < width; c += 4) {
      const from = m + bytes((tile - begin) * width + c),
        to = corner + bytes(c);
      for (let j = 0; j < t; j++)
        changetype<F>(0).results(from + mStep * j, mStep * t, middle + (j << 4), t << 4);
      if (high == edge && wide == edge && c + 4 <= width) {
        for (let i = 0; i < edge; i++)
          changetype<F>(0).results(middle + ((i * t) << 4), 16, to + line * i, pixel);
      } else {
        for (let i = 0; i < edge; i++)
          changetype<F>(0).results(middle + ((i * t) << 4), 16, bench + ((i * edge) << 4), 16);
        for (let i = 0; i < high; i++)
          copyPart(bench + ((i * edge) << 4), to + line * i, pixel, wide, min(width - c, 4));
      }
    }
    for (let i = 0; finishes && i < high; i++)
      changetype<Activate>(0).finish(corner + line * i, pixel, wide, width, bias, activation);
  }
}

/** Vectors, 16 bytes apart, to pixels: so many lanes of each. */
function copyPart(from: usize, to: usize, pixel: usize, wide: i32, lanes: i32): void {
  for (; wide > 0; wide--) {
    for (let k: usize = 0; k < bytes(lanes); k += WORD) store<real>(to + k, load<real>(from + k));
    from += 16;
    to += pixel;
  }
}

/**
 * dfilter = Σ x · dy for channels [c0, c1), `block` at a time, at least four: the transpose of the above as a map of the filter.
 */
export function correlateTiles<F extends Transform>(
  x: usize,
  dy: usize,
  dfilter: usize,
  g: usize,
  depth: i32,
  outputs: i32,
  tiles: i32,
  block: i32,
  c0: i32,
  c1: i32,
  bench: usize,
): void {
  const p = points<F>(),
    all = tilesOf<F>(g),
    vStep = pointStep(tiles * block),
    wStep = pointStep(tiles * outputs),
    uStep = pointStep(block * outputs),
    v = bench + BENCH,
    w = v + vStep * p,
    u = w + wStep * p,
    rest = u + uStep * p;
  for (let c = c0; c < c1; c += block) {
    // The last block ends with the channels, so as to have at least four.
    const width = min(c1 - c, block),
      count = max(width, 4),
      first = c + width - count;
    for (let t = 0; t == 0 || t < all; t += tiles) {
      const rows = min(all - t, tiles);
      transformTiles<F>(x, g, first, count, t, t + rows, v, vStep, bench);
      if (c == c0 || all > tiles) transformCotangents<F>(dy, g, outputs, t, t + rows, w, wStep, bench);
      for (let i = 0; i < p; i++) {
        const a = v + vStep * i,
          b = w + wStep * i,
          to = u + uStep * i;
        multiply<Strided<Reals>, Strided<Reals>, Accumulate>(
          a,
          1,
          count,
          b,
          1,
          outputs,
          to,
          bytes(outputs),
          0,
          count,
          0,
          outputs,
          rows,
          0,
          t > 0 ? 1 : 0,
          rest,
        );
      }
    }
    for (let k = 0; k < count; k++)
      placeTaps<F>(
        u + bytes(k * outputs),
        uStep,
        dfilter + bytes((first + k) * outputs),
        bytes(depth * outputs),
        outputs,
        bench,
      );
  }
}

/** The cotangents of the tiles [begin, end), all outputs → w [points][tiles, outputs]. */
function transformCotangents<F extends Transform>(
  dy: usize,
  g: usize,
  outputs: i32,
  begin: i32,
  end: i32,
  w: usize,
  wStep: usize,
  bench: usize,
): void {
  const edge = changetype<F>(0).edge(),
    t = edge + 2,
    cols = across<F>(g, X),
    rows = across<F>(g, Y),
    ly = lines(g, Y),
    lx = lines(g, X),
    pixel = bytes(outputs),
    line = pixel * lx,
    middle = bench + PATCH;
  for (let tile = begin; tile < end; tile++) {
    const y0 = ((tile / cols) % rows) * edge,
      x0 = (tile % cols) * edge,
      image = dy + line * ((tile / cols / rows) * ly),
      inside = y0 + edge <= ly && x0 + edge <= lx;
    for (let c = 0; c < outputs; c += 4) {
      const at = min(c, outputs - 4),
        to = w + bytes((tile - begin) * outputs + at);
      let from = image + line * y0 + pixel * x0 + bytes(at),
        down = line,
        beside = pixel;
      if (!inside) {
        collect(image + bytes(at), line, pixel, ly, lx, y0, x0, edge, bench);
        from = bench;
        down = edge << 4;
        beside = 16;
      }
      for (let j = 0; j < edge; j++)
        changetype<F>(0).cotangents(from + beside * j, down, middle + (j << 4), edge << 4);
      for (let i = 0; i < t; i++)
        changetype<F>(0).cotangents(middle + ((i * edge) << 4), 16, to + wStep * (i * t), wStep);
    }
  }
}

/** One channel's points u [points][outputs] → its nine taps, `step` bytes apart. */
function placeTaps<F extends Transform>(
  u: usize,
  uStep: usize,
  to: usize,
  step: usize,
  outputs: i32,
  bench: usize,
): void {
  const t = changetype<F>(0).edge() + 2,
    middle = bench + PATCH;
  for (let c = 0; c < outputs; c += 4) {
    const at = bytes(min(c, outputs - 4));
    for (let j = 0; j < t; j++)
      changetype<F>(0).gradients(u + at + uStep * j, uStep * t, middle + (j << 4), t << 4);
    for (let i = 0; i < 3; i++)
      changetype<F>(0).gradients(middle + ((i * t) << 4), 16, to + at + step * (3 * i), step);
  }
}
