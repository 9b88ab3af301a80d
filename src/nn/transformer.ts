/** Attention as a layer, and the blocks that transformers are made of. */
import { checkOptions } from "../arguments.js";
import { OptionError } from "../errors.js";
import { scope } from "../memory.js";
import { gelu, silu } from "../ops/activations.js";
import { attention } from "../ops/attend.js";
import { add } from "../ops/binary.js";
import { rotary } from "../ops/positions.js";
import type { Key } from "../ops/random.js";
import { relu } from "../ops/unary.js";
import { split } from "../random.js";
import type { Tensor } from "../tensor.js";
import { Dropout } from "./dropout.js";
import { checkKey, type Initializer } from "./initializers.js";
import { Linear } from "./linear.js";
import { Module } from "./module.js";
import { LayerNorm } from "./normalization.js";

export interface AttentionLayerOptions {
  /** Where the random weights come from. */
  key: Key;
  /** Heads of keys and values. Default as many as heads. */
  kvHeads?: number;
  /** Whether the four linear maps have a bias. Default true. */
  bias?: boolean;
  /** Whether each place sees only those up to it. Default false. */
  causal?: boolean;
  /** Whether queries and keys are turned by their positions (`rotary`); a number: its base. Default false. */
  rotary?: boolean | number;
  /** Makes the weights. Default `glorotUniform`. */
  initializer?: Initializer;
}

const attentionOptions = ["key", "kvHeads", "bias", "causal", "rotary", "initializer"];

export interface Context {
  /** Where keys and values come from [..., keys, width]. Default x itself. */
  context?: Tensor;
  /** Truth values that broadcast to [..., heads, queries, keys]: false where a query must not see a key. */
  mask?: Tensor;
}

/**
 * attention(queries(x), keys(context), values(context)) in heads, then a linear map: x [..., queries, width] → the same. Vaswani et al.:
 * "Attention is all you need", 2017, section 3.2.2.
 */
export class MultiHeadAttention extends Module {
  readonly queries: Linear;
  readonly keys: Linear;
  readonly values: Linear;
  readonly output: Linear;
  readonly #heads: number;
  readonly #kvHeads: number;
  readonly #causal: boolean;
  readonly #base: number | undefined;

  constructor(width: number, heads: number, options: AttentionLayerOptions) {
    super();
    checkOptions("MultiHeadAttention", options, attentionOptions);
    const { key, kvHeads = heads, bias, causal = false, rotary = false, initializer } = options;
    checkKey("MultiHeadAttention", key);
    for (const [what, count] of Object.entries({ heads, kvHeads }))
      if (!Number.isInteger(count) || count < 1)
        throw new OptionError(`MultiHeadAttention: ${what} is ${count}, expected a whole number ≥ 1`);
    if (width % heads !== 0)
      throw new OptionError(
        `MultiHeadAttention: heads is ${heads}, expected a divisor of the width ${width}`,
      );
    if (heads % kvHeads !== 0)
      throw new OptionError(
        `MultiHeadAttention: kvHeads is ${kvHeads}, expected a divisor of heads ${heads}`,
      );
    const own = (width / heads) * kvHeads;
    const [first, second, third, last] = split(key, 4);
    const linear = (inputs: number, outputs: number, key: Key): Linear =>
      new Linear(inputs, outputs, { key, bias, initializer });
    this.queries = linear(width, width, first);
    this.keys = linear(width, own, second);
    this.values = linear(width, own, third);
    this.output = linear(width, width, last);
    this.#heads = heads;
    this.#kvHeads = kvHeads;
    this.#causal = causal;
    this.#base = rotary === true ? 10000 : rotary === false ? undefined : rotary;
  }

  forward(x: Tensor, { context = x, mask }: Context = {}): Tensor {
    const [heads, kvHeads, causal, base] = [this.#heads, this.#kvHeads, this.#causal, this.#base];
    return scope(() => {
      let q = this.queries.forward(x);
      let k = this.keys.forward(context);
      if (base !== undefined) {
        q = rotary(q, { heads, base });
        k = rotary(k, { heads: kvHeads, base });
      }
      const y = attention(q, k, this.values.forward(context), { mask, causal, heads, kvHeads });
      return this.output.forward(y);
    });
  }
}

const activations = { relu, gelu, silu };

export interface TransformerBlockOptions extends AttentionLayerOptions {
  /** The width of the layer between. Default 4 · width. */
  hidden?: number;
  /** Default "gelu". */
  activation?: keyof typeof activations;
  /** Whether the input of each part is normalised, or its sum with the part's result. Default "pre". */
  norm?: "pre" | "post";
  /** Makes the two normalisations. Default a LayerNorm. */
  normalization?: (width: number) => Module;
  /** The probability of dropout of what each part adds. Default 0. */
  dropout?: number;
}

/**
 * Attention, then two linear maps with an activation between, each added to its input: x [..., length, width] → the same. With norm "pre"
 * x + f(normalised x), with "post" normalised x + f(x). Vaswani et al. 2017, section 3.1; Xiong et al.: "On layer normalization in the
 * transformer architecture", 2020.
 */
export class TransformerBlock extends Module {
  readonly attention: MultiHeadAttention;
  readonly attentionNorm: Module;
  readonly up: Linear;
  readonly down: Linear;
  readonly feedForwardNorm: Module;
  readonly attentionDropout: Dropout;
  readonly feedForwardDropout: Dropout;
  readonly #activation: keyof typeof activations;
  readonly #pre: boolean;

  constructor(width: number, heads: number, options: TransformerBlockOptions) {
    super();
    const own = ["hidden", "activation", "norm", "normalization", "dropout"];
    checkOptions("TransformerBlock", options, [...attentionOptions, ...own]);
    const { hidden = 4 * width, activation = "gelu", norm = "pre", dropout = 0 } = options;
    const { normalization = (width) => new LayerNorm(width), bias, initializer } = options;
    checkKey("TransformerBlock", options.key);
    if (!Object.hasOwn(activations, activation))
      throw new OptionError(`TransformerBlock: activation is ${JSON.stringify(activation)}, expected one of ${Object.keys(activations).join(", ")}`); // prettier-ignore
    if (norm !== "pre" && norm !== "post")
      throw new OptionError(`TransformerBlock: norm is ${JSON.stringify(norm)}, expected "pre" or "post"`);
    const { kvHeads, causal, rotary } = options;
    const [first, second, third, fourth, fifth] = split(options.key, 5);
    this.attention = new MultiHeadAttention(width, heads, { key: first, kvHeads, causal, rotary, bias, initializer }); // prettier-ignore
    this.attentionNorm = normalization(width);
    // Of these three the activation is fused into the product.
    const fused = activation === "relu" ? activation : undefined;
    this.up = new Linear(width, hidden, { key: second, bias, initializer, activation: fused });
    this.down = new Linear(hidden, width, { key: third, bias, initializer });
    this.feedForwardNorm = normalization(width);
    this.attentionDropout = new Dropout(dropout, { key: fourth });
    this.feedForwardDropout = new Dropout(dropout, { key: fifth });
    this.#activation = activation;
    this.#pre = norm === "pre";
  }

  forward(x: Tensor, options: Context = {}): Tensor {
    return scope(() => {
      const y = this.#add(x, this.attentionNorm, (x) =>
        this.attentionDropout.forward(this.attention.forward(x, options)),
      );
      return this.#add(y, this.feedForwardNorm, (x) => this.feedForwardDropout.forward(this.#feedForward(x)));
    });
  }

  #feedForward(x: Tensor): Tensor {
    const inner = this.up.forward(x);
    return this.down.forward(this.up.activation === "none" ? activations[this.#activation](inner) : inner);
  }

  #add(x: Tensor, norm: Module, f: (x: Tensor) => Tensor): Tensor {
    return this.#pre ? add(x, f(norm.forward(x))) : norm.forward(add(x, f(x)));
  }
}
