/** The same digits by two layers of ReLU-SNNK bundled into one, whose weights have a closed form: see snnk.ts. */
import { features, l2Normalize, nn, oneHot, random, scope, slice, type Tensor } from "lanewise";
import { type Digits, SIDE } from "./data/mnist.js";

const PIXELS = SIDE * SIDE;
const FEATURES = 1024;
/** Digits whose features are made at a time. */
const BLOCK = 1000;

/** Rows of equal length: the kernel grows with it. */
class Unit extends nn.Module {
  forward(x: Tensor): Tensor {
    return l2Normalize(x);
  }
}

/** 784 → 1024 → 1024 features without a parameter, and 10 sums of them, which one pass over the digits determines: no gradient, no second look. */
export function bundled(
  { images, labels, count }: Digits,
  key: random.Key,
  seen: (done: number) => void,
): nn.Module {
  const [first, second, ...layers] = random.split(key, 5);
  const orthogonal = { projection: features.orthogonalProjection };
  const kernels = [
    new features.ArcCosine(PIXELS, FEATURES, { key: first, ...orthogonal }),
    new features.ArcCosine(FEATURES, FEATURES, { key: second, ...orthogonal }),
  ];
  const widths = [PIXELS, 256, 256, 10];
  const dense = layers.map((key, i) => new nn.Linear(widths[i], widths[i + 1], { key, bias: false }));
  const bundle = new features.Bundle(dense, kernels);
  for (const layer of dense) layer.dispose();
  const model = bundle.regression({ ridge: 1e-7 });
  for (let begin = 0; begin < count; begin += BLOCK)
    scope(() => {
      const rows = Math.min(BLOCK, count - begin);
      const x = l2Normalize(slice(images, [begin, 0], [rows, PIXELS]));
      model.update(x, oneHot(slice(labels, [begin], [rows]), 10));
      seen(begin + rows);
    });
  bundle.adopt(model);
  model.dispose();
  return new nn.Sequential(new Unit(), bundle);
}
