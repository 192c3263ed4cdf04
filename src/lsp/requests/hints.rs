//! `textDocument/inlayHint`: what holds for workloads, ports and policies in the end.

use gen_lsp_types::{InlayHint, InlayHintKind, InlayHintParams, Label};

use super::cursor::{self, Written};
use super::definition::{home_of, id_of};
use super::{Document, effective};
use crate::lsp::server::Server;
use crate::lsp::text::Lines;
use crate::mesh::registry::Protocol;
use crate::mesh::{Mesh, WorkloadId};
use crate::model::ObjectId;
use crate::path;
use crate::yaml::{FieldPath, Tree, locate};

/// The hints in a range of a document.
pub(super) fn answer(server: &Server, params: &InlayHintParams) -> Option<Vec<InlayHint>> {
    let document = Document::of(server, &params.text_document)?;
    let world = document.worlds().into_iter().next()?;
    let lines = document.lines();
    let start = u32::try_from(lines.offset(params.range.start)).ok()?;
    let end = u32::try_from(lines.offset(params.range.end)).ok()?;
    let tree = Tree::parse(&document.text);
    let objects = cursor::objects(&tree).into_iter().filter(|object| {
        let span = object.root.span();
        span.start <= end && start <= span.end
    });
    let hints = objects.flat_map(|object| of_object(&object, &world.mesh, &lines));
    Some(hints.collect())
}

fn of_object(object: &Written<'_>, mesh: &Mesh, lines: &Lines<'_>) -> Vec<InlayHint> {
    let home = home_of(object, mesh);
    let Some(id) = id_of(object, &home, mesh) else {
        return Vec::new();
    };
    let name = path!["metadata", "name"];
    if object.kind == "PeerAuthentication" {
        let count = decided_by(mesh, id);
        let plural = if count == 1 { "" } else { "s" };
        let text = format!("decides {count} workload{plural}");
        return hint(object, &name, text, lines).into_iter().collect();
    }
    if let Some(service) = mesh.objects.services.iter().find(|s| s.id == id) {
        let ports = service.spec.spec.ports.iter().enumerate();
        let detected =
            ports.filter(|(_, port)| Protocol::of_service_port(port) == Protocol::Sniffed);
        let hints = detected.filter_map(|(index, _)| {
            let path = path!["spec", "ports", index, "port"];
            hint(object, &path, "protocol: detected".to_owned(), lines)
        });
        return hints.collect();
    }
    let Some(workload) = workload_of(mesh, id) else {
        return Vec::new();
    };
    let text = format!("mTLS: {}", effective::mtls(mesh, workload));
    hint(object, &name, text, lines).into_iter().collect()
}

/// How many workloads a PeerAuthentication decides about.
fn decided_by(mesh: &Mesh, policy: ObjectId) -> usize {
    let workloads = mesh.workloads.iter();
    workloads
        .filter(|(id, _)| effective::decided_by(mesh, *id) == Some(policy))
        .count()
}

fn workload_of(mesh: &Mesh, object: ObjectId) -> Option<WorkloadId> {
    let namespace = mesh.places.namespace_of(object);
    let none = crate::model::Labels::default();
    let mut ids = mesh.workloads.ids_matching(Some(namespace), &none);
    ids.find(|id| {
        let workload = mesh.workloads.get(*id);
        workload.is_some_and(|workload| workload.object == object)
    })
}

/// A hint behind the value at a path.
fn hint(
    object: &Written<'_>,
    path: &FieldPath,
    text: String,
    lines: &Lines<'_>,
) -> Option<InlayHint> {
    let found = locate(object.root, path);
    found.complete.then(|| InlayHint {
        position: lines.position(found.value.span().end as usize),
        label: Label::String(text),
        kind: Some(InlayHintKind::Type),
        text_edits: None,
        tooltip: None,
        padding_left: Some(true),
        padding_right: None,
        data: None,
    })
}
