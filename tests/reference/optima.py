"""Optima of LIBLINEAR on the made sets of `benches/corpus`, and on any exported file.

liblinear-official 2.50.0 (LIBLINEAR 2.50), numpy 2.4.6, scipy 1.17.1, Python 3.11. From the root of the
repository:

    for shape in topics rare short; do
        cargo run --release --example objective -- made:$shape --export $shape.svm
    done
    python tests/reference/optima.py topics.svm rare.svm short.svm > tests/reference/optima.json

Each set is solved as `train -s S -c C -B 1 -e 1e-9 [-w1 W -w-1 W]` with S 0 (logistic regression, primal) and 2 (L2-loss
SVC, primal), or 7 and 1 (the same, dual) where the primal solver's line search fails, C 0.01, 1 and 1000, without class weights and with n / (2 n_side). The objective is worked out in float64 of
the weights that come back; `excess` bounds what it has above the true optimum, relative to it: P is 1-strongly convex,
so P - P* <= |gradient|^2 / 2.

    python tests/reference/optima.py --sum FILE.svm 1 logistic

prints the sum of the optima over the lanes of a file that `objective --export` wrote, C 1, no class weights.
"""

import json
import sys

import numpy as np
import scipy.sparse as sp
from liblinear.liblinearutil import parameter, problem, train
from scipy.special import expit


def read(path):
    """Rows as CSR, and the set of lane numbers of each."""
    indptr, indices, data, labels = [0], [], [], []
    for line in open(path):
        head, *pairs = line.rstrip("\n").split(" ")
        labels.append({int(label) for label in head.split(",") if label})
        for pair in pairs:
            column, value = pair.split(":")
            indices.append(int(column) - 1)
            data.append(float(value))
        indptr.append(len(indices))
    n_features = max(indices) + 1
    return sp.csr_matrix((data, indices, indptr), shape=(len(labels), n_features)), labels


def objective(x, y, cost, w, loss):
    """P and its gradient; the last of w is the bias."""
    margin = y * (x @ w[:-1] + w[-1])
    if loss == "logistic":
        value = cost @ np.logaddexp(0, -margin)
        slope = -cost * y * expit(-margin)
    else:
        slack = np.maximum(0, 1 - margin)
        value = cost @ slack**2
        slope = -2 * cost * y * slack
    gradient = w + np.append(x.T @ slope, slope.sum())
    return 0.5 * w @ w + value, gradient


def solve(x, y, c, class_weight, loss, eps=1e-9):
    """The primal solver's end or, where its line search gives up before that is an optimum, the dual one's."""
    kinds = (0, 7) if loss == "logistic" else (2, 1)
    for kind in kinds:
        value, excess = solve_as(kind, x, y, c, class_weight, loss, eps)
        if excess < 1e-6:
            break
    return value, excess


def solve_as(kind, x, y, c, class_weight, loss, eps):
    weight = {side: len(y) / (2 * (y == side).sum()) if class_weight else 1.0 for side in (1, -1)}
    options = f"-s {kind} -c {c} -B 1 -e {eps} -q -w1 {float(weight[1])!r} -w-1 {float(weight[-1])!r}"
    model = train(problem(y, x, bias=1), parameter(options))
    n = x.shape[1]
    w = np.array([model.w[j] for j in range(n + 1)])
    w *= 1 if model.get_labels()[0] == 1 else -1
    cost = c * np.where(y > 0, weight[1], weight[-1])
    value, gradient = objective(x, y, cost, w, loss)
    return value, 0.5 * gradient @ gradient / value


def main():
    if sys.argv[1] == "--sum":
        path, c, loss = sys.argv[2:]
        x, labels = read(path)
        total = bound = 0.0
        for lane in sorted(set().union(*labels)):
            y = np.array([1.0 if lane in of_row else -1.0 for of_row in labels])
            value, excess = solve(x, y, float(c), False, loss, eps=1e-5)
            total += value
            bound += value * excess
        print(f"{path} {loss} C {c}: {total:.6f}, at most {bound:.2g} above the optimum")
        return
    optima = []
    for path in sys.argv[1:]:
        x, labels = read(path)
        y = np.array([1.0 if 0 in of_row else -1.0 for of_row in labels])
        for loss in ("logistic", "squared-hinge"):
            for class_weight in (None, "balanced"):
                for c in (0.01, 1, 1000):
                    value, excess = solve(x, y, c, class_weight, loss)
                    print(path, loss, class_weight, c, value, excess, file=sys.stderr)
                    optima.append(
                        {
                            "shape": path.rsplit("/", 1)[-1].removesuffix(".svm"),
                            "n_positive": int((y > 0).sum()),
                            "loss": loss,
                            "class_weight": class_weight,
                            "C": c,
                            "objective": value,
                            "excess": excess,
                        }
                    )
    versions = {"liblinear": "2.50", "liblinear-official": "2.50.0"}
    json.dump({"versions": versions, "optima": optima}, sys.stdout, indent=1)
    print()


main()
