"""The network figure: its numbers against hand calculation and NumPy, without a browser."""

import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from mathnn.layers import Flatten, Linear, ReLU, Sequential, Sigmoid, Tanh
from mathnn.live import Network
from mathnn.live.engine import call
from mathnn.losses import cross_entropy


def plain(text):
    return "".join(piece if isinstance(piece, str) else piece[0] for piece in text)


def test_network_tells_the_two_input_example():
    model = Sequential(Linear(2, 3, bias=False, rng=np.random.default_rng(0)),
                       Linear(3, 1, bias=False, rng=np.random.default_rng(0)))
    model.layers[0].weight.data[...] = 0.5
    model.layers[1].weight.data[...] = 1
    fig = Network("n", "N", model, [40, 80], [60], learning_rate=1e-5, description="A network.")
    frames = fig.spec()["frames"]
    told = [plain(frame["text"][0]) for frame in frames]
    assert told[1] == "Forward: h1 = 0.5·40 + 0.5·80 = 60."
    assert told[5] == "Loss: the half squared error is L = 7200."
    assert "∂L/∂w = ∂L/∂h1·x1 = 120·40 = 4800." in told[9]
    assert "0.5 − 1·10⁻⁵·4800 = 0.452" in told[10]
    assert "from 7200 to 3225.137; y from 180 to 140.3136" in told[11]
    items = call("mergeFrames", frames, 10)
    assert items["0.1>1.2"] == {"v": "0.404", "g": "∂ 9600", "hot": True}
    assert items["1.0>2.0"] == {"v": "0.928", "g": "∂ 7200", "hot": True}
    last = call("mergeFrames", frames, 11)
    assert [last[node]["v"] for node in ("1.0", "2.0", "3.0")] == ["50.4", "140.3", "3225"]
    assert not any("g" in item for item in last.values())
    assert (model.layers[0].weight.data == 0.5).all()  # the model itself has not learned


def sigmoid_layers(x, target, weights, biases):
    """Forward and backward of two sigmoid layers, written out."""
    outputs = [x]
    for w, c in zip(weights, biases, strict=True):
        outputs.append(1 / (1 + np.exp(-(w @ outputs[-1] + c))))
    delta = (outputs[2] - target) * outputs[2] * (1 - outputs[2])
    back = weights[1].T @ delta
    hidden = back * outputs[1] * (1 - outputs[1])
    return outputs, delta, back, hidden


def test_network_shows_every_number_of_a_sigmoid_network():
    rng = np.random.default_rng(3)
    model = Sequential(Linear(2, 3, rng=rng), Sigmoid(), Linear(3, 2, rng=rng), Sigmoid())
    x, target = np.array([0.3, -0.8]), np.array([0.1, 0.9])
    frames = Network("n", "N", model, x, target, learning_rate=0.5, digits=9, description="A network.").spec()["frames"]
    linear = [model.layers[0], model.layers[2]]
    weights, biases = [layer.weight.data for layer in linear], [layer.bias.data for layer in linear]
    outputs, delta, back, hidden = sigmoid_layers(x, target, weights, biases)

    def shown(items, key, ids, mark=""):
        texts = [items[name][key] for name in ids]
        assert all(text.startswith(mark) for text in texts)
        return [float(text.removeprefix(mark).replace("−", "-")) for text in texts]

    def edges(k, shape):
        return [f"{k}.{j}>{k + 1}.{i}" for i in range(shape[0]) for j in range(shape[1])]

    before = call("mergeFrames", frames, len(frames) - 3)  # all gradients are there, nothing is updated
    assert shown(before, "v", ["1.0", "1.1", "1.2"]) == pytest.approx(outputs[1], rel=1e-8)
    assert shown(before, "v", ["2.0", "2.1"]) == pytest.approx(outputs[2], rel=1e-8)
    assert shown(before, "v", ["3.0"]) == pytest.approx([((outputs[2] - target) ** 2).sum() / 2], rel=1e-8)
    assert shown(before, "g", ["2.0", "2.1"], "δ ") == pytest.approx(delta, rel=1e-8)
    assert shown(before, "g", ["1.0", "1.1", "1.2"], "δ ") == pytest.approx(hidden, rel=1e-8)
    assert shown(before, "gb", ["2.0", "2.1"], "∂ ") == pytest.approx(delta, rel=1e-8)
    for k, upstream in ((0, hidden), (1, delta)):
        gradient = np.outer(upstream, outputs[k])
        names = edges(k, gradient.shape)
        assert shown(before, "v", names) == pytest.approx(weights[k].ravel(), rel=1e-8)
        assert shown(before, "g", names, "∂ ") == pytest.approx(gradient.ravel(), rel=1e-8)
        updated = call("mergeFrames", frames, len(frames) - 2)
        assert shown(updated, "v", names) == pytest.approx((weights[k] - 0.5 * gradient).ravel(), rel=1e-8)
        assert shown(updated, "b", [f"{k + 1}.{i}" for i in range(len(upstream))], "b ") == pytest.approx(
            biases[k] - 0.5 * upstream, rel=1e-8)
    passed_on = [plain(frame["text"][0]).startswith("Backward to h") for frame in frames].index(True)
    passed_back = call("mergeFrames", frames, passed_on)
    assert shown(passed_back, "g", ["1.0", "1.1", "1.2"], "∂ ") == pytest.approx(back, rel=1e-8)


@pytest.mark.parametrize("sizes", [(1, 1), (3, 2), (2, 4, 3), (4, 5, 4, 3), (9, 8, 7)])
@pytest.mark.parametrize("activation", [Sigmoid, Tanh, ReLU, None])
@pytest.mark.parametrize("width", [326, 640])
def test_network_of_any_size_is_drawn(sizes, activation, width):
    rng = np.random.default_rng(0)
    layers = [[Linear(d, h, rng=rng)] + ([activation()] if activation else [])
              for d, h in itertools.pairwise(sizes)]
    model = Sequential(*itertools.chain(*layers))
    fig = Network("n", "N", model, np.ones(sizes[0]), np.zeros(sizes[-1]), learning_rate=0.1, description="A network.")
    steps = "((spec, width) => spec.frames.map((_, step) => render(spec, { step }, width)))"
    for drawn in call(steps, fig.spec(), width):
        circles = list(ET.fromstring(drawn["svg"]).iter("{http://www.w3.org/2000/svg}circle"))
        assert len(circles) == sum(sizes) + 1
        assert "NaN" not in drawn["svg"]
        assert drawn["say"]


@pytest.mark.parametrize(("sizes", "width"), [
    ((2, 3, 1), 640), ((2, 3, 1), 686), *itertools.product([(2, 2, 2), (3, 2)], (326, 640, 686))])
def test_no_number_stands_where_edges_cross(sizes, width):
    rng = np.random.default_rng(0)
    model = Sequential(*(Linear(d, h, rng=rng) for d, h in itertools.pairwise(sizes)))
    fig = Network("n", "N", model, np.ones(sizes[0]), np.zeros(sizes[-1]), learning_rate=0.1, description="A network.")
    layout = """((spec, width) => layoutNetwork(spec, width).groups.map(({ edges, placed }) =>
        ({ edges, placed: [...placed ?? []] })))"""
    for group in call(layout, fig.spec(), width):
        ends = {edge["id"]: np.array(edge["ends"]) for edge in group["edges"]}
        assert len(group["placed"]) in (0, len(ends))  # else only those in use are shown
        for name, place in group["placed"]:
            start, along = ends[name][0], ends[name][1] - ends[name][0]
            for other, (far, end) in ends.items():
                meet = np.column_stack([along, far - end])
                if other == name or abs(np.linalg.det(meet)) < 1:
                    continue
                shares = np.linalg.solve(meet, far - start)
                away = np.abs(start + shares[0] * along - place)  # of the crossing from the number
                assert not np.all((shares > 0) & (shares < 1)) or np.any(away > (11, 7))


def test_losses_and_labels_of_a_classifier():
    model = Sequential(Linear(2, 3, rng=np.random.default_rng(0)))
    fig = Network("n", "N", model, [1, -1], 2, loss=cross_entropy, learning_rate=0.1, description="A classifier.")
    text = plain(next(f["text"][0] for f in fig.spec()["frames"] if "Loss" in plain(f["text"][0])))
    scores = model.layers[0].weight.data @ [1, -1] + model.layers[0].bias.data
    want = np.log(np.exp(scores).sum()) - scores[2]
    assert text == f"Loss: the cross entropy is L = {want:.7g}."


@pytest.mark.parametrize(("layers", "message"), [
    ([Sigmoid()], "model: expected linear layers"),
    ([Linear(2, 1, rng=np.random.default_rng(0)), Tanh(), Tanh()], "model: expected linear layers"),
    ([Linear(2, 1, rng=np.random.default_rng(0)), Flatten()], "model: expected linear layers.* got Linear, Flatten"),
    ([Linear(3, 1, rng=np.random.default_rng(0))], r"x: expected shape \(n, 3\)"),
])
def test_what_does_not_fit_is_refused(layers, message):
    with pytest.raises(ValueError, match=message):
        Network("n", "N", Sequential(*layers), [1, 2], [0], learning_rate=0.1, description="A network.")


def test_a_name_for_each_layer_is_wanted():
    model = Sequential(Linear(2, 1, rng=np.random.default_rng(0)))
    with pytest.raises(ValueError, match="names: expected 2 letters"):
        Network("n", "N", model, [1, 2], [0], learning_rate=0.1, names=["x"], description="A network.")
