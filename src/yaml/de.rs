//! A serde deserializer over the tree that goes on after a bad value: wrong types, unknown enum
//! values and unknown fields are noted with their node, and a zero value takes their place.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::mem::{Discriminant, discriminant};

use rustc_hash::FxHashSet;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};

use super::Span;
use super::locate::camel_case;
use super::node::{Entries, Node, Value};
use super::path::{FieldPath, Trail};
use super::scalar::{Scalar, is_expression, is_placeholder};
use crate::duration::Duration;

/// How lenient decoding is.
#[derive(Debug, Clone, Copy, Default)]
pub struct DecodeOptions {
    /// Protobuf JSON: `snake_case` field names, quoted numbers and enum numbers are accepted.
    pub proto: bool,
    /// Note unknown fields.
    pub unknown_fields: bool,
}

/// What a bad value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// A field that the type does not have; with the fields that it has.
    UnknownField(&'static [&'static str]),
    /// Another type than the field's.
    WrongType {
        /// The type of the field.
        expected: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// A word that the enum does not have; with the words that it has.
    UnknownValue(&'static [&'static str]),
    /// An integer that the field cannot hold, or text that a duration cannot be.
    Invalid(String),
}

/// A bad value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is bad.
    pub kind: ProblemKind,
    /// The text that stands there (the key of an unknown field).
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// The field.
    pub path: FieldPath,
}

/// A decoded value and what was bad in it.
#[derive(Debug)]
pub struct Decoded<T> {
    /// The value; zero values stand for what was bad.
    pub value: T,
    /// What was bad.
    pub problems: Vec<Problem>,
    /// Whether a value that is no string holds a placeholder, so that the object is not known in
    /// full.
    pub templated: bool,
}

impl<T> Decoded<T> {
    /// Whether something could not be decoded (unknown fields do not count).
    pub fn is_broken(&self) -> bool {
        self.templated
            || self
                .problems
                .iter()
                .any(|p| !matches!(p.kind, ProblemKind::UnknownField(_)))
    }
}

/// Decodes the node that `trail` leads to.
pub fn decode<T: DeserializeOwned + Default>(
    node: Node<'_>,
    trail: &Trail<'_>,
    options: DecodeOptions,
) -> Decoded<T> {
    let context = Context {
        options,
        ..Context::default()
    };
    let result = T::deserialize(NodeDeserializer {
        node,
        trail,
        context: &context,
    });
    let mut problems = context.problems.into_inner();
    let value = result.unwrap_or_else(|error| {
        if problems
            .iter()
            .all(|p| matches!(p.kind, ProblemKind::UnknownField(_)))
        {
            problems.push(Problem {
                kind: ProblemKind::Invalid(error.0),
                text: String::new(),
                span: node.span(),
                path: trail.path(),
            });
        }
        T::default()
    });
    Decoded {
        value,
        problems,
        templated: context.templated.get(),
    }
}

#[derive(Default)]
struct Context {
    options: DecodeOptions,
    problems: RefCell<Vec<Problem>>,
    /// The places of the problems.
    noted: RefCell<FxHashSet<(Span, Discriminant<ProblemKind>)>>,
    templated: Cell<bool>,
}

impl Context {
    /// Notes a problem. What stands in a value that aliases stand for is noted once.
    fn problem(&self, node: Node<'_>, trail: &Trail<'_>, kind: ProblemKind) {
        let place = (node.span(), discriminant(&kind));
        if !self.noted.borrow_mut().insert(place) {
            return;
        }
        self.problems.borrow_mut().push(Problem {
            kind,
            text: node.text().unwrap_or_default().to_owned(),
            span: node.span(),
            path: trail.path(),
        });
    }
}

/// An error of serde's own; decoding goes on around it where it can.
#[derive(Debug)]
struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl serde::de::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

#[derive(Clone, Copy)]
struct NodeDeserializer<'t, 'c> {
    node: Node<'t>,
    /// The way to it.
    trail: &'c Trail<'c>,
    context: &'c Context,
}

impl NodeDeserializer<'_, '_> {
    fn problem(&self, kind: ProblemKind) {
        self.context.problem(self.node, self.trail, kind);
    }

    /// Notes a value of another type, unless a placeholder stands there.
    fn mismatch(&self, expected: &'static str) {
        if self.node.text().is_some_and(is_placeholder) {
            self.context.templated.set(true);
        } else {
            let found = self.node.type_name();
            self.problem(ProblemKind::WrongType { expected, found });
        }
    }

    fn integer(&self, least: i128, most: i128) -> i128 {
        let number = match self.node.value() {
            Value::Scalar(Scalar::Null) => 0,
            Value::Scalar(scalar) if scalar.as_integer().is_some() => {
                scalar.as_integer().unwrap_or_default()
            }
            Value::Scalar(Scalar::Str(text)) if self.context.options.proto => {
                if let Ok(n) = text.parse() {
                    n
                } else {
                    self.mismatch("an integer");
                    0
                }
            }
            _ => {
                self.mismatch("an integer");
                0
            }
        };
        if (least..=most).contains(&number) {
            number
        } else {
            let kind = ProblemKind::Invalid(format!("is not an integer from {least} to {most}"));
            self.problem(kind);
            0
        }
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident $type:ty;)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            let number = self.integer(<$type>::MIN.into(), <$type>::MAX.into());
            visitor.$visit(<$type>::try_from(number).unwrap_or_default())
        })+
    };
}

impl<'de> Deserializer<'de> for NodeDeserializer<'de, '_> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let result = match self.node.value() {
            Value::Scalar(Scalar::Null) => visitor.visit_unit(),
            Value::Scalar(Scalar::Bool(b)) => visitor.visit_bool(b),
            Value::Scalar(Scalar::Int(n)) => {
                if let Ok(n) = i64::try_from(n) {
                    visitor.visit_i64(n)
                } else if let Ok(n) = u64::try_from(n) {
                    visitor.visit_u64(n)
                } else {
                    #[expect(
                        clippy::cast_precision_loss,
                        reason = "a number this large is a float in JSON"
                    )]
                    visitor.visit_f64(n as f64)
                }
            }
            Value::Scalar(scalar @ Scalar::Float(f)) => {
                match scalar.as_integer().and_then(|n| i64::try_from(n).ok()) {
                    Some(n) => visitor.visit_i64(n),
                    None => visitor.visit_f64(f),
                }
            }
            Value::Scalar(Scalar::Str(s)) => visitor.visit_borrowed_str(s),
            Value::Sequence => visitor.visit_seq(Items::new(self)),
            Value::Mapping => visitor.visit_map(Pairs::new(self, None)),
        };
        if result.is_err() && self.context.problems.borrow().is_empty() {
            self.problem(ProblemKind::WrongType {
                expected: "another type",
                found: self.node.type_name(),
            });
        }
        result
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_bool(match self.node.value() {
            Value::Scalar(Scalar::Bool(b)) => b,
            Value::Scalar(Scalar::Null) => false,
            _ => {
                self.mismatch("a boolean");
                false
            }
        })
    }

    integers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_f64(match self.node.value() {
            Value::Scalar(Scalar::Float(f)) => f,
            #[expect(clippy::cast_precision_loss, reason = "as in JSON")]
            Value::Scalar(Scalar::Int(n)) => n as f64,
            Value::Scalar(Scalar::Null) => 0.0,
            Value::Scalar(Scalar::Str(text))
                if self.context.options.proto && text.parse::<f64>().is_ok() =>
            {
                text.parse().unwrap_or_default()
            }
            _ => {
                self.mismatch("a number");
                0.0
            }
        })
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.node.value() {
            Value::Scalar(Scalar::Str(text)) => visitor.visit_borrowed_str(text),
            Value::Scalar(Scalar::Null) => visitor.visit_borrowed_str(""),
            Value::Scalar(_) => {
                // The text is what the user meant; it is kept so that what refers to it is found.
                self.mismatch("a string");
                visitor.visit_borrowed_str(self.node.text().unwrap_or_default())
            }
            Value::Sequence | Value::Mapping => {
                self.mismatch("a string");
                visitor.visit_borrowed_str("")
            }
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.node.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        if name == "OpenEnum"
            && self.context.options.proto
            && let Value::Scalar(Scalar::Int(number)) = self.node.value()
            && let Ok(number) = i32::try_from(number)
        {
            return visitor.visit_i64(number.into());
        }
        if name != "Duration" {
            return visitor.visit_newtype_struct(self);
        }
        let text = match self.node.value() {
            Value::Scalar(Scalar::Str(text)) => text,
            Value::Scalar(Scalar::Int(0)) if self.node.text() == Some("0") => "",
            _ => {
                self.mismatch("a duration such as 5s");
                return visitor.visit_newtype_struct(BorrowedStrDeserializer::new("0"));
            }
        };
        if Duration::parse(text).is_some() {
            return visitor.visit_newtype_struct(BorrowedStrDeserializer::new(text));
        }
        if is_placeholder(text) {
            self.context.templated.set(true);
        } else {
            let wrong = "is not a duration such as 5s or 1h30m";
            self.problem(ProblemKind::Invalid(wrong.to_owned()));
        }
        visitor.visit_newtype_struct(BorrowedStrDeserializer::new("0"))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if !matches!(
            self.node.value(),
            Value::Sequence | Value::Scalar(Scalar::Null)
        ) {
            self.mismatch("a list");
        }
        visitor.visit_seq(Items::new(self))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if !matches!(
            self.node.value(),
            Value::Mapping | Value::Scalar(Scalar::Null)
        ) {
            self.mismatch("a mapping");
        }
        visitor.visit_map(Pairs::new(self, None))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        if !matches!(
            self.node.value(),
            Value::Mapping | Value::Scalar(Scalar::Null)
        ) {
            self.mismatch("a mapping");
        }
        visitor.visit_map(Pairs::new(self, Some(fields)))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let zero = variants.first().copied().unwrap_or_default();
        let variant = match self.node.value() {
            Value::Scalar(Scalar::Str(text)) => variants
                .iter()
                .find(|v| **v == text)
                .copied()
                .unwrap_or_else(|| {
                    if is_expression(text) {
                        self.context.templated.set(true);
                    } else {
                        self.problem(ProblemKind::UnknownValue(variants));
                    }
                    zero
                }),
            Value::Scalar(Scalar::Null) => zero,
            Value::Scalar(Scalar::Int(n)) if self.context.options.proto => usize::try_from(n)
                .ok()
                .and_then(|n| variants.get(n))
                .copied()
                .unwrap_or(zero),
            _ => {
                self.mismatch("a string");
                zero
            }
        };
        visitor.visit_enum(Variant(variant))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { i128 u128 }
}

struct Variant(&'static str);

impl<'de> EnumAccess<'de> for Variant {
    type Error = Failure;
    type Variant = Unit;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Unit), Failure> {
        let value = seed.deserialize(IntoDeserializer::<Failure>::into_deserializer(self.0))?;
        Ok((value, Unit))
    }
}

struct Unit;

impl<'de> VariantAccess<'de> for Unit {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Failure> {
        Err(Failure("enums of the API hold no values".to_owned()))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Failure> {
        Err(Failure("enums of the API hold no values".to_owned()))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Failure> {
        Err(Failure("enums of the API hold no values".to_owned()))
    }
}

struct Items<'t, 'c, I> {
    rest: I,
    /// The index of the next item.
    next: usize,
    count: usize,
    trail: &'c Trail<'c>,
    context: &'c Context,
    marker: std::marker::PhantomData<&'t ()>,
}

impl<'t, 'c> Items<'t, 'c, ()> {
    fn new(parent: NodeDeserializer<'t, 'c>) -> Items<'t, 'c, impl Iterator<Item = Node<'t>>> {
        Items {
            rest: parent.node.items(),
            next: 0,
            count: parent.node.items().count(),
            trail: parent.trail,
            context: parent.context,
            marker: std::marker::PhantomData,
        }
    }
}

impl<'t, I: Iterator<Item = Node<'t>>> SeqAccess<'t> for Items<'t, '_, I> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'t>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Failure> {
        let Some(node) = self.rest.next() else {
            return Ok(None);
        };
        let trail = self.trail.item(self.next);
        self.next += 1;
        seed.deserialize(NodeDeserializer {
            node,
            trail: &trail,
            context: self.context,
        })
        .map(Some)
    }

    /// Lists of manifests are short: an exact capacity keeps the model compact.
    fn size_hint(&self) -> Option<usize> {
        Some(self.count)
    }
}

/// The entries of a mapping; of a struct when `fields` are known.
struct Pairs<'t, 'c> {
    node: Node<'t>,
    entries: Entries<'t>,
    trail: &'c Trail<'c>,
    context: &'c Context,
    fields: Option<&'static [&'static str]>,
    /// The key that was read last and its value.
    entry: Option<(&'t str, Node<'t>)>,
}

impl<'t, 'c> Pairs<'t, 'c> {
    fn new(parent: NodeDeserializer<'t, 'c>, fields: Option<&'static [&'static str]>) -> Self {
        let NodeDeserializer {
            node,
            trail,
            context,
        } = parent;
        Self {
            node,
            entries: node.entries(),
            trail,
            context,
            fields,
            entry: None,
        }
    }

    /// The field that a key names; notes the key when there is none.
    fn field(&self, key: Node<'t>, fields: &'static [&'static str]) -> Option<&'static str> {
        let text = key.text().unwrap_or_default();
        let options = self.context.options;
        if let Some(field) = fields.iter().find(|field| **field == text) {
            return Some(field);
        }
        if options.proto && text.contains('_') {
            let camel = camel_case(text);
            if let Some(field) = fields.iter().find(|field| **field == camel) {
                // When both spellings are given camelCase wins.
                return if self.node.get(&camel).is_some() {
                    None
                } else {
                    Some(field)
                };
            }
        }
        if options.unknown_fields && !is_placeholder(text) {
            let trail = self.trail.field(text);
            let kind = ProblemKind::UnknownField(fields);
            self.context.problem(key, &trail, kind);
        }
        None
    }
}

impl<'t> MapAccess<'t> for Pairs<'t, '_> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'t>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Failure> {
        while let Some((key, value)) = self.entries.next() {
            let text = key.text().unwrap_or_default();
            let name = match self.fields {
                None => text,
                Some(fields) => match self.field(key, fields) {
                    // Null is absent; an absent field keeps its zero value.
                    Some(field) if !value.is_null() => field,
                    _ => continue,
                },
            };
            self.entry = Some((text, value));
            return seed
                .deserialize(BorrowedStrDeserializer::new(name))
                .map(Some);
        }
        Ok(None)
    }

    fn next_value_seed<T: DeserializeSeed<'t>>(&mut self, seed: T) -> Result<T::Value, Failure> {
        let Some((key, node)) = self.entry.take() else {
            return Err(Failure("a value without a key".to_owned()));
        };
        let trail = self.trail.field(key);
        seed.deserialize(NodeDeserializer {
            node,
            trail: &trail,
            context: self.context,
        })
    }

    /// Maps are kept as exact slices, so their size is worth a walk over the keys.
    fn size_hint(&self) -> Option<usize> {
        if self.fields.is_some() {
            None
        } else {
            Some(self.node.entries().count())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub)]
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::Value as Any;

    use super::*;
    use crate::yaml::Tree;

    #[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
    enum Mode {
        #[default]
        #[serde(rename = "UNSET")]
        Unset,
        #[serde(rename = "STRICT")]
        Strict,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Thing {
        host_name: String,
        port: u32,
        flag: Option<bool>,
        mode: Mode,
        labels: BTreeMap<String, String>,
        list: Vec<Thing>,
        target: Option<Any>,
        wait: Option<Duration>,
    }

    fn read(text: &str, proto: bool) -> Decoded<Thing> {
        let tree = Tree::parse(text);
        let root = tree.root(&tree.documents()[0]).unwrap();
        decode(
            root,
            &Trail::Root,
            DecodeOptions {
                proto,
                unknown_fields: true,
            },
        )
    }

    #[test]
    fn good_values_decode() {
        let thing = read(
            "host_name: a\nport: \"80\"\nflag: on\nmode: STRICT\nlabels: {a: b}\nlist:\n- hostName: x\n- ~\ntarget: http\nwait: 5s\n",
            true,
        );
        assert_eq!(thing.problems, []);
        let value = thing.value;
        assert_eq!(
            (value.host_name.as_str(), value.port, value.flag, value.mode),
            ("a", 80, Some(true), Mode::Strict)
        );
        assert_eq!(value.labels.get("a").unwrap(), "b");
        assert_eq!(value.list.len(), 2);
        assert_eq!(value.target, Some(Any::from("http")));
        assert_eq!(value.wait, Some(Duration(5_000_000_000)));
    }

    #[test]
    fn each_bad_value_is_noted_with_its_path_and_the_rest_is_read() {
        let text = "hostName: 1\nport: x\nflag: 'true'\nmode: STRCT\nlabels: [a]\nlist:\n- mode: {}\n  hots: y\nwait: 5\n";
        let thing = read(text, false);
        let got: Vec<_> = thing
            .problems
            .iter()
            .map(|p| (p.path.to_string(), p.span.text(text)))
            .collect();
        let got: Vec<_> = got.iter().map(|(path, text)| (&**path, *text)).collect();
        assert_eq!(
            got,
            [
                ("hostName", "1"),
                ("port", "x"),
                ("flag", "'true'"),
                ("mode", "STRCT"),
                ("labels", "[a]"),
                ("list[0]/mode", "{}"),
                ("list[0]/hots", "hots"),
                ("wait", "5"),
            ]
        );
    }

    #[test]
    fn every_one_of_many_bad_values_has_its_path() {
        let text = format!("list:\n{}", "- port: x\n".repeat(3000));
        let problems = read(&text, false).problems;
        assert_eq!(problems.len(), 3000);
        assert_eq!(problems[2999].path.to_string(), "list[2999]/port");
    }

    #[test]
    fn what_aliases_repeat_is_noted_once_and_an_alias_at_its_own_place() {
        let text = "list:\n- &a {port: x}\n- *a\n- *a\n- mode: &m OFF\n- mode: *m\n";
        let problems = read(text, false).problems;
        let got: Vec<_> = problems.iter().map(|p| p.path.to_string()).collect();
        assert_eq!(got, ["list[0]/port", "list[3]/mode", "list[4]/mode"]);
    }

    #[test]
    fn camel_case_wins_over_snake_case() {
        for text in ["host_name: a\nhostName: b\n", "hostName: b\nhost_name: a\n"] {
            assert_eq!(read(text, true).value.host_name, "b");
        }
    }

    #[test]
    fn merge_keys_and_aliases_are_followed() {
        let text =
            "labels: &l {a: b, c: d}\nlist:\n- labels: *l\n- labels:\n    <<: *l\n    a: z\n";
        let thing = read(text, false);
        assert_eq!(thing.problems, []);
        assert_eq!(thing.value.list[0].labels.get("c").unwrap(), "d");
        assert_eq!(thing.value.list[1].labels.get("a").unwrap(), "z");
        assert_eq!(thing.value.list[1].labels.get("c").unwrap(), "d");
    }

    #[test]
    fn placeholders_are_no_errors_but_leave_the_object_unknown() {
        let thing = read("port: ${PORT}\nmode: ${MODE}\n", true);
        assert_eq!(thing.problems, []);
        assert!(thing.templated);
    }
}
