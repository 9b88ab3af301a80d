"""Results and gradients as PyTorch has them, for __tests__/pytorch.test.ts: python3 scripts/known_answers.py (needs torch)."""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

GOLDEN = (math.sqrt(5) - 1) / 2
cases = {}


def numbers(seed, size, low, high):
    """The same numbers that the test makes: multiples of the golden ratio, modulo 1."""
    return [low + (high - low) * math.modf((i + 1) * GOLDEN + seed * 0.371)[0] for i in range(size)]


def real(*shape, low=-2.0, high=2.0):
    return {"shape": list(shape), "low": low, "high": high}


def whole(*shape, below=5):
    return {"shape": list(shape), "low": 0, "high": below, "whole": True}


def make(spec, seed):
    size = math.prod(spec["shape"])
    list_ = numbers(seed, size, spec["low"], spec["high"])
    if spec.get("whole"):
        return torch.tensor([int(x) for x in list_], dtype=torch.int64).reshape(spec["shape"])
    return torch.tensor(list_, dtype=torch.float64).float().double().reshape(spec["shape"]).requires_grad_()


def rounded(x):
    return [float(f"{value:.8g}") for value in x.detach().double().flatten().tolist()]


def case(name, f, *specs, gradient=True):
    inputs = [make(spec, i + 1) for i, spec in enumerate(specs)]
    y = f(*inputs)
    entry = {"inputs": list(specs), "shape": list(y.shape), "y": rounded(y)}
    leaves = [x for x in inputs if x.requires_grad]
    if gradient and leaves and y.requires_grad:
        weights = torch.tensor(numbers(9, y.numel(), -1, 1), dtype=torch.float64).float().double().reshape(y.shape)
        entry["gradients"] = [rounded(g) for g in torch.autograd.grad((y * weights).sum(), leaves)]
    cases[name] = entry


x = real(3, 4)
positive = real(3, 4, low=0.2, high=3)
inside = real(3, 4, low=-0.9, high=0.9)

for name, f, spec in [
    ("abs", torch.abs, x), ("neg", torch.neg, x), ("sign", torch.sign, x), ("square", torch.square, x),
    ("reciprocal", torch.reciprocal, positive), ("rsqrt", torch.rsqrt, positive), ("sqrt", torch.sqrt, positive),
    ("exp", torch.exp, x), ("exp2", torch.exp2, x), ("expm1", torch.expm1, x), ("log", torch.log, positive),
    ("log1p", torch.log1p, positive), ("log2", torch.log2, positive), ("sin", torch.sin, x), ("cos", torch.cos, x),
    ("tan", torch.tan, inside), ("asin", torch.asin, inside), ("acos", torch.acos, inside), ("atan", torch.atan, x),
    ("sinh", torch.sinh, x), ("cosh", torch.cosh, x), ("tanh", torch.tanh, x), ("asinh", torch.asinh, x),
    ("acosh", torch.acosh, real(3, 4, low=1.1, high=4)), ("atanh", torch.atanh, inside), ("erf", torch.erf, x),
    ("erfc", torch.erfc, x), ("sigmoid", torch.sigmoid, x), ("relu", torch.relu, x), ("floor", torch.floor, x),
    ("ceil", torch.ceil, x), ("round", torch.round, x), ("trunc", torch.trunc, x),
    ("softplus", F.softplus, x), ("leakyRelu", F.leaky_relu, x), ("elu", F.elu, x), ("selu", F.selu, x),
    ("relu6", F.relu6, real(3, 4, low=-3, high=9)), ("gelu", F.gelu, x),
    ("geluTanh", lambda v: F.gelu(v, approximate="tanh"), x), ("silu", F.silu, x), ("mish", F.mish, x),
    ("hardSigmoid", F.hardsigmoid, real(3, 4, low=-5, high=5)), ("hardSwish", F.hardswish, real(3, 4, low=-5, high=5)),
    ("leakyRelu 0.3", lambda v: F.leaky_relu(v, 0.3), x), ("elu 2.5", lambda v: F.elu(v, 2.5), x),
    ("clip", lambda v: v.clamp(-0.5, 0.75), x), ("softmax", lambda v: v.softmax(-1), x),
    ("softmax axis 0", lambda v: v.softmax(0), x), ("logSoftmax", lambda v: v.log_softmax(-1), x),
    ("logSoftmax axis 0", lambda v: v.log_softmax(0), x),
]:  # fmt: skip
    case(name, f, spec)

for name, f, a, b in [
    ("add", torch.add, x, real(4)), ("sub", torch.sub, x, real(3, 1)), ("mul", torch.mul, x, real(4)),
    ("div", torch.div, x, real(3, 1, low=0.5, high=2)), ("pow", torch.pow, positive, real(4)),
    ("atan2", torch.atan2, x, real(3, 1)), ("minimum", torch.minimum, x, real(4)), ("maximum", torch.maximum, x, real(3, 1)),
    ("mod", torch.remainder, x, real(4, low=0.6, high=0.9)),
    ("where", lambda p, q: torch.where(p < q, p, q * 2), x, real(4)),
    ("matmul", torch.matmul, real(2, 3, 4), real(4, 5)), ("matmul batched", torch.matmul, real(2, 3, 4), real(2, 4, 5)),
    ("outer", torch.outer, real(4), real(3)), ("dot", torch.dot, real(7), real(7)), ("kron", torch.kron, real(2, 3), real(3, 2)),
    ("cross", lambda p, q: torch.cross(p, q, dim=-1), real(4, 3), real(4, 3)),
]:  # fmt: skip
    case(name, f, a, b)

cube = real(3, 4, 2)
for label, dim in [("axis 0", 0), ("axis 1", 1), ("axis -1", -1), ("axes 0, 2", (0, 2)), ("all", (0, 1, 2))]:
    for keep in (False, True):
        tail = f"{label}{', kept' if keep else ''}"
        case(f"sum {tail}", lambda v: v.sum(dim, keepdim=keep), cube)
        case(f"mean {tail}", lambda v: v.mean(dim, keepdim=keep), cube)
        case(f"max {tail}", lambda v: v.amax(dim, keepdim=keep), cube)
        case(f"min {tail}", lambda v: v.amin(dim, keepdim=keep), cube)
        case(f"logsumexp {tail}", lambda v: v.logsumexp(dim, keepdim=keep), cube)
        case(f"variance {tail}", lambda v: v.var(dim, unbiased=False, keepdim=keep), cube)
        case(f"std {tail}", lambda v: v.std(dim, unbiased=True, keepdim=keep), cube)
        case(f"norm 2 {tail}", lambda v: torch.linalg.vector_norm(v, 2, dim, keepdim=keep), cube)
        case(f"norm 1 {tail}", lambda v: torch.linalg.vector_norm(v, 1, dim, keepdim=keep), cube)
        case(f"norm inf {tail}", lambda v: torch.linalg.vector_norm(v, math.inf, dim, keepdim=keep), cube)
        case(f"norm 3 {tail}", lambda v: torch.linalg.vector_norm(v, 3, dim, keepdim=keep), cube)
    if isinstance(dim, int):
        case(f"prod {label}", lambda v: v.prod(dim), cube)
        case(f"argmax {label}", lambda v: v.argmax(dim), cube)
        case(f"argmin {label}", lambda v: v.argmin(dim), cube)
        case(f"cumsum {label}", lambda v: v.cumsum(dim), cube)
        case(f"cumprod {label}", lambda v: v.cumprod(dim), cube)
        case(f"sort {label}", lambda v: v.sort(dim).values, cube)
        case(f"argsort {label}", lambda v: v.argsort(dim), cube)
        case(f"topk {label}", lambda v: v.topk(2, dim).values, cube)
        case(f"topk smallest {label}", lambda v: v.topk(1, dim, largest=False).values, cube)
        case(f"flip {label}", lambda v: v.flip(dim), cube)
        case(f"roll {label}", lambda v: v.roll(1, dim), cube)
        case(f"repeat {label}", lambda v: v.repeat_interleave(2, dim), cube)
        case(f"concat {label}", lambda v, w: torch.cat([v, w], dim), cube, cube)
        case(f"stack {label}", lambda v, w: torch.stack([v, w], dim), cube, cube)
        case(f"gather {label}", lambda v, i: torch.index_select(v, dim, i.flatten()), cube, whole(5, below=2))
case("prod with a zero", lambda v: (v * torch.tensor([1.0, 0, 1, 1], dtype=torch.float64)).prod(-1), x)
case("prod with two zeros", lambda v: (v * torch.tensor([1.0, 0, 0, 1], dtype=torch.float64)).prod(-1), x)
case("cumprod with a zero", lambda v: (v * torch.tensor([1.0, 0, 1, 1], dtype=torch.float64)).cumprod(-1), x)
case("cumprod with two zeros", lambda v: (v * torch.tensor([1.0, 0, 0, 1], dtype=torch.float64)).cumprod(-1), x)

case("permuteDims", lambda v: v.permute(2, 0, 1), cube)
case("slice steps", lambda v: v[:, 1::2], real(3, 7))
case("slice back", lambda v: v.flip(1)[:, ::3], real(3, 7))
case("tile", lambda v: v.repeat(2, 3), x)
case("pad constant", lambda v: F.pad(v, (1, 2, 2, 1), value=1.5), x)
for mode in ("reflect", "replicate", "circular"):
    case(f"pad {mode}", lambda v: F.pad(v[None, None], (1, 2, 2, 1), mode=mode)[0, 0], x)
case("tril", lambda v: v.tril(), real(4, 4))
case("tril 1", lambda v: v.tril(1), real(3, 5))
case("triu -1", lambda v: v.triu(-1), real(5, 3))
case("diag 1", lambda v: v.diag(1), real(4))
case("diagonal -1", lambda v: v.diag(-1), real(4, 3))
case("oneHot", lambda i: F.one_hot(i, 5), whole(2, 3))
case("bincount", lambda i: torch.bincount(i, minlength=5), whole(30))
case("histogram", lambda v: torch.histc(v, 7, -1.5, 1.5), real(40), gradient=False)
case("arange", lambda: torch.arange(1.0, 4.0, 0.5))
case("linspace", lambda: torch.linspace(-1, 2, 7))
case("takeAlongAxis", lambda v, i: torch.gather(v, 1, i), real(3, 4), whole(3, 6, below=4))
case("scatterND", lambda i, u: torch.zeros(5, 2, dtype=torch.float64).index_add(0, i, u), whole(6), real(6, 2))
case("gatherND", lambda v, i: v[i[:, 0], i[:, 1]], real(3, 3, 2), whole(4, 2, below=3))

for formula, *shapes in [
    ("ij,jk->ik", (3, 4), (4, 2)), ("ij,kj->ik", (3, 4), (2, 4)), ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
    ("bhid,bhjd->bhij", (2, 2, 3, 4), (2, 2, 5, 4)), ("ij->ji", (3, 4)), ("ij->", (3, 4)), ("ii->i", (4, 4)), ("ii", (4, 4)),
    ("i,j->ij", (3,), (4,)), ("i,i->", (5,), (5,)), ("ij,ij->i", (3, 4), (3, 4)), ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
    ("bi,ij,bj->b", (3, 2), (2, 4), (3, 4)), ("ijk,k->ij", (2, 3, 4), (4,)), ("abc,cd->bda", (2, 3, 4), (4, 5)),
    ("iji->j", (3, 2, 3)), ("ij,k->k", (2, 3), (4,)),
]:  # fmt: skip
    case(f"einsum {formula}", lambda *v: torch.einsum(formula, *v), *[real(*shape) for shape in shapes])

case("crossEntropy", lambda v, i: F.cross_entropy(v, i, reduction="none"), real(3, 5), whole(3))
case("binaryCrossEntropy", F.binary_cross_entropy_with_logits, x, real(3, 4, low=0, high=1))
case("huber", F.huber_loss, x, real(3, 4))



def first(v):
    """Channels behind the batch, where PyTorch has them."""
    return v.movedim(-1, 1)


def last(v):
    return v.movedim(1, -1)


def windowed(f, **options):
    """Of images, a filter [..., inner, outer] and a bias, channels last."""
    return lambda v, w, b: last(f(first(v), w.movedim((-1, -2), (0, 1)), b, **options))


for name, f, image, weight, options in [
    ("conv1d", F.conv1d, (2, 7, 3), (3, 3, 4), {"stride": 2, "padding": 1}),
    ("conv2d", F.conv2d, (1, 5, 4, 3), (3, 2, 3, 4), {"stride": (2, 1), "padding": (1, 0)}),
    ("conv2d groups", F.conv2d, (1, 5, 6, 4), (3, 3, 2, 6), {"groups": 2, "dilation": (2, 1), "padding": (2, 1)}),
    ("conv2d of each", F.conv2d, (1, 5, 4, 3), (3, 3, 1, 6), {"groups": 3, "padding": 1}),
    ("conv2d tiled", F.conv2d, (1, 6, 5, 4), (3, 3, 4, 4), {"padding": 1}),
    ("conv3d", F.conv3d, (1, 3, 4, 3, 2), (2, 3, 2, 2, 2), {"stride": (1, 2, 1), "padding": (0, 1, 1)}),
    ("convTranspose1d", F.conv_transpose1d, (1, 4, 3), (3, 2, 3), {"stride": 3, "padding": 1, "output_padding": 2}),
    ("convTranspose2d", F.conv_transpose2d, (1, 3, 2, 4), (3, 2, 2, 4), {"stride": 2, "groups": 2, "output_padding": (1, 0)}),
    ("convTranspose3d", F.conv_transpose3d, (1, 2, 2, 3, 2), (2, 2, 2, 2, 2), {"stride": 2, "dilation": (1, 1, 2)}),
]:  # fmt: skip
    outputs = weight[-2] * options.get("groups", 1) if "Transpose" in name else weight[-1]
    case(name, windowed(f, **options), real(*image), real(*weight), real(outputs))

images = real(2, 5, 6, 3)
for name, f in [
    ("maxPool", lambda v: F.max_pool2d(v, 3, 2, 1)), ("maxPool apart", lambda v: F.max_pool2d(v, 2, 1, 0, 2)),
    ("avgPool", lambda v: F.avg_pool2d(v, 3, 2, 1, count_include_pad=False)), ("avgPool counting", lambda v: F.avg_pool2d(v, 3, 2, 1)),
    ("adaptiveAvgPool", lambda v: F.adaptive_avg_pool2d(v, (3, 4))),
    ("resizeNearest", lambda v: F.interpolate(v, (7, 4), mode="nearest")),
    ("resizeNearest middles", lambda v: F.interpolate(v, (7, 4), mode="nearest-exact")),
    ("resizeBilinear", lambda v: F.interpolate(v, (8, 4), mode="bilinear", align_corners=False)),
    ("resizeBilinear corners", lambda v: F.interpolate(v, (8, 4), mode="bilinear", align_corners=True)),
]:  # fmt: skip
    case(name, lambda v: last(f(first(v))), images)
case("globalAvgPool", lambda v: v.mean((1, 2)), images)
case("pixelShuffle", lambda v: F.pixel_shuffle(v, 2), real(1, 8, 2, 3))


def affine(f, *shape):
    """Of x with its channels last, and a gain and a bias of each."""
    return lambda v, g, b: last(f(first(v), g, b))


features = real(2, 3, 5)
case("layerNorm", lambda v, g, b: F.layer_norm(v, (5,), g, b), features, real(5), real(5))
case("rmsNorm", lambda v, g: v * (v.square().mean(-1, keepdim=True) + 1e-5).rsqrt() * g, features, real(5))
case("groupNorm", affine(lambda v, g, b: F.group_norm(v, 2, g, b, 0.01)), real(2, 3, 2, 6), real(6), real(6))
case("instanceNorm", affine(lambda v, g, b: F.instance_norm(v, weight=g, bias=b)), real(2, 3, 4, 3), real(3), real(3))
case("batchNorm", affine(lambda v, g, b: F.batch_norm(v, None, None, g, b, True)), real(2, 3, 4, 3), real(3), real(3))
case("batchNorm in use", lambda v, m, s, g, b: last(F.batch_norm(first(v), m.detach(), s.detach(), g, b, False)) + 0 * (m.sum() + s.sum()),
     real(2, 3, 3), real(3), real(3, low=0.2, high=2), real(3), real(3))  # fmt: skip
case("l2Normalize", lambda v: F.normalize(v, dim=1), features)
case("weightNorm", lambda v, g: torch._weight_norm(v, g.reshape(3, 1, 1), 0), real(3, 2, 4), real(3, low=0.5, high=2))
case("localResponseNorm", lambda v: last(F.local_response_norm(first(v), 3, 0.5, 0.75, 2)), real(2, 3, 7))


def running(moment):
    """The running statistics after two batches."""

    def f(v, w):
        m, s = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
        for batch in (v, w):
            F.batch_norm(first(batch), m, s, training=True, momentum=0.3)
        return (m, s)[moment]

    return f


for moment in (0, 1):
    case(f"running {moment}", running(moment), real(2, 3, 3), real(2, 3, 3, low=-1, high=4), gradient=False)


def attend(q, k, v, heads=1, kv_heads=None, seen=None):
    """Attention of [batch, length, heads · d]."""
    kv_heads = kv_heads or heads
    apart = lambda t, n: t.reshape(*t.shape[:2], n, -1).transpose(1, 2)
    q, k, v = apart(q, heads), apart(k, kv_heads), apart(v, kv_heads)
    k, v = (t.repeat_interleave(heads // kv_heads, 1) for t in (k, v))
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    if seen is not None:
        scores = scores.masked_fill(~seen, -math.inf)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


case("attention", lambda *v: attend(*v, heads=2), real(2, 3, 6), real(2, 4, 6), real(2, 4, 4))
case("attention causal", lambda *v: attend(*v, heads=4, kv_heads=2, seen=torch.ones(4, 4, dtype=bool).tril()),
     real(1, 4, 8), real(1, 4, 4), real(1, 4, 6))  # fmt: skip


def recurrent(f, states):
    """A layer [batch, time, …] from zeros."""

    def run(v, *weights):
        zeros = [torch.zeros(1, v.shape[0], 4, dtype=v.dtype) for _ in range(states)]
        return f(v, zeros if states > 1 else zeros[0], weights, True, 1, 0.0, False, False, True)[0]

    return run


for name, f, gates, states in [("lstm", torch._VF.lstm, 4, 2), ("gru", torch._VF.gru, 3, 1)]:
    shapes = [(2, 5, 3), (gates * 4, 3), (gates * 4, 4), (gates * 4,), (gates * 4,)]
    case(name, recurrent(f, states), *[real(*shape, low=-1, high=1) for shape in shapes])

case("embedding", lambda i, w: F.embedding(i, w), whole(2, 3), real(5, 4))

text = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry, separators=(',', ':'))}" for name, entry in cases.items())
pathlib.Path("__tests__/pytorch.json").write_text("{\n" + text + "\n}\n")
print(len(cases), "cases,", sum(1 + len(entry.get("gradients", [])) for entry in cases.values()), "answers")
