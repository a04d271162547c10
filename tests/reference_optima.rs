//! The dual solver against LIBLINEAR's optima on made sets of three shapes (`reference/optima.py`).

#[path = "../benches/corpus/mod.rs"]
mod corpus;

use corpus::Set;
use demarche::model::{ClassWeight, LinearModel};
use demarche::train::solver::{DualSolver, Lane, Loss};
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    optima: Vec<Optimum>,
}

#[derive(Debug, Deserialize)]
struct Optimum {
    shape: String,
    n_positive: usize,
    loss: String,
    class_weight: Option<String>,
    #[serde(rename = "C")]
    c: f64,
    objective: f64,
    excess: f64,
}

impl Optimum {
    fn loss(&self) -> Loss {
        match self.loss.as_str() {
            "logistic" => Loss::Logistic,
            "squared-hinge" => Loss::SquaredHinge,
            other => panic!("loss {other}"),
        }
    }

    fn class_weight(&self) -> ClassWeight {
        match self.class_weight.as_deref() {
            None => ClassWeight::None,
            Some("balanced") => ClassWeight::Balanced,
            Some(other) => panic!("class weight {other}"),
        }
    }

    /// P(w, b) in f64.
    fn objective_of(&self, set: &Set, linear: &LinearModel) -> f64 {
        let n = set.y.nrows() as f64;
        let weight = |n_side: f64| match self.class_weight() {
            ClassWeight::None => 1.0,
            ClassWeight::Balanced => n / (2.0 * n_side),
        };
        let n_positive = self.n_positive as f64;
        let costs = [self.c * weight(n - n_positive), self.c * weight(n_positive)];
        let b = f64::from(linear.intercepts()[0]);
        let squares = linear.weights().iter().map(|w| f64::from(*w).powi(2));
        let mut value = 0.5 * (squares.sum::<f64>() + b * b);
        for i in 0..set.y.nrows() {
            let (columns, values) = set.x.row(i);
            let terms = columns.iter().zip(values);
            let dot = |(c, v): (&u32, &f32)| f64::from(linear.feature(*c)[0]) * f64::from(*v);
            let positive = set.y[[i, 0]];
            let sign = if positive { 1.0 } else { -1.0 };
            let m = sign * (b + terms.map(dot).sum::<f64>());
            value += costs[usize::from(positive)]
                * match self.loss() {
                    Loss::Logistic => (-m).max(0.0) + (-m.abs()).exp().ln_1p(),
                    Loss::SquaredHinge => (1.0 - m).max(0.0).powi(2),
                };
        }
        value
    }
}

#[test]
fn every_fit_comes_within_1e_4_of_liblinears_optimum() {
    let reference: Reference = serde_json::from_str(include_str!("reference/optima.json"))
        .expect("optima.json is as read");
    let mut wrong = Vec::new();
    for shape in corpus::SHAPES {
        let set = corpus::set(shape);
        let optima = reference.optima.iter().filter(|o| o.shape == shape);
        let optima: Vec<&Optimum> = optima.collect();
        assert_eq!(optima.len(), 12, "{shape}: 3 C, 2 losses, 2 class weights");
        let dataset = DatasetBase::new(set.x.clone(), set.y.clone());
        for optimum in optima {
            let n_positive = set.y.iter().filter(|y| **y).count();
            assert_eq!(
                n_positive, optimum.n_positive,
                "the set is the one that was solved"
            );
            assert!(
                optimum.excess < 1e-6,
                "the reference is an optimum: {optimum:?}"
            );
            let lane = Lane::new(optimum.c, optimum.class_weight());
            let fitted = DualSolver::new(optimum.loss(), vec![lane]).fit(&dataset);
            let fitted = fitted.expect("the set can be fitted");
            let report = fitted.reports[0];
            let value = optimum.objective_of(&set, &fitted.linear);
            let off = value / optimum.objective - 1.0;
            let bound = report.objective * (1.0 - report.gap);
            let is_bound = bound <= optimum.objective * (1.0 + 1e-6);
            if !(report.converged && is_bound && (-1e-6..=1e-4).contains(&off)) {
                wrong.push(format!("{optimum:?}: {off}, {report:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
