//! The generators of `ApplicationSets` that the repository decides.

use ecow::EcoString;
use globset::GlobBuilder;

use super::cluster::{self, LOCAL_NAME, LOCAL_SERVER};
use super::parameters::{Parameters, normalized, shown};
use super::set::Templates;
use crate::render::gitops::Following;
use crate::render::value::{Node, Reader, Reads, Scalar, Trace, Value, read_inside};
use crate::render::{EntryKind, Place, What, join};
use crate::yaml::Tree;

/// Applications that one set makes at most.
const MOST: usize = 10_000;
/// Generators inside of generators.
const DEEPEST: usize = 4;

/// What a generator gives.
#[derive(Debug, Default)]
pub(super) struct Generated {
    /// The parameters of each Application, with the generator's own template over the set's.
    pub(super) sets: Vec<(Parameters, Option<Node>)>,
    /// What can't be known: in words, and where it stands.
    pub(super) unknown: Vec<(String, Place)>,
}

/// Generates the parameters of one entry of `spec.generators`.
pub(super) fn generate(
    following: &Following<'_>,
    generator: &Node,
    templates: &Templates<'_>,
    outer: Option<&Parameters>,
    depth: usize,
) -> Generated {
    let mut out = Generated::default();
    let Some(map) = generator.as_map().filter(|_| depth < DEEPEST) else {
        return out;
    };
    let selector = generator.get("selector");
    for entry in map {
        let kind = entry.key.text.as_str();
        if kind == "selector" || entry.value.is_null() {
            continue;
        }
        // An inner generator of a matrix sees the parameters of the one before it.
        let body = match outer {
            Some(outer) => match templates.tree(&entry.value, outer) {
                Ok(body) => body,
                Err(message) => {
                    out.unknown.push((message, entry.key.trace.place));
                    continue;
                }
            },
            None => entry.value.clone(),
        };
        let mut made = match kind {
            "list" => list(&body),
            "clusters" => clusters(following, &body, templates),
            "git" => git(following, &body, templates),
            "matrix" => matrix(following, &body, templates, depth),
            "merge" => merge(following, &body, templates, depth),
            other => Generated {
                unknown: vec![(format!("generator {other}"), entry.key.trace.place)],
                ..Generated::default()
            },
        };
        let template = body.get("template").filter(|node| !node.is_empty());
        for (_, own) in &mut made.sets {
            if own.is_none() {
                *own = template.cloned();
            }
        }
        out.sets.extend(made.sets);
        out.unknown.extend(made.unknown);
    }
    if let Some(selector) = selector {
        out.sets.retain(|(parameters, _)| {
            let flat = parameters.flat();
            selects(selector, |key| flat.get(key).map(String::as_str))
        });
    }
    out.sets.truncate(MOST);
    out
}

fn list(body: &Node) -> Generated {
    let mut elements: Vec<Node> = body
        .get("elements")
        .and_then(Node::as_list)
        .unwrap_or_default()
        .to_vec();
    if let Some(text) = body.get("elementsYaml").and_then(Node::text)
        && let Some(tree) = read_inside(text, &body.trace)
    {
        elements.extend(tree.as_list().unwrap_or_default().to_vec());
    }
    let sets = elements.iter().filter_map(|element| {
        let mut parameters = Parameters::new(&element.trace);
        parameters.extend(element.as_map()?);
        Some((parameters, None))
    });
    Generated {
        sets: sets.collect(),
        ..Generated::default()
    }
}

/// Adds `values` of a generator, which may use its parameters.
fn add_values(parameters: &mut Parameters, body: &Node, templates: &Templates<'_>) {
    let Some(values) = body.get("values").and_then(Node::as_map) else {
        return;
    };
    for entry in values {
        let value = templates
            .tree(&entry.value, parameters)
            .unwrap_or_else(|_| entry.value.clone());
        parameters.set(&["values", &entry.key.text], value);
    }
}

fn clusters(following: &Following<'_>, body: &Node, templates: &Templates<'_>) -> Generated {
    let selector = body.get("selector").filter(|node| !node.is_empty());
    let mut sets = Vec::new();
    let trace = body.trace.inexact();
    let known = cluster::known(following);
    let has_local = known
        .iter()
        .any(|known| known.server.as_str() == LOCAL_SERVER);
    if selector.is_none() && !has_local {
        let mut parameters = Parameters::new(&trace);
        for (path, value) in [
            ("name", LOCAL_NAME),
            ("nameNormalized", LOCAL_NAME),
            ("server", LOCAL_SERVER),
            ("project", ""),
        ] {
            parameters.text(&[path], value, &trace);
        }
        sets.push((parameters, None));
    }
    let is_any_known = !known.is_empty();
    for known in known {
        let secret = known.secret.node();
        let label = |key: &str| {
            let text = secret.at(&["metadata", "labels", key]).and_then(Node::text);
            text.map(EcoString::as_str)
        };
        if selector.is_some_and(|selector| !selects(selector, label)) {
            continue;
        }
        let mut parameters = Parameters::new(&trace);
        let own = Trace::new(known.secret.place(), What::ApplicationSet);
        parameters.text(&["name"], &known.name, &own);
        parameters.text(&["nameNormalized"], &normalized(&known.name), &own);
        parameters.text(&["server"], &known.server, &own);
        parameters.text(&["project"], "", &own);
        for field in ["labels", "annotations"] {
            if let Some(node) = secret.at(&["metadata", field]) {
                parameters.set(&["metadata", field], node.clone());
            }
        }
        sets.push((parameters, None));
    }
    let mut unknown = Vec::new();
    if sets.is_empty() && !is_any_known {
        // Clusters that the repository doesn't tell of: their parameters stay placeholders.
        let mut parameters = Parameters::new(&trace);
        for name in ["name", "nameNormalized", "server"] {
            parameters.text(&[name], &format!("{{{{{name}}}}}"), &trace);
        }
        sets.push((parameters, None));
        unknown.push(("generator clusters".to_owned(), trace.place));
    }
    for (parameters, _) in &mut sets {
        add_values(parameters, body, templates);
    }
    Generated { sets, unknown }
}

fn git(following: &Following<'_>, body: &Node, templates: &Templates<'_>) -> Generated {
    let mut out = Generated::default();
    let address = body
        .get("repoURL")
        .and_then(Node::text)
        .map_or("", EcoString::as_str);
    if !following.gitops.addresses.are(address) {
        let place = body.get("repoURL").unwrap_or(body).trace.place;
        out.unknown.push((format!("repository {address}"), place));
        return out;
    }
    let prefix = body
        .get("pathParamPrefix")
        .and_then(Node::text)
        .filter(|text| !text.is_empty())
        .map(EcoString::as_str);
    if let Some(directories) = body.get("directories").and_then(Node::as_list) {
        for (folder, trace) in folders(following, directories) {
            let mut parameters = Parameters::new(&trace);
            add_path(&mut parameters, &folder, prefix, &trace, templates.go);
            add_values(&mut parameters, body, templates);
            out.sets.push((parameters, None));
        }
    }
    if let Some(files) = body.get("files").and_then(Node::as_list) {
        git_files(following, files, body, prefix, templates, &mut out);
    }
    out
}

/// Entries of the repository that patterns match, hidden ones apart, in order.
fn matched(
    following: &Following<'_>,
    patterns: &[Node],
    wanted: EntryKind,
) -> Vec<(String, Trace)> {
    let compiled: Vec<_> = patterns
        .iter()
        .filter_map(|pattern| {
            let text = pattern.get("path").and_then(Node::text)?;
            let text = text
                .trim_start_matches("./")
                .trim_start_matches('/')
                .trim_end_matches('/');
            let glob = GlobBuilder::new(text)
                .literal_separator(true)
                .build()
                .ok()?;
            let excludes = crate::render::flux::is_true(pattern.get("exclude"));
            Some((glob.compile_matcher(), excludes, pattern.trace.clone()))
        })
        .collect();
    let files = following.gitops.sources.files();
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    let mut seen = 0;
    while let Some(folder) = open.pop() {
        for entry in files.entries(&folder) {
            seen += 1;
            if entry.name.starts_with('.') || seen > 1_000_000 {
                continue;
            }
            let Some(path) = join(&folder, &entry.name) else {
                continue;
            };
            if entry.kind == wanted {
                let includes = compiled
                    .iter()
                    .find(|(glob, excludes, _)| !excludes && glob.is_match(&path));
                let is_excluded = compiled
                    .iter()
                    .any(|(glob, excludes, _)| *excludes && glob.is_match(&path));
                if let Some((_, _, trace)) = includes.filter(|_| !is_excluded) {
                    found.push((path.clone(), trace.inexact()));
                }
            }
            if entry.kind == EntryKind::Folder {
                open.push(path);
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

fn folders(following: &Following<'_>, patterns: &[Node]) -> Vec<(String, Trace)> {
    matched(following, patterns, EntryKind::Folder)
}

/// Adds `path` and what belongs to it.
fn add_path(
    parameters: &mut Parameters,
    folder: &str,
    prefix: Option<&str>,
    trace: &Trace,
    go: bool,
) {
    let segments: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let base = segments.last().copied().unwrap_or_default();
    let mut path = Parameters::new(trace);
    path.text(&["basename"], base, trace);
    path.text(&["basenameNormalized"], &normalized(base), trace);
    let word = |text: &str| Node::scalar(Scalar::string(text), trace.clone());
    if go {
        path.text(&["path"], folder, trace);
        let list = segments.iter().map(|part| word(part)).collect();
        path.set(&["segments"], Node::new(Value::List(list), trace.clone()));
    }
    let at = |key: &str| match prefix {
        Some(prefix) => format!("{prefix}.{key}"),
        None => key.to_owned(),
    };
    if go {
        match prefix {
            Some(prefix) => parameters.set(&[prefix, "path"], path.tree),
            None => parameters.set(&["path"], path.tree),
        }
        return;
    }
    parameters.text(&[&at("path")], folder, trace);
    parameters.text(&[&at("path.basename")], base, trace);
    parameters.text(&[&at("path.basenameNormalized")], &normalized(base), trace);
    for (index, part) in segments.iter().enumerate() {
        parameters.text(&[&format!("{}[{index}]", at("path"))], part, trace);
    }
}

fn git_files(
    following: &Following<'_>,
    patterns: &[Node],
    body: &Node,
    prefix: Option<&str>,
    templates: &Templates<'_>,
    out: &mut Generated,
) {
    let sources = following.gitops.sources;
    for (path, trace) in matched(following, patterns, EntryKind::File) {
        let Some(source) = sources.open(&path) else {
            continue;
        };
        let text = sources.text(source);
        let tree = Tree::parse(&text);
        let reader = Reader {
            source,
            text: &text,
            what: What::ApplicationSet,
            reads: Reads::Kubernetes,
            inline: None,
        };
        let Some(root) = tree.documents().first().and_then(|first| tree.root(first)) else {
            continue;
        };
        let content = reader.read(root);
        let items: Vec<&Node> = match content.as_list() {
            Some(list) => list.iter().collect(),
            None => vec![&content],
        };
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        for item in items {
            let mut parameters = Parameters::new(&trace);
            if let Some(map) = item.as_map() {
                parameters.extend(map);
            }
            add_path(&mut parameters, folder, prefix, &trace, templates.go);
            let key = |name: &str| match prefix {
                Some(prefix) => format!("{prefix}.path.{name}"),
                None => format!("path.{name}"),
            };
            for (field, value) in [
                ("filename", name.to_owned()),
                ("filenameNormalized", normalized(name)),
            ] {
                match (templates.go, prefix) {
                    (true, Some(prefix)) => {
                        parameters.text(&[prefix, "path", field], &value, &trace);
                    }
                    (true, None) => parameters.text(&["path", field], &value, &trace),
                    (false, _) => parameters.text(&[&key(field)], &value, &trace),
                }
            }
            add_values(&mut parameters, body, templates);
            out.sets.push((parameters, None));
        }
    }
}

fn matrix(
    following: &Following<'_>,
    body: &Node,
    templates: &Templates<'_>,
    depth: usize,
) -> Generated {
    let mut out = Generated::default();
    let generators = body
        .get("generators")
        .and_then(Node::as_list)
        .unwrap_or_default();
    let [first, second] = generators else {
        out.unknown
            .push(("generator matrix".to_owned(), body.trace.place));
        return out;
    };
    let outer = generate(following, first, templates, None, depth + 1);
    out.unknown.extend(outer.unknown);
    for (parameters, _) in outer.sets {
        let inner = generate(following, second, templates, Some(&parameters), depth + 1);
        out.unknown.extend(inner.unknown);
        for (own, _) in inner.sets {
            let mut both = parameters.clone();
            if let Some(map) = own.tree.as_map() {
                both.extend(map);
            }
            out.sets.push((both, None));
            if out.sets.len() >= MOST {
                return out;
            }
        }
    }
    out.unknown.dedup();
    out
}

fn merge(
    following: &Following<'_>,
    body: &Node,
    templates: &Templates<'_>,
    depth: usize,
) -> Generated {
    let mut out = Generated::default();
    let keys: Vec<String> = body
        .get("mergeKeys")
        .and_then(Node::as_list)
        .into_iter()
        .flatten()
        .filter_map(|key| key.text().map(ToString::to_string))
        .collect();
    let key_of = |parameters: &Parameters| {
        let flat = parameters.flat();
        let values: Option<Vec<String>> = keys.iter().map(|key| flat.get(key).cloned()).collect();
        values
    };
    let mut generators = body
        .get("generators")
        .and_then(Node::as_list)
        .unwrap_or_default()
        .iter();
    if let Some(base) = generators.next() {
        let base = generate(following, base, templates, None, depth + 1);
        out.sets = base.sets;
        out.unknown = base.unknown;
    }
    let keyed: Vec<_> = out
        .sets
        .iter()
        .map(|(parameters, _)| key_of(parameters))
        .collect();
    for generator in generators {
        let over = generate(following, generator, templates, None, depth + 1);
        out.unknown.extend(over.unknown);
        let by_key: rustc_hash::FxHashMap<Vec<String>, Parameters> = over
            .sets
            .into_iter()
            .filter_map(|(parameters, _)| Some((key_of(&parameters)?, parameters)))
            .collect();
        for ((own, _), key) in out.sets.iter_mut().zip(&keyed) {
            if let Some(other) = key.as_ref().and_then(|key| by_key.get(key))
                && let Some(map) = other.tree.as_map()
            {
                own.extend(map);
            }
        }
    }
    out
}

/// Whether a label selector holds.
pub(super) fn selects<'l>(selector: &Node, label: impl Fn(&str) -> Option<&'l str>) -> bool {
    let pairs = selector.get("matchLabels").and_then(Node::as_map);
    let equal = pairs.into_iter().flatten().all(|entry| {
        let wanted = entry.value.as_scalar().map(shown);
        label(&entry.key.text) == wanted.as_deref()
    });
    let expressions = selector.get("matchExpressions").and_then(Node::as_list);
    equal
        && expressions.into_iter().flatten().all(|expression| {
            let text = |key: &str| {
                expression
                    .get(key)
                    .and_then(Node::text)
                    .map_or("", EcoString::as_str)
            };
            let found = label(text("key"));
            let values = expression
                .get("values")
                .and_then(Node::as_list)
                .unwrap_or_default();
            let is_in = found.is_some_and(|found| {
                values
                    .iter()
                    .any(|value| value.as_scalar().map(shown).as_deref() == Some(found))
            });
            match text("operator") {
                "In" => is_in,
                "NotIn" => !is_in,
                "Exists" => found.is_some(),
                "DoesNotExist" => found.is_none(),
                _ => false,
            }
        })
}
