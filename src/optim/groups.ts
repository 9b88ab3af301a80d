/** Parameters in groups, each with an optimiser of its own. */
import { OptionError } from "../errors.js";
import { checkState, type State } from "../io/state.js";
import type { Optimizer } from "./optimizer.js";

/**
 * Several optimisers that step together, each over its own parameters: other options, or another method, for biases,
 * embeddings, a new head. Throws OptionError if two of them share a name.
 *
 *     const { "2.weight": head, ...body } = model.parameters();
 *     const optimizer = new optim.Groups({
 *       body: new optim.AdamW(body, { learningRate: 1e-5 }),
 *       head: new optim.SGD({ "2.weight": head }, { learningRate: 1e-2 }),
 *     });
 */
export class Groups {
  readonly parameters: State;

  constructor(readonly groups: Readonly<Record<string, Optimizer>>) {
    const parameters: Record<string, State[string]> = {};
    for (const [group, optimizer] of Object.entries(groups))
      for (const [name, parameter] of Object.entries(optimizer.parameters)) {
        if (Object.hasOwn(parameters, name))
          throw new OptionError(`Groups: "${group}" has "${name}", which another group has too`);
        parameters[name] = parameter;
      }
    this.parameters = parameters;
  }

  /** One step of each: see `Optimizer.step`. */
  step(gradients: State): void {
    checkState("Groups.step", gradients, this.parameters);
    for (const optimizer of Object.values(this.groups)) void optimizer.learningRate; // throws before anything has changed
    for (const optimizer of Object.values(this.groups))
      optimizer.step(
        Object.fromEntries(Object.keys(optimizer.parameters).map((name) => [name, gradients[name]])),
      );
  }

  /** What the optimisers remember, as "group.name". */
  state(): State {
    return Object.fromEntries(
      Object.entries(this.groups).flatMap(([group, optimizer]) =>
        Object.entries(optimizer.state()).map(([name, tensor]) => [`${group}.${name}`, tensor]),
      ),
    );
  }

  /** Copies a saved state into this one. Throws if a name, shape or dtype differs, having changed nothing. */
  load(state: State): void {
    checkState("Groups.load", state, this.state());
    for (const [group, optimizer] of Object.entries(this.groups))
      optimizer.load(
        Object.fromEntries(
          Object.keys(optimizer.state()).map((name) => [name, state[`${group}.${name}`]] as const),
        ),
      );
  }

  dispose(): void {
    for (const optimizer of Object.values(this.groups)) optimizer.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
