/** Whole programs for `hashes.ts`: each returns tensors that depend on all that it did. */
import * as L from "../src/index.js";

const { features, nn, optim, random } = L;

/** Losses of five steps on the same batch, and the parameters afterwards. */
function trained(
  model: L.nn.Module & { forward(x: L.Tensor): L.Tensor },
  optimizer: L.optim.Optimizer,
  x: L.Tensor,
  labels: L.Tensor,
): L.Tensor[] {
  const parameters = model.parameters();
  const step = L.valueAndGrad(
    (x: L.Tensor, labels: L.Tensor) => nn.crossEntropy(model.forward(x), labels),
    parameters,
  );
  const losses = Array.from({ length: 5 }, () => {
    const [loss, gradients] = step(x, labels);
    optimizer.step(gradients);
    return loss;
  });
  return [...losses, ...Object.values(parameters), ...Object.values(model.buffers())];
}

const classes = (count: number): L.Tensor =>
  L.tensor(
    Array.from({ length: count }, (_, i) => i % 10),
    [count],
    "int32",
  );

/** 20-64-10 with a dropout, Adam. */
function perceptron(): L.Tensor[] {
  const [first, second, third, data] = random.split(random.key(1), 4);
  const model = new nn.Sequential(
    new nn.Linear(20, 64, { key: first }),
    new nn.ReLU(),
    new nn.Dropout(0.1, { key: third }),
    new nn.Linear(64, 10, { key: second }),
  );
  const optimizer = new optim.Adam(model.parameters(), { learningRate: 1e-2 });
  return trained(model, optimizer, random.normal(data, [48, 20]), classes(48));
}

/** Two convolutions with normalisation and pooling on 12² × 3, Adam. */
function convolutional(): L.Tensor[] {
  const [first, second, third, data] = random.split(random.key(2), 4);
  const model = new nn.Sequential(
    new nn.Conv2d(3, 16, 3, { key: first, padding: "same" }),
    new nn.BatchNorm(16),
    new nn.ReLU(),
    new nn.MaxPool(2),
    new nn.Conv2d(16, 24, 3, { key: second, padding: "same" }),
    new nn.Tanh(),
    new nn.Flatten(),
    new nn.Linear(6 * 6 * 24, 10, { key: third, initializer: nn.orthogonal }),
  );
  const optimizer = new optim.Adam(model.parameters(), { learningRate: 1e-3 });
  return trained(model, optimizer, random.normal(data, [8, 12, 12, 3]), classes(8));
}

/** An embedding, sinusoidal positions and a causal block of attention, AdamW along a cosine. */
function transformer(): L.Tensor[] {
  const [first, second, third, data] = random.split(random.key(3), 4);
  class Model extends nn.Module {
    readonly embedding = new nn.Embedding(30, 32, { key: first });
    readonly block = new nn.TransformerBlock(32, 4, { key: second, causal: true, rotary: true });
    readonly head = new nn.Linear(32, 10, { key: third, initializer: nn.orthogonal });

    forward(tokens: L.Tensor): L.Tensor {
      const x = L.add(this.embedding.forward(tokens), L.sinusoidalPositions(tokens.shape[1], 32));
      return this.head.forward(L.mean(this.block.forward(x), { axis: 1 }));
    }
  }
  const model = new Model();
  const { schedules } = optim;
  const learningRate = schedules.warmUp(2, schedules.cosine(3e-3, 7));
  const optimizer = new optim.AdamW(model.parameters(), { learningRate });
  const tokens = L.cast(random.uniform(data, [6, 24], { low: 0, high: 30 }), "int32");
  return trained(model, optimizer, tokens, classes(6));
}

/** What is made by numbers in JavaScript: projections, spectral laws, kernels of activations. */
function randomFeatures(): L.Tensor[] {
  const key = random.key(4);
  const shape = [40, 12] as const;
  const projections = [
    features.gaussianProjection(key, shape, { dtype: "float64" }),
    features.orthogonalProjection(key, shape, { dtype: "float64" }),
    features.haltonProjection(key, shape, { dtype: "float64" }) as L.Tensor,
    features.sobolProjection(key, shape, { dtype: "float64" }) as L.Tensor,
  ];
  const kernels = [
    features.gaussianKernel({ lengthscale: 0.7 }),
    features.laplacianKernel(),
    features.maternKernel({ nu: 1.5 }),
  ];
  const frequencies = kernels.map(
    (kernel) => kernel.frequencies(key, shape, features.orthogonalProjection) as L.Tensor,
  );
  const x = L.mul(random.normal(random.key(5), [20, 12]), 0.2);
  const activations = [
    ...(["cos", "sin", "exp", "gaussian", "cauchy", "sech", "sechSquared", "tanh"] as const),
    ...(["sigmoid", "softplus", "gelu", "step", "relu"] as const),
  ];
  const maps = [
    ...activations.map((activation) => features.snnkKernel(activation, 12, 64, { key })),
    new features.PositiveExponential(12, 64, { key, a: -0.2, hyperbolic: true }),
    new features.RandomFourier(12, 64, { key, projection: features.structuredProjection, form: "cos" }),
  ];
  return [...projections, ...frequencies, ...maps.flatMap((map) => [map.phi(x), map.psi(x)])];
}

export const workloads: Readonly<Record<string, () => L.Tensor[]>> = {
  "5 steps of a perceptron": perceptron,
  "5 steps of a convolutional network": convolutional,
  "5 steps of a transformer": transformer,
  "random features": randomFeatures,
};
