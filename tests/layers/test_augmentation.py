import math

import pytest
import torch
from torch import Tensor

from dnn_techniques.layers import Augment
from dnn_techniques.layers.augmentation import move


def images(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


def shifted(image: Tensor, right: int, down: int) -> Tensor:
    """`torch.roll`, with zeros where it would let pixels come in from the other side."""
    rolled = image.roll((down, right), dims=(-2, -1))
    height, width = image.shape[-2:]
    rolled[..., : max(down, 0), :] = 0
    rolled[..., height + min(down, 0) :, :] = 0
    rolled[..., : max(right, 0)] = 0
    rolled[..., width + min(right, 0) :] = 0
    return rolled


@pytest.mark.parametrize("shape", [(4, 28, 28), (4, 784), (4, 12, 9), (4, 12, 9, 3)])
@pytest.mark.parametrize(
    "augment", [Augment(2, 10, 0.2).eval(), Augment(), Augment(0, 0.0, 0.0).train()]
)
def test_inference_and_limits_of_zero_change_and_draw_nothing(
    augment: Augment, shape: tuple[int, ...]
) -> None:
    x = images(*shape)
    before = torch.get_rng_state()
    assert augment(x) is x
    assert torch.equal(torch.get_rng_state(), before)
    assert not augment.changes


def test_a_shift_by_whole_pixels_moves_them_and_fills_with_zeros() -> None:
    x = images(5, 2, 11, 8)
    right, down = torch.tensor([0, 2, -3, 0, 1]), torch.tensor([0, 1, 0, -4, -2])
    moved = move(x, right.float(), down.float(), torch.zeros(5))
    for i in range(5):
        torch.testing.assert_close(moved[i], shifted(x[i], int(right[i]), int(down[i])))


@pytest.mark.parametrize("shape", [(64, 784), (64, 28, 28), (64, 32, 32, 3)])
def test_draws_each_shift_of_whole_pixels_up_to_the_largest(shape: tuple[int, ...]) -> None:
    x = images(*shape)
    torch.manual_seed(3)
    changed = Augment(max_shift=1)(x)
    assert changed.shape == x.shape
    torch.manual_seed(3)
    right, down = torch.randint(-1, 2, (2, 64)).tolist()
    assert len(set(zip(right, down, strict=True))) == 9
    size = (28, 28) if shape[1] in (28, 784) else (32, 32)
    before, after = (t.view(64, *size, -1).movedim(-1, 1) for t in (x, changed))
    for i in range(64):
        torch.testing.assert_close(
            after[i], shifted(before[i], right[i], down[i]), atol=1e-5, rtol=0
        )


@pytest.mark.parametrize(("degrees", "quarters"), [(90, 1), (-90, -1), (180, 2)])
def test_a_right_angle_turns_clockwise(degrees: int, quarters: int) -> None:
    x = images(1, 1, 9, 9)
    zero = torch.zeros(1)
    turned = move(x, zero, zero, torch.tensor([math.radians(degrees)]))
    torch.testing.assert_close(turned, x.rot90(-quarters, dims=(2, 3)), atol=1e-5, rtol=0)


def test_a_turn_keeps_lengths_in_images_that_are_no_squares() -> None:
    x = torch.zeros(1, 1, 21, 41)
    x[0, 0, 10, 25] = 1  # 5 to the right of the centre
    zero = torch.zeros(1)
    turned = move(x, zero, zero, torch.tensor([math.pi / 2]))
    assert turned[0, 0, 15, 20].item() == pytest.approx(1, abs=1e-5)  # 5 below it
    # The shift comes first, and is turned too.
    moved = move(x, torch.ones(1), zero, torch.tensor([math.pi / 2]))
    assert moved[0, 0, 16, 20].item() == pytest.approx(1, abs=1e-5)


def test_angles_lie_within_the_largest() -> None:
    x = torch.zeros(500, 41, 41)
    x[:, 20, 40] = 1  # to the right end
    torch.manual_seed(0)
    turned = Augment(max_angle=10)(x)
    down = (turned.sum(dim=2) * torch.arange(41)).sum(dim=1) / turned.sum(dim=(1, 2)) - 20
    angles = torch.asin(down / 20).rad2deg()
    assert angles.abs().max() < 10.5
    assert angles.min() < -9
    assert angles.max() > 9


def test_lighting_multiplies_all_pixels_of_an_image_alike() -> None:
    x = images(2000, 6, 6)
    x[:, 0] = 0
    torch.manual_seed(0)
    changed = Augment(lighting=0.2)(x)
    assert bool((changed[:, 0] == 0).all())
    factors = changed[:, 1:] / x[:, 1:]
    assert factors.std(dim=(1, 2)).max() < 1e-4
    means = factors.mean(dim=(1, 2))
    assert means.min().item() == pytest.approx(0.8, abs=0.002)
    assert means.max().item() == pytest.approx(1.2, abs=0.002)
    assert means.std().item() == pytest.approx(0.4 / math.sqrt(12), rel=0.05)
    torch.manual_seed(0)
    torch.testing.assert_close(Augment(lighting=0.2)(255 * x), 255 * changed)  # in any scale


def test_the_same_seed_gives_the_same_images_and_the_next_call_others() -> None:
    x = images(16, 28, 28)
    augment = Augment(2, 10, 0.2)
    torch.manual_seed(7)
    first, second = augment(x), augment(x)
    torch.manual_seed(7)
    assert torch.equal(augment(x), first)
    assert torch.equal(augment(x), second)
    assert not torch.equal(first, second)
    same = x[:1].expand(16, -1, -1)
    assert len(augment(same).unique(dim=0)) == 16  # each image of a batch in its own way


def test_double_precision_stays() -> None:
    assert Augment(2, 10, 0.2)(images(3, 28, 28).double()).dtype == torch.float64


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_shift": -1}, "max_shift must be a whole number and at least 0, got -1"),
        ({"max_shift": 1.5}, r"max_shift must be a whole number and at least 0, got 1\.5"),
        ({"max_angle": -5}, "max_angle must be at least 0, got -5"),
        ({"max_angle": math.inf}, "max_angle must be finite and at least 0, got inf"),
        ({"lighting": 1}, r"lighting must be in \[0, 1\), got 1"),
        ({"lighting": -0.1}, r"lighting must be in \[0, 1\), got -0\.1"),
    ],
)
def test_limits_are_checked(limits: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Augment(**limits)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(4, 785), (4,), (4, 3, 3, 3, 3)])
def test_inputs_that_are_no_images_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"must be \(n, height, width\[, channels\]\), or"):
        Augment(max_shift=1)(images(*shape))


@pytest.mark.gpu
def test_a_gpu_draws_and_moves_on_the_gpu() -> None:
    x = images(8, 28, 28)
    shifts = torch.tensor([1.0, -1.0] * 4)
    moved = move(x[:, None], shifts, -shifts, shifts / 10)
    on_gpu = move(x[:, None].cuda(), shifts.cuda(), -shifts.cuda(), shifts.cuda() / 10)
    torch.testing.assert_close(on_gpu.cpu(), moved, atol=1e-4, rtol=1e-4)
    augment, x = Augment(1, 5, 0.1), x.cuda()
    torch.cuda.set_sync_debug_mode("error")
    try:
        changed = augment(x)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert changed.device.type == "cuda"
