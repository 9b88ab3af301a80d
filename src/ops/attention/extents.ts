/** What attention takes, and its extents. */
import { OptionError, ShapeError } from "../../errors.js";
import { sameShape, type Shape, show, sizeOf } from "../../shape.js";
import type { Spec } from "../../tensor.js";

export interface AttentionAttributes {
  /** Whether the last query sees all keys, the one before it all but the last, and so on. */
  causal?: boolean;
  /** Factor of q · k. Default 1 / √d. */
  scale?: number;
  heads?: number;
  /** Heads of k and v, each of which serves heads / kvHeads heads of q. Default as many. */
  kvHeads?: number;
}

export interface Extents {
  /** The axes before the last two, and their product. */
  readonly batch: Shape;
  readonly items: number;
  readonly queries: number;
  readonly keys: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Of each head: the width of q and k, and of v. */
  readonly d: number;
  readonly e: number;
  readonly scale: number;
}

/** The width of each of so many heads. */
function headWidth(name: string, argument: string, { shape }: Spec, heads: number, what: string): number {
  const width = shape[shape.length - 1];
  if (width % heads !== 0)
    throw new ShapeError(
      `${name}: ${argument} is ${show(shape)}, whose last axis does not divide into ${what} ${heads}`,
    );
  return width / heads;
}

export function extentsOf(name: string, q: Spec, k: Spec, v: Spec, options: AttentionAttributes): Extents {
  const { heads = 1, kvHeads = heads } = options;
  for (const [what, count] of Object.entries({ heads, kvHeads }))
    if (!Number.isInteger(count) || count < 1)
      throw new OptionError(`${name}: ${what} is ${count}, expected a whole number ≥ 1`);
  if (heads % kvHeads !== 0)
    throw new OptionError(`${name}: kvHeads is ${kvHeads}, expected a divisor of heads ${heads}`);
  if (q.shape.length < 2)
    throw new ShapeError(`${name}: q is ${show(q.shape)}, expected [..., queries, width]`);
  const batch = q.shape.slice(0, -2);
  for (const [argument, { shape }] of Object.entries({ k, v }))
    if (!sameShape(shape.slice(0, -2), batch) || shape.length !== q.shape.length)
      throw new ShapeError(
        `${name}: ${argument} is ${show(shape)}, expected [${[...batch, "keys", "width"].join(", ")}] (q is ${show(q.shape)})`,
      );
  const [queries, keys, values] = [q, k, v].map(({ shape }) => shape[shape.length - 2]);
  if (values !== keys)
    throw new ShapeError(
      `${name}: k is ${show(k.shape)} and v is ${show(v.shape)}, expected as many keys as values`,
    );
  const d = headWidth(name, "q", q, heads, "heads");
  const dk = headWidth(name, "k", k, kvHeads, "kvHeads");
  if (dk !== d)
    throw new ShapeError(
      `${name}: q is ${show(q.shape)} and k is ${show(k.shape)}: ${d} and ${dk} in each head, expected the same`,
    );
  const e = headWidth(name, "v", v, kvHeads, "kvHeads");
  const { scale = 1 / Math.sqrt(d) } = options;
  return { batch, items: sizeOf(batch), queries, keys, heads, kvHeads, d, e, scale };
}
