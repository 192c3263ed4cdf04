//! What the scanner makes of a text.

use crate::yaml::Span;

/// A token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::yaml) struct Token {
    pub(in crate::yaml) kind: TokenKind,
    pub(in crate::yaml) span: Span,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::yaml) enum TokenKind {
    /// The end of the part.
    End,
    /// `%YAML` or `%TAG`; whether it is one that YAML 1.1 allows.
    Directive {
        compatible: bool,
    },
    /// `---`.
    DocumentStart,
    /// `...`.
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    /// The end of a block sequence or mapping.
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    /// `-`.
    BlockEntry,
    /// `,`.
    FlowEntry,
    /// `?`, or the place before a key without one.
    Key,
    /// `:`.
    Value,
    /// `*name`.
    Alias,
    /// `&name`.
    Anchor,
    Tag(Tag),
    Scalar(ScalarToken),
}

/// A scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::yaml) struct ScalarToken {
    pub(in crate::yaml) style: ScalarStyle,
    /// Where its value stands: in the text, or in the cooked text.
    pub(in crate::yaml) value: Span,
    /// The value had escapes or folds and stands in the cooked text.
    pub(in crate::yaml) cooked: bool,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::yaml) enum ScalarStyle {
    Plain,
    Quoted,
    Block,
}

/// The type that a tag gives to a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::yaml) enum Tag {
    Str,
    Int,
    Float,
    Bool,
    Null,
    Timestamp,
    Binary,
    Merge,
    /// `!`: text, but a merge key stays one.
    NonSpecific,
    /// A tag without a meaning: scalars stay text.
    Other,
    /// A handle that no directive declares.
    UndefinedHandle,
}

impl Tag {
    /// The tag of YAML's own repository, `tag:yaml.org,2002:`, with this suffix.
    pub(super) fn core(suffix: &str) -> Self {
        match suffix {
            "str" => Self::Str,
            "int" => Self::Int,
            "float" => Self::Float,
            "bool" => Self::Bool,
            "null" => Self::Null,
            "timestamp" => Self::Timestamp,
            "binary" => Self::Binary,
            "merge" => Self::Merge,
            _ => Self::Other,
        }
    }
}
