//! The small types that all models share.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// A string of a manifest: 16 bytes, inline up to 15 of them, cheap to clone.
pub type Str = ecow::EcoString;

/// Entries of a map that are looked up one by one.
const HANDFUL: usize = 16;

/// A map with text keys in document order, as labels, annotations and header maps are.
///
/// Look-up is linear: such maps hold a handful of entries. Those with more are in the order of
/// their keys, and look-up is binary. When a key is repeated the last wins. A clone shares the
/// entries.
#[derive(Debug, PartialEq, Eq)]
pub struct Map<V>(Option<Arc<[(Str, V)]>>);

/// Labels or annotations.
pub type Labels = Map<Str>;

impl<V> Map<V> {
    fn entries(&self) -> &[(Str, V)] {
        self.0.as_deref().unwrap_or_default()
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&V> {
        let entries = self.entries();
        if entries.len() > HANDFUL {
            let at = entries
                .binary_search_by(|(own, _)| own.as_str().cmp(key))
                .ok()?;
            return entries.get(at).map(|(_, value)| value);
        }
        entries.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// Whether `key` is present.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The entries in document order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Str, &V)> + ExactSizeIterator {
        self.entries().iter().map(|(k, v)| (k, v))
    }

    /// The keys in document order.
    pub fn keys(&self) -> impl Iterator<Item = &Str> {
        self.entries().iter().map(|(k, _)| k)
    }

    /// The values in document order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries().iter().map(|(_, v)| v)
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries().len()
    }
}

impl Map<Str> {
    /// Whether `labels` carry every pair of this map; an empty map selects everything.
    pub fn selects(&self, labels: &Labels) -> bool {
        self.iter()
            .all(|(key, value)| labels.get(key) == Some(value))
    }

    /// The pairs in the order of their keys, each key once: equal for equal maps, whatever the
    /// order in the document.
    pub fn sorted(&self) -> Vec<(&str, &str)> {
        if self.len() > HANDFUL {
            let pairs = self.iter();
            return pairs
                .map(|(key, value)| (key.as_str(), value.as_str()))
                .collect();
        }
        let mut pairs: Vec<(&str, &str)> = Vec::with_capacity(self.len());
        for (key, value) in self.iter().rev() {
            if !pairs.iter().any(|(own, _)| *own == key) {
                pairs.push((key, value));
            }
        }
        pairs.sort_unstable();
        pairs
    }

    /// Whether `key` has exactly this `value`.
    pub fn has(&self, key: &str, value: &str) -> bool {
        self.get(key).is_some_and(|v| v == value)
    }
}

impl<V> Default for Map<V> {
    fn default() -> Self {
        Self(None)
    }
}

impl<V> FromIterator<(Str, V)> for Map<V> {
    fn from_iter<I: IntoIterator<Item = (Str, V)>>(entries: I) -> Self {
        Vec::from_iter(entries).into()
    }
}

impl<'a, V> IntoIterator for &'a Map<V> {
    type Item = &'a (Str, V);
    type IntoIter = std::slice::Iter<'a, (Str, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries().iter()
    }
}

impl<V> From<Vec<(Str, V)>> for Map<V> {
    fn from(mut entries: Vec<(Str, V)>) -> Self {
        if entries.len() > HANDFUL {
            // The sort is stable, so that of equal keys the last of the document comes first.
            entries.reverse();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            entries.dedup_by(|(later, _), (kept, _)| later == kept);
        }
        Self((!entries.is_empty()).then(|| entries.into()))
    }
}

impl<V> Clone for Map<V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Map<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<V>(std::marker::PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
            type Value = Map<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(0));
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries.into())
            }
        }
        deserializer.deserialize_map(Entries(std::marker::PhantomData))
    }
}

/// A port given as a number or as a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntOrString {
    /// A number.
    Int(i64),
    /// A name, or a number in quotes.
    String(Str),
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(n) => n.fmt(f),
            Self::String(s) => f.write_str(s),
        }
    }
}

impl<'de> Deserialize<'de> for IntOrString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = IntOrString;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a string")
            }

            fn visit_i64<E>(self, n: i64) -> Result<Self::Value, E> {
                Ok(IntOrString::Int(n))
            }

            fn visit_u64<E>(self, n: u64) -> Result<Self::Value, E> {
                Ok(IntOrString::Int(i64::try_from(n).unwrap_or(i64::MAX)))
            }

            fn visit_str<E>(self, s: &str) -> Result<Self::Value, E> {
                Ok(IntOrString::String(s.into()))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// An enum of the API whose numbers are known; [`api_enum!`](crate::api_enum) implements it.
pub trait ApiEnum: Copy + Default + 'static {
    /// The variant of a protobuf number.
    fn of_number(number: i64) -> Option<Self>;
}

/// An enum that may be given as a number which it does not know, where rules ask for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenEnum<E> {
    /// A variant.
    Known(E),
    /// Another number.
    Unknown(i64),
}

impl<E: ApiEnum> OpenEnum<E> {
    /// The number, if the enum does not know it.
    pub const fn unknown(self) -> Option<i64> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(number) => Some(number),
        }
    }
}

impl<E: ApiEnum> Default for OpenEnum<E> {
    fn default() -> Self {
        Self::Known(E::default())
    }
}

impl<E: PartialEq> PartialEq<E> for OpenEnum<E> {
    fn eq(&self, other: &E) -> bool {
        matches!(self, Self::Known(known) if known == other)
    }
}

impl<'de, E: ApiEnum + Deserialize<'de>> Deserialize<'de> for OpenEnum<E> {
    /// The name of the newtype asks the YAML deserializer for numbers.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<E>(std::marker::PhantomData<E>);
        impl<'de, E: ApiEnum + Deserialize<'de>> Visitor<'de> for Either<E> {
            type Value = OpenEnum<E>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word of the enum")
            }

            fn visit_i64<X>(self, number: i64) -> Result<Self::Value, X> {
                Ok(E::of_number(number).map_or(OpenEnum::Unknown(number), OpenEnum::Known))
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Self::Value, D::Error> {
                E::deserialize(deserializer).map(OpenEnum::Known)
            }
        }
        deserializer.deserialize_newtype_struct("OpenEnum", Either(std::marker::PhantomData))
    }
}

/// Declares an enum of the API: its variants, their spelling in manifests, and the first of them
/// as the default (the zero value of protobuf).
#[macro_export]
macro_rules! api_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] $(#[$vmeta])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// Every variant, the default first.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The spelling in manifests.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
        }

        impl $crate::model::ApiEnum for $name {
            fn of_number(number: i64) -> Option<Self> {
                usize::try_from(number).ok().and_then(|n| Self::ALL.get(n)).copied()
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::ALL.first().copied().unwrap_or_else(|| unreachable!())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
