//! MESH3001: a waypoint that does not handle the traffic that policies and routes are for.

use rustc_hash::FxHashSet;

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::mesh::ambient::{ServiceWaypoint, requires_waypoint};
use crate::model::attachment::{Attached, PolicyTargetReference};
use crate::model::core::Service;
use crate::model::gateway_api::{Gateway, ParentRef};
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "waypoint-for-mismatch",
    codes: &[Code::MESH3001],
    runs: &[Run::Mesh(waypoint_for_mismatch)],
};

const LABEL: &str = "istio.io/waypoint-for";

fn waypoint_for_mismatch(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part || mesh.objects.k8s_gateways.is_empty() {
        return;
    }
    let mut judge = Judge {
        mesh,
        told: FxHashSet::default(),
        findings,
    };
    let objects = &mesh.objects;
    judge.policies(&objects.authorization_policies);
    judge.policies(&objects.request_authentications);
    judge.policies(&objects.wasm_plugins);
    judge.policies(&objects.telemetries);
    judge.policies(&objects.traffic_extensions);
    for service in &objects.virtual_services {
        if !requires_waypoint(&service.spec) {
            continue;
        }
        for (i, name) in service.spec.hosts.iter().enumerate() {
            let host = mesh.registry.resolve(name, service.namespace());
            let target = mesh.registry.service(&host);
            if let Some(target) = target.filter(|target| is_ambient(mesh, target)) {
                judge.service(target, service.id, path!["spec", "hosts", i]);
            }
        }
    }
    for route in &objects.http_routes {
        judge.route(route, &route.spec.parent_refs);
    }
    for route in &objects.grpc_routes {
        judge.route(route, &route.spec.parent_refs);
    }
    for route in objects.tcp_routes.iter().chain(&objects.tls_routes) {
        judge.route(route, &route.spec.parent_refs);
    }
}

/// Whether the namespace of a Service is ambient: clients elsewhere apply routes themselves.
fn is_ambient(mesh: &Mesh, service: &Object<Service>) -> bool {
    let home = mesh.places.namespace_of(service.id);
    mesh.places.get(home).has_ambient_label()
}

struct Judge<'m, 'f> {
    mesh: &'m Mesh,
    told: FxHashSet<ObjectId>,
    findings: &'f mut Findings,
}

impl<'m> Judge<'m, '_> {
    fn policies<T: Attached>(&mut self, policies: &'m [Object<T>]) {
        for policy in policies {
            for (place, target) in policy.spec.targets_with_paths() {
                self.target(policy.id, policy.namespace(), place, target);
            }
        }
    }

    fn target(
        &mut self,
        policy: ObjectId,
        home: &str,
        place: FieldPath,
        target: &PolicyTargetReference,
    ) {
        let named = self.mesh.named(home, &target.name);
        if target.is("", "Service") {
            if let Some(service) = named.services() {
                self.service(service, policy, place);
            }
        } else if target.is("networking.istio.io", "ServiceEntry")
            && let Some(entry) = named.service_entries()
            && let Some(waypoint) = self.mesh.ambient.waypoint_of_entry(entry)
        {
            let what = format!("ServiceEntry {}", entry.name());
            self.waypoint(&waypoint, &what, policy, place);
        }
    }

    fn route<T>(&mut self, route: &'m Object<T>, parents: &'m [ParentRef]) {
        for (i, parent) in parents.iter().enumerate() {
            if !(parent.group().is_empty() && parent.kind() == "Service") {
                continue;
            }
            let place = parent.namespace(route.namespace());
            let service = self.mesh.named(place, &parent.name).services();
            if let Some(service) = service.filter(|own| is_ambient(self.mesh, own)) {
                self.service(service, route.id, path!["spec", "parentRefs", i]);
            }
        }
    }

    fn service(&mut self, service: &'m Object<Service>, by: ObjectId, place: FieldPath) {
        if let Some(waypoint) = self.mesh.ambient.waypoint_of_service(service) {
            let what = format!("Service {}", service.name());
            self.waypoint(&waypoint, &what, by, place);
        }
    }

    /// Reports a waypoint that what `by` is for passes by.
    fn waypoint(
        &mut self,
        waypoint: &ServiceWaypoint<'_>,
        what: &str,
        by: ObjectId,
        place: FieldPath,
    ) {
        let Some(gateway) = self.mesh.ambient.gateway_of(waypoint) else {
            return;
        };
        let (handled, said_by) = self.mesh.ambient.handled_traffic(gateway);
        let is_judged = !gateway.broken && !self.mesh.is_context(gateway.id);
        if !matches!(handled, "workload" | "none") || !is_judged || !self.told.insert(gateway.id) {
            return;
        }
        let finding = finding(self.mesh, gateway, handled, what, by);
        let mut finding = finding.related(by, place, "needs the waypoint");
        if let Some(class) = said_by.filter(|own| *own != gateway.id) {
            let at = path!["metadata", "labels", LABEL];
            finding = finding.related(class, at, "the label of the class");
        }
        let at = path!["metadata", "labels", "istio.io/use-waypoint"];
        self.findings
            .push(finding.related(waypoint.asked_by, at, "sends traffic to the waypoint"));
    }
}

fn finding(
    mesh: &Mesh,
    gateway: &Object<Gateway>,
    handled: &str,
    what: &str,
    by: ObjectId,
) -> Finding {
    let by = mesh.objects.header(by);
    let by = by.map_or_else(String::new, |own| format!("{} {}", own.kind, own.name));
    let scope = if handled == "none" {
        "no traffic"
    } else {
        "traffic to workloads alone"
    };
    let message = format!(
        "waypoint {} handles {scope} ({LABEL}: {handled}), so nothing enforces {by}, which is for \
         {what}",
        gateway.name()
    );
    let instead = if handled == "none" { "service" } else { "all" };
    let is_own = gateway.metadata.labels.contains_key(LABEL);
    let label = path!["metadata", "labels", LABEL];
    let place = if is_own {
        label.clone()
    } else {
        path!["spec", "gatewayClassName"]
    };
    let fix = is_own.then(|| {
        let fix = Fix::hazardous(format!("set {LABEL}: {instead}"));
        fix.write(gateway.id, label, instead)
    });
    Finding::new(Code::MESH3001, gateway.id, place, message)
        .help(format!("set {LABEL}: {instead}"))
        .fix(fix)
}
