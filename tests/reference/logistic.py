"""Reference optima of L2-regularised logistic regression.

Python 3.11.7, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1. From the root of the
repository:

    python tests/reference/logistic.py > tests/reference/logistic.json

The objective is LIBLINEAR's -s 0 (dual: -s 7) with -B 1, its intercept regularised:

    f(w, b) = 1/2 ||w||^2 + 1/2 b^2 + C sum_i c_i log(1 + exp(-y_i (w.x_i + b)))

with y_i in {-1, 1}, and c_i = 1, or n / (2 n_class) when balanced. The optimum is
found by Newton's method with backtracking in float64 until the gradient's largest
entry stops falling, and checked two ways: f does not fall under scipy's L-BFGS-B
started there, and scikit-learn's liblinear (which counts the intercept in, with
intercept_scaling=1) comes to the same f. `gradient` is the largest absolute entry
of the gradient at the optimum; f is 1-strongly convex, so (w, b) is within
sqrt(n_features + 1) * gradient of the true optimum in Euclidean norm, up to the
rounding of the gradient itself (about 1e-12 at C = 1000).
Rows of X are triplets [row, column, value]; an optimum's `w` is dense.
"""

import json
import sys
import warnings

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression


def generate(rng, n, d, per_row, positive_share, n_zero_rows):
    """Rows of unit norm over columns drawn by a Zipf law; labels from a noisy plane."""
    popularity = 1 / np.arange(1, d + 1)
    popularity /= popularity.sum()
    x = np.zeros((n, d))
    for row in x:
        columns = rng.choice(d, rng.integers(1, per_row + 1), replace=False, p=popularity)
        row[columns] = rng.exponential(1, len(columns)) + 0.1
    x[rng.choice(n, n_zero_rows, replace=False)] = 0
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    x = np.divide(x, norms, out=x, where=norms > 0)
    score = x @ rng.normal(0, 2, d) + rng.normal(0, 0.5, n)
    y = np.where(score > np.quantile(score, 1 - positive_share), 1, -1)
    return x, y


def objective(theta, xb, y, cost):
    margin = y * (xb @ theta)
    value = 0.5 * theta @ theta + cost @ np.logaddexp(0, -margin)
    gradient = theta - xb.T @ (cost * y * expit(-margin))
    return value, gradient


def newton(xb, y, cost):
    theta = np.zeros(xb.shape[1])
    best, best_gradient, stalled = theta, np.inf, 0
    for _ in range(500):
        value, gradient = objective(theta, xb, y, cost)
        size = np.abs(gradient).max()
        if size < best_gradient:
            best, best_gradient, stalled = theta, size, 0
        else:
            stalled += 1
        if size == 0 or stalled > 5:
            break
        p = expit(xb @ theta)
        hessian = np.eye(len(theta)) + xb.T @ (xb * (cost * p * (1 - p))[:, None])
        step = np.linalg.solve(hessian, gradient)
        t = 1.0
        # Near the optimum f is flat to rounding; a full step is then right.
        slack = 1e-12 * abs(value)
        while objective(theta - t * step, xb, y, cost)[0] > value - 1e-4 * t * (gradient @ step) + slack:
            t /= 2
        theta = theta - t * step
    return best, best_gradient


def verify(theta, xb, x, y, cost, c, class_weight):
    value = objective(theta, xb, y, cost)[0]
    again = minimize(
        objective, theta, (xb, y, cost), jac=True, method="L-BFGS-B",
        options={"ftol": 1e-16, "gtol": 1e-13, "maxiter": 1000},
    )
    assert again.fun >= value * (1 - 1e-12), (again.fun, value)
    # From zero as well, so that the check does not rest on Newton's own end.
    from_zero = minimize(
        objective, np.zeros_like(theta), (xb, y, cost), jac=True, method="L-BFGS-B",
        options={"ftol": 1e-16, "gtol": 1e-12, "maxiter": 100000, "maxfun": 1000000, "maxcor": 50},
    )
    assert abs(from_zero.fun / value - 1) < 1e-9, (from_zero.fun, value)
    model = LogisticRegression(
        solver="liblinear", C=c, class_weight=class_weight,
        intercept_scaling=1, tol=1e-10, max_iter=100000, random_state=0,
    ).fit(x, y)
    theirs = np.append(model.coef_[0], model.intercept_[0])
    their_value = objective(theirs, xb, y, cost)[0]
    assert their_value >= value * (1 - 1e-12), (their_value, value)
    assert their_value / value - 1 < 1e-9, (their_value, value)
    return {
        "liblinear_excess": max(their_value / value - 1, 0.0),
        "liblinear_max_distance": np.abs(theirs - theta).max(),
    }


def main():
    warnings.filterwarnings("ignore", category=FutureWarning)
    rng = np.random.default_rng(20240501)
    sets = []
    for name, n, d, per_row, positive_share, n_zero_rows in (
        ("60 by 30", 60, 30, 6, 0.3, 3),
        ("200 by 400", 200, 400, 25, 0.1, 5),
        ("40 by 8", 40, 8, 4, 0.75, 4),
    ):
        x, y = generate(rng, n, d, per_row, positive_share, n_zero_rows)
        xb = np.hstack([x, np.ones((n, 1))])
        optima = []
        for class_weight in (None, "balanced"):
            weight = {k: n / (2 * (y == k).sum()) if class_weight else 1.0 for k in (-1, 1)}
            for c in (0.01, 1.0, 100.0, 1000.0):
                cost = c * np.where(y > 0, weight[1], weight[-1])
                theta, gradient = newton(xb, y, cost)
                checks = verify(theta, xb, x, y, cost, c, class_weight)
                print(name, class_weight, c, gradient, checks, file=sys.stderr)
                optima.append(
                    {
                        "C": c,
                        "class_weight": class_weight,
                        "weight_positive": weight[1],
                        "weight_negative": weight[-1],
                        "objective": objective(theta, xb, y, cost)[0],
                        "w": theta[:-1].tolist(),
                        "b": theta[-1],
                        "gradient": gradient,
                        **checks,
                    }
                )
        rows, columns = np.nonzero(x)
        sets.append(
            {
                "name": name,
                "n_samples": n,
                "n_features": d,
                "n_positive": int((y > 0).sum()),
                "x": [[int(r), int(k), float(x[r, k])] for r, k in zip(rows, columns)],
                "y": y.tolist(),
                "optima": optima,
            }
        )
    json.dump(
        {
            "versions": {
                "scikit-learn": sklearn.__version__,
                "scipy": scipy.__version__,
                "numpy": np.__version__,
            },
            "sets": sets,
        },
        sys.stdout,
        separators=(",", ":"),
    )
    print()


main()
