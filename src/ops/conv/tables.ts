/** Linear maps along one axis, as tables of weights: what resampling an image is made of. */

/** For each result its first source, and the weights of that and of its neighbours. */
export type Weights = readonly { readonly first: number; readonly weights: readonly number[] }[];

/** As it is. */
export function identity(extent: number): Weights {
  return Array.from({ length: extent }, (_, first) => ({ first, weights: [1] }));
}

const turned = new WeakMap<Weights, Weights>();

/** The transposed map, to `extent` results. Firsts and ends must not fall from one result to the next. */
export function transposed(table: Weights, extent: number): Weights {
  const known = turned.get(table);
  if (known?.length === extent) return known;
  const columns = Array.from({ length: extent }, () => ({ first: 0, weights: [] as number[] }));
  table.forEach(({ first, weights }, result) =>
    weights.forEach((weight, i) => {
      const column = columns[first + i];
      if (column.weights.length === 0) column.first = result;
      column.weights.push(weight);
    }),
  );
  turned.set(table, columns);
  return columns;
}

/** Averages of windows; those beyond the border count as 0, or not at all. */
export function averages(
  extent: number,
  { kernel, stride, before }: { kernel: number; stride: number; before: number },
  places: number,
  countPadding: boolean,
): Weights {
  return Array.from({ length: places }, (_, place) => {
    const start = place * stride - before;
    const first = Math.min(Math.max(start, 0), extent);
    const count = Math.max(0, Math.min(start + kernel, extent) - first);
    return {
      first: count > 0 ? first : 0,
      weights: new Array<number>(count).fill(1 / (countPadding ? kernel : count)),
    };
  });
}

/** Averages of `results` parts of nearly the same size: from ⌊i · extent / results⌋ to ⌈(i + 1) · extent / results⌉. */
export function parts(extent: number, results: number): Weights {
  return Array.from({ length: results }, (_, i) => {
    const first = Math.floor((i * extent) / results);
    const count = Math.ceil(((i + 1) * extent) / results) - first;
    return { first, weights: new Array<number>(count).fill(1 / count) };
  });
}

/** Where the pixels of two grids lie over one another. */
export type Coordinates = "halfPixel" | "alignCorners" | "asymmetric";

/** The place in x, in pixels from the middle of its first one, of pixel i of y. */
function placeOf(i: number, extent: number, results: number, coordinates: Coordinates): number {
  if (coordinates === "alignCorners") return results > 1 ? (i * (extent - 1)) / (results - 1) : 0;
  const scale = extent / results;
  return coordinates === "halfPixel" ? (i + 0.5) * scale - 0.5 : i * scale;
}

/** The pixel of x that is nearest. */
export function nearest(extent: number, results: number, coordinates: Coordinates): Weights {
  return Array.from({ length: results }, (_, i) => {
    const place = placeOf(i, extent, results, coordinates);
    // Of two pixels equally near the later one; without an alignment the one whose corner is passed.
    const pixel = Math.floor(coordinates === "asymmetric" ? place : place + 0.5);
    return { first: Math.min(Math.max(pixel, 0), extent - 1), weights: [1] };
  });
}

/** Between the two pixels of x that are nearest, in proportion; beyond the outermost their value. */
export function bilinear(extent: number, results: number, coordinates: Coordinates): Weights {
  return Array.from({ length: results }, (_, i) => {
    const place = Math.min(Math.max(placeOf(i, extent, results, coordinates), 0), extent - 1);
    const first = Math.floor(place);
    const part = place - first;
    return { first, weights: part > 0 ? [1 - part, part] : [1] };
  });
}

const words = new WeakMap<Weights, Int32Array>();

/** A table as words: of each result its first source, how many, and which weight is their first; then the weights, as float64. */
export function wordsOf(table: Weights): Int32Array {
  const known = words.get(table);
  if (known !== undefined) return known;
  const weights: number[] = [];
  const entries = table.flatMap((entry) => {
    const from = weights.length;
    weights.push(...entry.weights);
    return [entry.first, entry.weights.length, from];
  });
  const made = Int32Array.from([...entries, ...new Int32Array(Float64Array.from(weights).buffer)]);
  words.set(table, made);
  return made;
}

/** Tables made lately, by what they are: a network asks for the same ones again and again. */
const tables = new Map<string, Weights>();
const MOST = 256;

/** The table that `make` makes, or the same as last time. */
export function remembered(name: string, make: () => Weights): Weights {
  let table = tables.get(name);
  if (table === undefined) {
    if (tables.size === MOST) tables.delete(tables.keys().next().value!);
    tables.set(name, (table = make()));
  }
  return table;
}
