/** One step of stochastic gradient descent on a perceptron with one hidden layer: the workload, and its exact result. */
import { type Array32, integers, reals, size, type Workload } from "./workload.js";

const LEARNING_RATE = 0.1;

/** The parameters after one step from `inputs`, in float64, and each one's step. */
function step([x, w1, b1, w2, b2]: readonly Array32[], labels: Int32Array) {
  const [batch, width] = x.shape;
  const [hidden, classes] = [w1.shape[0], w2.shape[0]];
  const steps = [w1, b1, w2, b2].map(({ data }) => new Float64Array(data.length));
  const [dw1, db1, dw2, db2] = steps;
  for (let i = 0; i < batch; i++) {
    const row = x.data.subarray(i * width, (i + 1) * width);
    const dot = (w: Float32Array, at: number, v: ArrayLike<number>): number => {
      let sum = 0;
      for (let p = 0; p < v.length; p++) sum += w[at * v.length + p] * v[p];
      return sum;
    };
    const h = Float64Array.from({ length: hidden }, (_, j) => Math.max(0, dot(w1.data, j, row) + b1.data[j]));
    const z = Float64Array.from({ length: classes }, (_, c) => dot(w2.data, c, h) + b2.data[c]);
    const total = z.reduce((sum, value) => sum + Math.exp(value), 0);
    const dh = new Float64Array(hidden);
    for (let c = 0; c < classes; c++) {
      const dz = (Math.exp(z[c]) / total - Number(labels[i] === c)) / batch;
      db2[c] += dz;
      for (let j = 0; j < hidden; j++) {
        dw2[c * hidden + j] += dz * h[j];
        dh[j] += dz * w2.data[c * hidden + j];
      }
    }
    for (let j = 0; j < hidden; j++) {
      if (h[j] === 0) continue;
      db1[j] += dh[j];
      for (let p = 0; p < width; p++) dw1[j * width + p] += dh[j] * row[p];
    }
  }
  return steps;
}

/** Forward, backward and update; the result is every parameter afterwards: weights [out, in], bias, layer by layer. */
export function train(batch: number, [width, hidden, classes]: readonly [number, number, number]): Workload {
  const labels = integers(20, classes, batch);
  const shapes = [[hidden, width], [hidden], [classes, hidden], [classes]];
  const small = (seed: number, ...shape: number[]): Array32 => {
    const { data } = reals(seed, ...shape);
    return { shape, data: data.map((value) => value / Math.sqrt(shape[shape.length - 1])) };
  };
  return {
    name: `training step ${width}-${hidden}-${classes}, batch ${batch}`,
    task: { kind: "train", labels, learningRate: LEARNING_RATE },
    inputs: () => [reals(21, batch, width), ...shapes.map((shape, i) => small(22 + i, ...shape))],
    shape: [shapes.reduce((sum, shape) => sum + size(shape), 0)],
    flops: 2 * batch * (2 * width * hidden + 3 * hidden * classes),
    exact: (inputs) => {
      const steps = step(inputs, labels);
      const values = steps.map((gradient, i) =>
        gradient.map((g, at) => inputs[i + 1].data[at] - LEARNING_RATE * g),
      );
      const tolerances = steps.map(
        (gradient) => 1e-3 * LEARNING_RATE * gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0),
      );
      return (index) => {
        let layer = 0;
        while (index >= values[layer].length) index -= values[layer++].length;
        return { value: values[layer][index], tolerance: tolerances[layer] };
      };
    },
  };
}
