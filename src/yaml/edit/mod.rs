//! Typed edits: what is to become of the value at a path, written as edits of the text in the style
//! of what stands there, and proven by parsing again. An edit that cannot be proven is refused:
//! everything beside its target must read as before, comments included.

mod collection;
mod prove;
mod quote;
mod rewrite;
mod write;

use ecow::EcoString;

use super::{FieldPath, Node, Span, Tree};
use write::Writer;

/// A scalar to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewScalar {
    /// Text, which is read as text whatever it looks like.
    Text(EcoString),
    /// An integer. In place of one in quotes it keeps them: a field that takes one takes another.
    Integer(i64),
}

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A scalar.
    Scalar(NewScalar),
    /// A mapping, entries in this order.
    Mapping(Vec<(EcoString, Content)>),
    /// A list.
    List(Vec<Content>),
}

impl Content {
    /// Text.
    pub fn text(text: impl Into<EcoString>) -> Self {
        Self::Scalar(NewScalar::Text(text.into()))
    }

    /// A mapping of these entries.
    pub fn mapping<const N: usize>(entries: [(&str, Content); N]) -> Self {
        let entries = entries.into_iter();
        Self::Mapping(entries.map(|(key, value)| (key.into(), value)).collect())
    }
}

/// What is done at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The scalar there is replaced.
    Replace(NewScalar),
    /// The entry there gets another key.
    RenameKey(EcoString),
    /// The entry of this path is added to its mapping, or the item to the end of its list.
    Insert(Content),
    /// The entry or item there is removed. A mapping or list that loses its last one is empty
    /// then, not null.
    Remove,
}

/// A change of one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The value.
    pub path: FieldPath,
    /// What is done to it.
    pub change: Change,
}

/// The kinds of edits of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EditKind {
    /// A scalar's characters are replaced.
    Replace,
    /// A key's characters are replaced.
    RenameKey,
    /// Text is inserted.
    Insert,
    /// Text is removed.
    Remove,
    /// A document is added to the end of the file.
    NewDocument,
}

impl EditKind {
    /// The name in machine formats.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::RenameKey => "rename-key",
            Self::Insert => "insert",
            Self::Remove => "remove",
            Self::NewDocument => "new-document",
        }
    }
}

/// An edit of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextEdit {
    /// What goes; empty where text is only inserted.
    pub span: Span,
    /// What comes in its place.
    pub replacement: String,
    /// What it does.
    pub kind: EditKind,
}

/// Edits that are applied together or not at all, below `root`.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a, 't> {
    /// The object.
    pub root: Node<'t>,
    /// The edits.
    pub edits: &'a [Edit],
}

/// A request as edits of the text, in the order of the request, which do not overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The edits.
    pub edits: Vec<TextEdit>,
    /// Whether a comment goes with what is removed.
    pub loses_comments: bool,
}

/// How many times a text is parsed, at most, to prove its edits.
const MOST_PROOFS: usize = 64;
/// Into how many sets of edits that do not overlap the requests of a text are parted, at most.
const MOST_BATCHES: usize = 32;

/// Writes the requests of the documents of a tree; `None` where one is refused. Requests that do not overlap
/// are proven together, so that the time is linear in the size of the text. Refused are
/// changes of what aliases stand for or merge keys bring, of block scalars, of placeholders, and
/// of keys that stand in their mapping twice.
pub fn write<'t>(tree: &'t Tree<'_>, requests: &[Request<'_, 't>]) -> Vec<Option<Written>> {
    let writer = Writer::new(tree);
    let plans: Vec<Option<Plan<'_>>> = requests
        .iter()
        .map(|request| writer.plan(request))
        .collect();
    let proven = prove::proven(tree, &plans);
    plans
        .into_iter()
        .zip(proven)
        .map(|(plan, is_proven)| {
            plan.filter(|_| is_proven).map(|plan| Written {
                loses_comments: plan.loses_comments,
                edits: plan.edits,
            })
        })
        .collect()
}

/// A request on its way: edits of the text, and what the document must read as after them.
#[derive(Debug)]
struct Plan<'a> {
    edits: Vec<TextEdit>,
    effects: Vec<(u32, Effect<'a>)>,
    loses_comments: bool,
}

impl Plan<'_> {
    fn start(&self) -> u32 {
        self.edits.iter().map(|e| e.span.start).min().unwrap_or(0)
    }

    fn end(&self) -> u32 {
        self.edits.iter().map(|e| e.span.end).max().unwrap_or(0)
    }
}

/// What becomes of a node of the tree.
#[derive(Debug, Clone, Copy)]
enum Effect<'a> {
    /// A scalar is another one; whether it was in quotes.
    Replaced(&'a NewScalar, bool),
    /// A key is another one.
    Renamed(&'a str),
    /// An entry, told by its value, or an item is gone.
    Removed,
    /// A collection has one more entry or item.
    Gained(Option<&'a str>, &'a Content),
}

/// The end of a file, ready for further documents.
#[derive(Debug, Clone, Copy)]
pub struct FileEnd {
    at: u32,
    line_break: &'static str,
    ends_in_line: bool,
}

impl FileEnd {
    /// The end of `text`, if another document can follow it: `None` after a document that cannot
    /// be read and in a file of JSON.
    pub fn of(text: &str) -> Option<Self> {
        let end = Self {
            at: u32::try_from(text.len()).ok()?,
            line_break: line_break(text),
            ends_in_line: !text.is_empty() && !text.ends_with('\n'),
        };
        let start = text.rfind("\n---").map_or(0, |at| at + 1);
        let last = text.get(start..)?;
        let before = Tree::parse(last);
        let longer = format!("{last}{}---{}", end.lead(), end.line_break);
        let after = Tree::parse(&longer);
        let is_same = before.documents().iter().all(|document| {
            let same = after
                .documents()
                .iter()
                .find(|other| other.span.start == document.span.start);
            let roots = (before.root(document), same.and_then(|d| after.root(d)));
            document.error.is_none()
                && match roots {
                    (Some(old), Some(new)) => {
                        old.style() != super::Style::Flow && prove::is_unchanged(old, new)
                    }
                    (None, None) => true,
                    _ => false,
                }
        });
        is_same.then_some(end)
    }

    /// The edit that appends a document.
    pub fn append(&self, document: &Content) -> Option<TextEdit> {
        let text = rewrite::document(document, self.line_break);
        let tree = Tree::parse(&text);
        let [only] = tree.documents() else {
            return None;
        };
        let root = tree.root(only)?;
        prove::holds(document, root).then(|| TextEdit {
            span: Span {
                start: self.at,
                end: self.at,
            },
            replacement: format!("{}---{}{text}", self.lead(), self.line_break),
            kind: EditKind::NewDocument,
        })
    }

    fn lead(&self) -> &'static str {
        if self.ends_in_line {
            self.line_break
        } else {
            ""
        }
    }
}

/// How the lines of a text end.
fn line_break(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text.get(..at).is_some_and(|line| line.ends_with('\r')) => "\r\n",
        _ => "\n",
    }
}

/// A text after edits, which must not overlap.
pub fn apply(text: &str, edits: &[TextEdit]) -> String {
    let mut sorted: Vec<&TextEdit> = edits.iter().collect();
    sorted.sort_by_key(|edit| edit.span);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for edit in sorted {
        out.push_str(text.get(from..edit.span.start as usize).unwrap_or_default());
        out.push_str(&edit.replacement);
        from = edit.span.end as usize;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests;
