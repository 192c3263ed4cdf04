//! Lists of the ServiceEntries that a class of namespaces sees.

use super::Visibility;
use super::classes::{ScopeClass, VisibilityClass};
use crate::model::networking::ServiceEntry;
use crate::model::{Object, Objects};

/// ServiceEntries that somebody sees, in load order.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'m> {
    objects: &'m Objects,
    common: &'m [u32],
    special: &'m [u32],
}

impl<'m> Seen<'m> {
    /// The ServiceEntries, in load order.
    pub fn service_entries(self) -> impl Iterator<Item = &'m Object<ServiceEntry>> + 'm {
        let objects = &self.objects.service_entries;
        merge(self.common, self.special).filter_map(move |position| objects.get(position as usize))
    }
}

/// Merges two sorted lists without common members.
fn merge<'a>(left: &'a [u32], right: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
    let mut left = left.iter().copied().peekable();
    let mut right = right.iter().copied().peekable();
    std::iter::from_fn(move || match (left.peek(), right.peek()) {
        (Some(a), Some(b)) if b < a => right.next(),
        (Some(_), _) => left.next(),
        (None, _) => right.next(),
    })
}

impl Visibility {
    /// All that a scope class sees, whether its proxies import it or not.
    pub fn seen_from(&self, class: &ScopeClass) -> Seen<'_> {
        let class = self.classes.visibility_classes.get(class.visibility_class);
        Seen {
            objects: &self.objects,
            common: &self.classes.common,
            special: class.map_or(&[][..], |class| &class.special.service_entries),
        }
    }

    /// What a visibility class sees and not everyone does.
    pub fn seen_only_by<'m>(&'m self, class: &'m VisibilityClass) -> Seen<'m> {
        Seen {
            objects: &self.objects,
            common: &[],
            special: &class.special.service_entries,
        }
    }
}
