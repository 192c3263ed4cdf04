//! Replacements: copies of fields, or of parts of them, into other fields.

use ecow::EcoString;

use super::super::RelatedOrigin;
use super::super::value::{Node, Scalar, Trace, Value};
use super::file::{FieldOptions, ReplacementEntry, Source, Target};
use super::identity::{Gvk, Identity};
use super::objects::Objects;
use super::paths::{self, Kind};
use super::problem::{Problem, ProblemKind, Result};
use super::resource::Resource;
use super::selector::Selector;
use super::structured;

/// The field that is meant when none is named.
const NAME: &str = "metadata.name";

/// Applies one replacement.
pub(super) fn apply(replacement: &ReplacementEntry, objects: &mut Objects) -> Result<()> {
    let fault = |message: &str| {
        Err(Problem::new(
            ProblemKind::BadReplacement,
            replacement.trace.place,
            message,
        ))
    };
    let value = match (&replacement.source, &replacement.source_value) {
        _ if replacement.targets.is_empty() => {
            return fault("a replacement needs a source and targets");
        }
        (None, None) => return fault("a replacement needs a source and targets"),
        (Some(_), Some(_)) => {
            return fault("a replacement has either `source` or `sourceValue`, not both");
        }
        (None, Some(text)) => {
            Node::scalar(Scalar::implicit(text.text.clone()), text.trace.inexact())
        }
        (Some(source), None) => read(source, objects)?,
    };
    for target in &replacement.targets {
        write(target, &value, objects, &replacement.trace)?;
    }
    Ok(())
}

/// The field that a source names.
fn read(source: &Source, objects: &Objects) -> Result<Node> {
    let selector = Gvk {
        group: source.group.clone(),
        version: source.version.clone(),
        kind: source.kind.clone(),
    };
    let wanted = describe(&selector, &source.name, &source.namespace);
    let fits = |identity: &Identity| {
        identity.gvk.is_selected_by(&selector)
            && (source.name.is_empty() || source.name == identity.name)
            && (source.namespace.is_empty() || source.namespace == identity.namespace)
    };
    let mut found = objects
        .list()
        .iter()
        .filter(|resource| fits(&resource.identity()) || resource.former().any(|id| fits(&id)));
    let fault =
        |message: String| Problem::new(ProblemKind::BadReplacement, source.trace.place, message);
    let Some(object) = found.next() else {
        return Err(fault(format!("no object is {wanted}")).of_absence());
    };
    if let Some(second) = found.next() {
        let related = |resource: &Resource| RelatedOrigin {
            place: super::resource::place_of(resource),
            what: resource.trace().what,
            note: "is one of them",
        };
        return Err(fault(format!("several objects are {wanted}"))
            .help("name kind, name and namespace, so that one is left")
            .near(related(object))
            .near(related(second)));
    }
    let path = source.field_path.as_ref().map_or(NAME, |path| {
        if path.text.is_empty() {
            NAME
        } else {
            &path.text
        }
    });
    let place = source
        .field_path
        .as_ref()
        .map_or(source.trace.place, |path| path.trace.place);
    let missing = |reason: String| {
        Problem::new(
            ProblemKind::BadReplacement,
            place,
            format!("{} has no field {path}{reason}", object.identity()),
        )
    };
    let node = paths::lookup(object.node(), &paths::split(path))
        .map_err(|reason| missing(format!(": {reason}")))?
        .filter(|node| !node.is_empty())
        .ok_or_else(|| missing(String::new()))?;
    let Some(options) = source
        .options
        .as_ref()
        .filter(|options| !options.delimiter.is_empty())
    else {
        return Ok(node.clone());
    };
    let Some(scalar) = node.as_scalar() else {
        return Err(fault(format!(
            "a delimiter parts scalars, and {path} is {}",
            node.type_name()
        )));
    };
    let parts: Vec<&str> = scalar.text.split(options.delimiter.as_str()).collect();
    let part = usize::try_from(options.index)
        .ok()
        .and_then(|index| parts.get(index));
    let Some(part) = part else {
        return Err(fault(format!(
            "`{}` has {} parts, so there is no index {}",
            scalar.text,
            parts.len(),
            options.index
        )));
    };
    let part = Scalar {
        text: EcoString::from(*part),
        ..scalar.clone()
    };
    Ok(Node::scalar(part, node.trace.inexact()))
}

fn describe(gvk: &Gvk, name: &str, namespace: &str) -> String {
    let mut parts = Vec::new();
    for (word, text) in [
        ("group", gvk.group.as_str()),
        ("version", &gvk.version),
        ("kind", &gvk.kind),
        ("name", name),
        ("namespace", namespace),
    ] {
        if !text.is_empty() {
            parts.push(format!("of {word} `{text}`"));
        }
    }
    parts.join(", ")
}

/// Writes the value into a target's fields.
fn write(target: &Target, value: &Node, objects: &mut Objects, entry: &Trace) -> Result<()> {
    let Some(select) = &target.select else {
        return Err(Problem::new(
            ProblemKind::BadReplacement,
            target.trace.place,
            "a target needs `select`",
        ));
    };
    let selector = Selector::new(select)?;
    let reject: Vec<_> = target
        .reject
        .iter()
        .map(|reject| Ok((reject, Selector::new(reject)?)))
        .collect::<Result<_>>()?;
    let mut renamed = false;
    for index in 0..objects.len() {
        let Some(resource) = objects.get_mut(index) else {
            break;
        };
        if !selector.matches_metadata(resource)? {
            continue;
        }
        let mut rejected = false;
        for (entry, selector) in &reject {
            let by_metadata = !entry.labels.is_empty() || !entry.annotations.is_empty();
            rejected |= by_metadata && selector.matches_metadata(resource)?;
        }
        let mut ids = vec![resource.identity()];
        ids.extend(resource.former());
        rejected |= reject.iter().any(|(entry, selector)| {
            !entry.is_empty_identity() && ids.iter().any(|id| selector.matches_identity(id))
        });
        if rejected || !ids.iter().any(|id| selector.matches_identity(id)) {
            continue;
        }
        renamed = true;
        copy(target, value, resource, entry)?;
    }
    if renamed {
        objects.renamed();
    }
    Ok(())
}

fn copy(target: &Target, value: &Node, resource: &mut Resource, entry: &Trace) -> Result<()> {
    let default = [super::file::Text {
        text: NAME.into(),
        trace: target.trace.clone(),
    }];
    let paths = if target.field_paths.is_empty() {
        &default[..]
    } else {
        &target.field_paths[..]
    };
    let options = target.options.as_ref();
    for path in paths {
        let who = resource.identity();
        let parts = paths::split(&path.text);
        let setter = Setter {
            options,
            value,
            path: &path.trace,
        };
        if structured::write(resource.node_mut(), &parts, &setter) {
            continue;
        }
        let create = options
            .is_some_and(|options| options.create)
            .then(|| Kind::of(value));
        let fault = |reason: String| {
            Problem::new(
                ProblemKind::BadReplacement,
                path.trace.place,
                format!("{who} has no field {}{reason}", path.text),
            )
            .near(RelatedOrigin {
                place: entry.place,
                what: entry.what,
                note: "is the replacement",
            })
        };
        let root = resource.node_mut();
        let found = paths::find(root, &parts, create, &path.trace)
            .map_err(|reason| fault(format!(": {reason}")))?;
        if found.ways.is_empty() && found.in_texts == 0 {
            let problem = fault(String::new());
            return Err(if create.is_none() {
                problem.help("`options: {create: true}` makes it")
            } else {
                problem
            });
        }
        for way in &found.ways {
            if let Some(node) = paths::follow(root, way) {
                setter.set(node).map_err(|reason| {
                    Problem::new(ProblemKind::BadReplacement, path.trace.place, reason)
                })?;
            }
        }
        if root.size() > super::MOST_NODES {
            return Err(Problem::new(
                ProblemKind::TooLarge,
                path.trace.place,
                format!("{who} becomes too large"),
            ));
        }
    }
    Ok(())
}

/// Writes a value, or a part of one.
pub(super) struct Setter<'s> {
    options: Option<&'s FieldOptions>,
    value: &'s Node,
    path: &'s Trace,
}

impl Setter<'_> {
    /// What is made where the field isn't there.
    pub(super) fn create(&self) -> Option<Kind> {
        let creates = self.options.is_some_and(|options| options.create);
        creates.then(|| Kind::of(self.value))
    }

    pub(super) fn maker(&self) -> &Trace {
        self.path
    }

    /// Where the value comes from, for what is written into a part of a text.
    pub(super) fn relate(&self, trace: &Trace) -> Trace {
        trace
            .inexact()
            .with_trace(&self.value.trace, "is copied into it")
            .with(self.path.place, self.path.what, "says where it goes")
    }

    pub(super) fn set(&self, node: &mut Node) -> std::result::Result<(), String> {
        let text = self.value.text().cloned().unwrap_or_default();
        let delimiter = self
            .options
            .map_or("", |options| options.delimiter.as_str());
        let Value::Scalar(old) = &mut node.value else {
            if !delimiter.is_empty() {
                return Err("a delimiter parts scalars, and the field is none".to_owned());
            }
            let was = node.trace.clone();
            *node = self.value.clone();
            node.trace = self.trace(&was);
            return Ok(());
        };
        if delimiter.is_empty() {
            old.text = text;
            node.trace = self.trace(&node.trace.clone());
            return Ok(());
        }
        let mut parts: Vec<&str> = old.text.split(delimiter).collect();
        let index = self.options.map_or(0, |options| options.index);
        match usize::try_from(index) {
            Err(_) => parts.insert(0, &text),
            Ok(index) => match parts.get_mut(index) {
                Some(part) => *part = &text,
                None => parts.push(&text),
            },
        }
        let joined = parts.join(delimiter);
        if joined.len() > super::MOST_TEXT {
            return Err("the text becomes too large".to_owned());
        }
        old.text = joined.into();
        node.trace = self.relate(&node.trace);
        Ok(())
    }

    fn trace(&self, was: &Trace) -> Trace {
        let mut trace =
            self.value
                .trace
                .inexact()
                .with(self.path.place, self.path.what, "says where it goes");
        if was.place != self.path.place {
            trace = trace.with_trace(was, "was here before");
        }
        trace
    }
}
