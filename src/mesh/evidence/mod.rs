//! What the input proves, and why something is unknown.
//!
//! Answers: would the input show the thing that is missed, which name was probably meant, and which
//! manifests stand together. Asks all other storeys; none asks it.

pub mod near_names;
pub mod neighbours;
pub mod shown;
