//! Documents that cannot be read while they are typed. Others go on seeing the object that stood
//! there last: it is being edited, not gone.

use rustc_hash::FxHashMap;

use crate::load::Loaded;
use crate::model::Header;

/// Who an object is: group, kind, namespace and name. The version of an API makes no other object.
pub(super) type Name<'m> = (&'m str, &'m str, &'m str, &'m str);

/// Who an object is.
pub(super) fn name_of(header: &Header) -> Name<'_> {
    let group = header.api_version.rsplit_once('/');
    (
        group.map_or("", |(group, _)| group),
        &header.kind,
        &header.namespace,
        &header.name,
    )
}

/// How often each object stands in a source.
pub(super) fn names(loaded: &Loaded) -> FxHashMap<Name<'_>, usize> {
    let mut names = FxHashMap::default();
    for manifest in loaded.objects.iter() {
        *names.entry(name_of(&manifest.header)).or_default() += 1;
    }
    names
}

/// The objects of `whole` that `torn` lacks, as a source that is not reported on; `None` where every
/// document can be read, or nothing is lacking.
pub(super) fn stand_in(whole: &Loaded, torn: &Loaded) -> Option<Loaded> {
    if !torn.is_broken {
        return None;
    }
    let mut there = names(torn);
    let mut present = Vec::new();
    for (index, manifest) in whole.objects.iter().enumerate() {
        if let Some(count) = there
            .get_mut(&name_of(&manifest.header))
            .filter(|count| **count > 0)
        {
            *count -= 1;
            present.push(index);
        }
    }
    if present.len() == whole.objects.len() {
        return None;
    }
    let mut rest = whole.without(&present);
    rest.file.context = true;
    rest.problems.clear();
    rest.comments.clear();
    rest.gaps.retain(|gap| gap.object.is_some());
    Some(rest)
}

/// Takes back that the torn documents of a source may hold anything: what they held stands in.
pub(super) fn close_gaps(torn: &mut Loaded) {
    torn.gaps.retain(|gap| gap.object.is_some());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::input::{InputFile, Source};
    use crate::load::{Options, load};

    const SERVICE: &str =
        "apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\n";

    fn loaded(text: &str) -> Loaded {
        let file = InputFile {
            path: "a.yaml".into(),
            location: None,
            context: false,
            is_named: false,
        };
        load(
            Source::from_bytes(file, text.as_bytes().to_vec()),
            &Options::default(),
        )
    }

    #[test]
    fn a_torn_document_is_stood_in_for_by_what_it_was() {
        let other = SERVICE.replace("cart", "user");
        let whole = loaded(&format!("{SERVICE}---\n{other}"));
        let torn = loaded(&format!("{SERVICE}---\n{other}spec: [\n"));
        let stand_in = stand_in(&whole, &torn).unwrap();
        let names: Vec<_> = stand_in.objects.iter().map(|o| &*o.header.name).collect();
        assert_eq!(names, ["user"]);
        assert!(stand_in.file.context);
    }

    #[test]
    fn a_deleted_document_is_gone() {
        let whole = loaded(&format!(
            "{SERVICE}---\n{}",
            SERVICE.replace("cart", "user")
        ));
        assert!(stand_in(&whole, &loaded(SERVICE)).is_none());
    }
}
