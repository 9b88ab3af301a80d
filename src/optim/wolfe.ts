/** A line search for lengths that satisfy the strong Wolfe conditions. Nocedal, Wright: "Numerical optimization", 2006. */

/** The loss at some length along a direction, and its slope there. */
export interface Point {
  readonly length: number;
  readonly value: number;
  readonly slope: number;
}

/** Sufficient decrease, and curvature: equations 3.7. */
const DECREASE = 1e-4;
const CURVATURE = 0.9;

/** Evaluations at most. */
const LIMIT = 25;

/** Where a cubic through two points, with their slopes, is least: equation 3.59; the middle if that lies outside. */
function minimum(a: Point, b: Point): number {
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.length - b.length);
  const square = d1 * d1 - a.slope * b.slope;
  const [low, high] = a.length < b.length ? [a.length, b.length] : [b.length, a.length];
  const margin = 0.1 * (high - low);
  if (square >= 0) {
    const d2 = Math.sign(b.length - a.length) * Math.sqrt(square);
    const at = b.length - ((b.length - a.length) * (b.slope + d2 - d1)) / (b.slope - a.slope + 2 * d2);
    if (at > low + margin && at < high - margin) return at;
  }
  return (low + high) / 2;
}

/**
 * Looks for a length from `first` on, by algorithms 3.5 and 3.6, until both conditions hold. The last call of `phi` is of
 * the length that it settles for. Whether that length decreases the loss.
 */
export function strongWolfe(phi: (length: number) => Point, start: Point, first: number): boolean {
  const decreases = ({ length, value }: Point): boolean =>
    value <= start.value + DECREASE * length * start.slope;
  const flat = ({ slope }: Point): boolean => Math.abs(slope) <= -CURVATURE * start.slope;
  let [low, high]: [Point, Point | undefined] = [start, undefined];
  let point = phi(first);
  for (let i = 1; i < LIMIT; i++) {
    if (!decreases(point) || (point.value >= low.value && low !== start)) high = point;
    else if (flat(point)) return true;
    else if (high !== undefined ? point.slope * (high.length - low.length) >= 0 : point.slope >= 0)
      [low, high] = [point, low];
    else low = point;
    if (high !== undefined && Math.abs(high.length - low.length) < 1e-9 * Math.max(1, low.length)) break;
    const next =
      high === undefined
        ? 2 * low.length
        : Number.isFinite(high.value)
          ? minimum(low, high)
          : (low.length + high.length) / 2;
    point = phi(next);
  }
  if (point !== low && !(decreases(point) && flat(point))) point = low === start ? point : phi(low.length);
  return decreases(point) && point.value < start.value;
}
