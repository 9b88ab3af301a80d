/** What models of moments have in common: rows that come block by block, and a solution that is made when it is asked for. */
import { OptionError } from "../errors.js";
import { keep, scope } from "../memory.js";
import type { Tensor } from "../tensor.js";
import { Moments, type RealType } from "./moments.js";

/** Features of rows: [n, d] → [n, m]. */
export type Features = (x: Tensor) => Tensor;

export interface StreamedOptions {
  /** Features of the inputs. Default the inputs themselves. */
  map?: Features;
  /** In which numbers sums are kept and the model is solved. Default "float64": see Moments. */
  dtype?: RealType;
}

type Solved = Readonly<Record<string, Tensor>>;

export abstract class Streamed<Solution extends Solved> {
  readonly map: Features;
  readonly #dtype: RealType | undefined;
  #moments: Moments | undefined;
  #solution: Solution | undefined;

  constructor({ map = (x) => x, dtype }: StreamedOptions) {
    this.map = map;
    this.#dtype = dtype;
  }

  /** The model of what all rows add up to; its tensors are this one's. */
  protected abstract solve(moments: Moments): Solution;

  /** Adds blocks of rows, or takes them away. */
  protected gather(how: "update" | "remove", columns: () => Tensor[]): void {
    scope(() => {
      const blocks = columns();
      this.#moments ??= new Moments(
        blocks.map(({ shape }) => shape[1]),
        { dtype: this.#dtype },
      );
      this.#moments[how](...blocks);
    });
    this.#forget();
  }

  /** What all rows add up to. Throws before the first of them. */
  get moments(): Moments {
    if (this.#moments === undefined)
      throw new OptionError(`${this.constructor.name}: has seen no rows yet: call update`);
    return this.#moments;
  }

  /** What the model found, when it is first asked for. It is replaced when rows are added. */
  get solution(): Solution {
    if (this.#solution !== undefined) return this.#solution;
    const { moments } = this;
    const solution = scope(() => this.solve(moments) as Solved) as Solution;
    for (const tensor of Object.values(solution)) keep(tensor);
    return (this.#solution = solution);
  }

  #forget(): void {
    for (const tensor of Object.values(this.#solution ?? {})) tensor.dispose();
    this.#solution = undefined;
  }

  /** Forgets all rows, and frees what was found. */
  dispose(): void {
    this.#forget();
    this.#moments?.dispose();
    this.#moments = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
