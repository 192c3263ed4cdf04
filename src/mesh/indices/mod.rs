//! Data structures behind the indices of the storeys: label selection and patterns of texts. Know
//! nothing of Istio.

pub mod selectors;
pub mod texts;
