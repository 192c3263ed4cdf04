//! What could not be read, as plain data: `diagnostics` finds the words.

use crate::input::TextProblem;
use crate::model::schema::SchemaProblem;
use crate::model::{ObjectId, Str};
use crate::yaml::{self, Span};

/// Something of a source that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// The object that it is in, counted from 0 in the source.
    pub object: Option<ObjectId>,
    /// Where it stands in the source; `None` for a field path of the object.
    pub span: Option<Span>,
}

/// What could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// The source is no text.
    NoText(TextProblem),
    /// The document is no YAML.
    Syntax {
        /// What the parser expected.
        why: String,
        /// A value on the line that may be text without its quotes.
        unquoted: Option<String>,
    },
    /// Text that kubectl does not read: it follows the end of a document.
    Unread,
    /// A key stands twice in one mapping.
    DuplicateKey(String),
    /// A value that its field does not take, or an unknown field.
    Value(yaml::Problem),
    /// An unknown field beside `spec`.
    BesideSpec(String),
    /// A value that the API server would refuse.
    Schema(SchemaProblem),
    /// The kind is known, but not in this version.
    NotServed {
        /// The kind.
        kind: Str,
        /// The version that the manifest names.
        api_version: Str,
        /// Those that are known.
        served: Vec<String>,
    },
    /// An object of this kind has no name.
    NoName(Str),
}
