//! Data structures behind the indices of the storeys: label selection and patterns of texts. Know
//! nothing of Istio.

mod selectors;
mod texts;

pub use selectors::{LabelIndex, SelectorIndex};
pub use texts::Texts;
