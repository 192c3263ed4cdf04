//! Methods of values: of `.Values`, `.Files`, API versions, versions and times.

use std::rc::Rc;

use super::engine::Engine;
use super::fault::{Fault, Res};
use super::glob;
use super::objects::{Files, Object};
use super::semver::Version;
use super::text::Text;
use super::value::{Data, IntKind, ListKind, Map, MapKind, Val, put};
use super::yaml_out;

/// Calls a method; `None` when the value has none of that name.
pub(super) fn call(engine: &mut Engine, val: &Val, name: &str, args: &[Val]) -> Res<Option<Val>> {
    match &val.data {
        Data::Map(_, MapKind::Values) => values(engine, val, name, args),
        Data::List(list) if list.kind == ListKind::Versions && name == "Has" => {
            let wanted = string(args, 0, name, 1)?;
            let has = list
                .items
                .iter()
                .filter_map(Val::as_str)
                .any(|v| *v == wanted);
            if !has {
                engine.absent_versions.insert(wanted.lossy().into_owned());
            }
            Ok(Some(has.into()))
        }
        Data::Object(object) => match &**object {
            Object::Files(found) => files(engine, found, name, args),
            Object::Version(version) => version_method(version, name, args),
            Object::Struct(inner) if name == "String" && inner.shown.is_some() => {
                Ok(inner.shown.clone().map(Val::from))
            }
            Object::Time(time) => {
                let number = |layout: &str| {
                    let text = time.format(layout);
                    Val::int(text.trim_start_matches('0').parse().unwrap_or(0))
                };
                Ok(Some(match name {
                    "Format" => {
                        let layout = string(args, 0, name, 1)?;
                        let text = Val::from(time.format(&layout.lossy()));
                        if val.is_unknown() {
                            super::functions::unknown_value(text)
                        } else {
                            text
                        }
                    }
                    "Unix" => Val::int64(time.seconds),
                    "UnixNano" => Val::int64(time.seconds.saturating_mul(1_000_000_000)),
                    "Year" => number("2006"),
                    "Day" => number("2"),
                    "Hour" => number("15"),
                    "Minute" => number("4"),
                    "Second" => number("5"),
                    "YearDay" => number("002"),
                    "UTC" | "Local" => val.clone(),
                    "String" => time.shown().into(),
                    _ => return Ok(None),
                }))
            }
            Object::Struct(_) => Ok(None),
        },
        _ => Ok(None),
    }
}

fn count(args: &[Val], name: &str, wanted: usize) -> Res<()> {
    if args.len() == wanted {
        return Ok(());
    }
    Err(Fault::error(format!(
        "wrong number of args for {name}: want {wanted} got {}",
        args.len()
    )))
}

fn string(args: &[Val], index: usize, name: &str, wanted: usize) -> Res<Text> {
    count(args, name, wanted)?;
    match args.get(index) {
        Some(Val {
            data: Data::Str(text),
            ..
        }) => Ok(text.clone()),
        Some(other) => Err(Fault::error(format!(
            "expected string; found {}",
            other.type_name()
        ))),
        None => Ok(Text::default()),
    }
}

fn values(engine: &mut Engine, val: &Val, name: &str, args: &[Val]) -> Res<Option<Val>> {
    let path = |args: &[Val]| -> Res<String> { Ok(string(args, 0, name, 1)?.lossy().into_owned()) };
    Ok(Some(match name {
        "AsMap" => {
            count(args, name, 0)?;
            let mut plain = val.clone();
            if let Data::Map(map, _) = &val.data {
                plain.data = Data::Map(Rc::clone(map), MapKind::Any);
            }
            plain
        }
        "YAML" => {
            count(args, name, 0)?;
            let text = yaml_out::write(engine, val, false)?;
            let mut out = super::text::TextBuilder::default();
            out.push_text(&text);
            out.plain("\n");
            out.finish().into()
        }
        "Table" => {
            let path = path(args)?;
            match table(val, &path) {
                Some(found) => found,
                None => return Err(Fault::error(format!("{path:?} is not a table"))),
            }
        }
        "PathValue" => {
            let path = path(args)?;
            match path_value(val, &path) {
                Some(found) => found,
                None => return Err(Fault::error(format!("{path:?} is not a value"))),
            }
        }
        _ => return Ok(None),
    }))
}

/// The table at a path of names between dots.
pub(super) fn table(val: &Val, path: &str) -> Option<Val> {
    let mut at = val.clone();
    for name in path.split('.') {
        at = at.get(name)?;
        let Data::Map(map, _) = &at.data else {
            return None;
        };
        at.data = Data::Map(Rc::clone(map), MapKind::Values);
    }
    Some(at)
}

/// The value at a path of names between dots, if it is no table.
pub(super) fn path_value(val: &Val, path: &str) -> Option<Val> {
    if path.is_empty() {
        return None;
    }
    let found = match path.rsplit_once('.') {
        Some((tables, name)) => table(val, tables)?.get(name)?,
        None => val.get(path)?,
    };
    found.as_map().is_none().then_some(found)
}

fn files(engine: &mut Engine, files: &Files, name: &str, args: &[Val]) -> Res<Option<Val>> {
    let file = |args: &[Val]| -> Res<Text> {
        let path = string(args, 0, name, 1)?;
        Ok(files.get(&*path.lossy()).cloned().unwrap_or_default())
    };
    Ok(Some(match name {
        "Get" => file(args)?.into(),
        "GetBytes" => Data::Bytes(file(args)?).into(),
        "Lines" => {
            let text = file(args)?;
            let mut lines = Vec::new();
            let mut start = 0;
            for (at, byte) in text.bytes().iter().enumerate() {
                if *byte == b'\n' {
                    lines.push(text.slice(start..at));
                    start = at + 1;
                }
            }
            if start < text.len() {
                lines.push(text.slice(start..text.len()));
            }
            engine.charge_list(lines.len())?;
            Val::strings(lines)
        }
        "Glob" => {
            let pattern = string(args, 0, name, 1)?;
            let pattern = pattern.lossy();
            engine.charge(files.len())?;
            let matched = files
                .iter()
                .filter(|(path, _)| glob::matches(&pattern, path))
                .map(|(path, text)| (path.clone(), text.clone()));
            Val::object(Object::Files(Rc::new(matched.collect())))
        }
        "AsConfig" | "AsSecrets" => {
            count(args, name, 0)?;
            let mut map = Map::new();
            for (path, text) in &**files {
                let base = path
                    .rsplit_once('/')
                    .map_or(path.as_str(), |(_, base)| base);
                let value: Val = if name == "AsConfig" {
                    text.clone().into()
                } else {
                    engine.charge(text.len())?;
                    data_encoding::BASE64.encode(text.bytes()).into()
                };
                put(&mut map, base, value);
            }
            yaml_out::write(engine, &Val::map(map), false)?.into()
        }
        _ => return Ok(None),
    }))
}

fn version_method(version: &Version, name: &str, args: &[Val]) -> Res<Option<Val>> {
    let number = |value: u64| {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        Val::from(Data::Int(value, IntKind::Uint64))
    };
    let bumped = |major: u64, minor: u64, patch: u64| {
        Val::object(Object::Version(Version {
            major,
            minor,
            patch,
            prerelease: String::new(),
            metadata: String::new(),
            original: format!("{major}.{minor}.{patch}"),
        }))
    };
    let other = |args: &[Val]| -> Res<Rc<Object>> {
        count(args, name, 1)?;
        match args.first().map(|arg| &arg.data) {
            Some(Data::Object(object)) if matches!(**object, Object::Version(_)) => {
                Ok(Rc::clone(object))
            }
            _ => Err(Fault::error(
                "wrong type for value; expected *semver.Version",
            )),
        }
    };
    let order = |args: &[Val]| -> Res<std::cmp::Ordering> {
        let other = other(args)?;
        Ok(match &*other {
            Object::Version(other) => version.compare(other),
            _ => std::cmp::Ordering::Equal,
        })
    };
    Ok(Some(match name {
        "Major" => number(version.major),
        "Minor" => number(version.minor),
        "Patch" => number(version.patch),
        "Prerelease" => version.prerelease.as_str().into(),
        "Metadata" => version.metadata.as_str().into(),
        "Original" => version.original.as_str().into(),
        "String" => version.to_string().into(),
        "Compare" => Val::int(order(args)? as i64),
        "Equal" => order(args)?.is_eq().into(),
        "LessThan" => order(args)?.is_lt().into(),
        "GreaterThan" => order(args)?.is_gt().into(),
        "IncMajor" => bumped(version.major + 1, 0, 0),
        "IncMinor" => bumped(version.major, version.minor + 1, 0),
        "IncPatch" if version.prerelease.is_empty() => {
            bumped(version.major, version.minor, version.patch + 1)
        }
        "IncPatch" => bumped(version.major, version.minor, version.patch),
        _ => return Ok(None),
    }))
}
