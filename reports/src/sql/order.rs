//! Rows in an order that depends on the tables alone.
//!
//! polars may give groups, joined rows and rows of equal rank in the order in which its threads end. Each of these steps can
//! be told to keep the order of its input, which costs little at the size of these tables; SQL has no word for it, so the
//! plan is changed behind it.

use polars::prelude::{DslPlan, MaintainOrderJoin};
use std::sync::Arc;

/// Makes every step of a plan keep the order of its input.
pub(super) fn keep(plan: &mut DslPlan) {
    match plan {
        DslPlan::GroupBy { maintain_order, .. } => *maintain_order = true,
        DslPlan::Distinct { options, .. } => {
            options.maintain_order = true;
            if options.keep_strategy == polars::prelude::UniqueKeepStrategy::Any {
                options.keep_strategy = polars::prelude::UniqueKeepStrategy::First;
            }
        }
        DslPlan::Sort { sort_options, .. } => sort_options.maintain_order = true,
        DslPlan::Join { options, .. } => {
            Arc::make_mut(options).args.maintain_order = MaintainOrderJoin::LeftRight;
        }
        DslPlan::Union { args, .. } => args.maintain_order = true,
        _ => {}
    }
    for input in inputs(plan) {
        keep(input);
    }
}

/// What a step reads. A step that polars has worked out already is worked out anew from its description.
fn inputs(plan: &mut DslPlan) -> Vec<&mut DslPlan> {
    match plan {
        DslPlan::Filter { input, .. }
        | DslPlan::Cache { input, .. }
        | DslPlan::Select { input, .. }
        | DslPlan::GroupBy { input, .. }
        | DslPlan::HStack { input, .. }
        | DslPlan::MatchToSchema { input, .. }
        | DslPlan::Distinct { input, .. }
        | DslPlan::Sort { input, .. }
        | DslPlan::Slice { input, .. }
        | DslPlan::MapFunction { input, .. }
        | DslPlan::Sink { input, .. } => vec![Arc::make_mut(input)],
        DslPlan::IR { dsl, node, .. } => {
            *node = None;
            vec![Arc::make_mut(dsl)]
        }
        DslPlan::Join { input_left, input_right, .. } => {
            vec![Arc::make_mut(input_left), Arc::make_mut(input_right)]
        }
        DslPlan::Gather { input, idxs, .. } => vec![Arc::make_mut(input), Arc::make_mut(idxs)],
        DslPlan::Union { inputs, .. }
        | DslPlan::HConcat { inputs, .. }
        | DslPlan::SinkMultiple { inputs } => inputs.iter_mut().collect(),
        DslPlan::ExtContext { input, contexts } => {
            std::iter::once(Arc::make_mut(input)).chain(contexts).collect()
        }
        DslPlan::PipeWithSchema { input, .. } => Arc::make_mut(input).iter_mut().collect(),
        _ => Vec::new(),
    }
}
