//! Data structures behind the indices of the storeys: label selection, hosts with wildcards,
//! patterns of texts. Know nothing of Istio.

mod host_set;
mod selectors;
mod texts;

pub use host_set::{HostSet, suffixes};
pub use selectors::{LabelIndex, SelectorIndex};
pub use texts::Texts;
