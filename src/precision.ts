/** Whether results may be rounded more than need be for speed: what `init({ precise })` says. */

let precise = false;

/** Whether no algorithm may be used that rounds more than the plain one. */
export function isPrecise(): boolean {
  return precise;
}

export function setPrecise(value: boolean): void {
  precise = value;
}
