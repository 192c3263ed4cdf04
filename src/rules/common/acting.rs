//! Which policies act together: on one workload, or on what one target stands for.

use std::slice::from_ref;

use rustc_hash::FxHashSet;

use crate::mesh::ambient::ServiceWaypoint;
use crate::mesh::security::{Attachments, PolicyGroup, Target};
use crate::mesh::{Mesh, NamespaceId};
use crate::model::{Labels, Object};

/// Labels of the pods that Istio makes for a Gateway, each of which has its name as value.
const GATEWAY_LABELS: [&str; 2] = [
    "gateway.networking.k8s.io/gateway-name",
    "istio.io/gateway-name",
];

/// The groups among `others` that act on one of the workloads or targets of `group`, each once.
pub(in crate::rules) fn acting_with<'m>(
    mesh: &'m Mesh,
    group: &PolicyGroup,
    others: &'m Attachments,
) -> Vec<&'m PolicyGroup> {
    let mut found = Vec::new();
    let mut known = FxHashSet::default();
    let mut add = |other: &'m PolicyGroup| {
        if known.insert(other.id) {
            found.push(other);
        }
    };
    for id in &group.workloads {
        others.of_workload(*id).for_each(&mut add);
    }
    for target in &group.targets {
        at_target(mesh, group.namespace, target, others, &mut add);
    }
    found
}

fn at_target<'m>(
    mesh: &'m Mesh,
    home: NamespaceId,
    target: &Target,
    others: &'m Attachments,
    add: &mut impl FnMut(&'m PolicyGroup),
) {
    others.naming(home, target.clone()).for_each(&mut *add);
    let place = mesh.places.name(home);
    let waypoint = match target {
        Target::Service(name) => {
            let service = mesh.named(place, name).services();
            service.and_then(|service| mesh.ambient.waypoint_of_service(service))
        }
        Target::ServiceEntry(name) => {
            let entry = mesh.named(place, name).service_entries();
            entry.and_then(|entry| mesh.ambient.waypoint_of_entry(entry))
        }
        Target::Gateway(name) => {
            if mesh.ambient.waypoint(place, name).is_some() {
                of_class(mesh, home, others, add);
            } else {
                of_generated_gateway(mesh, home, name, others)
                    .into_iter()
                    .for_each(add);
            }
            return;
        }
        Target::GatewayClass(_) | Target::Other => return,
    };
    if let Some(waypoint) = waypoint {
        at_waypoint(mesh, home, &waypoint, others, add);
    }
}

/// Those that act on a waypoint as a whole.
fn at_waypoint<'m>(
    mesh: &'m Mesh,
    home: NamespaceId,
    waypoint: &ServiceWaypoint<'_>,
    others: &'m Attachments,
    add: &mut impl FnMut(&'m PolicyGroup),
) {
    if let Some(place) = mesh.places.id(waypoint.namespace) {
        let target = Target::Gateway(waypoint.name.into());
        others.naming(place, target).for_each(&mut *add);
    }
    of_class(mesh, home, others, add);
}

/// Those that act on all waypoints.
fn of_class<'m>(
    mesh: &'m Mesh,
    home: NamespaceId,
    others: &'m Attachments,
    add: &mut impl FnMut(&'m PolicyGroup),
) {
    let root = mesh.places.control_plane_or_first(home).root_namespace;
    let target = Target::GatewayClass("istio-waypoint".into());
    others.naming(root, target).for_each(add);
}

/// The groups whose policies act on the pods that Istio makes for a Gateway.
pub(in crate::rules) fn of_generated_gateway<'m>(
    mesh: &'m Mesh,
    home: NamespaceId,
    gateway: &str,
    others: &'m Attachments,
) -> Vec<&'m PolicyGroup> {
    let root = mesh.places.control_plane_or_first(home).root_namespace;
    let both = GATEWAY_LABELS.map(|key| (key, gateway));
    let [own, older] = &both;
    let selectors: [&[(&str, &str)]; 4] = [&[], from_ref(own), from_ref(older), &both];
    let mut found: Vec<&PolicyGroup> = others
        .naming(home, Target::Gateway(gateway.into()))
        .collect();
    for place in [home, root] {
        let groups = selectors
            .iter()
            .filter_map(|labels| others.selecting(place, labels));
        for group in groups {
            if !found.iter().any(|own| own.id == group.id) {
                found.push(group);
            }
        }
    }
    found
}

/// The groups whose policies act on workloads of these labels that the input does not show, as far
/// as their selectors are the same, or select all.
pub(in crate::rules) fn of_unseen_workloads<'m>(
    mesh: &'m Mesh,
    home: NamespaceId,
    labels: &Labels,
    others: &'m Attachments,
) -> Vec<&'m PolicyGroup> {
    let root = mesh.places.control_plane_or_first(home).root_namespace;
    let own = labels.sorted();
    let mut found: Vec<&PolicyGroup> = Vec::new();
    for place in [home, root] {
        for labels in [own.as_slice(), &[]] {
            let group = others.selecting(place, labels);
            if let Some(group) = group.filter(|group| !found.iter().any(|own| own.id == group.id)) {
                found.push(group);
            }
        }
    }
    found
}

/// The policies of a group that are to be judged.
pub(in crate::rules) fn judged<'m, T>(
    group: &'m PolicyGroup,
    objects: &'m [Object<T>],
    mesh: &'m Mesh,
) -> impl Iterator<Item = &'m Object<T>> {
    members(group, objects).filter(|object| !object.broken && !mesh.is_context(object.id))
}

/// The policies of a group.
pub(in crate::rules) fn members<'m, T>(
    group: &'m PolicyGroup,
    objects: &'m [Object<T>],
) -> impl Iterator<Item = &'m Object<T>> {
    let positions = group.members.iter();
    positions.filter_map(|position| objects.get(*position as usize))
}

/// What a group's policies are for, in words: a workload, or what they name.
pub(in crate::rules) fn subject(mesh: &Mesh, group: &PolicyGroup) -> String {
    if let Some(target) = group.targets.first() {
        return match target {
            Target::Service(name) => format!("Service {name}"),
            Target::ServiceEntry(name) => format!("ServiceEntry {name}"),
            Target::Gateway(name) => format!("Gateway {name}"),
            Target::GatewayClass(name) => format!("GatewayClass {name}"),
            Target::Other => "its target".to_owned(),
        };
    }
    let place = mesh.places.name(group.namespace);
    let mut workloads = group.workloads.iter();
    match (group.labels.is_empty(), workloads.next()) {
        (false, Some(id)) => match mesh.workloads.get(*id) {
            Some(workload) => workload.name.to_string(),
            None => format!("namespace {place}"),
        },
        (false, None) => {
            let labels = group.labels.iter();
            let labels: Vec<String> = labels
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            format!("workloads with {}", labels.join(", "))
        }
        (true, _) if mesh.places.is_own_root(group.namespace) => "the mesh".to_owned(),
        (true, _) => format!("namespace {place}"),
    }
}
