//! KIA0109, KIA0110, KIA1110, KIA1111, KIA1112, KIA1115, KIA1116, KIA1117: policies in ambient
//! namespaces that only a waypoint can enforce.

use super::{label, with_namespace};
use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::Evidence;
use crate::mesh::ambient::is_l7_telemetry;
use crate::mesh::{Mesh, NamespaceId, Workload};
use crate::model::attachment::Attached;
use crate::model::extensions::WasmPlugin;
use crate::model::security::{AuthorizationPolicy, RequestAuthentication};
use crate::model::telemetry::Telemetry;
use crate::model::{Labels, Object};
use crate::rules::common::{DENIES_ALL, words};
use crate::rules::several_kinds::selector_without_workload::generated_gateway;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "policy-without-waypoint",
    codes: &[
        Code::KIA0109,
        Code::KIA0110,
        Code::KIA1110,
        Code::KIA1111,
        Code::KIA1112,
        Code::KIA1115,
        Code::KIA1116,
        Code::KIA1117,
    ],
    runs: &[
        Run::AuthorizationPolicy(policy_without_waypoint::<AuthorizationPolicy>),
        Run::RequestAuthentication(policy_without_waypoint::<RequestAuthentication>),
        Run::WasmPlugin(policy_without_waypoint::<WasmPlugin>),
        Run::Telemetry(policy_without_waypoint::<Telemetry>),
    ],
};

const GATEWAY_API: &str = "gateway.networking.k8s.io";

/// A kind of policy that waypoints enforce.
pub(super) trait WaypointPolicy: Attached {
    /// The code for a policy that names no target.
    const UNTARGETED: Code;
    /// The code for a policy for something that uses no waypoint.
    const UNENROLLED: Code;
    /// Whether objects without selector hold for the waypoints of their namespace.
    const HOLDS_FOR_NAMESPACE: bool;

    /// Whether only a waypoint can enforce it.
    fn needs_waypoint(&self, mesh: &Mesh) -> bool;
    /// What ambient mode does with it instead.
    fn otherwise() -> &'static str;
    /// Whether ztunnel, which enforces it instead, denies everything because of it.
    fn denies_all(&self, mesh: &Mesh) -> bool;
}

macro_rules! waypoint_policies {
    ($($kind:ident: $untargeted:ident, $unenrolled:ident, $wide:literal, |$spec:ident, $mesh:ident| ($needs:expr, $denies:expr), $otherwise:literal;)+) => {
        $(impl WaypointPolicy for $kind {
            const UNTARGETED: Code = Code::$untargeted;
            const UNENROLLED: Code = Code::$unenrolled;
            const HOLDS_FOR_NAMESPACE: bool = $wide;

            fn needs_waypoint(&self, $mesh: &Mesh) -> bool {
                let $spec = self;
                $needs
            }
            fn otherwise() -> &'static str {
                $otherwise
            }
            fn denies_all(&self, $mesh: &Mesh) -> bool {
                let $spec = self;
                let _ = $spec;
                $denies
            }
        })+
    };
}
waypoint_policies! {
    AuthorizationPolicy: KIA0110, KIA0109, false, |spec, mesh| (mesh.ambient.needs_l7_authorization(spec), mesh.ambient.ztunnel_denies_all(spec)),
        "ztunnel knows no HTTP: to it such rules never match in ALLOW policies and always in DENY policies";
    RequestAuthentication: KIA1115, KIA1110, false, |_spec, _mesh| (true, false),
        "ztunnel does not look at tokens";
    WasmPlugin: KIA1116, KIA1111, false, |_spec, _mesh| (true, false),
        "ztunnel runs no plugins";
    Telemetry: KIA1117, KIA1112, true, |spec, _mesh| (is_l7_telemetry(spec), false),
        "ztunnel does not read Telemetry";
}

/// Checks a policy.
fn policy_without_waypoint<T: WaypointPolicy>(
    policy: &Object<T>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let home = mesh.places.namespace_of(policy.id);
    let namespace = mesh.places.get(home);
    // AuthorizationPolicies are judged in managed namespaces alone.
    let judged = if T::UNTARGETED == Code::KIA0110 {
        namespace.is_managed()
    } else {
        namespace.is_known
    };
    if !judged || !namespace.has_ambient_label() || !policy.spec.needs_waypoint(mesh) {
        return;
    }
    if !mesh.quirks.ambient_selectors_have_no_effect && selects_proxies(&policy.spec, mesh, home) {
        return;
    }
    let selector = policy.spec.selected_labels();
    if !mesh.quirks.run_time_plays_no_part {
        findings.extend(one_cause(policy, selector, mesh, home));
        return;
    }
    if policy.spec.targets().next().is_none() {
        let is_wide = T::HOLDS_FOR_NAMESPACE && selector.is_none();
        if !is_wide || mesh.quirks.ambient_selectors_have_no_effect {
            findings.push(untargeted(policy, selector, mesh, home));
        }
    }
    if let Some(what) = not_enrolled(policy, selector, mesh, home) {
        findings.push(unenrolled(policy, &what, mesh, home));
    }
}

/// The one finding of a policy. Without a waypoint that it names no target is beside the point.
fn one_cause<T: WaypointPolicy>(
    policy: &Object<T>,
    selector: Option<&Labels>,
    mesh: &Mesh,
    home: NamespaceId,
) -> Option<Finding> {
    let is_untargeted = policy.spec.targets().next().is_none();
    let is_wide = T::HOLDS_FOR_NAMESPACE && selector.is_none();
    if let Some(what) = not_enrolled(policy, selector, mesh, home) {
        // The finding at the workload says it (KIA1317).
        let is_at_workload = T::UNTARGETED == Code::KIA0110 && what.workload.is_some();
        if is_at_workload {
            return None;
        }
        let mut finding = unenrolled(policy, &what, mesh, home);
        if is_untargeted && !is_wide {
            finding.aliases.push(T::UNTARGETED);
        }
        return Some(weigh(finding, policy, mesh));
    }
    let is_passed_over = is_untargeted && !is_wide && has_waypoint(selector, mesh, home);
    is_passed_over.then(|| {
        let finding = untargeted(policy, selector, mesh, home);
        weigh(finding, policy, mesh)
    })
}

/// A policy that makes ztunnel deny everything is an error.
fn weigh<T: WaypointPolicy>(mut finding: Finding, policy: &Object<T>, mesh: &Mesh) -> Finding {
    // ztunnel is sent no policy that names a target.
    if policy.spec.targets().next().is_none() && policy.spec.denies_all(mesh) {
        finding.severity = Severity::Error;
        finding.message.push_str(DENIES_ALL);
    }
    finding
}

/// Whether a waypoint is there that could take notice of a policy, as far as the input tells.
fn has_waypoint(selector: Option<&Labels>, mesh: &Mesh, home: NamespaceId) -> bool {
    let namespace = mesh.places.get(home);
    let may_be_elsewhere =
        || mesh.evidence.knows_k8s_gateways_in(&namespace.name) != Evidence::Shown;
    if let Some(labels) = selector {
        let mut workloads = mesh.workloads.matching(home, labels);
        workloads.any(|workload| mesh.ambient.chosen_waypoint(workload).is_some())
            || may_be_elsewhere()
    } else {
        let name = namespace.labels.get("istio.io/use-waypoint");
        name.is_some_and(|name| mesh.ambient.waypoint(&namespace.name, name).is_some())
            || may_be_elsewhere()
    }
}

/// Whether the policy selects workloads, and all of them have proxies of their own, which ask no
/// waypoint.
fn selects_proxies<T: WaypointPolicy>(spec: &T, mesh: &Mesh, home: NamespaceId) -> bool {
    let Some(labels) = spec.selected_labels() else {
        return false;
    };
    if spec.targets().next().is_some() {
        return false;
    }
    let has_proxy = |workload: &Workload| {
        !workload.is_waypoint()
            && (workload.is_gateway() || workload.has_pods() && workload.has_sidecars())
    };
    let mut workloads = mesh.workloads.matching(home, labels).peekable();
    if workloads.peek().is_some() {
        return workloads.all(has_proxy);
    }
    let namespace = mesh.places.name(home);
    generated_gateway(mesh, home, labels)
        .is_some_and(|gateway| mesh.ambient.waypoint(namespace, gateway.name()).is_none())
}

fn untargeted<T: WaypointPolicy>(
    policy: &Object<T>,
    selector: Option<&Labels>,
    mesh: &Mesh,
    home: NamespaceId,
) -> Finding {
    let (message, place) = match selector {
        Some(labels) => (
            format!(
                "{} {} selects {}, but waypoints ignore selectors; {}",
                T::KIND.name(),
                policy.name(),
                words::labels(labels),
                T::otherwise()
            ),
            T::selector_path(),
        ),
        None => (
            format!(
                "{} {} names no Service or Gateway, so no waypoint takes notice of it; {}",
                T::KIND.name(),
                policy.name(),
                T::otherwise()
            ),
            FieldPath::root(),
        ),
    };
    let selected = selector.and_then(|labels| mesh.workloads.matching(home, labels).next());
    let service = selected.and_then(|workload| {
        mesh.registry
            .services_selecting(home, &workload.labels)
            .next()
            .map(Object::name)
    });
    let help = match service {
        Some(name) => {
            format!("replace the selector by targetRefs: [{{kind: Service, name: {name}}}]")
        }
        None => "add targetRefs that name a Service or a waypoint's Gateway".to_owned(),
    };
    let finding = Finding::new(T::UNTARGETED, policy.id, "", message)
        .points_at(place)
        .help(help);
    with_namespace(finding, mesh, home)
}

/// What is not enrolled.
struct Unenrolled<'m> {
    /// In words.
    what: String,
    /// Where the policy names it.
    path: FieldPath,
    /// A workload of the policy's.
    workload: Option<&'m Workload>,
}

fn not_enrolled<'m, T: WaypointPolicy>(
    policy: &Object<T>,
    selector: Option<&'m Labels>,
    mesh: &'m Mesh,
    home: NamespaceId,
) -> Option<Unenrolled<'m>> {
    let namespace = &mesh.places.get(home).name;
    let mut any_service = false;
    for (path, target) in policy.spec.targets_with_paths() {
        if target.is("", "Service")
            && let Some(service) = mesh.places.named(namespace, &target.name).services()
        {
            any_service = true;
            if !mesh.ambient.is_enrolled(&service.metadata.labels, home) {
                return Some(Unenrolled {
                    what: format!("Service {}", target.name),
                    path,
                    workload: None,
                });
            }
        }
    }
    if any_service || has_other_target(&policy.spec, mesh, home) {
        return None;
    }
    let by_namespace = || {
        (!mesh.ambient.is_namespace_enrolled(home)).then(|| Unenrolled {
            what: format!("namespace {namespace}"),
            path: FieldPath::root(),
            workload: None,
        })
    };
    let Some(labels) = selector else {
        return by_namespace();
    };
    let mut any = false;
    for workload in mesh.workloads.matching(home, labels) {
        if workload.is_waypoint() {
            continue;
        }
        any = true;
        if !workload.opts_out_of_ambient() && !mesh.ambient.is_enrolled(&workload.labels, home) {
            return Some(Unenrolled {
                what: format!("workload {}", workload.name),
                path: T::selector_path(),
                workload: Some(workload),
            });
        }
    }
    if any { None } else { by_namespace() }
}

/// Whether the policy targets something that exists and needs no label of this namespace: a
/// Gateway, the class of all waypoints, or a ServiceEntry that is enrolled.
fn has_other_target<T: WaypointPolicy>(spec: &T, mesh: &Mesh, home: NamespaceId) -> bool {
    if mesh.quirks.gateway_targets_need_enrollment {
        return false;
    }
    let namespace = mesh.places.name(home);
    spec.targets().any(|target| {
        let named = mesh.named(namespace, &target.name);
        if target.is(GATEWAY_API, "Gateway") {
            named.k8s_gateways().is_some()
                || mesh.ambient.waypoint(namespace, &target.name).is_some()
        } else if target.is("networking.istio.io", "Gateway") {
            named.gateways().is_some()
        } else if target.is("networking.istio.io", "ServiceEntry") {
            let entry = named.service_entries();
            entry.is_some_and(|entry| mesh.ambient.is_enrolled(&entry.metadata.labels, home))
        } else {
            target.is(GATEWAY_API, "GatewayClass")
        }
    })
}

fn unenrolled<T: WaypointPolicy>(
    policy: &Object<T>,
    missing: &Unenrolled<'_>,
    mesh: &Mesh,
    home: NamespaceId,
) -> Finding {
    let outcome = if policy.spec.targets().next().is_some() {
        "nothing enforces it"
    } else {
        T::otherwise()
    };
    let message = format!(
        "{} {} needs a waypoint, but {} uses none; {outcome}",
        T::KIND.name(),
        policy.name(),
        missing.what,
    );
    let mut finding = Finding::new(T::UNENROLLED, policy.id, "", message)
        .points_at(missing.path.clone())
        .help(format!(
            "label the namespace or the Service {}",
            label(mesh, home)
        ));
    if let Some(workload) = missing.workload {
        finding = finding.related(workload.object, "", "uses no waypoint");
    }
    with_namespace(finding, mesh, home)
}
