/** Pooling and resampling of images [batch, z, y, x, channels]: the largest of a window, and weighted sums along each axis. */
import {
  firstTap,
  imageOf,
  lastTap,
  lines,
  offset,
  pixelStep,
  source,
  startY,
  startZ,
  step,
  stride,
  taps,
  X,
  Y,
  Z,
} from "./geometry";
import {
  add,
  bytes,
  eq,
  LANES,
  loadOne,
  madd,
  mul,
  ne,
  pmax,
  splat,
  storeOne,
  storePart,
  WORD,
} from "./simd";

/** A vector of channels, or one. A leaf class each. */
abstract class Channels {
  abstract count(): i32;
  abstract load(p: usize): v128;
  abstract store(p: usize, y: v128): void;
}

class Full extends Channels {
  count(): i32 {
    return LANES;
  }
  load(p: usize): v128 {
    return v128.load(p);
  }
  store(p: usize, y: v128): void {
    v128.store(p, y);
  }
}

class Single extends Channels {
  count(): i32 {
    return 1;
  }
  load(p: usize): v128 {
    return loadOne(p);
  }
  store(p: usize, y: v128): void {
    storeOne(p, y);
  }
}

/** What is done at each place of a window, whose taps inside the image are `layers` times `rows` times `cols`. A leaf class each. */
abstract class Place {
  /**
   * Channels [begin, end): the first tap in two images at x and v, the place in two results at y and out; dz, dy, dx bytes from tap to tap.
   */
  abstract run(
    x: usize,
    v: usize,
    y: usize,
    out: usize,
    begin: usize,
    end: usize,
    layers: i32,
    rows: i32,
    cols: i32,
    dz: usize,
    dy: usize,
    dx: usize,
  ): void;
}

/** y = the largest x of the window, NaN if one is, −∞ of none. */
class Largest<C extends Channels> extends Place {
  run(
    x: usize,
    v: usize,
    y: usize,
    out: usize,
    begin: usize,
    end: usize,
    layers: i32,
    rows: i32,
    cols: i32,
    dz: usize,
    dy: usize,
    dx: usize,
  ): void {
    for (let c = begin; c < end; c += bytes(changetype<C>(0).count())) {
      let largest = splat(-Infinity),
        unordered = splat(0);
      for (let k = 0; k < layers; k++) {
        for (let j = 0; j < rows; j++) {
          let p = x + c + dz * k + dy * j;
          for (let i = 0; i < cols; i++) {
            const a = changetype<C>(0).load(p);
            largest = pmax(largest, a);
            unordered = v128.or(unordered, ne(a, a));
            p += dx;
          }
        }
      }
      changetype<C>(0).store(out + c, v128.or(largest, unordered));
    }
  }
}

/** Where x is y, or both are NaN, and no tap before was: `rest` are the lanes that have had none. */
function hit(x: v128, y: v128, rest: v128): v128 {
  return v128.and(rest, v128.or(eq(x, y), ne(x, x)));
}

/** v at the largest x is made larger by the place's dy. */
class Give<C extends Channels> extends Place {
  run(
    x: usize,
    v: usize,
    y: usize,
    out: usize,
    begin: usize,
    end: usize,
    layers: i32,
    rows: i32,
    cols: i32,
    dz: usize,
    dy: usize,
    dx: usize,
  ): void {
    if (layers == 1 && rows == 2 && cols == 2) return giveFour<C>(x, v, y, out, begin, end, dy, dx);
    for (let c = begin; c < end; c += bytes(changetype<C>(0).count())) {
      const largest = changetype<C>(0).load(y + c),
        given = changetype<C>(0).load(out + c);
      let rest = i32x4.splat(-1);
      for (let k = 0; k < layers; k++) {
        for (let j = 0; j < rows; j++) {
          let at = c + dz * k + dy * j;
          for (let i = 0; i < cols; i++) {
            const mask = hit(changetype<C>(0).load(x + at), largest, rest);
            rest = v128.andnot(rest, mask);
            changetype<C>(0).store(v + at, add(changetype<C>(0).load(v + at), v128.and(given, mask)));
            at += dx;
          }
        }
      }
    }
  }
}

/** The same for windows of two by two, written out. */
function giveFour<C extends Channels>(
  x: usize,
  v: usize,
  y: usize,
  out: usize,
  begin: usize,
  end: usize,
  dy: usize,
  dx: usize,
): void {
  for (let c = begin; c < end; c += bytes(changetype<C>(0).count())) {
    const largest = changetype<C>(0).load(y + c),
      given = changetype<C>(0).load(out + c),
      below = c + dy,
      p = v + c,
      q = v + below;
    const a = hit(changetype<C>(0).load(x + c), largest, i32x4.splat(-1));
    changetype<C>(0).store(p, add(changetype<C>(0).load(p), v128.and(given, a)));
    let rest = v128.not(a);
    const b = hit(changetype<C>(0).load(x + c + dx), largest, rest);
    changetype<C>(0).store(p + dx, add(changetype<C>(0).load(p + dx), v128.and(given, b)));
    rest = v128.andnot(rest, b);
    const d = hit(changetype<C>(0).load(x + below), largest, rest);
    changetype<C>(0).store(q, add(changetype<C>(0).load(q), v128.and(given, d)));
    rest = v128.andnot(rest, d);
    const e = hit(changetype<C>(0).load(x + below + dx), largest, rest);
    changetype<C>(0).store(q + dx, add(changetype<C>(0).load(q + dx), v128.and(given, e)));
  }
}

/** out = v at the largest x. */
class Take<C extends Channels> extends Place {
  run(
    x: usize,
    v: usize,
    y: usize,
    out: usize,
    begin: usize,
    end: usize,
    layers: i32,
    rows: i32,
    cols: i32,
    dz: usize,
    dy: usize,
    dx: usize,
  ): void {
    for (let c = begin; c < end; c += bytes(changetype<C>(0).count())) {
      const largest = changetype<C>(0).load(y + c);
      let rest = i32x4.splat(-1),
        taken = splat(0);
      for (let k = 0; k < layers; k++) {
        for (let j = 0; j < rows; j++) {
          let at = c + dz * k + dy * j;
          for (let i = 0; i < cols; i++) {
            const mask = hit(changetype<C>(0).load(x + at), largest, rest);
            rest = v128.andnot(rest, mask);
            taken = v128.or(taken, v128.and(changetype<C>(0).load(v + at), mask));
            at += dx;
          }
        }
      }
      changetype<C>(0).store(out + c, taken);
    }
  }
}

/** One row of places, channels [begin, end): by V whole vectors of them, by S one at a time. */
function row<V extends Place, S extends Place>(
  x: usize,
  v: usize,
  y: usize,
  out: usize,
  g: usize,
  index: i32,
  channels: i32,
  begin: i32,
  end: i32,
): void {
  const z0 = startZ(g, index),
    y0 = startY(g, index),
    tz = firstTap(g, Z, z0),
    ty = firstTap(g, Y, y0),
    layers = max(lastTap(g, Z, z0) - tz, 0),
    rows = max(lastTap(g, Y, y0) - ty, 0);
  const image = imageOf(g, index) * source(g, Z) + z0 + tz * step(g, Z),
    first = (image * source(g, Y) + y0 + ty * step(g, Y)) * source(g, X);
  const pixel = pixelStep(g, X),
    dx = pixel * step(g, X),
    dy = pixelStep(g, Y) * step(g, Y),
    dz = pixelStep(g, Z) * step(g, Z);
  const whole = end - ((end - begin) % LANES);
  for (let i = 0; i < lines(g, X); i++) {
    const x0 = i * stride(g, X) + offset(g, X),
      tx = firstTap(g, X, x0),
      cols = max(lastTap(g, X, x0) - tx, 0),
      from = pixel * (first + x0 + tx * step(g, X)),
      to = bytes((index * lines(g, X) + i) * channels);
    changetype<V>(0).run(
      x + from,
      v + from,
      y + to,
      out + to,
      bytes(begin),
      bytes(whole),
      layers,
      rows,
      cols,
      dz,
      dy,
      dx,
    );
    if (whole < end)
      changetype<S>(0).run(
        x + from,
        v + from,
        y + to,
        out + to,
        bytes(whole),
        bytes(end),
        layers,
        rows,
        cols,
        dz,
        dy,
        dx,
      );
  }
}

/**
 * y = the largest x of each window; the grid is the rows of y. Scratch holds a row of x: of flat windows first the largest of each
 * column is found, so that x is read as it lies (3 × 3 of 56² × 64 with stride 1: 83 µs for 133 window by window).
 */
export function maxPool(
  x: usize,
  y: usize,
  layout: usize,
  scratch: usize,
  channels: i32,
  begin: i32,
  end: i32,
): void {
  for (let index = begin; index < end; index++) {
    const found = columnsLargest(x, layout, index, scratch);
    if (found) placesLargest(scratch, y, layout, index, channels);
    else row<Largest<Full>, Largest<Single>>(x, x, y, y, layout, index, channels, 0, channels);
  }
}

/** The largest of each column below a row of windows, in scratch; false if they are not flat, lie apart, or a NaN is in the way. */
function columnsLargest(x: usize, g: usize, index: i32, scratch: usize): bool {
  const z0 = startZ(g, index),
    y0 = startY(g, index),
    ty = firstTap(g, Y, y0),
    rows = lastTap(g, Y, y0) - ty;
  if (taps(g, Z) != 1 || <u32>z0 >= <u32>source(g, Z) || rows < 1 || stride(g, X) > taps(g, X)) return false;
  const across = pixelStep(g, Y),
    down = across * step(g, Y),
    first = x + across * ((imageOf(g, index) * source(g, Z) + z0) * source(g, Y) + y0 + ty * step(g, Y));
  return foldLines<Watched>(first, down, rows, across, scratch);
}

/** The largest of the columns of each place of a row. */
function placesLargest(columns: usize, y: usize, g: usize, index: i32, channels: i32): void {
  const pixel = pixelStep(g, X);
  let to = y + pixel * (index * lines(g, X));
  for (let i = 0; i < lines(g, X); i++) {
    const x0 = i * stride(g, X) + offset(g, X),
      tx = firstTap(g, X, x0);
    foldLines<Unwatched>(
      columns + pixel * (x0 + tx * step(g, X)),
      pixel * step(g, X),
      lastTap(g, X, x0) - tx,
      pixel,
      to,
    );
    to += pixel;
  }
}

/** Whether numbers are looked at for a NaN. A leaf class each. */
abstract class Watch {
  abstract on(): bool;
}
class Watched extends Watch {
  on(): bool {
    return true;
  }
}
class Unwatched extends Watch {
  on(): bool {
    return false;
  }
}

/**
 * to = the largest of `count` lines of `length` bytes, `step` bytes apart, −∞ of none. False if a NaN is among them, which shows in
 * the sum of all, or ∞ and −∞ are, or the sum overflows.
 */
function foldLines<W extends Watch>(x: usize, step: usize, count: i32, length: usize, to: usize): bool {
  const end = to + length;
  if (count < 1) {
    for (; to < end; to += WORD) storeOne(to, splat(-Infinity));
    return true;
  }
  let sum = splat(0),
    other = sum;
  for (; to + 64 <= end; to += 64) {
    let a = v128.load(x),
      b = v128.load(x, 16),
      c = v128.load(x, 32),
      d = v128.load(x, 48);
    if (changetype<W>(0).on()) {
      sum = add(sum, add(a, b));
      other = add(other, add(c, d));
    }
    let p = x;
    for (let line = count; line > 1; line--) {
      p += step;
      const e = v128.load(p),
        f = v128.load(p, 16),
        g = v128.load(p, 32),
        h = v128.load(p, 48);
      if (changetype<W>(0).on()) {
        sum = add(sum, add(e, f));
        other = add(other, add(g, h));
      }
      a = pmax(a, e);
      b = pmax(b, f);
      c = pmax(c, g);
      d = pmax(d, h);
    }
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
    x += 64;
  }
  for (; to + 16 <= end; to += 16) {
    let p = x,
      a = v128.load(p);
    sum = add(sum, a);
    for (let line = count; line > 1; line--) {
      p += step;
      const b = v128.load(p);
      sum = add(sum, b);
      a = pmax(a, b);
    }
    v128.store(to, a);
    x += 16;
  }
  for (; to < end; to += WORD) {
    let p = x,
      a = loadOne(p);
    sum = add(sum, a);
    for (let line = count; line > 1; line--) {
      p += step;
      const b = loadOne(p);
      sum = add(sum, b);
      a = pmax(a, b);
    }
    storeOne(to, a);
    x += WORD;
  }
  sum = add(sum, other);
  return !v128.any_true(ne(sum, sum));
}

/** out = v at the first of the window that is y, the largest x; the grid is the rows of y. */
export function maxPoolTake(
  v: usize,
  x: usize,
  y: usize,
  out: usize,
  layout: usize,
  channels: i32,
  begin: i32,
  end: i32,
): void {
  for (let index = begin; index < end; index++)
    row<Take<Full>, Take<Single>>(x, v, y, out, layout, index, channels, 0, channels);
}

/** Channels in one unit of the grid: two lines of the cache. */
const BLOCK: i32 = 8 * LANES;

/** dx = Σ dy of the windows whose first largest is x; the grid is the blocks of channels of each image. */
export function maxPoolGrad(
  dy: usize,
  x: usize,
  y: usize,
  dx: usize,
  layout: usize,
  channels: i32,
  begin: i32,
  end: i32,
): void {
  const blocks = (channels + BLOCK - 1) / BLOCK,
    rows = lines(layout, Z) * lines(layout, Y),
    pixels = source(layout, Z) * source(layout, Y) * source(layout, X);
  for (let unit = begin; unit < end; unit++) {
    const image = unit / blocks,
      first = (unit % blocks) * BLOCK,
      last = min(first + BLOCK, channels);
    let to = dx + bytes(image * pixels * channels + first);
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let at: usize = 0; at < bytes(last - first); at += WORD) store<real>(to + at, 0);
      to += bytes(channels);
    }
    for (let index = image * rows; index < (image + 1) * rows; index++)
      row<Give<Full>, Give<Single>>(x, dx, y, dy, layout, index, channels, first, last);
  }
}

/**
 * y = Σ weights · x along each of three axes. layout: the pixels of x along each axis, those of y, then where the tables of
 * the axes begin, in words, and how many weights the last one has; a table has for each pixel of y its first pixel of x, how many, and
 * which of the weights, float64 numbers that follow, is their first. The grid is the rows of y. Scratch holds the last axis's
 * weights as vectors, a row of x, which the rows below a row of y are blended to, and a vector more.
 */
export function resample(
  x: usize,
  y: usize,
  layout: usize,
  scratch: usize,
  channels: i32,
  begin: i32,
  end: i32,
): void {
  const sy = load<i32>(layout, 4),
    sx = load<i32>(layout, 8),
    oz = load<i32>(layout, 12),
    oy = load<i32>(layout, 16),
    ox = load<i32>(layout, 20),
    line = bytes(sx * channels),
    weights = load<i32>(layout, 36),
    row = scratch + ((<usize>weights) << 4);
  for (let i = 0; i < weights; i++) v128.store(scratch + (i << 4), splat(weightAt(layout, 2, i)));
  for (let index = begin; index < end; index++) {
    const z = entry(layout, 0, (index / oy) % oz),
      h = entry(layout, 1, index % oy),
      image = (index / oy / oz) * load<i32>(layout) + load<i32>(z);
    blendRows(x + line * (image * sy + load<i32>(h)), layout, z, h, line, line * sy, row);
    blendPixels(row, entry(layout, 2, 0), scratch, ox, channels, y + bytes(index * ox * channels));
  }
}

/** A pixel's entry in the table of an axis. */
function entry(layout: usize, axis: i32, pixel: i32): usize {
  return layout + ((load<i32>(layout + (axis << 2), 24) + 3 * pixel) << 2);
}

/** A weight of an axis, which follow its entries. */
function weightAt(layout: usize, axis: i32, index: i32): f64 {
  return load<f64>(entry(layout, axis, load<i32>(layout + (axis << 2), 12)) + (index << 3));
}

/** to = the rows of x from its first on, weighted: of planes `plane` bytes apart, rows of `line` bytes. */
function blendRows(x: usize, layout: usize, z: usize, h: usize, line: usize, plane: usize, to: usize): void {
  const layers = load<i32>(z, 4),
    rows = load<i32>(h, 4);
  let more = false;
  if (layers * rows == 0) memory.fill(to, 0, line);
  for (let k = 0; k < layers; k++) {
    for (let j = 0; j < rows; j++) {
      const weight = weightAt(layout, 0, load<i32>(z, 8) + k) * weightAt(layout, 1, load<i32>(h, 8) + j);
      accumulate(x + plane * k + line * j, weight, to, line, more);
      more = true;
    }
  }
}

/** to = x · weight, and what was there if there was. */
function accumulate(x: usize, weight: f64, to: usize, length: usize, more: bool): void {
  const w = splat(weight),
    end = to + length;
  for (; to + 64 <= end; to += 64) {
    const a = more ? v128.load(to) : splat(0),
      b = more ? v128.load(to, 16) : a,
      c = more ? v128.load(to, 32) : a,
      d = more ? v128.load(to, 48) : a;
    v128.store(to, madd(v128.load(x), w, a));
    v128.store(to, madd(v128.load(x, 16), w, b), 16);
    v128.store(to, madd(v128.load(x, 32), w, c), 32);
    v128.store(to, madd(v128.load(x, 48), w, d), 48);
    x += 64;
  }
  for (; to < end; to += WORD) {
    storeOne(to, madd(loadOne(x), w, more ? loadOne(to) : splat(0)));
    x += WORD;
  }
}

/** A row of `count` pixels: of each the pixels of x from its first on, weighted. */
function blendPixels(x: usize, entries: usize, weights: usize, count: i32, channels: i32, to: usize): void {
  const pixel = bytes(channels),
    end = to + pixel * count;
  for (; count > 0; count--) {
    const taps = load<i32>(entries, 4),
      w = weights + (load<i32>(entries, 8) << 4),
      from = x + pixel * load<i32>(entries);
    let at: usize = 0;
    for (; at + 64 <= pixel; at += 64) blendLine(from + at, pixel, w, taps, to + at);
    for (; at < pixel; at += 16) {
      const a = blendVector(from + at, pixel, w, taps);
      // What lies behind a pixel is overwritten, as the next one comes after it.
      if (to + at + 16 <= end) v128.store(to + at, a);
      else storePart(to + at, a, channels % LANES);
    }
    entries += 12;
    to += pixel;
  }
}

/** A vector of a pixel. */
function blendVector(x: usize, step: usize, weights: usize, taps: i32): v128 {
  if (taps == 2)
    return madd(v128.load(x + step), v128.load(weights, 16), mul(v128.load(x), v128.load(weights)));
  let a = splat(0);
  for (; taps > 0; taps--) {
    a = madd(v128.load(x), v128.load(weights), a);
    x += step;
    weights += 16;
  }
  return a;
}

/** A line of the cache of a pixel. */
function blendLine(x: usize, step: usize, weights: usize, taps: i32, to: usize): void {
  let a = splat(0),
    b = a,
    c = a,
    d = a;
  for (; taps > 0; taps--) {
    const weight = v128.load(weights);
    a = madd(v128.load(x), weight, a);
    b = madd(v128.load(x, 16), weight, b);
    c = madd(v128.load(x, 32), weight, c);
    d = madd(v128.load(x, 48), weight, d);
    x += step;
    weights += 16;
  }
  v128.store(to, a);
  v128.store(to, b, 16);
  v128.store(to, c, 32);
  v128.store(to, d, 48);
}
