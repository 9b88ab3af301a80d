/** Pixels that become channels, and channels that become pixels. */
import { OptionError, ShapeError } from "../errors.js";
import { scope } from "../memory.js";
import { show } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { channelsFirst, checkImages, type Format, toFirst, toLast } from "./conv/window.js";
import { permuteDims, reshape } from "./movement.js";

/** f of images of two spatial axes with their channels last, its result in their format. */
function inFormat(
  name: string,
  x: Tensor,
  factor: number,
  { dataFormat }: Format,
  f: (images: Tensor) => Tensor,
): Tensor {
  const first = channelsFirst(name, 2, dataFormat);
  checkImages(name, "x", x, 2);
  if (!Number.isInteger(factor) || factor < 1)
    throw new OptionError(`${name}: factor is ${factor}, expected a whole number ≥ 1`);
  return scope(() => (first ? toFirst(f(toLast(x))) : f(x)));
}

/**
 * `pixelShuffle(x, factor)`: channels become pixels (Shi et al., 2016): y[n, h·r + i, w·r + j, c] = x[n, h, w, c·r² + i·r + j] for r the
 * factor. x [batch, height, width, channels · r²] → [batch, height · r, width · r, channels].
 */
export function pixelShuffle(x: Tensor, factor: number, format: Format = {}): Tensor {
  return inFormat("pixelShuffle", x, factor, format, (images) => {
    const [batch, h, w, all] = images.shape;
    const channels = all / (factor * factor);
    if (!Number.isInteger(channels))
      throw new ShapeError(
        `pixelShuffle: x is ${show(x.shape)}, whose ${all} channels do not divide by ${factor}²`,
      );
    const apart = permuteDims(reshape(images, [batch, h, w, channels, factor, factor]), [0, 1, 4, 2, 5, 3]);
    return reshape(apart, [batch, h * factor, w * factor, channels]);
  });
}

/** `pixelUnshuffle(x, factor)`: pixels become channels, the inverse of pixelShuffle. */
export function pixelUnshuffle(x: Tensor, factor: number, format: Format = {}): Tensor {
  return inFormat("pixelUnshuffle", x, factor, format, (images) => {
    const [batch, h, w, channels] = images.shape;
    if (h % factor !== 0 || w % factor !== 0)
      throw new ShapeError(
        `pixelUnshuffle: x is ${show(x.shape)}, whose ${h} × ${w} pixels do not divide by ${factor}`,
      );
    const apart = permuteDims(reshape(images, [batch, h / factor, factor, w / factor, factor, channels]), [0, 1, 3, 5, 2, 4]); // prettier-ignore
    return reshape(apart, [batch, h / factor, w / factor, channels * factor * factor]);
  });
}
