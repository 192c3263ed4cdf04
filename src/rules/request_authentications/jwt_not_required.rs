//! MESH2006: tokens are read, and nothing asks for one.

use rustc_hash::FxHashMap;

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::mesh::security::{PolicyGroup, Target};
use crate::model::security::{RequestAuthentication, TokenPresence};
use crate::model::{Object, ObjectId};
use crate::rules::authorization_policies::tokens::asks_for_token;
use crate::rules::common::acting::{
    acting_with, judged, members, of_generated_gateway, of_unseen_workloads, subject,
};
use crate::rules::{Check, Run};
use crate::yaml::edit::Content;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "jwt-not-required",
    codes: &[Code::MESH2006],
    runs: &[Run::Mesh(jwt_not_required)],
};

fn jwt_not_required(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    let mut asking = Asking::new(mesh);
    for group in mesh.security.request_authentications().groups() {
        let policies: Vec<_> = judged(group, &mesh.objects.request_authentications, mesh)
            .filter(|policy| is_optional(&policy.spec))
            .collect();
        if policies.is_empty() || is_for_ztunnel(mesh, group) || asking.is_asked_at(group) {
            continue;
        }
        for policy in policies {
            findings.push(finding(mesh, group, policy));
        }
    }
}

/// Whether a policy reads tokens and lets requests without one pass.
fn is_optional(policy: &RequestAuthentication) -> bool {
    let mut rules = policy.jwt_rules.iter();
    !policy.jwt_rules.is_empty() && rules.all(|rule| rule.presence != TokenPresence::Required)
}

/// Whether all workloads of a group are in ambient mode, where ztunnel reads no tokens: another
/// check says so.
fn is_for_ztunnel(mesh: &Mesh, group: &PolicyGroup) -> bool {
    let mut workloads = group.workloads.iter();
    let is_ambient = |id| mesh.workloads.get(id).is_some_and(|own| own.is_ambient());
    group.targets.is_empty() && !group.workloads.is_empty() && workloads.all(|id| is_ambient(*id))
}

/// Which policies ask for a token, and where.
struct Asking<'m> {
    mesh: &'m Mesh,
    /// By the number of the group of AuthorizationPolicies.
    groups: Vec<bool>,
    /// By gateway, as far as it was asked.
    gateways: FxHashMap<ObjectId, bool>,
    /// Whether a VirtualService routes by what tokens say.
    by_route: bool,
}

impl<'m> Asking<'m> {
    fn new(mesh: &'m Mesh) -> Self {
        let policies = mesh.security.authorization_policies();
        let asks = |group: &PolicyGroup| {
            let mut members = members(group, &mesh.objects.authorization_policies);
            members.any(|policy| asks_for_token(&policy.spec))
        };
        let mut services = mesh.objects.virtual_services.iter();
        Self {
            mesh,
            groups: policies.groups().iter().map(asks).collect(),
            gateways: FxHashMap::default(),
            by_route: services.any(|service| {
                let routes = service.spec.http.iter();
                let mut matches = routes.flat_map(|route| &route.matches);
                matches.any(|block| {
                    let mut headers = block.headers.keys().chain(block.without_headers.keys());
                    headers.any(|key| key.starts_with("@request.auth."))
                })
            }),
        }
    }

    fn asks(&self, group: &PolicyGroup) -> bool {
        let asks = self.groups.get(group.id as usize);
        asks.copied().unwrap_or(false)
    }

    /// Whether something asks for a token where a group of RequestAuthentications acts, or at the
    /// gateways before that.
    fn is_asked_at(&mut self, group: &PolicyGroup) -> bool {
        let mesh = self.mesh;
        let policies = mesh.security.authorization_policies();
        let mut together = acting_with(mesh, group, policies);
        if group.targets.is_empty() && group.workloads.is_empty() {
            together = of_unseen_workloads(mesh, group.namespace, &group.labels, policies);
        }
        if together.iter().any(|other| self.asks(other)) {
            return true;
        }
        let is_at_edge = group
            .workloads
            .iter()
            .any(|id| mesh.routing.is_at_edge(*id))
            || group
                .targets
                .iter()
                .any(|target| matches!(target, Target::Gateway(_)));
        if is_at_edge && self.by_route {
            return true;
        }
        let workloads = group
            .workloads
            .iter()
            .filter_map(|id| mesh.workloads.get(*id));
        let mut services = workloads.flat_map(|workload| {
            mesh.registry
                .services_selecting(workload.namespace, &workload.labels)
        });
        services.any(|service| {
            let mut routes = mesh.routing.ingress_routes(service.id).iter();
            routes.any(|route| self.is_asked_by(route.gateway))
        })
    }

    /// Whether a gateway asks for tokens.
    fn is_asked_by(&mut self, gateway: ObjectId) -> bool {
        if let Some(known) = self.gateways.get(&gateway) {
            return *known;
        }
        let asked = self.by_route || self.groups_at(gateway).iter().any(|own| self.asks(own));
        self.gateways.insert(gateway, asked);
        asked
    }

    fn groups_at(&self, gateway: ObjectId) -> Vec<&'m PolicyGroup> {
        let mesh = self.mesh;
        let policies = mesh.security.authorization_policies();
        let Some(header) = mesh.objects.header(gateway) else {
            return Vec::new();
        };
        let named = mesh.named(&header.namespace, &header.name);
        if let Some(own) = named.gateways().filter(|own| own.id == gateway) {
            let ids = mesh.routing.gateway_pods(own).workloads.iter();
            return ids.flat_map(|id| policies.of_workload(*id)).collect();
        }
        let home = mesh.places.namespace_of(gateway);
        of_generated_gateway(mesh, home, &header.name, policies)
    }
}

fn finding(mesh: &Mesh, group: &PolicyGroup, policy: &Object<RequestAuthentication>) -> Finding {
    let message = format!(
        "requests without a token pass: no AuthorizationPolicy for {} asks for a request principal",
        subject(mesh, group)
    );
    let mut finding = Finding::new(Code::MESH2006, policy.id, "spec/jwtRules", message)
        .help("add an AuthorizationPolicy with action DENY and notRequestPrincipals: [\"*\"]")
        .fix(fix(group, policy));
    let workload = group.workloads.first();
    if let Some(workload) = workload.and_then(|id| mesh.workloads.get(*id)) {
        finding = finding.related(workload.object, "", "a workload that it acts on");
    }
    finding
}

/// A policy beside the RequestAuthentication that denies what comes without a token.
fn fix(group: &PolicyGroup, policy: &Object<RequestAuthentication>) -> Option<Fix> {
    if !group.targets.is_empty() {
        return None;
    }
    let name = ecow::eco_format!("{}-require-token", policy.name());
    let text = |text: &str| Content::text(text);
    let source = Content::mapping([("notRequestPrincipals", Content::List(vec![text("*")]))]);
    let from = Content::List(vec![Content::mapping([("source", source)])]);
    let rules = Content::List(vec![Content::mapping([("from", from)])]);
    let labels = group.labels.iter();
    let labels = labels.map(|(key, value)| (key.clone(), text(value)));
    let selector = Content::mapping([("matchLabels", Content::Mapping(labels.collect()))]);
    let mut spec = vec![("action".into(), text("DENY")), ("rules".into(), rules)];
    if !group.labels.is_empty() {
        spec.insert(0, ("selector".into(), selector));
    }
    let namespace = policy.metadata.namespace.clone();
    let document = Content::mapping([
        ("apiVersion", text("security.istio.io/v1")),
        ("kind", text("AuthorizationPolicy")),
        (
            "metadata",
            Content::mapping([("name", text(&name)), ("namespace", text(&namespace))]),
        ),
        ("spec", Content::Mapping(spec)),
    ]);
    let fix = Fix::hazardous("deny requests without a token");
    Some(fix.new_document(policy.id, document))
}
