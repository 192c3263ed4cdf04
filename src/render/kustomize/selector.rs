//! Which objects are meant: patterns for their identities, selectors for labels and annotations.

use ecow::EcoString;
use regex::Regex;

use super::super::value::Trace;
use super::file;
use super::identity::{Gvk, Identity};
use super::problem::{Problem, ProblemKind, Result};
use super::resource::Resource;

/// A pattern that a whole text must match.
#[derive(Debug, Clone)]
enum Pattern {
    Any,
    Exactly(EcoString),
    Regex(Regex),
}

/// Bytes that a compiled pattern may take.
const PATTERN_SIZE: usize = 1 << 20;

impl Pattern {
    fn new(pattern: &EcoString, trace: &Trace) -> Result<Self> {
        if pattern.is_empty() {
            return Ok(Self::Any);
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | ':');
        if pattern.chars().all(is_plain) {
            return Ok(Self::Exactly(pattern.clone()));
        }
        compile(&format!("^(?:{pattern})$"))
            .map(Self::Regex)
            .map_err(|error| {
                Problem::new(
                    ProblemKind::BadSelector,
                    trace.place,
                    format!("`{pattern}` is no regular expression: {error}"),
                )
            })
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(pattern) => pattern == text,
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// Compiles a regular expression; the error in one line.
pub(super) fn compile(pattern: &str) -> std::result::Result<Regex, String> {
    regex::RegexBuilder::new(pattern)
        .size_limit(PATTERN_SIZE)
        .build()
        .map_err(|error| {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned()
        })
}

/// A selector of objects, ready to match.
#[derive(Debug, Clone)]
pub(super) struct Selector {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    labels: EcoString,
    annotations: EcoString,
    trace: Trace,
}

impl Selector {
    pub(super) fn new(selector: &file::Selector) -> Result<Self> {
        let trace = &selector.trace;
        Ok(Self {
            group: Pattern::new(&selector.group, trace)?,
            version: Pattern::new(&selector.version, trace)?,
            kind: Pattern::new(&selector.kind, trace)?,
            name: Pattern::new(&selector.name, trace)?,
            namespace: Pattern::new(&selector.namespace, trace)?,
            labels: selector.labels.clone(),
            annotations: selector.annotations.clone(),
            trace: trace.clone(),
        })
    }

    fn matches_gvk(&self, gvk: &Gvk) -> bool {
        self.group.matches(&gvk.group)
            && self.version.matches(&gvk.version)
            && self.kind.matches(&gvk.kind)
    }

    /// Whether the identity matches, the namespace as it is written.
    pub(super) fn matches_identity(&self, identity: &Identity) -> bool {
        self.matches_gvk(&identity.gvk)
            && self.name.matches(&identity.name)
            && self.namespace.matches(&identity.namespace)
    }

    /// Whether the original or the present name and namespace match, the present kind, and the
    /// labels and annotations.
    pub(super) fn matches(&self, resource: &Resource) -> Result<bool> {
        let current = resource.identity();
        let original = resource.original();
        if !(self.namespace.matches(original.effective_namespace())
            || self.namespace.matches(current.effective_namespace()))
            || !(self.name.matches(&original.name) || self.name.matches(&current.name))
            || !self.matches_gvk(&current.gvk)
        {
            return Ok(false);
        }
        self.matches_metadata(resource)
    }

    /// Whether labels and annotations match.
    pub(super) fn matches_metadata(&self, resource: &Resource) -> Result<bool> {
        Ok(self.matches_field(&self.labels, "labels", resource)?
            && self.matches_field(&self.annotations, "annotations", resource)?)
    }

    fn matches_field(&self, selector: &str, field: &str, resource: &Resource) -> Result<bool> {
        if selector.is_empty() {
            return Ok(true);
        }
        let requirements = parse_labels(selector).map_err(|error| {
            Problem::new(
                ProblemKind::BadSelector,
                self.trace.place,
                format!("`{selector}` is no label selector: {error}"),
            )
        })?;
        Ok(requirements
            .iter()
            .all(|requirement| requirement.holds(resource, field)))
    }
}

/// One condition of a label selector.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Exists,
    Absent,
    In,
    NotIn,
    Greater,
    Less,
}

impl Requirement {
    fn holds(&self, resource: &Resource, field: &str) -> bool {
        let value = resource
            .texts(field)
            .find(|(key, _)| *key == self.key)
            .map(|(_, value)| value);
        let number = |text: &str| text.parse::<i64>().ok();
        match (self.operator, value) {
            (Operator::Exists, value) => value.is_some(),
            (Operator::Absent, value) => value.is_none(),
            (Operator::In, value) => {
                value.is_some_and(|value| self.values.iter().any(|v| v == value))
            }
            (Operator::NotIn, value) => {
                value.is_none_or(|value| self.values.iter().all(|v| v != value))
            }
            (Operator::Greater | Operator::Less, None) => false,
            (operator, Some(value)) => {
                let limit = self.values.first().and_then(|text| number(text));
                number(value).zip(limit).is_some_and(|(value, limit)| {
                    if operator == Operator::Greater {
                        value > limit
                    } else {
                        value < limit
                    }
                })
            }
        }
    }
}

/// Reads a selector such as `app=web,tier in (a, b),!legacy`.
fn parse_labels(text: &str) -> std::result::Result<Vec<Requirement>, String> {
    let mut tokens = tokens(text).into_iter().peekable();
    let mut requirements = Vec::new();
    if tokens.peek().is_none() {
        return Ok(requirements);
    }
    loop {
        let absent = tokens.next_if_eq("!").is_some();
        let key = tokens.next().unwrap_or_default();
        check_key(&key)?;
        let next = tokens.peek().cloned();
        let (operator, values) = match next.as_deref() {
            None | Some(",") if absent => (Operator::Absent, Vec::new()),
            None | Some(",") => (Operator::Exists, Vec::new()),
            _ if absent => return Err(format!("nothing can follow `!{key}`")),
            Some(word) => {
                let word = word.to_owned();
                tokens.next();
                let (operator, is_set) = match word.as_str() {
                    "=" | "==" => (Operator::In, false),
                    "!=" => (Operator::NotIn, false),
                    ">" => (Operator::Greater, false),
                    "<" => (Operator::Less, false),
                    "in" => (Operator::In, true),
                    "notin" => (Operator::NotIn, true),
                    other => return Err(format!("`{other}` is no operator")),
                };
                let values = if is_set {
                    let mut values = Vec::new();
                    if tokens.next().as_deref() != Some("(") {
                        return Err(format!("a list in parentheses must follow `{word}`"));
                    }
                    loop {
                        match tokens.next().as_deref() {
                            Some(")") => break,
                            Some(",") => {}
                            Some(value) => values.push(value.to_owned()),
                            None => return Err("a parenthesis is not closed".to_owned()),
                        }
                    }
                    if values.is_empty() {
                        values.push(String::new());
                    }
                    values
                } else {
                    match tokens.peek().map(String::as_str) {
                        None | Some(",") => vec![String::new()],
                        Some(_) => vec![tokens.next().unwrap_or_default()],
                    }
                };
                (operator, values)
            }
        };
        for value in &values {
            check_value(value)?;
            if matches!(operator, Operator::Greater | Operator::Less)
                && value.parse::<i64>().is_err()
            {
                return Err(format!("`{value}` is no number"));
            }
        }
        requirements.push(Requirement {
            key,
            operator,
            values,
        });
        match tokens.next().as_deref() {
            None => return Ok(requirements),
            Some(",") => {}
            Some(other) => return Err(format!("`{other}` is not expected")),
        }
    }
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let special = matches!(c, '!' | '=' | '<' | '>' | '(' | ')' | ',');
        if (special || c.is_whitespace()) && !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        if c.is_whitespace() {
            continue;
        }
        if !special {
            word.push(c);
        } else if matches!(c, '=' | '!') && chars.next_if_eq(&'=').is_some() {
            tokens.push(format!("{c}="));
        } else {
            tokens.push(c.to_string());
        }
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    tokens
}

fn check_key(key: &str) -> std::result::Result<(), String> {
    let (prefix, name) = key
        .split_once('/')
        .map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let prefix_ok = prefix.is_none_or(|prefix| {
        !prefix.is_empty()
            && prefix.len() <= 253
            && prefix.split('.').all(|label| {
                !label.is_empty()
                    && label
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                    && !label.starts_with('-')
                    && !label.ends_with('-')
            })
    });
    if prefix_ok && !name.is_empty() && is_label_text(name) {
        return Ok(());
    }
    Err(format!("`{key}` is no label key"))
}

fn check_value(value: &str) -> std::result::Result<(), String> {
    if value.is_empty() || is_label_text(value) {
        return Ok(());
    }
    Err(format!("`{value}` is no label value"))
}

fn is_label_text(text: &str) -> bool {
    let ends_ok = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= 63
        && ends_ok(text.chars().next())
        && ends_ok(text.chars().next_back())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::render::value::{Key, Map, Node, Scalar, Value};
    use crate::render::{Place, SourceId, What};

    fn trace() -> Trace {
        let place = Place {
            source: SourceId(0),
            span: crate::yaml::Span::default(),
        };
        Trace::new(place, What::Base)
    }

    fn labelled(pairs: &[(&str, &str)]) -> Resource {
        let map = |entries: Vec<(&str, Node)>| {
            let mut map = Map::default();
            for (key, value) in entries {
                map.push(Key::new(key, trace()), value);
            }
            Node::new(Value::Map(map), trace())
        };
        let labels = pairs
            .iter()
            .map(|(key, value)| (*key, Node::scalar(Scalar::string(*value), trace())))
            .collect();
        Resource::new(map(vec![("metadata", map(vec![("labels", map(labels))]))]))
    }

    #[test]
    fn label_selectors_are_those_of_kubernetes() {
        let resource = labelled(&[("app", "web"), ("example.com/tier", "2")]);
        for (selector, holds) in [
            ("app=web", true),
            ("app==web,example.com/tier", true),
            ("app!=web", false),
            ("app in (api, web)", true),
            ("app notin (api,web)", false),
            ("gone notin (a)", true),
            ("!gone", true),
            ("!app", false),
            ("example.com/tier>1", true),
            ("example.com/tier < 2", false),
            ("app=", false),
        ] {
            let requirements = parse_labels(selector).unwrap();
            let all = requirements.iter().all(|r| r.holds(&resource, "labels"));
            assert_eq!(all, holds, "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for selector in [
            "app=a~b",
            "=x",
            "app in",
            "app in (a",
            "a b",
            "app>x",
            "a,,b",
            "-a=b",
            "UPPER.x/a=b",
        ] {
            assert!(parse_labels(selector).is_err(), "{selector}");
        }
    }
}
