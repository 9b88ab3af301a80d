/** Curves on logarithmic axes. */
import * as Plot from "@observablehq/plot";
import type { PlotOptions } from "@observablehq/plot";

/** What of each datum stands where; `name` tells curves apart and stands at their ends. */
interface Channels<Datum> {
  readonly x: keyof Datum & string;
  readonly y: keyof Datum & string;
  readonly name: (datum: Datum) => string;
  /** Default the names of x and y. */
  readonly labels?: readonly [x: string, y: string];
}

/** One curve for each name, through its data in order. */
export function curves<Datum>(
  data: readonly Datum[],
  { x, y, name, labels = [x, y] }: Channels<Datum>,
): PlotOptions {
  const axis = { type: "log", grid: true, tickFormat: "~g" } as const;
  return {
    x: { ...axis, label: labels[0] },
    y: { ...axis, label: labels[1] },
    color: { type: "categorical" },
    marginRight: 24 + 6 * Math.max(...data.map((datum) => name(datum).length)),
    marks: [
      Plot.lineY(data, { x, y, z: name, stroke: name, marker: true }),
      Plot.text(data, Plot.selectLast({ x, y, z: name, text: name, dx: 8, textAnchor: "start" })),
    ],
  };
}
