//! ConfigMaps and Secrets that are made from literals and files.

use ecow::EcoString;

use super::super::base64::encode;
use super::super::value::{Key, Map, Node, Scalar, Style, Tag, Trace, Value};
use super::super::{Place, What};
use super::file::{Generator, GeneratorOptions, Text};
use super::loader::Loader;
use super::problem::{Problem, ProblemKind, Result};
use super::resource::{Behavior, Resource};
use crate::yaml::Span;

/// A key of the data, with its value and where both come from.
struct Pair {
    key: EcoString,
    key_trace: Trace,
    value: Vec<u8>,
    value_trace: Trace,
}

/// Makes a ConfigMap or a Secret.
pub(super) fn make(
    kind: &'static str,
    generator: &Generator,
    global: Option<&GeneratorOptions>,
    loader: &mut Loader<'_>,
) -> Result<Resource> {
    let entry = generator.trace.inexact().as_what(What::Generator);
    let Some(name) = generator.name.as_ref().filter(|name| !name.text.is_empty()) else {
        return Err(fault(
            &generator.trace,
            format!("a generated {kind} needs a name"),
        ));
    };
    let behavior = match generator.behavior.as_str() {
        "merge" => Behavior::Merge,
        "replace" => Behavior::Replace,
        _ => Behavior::Create,
    };
    let pairs = pairs(generator, loader)?;
    let mut root = Map::default();
    let text = |root: &mut Map, key: &str, text: &str, trace: &Trace| {
        root.push(
            Key::new(key, entry.clone()),
            Node::scalar(Scalar::string(text), trace.clone()),
        );
    };
    text(&mut root, "apiVersion", "v1", &entry);
    text(&mut root, "kind", kind, &entry);
    root.push(
        Key::new("metadata", entry.clone()),
        Node::new(
            Value::Map(metadata(generator, global, name, &entry)),
            entry.clone(),
        ),
    );
    if kind == "Secret" {
        let given = generator
            .secret_type
            .as_ref()
            .filter(|text| !text.text.is_empty());
        match given {
            Some(given) => text(&mut root, "type", &given.text, &generated(&given.trace)),
            None => text(&mut root, "type", "Opaque", &entry),
        }
    }
    fill(&mut root, kind, pairs, name, &entry)?;
    let options = [generator.options.as_ref(), global];
    let any =
        |flag: fn(&GeneratorOptions) -> bool| options.iter().flatten().any(|options| flag(options));
    if any(|options| options.immutable) {
        let scalar = Scalar {
            tag: Tag::Bool,
            ..Scalar::implicit("true")
        };
        root.push(
            Key::new("immutable", entry.clone()),
            Node::scalar(scalar, entry.clone()),
        );
    }
    let mut resource = Resource::new(Node::new(Value::Map(root), entry));
    resource.behavior = behavior;
    resource.needs_hash = !any(|options| options.disable_hash);
    resource.generator = Some(generated(&name.trace));
    Ok(resource)
}

pub(super) fn fault(trace: &Trace, message: impl Into<String>) -> Box<Problem> {
    Problem::new(ProblemKind::BadGenerator, trace.place, message)
}

fn generated(trace: &Trace) -> Trace {
    trace.as_what(What::Generator)
}

type Pairs = fn(&GeneratorOptions) -> &[(Text, Text)];

fn metadata(
    generator: &Generator,
    global: Option<&GeneratorOptions>,
    name: &Text,
    entry: &Trace,
) -> Map {
    let mut metadata = Map::default();
    let mut text = |key: &str, text: &Text| {
        metadata.push(
            Key::new(key, entry.clone()),
            Node::scalar(Scalar::string(text.text.clone()), generated(&text.trace)),
        );
    };
    text("name", name);
    if let Some(namespace) = generator
        .namespace
        .as_ref()
        .filter(|text| !text.text.is_empty())
    {
        text("namespace", namespace);
    }
    let fields: [(&str, Pairs); 2] = [
        ("labels", |options| &options.labels),
        ("annotations", |options| &options.annotations),
    ];
    for (field, pairs) in fields {
        let mut map = Map::default();
        for options in [generator.options.as_ref(), global].into_iter().flatten() {
            for (key, value) in pairs(options) {
                if map.get(&key.text).is_none() {
                    let trace =
                        generated(&value.trace).with(entry.place, entry.what, "is the generator");
                    map.push(
                        Key::new(key.text.clone(), generated(&key.trace)),
                        Node::scalar(Scalar::string(value.text.clone()), trace),
                    );
                }
            }
        }
        if !map.is_empty() {
            metadata.push(
                Key::new(field, entry.clone()),
                Node::new(Value::Map(map), entry.clone()),
            );
        }
    }
    metadata
}

/// Writes the pairs into `data` and `binaryData`.
fn fill(root: &mut Map, kind: &str, pairs: Vec<Pair>, name: &Text, entry: &Trace) -> Result<()> {
    let mut seen = rustc_hash::FxHashMap::default();
    let (mut data, mut binary) = (Map::default(), Map::default());
    for pair in pairs {
        if let Some(first) = seen.insert(pair.key.clone(), pair.key_trace.clone()) {
            return Err(fault(
                &pair.key_trace,
                format!("{kind} `{}` gets the key `{}` twice", name.text, pair.key),
            )
            .near(super::super::RelatedOrigin {
                place: first.place,
                what: first.what,
                note: "is the first",
            }));
        }
        let key = Key::new(pair.key, pair.key_trace);
        let trace = pair
            .value_trace
            .with(entry.place, entry.what, "is the generator");
        let string = |text: EcoString| {
            let style = if text.contains('\n') {
                Style::Literal
            } else {
                Style::Plain
            };
            Scalar {
                style,
                ..Scalar::string(text)
            }
        };
        if kind == "Secret" {
            data.push(key, Node::scalar(string(base64(&pair.value)), trace));
        } else {
            match String::from_utf8(pair.value) {
                Ok(text) => data.push(key, Node::scalar(string(text.into()), trace)),
                Err(bytes) => {
                    binary.push(key, Node::scalar(string(base64(bytes.as_bytes())), trace));
                }
            }
        }
    }
    for (field, map) in [("data", data), ("binaryData", binary)] {
        // An empty Secret has data all the same.
        if !map.is_empty() || (kind == "Secret" && field == "data") {
            root.push(
                Key::new(field, entry.clone()),
                Node::new(Value::Map(map), entry.clone()),
            );
        }
    }
    Ok(())
}

fn pairs(generator: &Generator, loader: &mut Loader<'_>) -> Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    for env in generator.envs.iter().chain(&generator.env) {
        env_file(env, loader, &mut pairs)?;
    }
    for literal in &generator.literals {
        pairs.push(parse_literal(literal)?);
    }
    for file in &generator.files {
        let (key, path) = match file.text.split_once('=') {
            None => {
                let name = file.text.rsplit('/').next().unwrap_or(&file.text);
                (name, file.text.as_str())
            }
            Some((_, path)) if path.contains('=') => {
                return Err(fault(
                    &file.trace,
                    format!("`{}` has more than one `=`", file.text),
                ));
            }
            Some((key, path)) if key.is_empty() || path.is_empty() => {
                return Err(fault(
                    &file.trace,
                    format!("`{}` must be a file, or key=file", file.text),
                ));
            }
            Some((key, path)) => (key, path),
        };
        let (bytes, source) = loader.bytes(path, &file.trace)?;
        let place = Place {
            source,
            span: Span::default(),
        };
        pairs.push(Pair {
            key: key.into(),
            key_trace: generated(&file.trace).inexact(),
            value: bytes.to_vec(),
            value_trace: Trace::new(place, What::Generator).with(
                file.trace.place,
                What::Generator,
                "names the file",
            ),
        });
    }
    Ok(pairs)
}

fn parse_literal(literal: &Text) -> Result<Pair> {
    let Some((key, value)) = literal
        .text
        .split_once('=')
        .filter(|(key, _)| !key.is_empty())
    else {
        return Err(fault(
            &literal.trace,
            format!("`{}` must be key=value", literal.text),
        ));
    };
    let quoted = value.len() >= 2
        && ['"', '\'']
            .iter()
            .any(|quote| value.starts_with(*quote) && value.ends_with(*quote));
    let value = if quoted {
        value.get(1..value.len() - 1).unwrap_or_default()
    } else {
        value
    };
    let trace = generated(&literal.trace).inexact();
    Ok(Pair {
        key: key.into(),
        key_trace: trace.clone(),
        value: value.as_bytes().to_vec(),
        value_trace: trace,
    })
}

fn env_file(env: &Text, loader: &mut Loader<'_>, pairs: &mut Vec<Pair>) -> Result<()> {
    let (bytes, source) = loader.bytes(&env.text, &env.trace)?;
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return Err(fault(&env.trace, format!("`{}` is no text", env.text)));
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut at = 0;
    for raw in text.split('\n') {
        let start = at;
        at += raw.len() + 1;
        let line = raw.strip_suffix('\r').unwrap_or(raw).trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if key.is_empty() {
            continue;
        }
        let begin = start + (raw.len() - raw.trim_start().len());
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let place = |from: usize, to: usize| Place {
            source,
            span: Span {
                start: narrow(from),
                end: narrow(to),
            },
        };
        let trace = |place| {
            Trace::new(place, What::Generator).with(
                env.trace.place,
                What::Generator,
                "names the file",
            )
        };
        let value_start = begin + key.len() + 1;
        pairs.push(Pair {
            key: key.into(),
            key_trace: trace(place(begin, begin + key.len())),
            value: value.as_bytes().to_vec(),
            value_trace: trace(place(value_start, value_start + value.len())),
        });
    }
    Ok(())
}

/// Base64; long values are broken into lines of 70, as kustomize does.
pub(super) fn base64(bytes: &[u8]) -> EcoString {
    const LINE: usize = 70;
    let digits = encode(bytes);
    if digits.len() < LINE {
        return digits.into();
    }
    let mut out = EcoString::with_capacity(digits.len() + digits.len() / LINE + 1);
    let mut rest = digits.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(LINE));
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
    out
}
