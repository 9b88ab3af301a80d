/** Figures as SVG. */
import { plot, type PlotOptions } from "@observablehq/plot";
import { parseHTML } from "linkedom";

/** A plot as the text of an SVG file, on white, with its title in it. */
export function svg(options: PlotOptions): string {
  const { document } = parseHTML("<html><body></body></html>");
  const { title, ...rest } = options;
  const drawn = plot({ width: 720, height: 420, marginLeft: 56, ...rest, document } as PlotOptions);
  // With a legend or a caption the plot comes as a <figure> of several drawings: only the last one is the plot itself.
  const drawings = drawn.tagName.toLowerCase() === "svg" ? [drawn] : [...drawn.querySelectorAll("svg")];
  const chart = drawings.at(-1) as SVGElement;
  chart.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  chart.setAttribute("style", "background: white");
  const caption = title === undefined ? "" : `<title>${escape(String(title))}</title>`;
  return `${chart.outerHTML.replace(/^<svg[^>]*>/, (tag) => tag + caption)}\n`;
}

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
