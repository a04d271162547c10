//! The losses and the one-variable problems of their duals.
//!
//! Owns [`DualLoss`]. For a row with the cost C, the sign y and the margin m = y (wᵀx + b), both losses are
//! convex functions f(m) with a conjugate, and
//!
//! ```text
//! gap(α, m) = f(m) + f*(−α) + α m  ≥ 0,    0 only where α = −f′(m)
//! ```
//!
//! is the row's part of the distance between the primal and the dual objective.

/// What a loss has to say of one row.
///
/// A dual variable α is kept as one f32 in the form that suits the loss; a `cost` is C times the weight of the
/// row's class.
pub(super) trait DualLoss {
    /// The kept form of α = 0, or of what stands for it.
    const START: f32;

    /// α of its kept form.
    fn alpha(dual: f32, cost: f64) -> f64;

    /// The kept form of α, which is put within its bounds.
    fn dual(alpha: f64, cost: f64) -> f32;

    /// Moves α to the minimum of the dual objective along it, where `squared_norm` is ‖x‖² + 1. Gives the new
    /// kept form and the change of α; none where the derivative is within `idle` of 0 already.
    fn minimize(
        dual: f32,
        cost: f64,
        squared_norm: f64,
        margin: f64,
        idle: f64,
    ) -> Option<(f32, f64)>;

    /// f(m), and the row's part of the gap.
    fn loss_and_gap(dual: f32, cost: f64, margin: f64) -> (f64, f64);
}

/// f(m) = C ln(1 + e^−m), f*(−α) = α ln(α/C) + (C−α) ln((C−α)/C), 0 ≤ α ≤ C.
///
/// Kept is the logit ℓ = ln(α / (C−α)): both α and C−α then keep their precision however small they are,
/// the derivative of the dual objective is ℓ + m without a logarithm, and a row is left alone for the price of an
/// addition.
pub(super) struct Logistic;

/// Steps of Newton's method after which a one-variable problem is left as it is.
const MAX_NEWTON_STEPS: usize = 60;

impl DualLoss for Logistic {
    // α = 4·10⁻¹⁸ C adds up to nothing beside f32 weights.
    const START: f32 = -40.0;

    fn alpha(dual: f32, cost: f64) -> f64 {
        cost * sigmoid(f64::from(dual))
    }

    fn dual(alpha: f64, cost: f64) -> f32 {
        let share = (alpha / cost).clamp(1e-17, 1.0 - 1e-16);
        libm::log(share / (1.0 - share)) as f32
    }

    /// The root of h(ℓ) = ℓ + m + a (C σ(ℓ) − α₀), which rises. Put so that the root is at most 0 (ℓ → −ℓ turns
    /// m → −m and α₀ → C − α₀ round), h is convex up to 0, so Newton's method comes down to the root from the
    /// right, and from the left it is there after one step.
    fn minimize(dual: f32, cost: f64, a: f64, margin: f64, idle: f64) -> Option<(f32, f64)> {
        let start = f64::from(dual);
        if (start + margin).abs() <= idle {
            return None;
        }
        let before = cost * sigmoid(start);
        let is_upper = margin + a * (0.5 * cost - before) < 0.0;
        let (m, from, mut l) = if is_upper {
            (-margin, cost - before, -start)
        } else {
            (margin, before, start)
        };
        l = l.min(0.0);
        let mut share = sigmoid(l);
        for _ in 0..MAX_NEWTON_STEPS {
            let h = l + m + a * (cost * share - from);
            if h.abs() <= 0.1 * idle {
                break;
            }
            let next = (l - h / (1.0 + a * cost * share * (1.0 - share))).min(0.0);
            if next == l {
                break;
            }
            l = next;
            share = sigmoid(l);
        }
        let dual = if is_upper { -l } else { l } as f32;
        // As kept, since that is what the next change is counted from.
        Some((dual, Self::alpha(dual, cost) - before))
    }

    fn loss_and_gap(dual: f32, cost: f64, margin: f64) -> (f64, f64) {
        let l = f64::from(dual);
        let e = libm::exp(-l.abs());
        let share = if l > 0.0 { 1.0 } else { e } / (1.0 + e);
        let loss = softplus(-margin);
        // C times the divergence of σ(ℓ) from σ(−m).
        let gap = share * (l + margin) + loss - l.max(0.0) - libm::log1p(e);
        (cost * loss, cost * gap.max(0.0))
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// ln(1 + eˣ) without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
}

/// f(m) = C max(0, 1−m)², f*(−α) = α²/(4C) − α, 0 ≤ α: the L2-loss SVC. Kept is α itself.
pub(super) struct SquaredHinge;

impl DualLoss for SquaredHinge {
    const START: f32 = 0.0;

    fn alpha(dual: f32, _cost: f64) -> f64 {
        f64::from(dual)
    }

    fn dual(alpha: f64, _cost: f64) -> f32 {
        alpha.max(0.0) as f32
    }

    /// α₀ − (m − 1 + α₀/(2C)) / (a + 1/(2C)), not below 0 (Hsieh et al. 2008, equation 9).
    fn minimize(dual: f32, cost: f64, a: f64, margin: f64, idle: f64) -> Option<(f32, f64)> {
        let before = f64::from(dual);
        let diagonal = 0.5 / cost;
        let derivative = margin - 1.0 + diagonal * before;
        if derivative.abs() <= idle || (before == 0.0 && derivative > 0.0) {
            return None;
        }
        let after = (before - derivative / (a + diagonal)).max(0.0) as f32;
        (after != dual).then(|| (after, f64::from(after) - before))
    }

    fn loss_and_gap(dual: f32, cost: f64, margin: f64) -> (f64, f64) {
        let alpha = f64::from(dual);
        let slack = (1.0 - margin).max(0.0);
        let loss = cost * slack * slack;
        let gap = loss + 0.25 * alpha * alpha / cost - alpha * (1.0 - margin);
        (loss, gap.max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// ½a(α−α₀)² + m(α−α₀) + f*(−α), which `minimize` makes smallest.
    fn objective<L: DualLoss>(alpha: f64, from: f64, cost: f64, a: f64, margin: f64) -> f64 {
        let (loss, gap) = L::loss_and_gap(L::dual(alpha, cost), cost, 0.0);
        let step = alpha - from;
        0.5 * a * step * step + margin * step + gap - loss
    }

    fn is_smallest<L: DualLoss>(alpha: f64, cost: f64, a: f64, margin: f64, top: f64) {
        let dual = L::dual(alpha, cost);
        let from = L::alpha(dual, cost);
        let Some((after, change)) = L::minimize(dual, cost, a, margin, 1e-6) else {
            return;
        };
        let after = L::alpha(after, cost);
        assert!((after - from - change).abs() <= 1e-9 * cost.max(1.0));
        let best = objective::<L>(after, from, cost, a, margin);
        for share in 0..=200 {
            let other = objective::<L>(top * f64::from(share) / 200.0, from, cost, a, margin);
            let room = 1e-5 * (1.0 + best.abs() + a * cost);
            assert!(best <= other + room, "{best} > {other} at {share}");
        }
    }

    proptest! {
        #[test]
        fn no_other_alpha_is_better(
            share in 0.0f64..1.0,
            log_cost in -3.0f64..4.0,
            a in 1.0f64..20.0,
            margin in -30.0f64..30.0,
        ) {
            let cost = 10f64.powf(log_cost);
            is_smallest::<Logistic>(share * cost, cost, a, margin, cost);
            is_smallest::<SquaredHinge>(share * cost, cost, a, margin, 40.0 * cost);
        }

        #[test]
        fn the_gap_is_nothing_where_alpha_is_the_slope(margin in -20.0f64..20.0, cost in 0.01f64..100.0) {
            let (_, gap) = Logistic::loss_and_gap(-margin as f32, cost, margin);
            prop_assert!(gap <= 1e-9 * cost);
            let slope = 2.0 * cost * (1.0 - margin).max(0.0);
            let (loss, gap) = SquaredHinge::loss_and_gap(slope as f32, cost, margin);
            prop_assert!(gap <= 1e-6 * (loss + cost));
        }

        #[test]
        fn the_kept_form_is_read_back(share in 1e-12f64..0.999_999, cost in 0.001f64..1000.0) {
            let alpha = share * cost;
            let there = Logistic::alpha(Logistic::dual(alpha, cost), cost);
            prop_assert!((there / alpha - 1.0).abs() < 1e-5);
            let there = SquaredHinge::alpha(SquaredHinge::dual(alpha, cost), cost);
            prop_assert!((there / alpha - 1.0).abs() < 1e-6);
        }
    }
}
