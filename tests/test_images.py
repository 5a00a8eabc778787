import numpy as np
import pytest

from mathnn.convolution import conv2d
from mathnn.images import DIGITS, KERNELS, boat, shifted_digits
from mathnn.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from mathnn.losses import cross_entropy_gradient
from mathnn.optimizers import SGD

ONE = """
00000000
00011000
00011000
00011000
00011000
00011000
00011000
00000000
"""
SEVEN = """
00000000
01111100
01111100
00001100
00001100
00001100
00001100
00000000
"""


@pytest.mark.parametrize(("digit", "bits"), [(1, ONE), (7, SEVEN)])
def test_one_and_seven_are_those_of_the_notes(digit, bits):
    np.testing.assert_array_equal(DIGITS[digit], [[int(bit) for bit in row] for row in bits.split()])


def test_digits_are_ten_different_bitmaps_in_a_frame_of_zeros():
    assert DIGITS.shape == (10, 8, 8)
    assert set(np.unique(DIGITS)) == {0, 1}
    frame = DIGITS.copy()
    frame[:, 1:-1, 1:-1] = 0
    assert not frame.any()
    distance = np.abs(DIGITS[:, None] - DIGITS[None]).sum(axis=(2, 3)) + 64 * np.eye(10)
    assert distance.min() >= 2


def test_kernels_and_digits_cannot_be_changed_by_accident():
    for array in (DIGITS, *KERNELS.values()):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_keep_the_brightness_or_answer_0_to_a_flat_image(name):
    kernel = KERNELS[name]
    assert kernel.shape == ((5, 5) if name.endswith("5x5") else (3, 3))
    flat = conv2d(np.full((7, 7), 0.5), kernel)
    expected = 0.0 if name in ("sobel_x", "sobel_y", "laplace", "outline") else 0.5
    np.testing.assert_allclose(flat, expected, atol=1e-15)


def test_kernels_do_what_their_names_say():
    y, x = np.mgrid[:9, :9].astype(float)
    inner = (slice(1, -1), slice(1, -1))
    np.testing.assert_array_equal(conv2d(x**2, KERNELS["sobel_x"]), 8 * (2 * x)[inner])
    np.testing.assert_array_equal(conv2d(x**2, KERNELS["sobel_y"]), 0)
    np.testing.assert_array_equal(conv2d(y**2, KERNELS["sobel_y"]), 8 * (2 * y)[inner])
    np.testing.assert_array_equal(conv2d(x**2 + 3 * y**2, KERNELS["laplace"]), 8)
    np.testing.assert_array_equal(conv2d(x * y, KERNELS["identity"]), (x * y)[inner])
    np.testing.assert_array_equal(KERNELS["sharpen"], KERNELS["identity"] - KERNELS["laplace"])
    blurred = conv2d(KERNELS["gaussian_3x3"], KERNELS["gaussian_3x3"], padding=2)
    np.testing.assert_allclose(blurred, KERNELS["gaussian_5x5"])  # two blurs are one broader blur


def test_boat_has_edges_a_gradient_and_texture():
    image = boat()
    assert image.shape == (64, 64)
    assert image.min() >= 0
    assert image.max() <= 1
    assert (np.diff(image[:40, 0]) > 0).all()  # the sky grows brighter downwards
    assert np.abs(conv2d(image, KERNELS["sobel_x"])).max() > 2  # the mast
    assert image[50:].std() > 0.1  # the sea
    assert boat(48).shape == (48, 48)


def test_shifted_digits_are_digits_moved_and_nothing_else():
    images, labels = shifted_digits(200, rng=np.random.default_rng(0), noise=0)
    assert images.shape == (200, 1, 8, 8)
    assert set(labels) == set(range(10))
    corners = set()
    for image, label in zip(images[:, 0], labels, strict=True):
        places = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1)
                  if (np.roll(DIGITS[label], (r, c), (0, 1)) == image).all()]
        assert len(places) == 1
        corners.update(places)
    assert len(corners) == 9


def test_shifted_digits_lose_what_leaves_the_frame():
    images, _ = shifted_digits(100, rng=np.random.default_rng(0), digits=[1], shift=8, noise=0)
    assert images.sum(axis=(1, 2, 3)).min() == 0
    assert images.sum(axis=(1, 2, 3)).max() <= DIGITS[1].sum()


def test_noise_has_the_asked_size_and_the_seed_decides_everything():
    images, labels = shifted_digits(500, rng=np.random.default_rng(1), shift=0, noise=0.3)
    noise = images[:, 0] - DIGITS[labels]
    assert noise.std() == pytest.approx(0.3, rel=0.02)
    assert noise.mean() == pytest.approx(0, abs=0.01)
    again, labels_again = shifted_digits(500, rng=np.random.default_rng(1), shift=0, noise=0.3)
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, labels_again)


def learn_digits():
    rng = np.random.default_rng(0)
    images, labels = shifted_digits(500, rng=rng, noise=0.2)
    net = Sequential(Conv2d(1, 8, 3, padding=1, rng=rng), ReLU(), MaxPool2d(2), Flatten(), Linear(128, 10, rng=rng))
    optimizer = SGD(net.parameters(), learning_rate=0.1, momentum=0.9)
    for _ in range(6):
        for batch in np.split(rng.permutation(500), 20):
            z = net.forward(images[batch])
            optimizer.zero_grad()
            net.backward(cross_entropy_gradient(z, labels[batch]))
            optimizer.step()
    new_images, new_labels = shifted_digits(300, rng=rng, noise=0.2)
    z = net.forward(new_images)
    return z, np.mean(z.argmax(axis=1) == new_labels)


def test_a_small_network_learns_the_digits_and_a_seeded_run_is_the_same_twice():
    z, accuracy = learn_digits()
    assert accuracy > 0.97
    np.testing.assert_array_equal(z, learn_digits()[0])


RNG = np.random.default_rng(0)
REFUSALS = [
    (lambda: shifted_digits(0, rng=RNG), r"n: expected an integer of at least 1, got 0"),
    (lambda: shifted_digits(5, rng=3), r"rng: expected a numpy\.random\.Generator, got int"),
    (lambda: shifted_digits(5, rng=RNG, digits=[1, 10]), r"digits: expected a sequence .* from 0 to 9, got \[1, 10\]"),
    (lambda: shifted_digits(5, rng=RNG, digits=[-1]), r"digits: expected a sequence .* from 0 to 9, got \[-1\]"),
    (lambda: shifted_digits(5, rng=RNG, digits=[]), r"digits: expected a sequence .* from 0 to 9, got \[\]"),
    (lambda: shifted_digits(5, rng=RNG, digits=[[1], [2, 3]]), r"digits: .* got rows of different lengths"),
    (lambda: shifted_digits(5, rng=RNG, digits=7), r"digits: expected a sequence .* from 0 to 9, got 7"),
    (lambda: shifted_digits(5, rng=RNG, digits="17"), r"digits: expected a sequence .* from 0 to 9, got 17"),
    (lambda: shifted_digits(5, rng=RNG, shift=-1), r"shift: expected an integer of at least 0, got -1"),
    (lambda: shifted_digits(5, rng=RNG, shift=9), r"shift: expected an integer from 0 to 8, got 9"),
    (lambda: shifted_digits(5, rng=RNG, noise=-0.1), r"noise: expected a number of at least 0, got -0\.1"),
    (lambda: boat(7), r"size: expected an integer of at least 8, got 7"),
]


@pytest.mark.parametrize(("call", "message"), REFUSALS)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()
