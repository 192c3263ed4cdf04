//! Which sets of objects reach which cluster, as far as a repository says: roots of GitOps, then
//! what nothing renders, grouped by environments and alternatives. *Knows neither rules nor what
//! objects mean to a mesh*; nothing is guessed that can be read.
//!
//! [`plan`] gives the worlds, each with what it is made from and what of it can't be known;
//! [`configured`] gives those that the user lists.

mod builds;
mod charts;
mod clusters;
mod configured;
mod gitops;
mod group;
mod helmfiles;
mod inventory;
mod kustomizations;
mod leaves;
mod marks;
mod paths;
mod plan;
mod roots;
mod slots;

pub use configured::{Listed, configured};
pub use inventory::Inventory;
pub use paths::is_below;
pub use plan::{Beyond, MOST_WORLDS, Member, Open, Plan, Repository, WorldKind, WorldPlan, plan};
