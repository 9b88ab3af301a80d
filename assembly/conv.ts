/**
 * Convolutions of one, two and three spatial axes: y, the transposed convolution (the gradient to x), the gradient to the filter. Images are
 * [batch, z, y, x, channels], filters [z, y, x, channels of a group, outputs of all groups]. `single` tells that one bias counts for all
 * outputs.
 */
export * from "./conv/direct";
export * from "./conv/products";
export * from "./conv/tiles";
