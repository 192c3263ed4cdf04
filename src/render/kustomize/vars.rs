//! Variables: `$(NAME)` in some fields, replaced by a field of an object.

use ecow::EcoString;
use rustc_hash::FxHashMap;

use super::super::RelatedOrigin;
use super::super::value::{Meaning, Node, Scalar, Style, Tag, Trace, Value};
use super::fieldspec::{FieldSpec, Make, for_each_field, split_path, visit};
use super::file::Variable;
use super::identity::{Gvk, Identity};
use super::objects::Objects;
use super::paths;
use super::problem::{Problem, ProblemKind, Report, Result};

/// Notes on the object of a variable that it is read from it.
pub(super) fn bind(variable: &Variable, objects: &mut Objects) -> Result<()> {
    let (Some(name), Some(object)) = (&variable.name, &variable.object) else {
        return Ok(());
    };
    let mut gvk = Gvk {
        group: object.group.clone(),
        version: object.version.clone(),
        kind: object.kind.clone(),
    };
    if !object.api_version.is_empty() {
        let parsed = Gvk::of(&object.api_version, "");
        if !parsed.group.is_empty() {
            gvk.group = parsed.group;
        }
        gvk.version = parsed.version;
    }
    let wanted = Identity {
        gvk,
        name: object.name.clone(),
        namespace: object.namespace.clone(),
    };
    let exactly = !wanted.namespace.is_empty() || wanted.gvk.is_cluster_scoped();
    let fits = |identity: &Identity| {
        identity.name == wanted.name
            && identity.gvk.is_selected_by(&wanted.gvk)
            && (!exactly || identity.effective_namespace() == wanted.effective_namespace())
    };
    let mut found = objects.named(&wanted.name);
    found.retain(|index| {
        objects.list().get(*index).is_some_and(|resource| {
            fits(&resource.identity()) || resource.former().any(|former| fits(&former))
        })
    });
    if let [first, second, ..] = found.as_slice() {
        let mut problem = Problem::new(
            ProblemKind::BadVariable,
            variable.trace.place,
            format!("variable `{}` may mean several objects {wanted}", name.text),
        )
        .help("give `objref.namespace`");
        for index in [first, second] {
            if let Some(resource) = objects.list().get(*index) {
                problem = problem.near(RelatedOrigin {
                    place: super::resource::place_of(resource),
                    what: resource.trace().what,
                    note: "may be meant",
                });
            }
        }
        return Err(problem);
    }
    if let Some(resource) = found.first().and_then(|index| objects.get_mut(*index)) {
        resource.variables.push(name.text.clone());
    }
    Ok(())
}

/// The value of a variable: a scalar, or what can't be put into a text.
type Values = FxHashMap<EcoString, (Option<Scalar>, Trace, Trace)>;

/// Replaces the variables in the fields of all objects.
pub(super) fn resolve(
    variables: &[Variable],
    fields: &[FieldSpec],
    objects: &mut Objects,
    report: Report<'_>,
) -> Result<()> {
    if variables.is_empty() {
        return Ok(());
    }
    let mut values = Values::default();
    for variable in variables {
        match read(variable, objects) {
            Ok((name, value, trace)) => {
                values.insert(name, (value, trace, variable.trace.clone()));
            }
            Err(problem) => report(problem)?,
        }
    }
    for index in 0..objects.len() {
        for spec in fields {
            let Some(resource) = objects.get_mut(index) else {
                break;
            };
            let path = split_path(&spec.path, '/');
            let mut concerned = false;
            if resource.gvk().is_selected_by(&spec.gvk) {
                visit(resource.node(), &path, &mut |node| concerned |= holds(node));
            }
            if !concerned {
                continue;
            }
            let maker = resource.trace().clone();
            let outcome = for_each_field(resource, spec, Make::Nothing, &maker, &mut |node| {
                replace(node, &values)
            });
            if let Err(problem) = outcome {
                report(problem)?;
            }
        }
    }
    Ok(())
}

fn read(variable: &Variable, objects: &Objects) -> Result<(EcoString, Option<Scalar>, Trace)> {
    let name = variable
        .name
        .as_ref()
        .map(|name| name.text.clone())
        .unwrap_or_default();
    let fault =
        |message: String| Problem::new(ProblemKind::BadVariable, variable.trace.place, message);
    let object = objects
        .list()
        .iter()
        .find(|resource| resource.variables.contains(&name))
        .ok_or_else(|| {
            fault(format!("no object is what variable `{name}` reads from")).of_absence()
        })?;
    let path = variable
        .field
        .as_ref()
        .map_or("", |field| field.path.as_str());
    let path = if path.is_empty() {
        "metadata.name"
    } else {
        path
    };
    let parts: Vec<EcoString> = paths::split(path).iter().flat_map(indexed).collect();
    let node = paths::lookup(object.node(), &parts)
        .ok()
        .flatten()
        .ok_or_else(|| {
            fault(format!(
                "{} has no field {path}, from which variable `{name}` reads",
                object.identity()
            ))
        })?;
    let value = node.as_scalar().map(|scalar| match scalar.meaning() {
        Meaning::Int(_) | Meaning::Float(_) | Meaning::Bool(_) => {
            scalar.through_json().unwrap_or_else(|| scalar.clone())
        }
        _ => Scalar::string(scalar.text.clone()),
    });
    Ok((name, value, node.trace.clone()))
}

/// `ports[0]` is `ports` and `0`.
fn indexed(part: &EcoString) -> Vec<EcoString> {
    let found = part
        .strip_suffix(']')
        .and_then(|rest| rest.rsplit_once('['))
        .filter(|(_, index)| !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit()));
    match found {
        Some(("", index)) => vec![index.into()],
        Some((name, index)) => vec![name.into(), index.into()],
        None => vec![part.clone()],
    }
}

fn holds(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(scalar) => scalar.text.contains('$'),
        Value::Map(map) => map
            .iter()
            .any(|entry| entry.value.text().is_some_and(|text| text.contains('$'))),
        Value::List(list) => {
            let odd = |item: &Node| {
                !is_string(item) || item.text().is_some_and(|text| text.contains('$'))
            };
            list.iter().any(odd)
        }
    }
}

fn is_string(node: &Node) -> bool {
    node.as_scalar().is_some_and(|scalar| {
        scalar.tag == Tag::Str
            || matches!(scalar.meaning(), Meaning::Str(_)) && scalar.tag == Tag::Implicit
    })
}

fn replace(node: &mut Node, values: &Values) -> Result<()> {
    match &mut node.value {
        Value::Scalar(_) => {
            if is_string(node) {
                write(node, values)?;
            }
            Ok(())
        }
        Value::Map(map) => map
            .iter_mut()
            .filter(|entry| is_string(&entry.value))
            .try_for_each(|entry| write(&mut entry.value, values)),
        Value::List(list) => list.iter_mut().try_for_each(|item| {
            if !is_string(item) {
                return Err(Problem::new(
                    ProblemKind::BadVariable,
                    item.trace.place,
                    format!("variables go to strings, and this is {}", item.type_name()),
                ));
            }
            write(item, values)
        }),
    }
}

fn write(node: &mut Node, values: &Values) -> Result<()> {
    let Some(text) = node.text().filter(|text| text.contains('$')).cloned() else {
        return Ok(());
    };
    let (scalar, used) = expand(&text, values);
    if scalar.text.len() > super::MOST_TEXT {
        return Err(Problem::new(
            ProblemKind::TooLarge,
            node.trace.place,
            "the text becomes too large",
        ));
    }
    if scalar.text == text && used.is_empty() {
        return Ok(());
    }
    let trace = used
        .iter()
        .fold(node.trace.inexact(), |trace, (source, entry)| {
            trace.with_trace(source, "is the value").with(
                entry.place,
                entry.what,
                "is the variable",
            )
        });
    *node = Node::scalar(scalar, trace);
    Ok(())
}

/// Replaces what is known; `$$` is `$`.
fn expand<'v>(text: &str, values: &'v Values) -> (Scalar, Vec<(&'v Trace, &'v Trace)>) {
    let mut out = EcoString::new();
    let mut used = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        let after = after.get(1..).unwrap_or_default();
        out.push_str(before);
        match after.chars().next() {
            None => {
                out.push('$');
                rest = "";
            }
            Some('$') => {
                out.push('$');
                rest = after.get(1..).unwrap_or_default();
            }
            Some('(') => {
                let Some((name, tail)) = after.split_once(')') else {
                    out.push_str("$(");
                    rest = after.get(1..).unwrap_or_default();
                    continue;
                };
                let name = name.get(1..).unwrap_or_default();
                rest = tail;
                if let Some((Some(value), source, entry)) = values.get(name) {
                    used.push((source, entry));
                    if text.len() == name.len() + 3 {
                        let value = Scalar {
                            style: Style::Plain,
                            ..value.clone()
                        };
                        return (value, used);
                    }
                    out.push_str(&value.text);
                } else {
                    out.push_str("$(");
                    out.push_str(name);
                    out.push(')');
                }
            }
            Some(_) => {
                out.push('$');
                rest = after;
                // What follows is taken as it is, another `$` too.
                if let Some(c) = rest.chars().next() {
                    out.push(c);
                    rest = rest.get(c.len_utf8()..).unwrap_or_default();
                }
            }
        }
    }
    out.push_str(rest);
    (Scalar::string(out), used)
}
