/**
 * What the steps of a convolution cost, in nanoseconds, in the order of `terms` in winograd.ts. Fitted by `npm run bench:costs` (AMD
 * EPYC, Zen 5, Node 24, relaxed); only their proportions matter.
 */
export const costs: readonly number[] = [0.0364, 0.416, 2.42, 4.75, 5.72, 16.8, 17.2, 12.7, 0.0684, 0.105];
