//! MESH1023: delegates whose routes istiod leaves out.

use crate::diagnostics::{Code, Evidence, Finding, Findings, Fix, Severity};
use crate::mesh::Mesh;
use crate::mesh::routing::{Delegation, Routing, is_within_root};
use crate::model::Object;
use crate::model::networking::{HttpMatchRequest, VirtualService};
use crate::nearest::nearest;
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::edit::Change;
use crate::yaml::{FieldPath, is_placeholder};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "delegate-without-effect",
    codes: &[Code::MESH1023],
    runs: &[
        Run::VirtualService(delegate_without_effect),
        Run::VirtualService(matches_outside_the_root),
    ],
};

/// Looks at the delegates that a VirtualService names.
fn delegate_without_effect(root: &Object<VirtualService>, mesh: &Mesh, findings: &mut Findings) {
    // What a delegate delegates is told where the delegate is named.
    if root.spec.hosts.is_empty() {
        return;
    }
    for (at, route) in root.spec.http.iter().enumerate() {
        let Some(delegate) = &route.delegate else {
            continue;
        };
        let namespace = Routing::delegate_namespace(delegate, root.namespace());
        if is_placeholder(&delegate.name) || is_placeholder(namespace) {
            continue;
        }
        let path = path!["spec", "http", at, "delegate", "name"];
        match mesh.named(namespace, &delegate.name).virtual_services() {
            None => findings.push(missing(root, path, namespace, &delegate.name, mesh)),
            Some(found) if found.broken => {}
            Some(found) => findings.extend(no_delegate(root, path, found, mesh)),
        }
    }
}

fn missing(
    root: &Object<VirtualService>,
    path: FieldPath,
    namespace: &str,
    name: &str,
    mesh: &Mesh,
) -> Finding {
    let message = format!(
        "VirtualService {namespace}/{name} does not exist, so requests that this route takes are \
         answered with 404"
    );
    let finding = Finding::new(Code::MESH1023, root.id, path.clone(), message);
    let there = mesh.places.id(namespace).map(|id| mesh.of(id));
    let near = there.and_then(|of| nearest(name, of.virtual_services(), |other| other.name()));
    let finding = match near {
        Some(near) => {
            let found = near.what.name().to_owned();
            let fix = Fix::guess(format!("delegate to {found}"), &near);
            finding
                .help(format!("namespace {namespace} has VirtualService {found}"))
                .fix(fix.map(|fix| fix.write(root.id, path, found)))
        }
        None => finding.help("name a VirtualService without hosts, or give the route destinations"),
    };
    finding.given(mesh.evidence.knows_virtual_services_in(namespace))
}

/// Why a VirtualService is no delegate of another one.
fn no_delegate(
    root: &Object<VirtualService>,
    path: FieldPath,
    delegate: &Object<VirtualService>,
    mesh: &Mesh,
) -> Option<Finding> {
    let name = format!("{}/{}", delegate.namespace(), delegate.name());
    let finding = |why: &str| {
        let message = format!(
            "VirtualService {name} {why}: its routes are left out, and requests for them are \
             answered with 404"
        );
        Finding::new(Code::MESH1023, root.id, path.clone(), message)
    };
    if !delegate.spec.hosts.is_empty() {
        let mut fix = Fix::hazardous(format!("make {name} a delegate")).change(
            delegate.id,
            path!["spec", "hosts"],
            Change::Remove,
        );
        let mut fields = "hosts";
        if !delegate.spec.gateways.is_empty() {
            fix = fix.change(delegate.id, path!["spec", "gateways"], Change::Remove);
            fields = "hosts and gateways";
        }
        let found = finding("has hosts, so it is no delegate")
            .help(format!("remove {fields} from {name}"))
            .related(delegate.id, "spec/hosts", "a delegate has no hosts");
        return Some(found.fix(fix));
    }
    let mut routes = delegate.spec.http.iter();
    if let Some(at) = routes.position(|route| route.delegate.is_some()) {
        return Some(
            finding("delegates in turn, and delegation goes down one level only")
                .help(format!(
                    "delegate to what {name} names, or give its routes destinations"
                ))
                .related(
                    delegate.id,
                    path!["spec", "http", at, "delegate"],
                    "delegates again",
                ),
        );
    }
    let home = mesh.places.namespace_of(root.id);
    if mesh.visibility.is_visible(delegate.id, home) {
        return None;
    }
    let own = root.namespace();
    let found = finding(&format!("is not exported to namespace {own}"))
        .help(format!("add {own} to exportTo of {name}"))
        .related(delegate.id, "spec/exportTo", "who sees the delegate");
    Some(found.given(
        if mesh.places.is_unplaced(root.id) || mesh.places.is_unplaced(delegate.id) {
            Evidence::NotShown("the manifests do not name their namespaces".to_owned())
        } else {
            Evidence::Shown
        },
    ))
}

/// Looks at the matches of a delegate: each must lie within one of the routes that hand it requests.
fn matches_outside_the_root(
    delegate: &Object<VirtualService>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    const ROOTS: usize = 8;
    const MATCHES: usize = 32;
    let spec = &delegate.spec;
    if !spec.hosts.is_empty() || spec.http.iter().all(|route| route.matches.is_empty()) {
        return;
    }
    let delegations: Vec<Delegation<'_>> = mesh
        .routing
        .delegations_to(delegate)
        .take(ROOTS + 1)
        .collect();
    let mut roots: Vec<(&Delegation<'_>, &HttpMatchRequest, usize)> = Vec::new();
    for delegation in &delegations {
        let matches = &delegation.route.matches;
        if matches.is_empty() || delegation.root.broken {
            return;
        }
        let matches = matches.iter().enumerate();
        roots.extend(matches.map(|(at, matching)| (delegation, matching, at)));
    }
    // Where many hand requests to it nobody can tell what a match is for.
    let Some((first, _, first_at)) = roots.first().copied() else {
        return;
    };
    if delegations.len() > ROOTS || roots.len() > MATCHES {
        return;
    }
    for (i, route) in spec.http.iter().enumerate() {
        for (j, own) in route.matches.iter().enumerate() {
            if roots.iter().any(|(_, root, _)| is_within_root(root, own)) {
                continue;
            }
            let root = format!("{}/{}", first.root.namespace(), first.root.name());
            let message = format!(
                "no request that VirtualService {root} hands on can match here: istiod leaves the \
                 route out"
            );
            let path = path!["spec", "http", i, "match", j];
            let finding = Finding::new(Code::MESH1023, delegate.id, path, message)
                .severity(Severity::Warning)
                .help("narrow the match of the route that delegates: a longer prefix, the same headers")
                .related(
                    first.root.id,
                    path!["spec", "http", first.index, "match", first_at],
                    "hands on what matches here",
                );
            findings.push(finding);
        }
    }
}
