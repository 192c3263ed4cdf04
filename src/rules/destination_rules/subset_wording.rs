//! What KIA0203 and KIA0209 say.

use crate::diagnostics::{Code, Finding, Severity};
use crate::mesh::routing::SubsetUse;
use crate::mesh::{Host, Mesh};
use crate::model::Object;
use crate::model::core::Service;
use crate::model::networking::{DestinationRule, ServiceEntry, Subset};
use crate::path;
use crate::rules::common::words;

/// A subset without labels.
pub(super) struct Unlabelled<'a> {
    pub(super) rule: &'a Object<DestinationRule>,
    pub(super) index: usize,
    pub(super) subset: &'a Subset,
    /// Whether no other subset of the rule has labels that match.
    pub(super) is_alone: bool,
    /// Whether it gives one use of an external host or gateway a policy of its own, which needs no
    /// labels.
    pub(super) is_for_its_policy: bool,
}

impl Unlabelled<'_> {
    pub(super) fn finding(&self) -> Finding {
        let name = &self.subset.name;
        let path = path!["spec", "subsets", self.index];
        let finding = Finding::new(
            Code::KIA0209,
            self.rule.id,
            path,
            format!(
                "subset {name} has no labels: it is all of {}",
                self.rule.spec.host
            ),
        )
        .help(format!(
            "give the subset the labels of its workloads, such as version: {name}"
        ));
        if self.is_alone && !self.is_for_its_policy {
            finding
        } else {
            finding.severity(Severity::Info)
        }
    }
}

/// A subset whose labels no endpoint carries.
pub(super) struct Unmatched<'a> {
    pub(super) rule: &'a Object<DestinationRule>,
    pub(super) index: usize,
    pub(super) subset: &'a Subset,
    pub(super) host: Host<'a>,
    pub(super) service: Option<&'a Object<Service>>,
    pub(super) entries: &'a [&'a Object<ServiceEntry>],
    /// A route that leads to the subset.
    pub(super) route: Option<&'a SubsetUse<'a>>,
}

impl Unmatched<'_> {
    pub(super) fn finding(&self, mesh: &Mesh) -> Finding {
        let name = &self.subset.name;
        let path = path!["spec", "subsets", self.index];
        let points_at = path.field("labels");
        let what = match (self.service, self.entries) {
            (Some(_), _) | (None, []) => "workload",
            _ => "endpoint",
        };
        let mut finding = Finding::new(
            Code::KIA0203,
            self.rule.id,
            path,
            format!(
                "subset {name} wants {}, but no {what} behind {} has these labels",
                words::labels(&self.subset.labels),
                self.host
            ),
        )
        .points_at(points_at)
        .help(self.help(mesh));
        finding = match self.route {
            Some(route) => finding.related(
                route.service.id,
                &route.path,
                format!(
                    "traffic of VirtualService {} is sent to the subset",
                    route.service.name()
                ),
            ),
            None => finding.severity(Severity::Info),
        };
        if let Some(service) = self.service {
            return finding.related(
                service.id,
                "spec/selector",
                "the Service selects its workloads here",
            );
        }
        for entry in self.entries.iter().take(10) {
            finding = finding.related(entry.id, "spec/endpoints", "the host is provided here");
        }
        finding
    }

    /// What the labels of the subset are among the workloads that the Service selects.
    fn help(&self, mesh: &Mesh) -> String {
        let add = format!(
            "label the workloads of subset {} with {}, or mend or remove the subset",
            self.subset.name,
            words::labels(&self.subset.labels)
        );
        let Some(service) = self.service else {
            return add;
        };
        let selector = &service.spec.spec.selector;
        if selector.is_empty() {
            return add;
        }
        let namespace = mesh.places.namespace_of(service.id);
        let workloads = || mesh.workloads.matching(namespace, selector).take(100);
        if workloads().next().is_none() {
            return format!(
                "no workload of namespace {} has the labels {} that Service {} selects",
                service.namespace(),
                words::labels(selector),
                service.name()
            );
        }
        let Some((key, _)) = self
            .subset
            .labels
            .iter()
            .find(|(key, value)| !workloads().any(|workload| workload.labels.has(key, value)))
        else {
            return add;
        };
        let mut values: Vec<_> = workloads()
            .filter_map(|workload| workload.labels.get(key))
            .collect();
        values.sort();
        values.dedup();
        if values.is_empty() {
            return format!(
                "the workloads behind Service {} have no label {key}",
                service.name()
            );
        }
        format!(
            "the workloads behind Service {} have {}",
            service.name(),
            words::some_of(values.iter().map(|value| format!("{key}={value}")))
        )
    }
}
