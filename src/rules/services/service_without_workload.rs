//! MESH1027: a Service that routes lead to and no workload stands behind.

use crate::diagnostics::{Code, Evidence, Finding, Findings, Fix, Severity};
use crate::mesh::{Mesh, Workload};
use crate::model::core::Service;
use crate::model::{Labels, Object, Str};
use crate::path;
use crate::rules::common::words;
use crate::rules::several_kinds::selector_without_workload::generated_gateway;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "service-without-workload",
    codes: &[Code::MESH1027],
    runs: &[Run::Service(service_without_workload)],
};

fn service_without_workload(service: &Object<Service>, mesh: &Mesh, findings: &mut Findings) {
    let selector = &service.spec.spec.selector;
    let is_open = |text: &Str| words::is_unresolved(mesh, text);
    if selector.is_empty()
        || service.spec.is_external_name()
        || selector
            .iter()
            .any(|(key, value)| is_open(key) || is_open(value))
    {
        return;
    }
    let routes = mesh.routing.routes_to(service);
    let Some(first) = routes.first() else {
        return;
    };
    let home = mesh.places.namespace_of(service.id);
    let is_backed = mesh
        .routing
        .has_selected(home, selector, &Labels::default())
        || mesh
            .evidence
            .has_made_workload(Some(service.namespace()), selector)
        || generated_gateway(mesh, home, selector).is_some();
    if is_backed || mesh.evidence.knows_selected(service.id, selector) != Evidence::Shown {
        return;
    }
    let near = Near::find(service, mesh);
    let header = mesh.objects.header(first.object);
    let route = header.map_or_else(String::new, |header| {
        format!("{} {}/{}", header.kind, header.namespace, header.name)
    });
    let message = format!(
        "no workload of namespace {} has {}, so Service {} has no endpoints: requests that {route} \
         sends there are answered with 503",
        service.namespace(),
        words::labels(selector),
        service.name()
    );
    let mut finding = Finding::new(
        Code::MESH1027,
        service.id,
        path!["spec", "selector"],
        message,
    );
    for route in routes {
        finding = finding.related(route.object, route.path.clone(), "leads here");
    }
    findings.push(match near {
        Some(near) => near.tell(finding, service),
        None => finding
            .severity(Severity::Info)
            .help("use labels of the Pod template (spec.template.metadata.labels)"),
    });
}

/// A workload that was probably meant.
struct Near<'m> {
    workload: &'m Workload,
    /// The labels in which it differs, with its own value.
    differing: Vec<(&'m Str, &'m Str)>,
}

impl<'m> Near<'m> {
    /// The workload of the Service's name, or one that has the same labels with other values, the
    /// fewest of them.
    fn find(service: &'m Object<Service>, mesh: &'m Mesh) -> Option<Self> {
        const LOOKED_AT: usize = 200;
        let selector = &service.spec.spec.selector;
        let home = mesh.places.namespace_of(service.id);
        let workloads = mesh.workloads.of(home).iter().take(LOOKED_AT);
        let mut best: Option<(bool, usize, Self)> = None;
        for workload in workloads {
            let has_all = selector.keys().all(|key| workload.labels.contains_key(key));
            let is_namesake = workload.name == service.name();
            if !has_all && !is_namesake {
                continue;
            }
            let differing: Vec<_> = selector
                .iter()
                .filter_map(|(key, value)| {
                    let own = workload.labels.get(key)?;
                    (own != value).then_some((key, own))
                })
                .collect();
            let rank = (!is_namesake, differing.len());
            if best
                .as_ref()
                .is_none_or(|(named, count, _)| rank < (*named, *count))
            {
                best = Some((
                    rank.0,
                    rank.1,
                    Self {
                        workload,
                        differing,
                    },
                ));
            }
        }
        best.map(|(.., near)| near)
    }

    fn tell(&self, finding: Finding, service: &Object<Service>) -> Finding {
        let Self {
            workload,
            differing,
        } = self;
        let what = format!("{} {}", words::kind(workload), workload.name);
        let finding = finding
            .help(format!(
                "{what} has {}: correct the selector",
                words::labels(&workload.labels)
            ))
            .related(
                workload.object,
                path!["spec", "template", "metadata", "labels"],
                "comes nearest",
            );
        // Only the workload of the name is certainly meant, and only values can be corrected.
        let is_certain = workload.name == service.name();
        let [(key, own)] = differing.as_slice() else {
            return finding;
        };
        let fix = Fix::hazardous(format!("select {what}")).write(
            service.id,
            path!["spec", "selector", key.as_str()],
            own.as_str(),
        );
        finding.fix(is_certain.then_some(fix))
    }
}
