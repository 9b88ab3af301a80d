/** Loops over elements, for a function given as a class: tails are handled once, here. */
import { loadPart, storePart } from "./simd";

/** A function of one vector. */
export abstract class Unary {
  abstract lanes(x: v128): v128;
}

/** A function of two vectors. */
export abstract class Binary {
  abstract lanes(x: v128, y: v128): v128;
}

/** y = F(x), element by element. x, y [n]; y may be x. */
export function map<F extends Unary>(x: usize, y: usize, begin: i32, end: i32): void {
  const f = changetype<F>(0);
  let i = begin;
  for (; i <= end - 16; i += 16) {
    const at = (<usize>i) << 2;
    const y0 = f.lanes(v128.load(x + at));
    const y1 = f.lanes(v128.load(x + at, 16));
    const y2 = f.lanes(v128.load(x + at, 32));
    const y3 = f.lanes(v128.load(x + at, 48));
    v128.store(y + at, y0);
    v128.store(y + at, y1, 16);
    v128.store(y + at, y2, 32);
    v128.store(y + at, y3, 48);
  }
  for (; i < end; i += 4) {
    const at = (<usize>i) << 2;
    const n = min(end - i, 4);
    storePart(y + at, f.lanes(loadPart(x + at, n)), n);
  }
}

/** z = F(x, y), element by element. x, y, z [n]; z may be x or y. */
export function zip<F extends Binary>(x: usize, y: usize, z: usize, begin: i32, end: i32): void {
  const f = changetype<F>(0);
  let i = begin;
  for (; i <= end - 16; i += 16) {
    const at = (<usize>i) << 2;
    const z0 = f.lanes(v128.load(x + at), v128.load(y + at));
    const z1 = f.lanes(v128.load(x + at, 16), v128.load(y + at, 16));
    const z2 = f.lanes(v128.load(x + at, 32), v128.load(y + at, 32));
    const z3 = f.lanes(v128.load(x + at, 48), v128.load(y + at, 48));
    v128.store(z + at, z0);
    v128.store(z + at, z1, 16);
    v128.store(z + at, z2, 32);
    v128.store(z + at, z3, 48);
  }
  for (; i < end; i += 4) {
    const at = (<usize>i) << 2;
    const n = min(end - i, 4);
    storePart(z + at, f.lanes(loadPart(x + at, n), loadPart(y + at, n)), n);
  }
}
