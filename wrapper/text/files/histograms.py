"""Histograms of event files: edges and counts, few enough to be kept with every step."""

from wrapper.text.files.tensors import Tensor
from wrapper.text.files.wire import DOUBLE, read_fields, read_floats

MOST_BINS = 64


def read_histogram(data: bytes) -> dict[str, object]:
    """Take a HistogramProto apart: `bins` are the edges, one more than `values`. Raises BrokenMessage."""
    least = most = 0.0
    limits: list[float] = []
    counts: list[float] = []
    for number, value in read_fields(data):
        if number == 1:
            (least,) = read_floats(value, DOUBLE)
        elif number == 2:
            (most,) = read_floats(value, DOUBLE)
        elif number == 6:
            limits += read_floats(value, DOUBLE)
        elif number == 7:
            counts += read_floats(value, DOUBLE)
    filled = [place for place, count in enumerate(counts) if count > 0]
    if not filled or len(limits) != len(counts):
        return {}
    # The outer buckets reach to the largest double; the values do not.
    first, last = filled[0], filled[-1]
    edges = [min(max(edge, least), most) for edge in limits[first : last + 1]]
    return reduced([least, *edges], counts[first : last + 1])


def read_buckets(tensor: Tensor) -> dict[str, object]:
    """A histogram from rows of left edge, right edge and count; empty when there are none."""
    if len(tensor.shape) != 2 or tensor.shape[1] != 3 or not tensor.numbers:
        return {}
    lefts, rights, counts = (tensor.numbers[place::3] for place in range(3))
    return reduced([lefts[0], *rights], counts)


def reduced(edges: list[float], counts: list[float]) -> dict[str, object]:
    """As few bins as are kept, by adding up neighbours."""
    width = -(-len(counts) // MOST_BINS)
    sums = [sum(counts[place : place + width]) for place in range(0, len(counts), width)]
    kept = [*edges[:-1][::width], edges[-1]]
    return {"bins": kept, "values": sums}
