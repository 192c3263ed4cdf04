//! KIA1211, KIA1212, MESH1031: several ServiceEntries for one host and port, with one protocol or
//! several, or with several resolutions.
//!
//! Only entries that some namespace sees and imports together collide. Hosts that are defined once
//! are put aside first, so that scope classes are asked about the few others.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::visibility::Seen;
use crate::mesh::{Audience, Mesh, NamespaceId, ScopeClass};
use crate::model::networking::{Resolution, ServiceEntry};
use crate::model::{Object, ObjectId, Str};
use crate::path;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "service-entries-share-host",
    codes: &[Code::KIA1211, Code::KIA1212, Code::MESH1031],
    runs: &[Run::Mesh(service_entries_share_host)],
};

/// How many of the others a finding names.
const SHOWN: usize = 8;

/// One port of a ServiceEntry, for one of its hosts.
struct Entry<'m> {
    object: &'m Object<ServiceEntry>,
    /// Index of the port.
    port: usize,
    protocol: Str,
}

/// A host and port that several entries define, in load order.
struct Group<'m> {
    host: Str,
    port: u32,
    entries: Vec<Entry<'m>>,
}

/// An entry: its group, and its place in it.
type Member = (usize, usize);

/// A collision: group, entry, whether protocols differ.
type Collision = (usize, usize, bool);

fn service_entries_share_host(mesh: &Mesh, findings: &mut Findings) {
    let groups = groups(mesh);
    if groups.is_empty() {
        return;
    }
    let mut members: FxHashMap<ObjectId, Vec<Member>> = FxHashMap::default();
    for (number, group) in groups.iter().enumerate() {
        for (at, entry) in group.entries.iter().enumerate() {
            let of_object = members.entry(entry.object.id).or_default();
            of_object.push((number, at));
        }
    }
    let mut judge = Judge {
        mesh,
        groups: &groups,
        members,
        found: FxHashMap::default(),
    };
    judge.judge();
    judge.report(findings);
}

/// The hosts and ports that are defined more than once.
fn groups(mesh: &Mesh) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut numbers: FxHashMap<(Str, u32), usize> = FxHashMap::default();
    for object in &mesh.objects.service_entries {
        for host in &object.spec.hosts {
            if is_unresolved(mesh, host) {
                continue;
            }
            let host = host.to_lowercase();
            for (at, port) in object.spec.ports.iter().enumerate() {
                let key = (host.clone(), port.number);
                let number = *numbers.entry(key).or_insert_with_key(|(host, port)| {
                    groups.push(Group {
                        host: host.clone(),
                        port: *port,
                        entries: Vec::new(),
                    });
                    groups.len() - 1
                });
                if let Some(group) = groups.get_mut(number) {
                    group.entries.push(Entry {
                        object,
                        port: at,
                        protocol: port.protocol.to_uppercase(),
                    });
                }
            }
        }
    }
    groups.retain(|group| collide(&group.entries.iter().collect::<Vec<_>>(), mesh));
    groups
}

/// Whether several entries collide at all.
fn collide(entries: &[&Entry<'_>], mesh: &Mesh) -> bool {
    if mesh.quirks.service_entries_collide_by_names_alone {
        return entries.len() > 1;
    }
    let Some(first) = entries.first() else {
        return false;
    };
    // Documents of one name are versions of one object.
    let are_several = entries
        .iter()
        .any(|entry| identity(entry.object, mesh) != identity(first.object, mesh));
    are_several && (have_several_protocols(entries) || !are_parts_of_one(entries, mesh))
}

fn identity<'m>(object: &'m Object<ServiceEntry>, mesh: &Mesh) -> (NamespaceId, &'m str) {
    (mesh.places.namespace_of(object.id), object.name())
}

fn have_several_protocols(entries: &[&Entry<'_>]) -> bool {
    let first = entries.first().map(|entry| &entry.protocol);
    entries.iter().any(|entry| Some(&entry.protocol) != first)
}

/// Whether the entries of one namespace each add endpoints of their own to one service, which
/// Istio merges.
fn are_parts_of_one(entries: &[&Entry<'_>], mesh: &Mesh) -> bool {
    let Some(first) = entries.first() else {
        return false;
    };
    let home = mesh.places.namespace_of(first.object.id);
    entries.iter().all(|entry| {
        let spec = &entry.object.spec;
        mesh.places.namespace_of(entry.object.id) == home
            && spec.resolution == first.object.spec.resolution
            && spec.location == first.object.spec.location
            && (!spec.endpoints.is_empty() || spec.workload_selector.is_some())
    })
}

struct Judge<'g, 'm> {
    mesh: &'m Mesh,
    groups: &'g [Group<'m>],
    /// The entries of each object.
    members: FxHashMap<ObjectId, Vec<Member>>,
    /// What each colliding entry collides with, at most [`SHOWN`] others.
    found: FxHashMap<Collision, Vec<usize>>,
}

/// The entries of a group that everyone sees.
struct Common {
    entries: Vec<usize>,
    /// Enough of them to tell what becomes of them together with others.
    examples: Vec<usize>,
    /// What they were reported for: one protocol (false), several (true).
    reported: Vec<bool>,
}

impl Judge<'_, '_> {
    fn judge(&mut self) {
        let (unlimited, limited): (Vec<&ScopeClass>, Vec<&ScopeClass>) = self
            .mesh
            .visibility
            .scope_classes()
            .iter()
            .partition(|class| class.scope.is_unlimited());
        if !unlimited.is_empty() {
            self.judge_unlimited(&unlimited);
        }
        for class in limited {
            let imported = self.imported(class);
            for members in self.members_of(imported).chunk_by(|a, b| a.0 == b.0) {
                let number = members.first().map_or(0, |(number, _)| *number);
                let entries: Vec<usize> = members.iter().map(|(_, at)| *at).collect();
                if let Some(conflict) = self.outcome(number, &entries) {
                    let examples = self.examples(number, &entries);
                    self.note(number, &entries, &examples, conflict);
                }
            }
        }
    }

    /// Judges what scope classes without Sidecar see: what everyone sees once, and for each scope
    /// class only what it sees besides.
    fn judge_unlimited(&mut self, scope_classes: &[&ScopeClass]) {
        let mesh = self.mesh;
        let mut commons: Vec<Common> = (0..self.groups.len())
            .map(|number| self.common(number))
            .collect();
        for (number, common) in commons.iter_mut().enumerate() {
            if let Some(conflict) = self.outcome(number, &common.entries) {
                common.reported.push(conflict);
                self.note(number, &common.entries, &common.examples, conflict);
            }
        }
        for class in scope_classes {
            let class = mesh
                .visibility
                .visibility_classes()
                .get(class.visibility_class);
            let special = class.map(|class| mesh.visibility.seen_only_by(class));
            let special = special.into_iter().flat_map(Seen::service_entries);
            let special = self.members_of(special.map(|object| object.id).collect::<Vec<_>>());
            for members in special.chunk_by(|a, b| a.0 == b.0) {
                let number = members.first().map_or(0, |(number, _)| *number);
                let own: Vec<usize> = members.iter().map(|(_, at)| *at).collect();
                let Some(common) = commons.get_mut(number) else {
                    continue;
                };
                let together = [common.examples.as_slice(), &own].concat();
                let Some(conflict) = self.outcome(number, &together) else {
                    continue;
                };
                self.note(number, &own, &together, conflict);
                if !common.reported.contains(&conflict) {
                    common.reported.push(conflict);
                    self.note(number, &common.entries, &together, conflict);
                }
            }
        }
    }

    fn common(&self, number: usize) -> Common {
        let entries = self.groups.get(number).map_or(&[][..], |g| &g.entries);
        let is_common = |entry: &Entry<'_>| {
            *self.mesh.visibility.audience(entry.object.id) == Audience::Everyone
        };
        let entries: Vec<usize> = (0..)
            .zip(entries)
            .filter(|(_, entry)| is_common(entry))
            .map(|(at, _)| at)
            .collect();
        Common {
            examples: self.examples(number, &entries),
            entries,
            reported: Vec::new(),
        }
    }

    /// Some of the entries, enough to tell whether all of them collide, with each other and with
    /// further ones.
    fn examples(&self, number: usize, entries: &[usize]) -> Vec<usize> {
        let get = |at: usize| self.groups.get(number)?.entries.get(at);
        let Some(first) = entries.first().and_then(|at| get(*at)) else {
            return Vec::new();
        };
        let differing: [&dyn Fn(&Entry<'_>) -> bool; 4] = [
            &|entry| entry.protocol != first.protocol,
            &|entry| resolution(entry) != resolution(first),
            &|entry| identity(entry.object, self.mesh) != identity(first.object, self.mesh),
            &|entry| !are_parts_of_one(&[first, entry], self.mesh),
        ];
        let mut examples: Vec<usize> = entries.iter().take(SHOWN + 1).copied().collect();
        for differs in differing {
            let mut others = entries.iter().copied();
            examples.extend(others.find(|at| get(*at).is_some_and(differs)));
        }
        examples.sort_unstable();
        examples.dedup();
        examples
    }

    /// The members of groups that the proxies of a scope class import.
    fn imported(&self, class: &ScopeClass) -> FxHashSet<ObjectId> {
        let mesh = self.mesh;
        if class.scope.namespaces().is_some() {
            let imported = mesh.visibility.imported_service_entries(class);
            return imported.map(|object| object.id).collect();
        }
        let entries = self.groups.iter().flat_map(|group| &group.entries);
        let mut asked: FxHashSet<ObjectId> = FxHashSet::default();
        entries
            .map(|entry| entry.object)
            .filter(|object| asked.insert(object.id))
            .filter(|object| {
                mesh.visibility
                    .is_visible(object.id, class.representative())
            })
            .filter(|object| {
                let mut hosts = object.spec.hosts.iter();
                hosts.any(|host| mesh.visibility.imports(class, host, object.namespace()))
            })
            .map(|object| object.id)
            .collect()
    }

    /// The entries of some objects, group by group.
    fn members_of(&self, objects: impl IntoIterator<Item = ObjectId>) -> Vec<Member> {
        let mut members: Vec<Member> = objects
            .into_iter()
            .filter_map(|id| self.members.get(&id))
            .flatten()
            .copied()
            .collect();
        members.sort_unstable();
        members
    }

    /// Whether entries of a group collide, and if so, whether their protocols differ.
    fn outcome(&self, number: usize, entries: &[usize]) -> Option<bool> {
        let group = self.groups.get(number)?;
        let entries: Vec<&Entry<'_>> = entries
            .iter()
            .filter_map(|at| group.entries.get(*at))
            .collect();
        collide(&entries, self.mesh).then(|| have_several_protocols(&entries))
    }

    /// Notes that each of the entries collides with the others.
    fn note(&mut self, number: usize, entries: &[usize], others: &[usize], conflict: bool) {
        let Some(group) = self.groups.get(number) else {
            return;
        };
        let get = |at: &usize| group.entries.get(*at);
        for at in entries {
            let Some(entry) = get(at) else { continue };
            let known = self.found.entry((number, *at, conflict)).or_default();
            // Entries of another protocol or resolution are the interesting ones.
            for differs in [true, false] {
                for other in others {
                    let is_wanted = get(other).is_some_and(|its| {
                        let is_other =
                            its.protocol != entry.protocol || resolution(its) != resolution(entry);
                        is_other == differs && its.object.id != entry.object.id
                    });
                    if is_wanted && known.len() < SHOWN && !known.contains(other) {
                        known.push(*other);
                    }
                }
            }
        }
    }

    fn report(self, findings: &mut Findings) {
        let upstream = self.mesh.quirks.service_entries_collide_by_names_alone;
        let mut collisions: Vec<(&Collision, &Vec<usize>)> = self.found.iter().collect();
        collisions.sort_unstable();
        for (collision, others) in collisions {
            let (number, at, conflict) = *collision;
            let is_outdone = !conflict && self.found.contains_key(&(number, at, true));
            if is_outdone && !upstream {
                continue;
            }
            let Some(group) = self.groups.get(number) else {
                continue;
            };
            let Some(entry) = group.entries.get(at).filter(|entry| !entry.object.broken) else {
                continue;
            };
            let others: Vec<&Entry<'_>> = others
                .iter()
                .filter_map(|other| group.entries.get(*other))
                .collect();
            let other_way = others
                .iter()
                .find(|other| resolution(other) != resolution(entry))
                .filter(|_| !conflict && !self.mesh.quirks.run_time_plays_no_part);
            findings.push(match other_way {
                Some(other) => reached_otherwise(group, entry, other),
                None => finding(group, entry, &others, conflict),
            });
        }
    }
}

fn resolution(entry: &Entry<'_>) -> Resolution {
    entry.object.spec.resolution
}

/// The finding that the host is reached in another way by another entry.
fn reached_otherwise(group: &Group<'_>, entry: &Entry<'_>, other: &Entry<'_>) -> Finding {
    let (own, theirs) = (resolution(entry), resolution(other));
    let message = format!(
        "{} is also defined by ServiceEntry {}/{}, with resolution {theirs} instead of {own}: the \
         older of the two decides how clients reach the host",
        group.host,
        other.object.namespace(),
        other.object.name(),
    );
    Finding::new(
        Code::MESH1031,
        entry.object.id,
        path!["spec", "resolution"],
        message,
    )
    .help("remove the host from one of them, or use one resolution")
    .related(
        other.object.id,
        path!["spec", "resolution"],
        format!("resolution {theirs}"),
    )
}

fn finding(group: &Group<'_>, entry: &Entry<'_>, others: &[&Entry<'_>], conflict: bool) -> Finding {
    let (host, port) = (&group.host, group.port);
    let first = others.first();
    let other = first.map_or_else(
        || "this ServiceEntry again".to_owned(),
        |other| {
            format!(
                "ServiceEntry {}/{}",
                other.object.namespace(),
                other.object.name()
            )
        },
    );
    let more = match others.len() {
        0 | 1 => String::new(),
        n if n >= SHOWN => " and others".to_owned(),
        n => format!(" and {} more", n - 1),
    };
    let path = path!["spec", "ports", entry.port];
    let differing = first.filter(|other| other.protocol != entry.protocol);
    let finding = if conflict {
        let message = match differing {
            Some(differing) => format!(
                "port {port} of {host} is {} here and {} in {other}{more}",
                entry.protocol, differing.protocol
            ),
            None => {
                format!("the protocol of port {port} of {host} is not the same in {other}{more}")
            }
        };
        Finding::new(Code::KIA1212, entry.object.id, path.clone(), message)
            .points_at(path.field("protocol"))
            .help("give the port one protocol everywhere, or define the host once")
    } else {
        let message = format!("port {port} of {host} is also defined in {other}{more}");
        Finding::new(Code::KIA1211, entry.object.id, path.clone(), message)
            .points_at(path.field("number"))
            .help("define the host once, or limit the ServiceEntries to different namespaces with exportTo")
    };
    others.iter().fold(finding, |finding, other| {
        finding.related(
            other.object.id,
            path!["spec", "ports", other.port],
            format!("{host}:{port} is defined here too, as {}", other.protocol),
        )
    })
}
