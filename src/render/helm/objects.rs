//! Values with fields and methods of Go: chart metadata, capabilities, files, times, versions.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::dates::Time;
use super::semver::Version;
use super::text::Text;
use super::value::Val;

/// A field of a struct.
#[derive(Debug)]
pub(super) struct Field {
    /// Its name in templates.
    pub(super) name: &'static str,
    /// Its name in JSON and YAML; an empty one is not written.
    pub(super) json: &'static str,
    /// Left out of JSON when it is empty.
    pub(super) omit_empty: bool,
    pub(super) val: Val,
}

/// A struct, or a pointer to one.
#[derive(Debug)]
pub(super) struct Struct {
    pub(super) type_name: &'static str,
    pub(super) fields: Vec<Field>,
    /// What it prints as, for types that have a `String` method.
    pub(super) shown: Option<Text>,
}

/// The files of a chart as templates read them, or those that a glob matched.
pub(super) type Files = Rc<BTreeMap<String, Text>>;

#[derive(Debug)]
pub(super) enum Object {
    Struct(Struct),
    Files(Files),
    Time(Time),
    Version(Version),
}

impl Object {
    pub(super) fn truth(&self) -> bool {
        match self {
            Self::Files(files) => !files.is_empty(),
            _ => true,
        }
    }

    pub(super) fn type_name(&self) -> &str {
        match self {
            Self::Struct(object) => object.type_name,
            Self::Files(_) => "engine.files",
            Self::Time(_) => "time.Time",
            Self::Version(_) => "*semver.Version",
        }
    }

    pub(super) fn kind_name(&self) -> &'static str {
        match self {
            Self::Struct(object) if object.type_name.starts_with('*') => "ptr",
            Self::Struct(_) | Self::Time(_) => "struct",
            Self::Files(_) => "map",
            Self::Version(_) => "ptr",
        }
    }

    /// Whether two of them hold the same.
    pub(super) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Time(a), Self::Time(b)) => a == b,
            (Self::Version(a), Self::Version(b)) => a.original == b.original,
            _ => false,
        }
    }

    /// The field of a struct.
    pub(super) fn field(&self, name: &str) -> Option<&Val> {
        match self {
            Self::Struct(object) => {
                let field = object.fields.iter().find(|field| field.name == name)?;
                Some(&field.val)
            }
            _ => None,
        }
    }
}
