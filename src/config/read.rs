//! One configuration: a file with those that it goes on from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Error;
use super::check::check;
use super::item::{Content, Item, Reader};
use super::shape::ROOT;
use crate::input::{self, LineIndex};
use crate::yaml::{Span, Tree};

/// Files that may go on from each other.
const DEPTH: usize = 20;

/// A configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file that was found or named, as it is shown.
    pub file: String,
    /// What it says, together with what it goes on from.
    pub root: Item,
}

impl Config {
    /// The value at the end of some keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Item> {
        self.root.at(keys)
    }
}

/// Reads a configuration file and those that it extends.
pub fn read(path: &Path) -> Result<Config, Error> {
    let root = file(path, &mut Vec::new(), None)?;
    Ok(Config {
        file: shown(path),
        root,
    })
}

/// Reads a configuration that is in no file, such as what an editor sends. Paths in it are relative
/// to `folder`.
pub fn read_text(name: &str, folder: &Path, text: &str) -> Result<Config, Error> {
    Ok(Config {
        file: name.to_owned(),
        root: parse(name, &folder.join("settings"), text)?,
    })
}

/// A path as people read it: from the working directory where it is below.
pub(super) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let here = here.canonicalize().unwrap_or(here);
    let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let below = full.strip_prefix(&here).unwrap_or(path);
    below.display().to_string()
}

/// Reads a file; `by` is where another one names it.
fn file(path: &Path, above: &mut Vec<PathBuf>, by: Option<&Item>) -> Result<Item, Error> {
    let name = shown(path);
    let full = path.canonicalize().map_err(|error| {
        let why = format!(
            "cannot read the configuration {name}: {}",
            input::reason(&error)
        );
        match by {
            Some(by) => Error(format!("{}: {why}", by.place)),
            None => Error(why),
        }
    })?;
    if let Some(by) = by
        && (above.contains(&full) || above.len() >= DEPTH)
    {
        let message = format!("{}: {name} goes on from this file: a circle", by.place);
        return Err(Error(message));
    }
    let text = std::fs::read_to_string(&full).map_err(|error| {
        let why = input::reason(&error);
        Error(format!("cannot read the configuration {name}: {why}"))
    })?;
    let own = parse(&name, &full, &text)?;
    above.push(full);
    let mut merged: Option<Item> = None;
    for base in own.at(&["extends"]).map_or(&[][..], Item::items) {
        let Some(path) = base.text() else { continue };
        let base = file(Path::new(path), above, Some(base))?;
        merged = Some(match merged {
            Some(below) => below.merge(base),
            None => base,
        });
    }
    above.pop();
    Ok(match merged {
        Some(below) => below.merge(own),
        None => own,
    })
}

/// Reads the text of a file.
pub(super) fn parse(name: &str, full: &Path, text: &str) -> Result<Item, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let reader = Reader {
        text,
        lines: LineIndex::new(text),
        file: name.into(),
        folder: Arc::new(full.parent().unwrap_or(Path::new("")).to_owned()),
    };
    let at = |span: Span, why: &str| format!("{}: {why}", reader.place(span.start));
    let tree = Tree::parse(text);
    if let Some(error) = tree.documents().iter().find_map(|d| d.error.as_ref()) {
        return Err(Error(at(error.span, &error.message)));
    }
    if let Some(second) = tree.documents().get(1) {
        return Err(Error(at(second.span, "a configuration is one document")));
    }
    let root = tree
        .documents()
        .first()
        .and_then(|document| tree.root(document));
    let Some(root) = root.filter(|root| !root.is_null()) else {
        return Ok(Item {
            content: Content::Map(Vec::new()),
            place: reader.place(0),
        });
    };
    let faults = check(root);
    if !faults.is_empty() {
        let lines: Vec<String> = faults
            .iter()
            .map(|fault| at(fault.span, &fault.message))
            .collect();
        return Err(Error(lines.join("\n")));
    }
    Ok(reader.record(root, &ROOT))
}
