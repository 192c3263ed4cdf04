//! Fixes: what is to be changed so that a finding goes. They speak of objects and field paths; the
//! text is written when the finding is located.

use ecow::EcoString;

use crate::model::ObjectId;
use crate::yaml::FieldPath;
use crate::yaml::edit::{Change, Content, Edit, NewScalar};

/// Whether a fix may be applied unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Applicability {
    /// The value comes to mean what the message says, nothing else changes, and nothing else can
    /// be meant.
    Safe,
    /// It changes what runs beyond the mistake, or guesses.
    Unsafe,
}

impl Applicability {
    /// The word in machine formats.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }
}

/// Edits that mend a finding, applied together or not at all. They may be of other objects than
/// the finding's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What the edits do, as an order ("set the weight to 100").
    pub message: String,
    /// Whether it may be applied unasked.
    pub applicability: Applicability,
    /// The edits.
    pub edits: Vec<FixEdit>,
}

/// One edit of a fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FixEdit {
    /// A change of an object.
    Object(ObjectId, Edit),
    /// A document is added to the file that holds the object.
    NewDocument(ObjectId, Content),
}

impl FixEdit {
    /// The object that is changed, or whose file is.
    pub const fn object(&self) -> ObjectId {
        match self {
            Self::Object(object, _) | Self::NewDocument(object, _) => *object,
        }
    }
}

impl Fix {
    /// A fix that may be applied unasked; it has no edits yet.
    pub fn safe(message: impl Into<String>) -> Self {
        Self::new(message, Applicability::Safe)
    }

    /// A fix that somebody must agree to; it has no edits yet.
    pub fn hazardous(message: impl Into<String>) -> Self {
        Self::new(message, Applicability::Unsafe)
    }

    /// A fix that writes the nearest of several names; `None` if others are as near. It is safe if
    /// no other name is near at all.
    pub(crate) fn guess<T>(
        message: impl Into<String>,
        near: &crate::nearest::Near<T>,
    ) -> Option<Self> {
        match (near.ties, near.others) {
            (0, 0) => Some(Self::safe(message)),
            (0, _) => Some(Self::hazardous(message)),
            _ => None,
        }
    }

    fn new(message: impl Into<String>, applicability: Applicability) -> Self {
        Self {
            message: message.into(),
            applicability,
            edits: Vec::new(),
        }
    }

    /// Also replaces a scalar by text.
    #[must_use]
    pub fn write(
        self,
        object: ObjectId,
        path: impl Into<FieldPath>,
        text: impl Into<EcoString>,
    ) -> Self {
        let change = Change::Replace(NewScalar::Text(text.into()));
        self.change(object, path, change)
    }

    /// Also makes a change.
    #[must_use]
    pub fn change(mut self, object: ObjectId, path: impl Into<FieldPath>, change: Change) -> Self {
        let path = path.into();
        self.edits
            .push(FixEdit::Object(object, Edit { path, change }));
        self
    }

    /// Also adds a document to the file of an object.
    #[must_use]
    pub fn new_document(mut self, beside: ObjectId, document: Content) -> Self {
        self.edits.push(FixEdit::NewDocument(beside, document));
        self
    }
}
