//! What loading a source gives, and that worlds share it.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::input::{InputFile, Source};
use crate::model::Position;

/// A text that counts how often it is read.
#[derive(Debug, Default)]
struct Counted(AtomicUsize);

impl Text for Counted {
    fn read(&self) -> Option<Arc<str>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        None
    }
}

fn source(path: &str, text: &str) -> Source {
    let file = InputFile {
        path: path.into(),
        location: Some(PathBuf::from("/repo").join(path)),
        context: false,
        is_named: true,
    };
    Source::from_bytes(file, text.as_bytes().to_vec())
}

fn loaded(text: &str) -> Loaded {
    load(source("a.yaml", text), &Options::default())
}

fn service(name: &str) -> String {
    format!("---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\n")
}

fn places(loaded: &Loaded) -> Vec<(&str, Position)> {
    let headers = loaded.objects.iter().map(|manifest| &manifest.header);
    headers.map(|h| (&*h.name, h.position)).collect()
}

#[test]
fn worlds_share_what_their_sources_hold() {
    let text = Arc::new(Counted::default());
    let load = |path: &str, yaml: &str| {
        load_with(
            source(path, yaml),
            Arc::clone(&text) as Arc<dyn Text>,
            &Options::default(),
        )
    };
    let base = load("base.yaml", &(service("a") + &service("b")));
    let prod = load("prod.yaml", &service("c"));
    let world = |sources: &[(u32, &Loaded)]| {
        let mut builder = WorldBuilder::default();
        for (number, loaded) in sources {
            builder.add(*number, loaded, None);
        }
        builder.build().objects
    };
    let one = world(&[(0, &base)]);
    let two = world(&[(1, &prod), (0, &base)]);
    assert_eq!((one.services.len(), two.services.len()), (2, 3));
    for (ours, theirs) in one.services.iter().zip(two.services.iter().skip(1)) {
        assert!(ours.is_same_as(theirs));
        assert_eq!(ours.id.0 + 1, theirs.id.0);
        assert_eq!(one.place(ours.id), two.place(theirs.id));
    }
    assert_eq!(text.0.load(Ordering::Relaxed), 0);
}

#[test]
fn an_edit_leaves_the_places_of_other_documents() {
    let before = loaded(&(service("a") + &service("b")));
    let after = loaded(&format!(
        "# a comment\n{}{}",
        service("longer"),
        service("b")
    ));
    let of_b = |loaded: &Loaded| places(loaded).last().copied().map(|(_, place)| place);
    assert_eq!(of_b(&before), of_b(&after));
}

#[test]
fn items_of_lists_and_empty_documents_count() {
    let list = "# nothing\n---\napiVersion: v1\nkind: List\nitems:\n\
                - {apiVersion: v1, kind: Service, metadata: {name: a}}\n\
                - {apiVersion: v1, kind: Service, metadata: {name: b}}\n";
    let loaded = loaded(&format!("{list}{}", service("c")));
    let documents: Vec<_> = places(&loaded)
        .into_iter()
        .map(|(name, place)| (name, place.item))
        .collect();
    assert_eq!(documents, [("a", 1), ("b", 2), ("c", 0)]);
    let [(_, first), .., (_, last)] = *places(&loaded) else {
        panic!("three objects")
    };
    assert_eq!(first.document + 1, last.document);
}

#[test]
fn a_large_file_is_read_as_a_small_one() {
    let count = 30_000;
    let text: String = (0..count).map(|n| service(&format!("s{n}"))).collect();
    assert!(split::split(&text).len() > 1);
    let loaded = loaded(&format!("{text}---\nkind: {{\n"));
    assert_eq!(loaded.objects.len(), count);
    for (number, (name, place)) in places(&loaded).into_iter().enumerate() {
        assert_eq!(name, format!("s{number}"));
        assert_eq!(place.document as usize, number);
        let start = loaded.documents.start(place.document).unwrap() as usize;
        assert!(text.get(start..).unwrap().starts_with("---\n"));
    }
    let syntax = loaded.problems.last().unwrap();
    assert!(syntax.span.unwrap().start as usize > text.len());
}

#[test]
fn comments_that_speak_to_meshlint_are_kept() {
    let text = format!("# of no concern\n{}# meshlint: x\n", service("a"));
    let loaded = loaded(&text);
    let comments: Vec<_> = loaded.comments.iter().map(|c| &*c.text).collect();
    assert_eq!(comments, ["# meshlint: x"]);
    assert_eq!(
        loaded.comments.first().unwrap().span.text(&text),
        "# meshlint: x"
    );
}

#[test]
fn patches_are_known_by_the_kustomization_beside_them() {
    let kustomization = source("kustomization.yaml", "patches: [{path: p.yaml}]\n");
    let patch = source("p.yaml", &service("a"));
    let sources = [kustomization, patch, source("s.yaml", &service("b"))];
    let sources = sources.map(|source| Arc::new(load(source, &Options::default())));
    let selection = select(sources);
    let kept: Vec<_> = selection.sources.iter().map(|s| &*s.file.path).collect();
    assert_eq!(kept, ["s.yaml"]);
    assert_eq!(selection.skipped.len(), 2);
}

#[test]
fn a_file_that_is_no_text_stays_in_sight() {
    let file = source("a.yaml", "").file;
    let loaded = load(
        Source::from_bytes(file, vec![0xFF, 0xFE]),
        &Options::default(),
    );
    assert!(!loaded.is_text());
    assert_eq!(select([Arc::new(loaded)]).sources.len(), 1);
}
