//! Substitution of variables in rendered objects, as Flux does it after the build.
//!
//! Flux substitutes in the printed YAML and reads the result again, so that a text may become a
//! number, a list or nothing at all. Here each scalar is substituted on its own: one that is
//! printed without quotes is read again, one that needs quotes stays text.

use std::collections::BTreeMap;

use super::envsubst::{self, Fault, Known};
use crate::render::value::{self, Node, Reads, Scalar, Style, Tag, Trace, Value};
use crate::render::{Place, What};
use crate::yaml::Tree;

/// The label and annotation that keep an object from substitution.
const SWITCH: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    /// Its value; `None` where it is set but encrypted.
    pub(super) value: Option<String>,
    /// Where it is set.
    pub(super) place: Place,
}

/// The variables of a Kustomization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Variables {
    /// Those that are known, by name.
    pub(super) known: BTreeMap<String, Variable>,
    /// Whether a source of variables isn't there, so that others may be set.
    pub(super) are_partial: bool,
    /// Whether to substitute even if no variable is set.
    pub(super) always: bool,
}

impl Variables {
    /// Whether Flux substitutes at all.
    pub(super) fn are_used(&self) -> bool {
        self.always || self.are_partial || !self.known.is_empty()
    }

    fn look_up(&self, name: &str) -> Known<String> {
        match self.known.get(name) {
            Some(Variable {
                value: Some(value), ..
            }) => Known::Value(value.replace(['\n', '\r'], "")),
            Some(_) => Known::Hidden,
            None if self.are_partial => Known::Maybe,
            None => Known::Unset,
        }
    }
}

/// Why an object can't be substituted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// The scalar.
    pub(super) place: Place,
    /// What is wrong, in words that follow the text of the scalar.
    pub(super) message: String,
}

/// Substitutes variables in an object, in place.
pub(super) fn substitute(object: &mut Node, variables: &Variables) -> Result<(), Failure> {
    if !variables.are_used() || is_switched_off(object) {
        return Ok(());
    }
    walk(object, variables)
}

fn is_switched_off(object: &Node) -> bool {
    ["labels", "annotations"].into_iter().any(|field| {
        let value = object.at(&["metadata", field, SWITCH]);
        value
            .and_then(Node::text)
            .is_some_and(|text| text == "disabled")
    })
}

fn walk(node: &mut Node, variables: &Variables) -> Result<(), Failure> {
    match &mut node.value {
        Value::Map(map) => {
            for entry in map.iter_mut() {
                if entry.key.text.contains('$')
                    && let Some((text, trace)) =
                        resolved(&entry.key.text, &entry.key.trace, variables)?
                {
                    entry.key.text = text.into();
                    entry.key.trace = trace;
                }
                walk(&mut entry.value, variables)?;
            }
        }
        Value::List(list) => {
            for item in list {
                walk(item, variables)?;
            }
        }
        Value::Scalar(scalar) if scalar.text.contains('$') => {
            let Some((text, trace)) = resolved(&scalar.text, &node.trace, variables)? else {
                return Ok(());
            };
            let was_plain = value::json_plain(&scalar.text);
            *node = if was_plain {
                read_again(&text, &trace)?
            } else {
                Node::scalar(
                    Scalar {
                        text: text.into(),
                        tag: Tag::Str,
                        style: Style::Double,
                    },
                    trace,
                )
            };
        }
        Value::Scalar(_) => {}
    }
    Ok(())
}

/// The text with its variables resolved, unless it has none, and where it comes from now.
fn resolved(
    text: &str,
    trace: &Trace,
    variables: &Variables,
) -> Result<Option<(String, Trace)>, Failure> {
    let mut new_trace = trace.inexact();
    let result = envsubst::substitute(text, &mut |name| {
        if let Some(variable) = variables.known.get(name) {
            let related = std::mem::replace(&mut new_trace, trace.inexact());
            new_trace = related.with(variable.place, What::Substitute, "sets the variable");
        }
        variables.look_up(name)
    });
    match result {
        Ok(new) if new == text => Ok(None),
        Ok(new) => Ok(Some((new, new_trace))),
        Err(fault) => Err(Failure {
            place: trace.place,
            message: match fault {
                Fault::Open => "has a variable without an end, or with an operator that \
                                Flux doesn't know"
                    .to_owned(),
                Fault::Name(name) => format!("names no variable in ${{{name}}}"),
            },
        }),
    }
}

/// What a text is when it stands without quotes as the value of a key.
fn read_again(text: &str, trace: &Trace) -> Result<Node, Failure> {
    let document = format!("v: {text}\n");
    let tree = Tree::parse(&document);
    let value = match tree.documents() {
        [document] if document.error.is_none() => {
            tree.root(document).and_then(|root| root.get("v"))
        }
        _ => None,
    };
    let Some(value) = value else {
        return Err(Failure {
            place: trace.place,
            message: format!("is no YAML after substitution: {text}"),
        });
    };
    let reader = value::Reader {
        source: trace.place.source,
        text: &document,
        what: trace.what,
        reads: Reads::Kubernetes,
        inline: None,
    };
    let mut node = reader.read(value);
    node.retrace(&mut |own| *own = trace.clone());
    Ok(node)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::render::value::print;
    use crate::render::{RenderedBuilder, SourceId};
    use crate::yaml::Span;

    fn place(start: u32) -> Place {
        Place {
            source: SourceId(0),
            span: Span {
                start,
                end: start + 1,
            },
        }
    }

    fn node(text: &str) -> Node {
        let tree = Tree::parse(text);
        let reader = value::Reader {
            source: SourceId(0),
            text,
            what: What::Base,
            reads: Reads::Resource,
            inline: None,
        };
        reader.read(tree.root(tree.documents().first().unwrap()).unwrap())
    }

    fn substituted(text: &str) -> String {
        let known = [
            ("PORT", Some("8080")),
            ("HOST", Some("web")),
            ("LINES", Some("a\nb")),
            ("MAP", Some("{a: 1}")),
            ("HIDDEN", None),
        ]
        .into_iter()
        .map(|(name, value)| {
            let variable = Variable {
                value: value.map(str::to_owned),
                place: place(1000),
            };
            (name.to_owned(), variable)
        })
        .collect();
        let variables = Variables {
            known,
            ..Variables::default()
        };
        let mut object = node(text);
        substitute(&mut object, &variables).unwrap();
        let mut builder = RenderedBuilder::default();
        print(&object, &mut builder);
        builder.finish([].into(), false).text.to_string()
    }

    #[test]
    fn what_is_printed_without_quotes_is_read_again() {
        assert_eq!(substituted("a: \"${PORT}\""), "a: 8080\n");
        assert_eq!(substituted("a: x${PORT}"), "a: x8080\n");
        assert_eq!(substituted("a: ${NONE}"), "a: null\n");
        assert_eq!(substituted("a: ${MAP}"), "a:\n  a: 1\n");
        assert_eq!(substituted("a: ${LINES}"), "a: ab\n");
        assert_eq!(substituted("${HOST}: 1"), "web: 1\n");
        assert_eq!(substituted("a: ${HIDDEN}"), "a: ${HIDDEN}\n");
    }

    #[test]
    fn what_needs_quotes_stays_text() {
        assert_eq!(substituted("a: '*${PORT}'"), "a: \"*8080\"\n");
    }

    #[test]
    fn objects_can_keep_out() {
        let text = "metadata:\n  annotations:\n    kustomize.toolkit.fluxcd.io/substitute: disabled\nx: ${PORT}";
        assert!(substituted(text).contains("x: ${PORT}"));
    }

    #[test]
    fn the_manifest_stays_the_origin_and_the_variable_is_related() {
        let mut object = node("a: ${HOST}");
        let variables = Variables {
            known: [(
                "HOST".to_owned(),
                Variable {
                    value: Some("web".to_owned()),
                    place: place(1000),
                },
            )]
            .into(),
            ..Variables::default()
        };
        substitute(&mut object, &variables).unwrap();
        let trace = &object.get("a").unwrap().trace;
        assert_eq!(trace.place.span.start, 3);
        assert!(!trace.exact);
        assert_eq!(trace.related().first().unwrap().place, place(1000));
    }
}
