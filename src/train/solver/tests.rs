//! The solver on small sets of rows.

use super::*;
use linfa::traits::Predict;
use proptest::prelude::*;

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
    let fitted = DualLogistic::new(10.0).fit(&data).unwrap();
    assert!(fitted.reports[0].converged);
    let predicted: Array2<bool> = fitted.predict(&data);
    assert_eq!(&predicted, data.targets());
}

#[test]
fn senseless_parameters_are_refused() {
    let data = dataset(&[vec![(0, 1.0)]], &[true], 1);
    for params in [
        DualLogistic::new(0.0),
        DualLogistic::new(f64::NAN),
        DualLogistic::new(1.0).max_epochs(0),
    ] {
        assert!(params.fit(&data).is_err());
    }
    let none = dataset(&[], &[], 1);
    assert!(DualLogistic::new(1.0).fit(&none).is_err());
}

#[test]
fn an_unfinished_fit_says_so() {
    let rows: Vec<Vec<(u32, f32)>> = (0..40)
        .map(|i| vec![(i % 7, 1.0), (7 + i % 3, 0.5)])
        .collect();
    let y: Vec<bool> = (0..40).map(|i| i % 5 < 2).collect();
    let fitted = DualLogistic::new(1000.0)
        .max_epochs(1)
        .fit(&dataset(&rows, &y, 10))
        .unwrap();
    assert!(!fitted.reports[0].converged && fitted.reports[0].gap > 1e-4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // The bound on the distance from the optimum is a bound: no point has a smaller P
    // than P − gap·P. Scaled lanes obey it too.
    #[test]
    fn the_gap_closes(
        rows in prop::collection::vec(prop::collection::btree_map(0u32..12, -1.0f32..1.0, 0..6), 4..40),
        bits in any::<u64>(),
        log_c in -2i32..4,
        scaled in any::<bool>(),
    ) {
        let rows: Vec<Vec<(u32, f32)>> = rows.into_iter().map(|r| r.into_iter().collect()).collect();
        let y: Vec<bool> = (0..rows.len()).map(|i| bits >> (i % 64) & 1 == 1).collect();
        let data = dataset(&rows, &y, 12);
        let scales = scaled.then(|| (0..12).map(|j| 0.25 + j as f32 * 0.3).collect());
        let fitted = DualLogistic::new(10f64.powi(log_c)).scales(scales).max_epochs(20_000).fit(&data).unwrap();
        let report = fitted.reports[0];
        prop_assert!(report.gap > -1e-4, "P + D is never negative beyond rounding: {:?}", report);
        prop_assert!(report.converged, "{:?}", report);
    }
}
