/** Tensors in nested arrays and objects: how gradients of many tensors travel together. */
import { OptionError } from "./errors.js";
import { Tensor } from "./tensor.js";

/** A tensor, or arrays and objects of them. */
export type Tree = Tensor | readonly Tree[] | { readonly [key: string]: Tree };

/** The tensors of a tree, in order. */
export function leavesOf(tree: Tree, path = "tree"): Tensor[] {
  if (tree instanceof Tensor) return [tree];
  if (typeof tree !== "object" || tree === null)
    throw new OptionError(`${path} is ${String(tree)}, expected a tensor, an array or an object of them`);
  return Object.entries(tree).flatMap(([key, branch]) => leavesOf(branch, `${path}.${key}`));
}

/** A tree of the same form whose leaves are taken from `leaves` in order. */
export function withLeaves<T extends Tree>(tree: T, leaves: readonly Tensor[]): T {
  let next = 0;
  const build = (branch: Tree): Tree => {
    if (branch instanceof Tensor) return leaves[next++];
    if (Array.isArray(branch)) return branch.map(build);
    return Object.fromEntries(Object.entries(branch).map(([key, value]) => [key, build(value)]));
  };
  return build(tree) as T;
}
