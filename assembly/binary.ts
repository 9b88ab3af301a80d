/** Arithmetic of two tensors, of one shape or broadcast; the grid is the elements of z. */
import { broadcast } from "./broadcast";
import { Binary, Product, Sum, zip } from "./loops";

class Sub extends Binary {
  lanes(x: v128, y: v128): v128 {
    return v128.sub<real>(x, y);
  }
}

class AddInt extends Binary {
  lanes(x: v128, y: v128): v128 {
    return i32x4.add(x, y);
  }
}

class SubInt extends Binary {
  lanes(x: v128, y: v128): v128 {
    return i32x4.sub(x, y);
  }
}

class MulInt extends Binary {
  lanes(x: v128, y: v128): v128 {
    return i32x4.mul(x, y);
  }
}

class Div extends Binary {
  lanes(x: v128, y: v128): v128 {
    return v128.div<real>(x, y);
  }
}

/** z = x + y. x, y, z [n] */
export function add(x: usize, y: usize, z: usize, begin: i32, end: i32): void {
  zip<Sum>(x, y, z, begin, end);
}

/** z = x − y. x, y, z [n] */
export function sub(x: usize, y: usize, z: usize, begin: i32, end: i32): void {
  zip<Sub>(x, y, z, begin, end);
}

/** z = x · y. x, y, z [n] */
export function mul(x: usize, y: usize, z: usize, begin: i32, end: i32): void {
  zip<Product>(x, y, z, begin, end);
}

/** z = x / y. x, y, z [n] */
export function div(x: usize, y: usize, z: usize, begin: i32, end: i32): void {
  zip<Div>(x, y, z, begin, end);
}

/** z = x + y, broadcast: for the layout see broadcast.ts. */
export function addBroadcast(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<Sum>(x, y, z, layout, begin, end);
}

/** z = x − y, broadcast as by addBroadcast. */
export function subBroadcast(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<Sub>(x, y, z, layout, begin, end);
}

/** z = x · y, broadcast as by addBroadcast. */
export function mulBroadcast(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<Product>(x, y, z, layout, begin, end);
}

/** z = x / y, broadcast as by addBroadcast. */
export function divBroadcast(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<Div>(x, y, z, layout, begin, end);
}

/** z = x + y of i32, modulo 2³², broadcast as by addBroadcast. */
export function addInt(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<AddInt>(x, y, z, layout, begin, end);
}

/** z = x − y of i32, modulo 2³², broadcast as by addBroadcast. */
export function subInt(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<SubInt>(x, y, z, layout, begin, end);
}

/** z = x · y of i32, modulo 2³², broadcast as by addBroadcast. */
export function mulInt(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<MulInt>(x, y, z, layout, begin, end);
}
