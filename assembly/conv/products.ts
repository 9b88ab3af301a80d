/** Convolutions as products of matrices, whose operands are packed as they lie in the images. */
import { firstCol, firstRow, lastCol, lastRow } from "../gemm/bands";
import { Activate, Store } from "../gemm/epilogue";
import { multiply } from "../gemm/multiply";
import { Operand, Packed, Strided } from "../gemm/panels";
import { product } from "../gemm/product";
import { NR, roundUp } from "../gemm/tile";
import { channelsOf, depthOf, pixelsOf, tapsOf } from "../geometry";
import { bytes } from "../simd";
import { Reals } from "../storage";
import { room, spread } from "./bias";
import { clearDesk, DESK, Patches, Taps, Turned } from "./patches";
import { GEOMETRY, PHASE, PHASES, placeOf } from "./phases";

/** Pixels of a phase that are made in scratch before they are set in place. `src/ops/conv/plans.ts` repeats it. */
const CHUNK: i32 = 240;

/** y = activation(Σ x · filter + bias), `outputs` of a group; the grid is that of a product [pixels, outputs]. */
export function conv(
  x: usize,
  filter: usize,
  bias: usize,
  y: usize,
  layout: usize,
  scratch: usize,
  groups: i32,
  outputs: i32,
  single: i32,
  activation: i32,
  begin: i32,
  end: i32,
): void {
  const own = single ? spread(bias, outputs, scratch) : bias,
    rest = scratch + (single ? room(outputs) : 0);
  gatherGroups<Strided<Reals>>(
    x,
    layout,
    filter,
    bytes(outputs),
    1,
    groups * outputs,
    own,
    single,
    activation,
    y,
    groups,
    outputs,
    rest,
    begin,
    end,
  );
}

/** The same for a filter of `packFilter`. */
export function convPacked(
  x: usize,
  panels: usize,
  bias: usize,
  y: usize,
  layout: usize,
  scratch: usize,
  groups: i32,
  outputs: i32,
  single: i32,
  activation: i32,
  begin: i32,
  end: i32,
): void {
  const k = tapsOf(layout) * depthOf(layout),
    own = single ? spread(bias, outputs, scratch) : bias,
    rest = scratch + (single ? room(outputs) : 0);
  gatherGroups<Packed>(
    x,
    layout,
    panels,
    bytes(k * roundUp(outputs)),
    0,
    k,
    own,
    single,
    activation,
    y,
    groups,
    outputs,
    rest,
    begin,
    end,
  );
}

/** A filter [k, groups · outputs] as panels [groups, ⌈outputs / NR⌉, k, NR]; the grid is the groups. */
export function packFilter(
  filter: usize,
  panels: usize,
  groups: i32,
  outputs: i32,
  k: i32,
  begin: i32,
  end: i32,
): void {
  for (let group = begin; group < end; group++) {
    const from = filter + bytes(group * outputs),
      to = panels + bytes(k * roundUp(outputs) * group);
    changetype<Strided<Reals>>(0).pack(from, 1, groups * outputs, 0, outputs, NR, 0, k, to);
  }
}

/** conv for a filter of one tap, stride 1 and one group: a plain product x [pixels, depth] · filter [depth, outputs]. */
export function convPoint(
  x: usize,
  filter: usize,
  bias: usize,
  y: usize,
  scratch: usize,
  pixels: i32,
  depth: i32,
  outputs: i32,
  single: i32,
  activation: i32,
  begin: i32,
  end: i32,
): void {
  const own = single ? spread(bias, outputs, scratch) : bias,
    rest = scratch + (single ? room(outputs) : 0);
  product<Reals, Activate>(
    x,
    filter,
    own,
    activation,
    y,
    rest,
    pixels,
    outputs,
    depth,
    depth,
    1,
    outputs,
    1,
    begin,
    end,
  );
}

/**
 * y = activation(Σ x · filterᵀ + bias): the transposed convolution, with the layout of `phases.ts`. The grid is that of a product
 * [pixels of the first phase, outputs].
 */
export function convTranspose(
  x: usize,
  filter: usize,
  bias: usize,
  y: usize,
  layout: usize,
  scratch: usize,
  groups: i32,
  outputs: i32,
  single: i32,
  activation: i32,
  begin: i32,
  end: i32,
): void {
  const all = groups * outputs,
    phases = load<i32>(layout),
    own = single ? spread(bias, outputs, scratch) : bias,
    table = scratch + (single ? room(outputs) : 0),
    rest = table + 64;
  let phase = layout + PHASES;
  for (let i = 0; i < phases; i++) {
    const g = phase + GEOMETRY,
      depth = depthOf(g);
    store<i32>(table, channelsOf(g));
    store<i32>(table, outputs, 4);
    if (phases == 1) {
      gatherGroups<Turned>(
        x,
        g,
        filter,
        bytes(depth),
        <i32>g,
        <i32>table,
        own,
        single,
        activation,
        y,
        groups,
        outputs,
        rest,
        begin,
        end,
      );
    } else {
      for (let group = 0; group < groups; group++) {
        const first = bytes(group * outputs),
          from = bytes(group * depth);
        scatter(
          x + from,
          layout,
          phase,
          filter + from,
          table,
          single ? own : bias + first,
          activation,
          y + first,
          all,
          outputs,
          rest,
          begin,
          end,
        );
      }
    }
    phase += PHASE;
  }
}

/** dfilter = Σ x · dy over all pixels; the grid is that of a product [taps · channels of a group, outputs of a group]. */
export function convFilter(
  x: usize,
  dy: usize,
  dfilter: usize,
  layout: usize,
  scratch: usize,
  groups: i32,
  outputs: i32,
  begin: i32,
  end: i32,
): void {
  const all = groups * outputs,
    m = tapsOf(layout) * depthOf(layout);
  if (begin >= end) return;
  for (let group = 0; group < groups; group++) {
    const first = bytes(group * outputs);
    multiply<Taps, Strided<Reals>, Store>(
      x + bytes(group * depthOf(layout)),
      <i32>layout,
      0,
      dy + first,
      1,
      all,
      dfilter + first,
      bytes(all),
      firstRow(m, outputs, begin),
      lastRow(m, outputs, end),
      firstCol(m, outputs, begin),
      lastCol(m, outputs, end),
      pixelsOf(layout),
      0,
      0,
      scratch,
    );
  }
}

/**
 * The pixels of y, or of its only phase, group by group, whose filters are `filterStep` bytes apart, in the bands [begin, end). `across` and
 * `along` are B's.
 */
function gatherGroups<B extends Operand>(
  x: usize,
  geometry: usize,
  filter: usize,
  filterStep: usize,
  across: i32,
  along: i32,
  bias: usize,
  single: i32,
  activation: i32,
  y: usize,
  groups: i32,
  outputs: i32,
  scratch: usize,
  begin: i32,
  end: i32,
): void {
  const m = pixelsOf(geometry);
  if (begin >= end) return;
  clearDesk(scratch);
  for (let group = 0; group < groups; group++) {
    const first = bytes(group * outputs);
    multiply<Patches, B, Activate>(
      x + bytes(group * depthOf(geometry)),
      <i32>geometry,
      <i32>scratch,
      filter + filterStep * group,
      across,
      along,
      y + first,
      bytes(groups * outputs),
      firstRow(m, outputs, begin),
      lastRow(m, outputs, end),
      firstCol(m, outputs, begin),
      lastCol(m, outputs, end),
      tapsOf(geometry) * depthOf(geometry),
      single ? bias : bias + first,
      activation,
      scratch + DESK,
    );
  }
}

/** The pixels of one of several phases, by way of scratch. */
function scatter(
  x: usize,
  layout: usize,
  phase: usize,
  filter: usize,
  table: usize,
  bias: usize,
  activation: i32,
  y: usize,
  all: i32,
  outputs: i32,
  scratch: usize,
  begin: i32,
  end: i32,
): void {
  const g = phase + GEOMETRY,
    m = pixelsOf(g),
    most = pixelsOf(layout + PHASES + GEOMETRY),
    i0 = min(firstRow(most, outputs, begin), m),
    i1 = min(lastRow(most, outputs, end), m),
    j0 = firstCol(most, outputs, begin),
    j1 = lastCol(most, outputs, end),
    block = scratch + DESK,
    cols = j1 - j0;
  if (begin >= end) return;
  clearDesk(scratch);
  for (let i = i0; i < i1; i += CHUNK) {
    const rows = min(i1 - i, CHUNK);
    multiply<Patches, Turned, Activate>(
      x,
      <i32>g,
      <i32>scratch,
      filter,
      <i32>g,
      <i32>table,
      block - bytes(i * cols + j0),
      bytes(cols),
      i,
      i + rows,
      j0,
      j1,
      tapsOf(g) * depthOf(g),
      bias,
      activation,
      block + bytes(CHUNK * cols),
    );
    for (let row = 0; row < rows; row++) {
      const pixel = placeOf(layout, phase, i + row);
      memory.copy(y + bytes(pixel * all + j0), block + bytes(row * cols), bytes(cols));
    }
  }
}
