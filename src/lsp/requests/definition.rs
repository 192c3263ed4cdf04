//! `textDocument/definition` and `textDocument/references`.

use std::path::Path;
use std::sync::Arc;

use gen_lsp_types::{DefinitionParams, Location, ReferenceParams, TextDocumentPositionParams};
use rustc_hash::FxHashSet;

use super::cursor::{self, Written};
use super::meaning::{self, Meaning, Target};
use super::{Document, address};
use crate::lsp::analysis::World;
use crate::lsp::findings::Place;
use crate::lsp::publish::location;
use crate::lsp::server::Server;
use crate::lsp::text::Lines;
use crate::mesh::Mesh;
use crate::model::{ObjectId, Str};
use crate::path;
use crate::yaml::{Node, Tree, locate};

/// Where what stands at a position is defined.
pub(super) fn answer(server: &Server, params: &DefinitionParams) -> Option<Vec<Location>> {
    let position = &params.text_document_position_params;
    let document = Document::of(server, &position.text_document)?;
    let asked = asked(&document, position)?;
    let mut places: Vec<Place> = Vec::new();
    for (world, targets) in &asked.targets {
        for place in targets.iter().filter_map(|target| place_of(world, target)) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    let encoding = server.client.encoding;
    let locations = places.iter();
    Some(
        locations
            .filter_map(|place| location(place, encoding, &server.addresses))
            .collect(),
    )
}

/// What a position asks for: what its name means in each world.
pub(super) struct Asked<'s> {
    pub(super) meaning: Meaning,
    pub(super) targets: Vec<(&'s Arc<World>, Vec<Target>)>,
}

/// What the name at a position means.
pub(super) fn asked<'s>(
    document: &Document<'s>,
    position: &TextDocumentPositionParams,
) -> Option<Asked<'s>> {
    let offset = document.lines().offset(position.position);
    let tree = Tree::parse(&document.text);
    let cursor = cursor::at(&tree, u32::try_from(offset).ok()?)?;
    // The key of a label stands for the label.
    let text = if cursor.is_key {
        let found = locate(cursor.object.root, &cursor.path);
        found.value.text()?
    } else {
        cursor.node.text()?
    };
    let meaning = meaning::of(&cursor.object, &cursor.path, text)?;
    if cursor.is_key && !matches!(meaning, Meaning::Workloads(..)) {
        return None;
    }
    let worlds = document.worlds();
    let home = worlds
        .first()
        .map_or_else(Str::new, |world| home_of(&cursor.object, &world.mesh));
    let targets = worlds.into_iter().map(|world| {
        let targets = match &meaning {
            Meaning::Itself => itself(&cursor.object, &home, &world.mesh),
            meaning => meaning::targets(meaning, &home, &world.mesh),
        };
        (world, targets)
    });
    let targets = targets.collect();
    Some(Asked { meaning, targets })
}

/// The namespace of an object: as its manifest has it, else that in which the mesh has it.
pub(super) fn home_of(object: &Written<'_>, mesh: &Mesh) -> Str {
    if !object.namespace.is_empty() {
        return object.namespace.into();
    }
    let mut headers = mesh.objects.headers.iter();
    let same = headers.find(|header| header.kind == object.kind && header.name == object.name);
    match same {
        Some(header) => header.namespace.clone(),
        None => mesh.settings.default_namespace.clone(),
    }
}

/// The object that a manifest is.
pub(super) fn itself(object: &Written<'_>, home: &str, mesh: &Mesh) -> Vec<Target> {
    id_of(object, home, mesh)
        .map(|object| Target {
            object,
            path: path!["metadata", "name"],
        })
        .into_iter()
        .collect()
}

/// The number of the object that a manifest is.
pub(super) fn id_of(object: &Written<'_>, home: &str, mesh: &Mesh) -> Option<ObjectId> {
    let group = object.group();
    let headers = (0..).map(ObjectId).zip(mesh.objects.headers.iter());
    let mut same = headers.filter(|(_, header)| {
        header.name == object.name
            && header.kind == object.kind
            && (header.namespace == home || header.namespace.is_empty())
            && header.api_version.rsplit_once('/').map_or("", |(g, _)| g) == group
    });
    same.next().map(|(id, _)| id)
}

/// Where a target stands.
pub(super) fn place_of(world: &World, target: &Target) -> Option<Place> {
    let place = world.mesh.objects.place(target.object)?;
    let loaded = world.sources.get(place.source as usize)?;
    let text = loaded.text.read()?;
    let start = loaded.documents.start(place.position.document)?;
    let (offset, part) = loaded.documents.part(&text, start);
    let tree = Tree::parse(part);
    let root = tree
        .documents()
        .iter()
        .find(|document| document.span.start + offset == start)
        .and_then(|document| tree.root(document))?;
    let root = match place.position.item.checked_sub(1) {
        None => root,
        Some(index) => root.get("items")?.item(index as usize)?,
    };
    let span = locate(root, &target.path).span();
    let span = crate::yaml::Span {
        start: span.start + offset,
        end: span.end + offset,
    };
    if !loaded.text.is_rendered() {
        return Some(Place {
            path: Arc::clone(&loaded.file.path),
            text,
            start: span.start,
            end: span.end,
        });
    }
    let step = loaded.text.origin(span)?.into_iter().next()?;
    Some(Place {
        path: step.path,
        text: step.text,
        start: step.span.start,
        end: step.span.end,
    })
}

/// Where what stands at a position is named: in all files, as they are in the editor.
pub(super) fn references(server: &Server, params: &ReferenceParams) -> Option<Vec<Location>> {
    let position = &params.text_document_position_params;
    let document = Document::of(server, &position.text_document)?;
    let asked = asked(&document, position)?;
    let analysis = document.analysis()?;
    let mut locations = Vec::new();
    let mut seen: FxHashSet<(String, u32)> = FxHashSet::default();
    for (world, targets) in &asked.targets {
        let words = words(&world.mesh, targets);
        for (path, _) in analysis.files() {
            let Some(text) = server.buffers.text(&path) else {
                continue;
            };
            if !words.iter().any(|word| text.contains(&**word)) {
                continue;
            }
            let lines = Lines::new(&text, server.client.encoding);
            let tree = Tree::parse(&text);
            let mut see = |node: Node<'_>| {
                let span = node.span();
                let is_new = seen.insert((path.to_string_lossy().into_owned(), span.start));
                if let Some(uri) = address(server, &path).filter(|_| is_new) {
                    locations.push(Location {
                        uri,
                        range: lines.range(span.start, span.end),
                    });
                }
            };
            let declares = params.context.include_declaration;
            named_in(&tree, &world.mesh, targets, declares, &mut see);
        }
        if params.context.include_declaration {
            for place in targets.iter().filter_map(|target| place_of(world, target)) {
                let is_new = seen.insert((place.path.to_string(), place.start));
                let path = Path::new(&*place.path);
                if is_new && analysis.files().all(|(file, _)| file != path) {
                    let encoding = server.client.encoding;
                    locations.extend(location(&place, encoding, &server.addresses));
                }
            }
        }
    }
    Some(locations)
}

/// Words of which each text that names a target holds one.
fn words(mesh: &Mesh, targets: &[Target]) -> Vec<Str> {
    let mut words = Vec::new();
    for target in targets {
        if let Some(header) = mesh.objects.header(target.object) {
            words.push(header.name.clone());
        }
        let entry = mesh.objects.service_entries.iter();
        let entry = entry.filter(|entry| entry.id == target.object);
        words.extend(entry.flat_map(|entry| entry.spec.hosts.iter().cloned()));
        let rule = mesh.objects.destination_rules.iter();
        let rule = rule.filter(|rule| rule.id == target.object);
        words.extend(rule.flat_map(|rule| rule.spec.subsets.iter().map(|s| s.name.clone())));
        // Selectors name workloads by their labels.
        let workloads = mesh.workloads.as_slice().iter();
        let workload = workloads.filter(|workload| workload.object == target.object);
        words.extend(workload.flat_map(|workload| workload.labels.values().cloned()));
    }
    words
}

/// Sees every value of a text that names one of the targets.
fn named_in(
    tree: &Tree<'_>,
    mesh: &Mesh,
    targets: &[Target],
    declares: bool,
    see: &mut impl FnMut(Node<'_>),
) {
    for object in cursor::objects(tree) {
        let home = home_of(&object, mesh);
        cursor::scalars(object.root, &mut |path, node| {
            let Some(text) = node.text() else { return };
            let Some(meaning) = meaning::of(&object, path, text) else {
                return;
            };
            let meant = match &meaning {
                Meaning::Itself if declares => itself(&object, &home, mesh),
                Meaning::Itself => return,
                meaning => meaning::targets(meaning, &home, mesh),
            };
            if meant.iter().any(|target| targets.contains(target)) {
                see(node);
            }
        });
    }
}
