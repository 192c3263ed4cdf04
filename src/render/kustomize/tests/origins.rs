//! Where each part comes from.

use std::path::Path;

use super::super::{Cache, Options, build};
use crate::render::{Disk, Origin, Rendered, Sources, What};
use crate::yaml::{Node, Scalar, Tree, Value};

/// The trees of `testdata/kustomize`: every folder with a kustomization that renders.
fn rendered() -> Vec<(Sources, Vec<Rendered>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/kustomize");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        let folders: Vec<String> = walkdir::WalkDir::new(&path)
            .into_iter()
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let parent = entry.path().parent()?.strip_prefix(&path).ok()?;
                (entry.file_name() == "kustomization.yaml")
                    .then(|| parent.to_str().unwrap().to_owned())
            })
            .collect();
        for folder in folders {
            let sources = Sources::new(Box::new(Disk::new(&path).unwrap()));
            let built = build(&sources, &folder, Options::default(), &Cache::default());
            if built.problems.is_empty() {
                all.push((sources, built.objects));
            }
        }
    }
    all
}

fn scalars<'t>(node: Node<'t>, all: &mut Vec<Node<'t>>) {
    match node.value() {
        Value::Scalar(_) => all.push(node),
        Value::Sequence => node.items().for_each(|item| scalars(item, all)),
        Value::Mapping => node.entries().for_each(|(_, value)| scalars(value, all)),
    }
}

/// The scalar that begins at a place of a file.
fn scalar_at(tree: &Tree<'_>, origin: &Origin) -> Option<String> {
    let mut all = Vec::new();
    for document in tree.documents() {
        if let Some(root) = tree.root(document) {
            scalars(root, &mut all);
        }
    }
    let start = origin.place.span.start;
    let found = all
        .iter()
        .find(|node| node.span().start == start || node.span().end == origin.place.span.end)?;
    Some(found.text()?.to_owned())
}

#[test]
fn every_scalar_has_an_origin_and_exact_ones_are_the_scalar() {
    let (mut placed, mut exact) = (0, 0);
    for (sources, objects) in rendered() {
        for object in &objects {
            let tree = Tree::parse(&object.text);
            let root = tree.root(&tree.documents()[0]).unwrap();
            let mut all = Vec::new();
            scalars(root, &mut all);
            for node in all {
                let origin = object.origin_at(node.span()).expect("an origin");
                placed += 1;
                if !origin.exact {
                    continue;
                }
                exact += 1;
                let path = sources.path(origin.place.source);
                let text = sources.text(origin.place.source);
                let file = Tree::parse(&text);
                let there = scalar_at(&file, origin);
                let value = match node.value() {
                    Value::Scalar(Scalar::Null) => None,
                    _ => node.text().map(str::to_owned),
                };
                let number = |text: &Option<String>| text.as_ref()?.parse::<f64>().ok();
                assert!(
                    value.is_none() || there == value || number(&there) == number(&value),
                    "{path} {:?} of\n{}",
                    origin.place.span,
                    object.text
                );
            }
        }
    }
    assert!(placed > 150 && exact > 80, "{placed} {exact}");
}

/// The origin of the scalar with a text, in the objects of one folder.
fn origin_of(folder: &str, text: &str) -> (String, What, Vec<&'static str>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/kustomize/shop");
    let sources = Sources::new(Box::new(Disk::new(&root).unwrap()));
    let built = build(&sources, folder, Options::default(), &Cache::default());
    assert!(built.problems.is_empty(), "{:?}", built.problems);
    for object in &built.objects {
        let tree = Tree::parse(&object.text);
        let mut all = Vec::new();
        scalars(tree.root(&tree.documents()[0]).unwrap(), &mut all);
        let Some(node) = all.into_iter().find(|node| node.text() == Some(text)) else {
            continue;
        };
        let origin = object.origin_at(node.span()).unwrap();
        let source = sources.text(origin.place.source);
        let before = source.get(..origin.place.span.start as usize).unwrap();
        let line = before.matches('\n').count() + 1;
        let related = origin.related.iter().map(|related| related.note).collect();
        let place = format!("{}:{line}", sources.path(origin.place.source));
        return (place, origin.what, related);
    }
    panic!("{text} is not there");
}

#[test]
fn parts_point_to_what_a_user_would_edit() {
    // A route that no one touched: the base.
    assert_eq!(origin_of("overlays/dev", "/api").0, "base/routes.yaml:11");
    let at = |text: &str| origin_of("overlays/prod", text);
    // A weight that a patch file sets.
    let (place, what, _) = at("90");
    assert_eq!(
        (place.as_str(), what),
        ("overlays/prod/weights.yaml:11", What::Patch)
    );
    // A host that an inline JSON patch adds: the line inside of the kustomization.
    let (place, what, _) = at("shop.example.com");
    assert_eq!(
        (place.as_str(), what),
        ("overlays/prod/kustomization.yaml:14", What::Patch)
    );
    // A name that a prefix changes stays where it was written.
    let (place, _, related) = at("prod-web");
    assert_eq!(place, "base/services.yaml:4");
    assert!(related.contains(&"adds the prefix"));
    // A namespace that the overlay sets.
    assert_eq!(at("shop-prod").0, "overlays/prod/kustomization.yaml:3");
    // A value of a generator.
    assert_eq!(at("warn").1, What::Generator);
    // A replacement: its source.
    assert_eq!(at("8443").0, "base/settings.yaml:6");
}
