//! Lists of the objects that a class of namespaces sees.

use super::Visibility;
use super::classes::{Positions, Sight, View};
use crate::model::networking::{DestinationRule, ServiceEntry, VirtualService};
use crate::model::{Object, Objects};

/// Objects that somebody sees, in load order; see [`Visibility::seen_by`].
#[derive(Debug, Clone, Copy)]
pub struct Seen<'m> {
    objects: &'m Objects,
    common: &'m Positions,
    special: &'m Positions,
}

macro_rules! seen {
    ($($field:ident: $type:ty,)+) => {
        impl<'m> Seen<'m> {
            $(
                #[doc = concat!("The ", stringify!($type), "s, in load order.")]
                pub fn $field(self) -> impl Iterator<Item = &'m Object<$type>> + 'm {
                    let objects = &self.objects.$field;
                    merge(&self.common.$field, &self.special.$field)
                        .filter_map(move |position| objects.get(position as usize))
                }
            )+
        }
    };
}
seen! {
    virtual_services: VirtualService,
    destination_rules: DestinationRule,
    service_entries: ServiceEntry,
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

static NOTHING: Positions = Positions {
    virtual_services: Vec::new(),
    destination_rules: Vec::new(),
    service_entries: Vec::new(),
};

impl Visibility {
    /// All that a sight sees.
    pub fn seen_by<'m>(&'m self, sight: &'m Sight) -> Seen<'m> {
        Seen {
            objects: &self.objects,
            common: &self.classes.common,
            special: &sight.special,
        }
    }

    /// All that a view sees, whether its proxies import it or not.
    pub fn seen_from<'m>(&'m self, view: &View) -> Seen<'m> {
        let sight = self.classes.sights.get(view.sight);
        Seen {
            objects: &self.objects,
            common: &self.classes.common,
            special: sight.map_or(&NOTHING, |sight| &sight.special),
        }
    }

    /// What every namespace sees.
    pub fn seen_by_everyone(&self) -> Seen<'_> {
        Seen {
            objects: &self.objects,
            common: &self.classes.common,
            special: &NOTHING,
        }
    }

    /// What a sight sees and not everyone does.
    pub fn seen_only_by<'m>(&'m self, sight: &'m Sight) -> Seen<'m> {
        Seen {
            objects: &self.objects,
            common: &NOTHING,
            special: &sight.special,
        }
    }
}
