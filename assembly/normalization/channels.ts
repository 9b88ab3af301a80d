/**
 * Channels less their mean, divided by their spread. x, y [items, places, channels]; the statistics are those of each item and group of
 * channels; the grid is units of whole groups, WIDTH channels at least.
 */
import { bytes, WORD } from "../simd";
import { addColumns, mixColumns, Moments, partOf, Pulls, scaleColumns, Squares, total } from "./columns";

/** Channels that a unit has at least, if there are as many. `src/ops/normalization.ts` repeats it. */
const WIDTH: i32 = 256;

/** Groups in a unit, and units in an item. */
function groupsIn(channels: i32, groups: i32): i32 {
  return max(1, (WIDTH * groups) / max(1, channels));
}
function unitsIn(channels: i32, groups: i32): i32 {
  const each = groupsIn(channels, groups);
  return (groups + each - 1) / each;
}

/** So far may Σ (x − μ)² lie below n · μ² before it is computed again from the differences. */
const CANCELLED: f64 = 8;

/** The number of channel c among those of all, or the single one that serves them. */
function ofChannel(numbers: usize, many: i32, c: i32): f64 {
  return load<real>(numbers + (many ? bytes(c) : 0));
}

/**
 * μ and r = 1 / √(σ² + ε) of each item and group, at mean and scale [items, groups], and y = (x − μ) · r · gain + bias; gain and bias
 * [channels], or one number where `gained` or `biased` is 0. Scratch: 8 parts of the channels of a unit.
 */
export function channelNorm(
  x: usize,
  gain: usize,
  bias: usize,
  y: usize,
  mean: usize,
  scale: usize,
  scratch: usize,
  places: i32,
  channels: i32,
  groups: i32,
  gained: i32,
  biased: i32,
  eps: f64,
  begin: i32,
  end: i32,
): void {
  const units = unitsIn(channels, groups),
    each = groupsIn(channels, groups),
    width = channels / max(1, groups),
    step = bytes(channels),
    count = <f64>places * <f64>width;
  for (let unit = begin; unit < end; unit++) {
    const item = unit / units,
      first = (unit - item * units) * each,
      last = min(first + each, groups),
      channel = first * width,
      n = (last - first) * width,
      part = partOf(n),
      sums = scratch,
      totals = sums + 2 * part,
      table = totals + 4 * part,
      at = bytes(item * places * channels + channel),
      means = mean + bytes(item * groups + first),
      scales = scale + bytes(item * groups + first);
    addColumns<Moments>(x + at, x + at, step, places, n, 0, sums, totals, table);
    let cancelled = false;
    for (let g = 0; g < last - first; g++) {
      let s = 0.0,
        q = 0.0;
      for (let c = g * width; c < (g + 1) * width; c++) {
        s += total(totals, c);
        q += total(totals + 2 * part, c);
      }
      const m = s / count,
        variance = q / count - m * m;
      store<real>(means + bytes(g), <real>m);
      store<real>(scales + bytes(g), <real>(1 / Math.sqrt(variance + eps)));
      if (m * m > CANCELLED * variance) cancelled = true;
      for (let c = g * width; c < (g + 1) * width; c++) store<real>(table + part + bytes(c), <real>-m);
    }
    if (cancelled) {
      addColumns<Squares>(x + at, x + at, step, places, n, 0, sums, totals, table);
      for (let g = 0; g < last - first; g++) {
        let q = 0.0;
        for (let c = g * width; c < (g + 1) * width; c++) q += total(totals + 2 * part, c);
        store<real>(scales + bytes(g), <real>(1 / Math.sqrt(q / count + eps)));
      }
    }
    for (let c = 0; c < n; c++) {
      const g = bytes(c / width),
        p = <f64>load<real>(scales + g) * ofChannel(gain, gained, channel + c),
        t = ofChannel(bias, biased, channel + c);
      store<real>(table + bytes(c), <real>p);
      store<real>(table + part + bytes(c), <real>(t - p * <f64>load<real>(means + g)));
    }
    scaleColumns(x + at, y + at, step, places, n, table);
  }
}

/**
 * The gradients: dx = r · (g − mean of g − x̂ · mean of g · x̂) with g = dy · gain and x̂ = (x − μ) · r, the means over a group, and
 * what the cotangents of μ and r add, (dmean − dscale · r² · x̂) / n; dgain = Σ dy · x̂ and dbias = Σ dy [items, channels] over places. Scratch: 9 parts.
 */
export function channelNormGrad(
  dy: usize,
  dmean: usize,
  dscale: usize,
  x: usize,
  gain: usize,
  mean: usize,
  scale: usize,
  dx: usize,
  dgain: usize,
  dbias: usize,
  scratch: usize,
  places: i32,
  channels: i32,
  groups: i32,
  gained: i32,
  begin: i32,
  end: i32,
): void {
  const units = unitsIn(channels, groups),
    each = groupsIn(channels, groups),
    width = channels / max(1, groups),
    step = bytes(channels),
    count = <f64>places * <f64>width;
  for (let unit = begin; unit < end; unit++) {
    const item = unit / units,
      first = (unit - item * units) * each,
      last = min(first + each, groups),
      channel = first * width,
      n = (last - first) * width,
      part = partOf(n),
      sums = scratch,
      totals = sums + 2 * part,
      table = totals + 4 * part,
      at = bytes(item * places * channels + channel),
      out = bytes(item * channels + channel),
      means = mean + bytes(item * groups + first),
      scales = scale + bytes(item * groups + first);
    for (let c = 0; c < n; c++) {
      const g = bytes(c / width),
        r = load<real>(scales + g);
      store<real>(table + bytes(c), r);
      store<real>(table + part + bytes(c), -load<real>(means + g) * r);
    }
    addColumns<Pulls>(dy + at, x + at, step, places, n, 0, sums, totals, table);
    for (let c = 0; c < n; c++) {
      store<real>(dbias + out + bytes(c), <real>total(totals, c));
      store<real>(dgain + out + bytes(c), <real>total(totals + 2 * part, c));
    }
    for (let g = 0; g < last - first; g++) {
      const r = <f64>load<real>(scales + bytes(g)),
        m = <f64>load<real>(means + bytes(g));
      let s = 0.0,
        q = 0.0;
      for (let c = g * width; c < (g + 1) * width; c++) {
        const own = ofChannel(gain, gained, channel + c);
        s += own * total(totals, c);
        q += own * total(totals + 2 * part, c);
      }
      const dm = <f64>load<real>(dmean + bytes(item * groups + first + g)),
        dr = <f64>load<real>(dscale + bytes(item * groups + first + g)),
        along = (-r * q - r * r * dr) / count;
      for (let c = g * width; c < (g + 1) * width; c++) {
        store<real>(table + bytes(c), <real>(r * ofChannel(gain, gained, channel + c)));
        store<real>(table + part + bytes(c), <real>(along * r));
        store<real>(table + 2 * part + bytes(c), <real>((dm - r * s) / count - along * r * m));
      }
    }
    mixColumns(dy + at, x + at, dx + at, step, places, n, table);
  }
}

/** y = (x − μ) · r · gain + bias with r = 1 / √(σ² + ε), μ and σ² [channels] being given; the grid is the rows. Scratch: 2 parts. */
export function channelScale(
  x: usize,
  mean: usize,
  variance: usize,
  gain: usize,
  bias: usize,
  y: usize,
  scratch: usize,
  channels: i32,
  gained: i32,
  biased: i32,
  eps: f64,
  begin: i32,
  end: i32,
): void {
  const part = partOf(channels),
    at = bytes(begin * channels);
  for (let c = 0; c < channels; c++) {
    const to = bytes(c),
      p = ofChannel(gain, gained, c) / Math.sqrt(<f64>load<real>(variance + to) + eps),
      t = ofChannel(bias, biased, c);
    store<real>(scratch + to, <real>p);
    store<real>(scratch + part + to, <real>(t - p * <f64>load<real>(mean + to)));
  }
  scaleColumns(x + at, y + at, bytes(channels), end - begin, channels, scratch);
}

/**
 * PowerNorm's forward pass: y = x / √(ψ² + ε) · gain + bias, ψ² [channels] given, or that of x itself if `own`: the mean of x² over the
 * rows that mask [rows] lets count, if there is one, which is `square` [channels] in any case; scale = 1 / √(ψ² + ε). The grid is units
 * of WIDTH channels. ν is the backward pass's. Scratch: 8 parts of a unit.
 */
export function powerNorm(
  x: usize,
  gain: usize,
  bias: usize,
  psi: usize,
  nu: usize,
  mask: usize,
  y: usize,
  square: usize,
  scale: usize,
  scratch: usize,
  rows: i32,
  channels: i32,
  masked: i32,
  own: i32,
  eps: f64,
  begin: i32,
  end: i32,
): void {
  for (let unit = begin; unit < end; unit++) {
    const channel = unit * WIDTH,
      n = min(WIDTH, channels - channel),
      part = partOf(n),
      at = bytes(channel),
      sums = scratch,
      totals = sums + 2 * part,
      table = totals + 4 * part;
    const kept = counted(mask, masked, rows);
    addColumns<Moments>(x + at, x + at, bytes(channels), rows, n, masked ? mask : 0, sums, totals, table);
    for (let to: usize = 0, c = 0; c < n; c++, to += WORD) {
      const mean = kept > 0 ? total(totals + 2 * part, c) / <f64>kept : 0,
        r = 1 / Math.sqrt((own ? mean : <f64>load<real>(psi + at + to)) + eps);
      store<real>(square + at + to, <real>mean);
      store<real>(scale + at + to, <real>r);
      store<real>(table + to, <real>(r * <f64>load<real>(gain + at + to)));
      store<real>(table + part + to, load<real>(bias + at + to));
    }
    scaleColumns(x + at, y + at, bytes(channels), rows, n, table);
  }
}

/** How many rows count. */
function counted(mask: usize, masked: i32, rows: i32): i32 {
  if (!masked) return rows;
  let count = 0;
  for (let row = 0; row < rows; row++) count += load<i32>(mask + (row << 2));
  return count;
}

/**
 * PowerNorm's backward pass: dx = (g − ν · x̂) · scale with g = dy · gain, x̂ = x · scale; ν [channels]; dgain =
 * Σ dy · x̂, dbias = Σ dy, λ = the mean of g · x̂ over the rows that count. Scratch: 9 parts.
 */
export function powerNormGrad(
  dy: usize,
  x: usize,
  gain: usize,
  scale: usize,
  nu: usize,
  mask: usize,
  dx: usize,
  dgain: usize,
  dbias: usize,
  lambda: usize,
  scratch: usize,
  rows: i32,
  channels: i32,
  masked: i32,
  begin: i32,
  end: i32,
): void {
  for (let unit = begin; unit < end; unit++) {
    const channel = unit * WIDTH,
      n = min(WIDTH, channels - channel),
      part = partOf(n),
      at = bytes(channel),
      step = bytes(channels),
      sums = scratch,
      totals = sums + 2 * part,
      table = totals + 4 * part;
    memory.copy(table, scale + at, bytes(n));
    memory.fill(table + part, 0, part);
    addColumns<Pulls>(dy + at, x + at, step, rows, n, 0, sums, totals, table);
    for (let to: usize = 0, c = 0; c < n; c++, to += WORD) {
      store<real>(dbias + at + to, <real>total(totals, c));
      store<real>(dgain + at + to, <real>total(totals + 2 * part, c));
    }
    if (masked) addColumns<Pulls>(dy + at, x + at, step, rows, n, mask, sums, totals, table);
    const kept = counted(mask, masked, rows);
    for (let to: usize = 0, c = 0; c < n; c++, to += WORD) {
      const r = <f64>load<real>(scale + at + to),
        g = <f64>load<real>(gain + at + to),
        mean = kept > 0 ? (g * total(totals + 2 * part, c)) / <f64>kept : 0;
      store<real>(lambda + at + to, <real>mean);
      store<real>(table + to, <real>(r * g));
      store<real>(table + part + to, <real>(-r * r * <f64>load<real>(nu + at + to)));
      store<real>(table + 2 * part + to, 0);
    }
    mixColumns(dy + at, x + at, dx + at, step, rows, n, table);
  }
}
