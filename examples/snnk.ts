/**
 * Dense layers whose inputs and weights are kept apart.
 *
 * Arijit Sehanobish, Krzysztof Choromanski, Yunfan Zhao, Avinava Dubey, Valerii Likhosherstov: "Scalable neural network kernels", ICLR 2024. Sections are numbered as
 * there.
 *
 * A layer f(W x + b) becomes Φ(x)·Ψ(W, b). How near the product is to f; a network bundled into one layer, whose optimum has a closed form; and adapters that fine-tune a
 * frozen network: on the digits of MNIST.
 */
import { example } from "./harness/example.js";
import { adapters } from "./snnk/adapters.js";
import { bundling } from "./snnk/bundling.js";
import { pointwise } from "./snnk/pointwise.js";

export default example("Sehanobish et al.: Scalable neural network kernels, 2024", (lab) => {
  pointwise(lab);
  bundling(lab);
  adapters(lab);
});
