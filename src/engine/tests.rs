//! Places in rendered documents, and how often texts are read.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::load::{RenderedText, Text};
use crate::render::{
    Memory, Origin, Place, RelatedOrigin, RenderedBuilder, SourceId, Sources, What,
};
use crate::yaml::Span;

const BASE: &str = "\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop, namespace: shop}
spec:
  hosts: [shop]
  http:
  - route: [{destination: {host: shop}, weight: 100}]
";
const PATCH: &str = "- op: replace\n  path: /spec/http/0/timeout\n  value: soon\n";
const KUSTOMIZATION: &str = "resources: [shop.yaml]\npatches: [{path: patch.yaml}]\n";

fn place(sources: &Sources, path: &str, text: &str) -> Place {
    let source: SourceId = sources.open(path).unwrap();
    let all = sources.text(source);
    let start = u32::try_from(all.find(text).unwrap()).unwrap();
    let end = start + u32::try_from(text.len()).unwrap();
    let span = Span { start, end };
    Place { source, span }
}

/// The VirtualService with a timeout from the patch.
fn rendered() -> RenderedText {
    let mut files = Memory::default();
    files.insert("base/shop.yaml", BASE.as_bytes());
    files.insert("base/patch.yaml", PATCH.as_bytes());
    files.insert("base/kustomization.yaml", KUSTOMIZATION.as_bytes());
    let sources = Sources::new(Box::new(files));
    let origin = |place, what, related| Origin {
        place,
        what,
        exact: true,
        related,
    };
    let base = place(&sources, "base/shop.yaml", BASE);
    let entry = place(&sources, "base/kustomization.yaml", "patch.yaml");
    let patch = origin(
        place(&sources, "base/patch.yaml", "soon"),
        What::Patch,
        vec![RelatedOrigin {
            place: entry,
            what: What::Kustomization,
            note: "names the patch",
        }],
    );
    let chain = RelatedOrigin {
        place: place(&sources, "base/kustomization.yaml", "shop.yaml"),
        what: What::Kustomization,
        note: "takes it in",
    };
    let mut builder = RenderedBuilder::default();
    builder.piece(BASE, &origin(base, What::Base, Vec::new()));
    builder.plain("    timeout: ");
    builder.piece("soon", &patch);
    builder.plain("\n");
    let document = builder.finish([chain].into(), false);
    RenderedText::new(document, Arc::new(sources), "deploy/".into())
}

fn input(loaded: Loaded) -> Input {
    Input {
        sources: vec![Arc::new(loaded)],
        ..Input::default()
    }
}

#[test]
fn a_place_in_a_rendered_document_is_told_as_its_origin() {
    let file = InputFile {
        path: "deploy".into(),
        location: None,
        context: false,
        is_named: true,
    };
    let loaded = load::load_rendered(file, rendered(), &load::Options::default());
    let report = report(input(loaded), &Options::default());
    let found = |code| {
        let mut findings = report.findings.iter();
        findings.find(|finding| finding.rule.code == code).unwrap()
    };
    let text = |location: diagnostics::Location| {
        let file = &report.files[location.file as usize];
        let range = location.start.offset as usize..location.end.offset as usize;
        (&*file.path, &file.text[range])
    };
    let bad = found("MESH0003");
    let location = bad.location.unwrap();
    assert_eq!(text(location), ("deploy/base/patch.yaml", "soon"));
    assert_eq!((location.start.line, location.start.column), (3, 10));
    let steps: Vec<_> = bad
        .origin
        .iter()
        .map(|step| (step.what, step.note, text(step.location).1))
        .collect();
    assert_eq!(
        steps,
        [
            (What::Patch, "", "soon"),
            (What::Kustomization, "names the patch", "patch.yaml"),
            (What::Kustomization, "takes it in", "shop.yaml"),
        ]
    );
    assert!(bad.fix.is_none());
}

/// A text that counts how often it is read.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>, &'static str);

impl Text for Counted {
    fn read(&self) -> Option<Arc<str>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Some(self.1.into())
    }
}

#[test]
fn worlds_are_judged_without_reading_again_and_places_with_one_reading() {
    let reads = Arc::new(AtomicUsize::new(0));
    let file = InputFile {
        path: "a.yaml".into(),
        location: None,
        context: false,
        is_named: true,
    };
    let source = Source::from_bytes(file, BASE.as_bytes().to_vec());
    let text = Arc::new(Counted(Arc::clone(&reads), BASE));
    let options = Options::default();
    let input = input(load::load_with(source, text, &load::Options::default()));
    let filter = Filter::default();
    let first = mesh(&input, &options);
    let second = mesh(&input, &options);
    let (findings, _) = judge(&first, &input.sources, &FxHashSet::default(), &filter);
    let (again, _) = judge(&second, &input.sources, &FxHashSet::default(), &filter);
    assert!(!findings.is_empty());
    assert_eq!(findings.len(), again.len());
    assert!(first.objects.virtual_services[0].is_same_as(&second.objects.virtual_services[0]));
    assert_eq!(reads.load(Ordering::Relaxed), 0);
    let outcome = diagnostics::conclude(findings, &first.objects, &input.sources, &filter);
    assert!(outcome.findings.iter().all(|f| f.location.is_some()));
    assert_eq!(reads.load(Ordering::Relaxed), 1);
}
