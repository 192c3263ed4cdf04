//! Every place that is reported is the exact token: cut out of the file, it is the value or the
//! key that the finding's path names.
//!
//! The inputs are the test meshes, the conformance cases and the examples of the rule book. The paths
//! are walked over an independent reading of the YAML; what that reader refuses is skipped, and
//! counted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::path::{Path, PathBuf};

use meshlint::diagnostics::{Location, ObjectRef};
use meshlint::engine::{Options, check_text};
use rayon::prelude::*;
use serde_yaml::Value;

#[test]
fn every_location_is_the_token_that_its_path_names() {
    let results: Vec<Checked> = inputs()
        .par_iter()
        .map(|(name, text)| check_one(name, text))
        .collect();
    let checked: usize = results.iter().map(|result| result.places).sum();
    let skipped: usize = results.iter().map(|result| result.skipped).sum();
    let mut failures: Vec<String> = results
        .into_iter()
        .flat_map(|result| result.failures)
        .collect();
    println!("{checked} places, {skipped} of them skipped: their documents cannot be read twice");
    assert!(checked > 10_000, "only {checked} places");
    assert!(
        skipped * 50 < checked,
        "{skipped} of {checked} places were skipped"
    );
    failures.sort();
    failures.dedup();
    assert!(
        failures.is_empty(),
        "{} of {checked}:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// The places that the findings of a text name.
#[derive(Default)]
struct Checked {
    /// How many there are.
    places: usize,
    /// How many could not be judged.
    skipped: usize,
    /// Those that are wrong.
    failures: Vec<String>,
}

fn check_one(name: &str, text: &str) -> Checked {
    let mut result = Checked::default();
    let objects = objects(text);
    for upstream in [false, true] {
        let report = check_text(
            name,
            text,
            &Options {
                upstream,
                ..Options::default()
            },
        );
        for finding in &report.findings {
            let code = finding.rule.code;
            let path = finding.points_at.as_ref().unwrap_or(&finding.path);
            let own = finding
                .object
                .iter()
                .map(|object| (object, path, finding.location));
            let related = finding
                .related
                .iter()
                .map(|r| (&r.object, &r.path, r.location));
            for (object, path, location) in own.chain(related) {
                let path = &*path.to_string();
                result.places += 1;
                let Some(location) = location else {
                    result
                        .failures
                        .push(format!("{name}: {code} at {path:?}: no location"));
                    continue;
                };
                let text = &report.files[location.file as usize].text;
                match judge(code, object, path, location, text, &objects) {
                    Ok(Judged::Right) => {}
                    Ok(Judged::Skipped) => result.skipped += 1,
                    Err(why) => {
                        let line = location.start.line;
                        let failure = format!("{name}:{line}: {code} at {path:?}: {why}");
                        result.failures.push(failure);
                    }
                }
            }
        }
    }
    result
}

/// What became of a place.
enum Judged {
    Right,
    /// The independent reader refuses the document (a key given twice, say).
    Skipped,
}

/// Says what is wrong with a place that is said to be that of `path` in `object`.
fn judge(
    code: &str,
    object: &ObjectRef,
    path: &str,
    location: Location,
    text: &str,
    objects: &[Value],
) -> Result<Judged, String> {
    for position in [location.start, location.end] {
        let before = &text[..position.offset as usize];
        let line = u32::try_from(before.matches('\n').count()).unwrap() + 1;
        let column =
            u32::try_from(before.rsplit('\n').next().unwrap().chars().count()).unwrap() + 1;
        if (line, column) != (position.line, position.column) {
            return Err(format!("{position:?} is line {line}, column {column}"));
        }
    }
    let cut = &text[location.start.offset as usize..location.end.offset as usize];
    let candidates: Vec<&Value> = objects
        .iter()
        .filter(|value| {
            let name = value
                .get("metadata")
                .and_then(|m| m.get("name").or_else(|| m.get("generateName")));
            value.get("kind").and_then(Value::as_str) == Some(&object.kind)
                && name.map_or("", |n| n.as_str().unwrap_or_default()) == object.name
        })
        .collect();
    if candidates.is_empty() {
        return Ok(Judged::Skipped);
    }
    let mut expected = Vec::new();
    for candidate in candidates {
        expected = tokens(candidate, path, code);
        if expected.iter().any(|token| is(cut, token)) {
            return Ok(Judged::Right);
        }
    }
    Err(format!("is {cut:?}, expected one of {expected:?}"))
}

/// Whether a piece of text is this key or value.
fn is(cut: &str, token: &Value) -> bool {
    if cut.starts_with('*') {
        return true; // an alias stands for its value
    }
    let parsed: Option<Value> = serde_yaml::from_str(cut).ok();
    parsed.as_ref() == Some(token) || token.as_str() == Some(cut)
}

/// The tokens that a path may be shown at: its value; the key of a block; the first token of an
/// item; of what is missing the key of its nearest parent; of an object as a whole its name.
fn tokens(root: &Value, path: &str, code: &str) -> Vec<Value> {
    let name = root
        .get("metadata")
        .and_then(|m| m.get("name"))
        .or_else(|| root.get("kind"));
    let mut key = None;
    let mut item = None;
    let mut at = root;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix('[') {
            let (index, tail) = tail.split_once(']').unwrap();
            let Some(next) = at
                .as_sequence()
                .and_then(|s| s.get(index.parse::<usize>().unwrap()))
            else {
                break;
            };
            (at, item) = (next, Some(next));
            rest = tail.strip_prefix('/').unwrap_or(tail);
            continue;
        }
        // A path may lead on into a document inside a block scalar: `data/mesh/trustDomain`.
        let embedded = at.as_str().and_then(|text| serde_yaml::from_str(text).ok());
        let at_document = embedded.map_or(at, |document| &*Box::leak(Box::new(document)));
        let Some(map) = at_document.as_mapping() else {
            break;
        };
        let found = map
            .iter()
            .filter_map(|(k, v)| {
                let text = match k {
                    Value::String(s) => s.clone(),
                    other => serde_yaml::to_string(other).unwrap().trim().to_owned(),
                };
                let spelled = if rest.starts_with(&text) {
                    text.clone()
                } else {
                    camel(&text)
                };
                let tail = rest.strip_prefix(&spelled)?;
                (tail.is_empty() || tail.starts_with(['/', '['])).then_some((
                    spelled.len(),
                    k,
                    v,
                    tail,
                ))
            })
            .max_by_key(|(length, ..)| *length);
        let Some((_, k, v, tail)) = found else { break };
        (at, key, item) = (v, Some(k), None);
        rest = tail.strip_prefix('/').unwrap_or(tail);
    }
    // The printed path of an entry with an empty key ends with a slash.
    if path.ends_with('/')
        && let Some((k, v)) = at
            .as_mapping()
            .and_then(|map| map.iter().find(|(k, _)| k.as_str() == Some("")))
    {
        (at, key, item) = (v, Some(k), None);
    }
    let mut tokens: Vec<Value> = Vec::new();
    if rest.is_empty() && !path.is_empty() {
        tokens.push(at.clone());
    }
    tokens.extend(item.into_iter().flat_map(first_tokens));
    tokens.extend(key.filter(|_| item.is_none()).cloned());
    if key.is_none() || (!rest.is_empty() && code.starts_with("MESH0002")) {
        tokens.extend(name.cloned());
    }
    tokens
}

/// What may stand first in an item of a list.
fn first_tokens(item: &Value) -> Vec<Value> {
    match item {
        Value::Mapping(map) => map
            .iter()
            .take(1)
            .map(|(k, _)| k.clone())
            .chain([item.clone()])
            .collect(),
        Value::Sequence(list) => list
            .iter()
            .take(1)
            .flat_map(first_tokens)
            .chain([item.clone()])
            .collect(),
        scalar => vec![scalar.clone()],
    }
}

fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut chars = part.chars();
        out.extend(chars.next().into_iter().flat_map(char::to_uppercase));
        out.push_str(chars.as_str());
    }
    out
}

/// The objects of a text, as another YAML reader reads them.
fn objects(text: &str) -> Vec<Value> {
    let mut objects = Vec::new();
    // Each document is read on its own: after a syntax error the reader does not go on.
    for document in text.split("\n---") {
        let document = document.strip_prefix("---").unwrap_or(document);
        let Ok(mut value) = serde_yaml::from_str::<Value>(document) else {
            continue;
        };
        let _ = value.apply_merge();
        match value.get("items").and_then(Value::as_sequence) {
            Some(items)
                if value
                    .get("kind")
                    .and_then(Value::as_str)
                    .is_some_and(|k| k.ends_with("List")) =>
            {
                objects.extend(items.iter().cloned());
            }
            _ => objects.push(value),
        }
    }
    objects
}

fn inputs() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut inputs = Vec::new();
    let mut files = Vec::new();
    walk(&root.join("testdata"), &mut files);
    for file in files {
        if let Ok(text) = std::fs::read_to_string(&file) {
            inputs.push((file.display().to_string(), text));
        }
    }
    let mut pages = Vec::new();
    walk(&root.join("rules"), &mut pages);
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for (number, block) in text.split("\n```yaml").skip(1).enumerate() {
            let (_, block) = block.split_once('\n').unwrap();
            let example = block.split("\n```").next().unwrap();
            inputs.push((format!("{}#{number}", page.display()), example.to_owned()));
        }
    }
    inputs
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut entries: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "md") {
            files.push(path);
        }
    }
}
