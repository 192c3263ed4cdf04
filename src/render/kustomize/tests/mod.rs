//! Builds of small trees in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod generating;
mod hostile;
mod lenient;
mod naming;
mod order;
mod origins;
mod patching;
mod replacing;

use super::{Build, Cache, Options, ProblemKind, build};
use crate::render::{Memory, Sources};

/// A tree: each file begins with a line `== PATH`.
fn tree(text: &str) -> Sources {
    let mut memory = Memory::default();
    let mut path: Option<&str> = None;
    let mut content = String::new();
    for line in text.lines().chain(["== "]) {
        if let Some(next) = line.strip_prefix("== ") {
            if let Some(path) = path {
                memory.insert(path, content.as_bytes());
            }
            content.clear();
            path = Some(next.trim());
            continue;
        }
        content.push_str(line);
        content.push('\n');
    }
    Sources::new(Box::new(memory))
}

fn run(sources: &Sources, folder: &str) -> Build {
    build(sources, folder, Options::default(), &Cache::default())
}

/// The objects of a folder as a stream.
fn render(text: &str, folder: &str) -> String {
    let built = run(&tree(text), folder);
    assert!(built.problems.is_empty(), "{:#?}", built.problems);
    let texts: Vec<&str> = built.objects.iter().map(|object| &*object.text).collect();
    texts.join("---\n")
}

/// What a strict build ends with, and the text at its place.
fn failure(text: &str, folder: &str) -> (ProblemKind, String) {
    let sources = tree(text);
    let built = run(&sources, folder);
    assert!(built.objects.is_empty());
    assert_eq!(built.problems.len(), 1, "{:#?}", built.problems);
    let problem = &built.problems[0];
    let at = problem.place.map_or_else(String::new, |place| {
        let text = sources.text(place.source);
        let shown = place.span.text(&text).lines().next().unwrap_or_default();
        format!("{}: {shown}", sources.path(place.source))
    });
    (problem.kind, at)
}
