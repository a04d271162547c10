"""Reference values for tests/reference_quantify.rs: corrections, intervals, changes and words.

Python 3.11.7, numpy 2.4.6, scipy 1.17.1, QuaPy 0.2.3, ruptures 1.1.10. From the root of the repository:

    python tests/reference/quantify.py > tests/reference/quantify.json

Corrections within the simplex are QuaPy's adjusted count, those outside scipy's maximum of the likelihood. Intervals are
percentiles of 100,000 draws of numpy, widened as Hesterberg (2015) says. Where a series turns is said by ruptures. Words are
scored by equations 15 and 16 of Monroe, Colaresi and Quinn (2008), the variance times that of counts over documents by
that of independent words.
"""

import json
import sys

import numpy as np
import quapy
import ruptures
import scipy
from quapy.method.aggregative import ACC, CC
from scipy.optimize import minimize
from scipy.stats import beta, norm, t
from sklearn.base import BaseEstimator

DRAWS = 100_000


class Said(BaseEstimator):
    """A classifier that was run elsewhere."""

    def __init__(self, n):
        self.n = n
        self.classes_ = np.arange(n)

    def fit(self, *_):
        raise NotImplementedError

    predict = fit


def adjusted(gold, given, said):
    """QuaPy's adjusted count without clipping."""
    classifier = Said(int(max(gold.max(), given.max())) + 1)
    acc = ACC(classifier, fit_classifier=False, val_split=None, solver="exact-raise", norm=None)
    acc.aggregation_fit(given, gold)
    acc.cc = CC(classifier, fit_classifier=False)
    return acc.aggregate(said)


def likeliest(rates, q):
    """The shares in the simplex that make q most likely."""
    n = len(q)

    def loss(pi):
        return -np.sum(q * np.log(np.maximum(pi @ rates, 1e-300)))

    best = None
    for start in [np.full(n, 1 / n), *np.eye(n) * 0.7 + 0.3 / n]:
        found = minimize(
            loss, start, bounds=[(0, 1)] * n, method="SLSQP", options={"ftol": 1e-15, "maxiter": 1000},
            constraints={"type": "eq", "fun": lambda pi: pi.sum() - 1},
        )
        if best is None or found.fun < best.fun:
            best = found
    return best.x


def corrections(rng):
    cases = []
    tables = [
        [[90, 10], [16, 64]],
        [[188, 12], [7, 43]],
        [[66, 24, 10], [14, 64, 22], [6, 18, 76]],
        [[70, 20, 10, 0], [5, 80, 10, 5], [5, 25, 65, 5], [2, 8, 10, 80]],
    ]
    for table in tables:
        counts = np.array(table)
        n = len(counts)
        gold = np.repeat(np.arange(n), counts.sum(1))
        given = np.concatenate([np.repeat(np.arange(n), row) for row in counts])
        rates = counts / counts.sum(1, keepdims=True)
        for inside in (True, True, False):
            while True:
                pi = rng.dirichlet(np.ones(n))
                said = rng.multinomial(400, pi @ rates if inside else rng.dirichlet(np.ones(n)))
                exact = adjusted(gold, given, np.repeat(np.arange(n), said))
                if (exact.min() >= 0) == inside:
                    break
            q = said / said.sum()
            shares = exact if inside else likeliest(rates, q)
            cases.append({"table": table, "said": said.tolist(), "inside": inside, "shares": list(shares)})
    return cases


def design_effect(wrong, n):
    """Of gold rows by article: the variance of their share of mistakes by that of independent rows."""
    k, share = len(n), wrong.sum() / n.sum()
    residuals = wrong - share * n
    variance = k / (k - 1) * np.sum(residuals**2) / n.sum() ** 2
    return max(1.0, variance / (share * (1 - share) / n.sum()))


def coded_rows(rng, n_rows, rates, shares):
    """Rows (gold, given, article): articles of one to four rows, which repeat each other's mistakes."""
    rows = []
    article = 0
    while len(rows) < n_rows:
        luck = rng.random()
        for _ in range(rng.integers(1, 5)):
            gold = rng.choice(len(rates), p=shares)
            u = luck if rng.random() < 0.5 else rng.random()
            rows.append((int(gold), int(np.searchsorted(np.cumsum(rates[gold])[:-1], u, side="right")), article))
        article += 1
    return rows


def confusion(rows, n):
    counts = np.zeros((n, n))
    effects = []
    for gold, given, _ in rows:
        counts[gold, given] += 1
    for g in range(n):
        of_article = {}
        for gold, given, article in rows:
            if gold == g:
                wrong, m = of_article.get(article, (0, 0))
                of_article[article] = (wrong + (gold != given), m + 1)
        wrong, m = np.array(list(of_article.values()), float).T
        effects.append(design_effect(wrong, m))
    return counts, effects


def drawn_rates(rng, counts, effects, draws):
    rows = [rng.dirichlet(row / effect + 0.5, size=draws) for row, effect in zip(counts, effects)]
    return np.stack(rows, axis=1)


def interval(drawn, n_articles):
    tail = norm.cdf(-np.sqrt(n_articles / (n_articles - 1)) * t.ppf(0.975, n_articles - 1))
    low, high = np.quantile(drawn[~np.isnan(drawn)], [tail, 1 - tail])
    return [float(low), float(high)]


def correct(rates, q):
    """Adjusted counts of every draw; the likeliest shares where one leaves the simplex."""
    shares = np.linalg.solve(np.swapaxes(rates, 1, 2), q[..., None])[..., 0]
    outside = shares.min(1) < 0
    shares[outside] = em(rates[outside], q[outside])
    return shares


def em(rates, q):
    """As the likeliest shares, by iteration, which is quicker; `corrections` holds the two together."""
    pi = np.full(q.shape, 1 / q.shape[1])
    for _ in range(1000):
        ratio = q / np.maximum(np.einsum("bg,bgp->bp", pi, rates), 1e-300)
        pi = pi * np.einsum("bgp,bp->bg", rates, ratio)
    return pi


CLASSES = np.array([[0.66, 0.24, 0.10], [0.14, 0.64, 0.22], [0.06, 0.18, 0.76]])


def articles_of(rng, n, shares):
    """Articles of one to eight paragraphs of three classes, alike within."""
    made = []
    for _ in range(n):
        usual = rng.choice(3, p=shares)
        m = rng.integers(1, 9)
        own = rng.random(m) < 0.6
        made.append([int(c) for c in np.where(own, rng.choice(3, p=shares, size=m), usual)])
    return made


def sums_of(articles):
    return np.array([np.bincount(a, minlength=3) for a in articles])


def intervals(rng):
    cases = []
    for n_articles, shares in ((12, [0.3, 0.4, 0.3]), (60, [0.2, 0.5, 0.3]), (150, [0.6, 0.4, 0.0])):
        articles = articles_of(rng, n_articles, shares)
        coded = coded_rows(rng, 240, CLASSES, [0.3, 0.4, 0.3])
        counts, effects = confusion(coded, 3)
        sums = sums_of(articles)
        times = rng.poisson(1.0, size=(DRAWS, n_articles))
        drawn = times @ sums
        q = drawn / drawn.sum(1, keepdims=True)
        point = sums.sum(0) / sums.sum()
        rates = counts / counts.sum(1, keepdims=True)
        fixed = correct(rates[None], point[None])[0]
        corrected = correct(drawn_rates(rng, counts, effects, DRAWS), q)
        never = beta.ppf(0.975, 1, n_articles)

        def figure(value, draws):
            low, high = interval(draws, n_articles)
            return {"value": float(value), "low": low, "high": max(high, never) if value == 0.0 else high}

        cases.append({
            "articles": articles,
            "coded": coded,
            "design_effects": effects,
            "counted": [figure(point[c], q[:, c]) for c in range(3)]
            + [figure(point[2] - point[0], q[:, 2] - q[:, 0])],
            "corrected": [figure(fixed[c], corrected[:, c]) for c in range(3)]
            + [figure(fixed[2] - fixed[0], corrected[:, 2] - corrected[:, 0])],
        })
    return cases


def changes(rng):
    """Months of twenty articles of three paragraphs; [with the label] of each."""
    cases = []
    for levels in ([0.35] * 24, [0.3] * 12 + [0.6] * 12, [0.2] * 8 + [0.55] * 9 + [0.2] * 7):
        months = []
        for level in levels:
            months.append([int(x) for x in rng.binomial(3, rng.beta(4 * level, 4 * (1 - level), size=20))])
        series = np.array([sum(m) / 60 for m in months])
        wanted = int(np.sum(np.abs(np.diff(levels)) > 0))
        found = ruptures.Binseg(model="l2", jump=1, min_size=1).fit(series).predict(n_bkps=wanted) if wanted else [24]
        borders = found[:-1]
        of_months = np.array(months)
        drawn = np.stack([(rng.poisson(1.0, size=(DRAWS // 5, 20, 1)) * np.stack([m, np.full(20, 3)], 1)).sum(1) for m in of_months], 1)
        turns = []
        for i, at in enumerate(borders):
            start = borders[i - 1] if i else 0
            end = found[i + 1]

            def difference(sums):
                before, after = sums[..., start:at, :].sum(-2), sums[..., at:end, :].sum(-2)
                return after[..., 0] / after[..., 1] - before[..., 0] / before[..., 1]

            exact = np.stack([of_months.sum(1), np.full(24, 60)], 1)
            n = min(at - start, end - at) * 20
            low, high = interval(difference(drawn.astype(float)), n)
            turns.append({"at": int(at), "value": float(difference(exact)), "low": low, "high": high})
        cases.append({"months": months, "turns": turns, "p": largest(drawn, of_months)})
    return cases


def largest(drawn, months):
    """The chance of as large a z at any border with 20 articles on each side."""
    exact = np.stack([months.sum(1), np.full(24, 60)], 1).astype(float)

    def differences(sums):
        before = np.cumsum(sums, axis=-2)[..., :-1, :]
        after = sums.sum(-2, keepdims=True) - before
        return after[..., 0] / after[..., 1] - before[..., 0] / before[..., 1]

    observed, draws = differences(exact), differences(drawn.astype(float))
    deviation = draws.std(0, ddof=1)
    z = np.abs(observed / deviation).max()
    chance = np.abs((draws - observed) / deviation).max(1)
    return float((np.sum(chance >= z) + 1) / (len(chance) + 1))


WORDS = ["tariff", "talks", "chips", "steel", "envoy", "farm", "fleet", "visit", "duty", "pact"]
PRIOR = 1000.0


def words(rng):
    sets = []
    for tilt in ([3, 1, 1, 2, 1, 1, 2, 1, 1, 1], [1, 3, 1, 2, 2, 1, 1, 1, 1, 1]):
        documents = []
        for _ in range(40):
            p = rng.dirichlet(3.0 * np.array(tilt, float))
            documents.append(rng.multinomial(rng.integers(15, 40), p).tolist())
        sets.append(documents)
    counts = [np.array(s, float) for s in sets]
    y = [c.sum(0) for c in counts]
    n = [v.sum() for v in y]
    prior = PRIOR * (y[0] + y[1]) / (n[0] + n[1])
    omega, variance = [], []
    for c, total, size in zip(counts, y, n):
        with_prior = total + prior
        omega.append(np.log(with_prior / (size + PRIOR - with_prior)))
        rate = total / size
        residuals = c - rate * c.sum(1, keepdims=True)
        effect = np.maximum(1.0, (residuals**2).sum(0) / np.maximum(total, 1.0))
        variance.append(effect / with_prior)
    difference = omega[0] - omega[1]
    z = difference / np.sqrt(variance[0] + variance[1])
    p = 2 * norm.sf(np.abs(z))
    order = np.argsort(p)
    holm = np.minimum(1.0, np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p)))))
    adjusted_p = np.empty_like(p)
    adjusted_p[order] = holm
    return {
        "words": WORDS,
        "sets": sets,
        "log_odds_ratio": difference.tolist(),
        "z": z.tolist(),
        "p_holm": adjusted_p.tolist(),
    }


def differences(rng):
    """Two sets of articles of three classes: shares of the first less the second, and its p."""
    sets = [articles_of(rng, 80, [0.4, 0.4, 0.2]), articles_of(rng, 70, [0.25, 0.4, 0.35])]
    points, drawn = [], []
    for articles in sets:
        sums = sums_of(articles)
        draws = rng.poisson(1.0, size=(DRAWS, len(articles))) @ sums
        points.append(sums.sum(0) / sums.sum())
        drawn.append(draws / draws.sum(1, keepdims=True))
    rows = []
    for c in range(3):
        difference = drawn[0][:, c] - drawn[1][:, c]
        low, high = interval(difference, 70)
        p = 2 * min(np.mean(difference <= 0), np.mean(difference >= 0))
        rows.append({"value": float(points[0][c] - points[1][c]), "low": low, "high": high, "p": float(p)})
    return {"sets": sets, "differences": rows}


def main():
    rng = np.random.default_rng(20251128)
    json.dump(
        {
            "versions": {
                "numpy": np.__version__,
                "scipy": scipy.__version__,
                "quapy": quapy.__version__,
                "ruptures": ruptures.__version__,
            },
            "corrections": corrections(rng),
            "intervals": intervals(rng),
            "changes": changes(rng),
            "words": words(rng),
            "differences": differences(rng),
        },
        sys.stdout,
        separators=(",", ":"),
    )
    print()


main()
