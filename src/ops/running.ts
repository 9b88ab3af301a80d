/** Averages that follow what passes by, unseen by any gradient. */
import { isRepeating } from "../draws.js";
import { scope } from "../memory.js";
import { withTraces } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { add, mul, sub } from "./binary.js";
import { write } from "./movement.js";

/** Writes a new value into a tensor, unless a checkpoint runs the same function again. */
export function renew(target: Tensor, value: () => Tensor): void {
  if (isRepeating()) return;
  withTraces([], () => scope(() => write(target, value(), { begin: target.shape.map(() => 0) })));
}

/** running += rate · (value − running) */
export function follow(running: Tensor, rate: number, value: () => Tensor): void {
  renew(running, () => add(running, mul(sub(value(), running), rate)));
}
