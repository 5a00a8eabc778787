r"""Small images for the chapters: kernels with a name, bitmap digits, and a picture of a boat, all drawn in code.

>>> from mathnn.convolution import conv2d
>>> edges = conv2d(boat(), KERNELS["sobel_x"], padding=1)
>>> edges.shape
(64, 64)
"""

import numpy as np

from mathnn._validation import as_array, as_integer, as_scalar, require_generator


def _fixed(rows, divisor=1):
    """Return an array that cannot be changed by accident."""
    array = np.array(rows, dtype=np.float64) / divisor
    array.flags.writeable = False
    return array


#: Kernels by name, to be used as they stand by :func:`mathnn.convolution.conv2d`, which does not flip them.
KERNELS = {
    "identity": _fixed([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "box_blur": _fixed(np.ones((3, 3)), 9),
    "box_blur_5x5": _fixed(np.ones((5, 5)), 25),
    "gaussian_3x3": _fixed(np.outer([1, 2, 1], [1, 2, 1]), 16),
    "gaussian_5x5": _fixed(np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]), 256),
    "sobel_x": _fixed([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),  # positive where it grows brighter to the right
    "sobel_y": _fixed([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),  # positive where it grows brighter downwards
    "laplace": _fixed([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    "outline": _fixed([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
    "sharpen": _fixed([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "emboss": _fixed([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]),
    "motion_blur_5x5": _fixed(np.eye(5), 5),
}

_DRAWINGS = """
........  ........  ........  ........  ........  ........  ........  ........  ........  ........
..####..  ...##...  ..####..  .#####..  ....##..  .######.  ..####..  .#####..  ..####..  ..####..
.##..##.  ...##...  .##..##.  .....##.  ...###..  .##.....  .##.....  .#####..  .##..##.  .##..##.
.##..##.  ...##...  ....##..  ..####..  ..#.##..  .#####..  .#####..  ....##..  ..####..  .##..##.
.##..##.  ...##...  ...##...  .....##.  .#..##..  .....##.  .##..##.  ....##..  .##..##.  ..#####.
.##..##.  ...##...  ..##....  .....##.  .######.  .....##.  .##..##.  ....##..  .##..##.  .....##.
..####..  ...##...  .######.  .#####..  ....##..  .#####..  ..####..  ....##..  ..####..  ..####..
........  ........  ........  ........  ........  ........  ........  ........  ........  ........
"""

#: The digits 0 to 9 as 8×8 bitmaps of zeros and ones, of shape (10, 8, 8).
DIGITS = _fixed([[[pixel == "#" for pixel in row.split()[digit]] for row in _DRAWINGS.split("\n")[1:-1]]
                 for digit in range(10)])


def shifted_digits(n, *, rng, digits=tuple(range(10)), shift=1, noise=0.1):
    r"""Draw `n` bitmap digits, each moved a little and sprinkled with noise: a data set to learn from.

    Parameters
    ----------
    n : int
        How many images.
    rng : numpy.random.Generator
        Draws the digits, the shifts and the noise.
    digits : sequence of int, optional
        The digits to draw from, as ``(1, 7)``; the label of an image is the digit itself.
    shift : int, optional
        How many pixels at most an image is moved in each direction. What leaves the frame is lost; up to 1, nothing is.
    noise : float, optional
        Standard deviation of the normal noise added to each pixel.

    Returns
    -------
    images : ndarray of shape (n, 1, 8, 8)
    labels : ndarray of int of shape (n,)

    Raises
    ------
    ValueError
        If `n` is not a positive integer, `rng` is not a generator, `digits` is empty or holds something else than
        integers from 0 to 9, `shift` is not an integer from 0 to 8, or `noise` is negative.

    Examples
    --------
    >>> images, labels = shifted_digits(4, rng=np.random.default_rng(0), digits=(1, 7), shift=0, noise=0)
    >>> labels
    array([7, 7, 7, 1])
    >>> bool((images[3, 0] == DIGITS[1]).all())
    True
    """
    n = as_integer("n", n, minimum=1)
    noise = as_scalar("noise", noise, expected="a number of at least 0", holds=lambda s: s >= 0)
    require_generator(rng)
    digits = as_array("digits", digits)
    if digits.ndim != 1 or digits.dtype.kind not in "iu" or not len(digits) or digits.min() < 0 or digits.max() > 9:
        raise ValueError(f"digits: expected a sequence of integers from 0 to 9, got {digits.tolist()}")
    if as_integer("shift", shift, minimum=0) > 8:
        raise ValueError(f"shift: expected an integer from 0 to 8, got {shift}")
    labels = rng.choice(digits, n)
    padded = np.pad(DIGITS[labels], [(0, 0), (shift, shift), (shift, shift)])  # (n, 8 + 2·shift, 8 + 2·shift)
    corners = rng.integers(0, 2 * shift + 1, (n, 2))
    images = np.stack([image[r : r + 8, c : c + 8] for image, (r, c) in zip(padded, corners, strict=True)])
    return (images + noise * rng.normal(size=images.shape))[:, None], labels


def boat(size=64):
    r"""Draw a sailing boat on the sea, in shades of grey: a picture to filter.

    It has what filters show: straight and round edges (sails, sun), a smooth gradient (sky), and texture (waves).

    Parameters
    ----------
    size : int, optional
        Height and width in pixels.

    Returns
    -------
    ndarray of shape (size, size)
        From 0 (black) to 1 (white).

    Raises
    ------
    ValueError
        If `size` is not an integer of at least 8.

    Examples
    --------
    >>> image = boat()
    >>> image.shape, bool(image.min() >= 0), bool(image.max() <= 1)
    ((64, 64), True, True)
    """
    as_integer("size", size, minimum=8)
    y, x = (np.mgrid[:size, :size] + 0.5) / size  # both from 0 to 1, y downwards
    image = 0.45 + 0.45 * y  # the sky, brighter towards the horizon
    image[(x - 0.82) ** 2 + (y - 0.2) ** 2 < 0.09**2] = 1.0  # the sun
    waves = 0.32 + 0.14 * np.sin(70 * y**2 + 3 * np.sin(14 * x)) + 0.08 * np.sin(60 * x + 25 * y)
    image = np.where(y > 0.66, waves, image)
    for left, right, top, bottom, shade in [(0.5, 0.78, 0.1, 0.6, 0.95), (0.47, 0.2, 0.2, 0.6, 0.75)]:
        height = (y - top) / (bottom - top)  # 0 at the top of a sail, 1 at its foot
        along = (x - left) / (right - left)
        image[(height <= 1) & (along >= 0) & (along <= height)] = shade
    image[(np.abs(x - 0.485) < 0.012) & (y > 0.06) & (y < 0.68)] = 0.1  # the mast
    hull = (y > 0.64) & (y < 0.78) & (np.abs(x - 0.48) < 0.36 - 1.1 * (y - 0.64))
    image[hull] = 0.15
    image[hull & (y > 0.68) & (y < 0.7)] = 0.85  # a stripe
    return np.clip(image, 0, 1)
