//! The solver on small sets of rows.

use super::*;
use linfa::traits::Predict;
use proptest::prelude::*;

const LOSSES: [Loss; 2] = [Loss::Logistic, Loss::SquaredHinge];

fn solver(loss: Loss, c: f64) -> DualSolver {
    DualSolver::new(loss, vec![Lane::new(c, ClassWeight::Balanced)])
}

fn dataset(
    rows: &[Vec<(u32, f32)>],
    y: &[bool],
    n_features: usize,
) -> DatasetBase<SparseRecords, Array2<bool>> {
    let mut records = SparseRecords::new(n_features);
    for row in rows {
        records.push_row(row.iter().copied());
    }
    let targets = Array2::from_shape_vec((y.len(), 1), y.to_vec()).unwrap();
    DatasetBase::new(records, targets)
}

#[test]
fn separable_rows_are_separated_by_linfas_predict() {
    let rows = [
        vec![(0, 1.0)],
        vec![(1, 1.0)],
        vec![(0, 0.8), (2, 0.6)],
        vec![],
    ];
    let data = dataset(&rows, &[true, false, true, false], 3);
    for loss in LOSSES {
        let fitted = solver(loss, 10.0).fit(&data).unwrap();
        assert!(fitted.reports[0].converged);
        let predicted: Array2<bool> = fitted.predict(&data);
        assert_eq!(&predicted, data.targets(), "{loss:?}");
    }
}

#[test]
fn senseless_parameters_are_refused() {
    let data = dataset(&[vec![(0, 1.0)]], &[true], 1);
    let with = |change: fn(&mut Lane)| {
        let mut lane = Lane::new(1.0, ClassWeight::None);
        change(&mut lane);
        DualSolver::new(Loss::Logistic, vec![lane])
    };
    for params in [
        solver(Loss::Logistic, 0.0),
        solver(Loss::Logistic, f64::NAN),
        solver(Loss::Logistic, 1.0).max_epochs(0),
        solver(Loss::Logistic, 1.0).tolerance(0.0),
        DualSolver::new(Loss::Logistic, Vec::new()),
        with(|lane| lane.scales = Some(vec![-1.0])),
        with(|lane| lane.scales = Some(vec![1.0, 1.0])),
        with(|lane| lane.rows = Some(vec![false])),
        with(|lane| lane.rows = Some(vec![true, true])),
        with(|lane| lane.start = Some(vec![f32::NAN])),
        with(|lane| lane.start = Some(vec![])),
    ] {
        assert!(params.fit(&data).is_err(), "{params:?}");
    }
    let none = dataset(&[], &[], 1);
    assert!(solver(Loss::Logistic, 1.0).fit(&none).is_err());
}

/// Forty rows of ten features that no plane parts.
fn mixed() -> DatasetBase<SparseRecords, Array2<bool>> {
    let rows: Vec<Vec<(u32, f32)>> = (0..40)
        .map(|i| vec![(i % 7, 1.0), (7 + i % 3, 0.5)])
        .collect();
    let y: Vec<bool> = (0..40).map(|i| i % 5 < 2).collect();
    dataset(&rows, &y, 10)
}

#[test]
fn an_unfinished_fit_says_so() {
    for loss in LOSSES {
        let fitted = solver(loss, 1000.0).max_epochs(1).fit(&mixed()).unwrap();
        let report = fitted.reports[0];
        assert!(!report.converged && report.gap > 1e-4, "{report:?}");
    }
}

/// A lane on some of the rows is the lane on records that hold no others, whatever stands beside it.
#[test]
fn a_lane_sees_its_own_rows_alone() {
    let data = mixed();
    let mask: Vec<bool> = (0..40).map(|i| i % 3 != 0).collect();
    let kept: Vec<usize> = (0..40).filter(|i| mask[*i]).collect();
    let mut records = SparseRecords::new(10);
    for i in &kept {
        let (columns, values) = data.records().row(*i);
        records.push_row(columns.iter().copied().zip(values.iter().copied()));
    }
    let targets = Array2::from_shape_fn((kept.len(), 1), |(i, _)| data.targets()[[kept[i], 0]]);
    let alone = DatasetBase::new(records, targets);
    let two = Array2::from_shape_fn((40, 2), |(i, lane)| data.targets()[[i, 0]] == (lane == 0));
    let beside = DatasetBase::new(data.records().clone(), two);
    for loss in LOSSES {
        let lane = Lane::new(2.0, ClassWeight::Balanced);
        let masked = Lane {
            rows: Some(mask.clone()),
            ..lane.clone()
        };
        let own = DualSolver::new(loss, vec![lane.clone()])
            .fit(&alone)
            .unwrap();
        let other = Lane::new(30.0, ClassWeight::None);
        let both = DualSolver::new(loss, vec![masked, other])
            .fit(&beside)
            .unwrap();
        for column in 0..10 {
            assert_eq!(
                own.linear.feature(column)[0],
                both.linear.feature(column)[0]
            );
        }
        assert_eq!(own.reports[0], both.reports[0]);
    }
}

#[test]
fn a_warm_start_ends_at_the_same_optimum_sooner() {
    let data = mixed();
    for loss in LOSSES {
        let near = solver(loss, 1.0).tolerance(1e-6).fit(&data).unwrap();
        let cold = solver(loss, 1.2)
            .tolerance(1e-6)
            .fit(&data)
            .unwrap()
            .reports[0];
        let lane = Lane {
            start: Some(near.alphas[0].clone()),
            ..Lane::new(1.2, ClassWeight::Balanced)
        };
        let warm = DualSolver::new(loss, vec![lane])
            .tolerance(1e-6)
            .fit(&data)
            .unwrap();
        let warm = warm.reports[0];
        assert!(
            warm.converged && warm.visits <= cold.visits,
            "{warm:?} {cold:?}"
        );
        let off = (warm.objective / cold.objective - 1.0).abs();
        assert!(off <= 1e-6, "{loss:?}: {off}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // Every lane converges, at any C and however many go together, and what it reports is so: P is that of its weights,
    // and weights moved a little have no P below the bound. Scaled lanes, which go alone, obey it too.
    #[test]
    fn the_gap_closes(
        rows in prop::collection::vec(prop::collection::btree_map(0u32..12, -1.0f32..1.0, 0..6), 4..40),
        bits in any::<u64>(),
        log_c in -2i32..4,
        scaled in any::<bool>(),
        n_lanes in 1usize..19,
        moved in prop::collection::vec(-0.1f64..0.1, 12),
    ) {
        let rows: Vec<Vec<(u32, f32)>> = rows.into_iter().map(|r| r.into_iter().collect()).collect();
        let mut records = SparseRecords::new(12);
        for row in &rows {
            records.push_row(row.iter().copied());
        }
        let y = Array2::from_shape_fn((rows.len(), n_lanes), |(i, lane)| {
            bits.rotate_left(7 * lane as u32) >> (i % 64) & 1 == 1
        });
        let data = DatasetBase::new(records, y);
        let c = 10f64.powi(log_c);
        for loss in LOSSES {
            let scales: Option<Vec<f32>> =
                scaled.then(|| (0..12).map(|j| 0.25 + j as f32 * 0.3).collect());
            let lane = Lane { scales: scales.clone(), ..Lane::new(c, ClassWeight::None) };
            let fitted = DualSolver::new(loss, vec![lane.clone()]).fit(&data).unwrap();
            for (lane, report) in fitted.reports.iter().enumerate() {
                prop_assert!(report.converged, "{:?}", report);
                let objective = |shift: &dyn Fn(usize) -> f64| {
                    let w: Vec<f64> = (0..12)
                        .map(|j| f64::from(fitted.linear.feature(j as u32)[lane]) + shift(j))
                        .collect();
                    let b = f64::from(fitted.linear.intercepts()[lane]);
                    let scale = |j: usize| f64::from(scales.as_ref().map_or(1.0, |scales| scales[j]));
                    let own = |j: usize| w[j] / scale(j);
                    let mut value = 0.5 * ((0..12).map(|j| own(j) * own(j)).sum::<f64>() + b * b);
                    for (i, row) in rows.iter().enumerate() {
                        let m = b + row.iter().map(|(j, v)| f64::from(*v) * w[*j as usize]).sum::<f64>();
                        let m = if data.targets()[[i, lane]] { m } else { -m };
                        value += c * match loss {
                            Loss::Logistic => (-m).max(0.0) + (-m.abs()).exp().ln_1p(),
                            Loss::SquaredHinge => (1.0 - m).max(0.0).powi(2),
                        };
                    }
                    value
                };
                let here = objective(&|_| 0.0);
                prop_assert!((here / report.objective - 1.0).abs() < 1e-4, "{} {:?}", here, report);
                let bound = report.objective * (1.0 - report.gap) * (1.0 - 1e-6);
                prop_assert!(objective(&|j| moved[j]) >= bound);
            }
            // From where they ended, the lanes are done at the first check or soon after.
            let starts = fitted.alphas.iter().map(|alphas| Lane { start: Some(alphas.clone()), ..lane.clone() });
            let again = DualSolver::new(loss, starts.collect()).fit(&data).unwrap();
            for (first, again) in fitted.reports.iter().zip(&again.reports) {
                prop_assert!(again.converged && again.visits <= first.visits, "{:?} {:?}", first, again);
            }
        }
    }
}
