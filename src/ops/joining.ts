/** Ops that join tensors and take them apart. */
import { ShapeError } from "../errors.js";
import { type Op, op } from "../op.js";
import { normalizeAxis, sameShape, show } from "../shape.js";
import { empty, type Tensor } from "../tensor.js";
import { reshape, slice, write } from "./movement.js";

interface Axis {
  axis?: number;
}

/** The place of each tensor along the axis, and the extent of all together. */
function placesOf(
  name: string,
  tensors: readonly Tensor[],
  axis: number,
): { starts: number[]; extent: number } {
  const [first] = tensors;
  const starts: number[] = [];
  let extent = 0;
  tensors.forEach((x, i) => {
    const fits = x.rank === first.rank && x.shape.every((e, a) => a === axis || e === first.shape[a]);
    if (!fits)
      throw new ShapeError(
        `${name}: x0 is ${show(first.shape)} and x${i} is ${show(x.shape)}, expected the same but for axis ${axis}`,
      );
    starts.push(extent);
    extent += x.shape[axis];
  });
  return { starts, extent };
}

/** Where each part begins. */
const at = (x: Tensor, axis: number, start: number): number[] =>
  x.shape.map((_, a) => (a === axis ? start : 0));

type Concat = Op<Tensor[], Axis, []>;

/** An op of so many inputs. */
function concatOf(count: number): Concat {
  const names = Array.from({ length: count }, (_, i) => `x${i}`);
  return op<Tensor[], Axis>()({
    name: "concat",
    inputs: Object.fromEntries(names.map((name) => [name, "any"])),
    defaults: { axis: 0 },
    forward(tensors, { axis = 0 }) {
      const [first] = tensors;
      const along = normalizeAxis("concat", axis, first.rank);
      const { starts, extent } = placesOf("concat", tensors, along);
      const shape = first.shape.map((e, a) => (a === along ? extent : e));
      const y = empty(first.device, { shape, dtype: first.dtype }, "concat");
      tensors.forEach((x, i) => write(y, x, { begin: at(x, along, starts[i]) }));
      return y;
    },
    vjp(dy, _, tensors, { axis = 0 }) {
      const along = normalizeAxis("concat", axis, dy.rank);
      const { starts } = placesOf("concat", tensors, along);
      return tensors.map((x, i) => () => slice(dy, at(x, along, starts[i]), x.shape));
    },
  }) as unknown as Concat;
}

const concats: Concat[] = [];

/** Throws unless there is a tensor. */
function checkSome(name: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors) || tensors.length === 0)
    throw new ShapeError(`${name}: tensors is empty, expected at least one`);
}

/** `concat([x0, x1, …], { axis })`: the tensors behind one another along an axis, default the first; the other axes agree. */
export function concat(tensors: readonly Tensor[], { axis = 0 }: Axis = {}): Tensor {
  checkSome("concat", tensors);
  const join = (concats[tensors.length] ??= concatOf(tensors.length));
  return (join as unknown as (...args: unknown[]) => Tensor)(...tensors, { axis });
}

/** `stack([x0, x1, …], { axis })`: tensors of one shape as the slices of a new axis, default the first. */
export function stack(tensors: readonly Tensor[], { axis = 0 }: Axis = {}): Tensor {
  checkSome("stack", tensors);
  const [first] = tensors;
  const along = normalizeAxis("stack", axis, first.rank + 1);
  const other = tensors.findIndex((x) => !sameShape(x.shape, first.shape));
  if (other > 0)
    throw new ShapeError(
      `stack: x0 is ${show(first.shape)} and x${other} is ${show(tensors[other].shape)}, expected the same`,
    );
  const shape = [...first.shape.slice(0, along), 1, ...first.shape.slice(along)];
  return concat(tensors.map((x) => reshape(x, shape)), { axis: along }); // prettier-ignore
}

type Split = Op<[x: Tensor], { sizes: readonly number[]; axis: number }, [], Tensor[]>;

/** An op of so many results. */
function splitOf(count: number): Split {
  return op<[x: Tensor], { sizes: readonly number[]; axis: number }, [], [x: Tensor], Tensor[]>()({
    name: "split",
    inputs: { x: "any" },
    results: count,
    defaults: { sizes: [], axis: 0 },
    forward([x], { sizes, axis }) {
      let start = 0;
      return sizes.map((size) => {
        const begin = at(x, axis, start);
        start += size;
        return slice(x, begin, x.shape.map((e, a) => (a === axis ? size : e))); // prettier-ignore
      });
    },
    vjp: (dys, _, __, { axis }) => [concat(dys, { axis })],
  });
}

const splits: Split[] = [];

/** `split(x, sizes, { axis })`: parts of so many elements along an axis, default the first; a number: so many equal parts. */
export function split(x: Tensor, sizes: number | readonly number[], { axis = 0 }: Axis = {}): Tensor[] {
  const along = normalizeAxis("split", axis, x.rank);
  const extent = x.shape[along];
  const list = typeof sizes === "number" ? new Array<number>(sizes).fill(extent / sizes) : sizes;
  if (list.some((size) => !Number.isInteger(size) || size < 0) || list.reduce((a, b) => a + b, 0) !== extent)
    throw new ShapeError(
      `split: ${typeof sizes === "number" ? `${sizes} equal parts` : `sizes ${show(sizes)}`} do not make up axis ${axis} of x ${show(x.shape)}`,
    );
  if (list.length === 0) return [];
  return (splits[list.length] ??= splitOf(list.length))(x, { sizes: list, axis: along });
}
