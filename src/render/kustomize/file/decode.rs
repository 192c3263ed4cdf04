//! Reading fields as Go's JSON decoder does: names without regard to case, unknown ones refused,
//! null is nothing.

use ecow::EcoString;

use super::super::super::value::{Entry, Meaning, Node, Style, Tag, Trace};
use super::super::near;
use super::super::problem::{Problem, ProblemKind};

/// A text and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Text {
    /// The text.
    pub(in super::super) text: EcoString,
    /// Where it is written.
    pub(in super::super) trace: Trace,
}

impl std::ops::Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// Reads values and notes what is wrong with them.
pub(in super::super) struct Decoder<'d> {
    pub(in super::super) problems: &'d mut Vec<Problem>,
    /// Whether unknown fields are passed over.
    pub(in super::super) lenient: bool,
    /// Whether numbers and booleans do where texts are wanted.
    pub(in super::super) converts: bool,
}

impl Decoder<'_> {
    fn wrong(&mut self, node: &Node, field: &str, expected: &str) {
        let found = match node.text() {
            Some(text) => format!("`{text}`, {}", node.type_name()),
            None => node.type_name().to_owned(),
        };
        let mut problem = Problem::new(
            ProblemKind::BadKustomization,
            node.trace.place,
            format!("{field} must be {expected}, not {found}"),
        );
        if expected == "a string" && node.as_scalar().is_some() {
            problem = problem.help(format!(
                "write it in quotes: \"{}\"",
                node.text().map_or("", EcoString::as_str)
            ));
        }
        self.problems.push(*problem);
    }

    /// The entries of a mapping, with their names in lower case; the last of those that differ in
    /// case alone counts.
    pub(in super::super) fn fields<'n>(
        &mut self,
        node: &'n Node,
        field: &str,
    ) -> Vec<(String, &'n Entry)> {
        if node.is_null() {
            return Vec::new();
        }
        let Some(map) = node.as_map() else {
            self.wrong(node, field, "a mapping");
            return Vec::new();
        };
        map.iter()
            .filter(|entry| !entry.value.is_null())
            .map(|entry| (entry.key.text.as_str().to_ascii_lowercase(), entry))
            .collect()
    }

    /// Notes a field that isn't known.
    pub(in super::super) fn unknown(&mut self, entry: &Entry, known: &[&str]) {
        if self.lenient {
            return;
        }
        let key = &entry.key.text;
        let mut problem = Problem::new(
            ProblemKind::BadKustomization,
            entry.key.trace.place,
            format!("`{key}` is not a field here"),
        );
        if let Some(near) = near(key, known.iter().copied()) {
            problem = problem.help(format!("did you mean `{near}`?"));
        }
        self.problems.push(*problem);
    }

    pub(in super::super) fn text(&mut self, node: &Node, field: &str) -> Option<Text> {
        if node.is_null() {
            return None;
        }
        match node.as_scalar().map(|scalar| (scalar.meaning(), scalar)) {
            // Dates are text here.
            Some((Meaning::Str(_), scalar)) if scalar.tag != Tag::Bool => Some(Text {
                text: scalar.text.clone(),
                trace: node.trace.clone(),
            }),
            Some((_, scalar)) if self.converts => Some(Text {
                text: scalar
                    .through_json()
                    .map_or_else(|| scalar.text.clone(), |scalar| scalar.text),
                trace: node.trace.inexact(),
            }),
            _ => {
                self.wrong(node, field, "a string");
                None
            }
        }
    }

    pub(in super::super) fn flag(&mut self, node: &Node, field: &str) -> bool {
        let truth = node.as_scalar().and_then(|scalar| {
            (scalar.style == Style::Plain && scalar.tag == Tag::Bool).then(|| {
                matches!(
                    scalar.text.to_ascii_lowercase().as_str(),
                    "true" | "yes" | "on" | "y"
                )
            })
        });
        truth.unwrap_or_else(|| {
            self.wrong(node, field, "true or false");
            false
        })
    }

    pub(in super::super) fn integer(&mut self, node: &Node, field: &str) -> i64 {
        let number = node.as_scalar().and_then(|scalar| match scalar.meaning() {
            Meaning::Int(n) => i64::try_from(n).ok(),
            _ => None,
        });
        number.unwrap_or_else(|| {
            self.wrong(node, field, "an integer");
            0
        })
    }

    /// The items of a list.
    pub(in super::super) fn items<'n>(&mut self, node: &'n Node, field: &str) -> &'n [Node] {
        if node.is_null() {
            return &[];
        }
        node.as_list().unwrap_or_else(|| {
            self.wrong(node, field, "a list");
            &[]
        })
    }

    pub(in super::super) fn texts(&mut self, node: &Node, field: &str) -> Vec<Text> {
        let items = self.items(node, field);
        items
            .iter()
            .filter_map(|item| self.text(item, field))
            .collect()
    }

    pub(in super::super) fn pairs(&mut self, node: &Node, field: &str) -> Vec<(Text, Text)> {
        let entries: Vec<&Entry> = match node.as_map() {
            Some(map) => map.iter().collect(),
            None if node.is_null() => Vec::new(),
            None => {
                self.wrong(node, field, "a mapping");
                Vec::new()
            }
        };
        let mut pairs: Vec<(Text, Text)> = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = Text {
                text: entry.key.text.clone(),
                trace: entry.key.trace.clone(),
            };
            let value = if entry.value.is_null() {
                Some(Text {
                    text: EcoString::new(),
                    trace: entry.value.trace.clone(),
                })
            } else {
                self.text(&entry.value, &format!("{field}.{}", entry.key.text))
            };
            pairs.extend(value.map(|value| (key, value)));
        }
        pairs.sort_by(|(a, _), (b, _)| a.text.cmp(&b.text));
        pairs
    }
}
