/** Optimisers, and what goes with them. */
export { Adagrad, type AdagradOptions } from "./adagrad.js";
export { Adam, type AdamOptions, AdamW } from "./adam.js";
export { MovingAverage } from "./average.js";
export { Accumulator, clipByNorm, clipByValue, gradientNorm } from "./gradients.js";
export { Groups } from "./groups.js";
export { LBFGS, type LBFGSOptions } from "./lbfgs.js";
export { Lion, type LionOptions } from "./lion.js";
export { type LearningRate, Optimizer } from "./optimizer.js";
export { RMSprop, type RMSpropOptions } from "./rmsprop.js";
export * as schedules from "./schedules.js";
export { SGD, type SGDOptions } from "./sgd.js";
