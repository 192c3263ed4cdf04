//! YAML text to a compact node tree with byte spans and comments; a serde deserializer over that
//! tree; field paths and path to span look-up. Knows nothing of Kubernetes.
//!
//! A text is read as the reader behind kubectl reads it: cut into parts (`stream`), each into
//! tokens (`scan`), those into nodes (`compose`) whose tags, keys and aliases are then settled
//! (`values`, `aliases`). Parsing never fails: [`Tree::parse`] gives the documents that could be
//! read and the errors of those that could not.

mod aliases;
mod canonical;
mod compose;
mod de;
pub mod edit;
mod json;
mod locate;
mod node;
mod path;
mod scalar;
mod scan;
mod stream;
#[cfg(test)]
mod tests;
mod tree;
mod values;

pub use canonical::{Canonical, Canonizer, content_hash};
pub use de::{DecodeOptions, Decoded, Problem, ProblemKind, decode};
pub use locate::{Found, locate};
pub use node::{Node, Style, Value};
pub use path::{FieldPath, Step, Trail};
pub(crate) use scalar::is_expression;
pub use scalar::{Scalar, is_placeholder, is_url_placeholder, resolve};
pub(crate) use stream::next_marker;
pub use tree::{Document, SyntaxError, Tree};

/// A range of bytes in the text of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The text of the span.
    pub fn text(self, source: &str) -> &str {
        source
            .get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }

    /// Whether the span holds no byte.
    pub const fn is_empty(self) -> bool {
        self.start >= self.end
    }
}
