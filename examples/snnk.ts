/**
 * Dense layers whose inputs and weights are kept apart.
 *
 * Arijit Sehanobish, Krzysztof Choromanski, Yunfan Zhao, Avinava Dubey, Valerii Likhosherstov: "Scalable neural network kernels", ICLR 2024. Sections are numbered as
 * there.
 *
 * A layer f(W x + b) becomes Φ(x)·Ψ(W, b). How near the product is to f; a network bundled into one layer, whose optimum has a closed form; and adapters that fine-tune a
 * frozen network: on the digits of MNIST.
 */
import * as Plot from "@observablehq/plot";
import {
  add, argmax, features, gather, layerNorm, l2Normalize, metrics, nn, oneHot, optim, permuteDims, random, reshape, slice, type Tensor, valueAndGrad,
} from "lanewise"; // prettier-ignore
import { type Digits, mnist, SIDE } from "./data/mnist.js";
import { pointwise } from "./snnk/pointwise.js";
import { example, type Lab } from "./harness/example.js";
