//! Walks an object along its schema.

use super::problem::{ProblemKind, SchemaProblem};
use super::rule::{duplicates, integer};
use super::{Integer, Object, Schema, Type, of};
use crate::model::{Duration, Kind};
use crate::yaml::{Node, Scalar, Trail, Value, is_placeholder};

/// What the API server would refuse in an object of this kind; `root` is the mapping that holds
/// `spec`. Linear in the size of the object, without allocation when there is nothing to report.
/// Kinds without a schema yield nothing.
pub fn validate(kind: Kind, root: Node<'_>) -> Vec<SchemaProblem> {
    let mut walk = Walk::default();
    if let Some(schema) = of(kind) {
        walk.value(schema, root, &Trail::Root);
    }
    walk.problems
}

#[derive(Default)]
struct Walk {
    problems: Vec<SchemaProblem>,
}

impl Walk {
    fn report(&mut self, path: &Trail<'_>, kind: ProblemKind, message: String) {
        self.problems.push(SchemaProblem {
            path: path.path(),
            kind,
            message,
        });
    }

    fn value(&mut self, schema: &Schema, node: Node<'_>, path: &Trail<'_>) {
        match (&schema.ty, node.value()) {
            (Type::Object(object), Value::Mapping) => self.object(object, node, path),
            (Type::List(item), Value::Sequence) => {
                self.size(schema, || node.items().count(), "items", path);
                for (index, element) in node.items().enumerate() {
                    self.element(item, element, &Trail::Item(path, index));
                }
                if let Some(key) = schema.unique {
                    self.unique(key, node, path);
                }
            }
            (Type::Map(value), Value::Mapping) => {
                self.size(schema, || node.entries().count(), "properties", path);
                for (key, element) in node.entries() {
                    let key = key.text().unwrap_or_default();
                    self.element(value, element, &Trail::Key(path, key));
                }
            }
            (Type::String, Value::Scalar(Scalar::Str(text))) => {
                if !self.text(schema, text, path) {
                    return;
                }
            }
            (Type::String, Value::Scalar(Scalar::Int(number))) => {
                if !schema.enum_values.is_empty() {
                    let words = schema.enum_values.join("\", \"");
                    let message = format!(
                        "Invalid value: {number}: must be of type string: one of \"{words}\""
                    );
                    self.report(path, ProblemKind::Form, message);
                }
                return;
            }
            (Type::Duration { bounded: true }, Value::Scalar(Scalar::Str(text))) => {
                if Duration::parse(text).is_some_and(|d| d < Duration(1_000_000)) {
                    let message = format!(
                        "Invalid value: {text:?}: must be a valid duration greater than 1ms"
                    );
                    self.report(path, ProblemKind::Rule, message);
                }
                return;
            }
            // Only rules bound it.
            (Type::Duration { bounded: false }, Value::Scalar(Scalar::Str(_))) => {}
            (Type::Integer(width), Value::Scalar(scalar)) => {
                if !self.integer(schema, *width, scalar, path) {
                    return;
                }
            }
            (Type::Double, Value::Scalar(scalar)) => self.double(schema, scalar, path),
            _ => return,
        }
        for &rule in &schema.rules {
            if !rule.holds(node) && !node.as_str().is_some_and(is_placeholder) {
                let message = match node.value() {
                    Value::Scalar(Scalar::Str(text)) => {
                        format!("Invalid value: {text:?}: {}", rule.message())
                    }
                    Value::Scalar(_) => format!(
                        "Invalid value: {}: {}",
                        node.text().unwrap_or_default(),
                        rule.message()
                    ),
                    _ => format!("Invalid value: {}", rule.message()),
                };
                self.report(path, ProblemKind::Rule, message);
            }
        }
    }

    /// An element of a list or map: the API server prunes fields that are null, not elements.
    fn element(&mut self, schema: &Schema, node: Node<'_>, path: &Trail<'_>) {
        if node.is_null() {
            let name = match &schema.ty {
                Type::Object(_) | Type::Map(_) => "object",
                Type::List(_) => "array",
                Type::String | Type::Duration { .. } => "string",
                Type::Bool => "boolean",
                Type::Integer(_) => "integer",
                Type::Double => "number",
                Type::Free => return,
            };
            let message = format!("Invalid value: null: must be of type {name}");
            self.report(path, ProblemKind::Form, message);
        } else {
            self.value(schema, node, path);
        }
    }

    fn object(&mut self, object: &Object, node: Node<'_>, path: &Trail<'_>) {
        let mut present = 0_u64;
        for (key, value) in node.entries() {
            let Some(key) = key.text() else { continue };
            let Some(index) = object.find(key) else {
                continue;
            };
            let Some(field) = object.fields.get(index) else {
                continue;
            };
            if value.is_null() {
                continue;
            }
            present |= 1 << index;
            self.value(&field.schema, value, &Trail::Key(path, field.name));
        }
        let missing = object.required & !present;
        if missing != 0 {
            for (index, field) in object.fields.iter().enumerate() {
                if missing & (1 << index) != 0 {
                    self.required(field.name, node, path);
                }
            }
        }
        for group in &object.groups {
            let set = present & group.mask;
            if set.count_ones() > 1 || (group.exactly && set == 0) {
                let members = group.members.join(", ");
                let message = if set == 0 {
                    format!("Invalid value: exactly one of {members} must be set")
                } else {
                    let found: Vec<&str> = object
                        .fields
                        .iter()
                        .enumerate()
                        .filter(|(index, _)| set & (1 << index) != 0)
                        .map(|(_, field)| field.name)
                        .collect();
                    format!(
                        "Invalid value: only one of {members} can be set, found {}",
                        found.join(" and ")
                    )
                };
                self.report(path, ProblemKind::OneOf, message);
            }
        }
    }

    fn required(&mut self, name: &str, node: Node<'_>, path: &Trail<'_>) {
        // The decoder reads snake_case names, the API server drops them.
        let other = node
            .entries()
            .filter_map(|(key, _)| key.text())
            .find(|key| key.contains('_') && is_camel_of(name, key));
        let message = match other {
            Some(other) => {
                format!("Required value: the API server does not know the spelling {other:?}")
            }
            None => "Required value".to_owned(),
        };
        self.report(&Trail::Key(path, name), ProblemKind::Required, message);
    }

    fn size(&mut self, schema: &Schema, count: impl Fn() -> usize, noun: &str, path: &Trail<'_>) {
        if schema.min_size.is_none() && schema.max_size.is_none() {
            return;
        }
        let size = count();
        if let Some(least) = schema.min_size.filter(|least| size < *least) {
            let message = format!("Invalid value: {size}: should have at least {least} {noun}");
            self.report(path, ProblemKind::Size, message);
        }
        if let Some(most) = schema.max_size.filter(|most| size > *most) {
            let message = format!("Too many: {size}: must have at most {most} {noun}");
            self.report(path, ProblemKind::Size, message);
        }
    }

    /// Whether the text could be judged: a placeholder may be anything.
    fn text(&mut self, schema: &Schema, text: &str, path: &Trail<'_>) -> bool {
        let constrained =
            schema.min_size.is_some() || schema.max_size.is_some() || schema.pattern.is_some();
        if !constrained {
            return true;
        }
        let too_short = schema
            .min_size
            .filter(|least| text.chars().take(*least).count() < *least);
        // A character takes a byte or more, so most texts need no counting.
        let too_long = schema
            .max_size
            .filter(|most| text.len() > *most && text.chars().count() > *most);
        let mismatch = schema.pattern.as_ref().filter(|p| !p.is_match(text));
        if too_short.is_none() && too_long.is_none() && mismatch.is_none() {
            return true;
        }
        if is_placeholder(text) {
            return false;
        }
        if let Some(least) = too_short {
            let message = format!("Invalid value: {text:?}: should be at least {least} chars long");
            self.report(path, ProblemKind::Length, message);
        }
        if let Some(most) = too_long {
            let message = format!("Too long: may not be more than {most} characters");
            self.report(path, ProblemKind::Length, message);
        }
        if let Some(pattern) = mismatch {
            let message = format!("Invalid value: {text:?}: should match '{}'", pattern.text);
            self.report(path, ProblemKind::Pattern, message);
        }
        true
    }

    /// Whether the value is an integer that the rules can judge.
    fn integer(
        &mut self,
        schema: &Schema,
        width: Integer,
        scalar: Scalar<'_>,
        path: &Trail<'_>,
    ) -> bool {
        match scalar {
            Scalar::Int(number) if width.holds(number) => {
                if let Some(least) = schema.min.filter(|least| number < i128::from(*least)) {
                    self.range(path, number, "greater", least);
                }
                if let Some(most) = schema.max.filter(|most| number > i128::from(*most)) {
                    self.range(path, number, "less", most);
                }
                true
            }
            Scalar::Str(text) if text.parse().is_ok_and(|n| width.holds(n)) => {
                let message =
                    format!("Invalid value: {text:?}: must be of type integer, without quotes");
                self.report(path, ProblemKind::Form, message);
                false
            }
            _ => false,
        }
    }

    fn double(&mut self, schema: &Schema, scalar: Scalar<'_>, path: &Trail<'_>) {
        #[expect(clippy::cast_precision_loss, reason = "numbers of manifests are small")]
        let (number, least, most) = (
            match scalar {
                Scalar::Int(n) => n as f64,
                Scalar::Float(f) => f,
                Scalar::Str(text) if text.parse::<f64>().is_ok() => {
                    let message =
                        format!("Invalid value: {text:?}: must be of type number, without quotes");
                    self.report(path, ProblemKind::Form, message);
                    return;
                }
                _ => return,
            },
            schema.min.map(|n| n as f64),
            schema.max.map(|n| n as f64),
        );
        if let Some(least) = least.filter(|least| number < *least) {
            self.range(path, number, "greater", least);
        }
        if let Some(most) = most.filter(|most| number > *most) {
            self.range(path, number, "less", most);
        }
    }

    fn range(
        &mut self,
        path: &Trail<'_>,
        number: impl std::fmt::Display,
        word: &str,
        bound: impl std::fmt::Display,
    ) {
        let message = format!("Invalid value: {number}: should be {word} than or equal to {bound}");
        self.report(path, ProblemKind::Range, message);
    }

    fn unique(&mut self, key: &str, list: Node<'_>, path: &Trail<'_>) {
        if let Some((index, value)) = duplicates(list, key) {
            let text = value.text().unwrap_or_default();
            let value = if integer(value).is_some() {
                text.to_owned()
            } else {
                format!("{text:?}")
            };
            let message = format!("Duplicate value: {{\"{key}\":{value}}}");
            self.report(&Trail::Item(path, index), ProblemKind::Duplicate, message);
        }
    }
}

/// Whether `snake` is the `snake_case` form of `camel`.
fn is_camel_of(camel: &str, snake: &str) -> bool {
    let mut upper = false;
    let mut letters = camel.chars();
    for c in snake.chars() {
        if c == '_' {
            upper = true;
            continue;
        }
        let c = if upper { c.to_ascii_uppercase() } else { c };
        upper = false;
        if letters.next() != Some(c) {
            return false;
        }
    }
    letters.next().is_none()
}
