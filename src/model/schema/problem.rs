//! What the validator yields.

use std::fmt;

use crate::yaml::FieldPath;

/// A value that the API server would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaProblem {
    /// The field path, `spec/http[0]/timeout`. Of a missing field, the path it would have; of
    /// fields that exclude each other, the object that holds them.
    pub path: FieldPath,
    /// What sort of constraint is broken.
    pub kind: ProblemKind,
    /// The API server's words, without the path.
    pub message: String,
}

impl fmt::Display for SchemaProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// The sorts of constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// A required field is missing.
    Required,
    /// The decoder takes the form, the schema doesn't: a quoted number, an enum given as a
    /// number, a null in a list.
    Form,
    /// A number is too small or too great.
    Range,
    /// A text is too short or too long.
    Length,
    /// A list or map has too few or too many elements.
    Size,
    /// A text does not match the pattern.
    Pattern,
    /// Two items have the same key.
    Duplicate,
    /// Too many, or none, of the members of a oneof are set.
    OneOf,
    /// A CEL rule fails.
    Rule,
}
