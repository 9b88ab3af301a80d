/** States: tensors by name, as models and optimisers hold them and files keep them. */
import { DTypeError, OptionError, ShapeError } from "../errors.js";
import { sameShape, show } from "../shape.js";
import { Tensor } from "../tensor.js";

/** Tensors by name. */
export type State = Readonly<Record<string, Tensor>>;

/** The names of a state, for messages: the first few of many. */
function namesOf(state: State): string {
  const names = Object.keys(state);
  const few = names.slice(0, 10).join(", ") || "nothing";
  return names.length > 10 ? `${few}, … (${names.length})` : few;
}

/**
 * Throws unless both hold live tensors of the same names, shapes and dtypes: OptionError for a name, ShapeError,
 * DTypeError, DisposedError.
 */
export function checkState(who: string, given: State, expected: State): void {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(expected, name))
      throw new OptionError(`${who}: unknown name "${name}", expected ${namesOf(expected)}`);
  for (const [name, model] of Object.entries(expected)) {
    checkTensor(who, name, model);
    const { shape, dtype } = model;
    if (!Object.hasOwn(given, name))
      throw new OptionError(`${who}: "${name}" is missing, got ${namesOf(given)}`);
    const tensor = given[name];
    checkTensor(who, name, tensor);
    if (tensor.dtype !== dtype)
      throw new DTypeError(`${who}: "${name}" is ${tensor.dtype}, expected ${dtype}`);
    if (!sameShape(tensor.shape, shape))
      throw new ShapeError(`${who}: "${name}" is ${show(tensor.shape)}, expected ${show(shape)}`);
  }
}

/** Throws unless `tensor` is one, and alive. */
export function checkTensor(who: string, name: string, tensor: unknown): asserts tensor is Tensor {
  if (!(tensor instanceof Tensor))
    throw new DTypeError(`${who}: "${name}" is ${typeof tensor}, expected a tensor`);
  tensor.block(who, `"${name}"`);
}

/** Copies the elements of `from` into `into`. Throws what `checkState` throws, having changed nothing. */
export function copyState(who: string, from: State, into: State): void {
  checkState(who, from, into);
  const entries = Object.entries(into).map(([name, tensor]) => [tensor, from[name].dataSync()] as const);
  for (const [tensor, numbers] of entries) tensor.device.write(tensor.block(who), numbers);
}
