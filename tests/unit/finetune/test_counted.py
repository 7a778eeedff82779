"""The formula for operations against the counter of PyTorch: dense, causal, ViT, LoRA, frozen, convolutions."""

import pytest

from holdfast.core.errors import BadInput
from holdfast.finetune.cost.counted import counted_flops, kept_bytes, shape_of
from holdfast.finetune.cost.flops import training_flops
from holdfast.finetune.cost.shape import Adapters, transformer

torch = pytest.importorskip("torch")
nn = torch.nn
LAYERS, WIDTH, INNER, HEADS, TOKENS, EXAMPLES = 3, 96, 384, 4, 48, 4


class Projection(nn.Module):
    """A linear map, with LoRA beside it where a rank is given."""

    def __init__(self, inputs, outputs, rank=0):
        super().__init__()
        self.weight = nn.Linear(inputs, outputs)
        if rank:
            self.weight.requires_grad_(False)
            self.lora_a, self.lora_b = nn.Linear(inputs, rank, bias=False), nn.Linear(rank, outputs, bias=False)
        self.rank = rank

    def forward(self, x):
        return self.weight(x) + (self.lora_b(self.lora_a(x)) if self.rank else 0)


class Layer(nn.Module):
    def __init__(self, rank, fused):
        super().__init__()
        self.q, self.k, self.v, self.o = (Projection(WIDTH, WIDTH, rank) for _ in range(4))
        self.up, self.down = Projection(WIDTH, INNER, rank), Projection(INNER, WIDTH, rank)
        self.one, self.two = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.fused = fused

    def forward(self, x):
        q, k, v = (p(self.one(x)).unflatten(-1, (HEADS, -1)).transpose(1, 2) for p in (self.q, self.k, self.v))
        if self.fused:
            mixed = nn.functional.scaled_dot_product_attention(q, k, v)
        else:
            mixed = (q @ k.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5).softmax(-1) @ v
        x = x + self.o(mixed.transpose(1, 2).flatten(-2))
        return x + self.down(nn.functional.gelu(self.up(self.two(x))))


class Network(nn.Module):
    """Tokens or patches in, classes out."""

    def __init__(self, rank=0, fused=False, patches=False, per_token=False):
        super().__init__()
        self.embed = nn.Conv2d(3, WIDTH, 4, stride=4) if patches else nn.Embedding(100, WIDTH)
        self.position = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.layers = nn.Sequential(*[Layer(rank, fused) for _ in range(LAYERS)])
        self.head = nn.Linear(WIDTH, 10)
        self.patches, self.per_token = patches, per_token
        if rank:
            for name, parameter in self.named_parameters():
                parameter.requires_grad_("lora_" in name or "head" in name)

    def forward(self, x):
        x = self.embed(x)
        x = (x.flatten(2).transpose(1, 2) if self.patches else x) + self.position
        x = self.layers(x)
        return self.head(x if self.per_token else x[:, 0]).logsumexp(-1).mean()


def case(name, fused):
    """Return a model, its input, how many tokens it has, and its shape by formula."""
    torch.manual_seed(0)
    text = torch.randint(0, 100, (EXAMPLES, TOKENS))
    usual = {"layers": LAYERS, "width": WIDTH, "inner": INNER, "fused": fused, "head": 10 * WIDTH}
    if name == "dense":
        return Network(fused=fused), text, TOKENS, transformer(**usual)
    if name == "causal":
        return Network(fused=fused, per_token=True), text, TOKENS, transformer(**usual, head_per_token=True)
    if name == "vit":
        image = torch.rand(EXAMPLES, 3, 24, 24)
        return Network(fused=fused, patches=True), image, 36, transformer(**usual, patch=48 * WIDTH)
    frozen = {**usual, "embeddings_learn": False}
    if name == "lora":
        return Network(rank=4, fused=fused), text, TOKENS, transformer(**frozen, adapters=Adapters(4))
    model = Network(fused=fused).requires_grad_(False)
    model.head.requires_grad_(True)
    return model, text, TOKENS, transformer(**frozen, body_learns=False)


@pytest.mark.parametrize("fused", [False, True], ids=["eager", "fused"])
@pytest.mark.parametrize("name", ["dense", "causal", "vit", "lora", "frozen"])
def test_formula_and_counter_agree_within_two_per_cent(name, fused):
    model, given, tokens, shape = case(name, fused)
    counted = counted_flops(lambda: model(given))
    assert training_flops(shape, tokens, EXAMPLES).total == pytest.approx(counted, rel=0.02)
    seen = shape_of(model, lambda: model(given), examples=EXAMPLES, tokens=tokens)
    assert training_flops(seen, tokens, EXAMPLES).total == pytest.approx(counted, rel=0.02)
    assert seen.learning == sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert seen.learning + seen.frozen == sum(p.numel() for p in model.parameters())


def test_fused_attention_on_a_cpu_is_not_counted_as_nothing():
    q = torch.rand(2, 3, 16, 8)
    attend = nn.functional.scaled_dot_product_attention
    with torch.no_grad():
        assert counted_flops(lambda: attend(q, q, q)) == 4 * 2 * 3 * 16 * 16 * 8
    q = q.requires_grad_(True)
    assert counted_flops(lambda: attend(q, q, q).sum()) == (4 + 10) * 2 * 3 * 16 * 16 * 8


def test_convolutions():
    body = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1),
                         nn.ReLU(), nn.Flatten(), nn.Linear(32 * 16, 10))  # fmt: skip
    images = torch.rand(6, 1, 8, 8)
    shape = shape_of(body, lambda: body(images), examples=6, tokens=1)
    counted = counted_flops(lambda: body(images).sum())
    assert training_flops(shape, 1, 6).total == pytest.approx(counted, rel=0.02)
    assert [part.uses for part in shape.parts] == [64, 16, None]


@pytest.mark.parametrize("frozen", [False, True])
def test_pytorchs_own_encoder(frozen):
    body = nn.TransformerEncoder(nn.TransformerEncoderLayer(64, 4, 128, dropout=0.0, batch_first=True), 2)
    body.requires_grad_(not frozen)
    model = nn.Sequential(nn.Linear(32, 64), body, nn.Linear(64, 5))
    given = torch.rand(EXAMPLES, TOKENS, 32)
    shape = shape_of(model, lambda: model(given), examples=EXAMPLES, tokens=TOKENS)
    counted = counted_flops(lambda: model(given).sum())
    assert training_flops(shape, TOKENS, EXAMPLES).total == pytest.approx(counted, rel=0.02)


def test_bytes_kept_for_the_way_back():
    model = nn.Sequential(nn.Linear(50, 40), nn.ReLU(), nn.Linear(40, 30))
    x = torch.rand(20, 50)
    kept = kept_bytes(model, lambda: model(x).sum())
    assert kept == 4 * 20 * (50 + 40)  # the input, and what the ReLU gave; the second map keeps the same
    model.requires_grad_(False)
    assert kept_bytes(model, lambda: model(x).sum()) == 0


def test_a_model_without_products():
    model = nn.LayerNorm(8)
    with pytest.raises(BadInput, match="multiplied nothing"):
        shape_of(model, lambda: model(torch.rand(2, 8)), examples=2, tokens=1)
