//! Which edges are asked for.

use crate::mesh::Mesh;
use crate::mesh::security::authorization::fits_with_stars;
use crate::mesh::security::wire::{Target, Verdict};
use crate::mesh::workloads::WorkloadId;
use crate::nearest::nearest_word;

/// A pattern for one end of an edge: `namespace`, `namespace/name`, and for Services
/// `namespace/name:port`. A star stands for any text within a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    namespace: String,
    name: Option<String>,
    port: Option<i64>,
}

impl Pattern {
    /// Reads a pattern; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (namespace, rest) = match text.split_once('/') {
            Some((namespace, rest)) => (namespace, Some(rest)),
            None => (text, None),
        };
        let (name, port) = match rest.and_then(|rest| rest.split_once(':')) {
            Some((name, port)) => {
                let number = port.parse().ok().filter(|port| (1..=65535).contains(port));
                let number = number.ok_or_else(|| format!("{port} is no port"))?;
                (Some(name), Some(number))
            }
            None => (rest, None),
        };
        if namespace.is_empty() || name.is_some_and(str::is_empty) {
            return Err("expected namespace, namespace/name or namespace/service:port".to_owned());
        }
        Ok(Self {
            text: text.to_owned(),
            namespace: namespace.to_owned(),
            name: name.map(str::to_owned),
            port,
        })
    }

    fn fits(&self, namespace: &str, name: &str) -> bool {
        fits_with_stars(&self.namespace, namespace)
            && self
                .name
                .as_deref()
                .is_none_or(|own| fits_with_stars(own, name))
    }
}

/// Which edges to keep; all of the conditions hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The client.
    pub from: Option<Pattern>,
    /// The Service.
    pub to: Option<Pattern>,
    /// The namespace of either end.
    pub inside: Option<String>,
    /// Keep what does not work.
    pub broken: bool,
    /// Keep plain text.
    pub plaintext: bool,
    /// Keep calls that the input shows. Rows alone heed it.
    pub likely: bool,
}

/// A pattern that names nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} {name}{}", near.as_ref().map_or_else(String::new, |near| format!(", did you mean {near}?")))]
pub struct Unknown {
    /// What it should be: `workload`, `service`, `namespace`, or `port`.
    pub what: &'static str,
    /// The name.
    pub name: String,
    /// What may have been meant.
    pub near: Option<String>,
}

impl Filter {
    /// Whether nothing is left out.
    pub fn is_open(&self) -> bool {
        self.from.is_none()
            && self.to.is_none()
            && self.inside.is_none()
            && !(self.broken || self.plaintext || self.likely)
    }

    /// Whether clients are named, so that each is worth a line.
    pub(super) fn is_narrow(&self) -> bool {
        self.from.is_some() || self.inside.is_some()
    }

    /// Checks that patterns without a star name something.
    pub fn check(&self, mesh: &Mesh) -> Result<(), Unknown> {
        if let Some(name) = &self.inside {
            known_namespace(mesh, name)?;
        }
        if let Some(pattern) = &self.from {
            pattern.check_client(mesh)?;
        }
        if let Some(pattern) = &self.to {
            pattern.check_target(mesh)?;
        }
        Ok(())
    }

    pub(super) fn keeps_client(&self, mesh: &Mesh, id: WorkloadId) -> bool {
        self.from.as_ref().is_none_or(|pattern| {
            mesh.workloads.get(id).is_some_and(|workload| {
                pattern.fits(mesh.places.name(workload.namespace), &workload.name)
            })
        })
    }

    pub(super) fn is_inside(&self, mesh: &Mesh, id: WorkloadId) -> bool {
        self.inside.as_ref().is_none_or(|name| {
            mesh.workloads
                .get(id)
                .is_some_and(|workload| mesh.places.name(workload.namespace) == name)
        })
    }

    pub(super) fn is_target_inside(&self, mesh: &Mesh, target: &Target) -> bool {
        self.inside
            .as_ref()
            .is_none_or(|name| mesh.places.name(target.namespace) == name)
    }

    pub(super) fn keeps_target(&self, mesh: &Mesh, target: &Target) -> bool {
        self.to.as_ref().is_none_or(|pattern| {
            mesh.objects
                .header(target.object)
                .is_some_and(|header| pattern.fits(&header.namespace, &header.name))
        })
    }

    pub(super) fn keeps_port(&self, port: i64) -> bool {
        let wanted = self.to.as_ref().and_then(|pattern| pattern.port);
        wanted.is_none_or(|wanted| wanted == port)
    }

    pub(super) fn keeps_verdict(&self, verdict: Verdict) -> bool {
        match (self.broken, self.plaintext) {
            (false, false) => true,
            (broken, plaintext) => {
                broken && verdict == Verdict::Broken || plaintext && verdict == Verdict::Plaintext
            }
        }
    }
}

impl Pattern {
    fn has_star(&self) -> bool {
        self.text.contains('*')
    }

    fn check_client(&self, mesh: &Mesh) -> Result<(), Unknown> {
        if self.has_star() {
            return Ok(());
        }
        let namespace = known_namespace(mesh, &self.namespace)?;
        let Some(name) = &self.name else {
            return Ok(());
        };
        if self.port.is_some() {
            return Err(Unknown {
                what: "workload",
                name: self.text.clone(),
                near: Some(format!("{}/{name}", self.namespace)),
            });
        }
        let mut names = mesh
            .workloads
            .of(namespace)
            .iter()
            .map(|own| own.name.as_str());
        if names.clone().any(|own| own == name) {
            return Ok(());
        }
        let near = nearest_word(name, &mut names).map(|near| near.what.to_owned());
        Err(unknown("workload", &self.text, &self.namespace, near))
    }

    fn check_target(&self, mesh: &Mesh) -> Result<(), Unknown> {
        if self.has_star() {
            return Ok(());
        }
        let namespace = known_namespace(mesh, &self.namespace)?;
        let Some(name) = &self.name else {
            return Ok(());
        };
        let wire = mesh.security.wire();
        let Some(target) = wire.target(&self.namespace, name) else {
            let names = mesh.of(namespace).services();
            let near = nearest_word(name, names.map(crate::model::Object::name));
            let near = near.map(|near| near.what.to_owned());
            return Err(unknown("service", &self.text, &self.namespace, near));
        };
        let Some(port) = self.port else { return Ok(()) };
        let ports = wire.ports(target);
        if ports.iter().any(|own| own.number() == port) {
            return Ok(());
        }
        let first = ports.first().map(crate::mesh::security::wire::Port::number);
        Err(Unknown {
            what: "port",
            name: self.text.clone(),
            near: first.map(|port| format!("{}/{name}:{port}", self.namespace)),
        })
    }
}

fn unknown(what: &'static str, name: &str, namespace: &str, near: Option<String>) -> Unknown {
    Unknown {
        what,
        name: name.to_owned(),
        near: near.map(|near| format!("{namespace}/{near}")),
    }
}

/// The namespace of this name, which the input must hold.
pub fn known_namespace(mesh: &Mesh, name: &str) -> Result<crate::mesh::NamespaceId, Unknown> {
    let found = mesh.places.id(name);
    if let Some(id) = found.filter(|id| mesh.places.get(*id).exists) {
        return Ok(id);
    }
    let names = mesh
        .places
        .iter()
        .map(|(_, namespace)| namespace.name.as_str());
    Err(Unknown {
        what: "namespace",
        name: name.to_owned(),
        near: nearest_word(name, names).map(|near| near.what.to_owned()),
    })
}
