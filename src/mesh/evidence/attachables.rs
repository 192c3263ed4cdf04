//! What policies are attached to: whether the input would show it.

use super::shown::{NAMES_NO_NAMESPACE, may_be_meant, not_shown};
use super::{Coverage, Evidence};
use crate::model::{Kind, ObjectId};

impl Coverage {
    /// Evidence for what `policy` names as its target. One of the name in another namespace shows
    /// that the place was mistaken, unless its manifest leaves the namespace open.
    pub fn knows_attachable(
        &self,
        policy: ObjectId,
        kind: Kind,
        namespace: &str,
        name: &str,
    ) -> Evidence {
        if self.settings.closed_world {
            return Evidence::Shown;
        }
        if kind == Kind::Service {
            return self.knows_service_of(policy, namespace, name);
        }
        let elsewhere = self.routing.attachable_anywhere(kind, name);
        if elsewhere.is_some_and(|other| self.places.is_unplaced(other)) {
            return may_be_meant(kind.name(), name, namespace);
        }
        let family = format!("{}s", kind.name());
        let is_shown = || {
            let mut names = self.routing.names_of_attachable(kind, namespace);
            names.next().is_some()
        };
        let shown = self.shown_in(namespace, &[kind.name()], |_| is_shown(), &family);
        match shown {
            Some(Evidence::Shown) if self.places.is_unplaced(policy) => {
                Evidence::NotShown(NAMES_NO_NAMESPACE.to_owned())
            }
            Some(Evidence::NotShown(_)) | None if elsewhere.is_some() => Evidence::Shown,
            Some(evidence) => evidence,
            None => not_shown(namespace, &family),
        }
    }
}
