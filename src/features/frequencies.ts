/** How frequencies ξ are drawn, and their weights: f̂(ξ) over the density that they are drawn by. */
import { OptionError } from "../errors.js";
import { hypot } from "../exact.js";
import type { Complex, DensitySpectrum, LineSpectrum, Proposal, Spectrum } from "./spectra.js";

export interface Law {
  readonly sample: (uniform: () => number) => number;
  readonly weightOf: (xi: number) => Complex;
}

/** Chances of the lines of a spectrum, or a density. */
export type ProposalOption = Proposal | readonly number[];

const WHO = "UniversalRandomFeatures";

/** So many points of the transform are looked at, and this share of its largest value counts as mass. */
const PROBES = 2001;
const MASS = 1e-9;

const sizeOf = ([re, im]: Complex): number => hypot(re, im);
const over = ([re, im]: Complex, by: number): Complex => [re / by, im / by];
const complex = (value: number | Complex): Complex => (typeof value === "number" ? [value, 0] : value);
const isList = (proposal: ProposalOption): proposal is readonly number[] => Array.isArray(proposal);

const nothing = (xi: number, name: string): OptionError =>
  new OptionError(
    `${WHO}: the proposal's density is 0 at ξ = ${xi}, where the transform of ${name} has mass`,
  );

/** Each line's share of all, or what `proposal` says of it. */
function chancesOf({ lines, name }: LineSpectrum, proposal: ProposalOption | undefined): readonly number[] {
  const sizes = lines.map(({ weight }) => sizeOf(weight));
  if (proposal === undefined) {
    const total = sizes.reduce((a, b) => a + b, 0);
    return sizes.map((size) => size / total);
  }
  if (!isList(proposal) || proposal.length !== lines.length)
    throw new OptionError(
      `${WHO}: proposal is no list of ${lines.length} chances, one for each line of ${name}`,
    );
  const total = proposal.reduce((a, b) => a + b, 0);
  if (!proposal.every((p) => p >= 0) || Math.abs(total - 1) > 1e-9)
    throw new OptionError(
      `${WHO}: proposal is [${proposal.join(", ")}], expected chances ≥ 0 with the sum 1`,
    );
  lines.forEach(({ xi }, i) => {
    if (proposal[i] === 0 && sizes[i] > 0) throw nothing(xi, name);
  });
  return proposal;
}

function lawOfLines(spectrum: LineSpectrum, proposal: ProposalOption | undefined): Law {
  const { lines, name } = spectrum;
  const chances = chancesOf(spectrum, proposal);
  return {
    sample(uniform) {
      const u = uniform();
      let i = 0;
      for (let below = chances[0]; u >= below && i < lines.length - 1; below += chances[i]) i++;
      return lines[i].xi;
    },
    weightOf(xi) {
      const i = lines.findIndex((line) => Math.abs(line.xi - xi) <= 1e-9 * Math.abs(xi));
      if (i < 0) throw new OptionError(`${WHO}: frequencies has ${xi}, which is no line of ${name}`);
      return over(lines[i].weight, chances[i]);
    },
  };
}

/** Throws where a proposal never draws what has mass. */
function checkDensity({ transform, width, name }: DensitySpectrum, { density }: Proposal): void {
  const points = Array.from({ length: PROBES }, (_, i) => width * ((2 * i) / (PROBES - 1) - 1));
  const sizes = points.map((xi) => sizeOf(complex(transform(xi))));
  const least = MASS * sizes.reduce((a, b) => Math.max(a, b), 0);
  points.forEach((xi, i) => {
    if (sizes[i] > least && !(density(xi) > 0)) throw nothing(xi, name);
  });
}

/** The law that frequencies of a spectrum are drawn by: its own, or a proposal. Throws OptionError where that misses some of it. */
export function lawOf(
  spectrum: Exclude<Spectrum, { kind: "exponential" }>,
  proposal: ProposalOption | undefined,
): Law {
  if (spectrum.kind === "lines") return lawOfLines(spectrum, proposal);
  const { transform, law, name } = spectrum;
  if (proposal === undefined) {
    if (law === undefined)
      throw new OptionError(
        `${WHO}: proposal is missing: nothing draws frequencies by the transform of ${name}`,
      );
    return { sample: law.sample, weightOf: () => [law.mass, 0] };
  }
  if (isList(proposal)) throw new OptionError(`${WHO}: proposal is a list, expected a density for ${name}`);
  checkDensity(spectrum, proposal);
  return {
    sample: proposal.sample,
    weightOf(xi) {
      const density = proposal.density(xi);
      if (!(density > 0)) throw nothing(xi, name);
      return over(complex(transform(xi)), density);
    },
  };
}
