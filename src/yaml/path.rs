//! Field paths: `spec/http[0]/route[1]/weight`.

use std::fmt;

use ecow::{EcoString, EcoVec};

/// One step of a field path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Into a mapping, by key. A key may hold any character, slashes and dots too.
    Key(EcoString),
    /// Into a list, by index from 0.
    Item(u32),
}

/// The way from an object, or another root, to a value in it. A clone shares the steps.
///
/// Printed, steps into mappings are parted by slashes, and an index stands in brackets. Keys are
/// printed as they are, so that text is not always unambiguous:
/// `metadata/annotations/sidecar.istio.io/inject`. [`FieldPath::parse`] knows the maps whose keys
/// have slashes; [`locate`](super::locate) takes the longest key that fits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldPath(EcoVec<Step>);

/// Maps with keys such as `sidecar.istio.io/inject`: what follows them in a text is one key.
const MAPS_WITH_SLASHES: [&str; 3] = ["annotations", "labels", "matchLabels"];

impl FieldPath {
    /// The path of the root itself.
    pub const fn root() -> Self {
        Self(EcoVec::new())
    }

    /// Reads what is printed of a path.
    pub fn parse(text: &str) -> Self {
        let mut steps = EcoVec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some((index, tail)) = index(rest) {
                steps.push(Step::Item(index));
                rest = tail;
                continue;
            }
            let is_map = matches!(
                steps.last(),
                Some(Step::Key(key)) if MAPS_WITH_SLASHES.contains(&key.as_str())
            );
            let end = if is_map { rest.len() } else { key_length(rest) };
            let (key, tail) = rest.split_at(end);
            steps.push(Step::Key(key.into()));
            rest = tail.strip_prefix('/').unwrap_or(tail);
        }
        Self(steps)
    }

    /// The steps from the root on.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether it is the path of the root itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last step; `None` for the root.
    pub fn last(&self) -> Option<&Step> {
        self.0.last()
    }

    /// The path one step up; that of the root is its own parent.
    #[must_use]
    pub fn parent(&self) -> Self {
        let steps = self.0.split_last().map_or(&[][..], |(_, steps)| steps);
        Self(steps.into())
    }

    /// The path of the field, or map entry, of this name.
    #[must_use]
    pub fn field(&self, key: impl Into<EcoString>) -> Self {
        self.with(Step::Key(key.into()))
    }

    /// The path of the item of this index.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        self.with(index.into())
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = EcoVec::with_capacity(self.0.len() + 1);
        steps.extend(self.0.iter().cloned());
        steps.push(step);
        Self(steps)
    }

    /// The path that `below` is when it starts here.
    #[must_use]
    pub fn join(&self, below: &Self) -> Self {
        self.0.iter().chain(&below.0).cloned().collect()
    }

    /// Whether `above` is this path or one of its ancestors.
    pub fn starts_with(&self, above: &Self) -> bool {
        self.0.starts_with(&above.0)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if at == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, "/{key}")?,
                Step::Item(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl serde::Serialize for FieldPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromIterator<Step> for FieldPath {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl<const N: usize> From<[Step; N]> for FieldPath {
    fn from(steps: [Step; N]) -> Self {
        Self(steps.into())
    }
}

impl From<&FieldPath> for FieldPath {
    fn from(path: &FieldPath) -> Self {
        path.clone()
    }
}

impl From<&str> for FieldPath {
    fn from(text: &str) -> Self {
        Self::parse(text)
    }
}

impl From<String> for FieldPath {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.into())
    }
}

impl From<&EcoString> for Step {
    fn from(key: &EcoString) -> Self {
        Self::Key(key.clone())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Item(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

impl From<u32> for Step {
    fn from(index: u32) -> Self {
        Self::Item(index)
    }
}

/// A [`FieldPath`] from its steps, keys as text and indices as numbers:
/// `path!["spec", "http", i, "timeout"]`.
#[macro_export]
macro_rules! path {
    ($($step:expr),* $(,)?) => {
        $crate::yaml::FieldPath::from([$($crate::yaml::Step::from($step)),*])
    };
}

/// A field path on the way down: a chain on the stack, of which a [`FieldPath`] is made only when
/// there is something to say.
#[derive(Debug, Clone, Copy)]
pub enum Trail<'a> {
    /// Where the way begins.
    Root,
    /// A field or the entry of a map.
    Key(&'a Trail<'a>, &'a str),
    /// An item of a list.
    Item(&'a Trail<'a>, usize),
}

impl<'a> Trail<'a> {
    /// A field of the root.
    pub const fn top(name: &'a str) -> Self {
        Self::Key(&Trail::Root, name)
    }

    /// The field or map entry of this name below it.
    #[must_use]
    pub const fn field(&'a self, name: &'a str) -> Trail<'a> {
        Trail::Key(self, name)
    }

    /// The item at `index` of the list.
    #[must_use]
    pub const fn item(&'a self, index: usize) -> Trail<'a> {
        Trail::Item(self, index)
    }

    /// The path, to be kept.
    pub fn path(&self) -> FieldPath {
        let mut depth = 0;
        let mut trail = self;
        while let Self::Key(parent, _) | Self::Item(parent, _) = trail {
            depth += 1;
            trail = parent;
        }
        let mut steps = EcoVec::with_capacity(depth);
        self.push_to(&mut steps);
        FieldPath(steps)
    }

    fn push_to(&self, steps: &mut EcoVec<Step>) {
        match self {
            Self::Root => {}
            Self::Key(parent, key) => {
                parent.push_to(steps);
                steps.push((*key).into());
            }
            Self::Item(parent, index) => {
                parent.push_to(steps);
                steps.push((*index).into());
            }
        }
    }
}

impl From<&Trail<'_>> for FieldPath {
    fn from(trail: &Trail<'_>) -> Self {
        trail.path()
    }
}

/// The index that a text begins with, and what follows it.
fn index(text: &str) -> Option<(u32, &str)> {
    let (index, tail) = text.strip_prefix('[')?.split_once(']')?;
    let tail = match tail.strip_prefix('/') {
        Some(tail) => tail,
        None if tail.is_empty() || tail.starts_with('[') => tail,
        None => return None,
    };
    Some((index.parse().ok()?, tail))
}

/// Where the key that a text begins with ends: at a slash, or at an index.
fn key_length(text: &str) -> usize {
    let ends = |&(at, found): &(usize, &str)| {
        found == "/" || at > 0 && text.get(at..).and_then(index).is_some()
    };
    let end = text.match_indices(['/', '[']).find(ends);
    end.map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_path_prints_its_steps() {
        let path = path!["spec", "http", 0_usize, "match", 12_usize, "uri"];
        assert_eq!(path.to_string(), "spec/http[0]/match[12]/uri");
        assert_eq!(FieldPath::root().to_string(), "");
        assert_eq!(path!["a.b/c", 1_usize, 2_usize].to_string(), "a.b/c[1][2]");
    }

    #[test]
    fn keys_with_slashes_are_read_where_maps_have_them() {
        let inject = "metadata/annotations/sidecar.istio.io/inject";
        assert_eq!(
            FieldPath::parse(inject),
            path!["metadata", "annotations", "sidecar.istio.io/inject"]
        );
        assert_eq!(
            FieldPath::parse("spec/selector/matchLabels/app.kubernetes.io/name"),
            path!["spec", "selector", "matchLabels", "app.kubernetes.io/name"]
        );
        assert_eq!(
            FieldPath::parse("spec/a[b]/c[0"),
            path!["spec", "a[b]", "c[0"]
        );
    }

    #[test]
    fn ancestors_are_found_at_step_boundaries() {
        let route = path!["spec", "http", 1_usize];
        assert!(route.field("route").item(0).starts_with(&route));
        assert!(route.starts_with(&route) && route.starts_with(&FieldPath::root()));
        assert!(!path!["spec", "http", 12_usize].starts_with(&route));
        assert!(!path!["spec", "hosts"].starts_with(&path!["spec", "host"]));
        assert_eq!(route.parent(), path!["spec", "http"]);
        assert_eq!(FieldPath::root().parent(), FieldPath::root());
    }

    #[test]
    fn a_trail_leads_to_the_same_path() {
        let spec = Trail::top("spec");
        let http = spec.field("http");
        assert_eq!(
            http.item(3).field("timeout").path(),
            path!["spec", "http", 3_usize, "timeout"]
        );
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            "[a-zA-Z][a-zA-Z0-9_.-]{0,8}".prop_map(|key| Step::Key(key.into())),
            (0u32..1000).prop_map(Step::Item),
        ]
    }

    proptest! {
        #[test]
        fn printed_paths_are_read_again(steps in prop::collection::vec(step(), 0..8)) {
            let path: FieldPath = steps
                .into_iter()
                .take_while(|step| !matches!(step, Step::Key(key) if MAPS_WITH_SLASHES.contains(&key.as_str())))
                .collect();
            prop_assert_eq!(FieldPath::parse(&path.to_string()), path);
        }

        #[test]
        fn every_text_is_printed_as_it_was_read(text in "[a-z\\[\\]0-9]{1,4}(/[a-z\\[\\]0-9]{1,4}){0,4}") {
            let path = FieldPath::parse(&text);
            prop_assert_eq!(FieldPath::parse(&path.to_string()), path);
        }
    }
}
