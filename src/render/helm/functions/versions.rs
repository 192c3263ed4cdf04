//! `semver` and `semverCompare`.

use super::super::fault::Fault;
use super::super::objects::Object;
use super::super::semver::{Constraints, Version};
use super::super::value::Val;
use super::{Function, keep, new, text};

pub(super) static TABLE: [Function; 2] = [
    keep("semver", "s", |engine, args| {
        let source = text(args, 0);
        let Some(version) = Version::parse(&source.lossy()) else {
            return Err(Fault::error("invalid semantic version"));
        };
        let origin = engine.tracker.of_text(&source);
        Ok(Val::object(Object::Version(version)).with_origin(origin))
    }),
    new("semverCompare", "ss", |_, args| {
        let source = text(args, 0);
        let Some(constraints) = Constraints::parse(&source.lossy()) else {
            return Err(Fault::error(format!(
                "improper constraint: {}",
                source.lossy()
            )));
        };
        let Some(version) = Version::parse(&text(args, 1).lossy()) else {
            return Err(Fault::error("invalid semantic version"));
        };
        Ok(constraints.check(&version).into())
    }),
];
