/** Convolutions with one channel to a group: each channel by itself, lanes being neighbouring channels. */
import { Activate } from "../gemm/epilogue";
import { add, bytes, DOUBLE, LANES, loadOne, madd, pmax, pmin, splat, storeOne, touch, WORD } from "../simd";
import {
  batchOf,
  filterTap,
  firstInside,
  firstTap,
  imageOf,
  lastInside,
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
} from "../geometry";

/**
 * Where lanes are in memory. A leaf class each. `table` has the distance in bytes of each lane from the first channel: output o is made
 * of input o / multiplier, or, on the way back, of the inputs o · multiplier + m.
 */
abstract class Lanes {
  abstract count(): i32;
  /** What a lane's distance is counted from: the channel in x, and in the filter. */
  abstract image(channel: usize): usize;
  abstract filter(channel: usize): usize;
  abstract x(p: usize, table: usize): v128;
  abstract weight(p: usize, table: usize): v128;
  abstract store(p: usize, y: v128): void;
}

class Full extends Lanes {
  count(): i32 {
    return LANES;
  }
  image(channel: usize): usize {
    return channel;
  }
  filter(channel: usize): usize {
    return channel;
  }
  x(p: usize, table: usize): v128 {
    return v128.load(p);
  }
  weight(p: usize, table: usize): v128 {
    return v128.load(p);
  }
  store(p: usize, y: v128): void {
    v128.store(p, y);
  }
}

class Single extends Lanes {
  count(): i32 {
    return 1;
  }
  image(channel: usize): usize {
    return channel;
  }
  filter(channel: usize): usize {
    return channel;
  }
  x(p: usize, table: usize): v128 {
    return loadOne(p);
  }
  weight(p: usize, table: usize): v128 {
    return loadOne(p);
  }
  store(p: usize, y: v128): void {
    storeOne(p, y);
  }
}

/** Lanes from where the table says. */
function collect(p: usize, table: usize): v128 {
  let v = loadOne(p + load<u32>(table));
  v = v128.load_lane<real>(p + load<u32>(table, 4), v, 1);
  if (LANES == 4) {
    v = v128.load_lane<real>(p + load<u32>(table, 8), v, DOUBLE ? 0 : 2);
    v = v128.load_lane<real>(p + load<u32>(table, 12), v, DOUBLE ? 1 : 3);
  }
  return v;
}

/** A multiplier of more than one. */
class Spread extends Lanes {
  count(): i32 {
    return LANES;
  }
  image(channel: usize): usize {
    return 0;
  }
  filter(channel: usize): usize {
    return channel;
  }
  x(p: usize, table: usize): v128 {
    return collect(p, table);
  }
  weight(p: usize, table: usize): v128 {
    return v128.load(p);
  }
  store(p: usize, y: v128): void {
    v128.store(p, y);
  }
}

class SpreadSingle extends Lanes {
  count(): i32 {
    return 1;
  }
  image(channel: usize): usize {
    return 0;
  }
  filter(channel: usize): usize {
    return channel;
  }
  x(p: usize, table: usize): v128 {
    return loadOne(p + load<u32>(table));
  }
  weight(p: usize, table: usize): v128 {
    return loadOne(p);
  }
  store(p: usize, y: v128): void {
    storeOne(p, y);
  }
}

/** The same on the way back. */
class Back extends Lanes {
  count(): i32 {
    return LANES;
  }
  image(channel: usize): usize {
    return 0;
  }
  filter(channel: usize): usize {
    return 0;
  }
  x(p: usize, table: usize): v128 {
    return collect(p, table);
  }
  weight(p: usize, table: usize): v128 {
    return collect(p, table);
  }
  store(p: usize, y: v128): void {
    v128.store(p, y);
  }
}

class BackSingle extends Lanes {
  count(): i32 {
    return 1;
  }
  image(channel: usize): usize {
    return 0;
  }
  filter(channel: usize): usize {
    return 0;
  }
  x(p: usize, table: usize): v128 {
    return loadOne(p + load<u32>(table));
  }
  weight(p: usize, table: usize): v128 {
    return loadOne(p + load<u32>(table));
  }
  store(p: usize, y: v128): void {
    storeOne(p, y);
  }
}

/** Bytes of a tray before its table: the bounds of the result, and a word that is free. */
export const TRAY: usize = 64;

/** Makes a tray ready: the bounds that are the activation, the distances of `channels` lanes. Returns where it ends. */
export function layTray(tray: usize, channels: i32, multiplier: i32, activation: i32): usize {
  v128.store(tray, splat(activation == 1 || activation == 4 ? 0 : -Infinity));
  v128.store(tray, splat(activation == 4 ? 6 : Infinity), 16);
  for (let c = 0; c < channels; c++)
    store<u32>(tray + TRAY + (c << 2), <u32>bytes(multiplier > 0 ? c / multiplier : c * -multiplier));
  return tray + TRAY + (((channels << 2) + 63) & ~63);
}

/**
 * One row of y = activation(Σ x · filter + bias): pixels `next` bytes apart from y on, of `channels` channels. `inputs` are the
 * channels of a tap of the filter; `multiplier` is negative on the way back.
 */
export function row(
  x: usize,
  filter: usize,
  inputs: i32,
  bias: usize,
  y: usize,
  next: usize,
  g: usize,
  index: i32,
  channels: i32,
  multiplier: i32,
  activation: i32,
  tray: usize,
): void {
  const late = activation == 2 || activation == 3,
    start: usize = late ? 0 : bias,
    repeats = multiplier < 0 ? -multiplier : 1;
  const z0 = startZ(g, index),
    y0 = startY(g, index),
    tz = firstTap(g, Z, z0),
    ty = firstTap(g, Y, y0),
    layers = max(lastTap(g, Z, z0) - tz, 0),
    rows = max(lastTap(g, Y, y0) - ty, 0),
    pixel = pixelStep(g, X),
    plane = (imageOf(g, index) * source(g, Z) + z0 + tz * step(g, Z)) * source(g, Y) + y0 + ty * step(g, Y),
    line = x + pixel * (plane * source(g, X)),
    dz = pixelStep(g, Z) * step(g, Z),
    dy = pixelStep(g, Y) * step(g, Y),
    dx = pixel * step(g, X);
  const first = bytes(filterTap(g, 0, 0, 0) * inputs),
    wz = bytes(filterTap(g, 1, 0, 0) * inputs) - first,
    wy = bytes(filterTap(g, 0, 1, 0) * inputs) - first,
    wx = bytes(filterTap(g, 0, 0, 1) * inputs) - first,
    w = filter + first + wz * tz + wy * ty;
  const inside = firstInside(g),
    outside = lastInside(g),
    nine = isNine(g) && (multiplier == 1 || multiplier == -1),
    whole = nine ? channels - (channels % LANES) : 0;
  if (whole > 0) fours(line, w, start, y, next, g, layers > 0 ? rows : 0, whole, dy, wy, wx, tray);
  for (let i = 0; whole < channels && i < lines(g, X);) {
    const four = i >= inside && i + 4 <= outside,
      x0 = i * stride(g, X) + offset(g, X),
      tx = four ? 0 : firstTap(g, X, x0),
      cols = four ? taps(g, X) : max(lastTap(g, X, x0) - tx, 0),
      far = four ? pixel * stride(g, X) : 0,
      from = line + pixel * x0 + dx * tx,
      weights = w + wx * tx,
      to = y + next * i;
    if (multiplier == 1 || multiplier == -1)
      pixels<Full, Single>(
        from,
        weights,
        start,
        to,
        next,
        layers,
        rows,
        cols,
        dz,
        dy,
        dx,
        wz,
        wy,
        wx,
        far,
        1,
        whole,
        channels,
        tray,
      );
    else if (multiplier > 0)
      pixels<Spread, SpreadSingle>(
        from,
        weights,
        start,
        to,
        next,
        layers,
        rows,
        cols,
        dz,
        dy,
        dx,
        wz,
        wy,
        wx,
        far,
        1,
        0,
        channels,
        tray,
      );
    else
      pixels<Back, BackSingle>(
        from,
        weights,
        start,
        to,
        next,
        layers,
        rows,
        cols,
        dz,
        dy,
        dx,
        wz,
        wy,
        wx,
        far,
        repeats,
        0,
        channels,
        tray,
      );
    i += four ? 4 : 1;
  }
  if (late) changetype<Activate>(0).finish(y, next, lines(g, X), channels, bias, activation);
}

/** One pixel, or four whose sources are `far` bytes apart, if that is not 0: channels [begin, end) by vectors V, then one at a time. */
function pixels<V extends Lanes, S extends Lanes>(
  x: usize,
  w: usize,
  bias: usize,
  y: usize,
  next: usize,
  layers: i32,
  rows: i32,
  cols: i32,
  dz: usize,
  dy: usize,
  dx: usize,
  wz: usize,
  wy: usize,
  wx: usize,
  far: usize,
  repeats: i32,
  begin: i32,
  end: i32,
  tray: usize,
): void {
  let c = begin;
  for (; c + LANES <= end; c += LANES)
    sums<V>(x, w, bias, y, next, layers, rows, cols, dz, dy, dx, wz, wy, wx, far, repeats, c, tray);
  for (; c < end; c++)
    sums<S>(x, w, bias, y, next, layers, rows, cols, dz, dy, dx, wz, wy, wx, far, repeats, c, tray);
}

/** The lanes from channel c on, of one pixel or four. */
function sums<L extends Lanes>(
  x: usize,
  w: usize,
  bias: usize,
  y: usize,
  next: usize,
  layers: i32,
  rows: i32,
  cols: i32,
  dz: usize,
  dy: usize,
  dx: usize,
  wz: usize,
  wy: usize,
  wx: usize,
  far: usize,
  repeats: i32,
  channel: i32,
  tray: usize,
): void {
  const at = bytes(channel),
    table = tray + TRAY + (channel << 2),
    image = x + changetype<L>(0).image(at),
    filter = w + changetype<L>(0).filter(at);
  let a = bias ? (changetype<L>(0).count() == 1 ? loadOne(bias + at) : v128.load(bias + at)) : splat(0),
    b = a,
    c = a,
    d = a;
  for (let k = 0; k < layers; k++) {
    for (let j = 0; j < rows; j++) {
      let p = image + dz * k + dy * j,
        q = filter + wz * k + wy * j;
      for (let i = 0; i < cols; i++) {
        for (let m: usize = 0; m < bytes(repeats); m += WORD) {
          const weight = changetype<L>(0).weight(q + m, table);
          a = madd(changetype<L>(0).x(p + m, table), weight, a);
          if (far) {
            b = madd(changetype<L>(0).x(p + m + far, table), weight, b);
            c = madd(changetype<L>(0).x(p + m + 2 * far, table), weight, c);
            d = madd(changetype<L>(0).x(p + m + 3 * far, table), weight, d);
          }
        }
        p += dx;
        q += wx;
      }
    }
  }
  const to = y + at;
  changetype<L>(0).store(to, bounded(a, tray));
  if (far) {
    changetype<L>(0).store(to + next, bounded(b, tray));
    changetype<L>(0).store(to + 2 * next, bounded(c, tray));
    changetype<L>(0).store(to + 3 * next, bounded(d, tray));
  }
}

function bounded(y: v128, tray: usize): v128 {
  return pmin(pmax(y, v128.load(tray)), v128.load(tray, 16));
}

/**
 * Whether the window is of three times three taps, neighbours in a row, moves by one or two pixels, and has four places or
 * more in a row, of which it reaches over the border by one pixel at most.
 */
function isNine(g: usize): bool {
  const plain = taps(g, Z) == 1 && taps(g, Y) == 3 && taps(g, X) == 3 && step(g, X) == 1 && stride(g, X) <= 2;
  return (
    plain && lines(g, X) >= 4 && firstInside(g) <= 1 && lines(g, X) - lastInside(g) <= 1 && offset(g, X) >= -1
  );
}

/** Whole vectors of channels of a row, for nine taps: four pixels at a time, so that columns and weights are read once for all. */
function fours(
  line: usize,
  w: usize,
  bias: usize,
  y: usize,
  next: usize,
  g: usize,
  rows: i32,
  channels: i32,
  across: usize,
  down: usize,
  beside: usize,
  tray: usize,
): void {
  const all = lines(g, X),
    s = stride(g, X),
    pixel = pixelStep(g, X);
  // Read beforehand: 56² × 144 out of memory 123 µs for 295.
  if (s == 2) touch(line + across * max(rows - 2, 0), across * min(rows, 2), tray + 32);
  for (let i = 0; i < all; i += 4) {
    // The last four end with the row.
    const first = min(i, all - 4),
      x0 = first * s + offset(g, X),
      left = x0 < 0,
      right = x0 + 3 * s + 2 >= source(g, X),
      from = line + pixel * x0,
      to = y + next * first;
    if (s == 1)
      fourBeside(from, across, pixel, w, down, beside, rows, bias, to, next, channels, left, right, tray);
    else fourApart(from, across, pixel, w, down, beside, rows, bias, to, next, channels, left, right, tray);
  }
}

/** Four pixels for windows one pixel apart; `left`, `right`: the first or the last of their columns is beyond the border. */
function fourBeside(
  x: usize,
  across: usize,
  pixel: usize,
  w: usize,
  down: usize,
  beside: usize,
  rows: i32,
  bias: usize,
  y: usize,
  next: usize,
  channels: i32,
  left: bool,
  right: bool,
  tray: usize,
): void {
  for (let at: usize = 0; at < bytes(channels); at += 16) {
    let a = bias ? v128.load(bias + at) : splat(0),
      b = a,
      c = a,
      d = a,
      p = x + at,
      k = w + at;
    for (let row = 0; row < rows; row++) {
      const w0 = v128.load(k),
        w1 = v128.load(k + beside),
        w2 = v128.load(k + 2 * beside);
      if (!left) a = madd(v128.load(p), w0, a);
      let q = p + pixel,
        v = v128.load(q);
      a = madd(v, w1, a);
      b = madd(v, w0, b);
      q += pixel;
      v = v128.load(q);
      a = madd(v, w2, a);
      b = madd(v, w1, b);
      c = madd(v, w0, c);
      q += pixel;
      v = v128.load(q);
      b = madd(v, w2, b);
      c = madd(v, w1, c);
      d = madd(v, w0, d);
      q += pixel;
      v = v128.load(q);
      c = madd(v, w2, c);
      d = madd(v, w1, d);
      if (!right) d = madd(v128.load(q + pixel), w2, d);
      p += across;
      k += down;
    }
    storeFour(y + at, next, a, b, c, d, tray);
  }
}

/** Four pixels for windows two pixels apart, each of which shares a column with the next. */
function fourApart(
  x: usize,
  across: usize,
  pixel: usize,
  w: usize,
  down: usize,
  beside: usize,
  rows: i32,
  bias: usize,
  y: usize,
  next: usize,
  channels: i32,
  left: bool,
  right: bool,
  tray: usize,
): void {
  for (let at: usize = 0; at < bytes(channels); at += 16) {
    let a = bias ? v128.load(bias + at) : splat(0),
      b = a,
      c = a,
      d = a,
      p = x + at,
      k = w + at;
    for (let row = 0; row < rows; row++) {
      const w0 = v128.load(k),
        w1 = v128.load(k + beside),
        w2 = v128.load(k + 2 * beside);
      if (!left) a = madd(v128.load(p), w0, a);
      let q = p + pixel;
      a = madd(v128.load(q), w1, a);
      q += pixel;
      let v = v128.load(q);
      a = madd(v, w2, a);
      b = madd(v, w0, b);
      q += pixel;
      b = madd(v128.load(q), w1, b);
      q += pixel;
      v = v128.load(q);
      b = madd(v, w2, b);
      c = madd(v, w0, c);
      q += pixel;
      c = madd(v128.load(q), w1, c);
      q += pixel;
      v = v128.load(q);
      c = madd(v, w2, c);
      d = madd(v, w0, d);
      q += pixel;
      d = madd(v128.load(q), w1, d);
      if (!right) d = madd(v128.load(q + pixel), w2, d);
      p += across;
      k += down;
    }
    storeFour(y + at, next, a, b, c, d, tray);
  }
}

function storeFour(y: usize, next: usize, a: v128, b: v128, c: v128, d: v128, tray: usize): void {
  v128.store(y, bounded(a, tray));
  y += next;
  v128.store(y, bounded(b, tray));
  y += next;
  v128.store(y, bounded(c, tray));
  v128.store(y + next, bounded(d, tray));
}

/** dfilter[tap, o] = Σ x · dy over all pixels, for the vectors of outputs [begin, end); lanes of outputs, `multiplier` to a channel. */
export function filterOf(
  x: usize,
  dy: usize,
  dfilter: usize,
  g: usize,
  outputs: i32,
  multiplier: i32,
  begin: i32,
  end: i32,
  tray: usize,
): void {
  layTray(tray, outputs, multiplier, 0);
  for (let unit = begin; unit < end; unit++) {
    const o = unit * LANES;
    if (o + LANES > outputs) {
      for (let i = o; i < outputs; i++) {
        if (multiplier == 1) correlate<Single>(x, dy, dfilter, g, outputs, 1, i, tray);
        else correlate<SpreadSingle>(x, dy, dfilter, g, outputs, multiplier, i, tray);
      }
    } else if (multiplier == 1) correlate<Full>(x, dy, dfilter, g, outputs, 1, o, tray);
    else correlate<Spread>(x, dy, dfilter, g, outputs, multiplier, o, tray);
  }
}

/** All taps of the outputs from o on: row by row of dy, so that each is added up in short sums. */
function correlate<L extends Lanes>(
  x: usize,
  dy: usize,
  dfilter: usize,
  g: usize,
  outputs: i32,
  multiplier: i32,
  o: i32,
  tray: usize,
): void {
  const table = tray + TRAY + (o << 2),
    pixel = pixelStep(g, X),
    far = pixel * stride(g, X),
    count = changetype<L>(0).count(),
    lx = lines(g, X),
    rows = batchOf(g) * lines(g, Z) * lines(g, Y);
  x += changetype<L>(0).image(bytes(o));
  for (let tap = 0; tap < taps(g, Z) * taps(g, Y) * taps(g, X); tap++)
    changetype<L>(0).store(dfilter + bytes(tap * outputs + o), splat(0));
  for (let index = 0; index < rows; index++) {
    const z0 = startZ(g, index),
      y0 = startY(g, index),
      n = imageOf(g, index),
      tz1 = lastTap(g, Z, z0),
      ty1 = lastTap(g, Y, y0);
    for (let tz = firstTap(g, Z, z0); tz < tz1; tz++) {
      for (let ty = firstTap(g, Y, y0); ty < ty1; ty++) {
        const row =
          ((n * source(g, Z) + z0 + tz * step(g, Z)) * source(g, Y) + y0 + ty * step(g, Y)) * source(g, X);
        for (let tx = 0; tx < taps(g, X); tx++) {
          const from = tx * step(g, X) + offset(g, X),
            s = stride(g, X),
            i0 = min(lx, from < 0 ? (s - 1 - from) / s : 0),
            i1 = max(i0, min(lx, source(g, X) > from ? (source(g, X) - 1 - from) / s + 1 : 0)),
            at = dfilter + bytes(((tz * taps(g, Y) + ty) * taps(g, X) + tx) * outputs + o);
          const sum = products<L>(
            x + pixel * (row + i0 * s + from),
            far,
            dy + bytes((index * lx + i0) * outputs + o),
            bytes(outputs),
            i1 - i0,
            table,
          );
          changetype<L>(0).store(at, add(count == 1 ? loadOne(at) : v128.load(at), sum));
        }
      }
    }
  }
}

/** Σ x · dy of n pixels. */
function products<L extends Lanes>(
  x: usize,
  xStep: usize,
  dy: usize,
  step: usize,
  n: i32,
  table: usize,
): v128 {
  let a = splat(0),
    b = a,
    c = a,
    d = a;
  for (; n >= 4; n -= 4) {
    a = madd(changetype<L>(0).x(x, table), changetype<L>(0).weight(dy, table), a);
    b = madd(changetype<L>(0).x(x + xStep, table), changetype<L>(0).weight(dy + step, table), b);
    c = madd(changetype<L>(0).x(x + 2 * xStep, table), changetype<L>(0).weight(dy + 2 * step, table), c);
    d = madd(changetype<L>(0).x(x + 3 * xStep, table), changetype<L>(0).weight(dy + 3 * step, table), d);
    x += 4 * xStep;
    dy += 4 * step;
  }
  for (; n > 0; n--) {
    a = madd(changetype<L>(0).x(x, table), changetype<L>(0).weight(dy, table), a);
    x += xStep;
    dy += step;
  }
  return add(add(a, b), add(c, d));
}
