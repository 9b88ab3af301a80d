/** What many numbers come to. */
export function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** The power of x that y goes with, by the least squares of their logarithms. */
export function exponent(points: readonly (readonly [x: number, y: number])[]): number {
  const [xs, ys] = [0, 1].map((i) => points.map((point) => Math.log(point[i])));
  const [x, y] = [average(xs), average(ys)];
  return (
    average(xs.map((value, i) => (value - x) * (ys[i] - y))) / average(xs.map((value) => (value - x) ** 2))
  );
}

/** The share of places at which a and b are the same. */
export function shareOfEqual(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return average(Array.from(a, (value, i) => Number(value === b[i])));
}

/** The numbers of tensors by name: of a model's parameters, for one. */
export function parameterCount(tensors: Record<string, { readonly size: number }>): number {
  return Object.values(tensors).reduce((sum, { size }) => sum + size, 0);
}
