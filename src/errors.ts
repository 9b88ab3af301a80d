/** The errors that this library throws. Each message begins with the op or function that refused. */

/** What every error of this library is an instance of. */
export class LanewiseError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/** Shapes, ranks, axes or sizes that do not fit together. */
export class ShapeError extends LanewiseError {}

/** A dtype that the op does not take. */
export class DTypeError extends LanewiseError {}

/** An index outside the axis it points into. */
export class IndexError extends LanewiseError {}

/** An option that does not exist, or a value that it cannot have. */
export class OptionError extends LanewiseError {}

/** A tensor used after its disposal. */
export class DisposedError extends LanewiseError {}

/** A derivative that does not exist. */
export class GradientError extends LanewiseError {}

/** No device, an unsuitable one, or tensors of two devices in one op. */
export class DeviceError extends LanewiseError {}

/** A thread that shares a device's work died, or did not start. */
export class WorkerError extends DeviceError {}

/** The device's memory is exhausted. */
export class OutOfMemoryError extends LanewiseError {}

/** A matrix that cannot be factored: it has no pivot at row `pivot`, counted from 0; the `index`-th of a batch. */
export class MatrixError extends LanewiseError {
  constructor(
    message: string,
    readonly pivot = 0,
    readonly index = 0,
  ) {
    super(message);
  }
}

/** A file that is not what it claims to be. */
export class FormatError extends LanewiseError {}
