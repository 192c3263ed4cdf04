//! `textDocument/hover`: the finding, what a name means, what a field is.

use std::fmt::Write as _;

use gen_lsp_types::{Hover, HoverParams, MarkupContent, MarkupKind, Range};

use super::cursor;
use super::definition::{Asked, asked, place_of};
use super::meaning::{Meaning, Target, run_as};
use super::{Document, effective, fields, shown};
use crate::lsp::analysis::World;
use crate::lsp::server::Server;
use crate::mesh::{Identity, Mesh};
use crate::model::core::Service;
use crate::model::types::IntOrString;
use crate::model::{Object, ObjectId};
use crate::yaml::Tree;

/// Workloads that are listed by name; of more, the number is told.
const LISTED: usize = 10;

/// What is known of what stands at a position.
pub(super) fn answer(server: &Server, params: &HoverParams) -> Option<Hover> {
    let position = &params.text_document_position_params;
    let document = Document::of(server, &position.text_document)?;
    let lines = document.lines();
    let offset = u32::try_from(lines.offset(position.position)).ok()?;
    let mut range: Option<Range> = None;
    let mut parts: Vec<String> = Vec::new();
    for found in server.found(&document.path) {
        let place = &found.place;
        if place.start <= offset && offset <= place.end && place.text == document.text {
            range = Some(lines.range(place.start, place.end));
            let (code, url) = (found.rule.code, found.rule.help_url());
            parts.push(format!("[{code}]({url}): {}", found.message));
        }
    }
    if let Some(asked) = asked(&document, position) {
        parts.extend(of_name(server, &asked));
    }
    let tree = Tree::parse(&document.text);
    if let Some(cursor) = cursor::at(&tree, offset) {
        let span = cursor.node.span();
        range = range.or_else(|| Some(lines.range(span.start, span.end)));
        if cursor.is_key || parts.is_empty() {
            parts.extend(fields::describe(&cursor.object, &cursor.path));
        }
    }
    if parts.is_empty() {
        return None;
    }
    Some(Hover {
        contents: MarkupContent {
            kind: MarkupKind::Markdown,
            value: parts.join("\n\n---\n\n"),
        }
        .into(),
        range,
    })
}

/// What a name means, once for all worlds that agree.
fn of_name(server: &Server, asked: &Asked<'_>) -> Vec<String> {
    let mut cards: Vec<String> = Vec::new();
    for (world, targets) in &asked.targets {
        let card = match &asked.meaning {
            Meaning::Workloads(..) => workloads(&world.mesh, targets),
            Meaning::Principal(text) => principal(server, world, text, targets),
            _ => {
                let cards = targets.iter().map(|target| card(server, world, target));
                cards.collect::<Vec<_>>().join("\n\n")
            }
        };
        if !card.is_empty() && !cards.contains(&card) {
            cards.push(card);
        }
    }
    cards
}

fn title(mesh: &Mesh, object: ObjectId) -> String {
    let Some(header) = mesh.objects.header(object) else {
        return String::new();
    };
    if header.namespace.is_empty() {
        format!("{} {}", header.kind, header.name)
    } else {
        format!("{} {}/{}", header.kind, header.namespace, header.name)
    }
}

/// An object: who it is, where it stands, what it does.
fn card(server: &Server, world: &World, target: &Target) -> String {
    let mesh = &world.mesh;
    let mut card = format!("**{}**", title(mesh, target.object));
    if let Some(place) = place_of(world, target) {
        let before = place.text.get(..place.start as usize).unwrap_or_default();
        let line = before.lines().count().max(1);
        let path = shown(server, std::path::Path::new(&*place.path));
        let _ = write!(card, "\n\n{path}:{line}");
    }
    let service = mesh.objects.services.iter();
    if let Some(service) = service.into_iter().find(|s| s.id == target.object) {
        card.push_str(&of_service(mesh, service));
    }
    if let Some(header) = mesh.objects.header(target.object)
        && header.kind == "ServiceAccount"
    {
        let workloads = run_as(&header.namespace, &header.name, mesh);
        let _ = write!(card, "\n\n{}", run_as_it(mesh, &workloads));
    }
    card
}

fn of_service(mesh: &Mesh, service: &Object<Service>) -> String {
    let mut text = String::new();
    let ports = service.spec.spec.ports.iter().map(|port| {
        let name = match port.name.as_str() {
            "" => String::new(),
            name => format!(" ({name})"),
        };
        match &port.target_port {
            None => format!("{}{name}", port.port),
            Some(IntOrString::Int(target)) => format!("{} to {target}{name}", port.port),
            Some(IntOrString::String(target)) => format!("{} to {target}{name}", port.port),
        }
    });
    let ports: Vec<String> = ports.collect();
    if !ports.is_empty() {
        let _ = write!(text, "\n\nports: {}", ports.join(", "));
    }
    let selector = &service.spec.spec.selector;
    let namespace = mesh.places.namespace_of(service.id);
    if selector.iter().next().is_some() {
        let ids = mesh.workloads.ids_matching(Some(namespace), selector);
        let ids: Vec<_> = ids.collect();
        if let Some(mtls) = effective::mtls_of_all(mesh, &ids) {
            let _ = write!(text, "\n\nmTLS: {mtls}");
        }
    }
    text
}

fn principal(server: &Server, world: &World, text: &str, targets: &[Target]) -> String {
    let cards = targets.iter().map(|target| card(server, world, target));
    let cards: Vec<String> = cards.collect();
    if !cards.is_empty() {
        return cards.join("\n\n");
    }
    let Some(identity) = Identity::parse(text) else {
        return String::new();
    };
    let workloads = run_as(identity.namespace, identity.account, &world.mesh);
    format!(
        "**ServiceAccount {}/{}**\n\n{}",
        identity.namespace,
        identity.account,
        run_as_it(&world.mesh, &workloads)
    )
}

fn run_as_it(mesh: &Mesh, workloads: &[ObjectId]) -> String {
    if workloads.is_empty() {
        return "no workload runs as it".to_owned();
    }
    format!("runs: {}", list(mesh, workloads.iter().copied()))
}

fn workloads(mesh: &Mesh, targets: &[Target]) -> String {
    match targets.len() {
        0 => "selects no workload".to_owned(),
        1 => format!("selects {}", list(mesh, targets.iter().map(|t| t.object))),
        n => format!(
            "selects {n} workloads: {}",
            list(mesh, targets.iter().map(|target| target.object))
        ),
    }
}

fn list(mesh: &Mesh, objects: impl ExactSizeIterator<Item = ObjectId>) -> String {
    let count = objects.len();
    let names = objects.take(LISTED).map(|object| title(mesh, object));
    let mut text = names.collect::<Vec<_>>().join(", ");
    if count > LISTED {
        let _ = write!(text, " and {} more", count - LISTED);
    }
    text
}
