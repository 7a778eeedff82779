"""One real batch, counted: operations, a model's shape as it ran, and bytes kept for the way back. Needs PyTorch.

The counter of PyTorch 2.13 gives nothing for fused attention on a CPU (pytorch#195460); a formula for it is added
here, so that models need not be switched to another attention.
"""

from collections.abc import Callable
from typing import Any

from holdfast.core.errors import BadInput, MissingExtra
from holdfast.finetune.cost.shape import Attention, ModelShape, Part


def counted_flops(work: Callable[[], Any]) -> int:
    """Return the operations of `work()`, forward and back, as PyTorch's counter sees them.

    If it returns a tensor, `backward` is called on that. The caller sees to gradients and random state.
    """
    torch = _torch()
    counter = _counter(torch)
    with counter:
        loss = work()
        if torch.is_tensor(loss) and loss.requires_grad:
            loss.backward()
    return int(counter.get_total_flops())


def shape_of(
    model: Any,
    forward: Callable[[], Any],
    *,
    examples: int,
    tokens: int,
    attention: tuple[Attention, ...] | None = None,
    adapter_names: tuple[str, ...] = ("lora_",),
    head_names: tuple[str, ...] = ("classifier", "head", "lm_head", "score", "pooler"),
) -> ModelShape:
    """Return the shape of any model from one forward pass: what was multiplied, how often, and where gradients pass.

    `forward` runs `model` once on `examples` of `tokens` each, in training mode with gradients on. Linear maps,
    convolutions, PyTorch's multi-head attention and GPT-2's transposed linear maps are seen. Of `attention` modules
    tell nothing: unless it is given, what else the counter saw is taken for it, with gradients from the first part on
    that learns; a fused kernel is recognised. `calibration` shows whether that held.
    """
    torch = _torch()
    seen: list[Part] = []

    def add(name: str, weight: Any, uses: int, passes: bool) -> None:  # noqa: FBT001
        group = _group(name, adapter_names, head_names)
        seen.append(Part(name, weight.numel(), weight.requires_grad, passes, None if uses == tokens else uses, group))

    def watch(name: str) -> Callable[..., None]:
        def hook(module: Any, given: tuple[Any, ...], out: Any) -> None:
            passes = bool(given and torch.is_tensor(given[0]) and given[0].requires_grad)
            if isinstance(module, torch.nn.MultiheadAttention):
                # Its maps are not called as modules. One input for queries, keys and values is taken for granted.
                uses = out[0].numel() // (module.embed_dim * examples)
                if module.in_proj_weight is not None:
                    add(f"{name}.in_proj", module.in_proj_weight, uses, passes)
                    add(f"{name}.out_proj", module.out_proj.weight, uses, passes or module.in_proj_weight.requires_grad)
                return
            weight = module.weight
            outputs = weight.shape[1] if type(module).__name__ == "Conv1D" else weight.shape[0]
            add(name, weight, out.numel() // (outputs * examples), passes)

        return hook

    kinds = (torch.nn.Linear, torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d, torch.nn.MultiheadAttention)
    hooks = [
        module.register_forward_hook(watch(name))
        for name, module in model.named_modules()
        if isinstance(module, kinds) or type(module).__name__ == "Conv1D"
    ]
    counter = _counter(torch)
    try:
        with counter:
            forward()
    finally:
        for hook in hooks:
            hook.remove()
    if not seen:
        raise BadInput("the model multiplied nothing that is a linear map or a convolution; count a batch instead")
    if attention is None:
        attention = _attention_of(counter, seen, examples, tokens)
    parameters = list(model.parameters())
    learning = sum(p.numel() for p in parameters if p.requires_grad)
    return ModelShape(tuple(seen), attention, learning, sum(p.numel() for p in parameters) - learning)


def kept_bytes(model: Any, forward: Callable[[], Any]) -> int:
    """Return the bytes that one forward pass keeps for the way back, the model's own weights left out.

    Tensors that share memory count once. Buffers that live only within one operation are not seen.
    """
    torch = _torch()
    own = {tensor.untyped_storage().data_ptr() for tensor in (*model.parameters(), *model.buffers())}
    kept: dict[int, int] = {}

    def pack(tensor: Any) -> Any:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = forward()  # held until counted, so that no memory is given out twice
        total = sum(kept.values())
    del loss
    return total


def _group(name: str, adapters: tuple[str, ...], heads: tuple[str, ...]) -> Any:
    if any(part in name for part in adapters):
        return "adapter"
    return "head" if any(piece in heads for piece in name.split(".")) else "body"


def _attention_of(counter: Any, seen: list[Part], examples: int, tokens: int) -> tuple[Attention, ...]:
    """Return what was multiplied besides the parts, as attention is, split where the body's gradients begin."""
    explained = sum(2 * part.size * (tokens if part.uses is None else part.uses) * examples for part in seen)
    width = round((int(counter.get_total_flops()) - explained) / (4 * tokens * tokens * examples))
    if width < 1:
        return ()
    fused = any("scaled_dot_product" in str(op) for op in counter.get_flop_counts()["Global"])
    body = [part for part in seen if part.group != "head"] or seen
    first = next((i for i, part in enumerate(body) if part.passes or part.learns), len(body))
    with_gradients = round(width * (1.0 - first / len(body)))
    split = ((width - with_gradients, False), (with_gradients, True))
    return tuple(Attention(part, passes, fused) for part, passes in split if part)


def _counter(torch: Any) -> Any:
    from torch.utils.flop_counter import FlopCounterMode

    return FlopCounterMode(display=False, custom_mapping=_fused_attention(torch))


def _fused_attention(torch: Any) -> dict[Any, Callable[..., int]]:
    """Return formulas for the fused attention of a CPU: products of queries, keys and values, forward and back."""

    def forward(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
        *batch, queries, size = query
        many = 1
        for n in batch:
            many *= n
        return 2 * many * queries * key[-2] * (size + value[-1])

    def backward(_grad: Any, query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
        *batch, queries, size = query
        many = 1
        for n in batch:
            many *= n
        # Scores once more, then gradients of values, weights, queries, keys.
        return 2 * many * queries * key[-2] * (3 * size + 2 * value[-1])

    found = {}
    for name, formula in (
        ("_scaled_dot_product_flash_attention_for_cpu", forward),
        ("_scaled_dot_product_flash_attention_for_cpu_backward", backward),
    ):
        if hasattr(torch.ops.aten, name):
            found[getattr(torch.ops.aten, name)] = formula
    return found


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise MissingExtra.for_package("torch", "finetune", "counting a batch") from error
    return torch
